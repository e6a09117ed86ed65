"""Why not: what a rule says that stands in a contact's way."""

from __future__ import annotations

from typing import NamedTuple

from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.windows import SECOND


class Objection(NamedTuple):
    """Why not: the rule, and the figures that made it object."""

    reason: Reason
    rule: str | None = None
    until: int | None = None
    may_free: bool = False
    counter: int | None = None
    limit: int | None = None
    window_start: int | None = None
    recheck: int | None = None
    """Look again then, though nothing says that it will have freed: what is unknown may become known."""


UNKNOWN_SECONDS = 60
"""How often what is unknown is looked for again, should the event that makes it known be missed."""


STALE = "stale-replica"
"""What stands in the place of a rule where what is known is too old."""


def unknown(facts_now: int, reason: Reason, rule: str | None = None) -> Objection:
    """What we do not know stops a contact, and is looked for again."""
    return Objection(reason, rule=rule, may_free=True, recheck=facts_now + UNKNOWN_SECONDS * SECOND)
