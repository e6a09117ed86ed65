"""What customers consent to, and lists of those who must not be called."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from profile_service.api.customers import CustomerId
from profile_service.handlers import customers as handlers
from profile_service.repository import customers as repository
from profile_service.schemas import (
    ConsentBody,
    ConsentList,
    ConsentStatement,
    ConsentView,
    DoNotCallList,
    DoNotCallResult,
)
from rapport.auth import Principal, requires
from rapport.contracts.profile import Consent
from rapport.contracts.vocabulary import Channel, Name
from rapport.errors import FieldError, Malformed
from rapport.phones import InvalidPhone, to_e164
from rapport.problems import problem_responses
from rapport.web import Keys, Now, Reading, Router, Writing

router = Router(tags=["consents"])


@router.put(
    "/customers/{customer_id}/consents/{channel}/{purpose}",
    summary="Record an opt-in or opt-out",
    response_model=ConsentView,
    responses=problem_responses(handlers.UnknownCustomer),
)
async def put_consent(
    customer_id: CustomerId,
    channel: Channel,
    purpose: Annotated[Name, Path(description="Such as `marketing` or `service`.")],
    body: ConsentBody,
    caller: Annotated[Principal, requires("profile.consent")],
    conn: Writing,
    keys: Keys,
    now: Now,
) -> ConsentView:
    """Every statement is kept with its proof. The answer is the one that counts now: the newest, which an older one
    that is recorded late does not change."""
    said = Consent(channel=channel, purpose=purpose, granted=body.granted, at=body.at or now, source=body.source)
    counts = await handlers.record_consent(
        conn, customer_id, said, proof=body.proof, by=caller.subject, keys=keys, now=now
    )
    return ConsentView.model_validate(dict(counts))


@router.get(
    "/customers/{customer_id}/consents",
    summary="Read what a customer consents to",
    response_model=ConsentList,
    responses=problem_responses(handlers.UnknownCustomer),
)
async def list_consents(
    customer_id: CustomerId,
    _caller: Annotated[Principal, requires("profile.read")],
    conn: Reading,
    history: Annotated[bool, Query(description="All that was ever said, not only what counts.")] = False,
) -> ConsentList:
    """The statement that counts for each channel and purpose, with its proof."""
    found = await repository.statements(conn, customer_id, history=history)
    if not found and await repository.customer(conn, customer_id) is None:
        raise handlers.UnknownCustomer("there is no such customer")
    return ConsentList(items=[ConsentStatement.model_validate(dict(row)) for row in found])


@router.post("/do-not-call-lists", summary="Take over a do-not-call list", response_model=DoNotCallResult)
async def add_do_not_call_list(
    body: DoNotCallList,
    _caller: Annotated[Principal, requires("profile.import")],
    conn: Writing,
    keys: Keys,
    now: Now,
) -> DoNotCallResult:
    """Takes effect at once, for all of it or none. A phone that nobody has yet counts for whoever gets it later. The
    mark of a customer is lifted only by a `PATCH` with `do_not_call: false`."""
    phones = {_phone(phone, number, body.country) for number, phone in enumerate(body.phones)}
    marked, unknown = await handlers.list_do_not_call(
        conn, phones=phones, customer_ids=body.customer_ids, source=body.source, keys=keys, now=now
    )
    return DoNotCallResult(phones=len(phones), customers_marked=marked, unknown_customers=unknown)


def _phone(text: str, number: int, country: str | None) -> str:
    try:
        return to_e164(text, country)
    except InvalidPhone as error:
        found = FieldError(f"#/phones/{number}", str(error))
        raise Malformed("a phone cannot be used", errors=[found]) from None
