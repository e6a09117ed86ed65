"""The policy versions that came or will come into force: what each says, and which may have been at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rapport.db import Connection
from rapport_cli.checker.life import Contact, Entry, Pause

SKEW = timedelta(minutes=1)
"""How far two processes may be apart about what came first: their clocks, and the time that a transaction takes."""

Stamp = tuple[str, int]


@dataclass(slots=True)
class Policies:
    """All approved versions, and what they need to know of offers."""

    documents: Mapping[Stamp, Mapping[str, Any]]
    activations: list[tuple[datetime, Stamp]]
    """In the order in which they came into force."""
    categories: Mapping[str, str]
    """The category of each offer."""

    def in_force(self, at: datetime, seen: Stamp | None) -> list[Mapping[str, Any]]:
        """The versions that may have been in force at an instant, when one was `seen` to be before."""
        first = 0
        for index, (since, stamp) in enumerate(self.activations):
            if stamp == seen or since <= at - SKEW:
                first = index
        possible = [
            self.documents[stamp]
            for index, (since, stamp) in enumerate(self.activations)
            if index >= first and since <= at + SKEW
        ]
        known = seen is not None or (self.activations and self.activations[0][0] <= at - SKEW)
        return possible if known else [{}, *possible]

    def may_bind(self, stamp: Stamp, at: datetime) -> bool:
        """Whether a version may have been in force at an instant."""
        sinces = [since for since, _ in self.activations]
        return any(
            since <= at + SKEW and (after is None or after > at - SKEW)
            for (since, found), after in zip(self.activations, [*sinces[1:], None], strict=True)
            if found == stamp
        )

    def pauses(self, entry: Entry, contact: Contact, seen: Stamp | None) -> tuple[set[Pause], set[Pause]]:
        """The pauses that an answer starts: those that it certainly does, and those that it may.

        A freeze is among them under no id of its own: which one it was tells the entry that opens it.
        """
        at = datetime.fromisoformat(entry["at"])
        by_version = [self._pauses(document, entry, contact, at) for document in self.in_force(at, seen)]
        return set.intersection(*by_version), set.union(*by_version)

    def lets_through(self, contact_class: str | None, at: datetime, seen: Stamp | None) -> bool:
        """Whether a freeze may leave contacts of a class alone."""
        return any(contact_class in found.get("do_not_disturb_exempt", ()) for found in self.in_force(at, seen))

    def _pauses(self, document: Mapping[str, Any], entry: Entry, contact: Contact, at: datetime) -> set[Pause]:
        about = {
            "all": None,
            "channel": contact.channel,
            "category": self._category(entry, contact),
            "campaign": contact.campaign_id,
            "offer": entry.get("offer_id"),
            "goal": entry.get("goal"),
        }
        found = set()
        for rule in document.get("cool_downs", ()):
            scope = rule.get("scope", "offer")
            if (
                rule["outcome"] == entry["outcome"]
                and (rule.get("channels") is None or contact.channel in rule["channels"])
                and (rule.get("purposes") is None or contact.purpose in rule["purposes"])
                and contact.contact_class not in rule.get("exempt_classes", ())
                and (scope == "all" or about[scope] is not None)
            ):
                if rule.get("days") is None:
                    found.add(Pause(None, "all", None, rule["name"], "freeze", "some"))
                    continue
                until = at + timedelta(days=rule["days"])
                found.add(Pause(until, scope, about[scope], rule["name"], entry["outcome"]))
        return found

    def _category(self, entry: Entry, contact: Contact) -> str | None:
        offer_id = entry.get("offer_id")
        if offer_id is None or offer_id == contact.offer_id:
            return contact.category
        return self.categories.get(offer_id, contact.category)


async def approved(touchpoint: Connection) -> Policies:
    """Read the approved versions."""
    rows = await touchpoint.fetch(
        "select policy_id, version, document, since "
        "from policy_activations join policy_versions using (policy_id, version) "
        "where cancelled_at is null order by since, number"
    )
    offers = await touchpoint.fetch("select id, doc->>'category' from replica_offers")
    return Policies(
        {(row["policy_id"], row["version"]): row["document"] for row in rows},
        [(row["since"], (row["policy_id"], row["version"])) for row in rows],
        {row[0]: row[1] for row in offers},
    )
