"""What may be handed over now, and what waits for it.

A capacity is spent at the hand-over, in its transaction, with its row locked: whoever fetches at the same time waits,
and sees what was spent. Without a capacity there is no limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.clock import from_micros, to_micros
from rapport.db import Connection
from rapport.errors import FieldError, Malformed, NotFound
from touchpoint_service.domain.capacity import Capacity, CapacityDocument
from touchpoint_service.domain.policy import CLASS_NAMES
from touchpoint_service.repository import capacities

WITH_TEAMS = frozenset(("call", "branch"))
"""Channels whose contacts are carried out by teams: a team is the place that a contact is for."""


@dataclass(slots=True)
class Allowance:
    """How many contacts may be handed over now: the least of what the channel and the team have left."""

    channel: str
    now: int
    locked: list[tuple[str, Capacity, int]]
    """Team, capacity, theoretical arrival."""

    @property
    def left(self) -> int | None:
        """None is without limit."""
        return min((capacity.left(arrival, self.now) for _, capacity, arrival in self.locked), default=None)

    async def spend(self, conn: Connection, count: int) -> None:
        """So many, no more than were left, are handed over."""
        if not count:
            return
        for team, capacity, arrival in self.locked:
            after = capacity.spend(arrival, self.now, count)
            await capacities.spend(conn, self.channel, team, after, capacity.frees_at(after, self.now))


async def allowance(conn: Connection, channel: str, team: str | None, now: datetime) -> Allowance:
    """What is left of the capacities of a channel and of a team, locked until the transaction ends."""
    teams = ["", team] if team and channel in WITH_TEAMS else [""]
    rows = await capacities.lock(conn, channel, teams)
    return Allowance(channel, to_micros(now), [(row["team"], _capacity(row), row["arrival"]) for row in rows])


async def set_capacity(
    conn: Connection, channel: str, team: str, document: CapacityDocument, author: str, now: datetime
) -> int:
    """From now on a channel, or a team within it, takes so much; the new revision.

    Raises:
        Malformed: a team of a channel that has none.
    """
    if team and channel not in WITH_TEAMS:
        raise Malformed(
            "no teams here", errors=[FieldError("path/team", f"only {' and '.join(sorted(WITH_TEAMS))} have teams")]
        )
    known = await capacities.lock(conn, channel, [team])
    arrival = known[0]["arrival"] if known else 0
    frees_at = Capacity.of(document).frees_at(arrival, to_micros(now))
    return await capacities.put(conn, channel, team, document.model_dump(mode="json"), author, frees_at)


async def remove_capacity(conn: Connection, channel: str, team: str) -> None:
    """Hand over without limit again.

    Raises:
        NotFound: there was none.
    """
    if not await capacities.remove(conn, channel, team):
        raise NotFound("there is no such capacity")


async def overview(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """All capacities, and what each has left."""
    return [_shown(row, to_micros(now)) for row in await capacities.every(conn)]


async def backlog(conn: Connection, channel: str, now: datetime) -> dict[str, Any]:
    """What is ready in a channel and waits to be handed over, what it waits for, and until when about."""
    rows = await capacities.waiting(conn, channel, now)
    own = [_shown(row, to_micros(now)) for row in await capacities.every(conn) if row["channel"] == channel]
    circuit = await capacities.circuit(conn, channel)
    total = sum(row["count"] for row in rows)
    return {
        "channel": channel,
        "waiting": total,
        "by_place_and_class": [
            {
                "place": row["place"],
                "contact_class": CLASS_NAMES[row["contact_class"]],
                "count": row["count"],
                "oldest": row["oldest"].isoformat(),
                "first_expires": row["expires"].isoformat(),
            }
            for row in rows
        ],
        "capacities": own,
        "empty_at": _empty_at(await capacities.every(conn), channel, total, now),
        "provider": {
            "failures": 0 if circuit is None else circuit["failures"],
            "resting_until": None if circuit is None or circuit["retry_at"] <= now else circuit["retry_at"].isoformat(),
        },
    }


def _empty_at(rows: list[Any], channel: str, total: int, now: datetime) -> str | None:
    """When all that waits is handed over at the present rate of the whole channel; None where there is no rate."""
    whole = next((_capacity(row) for row in rows if (row["channel"], row["team"]) == (channel, "")), None)
    interval = None if whole is None else whole.interval_at(to_micros(now))
    return None if interval is None else from_micros(to_micros(now) + total * interval).isoformat()


def _capacity(row: Any) -> Capacity:
    return Capacity.of(CapacityDocument.model_validate(row["document"]))


def _shown(row: Any, now: int) -> dict[str, Any]:
    capacity = _capacity(row)
    frees = capacity.frees_at(row["arrival"], now)
    return {
        "channel": row["channel"],
        "team": row["team"] or None,
        "document": row["document"],
        "author": row["author"],
        "revision": row["revision"],
        "left": capacity.left(row["arrival"], now),
        "frees_at": None if frees is None else from_micros(frees).isoformat(),
    }
