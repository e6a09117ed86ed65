"""How long the facts of decisions are kept: months are made ahead, and dropped when all of them is old enough."""

from __future__ import annotations

from datetime import datetime

from rapport.db import Connection, try_lock
from rapport.steps import Step
from touchpoint_service.repository import facts

MONTHS_AHEAD = 2
"""So that a month in which no worker ran is no loss."""


def keep_facts_for(days: int) -> Step:
    """A step for `rapport.steps`: make the months to come, and delete what was decided, or replaced, too long ago.

    One of them in a transaction, since each takes other locks that decisions take too.
    """

    async def keep_facts(conn: Connection, now: datetime) -> bool:
        if not await try_lock(conn, "touchpoint.facts"):
            return False
        before = facts.kept_since(now, days)
        return (
            await facts.make_months(conn, now, MONTHS_AHEAD)
            or await facts.drop_months(conn, before)
            or await facts.forget_rest(conn, before)
        )

    return keep_facts
