"""What a storefront asks for each page it shows: fast, and cheap when nothing has changed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any

import orjson
from fastapi import Path, Query, Request, Response, status

from offers_service.domain.errors import UnknownCustomer
from offers_service.handlers.storefront import DEFAULT_LANGUAGE, eligible_offers, public_offers
from offers_service.schemas import storefront as schemas
from offers_service.schemas.body import LANGUAGE
from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Channel
from rapport.errors import Forbidden
from rapport.ids import ID_PATTERN
from rapport.ranking import DEFAULT, HOUSE
from rapport.web import IfNoneMatch, Router, answers, direct, etag, is_current

router = Router(tags=["storefront"])

_EXAMPLE: dict[str, Any] = {
    "customer_id": "c-1001",
    "items": [
        {
            "offer_id": "term-deposit-2026",
            "title": "定期存款 3.1%",
            "body": "十二个月，稳妥。",
            "script": "向您介绍一款……",
            "image": "https://img.example/term-deposit.png",
            "objections": [],
            "goal": "term-deposit",
            "price": None,
            "price_period": "once",
            "currency": "EUR",
            "valid_until": "2026-12-31T23:00:00Z",
            "contact_id": "ctc_0192f0c1a2b37c4d8e5f60718293a4b5",
        }
    ],
}

_PUBLIC_EXAMPLE = {
    "items": [
        {name: value for name, value in item.items() if name not in ("script", "objections", "contact_id")}
        for item in _EXAMPLE["items"]
    ]
}


@router.get(
    "/customers/{customer_id}/eligible-offers",
    summary="Offers for a customer",
    response_model=schemas.EligibleOffers,
    responses={
        **answers(_EXAMPLE, UnknownCustomer, what="Best first."),
        304: {"description": "The copy at hand is the present one."},
    },
)
@direct
async def list_eligible_offers(
    caller: Annotated[Principal, requires("offers.storefront")],
    customer_id: Annotated[str, Path(pattern=ID_PATTERN)],
    request: Request,
    channel: Channel = Channel.WEB,
    limit: Annotated[int, Query(ge=1, le=50)] = 5,
    lang: Annotated[str | None, Query(pattern=LANGUAGE, examples=["zh-CN"])] = None,
    explain: Annotated[bool, Query(description="Also say why not; needs `offers.read` as well.")] = False,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """What the customer may have in this channel now: offers of open web contacts first, then the others by rank.

    Texts are in `lang`, else in the customer's language, else in English.
    """
    if explain and "offers.read" not in caller.permissions:
        raise Forbidden("explanations need the permission offers.read", permission="offers.read")
    state = request.app.state  # not `Reading` and `Now`: each dependency costs a tenth of what all the rest does
    found = await eligible_offers(
        state.pool,
        state.catalogue.all(),
        state.rankings.get(HOUSE) or DEFAULT,
        customer_id,
        channel=channel,
        limit=limit,
        language=lang,
        explain=explain,
        now=state.clock.now(),
        personal="profile.read_pii" in caller.permissions,
        unit=caller.org,
    )
    # Nobody serves it again without asking: an acceptance in another channel, a consent, a product or the end of an
    # offer's time may change it at any moment. It depends on the caller's unit, besides who may see it at all.
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
    return _tagged(found, headers, if_none_match)


@router.get(
    "/eligible-offers",
    summary="Offers for everybody",
    response_model=schemas.PublicOffers,
    responses={
        **answers(_PUBLIC_EXAMPLE, what="Best first."),
        304: {"description": "The copy at hand is the present one."},
    },
    dependencies=[requires("offers.storefront")],
)
async def list_public_offers(
    request: Request,
    channel: Channel = Channel.WEB,
    limit: Annotated[int, Query(ge=1, le=50)] = 5,
    lang: Annotated[str, Query(pattern=LANGUAGE, examples=["zh-CN"])] = DEFAULT_LANGUAGE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """What a visitor may see of whom nothing is known: offers that ask for nothing of the customer.

    Any cache may keep it for the seconds that it says, never past an instant at which an offer begins or ends.
    """
    state = request.app.state
    now = state.clock.now()
    window = public_offers(
        state.catalogue.all(),
        state.rankings.get(HOUSE) or DEFAULT,
        channel=channel,
        limit=limit,
        language=lang,
        now=now,
    )
    seconds = state.settings.public_max_age
    if window.until is not None:
        seconds = min(seconds, int((window.until - now).total_seconds()))
    return _tagged({"items": window.items}, {"Cache-Control": f"public, max-age={seconds}"}, if_none_match)


def _tagged(found: dict[str, Any], headers: dict[str, str], if_none_match: str | None) -> Response:
    """The answer with a tag of its content, or 304 when the caller has it already."""
    body = orjson.dumps(found, option=orjson.OPT_UTC_Z)
    tag = etag(blake2b(body, digest_size=12).hexdigest())
    headers = {**headers, "ETag": tag}
    if is_current(if_none_match, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
