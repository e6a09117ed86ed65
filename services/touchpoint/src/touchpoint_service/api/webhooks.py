"""Webhooks: who is told by HTTP what happens, what became of each event, and what is sent again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from fastapi import Depends, Query, Request, Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import FieldError, Malformed, NotFound, PreconditionFailed
from rapport.web import (
    IfMatch,
    Now,
    Page,
    PagingQuery,
    Reading,
    Router,
    ShownOnce,
    Writing,
    answers,
    check_if_match,
    etag,
)
from touchpoint_service.api.events import TYPES
from touchpoint_service.handlers.webhooks import (
    Made,
    ReplayRunning,
    TooManyWebhooks,
    WebhookNotActive,
    ask_for_ping,
    ask_for_replay,
    change_webhook,
    create_webhook,
    delivery_shown,
    lock_webhook,
    replay_shown,
    rotate_secret,
    sealing_key,
    see_replay,
    see_webhook,
    shown,
)
from touchpoint_service.posting import Addresses, AddressRefused
from touchpoint_service.repository import deliveries, webhooks
from touchpoint_service.schemas.webhooks import ReplayIn, RotationIn, WebhookIn

router = Router(tags=["subscriptions"])


class AddressForbidden(Malformed):
    """The URL leads to a network that webhooks must not reach, or to no address at all."""

    type = "address-forbidden"
    title = "Address forbidden"


_WEBHOOK = {
    "webhook_id": "whk_019cb1a1ba4a7f3c8d2b6e1f90a4c5d7",
    "url": "https://crm.example.com/rapport",
    "description": "CRM of the northern region",
    "types": ["touchpoint.contact.recalled.v1"],
    "customer_id": None,
    "org": "/north",
    "ordered": True,
    "state": "active",
    "secrets": [{"created_at": "2026-03-03T12:00:00+00:00", "signs_until": None}],
    "revision": 1,
    "created_by": "ida",
    "created_at": "2026-03-03T12:00:00+00:00",
    "failures": 0,
    "failing_since": None,
    "disabled_at": None,
    "disabled_why": None,
}
_SEEN = _WEBHOOK | {"waiting": 0}
_MADE = _SEEN | {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw2eBsp0mQ8r0="}
_DELIVERY = {
    "delivery_id": "4711",
    "event_id": "c-1001.17",
    "type": "touchpoint.contact.recalled.v1",
    "replay_id": None,
    "state": "due",
    "queued_at": "2026-03-03T12:00:00+00:00",
    "attempts": 2,
    "next_try": "2026-03-03T12:00:09+00:00",
    "last_status": 503,
    "last_error": "answered 503",
    "finished_at": None,
}
_PING = _DELIVERY | {
    "event_id": "ping_019cb1a1ba4a7f3c8d2b6e1f90a4c5d7",
    "type": "ping",
    "attempts": 0,
    "last_status": None,
    "last_error": None,
}
_REPLAY = {
    "replay_id": "rpl_019cb1a1ba4a7f3c8d2b6e1f90a4c5d7",
    "webhook_id": "whk_019cb1a1ba4a7f3c8d2b6e1f90a4c5d7",
    "asked_by": "ida",
    "created_at": "2026-03-04T09:00:00+00:00",
    "kind": "time",
    "since": "2026-03-03T00:00:00+00:00",
    "until": "2026-03-04T00:00:00+00:00",
    "reached": "2026-03-03T12:00:00+00:00",
    "queued": 5120,
    "finished_at": None,
    "state": "running",
    "progress": 0.5,
}

Reader = Annotated[Principal, requires("touchpoint.webhook.read")]
Editor = Annotated[Principal, requires("touchpoint.webhook.edit")]


async def _allowed(request: Request, body: WebhookIn) -> WebhookIn:
    """The body, once its host has been looked up: before any transaction, since a name server may take its time."""
    if unknown := [number for number, name in enumerate(body.types or ()) if name not in TYPES]:
        errors = [FieldError(f"#/types/{number}", f"of: {', '.join(sorted(TYPES))}") for number in unknown]
        raise Malformed("no such type of event", errors=errors)
    addresses: Addresses = request.app.state.webhook_addresses
    try:
        await addresses.of(body.url)
    except AddressRefused as refusal:
        raise AddressForbidden(str(refusal), errors=[FieldError("#/url", str(refusal))]) from refusal
    return body


async def _key(request: Request) -> bytes:
    return sealing_key(request.app.state.settings.webhook_key)


Allowed = Annotated[WebhookIn, Depends(_allowed)]
Key = Annotated[bytes, Depends(_key)]


@router.post(
    "/webhooks",
    status_code=201,
    summary="Be told by HTTP",
    responses=answers(_MADE, TooManyWebhooks, AddressForbidden, Malformed, status=201, what="From now on."),
)
async def post_webhook(caller: Editor, body: Allowed, conn: Writing, now: Now, key: Key) -> Response:
    """Events are posted as JSON and signed as Standard Webhooks has it. The `secret` is shown now and never again."""
    made = await create_webhook(conn, body.to_row(), key, caller.subject, now)
    return _with_secret(made, 201, {"Location": f"/v1/webhooks/{made.shown['webhook_id']}"})


@router.get("/webhooks", summary="Webhooks", responses=answers({"items": [_WEBHOOK], "next_cursor": None}, Malformed))
async def list_webhooks(_caller: Reader, conn: Reading, paging: PagingQuery) -> Page[dict[str, Any]]:
    """Oldest first."""
    rows = await webhooks.page(conn, paging.after(tuple[datetime, str]), paging.fetch)
    return paging.page([shown(row) for row in rows], lambda item: (item["created_at"], item["webhook_id"]))


@router.get("/webhooks/{webhook_id}", summary="A webhook", responses=answers(_SEEN, NotFound))
async def get_webhook(_caller: Reader, webhook_id: Id, conn: Reading, response: Response) -> dict[str, Any]:
    """How it has been answering, and how much waits for it: `waiting` is counted up to 10,000."""
    found = await see_webhook(conn, webhook_id)
    response.headers["ETag"] = etag(found["revision"])
    return found


@router.put(
    "/webhooks/{webhook_id}",
    summary="Change a webhook",
    responses=answers(_SEEN, NotFound, AddressForbidden, PreconditionFailed, Malformed),
)
async def put_webhook(
    _caller: Editor, webhook_id: Id, body: Allowed, conn: Writing, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """The whole description. `active` brings back one that was disabled; what happened meanwhile comes by a replay."""
    check_if_match(if_match, await lock_webhook(conn, webhook_id))
    found = await change_webhook(conn, webhook_id, body.to_row())
    response.headers["ETag"] = etag(found["revision"])
    return found


@router.delete(
    "/webhooks/{webhook_id}",
    status_code=204,
    summary="Be told no more",
    responses=answers(None, NotFound, status=204, what="With all that was on its way."),
)
async def delete_webhook(_caller: Editor, webhook_id: Id, conn: Writing) -> None:
    """Its deliveries and replays are deleted, too."""
    if not await webhooks.delete(conn, webhook_id):
        raise NotFound(f"there is no webhook {webhook_id}")


@router.post(
    "/webhooks/{webhook_id}/secret-rotations",
    status_code=201,
    summary="Replace a secret",
    responses=answers(_MADE, NotFound, Malformed, status=201, what="Signs from now on."),
)
async def post_secret_rotation(
    _caller: Editor, webhook_id: Id, body: RotationIn, conn: Writing, now: Now, key: Key
) -> Response:
    """Until the overlap is over every event bears the signatures of both, so receivers change when they like."""
    made = await rotate_secret(conn, webhook_id, timedelta(hours=body.overlap_hours), key, now)
    return _with_secret(made, 201, {})


@router.post(
    "/webhooks/{webhook_id}/pings",
    status_code=202,
    summary="Send a ping",
    responses=answers(
        _PING, NotFound, status=202, what="A worker sends it at once; its delivery says what came of it."
    ),
)
async def post_ping(caller: Editor, webhook_id: Id, conn: Writing, now: Now, response: Response) -> dict[str, Any]:
    """A signed event of the type `ping`, tried once, the way that events take; also to a webhook that is not active."""
    found = await ask_for_ping(conn, webhook_id, caller.subject, now)
    response.headers["Location"] = f"/v1/webhooks/{webhook_id}/deliveries/{found['delivery_id']}"
    return found


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    summary="What became of events",
    responses=answers({"items": [_DELIVERY], "next_cursor": None}, NotFound, Malformed),
)
async def list_deliveries(
    _caller: Reader,
    webhook_id: Id,
    conn: Reading,
    paging: PagingQuery,
    state: Literal["due", "delivered", "dead"] | None = None,
    event_id: Annotated[str | None, Query(max_length=128)] = None,
    replay_id: Id | None = None,
) -> Page[dict[str, Any]]:
    """Newest first. `dead`: given up after three days, or because the endpoint is gone; a replay sends them again."""
    await see_webhook(conn, webhook_id)
    after = paging.after(tuple[int])
    rows = await deliveries.page(
        conn,
        webhook_id,
        None if after is None else after[0],
        paging.fetch,
        state=state,
        event_id=event_id,
        replay_id=replay_id,
    )
    return paging.page([delivery_shown(row) for row in rows], lambda item: (int(item["delivery_id"]),))


@router.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}", summary="A delivery", responses=answers(_DELIVERY, NotFound)
)
async def get_delivery(_caller: Reader, webhook_id: Id, delivery_id: Id, conn: Reading) -> dict[str, Any]:
    """How often it was tried, what the endpoint last said, and when it is tried again."""
    number = int(delivery_id) if delivery_id.isascii() and delivery_id.isdigit() and len(delivery_id) <= 18 else -1
    row = await deliveries.find(conn, webhook_id, number)
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return delivery_shown(row)


@router.post(
    "/webhooks/{webhook_id}/replays",
    status_code=202,
    summary="Send events again",
    responses=answers(
        _REPLAY, NotFound, ReplayRunning, WebhookNotActive, Malformed, status=202, what="A worker queues them."
    ),
)
async def post_replay(
    caller: Editor, webhook_id: Id, body: ReplayIn, conn: Writing, now: Now, response: Response
) -> dict[str, Any]:
    """Of a time, of named events, or all dead letters: as far as the webhook's filters take them, under the ids that
    they had, so that who has them can tell. One at a time; `progress` says how far it is."""
    found = await ask_for_replay(conn, webhook_id, body.to_again(), caller.subject, now)
    response.headers["Location"] = f"/v1/webhooks/{webhook_id}/replays/{found['replay_id']}"
    return found


@router.get(
    "/webhooks/{webhook_id}/replays",
    summary="Replays",
    responses=answers({"items": [_REPLAY], "next_cursor": None}, NotFound, Malformed),
)
async def list_replays(_caller: Reader, webhook_id: Id, conn: Reading, paging: PagingQuery) -> Page[dict[str, Any]]:
    """Newest first."""
    await see_webhook(conn, webhook_id)
    rows = await webhooks.replays(conn, webhook_id, paging.after(tuple[datetime, str]), paging.fetch)
    return paging.page([replay_shown(row) for row in rows], lambda item: (item["created_at"], item["replay_id"]))


@router.get("/webhooks/{webhook_id}/replays/{replay_id}", summary="A replay", responses=answers(_REPLAY, NotFound))
async def get_replay(_caller: Reader, webhook_id: Id, replay_id: Id, conn: Reading) -> dict[str, Any]:
    """`running`, `finished` or `cancelled`; how much was queued, and how far it is, from 0 to 1."""
    return await see_replay(conn, webhook_id, replay_id)


@router.delete(
    "/webhooks/{webhook_id}/replays/{replay_id}",
    summary="Cancel a replay",
    responses=answers(_REPLAY | {"state": "cancelled", "finished_at": "2026-03-04T09:01:00+00:00"}, NotFound),
)
async def delete_replay(_caller: Editor, webhook_id: Id, replay_id: Id, conn: Writing, now: Now) -> dict[str, Any]:
    """Nothing more is queued; what is queued already is delivered. One that has ended stays as it is."""
    await webhooks.cancel_replay(conn, webhook_id, replay_id, now)
    return await see_replay(conn, webhook_id, replay_id)


def _with_secret(made: Made, status: int, headers: dict[str, str]) -> Response:
    told = made.shown | {"secret": made.secret}
    again = orjson.dumps(made.shown | {"secret": None})
    tag = {"ETag": etag(made.shown["revision"])}
    return ShownOnce(orjson.dumps(told), again, status_code=status, headers=headers | tag)
