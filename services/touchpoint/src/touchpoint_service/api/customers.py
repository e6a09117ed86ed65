"""What was done to a customer, and what counts for them now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query

from rapport.auth import Principal, requires
from rapport.clock import to_micros
from rapport.contracts.vocabulary import Channel, Id, SensibleInstant
from rapport.errors import NotFound
from rapport.web import Now, Page, PagingQuery, Reading, Router, answers
from touchpoint_service.api.context import TheGate
from touchpoint_service.api.requests import kind_of
from touchpoint_service.domain.facts import Customer
from touchpoint_service.domain.windows import zone_named
from touchpoint_service.domain.words import describe
from touchpoint_service.handlers.standings import budgets
from touchpoint_service.repository import reads, replicas
from touchpoint_service.repository.policies import policy_in_force
from touchpoint_service.repository.work import read_standing

router = Router(tags=["customers"])

_ENTRY = {
    "seq": 7,
    "at": "2026-03-03T12:00:00+00:00",
    "kind": "contact.recalled",
    "text": "Recalled from call: the customer has accepted this offer, on the web.",
    "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "channel": "call",
    "reason": "already_accepted",
}
_BUDGET = {
    "rule": "three-a-week",
    "scope": "all",
    "key": None,
    "used": 2,
    "limit": 3,
    "frees_at": "2026-03-05T09:30:00+00:00",
}
Lang = Annotated[str, Query(max_length=35, description="BCP 47: English, or Chinese for zh-CN.")]


@router.get(
    "/customers/{customer_id}/timeline",
    summary="Everything that happened with a customer",
    responses=answers({"items": [_ENTRY], "next_cursor": None}, NotFound),
)
async def get_timeline(
    _caller: Annotated[Principal, requires("touchpoint.timeline")],
    customer_id: Id,
    conn: Reading,
    paging: PagingQuery,
    channel: Channel | None = None,
    kind: Annotated[str | None, Query(pattern=r"^[a-z_]+\.[a-z_]+$")] = None,
    since: SensibleInstant | None = None,
    until: SensibleInstant | None = None,
    lang: Lang = "en",
) -> Page[dict[str, Any]]:
    """Newest first, with a sentence for each entry. `since` is included, `until` is not."""
    rows = await reads.timeline_page(
        conn,
        customer_id,
        before=(paging.after(tuple[int]) or (None,))[0],
        limit=paging.fetch,
        channel=None if channel is None else channel.value,
        kind=None if kind is None else f"touchpoint.{kind}.v1",
        since=since,
        until=until,
    )
    if not rows and not await reads.customer_seen(conn, customer_id):
        raise NotFound(f"there is no customer {customer_id}")
    found = await replicas.customers(conn, [customer_id])
    zone = zone_named(found[0][2].get("time_zone") if found else None) or ZoneInfo("UTC")
    return paging.page([told(row, lang, zone) for row in rows], lambda entry: (entry["seq"],))


@router.get(
    "/customers/{customer_id}/standing",
    summary="What counts for a customer now",
    responses=answers({"customer_id": "c-1001", "policy_version": 3, "budgets": [_BUDGET], "goals_met": []}, NotFound),
)
async def get_standing(
    _caller: Annotated[Principal, requires("touchpoint.timeline")],
    customer_id: Id,
    conn: Reading,
    now: Now,
    gate: TheGate,
) -> dict[str, Any]:
    """For each cap how much of it is used and when the next slot frees; pauses; goals that are met; what is held."""
    standing = await read_standing(conn, customer_id)
    if standing is None:
        raise NotFound(f"there is no customer {customer_id}")
    found = await replicas.customers(conn, [customer_id])
    customer = Customer.of(found[0][2]) if found else None
    policy = await policy_in_force(conn, gate.last_policy, now)
    return budgets(standing, customer, policy, to_micros(now))


def told(row: Any, lang: str, zone: ZoneInfo) -> dict[str, Any]:
    """A timeline row as it is shown."""
    kind = kind_of(row["type"])
    body = row["body"]
    at: datetime = row["at"]
    shown = {name: value for name, value in body.items() if name not in ("customer_id", "at", "seq")}
    return {"seq": row["seq"], "at": at, "kind": kind, "text": describe(kind, body, lang, zone), **shown}
