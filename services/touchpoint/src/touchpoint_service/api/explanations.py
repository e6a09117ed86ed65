"""Why a decision came out as it did, as data and in sentences."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Query, Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import NotFound
from rapport.web import Reading, Router, answers
from touchpoint_service.handlers.explanations import FactsDeleted, NoSuchDecision, explain_request
from touchpoint_service.repository import facts, reads

router = Router(tags=["explanations"])

_HEADLINE = (
    "Not called: 3 of 3 contacts in the last 7 days (rule three-a-week); "
    "frees on Tuesday 10 March 2026 at 14:05 Shanghai time."
)
_EXPLANATION = {
    "customer_id": "c-1001",
    "seq": 12,
    "at": "2026-03-03T12:00:00+00:00",
    "time_zone": "Asia/Shanghai",
    "policy_id": "house",
    "policy_version": 3,
    "request_id": "req_0198c0de",
    "contact_class": "marketing",
    "score": 0.7,
    "channels": ["call"],
    "decision": "deferred",
    "channel": "call",
    "contact_id": None,
    "retry_at": "2026-03-10T06:05:00+00:00",
    "because": {"reason": "frequency_cap", "rule": "three-a-week", "counter": 3, "limit": 3},
    "place": 2,
    "rules": [{"kind": "campaign_stopped", "rule": None, "objects": False}],
    "rules_by_channel": [
        {
            "channel": "call",
            "rules": [
                {
                    "kind": "frequency_cap",
                    "rule": "three-a-week",
                    "objects": True,
                    "reason": "frequency_cap",
                    "counter": 3,
                    "limit": 3,
                    "window_first": "2026-02-24T12:00:00.000001+00:00",
                    "window_last": "2026-03-03T12:00:00+00:00",
                    "until": "2026-03-10T06:05:00+00:00",
                }
            ],
        }
    ],
    "competitors": [{"request_id": "req_0198beef", "contact_class": "retention", "decision": "released"}],
    "held_by": [{"request_id": "req_0198beef", "channel": "call", "won_together": True}],
    "pre_empted": [],
    "sentences": [_HEADLINE, "Won by: Contract renewal, class retention."],
    "decisions": [{"seq": 12, "at": "2026-03-03T12:00:00+00:00", "kind": "deferred", "explained": True}],
}
Number = Annotated[
    int | None, Query(ge=1, le=2**53, description="Number of the decision on the timeline; the newest when left out.")
]
Lang = Annotated[
    str | None, Query(max_length=35, description="BCP 47, before `Accept-Language`: English, or Chinese for zh-CN.")
]
AcceptLanguage = Annotated[str | None, Header(max_length=200)]


@router.get(
    "/contact-requests/{request_id}/explanation",
    summary="Why a request was decided so",
    responses=answers(_EXPLANATION, NotFound, NoSuchDecision, FactsDeleted),
)
async def explain_contact_request(
    _caller: Annotated[Principal, requires("touchpoint.timeline")],
    request_id: Id,
    conn: Reading,
    response: Response,
    seq: Number = None,
    lang: Lang = None,
    accept_language: AcceptLanguage = None,
) -> dict[str, Any]:
    """Every rule that was looked at with its figures, who competed and who won, and the same in sentences.

    Decided once more from the facts of that moment. `decisions` lists every decision about the request; those that are
    `explained` can be asked for by `seq`.
    """
    row = await reads.find_request(conn, request_id)
    if row is None:
        raise NotFound(f"there is no request {request_id}")
    chosen = _spoken(response, lang, accept_language)
    return await explain_request(conn, row["customer_id"], request_id, seq=seq, lang=chosen)


@router.get(
    "/contacts/{contact_id}/explanation",
    summary="Why a contact was released",
    responses=answers(_EXPLANATION, NotFound, FactsDeleted),
)
async def explain_contact(
    _caller: Annotated[Principal, requires("touchpoint.timeline")],
    contact_id: Id,
    conn: Reading,
    response: Response,
    lang: Lang = None,
    accept_language: AcceptLanguage = None,
) -> dict[str, Any]:
    """As for its request, of the decision that released it."""
    release = await facts.release_of(conn, contact_id)
    if release is None:
        raise NotFound(f"there is no contact {contact_id}")
    chosen = _spoken(response, lang, accept_language)
    return await explain_request(conn, release["customer_id"], release["request_id"], seq=release["seq"], lang=chosen)


def _spoken(response: Response, lang: str | None, accepted: str | None) -> str:
    """The language to answer in, which the answer names."""
    chosen = lang or preferred(accepted)
    response.headers["Content-Language"] = "zh-CN" if chosen.startswith("zh") else "en"
    response.headers["Vary"] = "Accept-Language"
    return chosen


def preferred(accepted: str | None) -> str:
    """`zh` or `en`, whichever an `Accept-Language` header (RFC 9110, section 12.5.4) weighs more; English otherwise."""
    weights = {"zh": 0.0, "en": 0.0}
    for part in (accepted or "").split(","):
        tag, _, weight = part.partition(";q=")
        tongue = tag.strip().partition("-")[0].lower()
        if tongue in weights:
            weights[tongue] = max(weights[tongue], _quality(weight))
    return "zh" if weights["zh"] > weights["en"] else "en"


def _quality(weight: str) -> float:
    try:
        return min(1.0, max(0.0, float(weight or 1)))
    except ValueError:
        return 0.0
