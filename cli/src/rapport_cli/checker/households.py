"""Invariant 1 for budgets that a household shares: looked at once all of its members are known.

Only contacts that counted from their release on are judged, so what it finds is certain: when the last of them was
released, all the others counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from rapport.db import Connection
from rapport_cli.checker.cases import named
from rapport_cli.checker.findings import Findings
from rapport_cli.checker.life import Contact
from rapport_cli.checker.words import SCOPES, period, slots


class Judged(NamedTuple):
    """A release, and the document that it was made under."""

    customer_id: str
    contact: Contact
    document: Mapping[str, Any]


async def households(touchpoint: Connection) -> Mapping[str, str]:
    """The household of each customer who has one."""
    rows = await touchpoint.fetch("select id, household from replica_customers where household is not null")
    return {row[0]: row[1] for row in rows}


def prove(members: Mapping[str, str], releases: Iterable[Judged], findings: Findings) -> None:
    """Look at the shared caps of every household."""
    shared: dict[str, list[Judged]] = defaultdict(list)
    for release in releases:
        shared[members[release.customer_id]].append(release)
    for found in shared.values():
        found.sort(key=lambda judged: judged.contact.at)
        for number, judged in enumerate(found):
            for rule in judged.document.get("frequency_caps", ()):
                _judge(rule, judged, found[:number], findings)


def _judge(rule: Mapping[str, Any], judged: Judged, before: Sequence[Judged], findings: Findings) -> None:
    contact = judged.contact
    attribute = SCOPES.get(rule.get("scope", "all"))
    bound = (
        rule.get("per") == "household"
        and rule.get("when") is None
        and named(rule, contact.channel)
        and contact.contact_class not in rule.get("exempt_classes", ())
        and (rule.get("purposes") is None or contact.purpose in rule["purposes"])
    )
    if not bound or (attribute is not None and getattr(contact, attribute) is None):
        return
    window, zone = rule["window"], judged.document.get("business_zone", "UTC")
    if window.get("zone") == "customer":
        return  # whose calendar it is differs from member to member
    alike = [
        earlier.contact
        for earlier in before
        if named(rule, earlier.contact.channel)
        and not rule.get("ignores")
        and (attribute is None or getattr(earlier.contact, attribute) == getattr(contact, attribute))
        and _inside(window, zone, earlier.contact.at, contact.at)
    ]
    used = slots(rule, alike)
    if used + slots(rule, [contact]) > rule["limit"]:
        findings.tally["over_cap"] += 1
        what = f"{contact.contact_id} at {contact.at}: {rule['name']}: the household had used {used} of {rule['limit']}"
        findings.add(1, judged.customer_id, what)


def _inside(window: Mapping[str, Any], zone: str, earlier: datetime, now: datetime) -> bool:
    if window.get("kind", "rolling") == "rolling":
        return earlier > now - timedelta(hours=window["hours"])
    return period(earlier, window["unit"], zone) == period(now, window["unit"], zone)
