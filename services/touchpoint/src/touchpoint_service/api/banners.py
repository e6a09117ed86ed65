"""Banners of a storefront that no campaign has asked for."""

from __future__ import annotations

from typing import Annotated, Any

from rapport.auth import Principal, requires
from rapport.errors import NotFound
from rapport.ids import new_id
from rapport.messaging.partition import partition_for
from rapport.web import Now, Router, Writing, answers
from touchpoint_service.api.context import RequestPartitions, TheGate, working_on
from touchpoint_service.handlers.banners import show_banner
from touchpoint_service.schemas.requests import BannerIn

router = Router(tags=["banners"])

_BANNER = {
    "banner_id": "ban_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "customer_id": "c-1001",
    "offer_id": "fibre-500",
    "state": "released",
    "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "retry_at": None,
    "because": None,
}


@router.post(
    "/banners",
    summary="Show a banner",
    responses=answers(_BANNER, NotFound, what="`released`: show it, it has been counted. Otherwise do not."),
)
async def show_offer_banner(
    _caller: Annotated[Principal, requires("touchpoint.banner")],
    body: BannerIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    partitions: RequestPartitions,
) -> dict[str, Any]:
    """Asks whether an offer may be shown to a customer on the web now, and counts it as shown if so.

    For offers without an open contact of their own. What the customer does with it is reported to the contact:
    `dismissed`, `opened`, `interested`, `accepted`. The same `banner_id` again counts once, and so does the offer as
    long as its contact is open.
    """
    banner_id = body.banner_id or new_id("ban", now)
    partition = partition_for(body.customer_id.encode(), partitions)
    async with working_on(conn, now, body.customer_id) as work:
        return await show_banner(work, gate, body.customer_id, body.offer_id, banner_id, partition)
