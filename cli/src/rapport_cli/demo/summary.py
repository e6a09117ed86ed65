"""The report of a month, from what the demo has counted and the checker has found."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from rapport.contracts.vocabulary import Channel
from rapport_cli.checker.findings import Findings
from rapport_cli.demo.driver import Scale
from rapport_cli.demo.tally import Tally
from rapport_cli.report import Report


def report_of(tally: Tally, scale: Scale, findings: Findings) -> Report:
    """The figures."""
    report = Report("synthetic", customers=scale.customers, requests=len(tally.requests))
    report.decisions |= tally.decisions
    report.reasons = dict(tally.reasons.most_common())
    report.outcomes = {**tally.outcomes, "accepted": tally.accepted.total()}
    report.recalled = tally.recalled.total()
    report.released_after_acceptance = findings.figures.released_after_acceptance
    report.over_cap = findings.figures.over_cap
    report.checked = len(findings.checked)
    report.broken = [str(violation) for violation in findings.broken]
    for name in Channel:
        channel = report.channel(name.value)
        channel.released = tally.released[name]
        channel.accepted = tally.accepted[name]
        channel.recalled = tally.recalled[name]
    recalls = sorted(1000 * seconds for seconds in tally.recall_seconds)
    report.more = {
        "seed": scale.seed,
        "days": scale.days,
        "pre_empted": tally.pre_empted,
        "recalls_too_late": tally.too_late,
        "recalls_reminded": tally.unanswered,
        "recall_ms": {f"p{share}": round(percentile(recalls, share), 1) for share in (50, 99)} if recalls else None,
    }
    return report


def headline(tally: Tally) -> str:
    """What is shown while it runs."""
    told = {
        "released": tally.decisions["released"],
        "deferred": tally.decisions["deferred"],
        "accepted": tally.accepted.total(),
        "recalled": tally.recalled.total(),
    }
    return ", ".join(f"{count:,} {name}" for name, count in told.items())


def percentile(ordered: Sequence[float], share: int) -> float:
    """The smallest of the ordered values that `share` percent of them do not exceed."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def table_of(report: Report) -> Table:
    """The figures by channel."""
    found = Table("channel", title=f"{report.customers:,} customers")
    for name in ("released", "accepted", "recalled"):
        found.add_column(name, justify="right")
    for name, figures in report.channels.items():
        found.add_row(name, *(f"{count:,}" for count in (figures.released, figures.accepted, figures.recalled)))
    return found


def verdict(report: Report) -> str:
    """The same in a few lines of words."""
    lines = [
        f"{report.requests:,} requests, {report.outcomes['accepted']:,} acceptances, {report.recalled:,} recalled.",
        f"{report.more.get('pre_empted', 0):,} contacts gave their slot to a more important one.",
        f"{report.over_cap:,} contacts over a cap, {report.released_after_acceptance:,} released after acceptance.",
        f"{report.checked} invariants checked, {len(report.broken)} violations.",
    ]
    return "\n".join(lines + report.broken)
