"""The report of a month, from what the watch has seen."""

from __future__ import annotations

from rich.table import Table

from rapport.contracts.vocabulary import Channel
from rapport_cli.demo.driver import Scale
from rapport_cli.demo.watch import Watch
from rapport_cli.report import Report


def report_of(watch: Watch, scale: Scale) -> Report:
    """The figures."""
    facts = watch.facts
    report = Report("synthetic", customers=scale.customers, requests=len(watch.requests))
    report.decisions |= facts.decisions
    report.reasons = dict(facts.reasons.most_common())
    report.outcomes = {**facts.outcomes, "accepted": watch.accepted.total()}
    report.recalled = facts.recalled.total()
    report.released_after_acceptance = facts.released_after_acceptance
    for name in Channel:
        channel = report.channel(name.value)
        channel.released = facts.released[name]
        channel.accepted = watch.accepted[name]
        channel.recalled = facts.recalled[name]
    return report


def table_of(report: Report) -> Table:
    """The figures by channel."""
    found = Table("channel", "released", "accepted", "recalled", title=f"{report.customers} customers")
    for name, figures in report.channels.items():
        found.add_row(name, str(figures.released), str(figures.accepted), str(figures.recalled))
    return found
