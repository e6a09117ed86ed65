"""A look at an offer through the eyes of a customer, before it is published."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request

from offers_service.api.offers import READ, OfferId
from offers_service.domain.errors import UnknownCustomer, UnknownOffer
from offers_service.handlers.preview import preview
from offers_service.schemas import previews as schemas
from offers_service.schemas.body import LANGUAGE
from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Channel
from rapport.ids import ID_PATTERN
from rapport.links import address
from rapport.ranking import DEFAULT, HOUSE
from rapport.scripts import variables
from rapport.web import Now, Reading, Router, answers

router = Router(tags=["offers"])

_VARIABLE = {
    "name": "customer.grade",
    "label": {"en": "grade", "zh-CN": "客户等级"},
    "needs_default": True,
    "personal": False,
    "only_in": [],
}
_PREVIEW = {
    "offer_id": "term-deposit-2026",
    "version": 4,
    "customer_id": "c-1001",
    "channel": "call",
    "texts": {
        "language": "en",
        "title": "Term deposit, 3.1 %",
        "body": "Twelve months, safe.",
        "script": "May I tell you about our term deposit, dear customer?",
        "objections": [{"objection": "I may need the money.", "answer": "Half of it is yours at any time."}],
    },
    "faults": [],
    "layers": [
        {"layer": "eligibility", "fits": True, "failed": []},
        {"layer": "suitability", "fits": False, "failed": [{"pointer": "/rules/0", "text": "age is less than 75"}]},
    ],
    "reason": "not_suitable",
    "detail": None,
    "place": None,
    "of": 3,
    "score": 9.6,
    "factors": [{"factor": "propensity", "figure": 0.08, "weight": 1.0, "share": 0.08}],
    "segment": None,
    "promised": False,
}


@router.get(
    "/text-variables",
    summary="What texts may be filled in with",
    dependencies=[READ],
    responses=answers({"items": [_VARIABLE]}, what="The closed list."),
)
async def list_text_variables() -> schemas.TextVariables:
    """For editors: each variable with its name in English and Chinese."""
    items = [
        schemas.TextVariable(
            name=each.name,
            label={"en": each.label_en, "zh-CN": each.label_zh},
            needs_default=not each.always_known,
            personal=each.personal,
            only_in=[Channel(channel) for channel in each.only_in],
        )
        for each in variables()
    ]
    return schemas.TextVariables(items=items)


@router.get(
    "/offers/{offer_id}/preview",
    summary="Preview an offer on a customer",
    response_model=schemas.Preview,
    responses=answers(_PREVIEW, UnknownOffer, UnknownCustomer, what="Nothing is recorded."),
)
async def preview_offer(
    caller: Annotated[Principal, requires("offers.preview")],
    offer_id: OfferId,
    customer_id: Annotated[str, Query(pattern=ID_PATTERN)],
    conn: Reading,
    now: Now,
    request: Request,
    channel: Channel = Channel.WEB,
    lang: Annotated[str | None, Query(pattern=LANGUAGE, examples=["zh-CN"])] = None,
) -> dict[str, Any]:
    """The content as last edited: its texts filled in, each layer with the leaves to blame, its factors and its place.

    Personal data is filled in for who may read it. A short link is shown as it begins: none is made.
    """
    state = request.app.state
    return await preview(
        conn,
        [listed.offer for listed in state.catalogue.all().values()],
        state.rankings.get(HOUSE) or DEFAULT,
        offer_id,
        customer_id,
        channel=channel,
        language=lang,
        personal="profile.read_pii" in caller.permissions,
        link=address(state.settings.link_url, "…"),
        now=now,
    )
