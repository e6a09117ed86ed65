"""What a replay shows: the report's figures, its panels, and the table at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from rapport_cli.checker.findings import Findings
from rapport_cli.replay.facts import Facts
from rapport_cli.replay.log import Log
from rapport_cli.replay.mapping import LogMapping
from rapport_cli.report import DECISIONS, Panel, Report, table


def report_of(
    facts: Facts, log: Log, mapping: LogMapping, findings: Findings, phases: Mapping[str, float], seconds: float
) -> Report:
    """The report: every figure but those under `log` is what the system said of itself."""
    report = Report(mapping.name, seconds)
    report.customers, report.requests = facts.customers, facts.requests
    report.decisions = {kind: facts.decisions[kind] for kind in DECISIONS}
    report.reasons = dict(facts.reasons.most_common())
    report.outcomes = {"accepted": 0} | dict(facts.outcomes.most_common())
    report.recalled = facts.recalled.total()
    report.released_after_acceptance = max(facts.released_after_acceptance, findings.figures.released_after_acceptance)
    report.over_cap = max(facts.over_cap, findings.figures.over_cap)
    report.checked = len(findings.checked)
    report.broken = [str(violation) for violation in findings.broken] + _own_doubts(facts)
    for name in (mapping.channel, *mapping.also_open):
        channel = report.channel(name)
        channel.released, channel.accepted = facts.released[name], facts.accepted[name]
        channel.recalled = facts.recalled[name]
    report.more = {
        "cap": mapping.cap.limit,
        "customers_stopped_by_cap": len(facts.stopped_by_cap),
        "acceptances_confirmed": facts.settled["accepted"],
        "timeline_entries": facts.entries,
        "log": {"rows": log.rows, "rejected": len(log.rejects), "contacts": log.contacts},
        "phases": dict(phases),
    }
    return report


def panels_of(facts: Facts, mapping: LogMapping, phases: Mapping[str, float]) -> Sequence[Panel]:
    """The parts of `report.html` beside those that every report has."""
    return (
        Panel("Decisions", "What became of the requests.", table(("decision", "count"), facts.decisions.most_common())),
        Panel("Reasons", "Why contacts were not released.", table(("reason", "count"), facts.reasons.most_common())),
        Panel(f"By number of the {mapping.channel}", _cap_in_words(facts, mapping), _one_by_one(facts)),
        Panel("Time", "Seconds by phase.", table(("phase", "seconds"), list(phases.items()))),
    )


def summary(report: Report) -> Table:
    """The table that a replay ends with."""
    found = Table("channel", "released", "accepted", "recalled", title=f"{report.customers:,} customers", box=None)
    for name, figures in report.channels.items():
        found.add_row(name, *(f"{count:,}" for count in (figures.released, figures.accepted, figures.recalled)))
    return found


def verdict(report: Report) -> str:
    """The same in a few lines of words."""
    lines = [
        f"{report.requests:,} requests, {report.outcomes['accepted']:,} acceptances; {report.recalled:,} recalled.",
        f"{report.more['customers_stopped_by_cap']:,} customers stopped by the cap.",
        f"{report.over_cap:,} contacts over the cap, {report.released_after_acceptance:,} released after acceptance.",
        f"{report.checked} invariants checked, {len(report.broken)} violations.",
    ]
    if report.more["log"]["rejected"]:
        lines.append(f"{report.more['log']['rejected']:,} faults in rows of the log: see rejects.csv.")
    return "\n".join(lines + report.broken)


def _own_doubts(facts: Facts) -> list[str]:
    """What the replay itself looks at: nothing is left open for whoever has accepted, and the ledger agrees."""
    found = []
    if left := facts.open_after_acceptance():
        found.append(f"{left} contacts stay open although their goal is met")
    if facts.settled["accepted"] + facts.settled["refused"] != facts.outcomes["accepted"]:
        found.append(
            f"{facts.outcomes['accepted']} acceptances were reported, but the ledger settled"
            f" {facts.settled['accepted']} and refused {facts.settled['refused']}"
        )
    return found


def _one_by_one(facts: Facts) -> str:
    rows = [
        (str(n), released, facts.nth_accepted[n], f"{facts.nth_accepted[n] / released:.1%}")
        for n, released in sorted(facts.nth_released.items())
    ]
    return table(("number", "released", "accepted", "share"), rows)


def _cap_in_words(facts: Facts, mapping: LogMapping) -> str:
    cap = mapping.cap
    if not cap.limit:
        return "No frequency cap was in force."
    return (
        f"At most {cap.limit} contacts by {mapping.channel} per campaign within {cap.window_hours} hours."
        f" It stopped {len(facts.stopped_by_cap):,} customers."
    )
