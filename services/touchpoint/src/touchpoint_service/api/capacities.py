"""How much channels and teams can take, and what waits for them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Channel
from rapport.errors import Malformed, NotFound
from rapport.web import Now, Reading, Router, Writing, answers
from touchpoint_service.handlers.capacities import backlog, overview, remove_capacity, set_capacity
from touchpoint_service.schemas.policies import CapacityIn

router = Router(tags=["capacities"])

Team = Annotated[str, Path(min_length=1, max_length=64, description="The branch or team: the place of its contacts.")]

_DOCUMENT = {"rate": 120, "per": "hour", "burst": 5, "zone": "Asia/Shanghai", "hours": []}
_CAPACITY = {
    "channel": "call",
    "team": "team-7",
    "document": _DOCUMENT,
    "author": "olga",
    "revision": 2,
    "left": 5,
    "frees_at": "2026-03-03T12:00:00+00:00",
}
_SET = {"channel": "call", "team": "team-7", "revision": 2}
_BACKLOG = {
    "channel": "call",
    "waiting": 41,
    "by_place_and_class": [
        {
            "place": "team-7",
            "contact_class": "retention",
            "count": 41,
            "oldest": "2026-03-03T09:12:00+00:00",
            "first_expires": "2026-03-05T18:00:00+00:00",
        }
    ],
    "capacities": [_CAPACITY],
    "empty_at": "2026-03-03T12:20:30+00:00",
    "provider": {"failures": 0, "resting_until": None},
}


@router.get("/capacities", summary="All capacities", responses=answers({"items": [_CAPACITY]}))
async def list_capacities(
    _caller: Annotated[Principal, requires("touchpoint.capacity.read")], conn: Reading, now: Now
) -> dict[str, Any]:
    """What each channel and team may take, how much of it is left now, and when the next contact may go."""
    return {"items": await overview(conn, now)}


@router.put("/capacities/{channel}", summary="Limit a channel", responses=answers(_SET, Malformed))
async def put_channel_capacity(
    caller: Annotated[Principal, requires("touchpoint.capacity.edit")],
    channel: Channel,
    body: CapacityIn,
    conn: Writing,
    now: Now,
) -> dict[str, Any]:
    """From now on. What was handed over before counts against the new rate as it did against the old one."""
    revision = await set_capacity(conn, channel.value, "", body, caller.subject, now)
    return {"channel": channel, "team": None, "revision": revision}


@router.delete(
    "/capacities/{channel}",
    status_code=204,
    summary="Lift the limit of a channel",
    responses=answers(None, NotFound, status=204, what="There is no limit."),
)
async def delete_channel_capacity(
    _caller: Annotated[Principal, requires("touchpoint.capacity.edit")], channel: Channel, conn: Writing
) -> None:
    """Contacts go as they are fetched; the limits of its teams stay."""
    await remove_capacity(conn, channel.value, "")


@router.put("/capacities/{channel}/teams/{team}", summary="Limit a team", responses=answers(_SET, Malformed))
async def put_team_capacity(
    caller: Annotated[Principal, requires("touchpoint.capacity.edit")],
    channel: Channel,
    team: Team,
    body: CapacityIn,
    conn: Writing,
    now: Now,
) -> dict[str, Any]:
    """For who fetches contacts of this place. The limit of the channel holds, too."""
    revision = await set_capacity(conn, channel.value, team, body, caller.subject, now)
    return {"channel": channel, "team": team, "revision": revision}


@router.delete(
    "/capacities/{channel}/teams/{team}",
    status_code=204,
    summary="Lift the limit of a team",
    responses=answers(None, NotFound, status=204, what="There is no limit."),
)
async def delete_team_capacity(
    _caller: Annotated[Principal, requires("touchpoint.capacity.edit")], channel: Channel, team: Team, conn: Writing
) -> None:
    """The limit of the channel stays."""
    await remove_capacity(conn, channel.value, team)


@router.get("/channels/{channel}/backlog", summary="What waits in a channel", responses=answers(_BACKLOG))
async def get_backlog(
    _caller: Annotated[Principal, requires("touchpoint.capacity.read")], channel: Channel, conn: Reading, now: Now
) -> dict[str, Any]:
    """Contacts that are ready and not handed over, by place and class; when they will be at the present rate; and
    whether the provider of the channel rests after failures."""
    return await backlog(conn, channel.value, now)
