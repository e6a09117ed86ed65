"""A release as it is judged: what the policy says, what lay before it, and what was known of the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from rapport_cli.checker.life import Contact, Pause


class Person(NamedTuple):
    """What a policy may ask of a customer document."""

    zone: str | None
    granted: frozenset[tuple[str, str]]
    """(channel, purpose) whose newest consent is an opt-in."""
    do_not_call: bool
    do_not_disturb_until: datetime | None
    country: str | None = None
    region: str | None = None
    household: str | None = None
    asked: frozenset[tuple[str, str]] = frozenset()
    """(channel, purpose) for which there is a word of the customer at all."""


class Complaint(NamedTuple):
    """A rule that a release breaks."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Case:
    """A release, and what lay before it."""

    document: Mapping[str, Any]
    release: Contact
    past: Sequence[Contact]
    """The customer's contacts that counted just before."""
    pauses: Sequence[Pause]
    orders: Sequence[str] = ()
    """The kinds of the customer's open work orders."""

    def binds(self, rule: Mapping[str, Any]) -> bool:
        """Whether a rule applies to this contact."""
        purposes = rule.get("purposes")
        return (
            named(rule, self.release.channel)
            and self.release.contact_class not in rule.get("exempt_classes", ())
            and (purposes is None or self.release.purpose in purposes)
            and rule.get("when") is None
        )


def named(rule: Mapping[str, Any], channel: str) -> bool:
    """Whether a rule is for contacts in this channel."""
    return rule.get("channels") is None or channel in rule["channels"]
