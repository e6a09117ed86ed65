"""Recalls that wait for an answer, for a channel that missed one and for who looks after channels."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Channel
from rapport.errors import Malformed
from rapport.web import Page, PagingQuery, Reading, Router, answers
from touchpoint_service.repository import recalls

router = Router(tags=["recalls"])

_RECALL = {
    "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "customer_id": "c-1001",
    "channel": "call",
    "place": "team-7",
    "owner": "agent-212",
    "held": "leased",
    "reason": "already_accepted",
    "recalled_at": "2026-03-03T12:00:00+00:00",
    "remind_at": "2026-03-03T12:01:00+00:00",
    "escalate_at": "2026-03-03T12:05:00+00:00",
    "state": "reminded",
}


@router.get(
    "/recalls",
    summary="Recalls that wait for an answer",
    responses=answers({"items": [_RECALL], "next_cursor": None}, Malformed),
)
async def list_recalls(
    _caller: Annotated[Principal, requires("touchpoint.recall.read")],
    conn: Reading,
    paging: PagingQuery,
    channel: Channel | None = None,
    place: Annotated[
        str | None, Query(min_length=1, max_length=64, description="Of this branch or team, and of none.")
    ] = None,
    state: Literal["waiting", "reminded", "escalated"] | None = None,
) -> Page[dict[str, Any]]:
    """Oldest first: contacts that were recalled while a channel had them in hand (`held`: `leased`, `sending` or
    `shown`). An answer, or a result of the contact, takes one off the list, however late."""
    rows = await recalls.page(
        conn,
        paging.after(tuple[datetime, str]),
        paging.fetch,
        channel=None if channel is None else channel.value,
        place=place,
        state=state,
    )
    return paging.page([dict(row) for row in rows], lambda item: (item["recalled_at"], item["contact_id"]))
