"""Handing out contacts: an agent or dialer fetches what to do, holds it for a while, reports, or gives it back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import Response

from rapport import personal
from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import NotFound
from rapport.sealing import Keyring
from rapport.web import Keys, Now, Router, Writing, answers
from touchpoint_service.api.context import TheCatalogue, TheGate, json_answer
from touchpoint_service.catalogue import Catalogue
from touchpoint_service.domain.policy import CLASS_NAMES
from touchpoint_service.handlers.greeting import greeting
from touchpoint_service.handlers.leases import ContactRecalledByGate, LeaseLost, hand_out, renew_lease, return_lease
from touchpoint_service.repository import queues
from touchpoint_service.repository.policies import policy_in_force
from touchpoint_service.schemas.contacts import LeasesIn, RenewalIn

router = Router(tags=["channels"])

_LEASE = {
    "contact_id": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "customer_id": "c-1001",
    "request_id": "req_0198c0de",
    "channel": "call",
    "contact_class": "retention",
    "offer_id": "fibre-500",
    "goal": "renewal",
    "campaign_id": "cmp_spring",
    "place": None,
    "leased_until": "2026-03-03T12:05:00+00:00",
    "customer": {"name": "A. Example", "phone": "+4930123456", "language": "en"},
    "offer": {
        "language": "en",
        "title": "Fibre 500",
        "body": "Twice as fast for the same price.",
        "script": "Good morning …",
        "objections": [{"objection": "Too dear.", "answer": "It costs what you pay today."}],
    },
}


@router.post(
    "/channels/{channel}/leases",
    summary="Fetch contacts to carry out",
    responses=answers({"items": [_LEASE]}, what="The most important contacts; empty when there is nothing to do."),
)
async def lease_contacts(
    caller: Annotated[Principal, requires("touchpoint.lease")],
    channel: Literal["call", "branch"],
    body: LeasesIn,
    conn: Writing,
    now: Now,
    gate: TheGate,
    catalogue: TheCatalogue,
    keys: Keys,
) -> Response:
    """Most important first. Each is yours for `seconds`, then it goes back. Quiet hours are looked at anew.

    Name and number are shown to whoever may read personal data.
    """
    policy = await policy_in_force(conn, gate.last_policy, now)
    rows = await hand_out(
        conn,
        policy,
        channel,
        now,
        owner=caller.subject,
        seconds=body.seconds,
        limit=body.limit,
        place=body.place,
        campaign=body.campaign_id,
        minutes_old=await gate.minutes_old(conn, policy),
    )
    until = queues.later(now, body.seconds)
    clear = personal.may_read(caller)
    if clear:
        personal.log_read(caller, dict.fromkeys(row["customer_id"] for row in rows), where="lease_contacts")
    items = [_item(row, catalogue, keys if clear else None) | {"leased_until": until} for row in rows]
    return json_answer(orjson.dumps({"items": items}))


@router.put(
    "/leases/{contact_id}",
    summary="Hold a contact longer",
    responses=answers(
        {"contact_id": _LEASE["contact_id"], "leased_until": _LEASE["leased_until"]},
        NotFound,
        ContactRecalledByGate,
        LeaseLost,
    ),
)
async def renew_contact_lease(
    caller: Annotated[Principal, requires("touchpoint.lease")], contact_id: Id, body: RenewalIn, conn: Writing, now: Now
) -> dict[str, Any]:
    """From now for `seconds`. Ask before carrying it out: a recalled contact says so."""
    until = queues.later(now, body.seconds)
    await renew_lease(conn, contact_id, caller.subject, until)
    return {"contact_id": contact_id, "leased_until": until}


@router.delete(
    "/leases/{contact_id}",
    status_code=204,
    summary="Give a contact back",
    responses=answers(None, NotFound, ContactRecalledByGate, LeaseLost, status=204, what="It is open for others."),
)
async def return_contact_lease(
    caller: Annotated[Principal, requires("touchpoint.lease")], contact_id: Id, conn: Writing
) -> None:
    """The contact was not carried out; somebody else may fetch it."""
    await return_lease(conn, contact_id, caller.subject)


def _item(row: Any, catalogue: Catalogue, keys: Keyring | None) -> dict[str, Any]:
    """A contact for who carries it out; without keys nothing personal is shown."""
    found = {name: value for name, value in row.items() if name not in ("doc", "version", "leased_until")}
    found["contact_class"] = CLASS_NAMES[row["contact_class"]]
    document = row["doc"] or {}
    found["customer"] = greeting(document, keys)
    offer = None if row["offer_id"] is None else catalogue.offer(row["offer_id"])
    language = found["customer"]["language"]
    said = None if offer is None else offer.scripts.said(language, row["channel"], document, personal=keys is not None)
    found["offer"] = None if said is None else said.as_json()
    return found
