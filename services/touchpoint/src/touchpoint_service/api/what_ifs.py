"""What-ifs: try a version or a draft on the real past, or with a planned campaign on top, without side effects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import NotFound
from rapport.web import Now, Page, PagingQuery, Reading, Router, Writing, answers
from rapport.web.paging import Paging
from touchpoint_service.api.customers import Lang
from touchpoint_service.api.policies import Number
from touchpoint_service.domain.what_if_words import limits, sentences
from touchpoint_service.handlers.policies import get_version
from touchpoint_service.handlers.what_ifs import AlreadyFinished, NoPolicyInForce, ask, cancel, get
from touchpoint_service.repository import policies, what_ifs
from touchpoint_service.schemas.what_ifs import WhatIfIn

router = Router(tags=["policies"])

_RUN: dict[str, Any] = {
    "requests": 1200,
    "contacts": 640,
    "released": 640,
    "suppressed": 60,
    "expired": 480,
    "withdrawn": 0,
    "waiting": 20,
    "pre_empted": 3,
    "recalled": 11,
    "assumed": 40,
    "customers_reached": 410,
    "contacts_per_customer": {"customers": {"0": 90, "1": 250, "2": 160}, "p50": 1, "p95": 2, "max": 2},
    "blocked": [{"rule": "two-a-week", "reason": "frequency_cap", "deferred": 900, "suppressed": 40, "expired": 470}],
    "reach": [{"campaign_id": "cmp-autumn", "contact_class": "marketing", "contacts": 640, "customers": 410}],
    "channels": {"call": {"contacts": 640, "customers": 410}},
    "days": {"2026-02-27": 300, "2026-02-28": 340},
}
_DIFFERENCE = {
    "contacts": -80,
    "customers_reached": -5,
    "newly_released": 12,
    "newly_blocked": 92,
    "newly_blocked_by": [{"rule": "two-a-week", "reason": "frequency_cap", "requests": 92}],
    "other_time": 130,
    "other_day": 75,
    "other_channel": 20,
    "moved": [{"from": "2026-02-27", "to": "2026-02-28", "requests": 75}],
}
_LISTED: dict[str, Any] = {
    "what_if_id": "wif_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "policy_id": "house",
    "version": 2,
    "revision": None,
    "against": {"policy_id": "house", "version": 1},
    "from": "2026-01-30T00:00:00+00:00",
    "until": "2026-03-01T00:00:00+00:00",
    "campaign": None,
    "author": "erin",
    "created_at": "2026-03-01T09:30:00+00:00",
    "state": "done",
    "progress": {"done": 500, "total": 500},
    "error": None,
    "finished_at": "2026-03-01T09:31:00+00:00",
}
_QUEUED = _LISTED | {"state": "queued", "progress": {"done": 0, "total": None}, "finished_at": None, "result": None}
_DONE = _LISTED | {
    "result": {"customers": 500, "real_contacts": 720, "tried": _RUN, "in_force": _RUN, "difference": _DIFFERENCE},
    "sentences": ["640 contacts instead of 720 (-11 %), with 500 customers who were asked for."],
    "limits": ["Customers, consents and offers are taken as they are now."],
}
_PAGE = {"items": [_LISTED], "next_cursor": None}
_THIRTY_DAYS = WhatIfIn()


@router.post(
    "/policies/{policy_id}/versions/{version}/what-ifs",
    status_code=202,
    summary="Try a version on the past",
    responses=answers(_QUEUED, NotFound, NoPolicyInForce, status=202, what="Put down; it runs by itself."),
)
async def try_policy_version(
    caller: Annotated[Principal, requires("touchpoint.policy.try")],
    policy_id: Id,
    version: Number,
    conn: Writing,
    now: Now,
    response: Response,
    body: WhatIfIn = _THIRTY_DAYS,
) -> dict[str, Any]:
    """Replays what was asked for and what became of it under this version and under the one in force, and compares.
    Changes nothing else. `campaign` lays planned requests on top of the past."""
    return await _ask(conn, policy_id, version, body, caller, now, response)


@router.post(
    "/policies/{policy_id}/draft/what-ifs",
    status_code=202,
    summary="Try a draft on the past",
    responses=answers(_QUEUED, NotFound, NoPolicyInForce, status=202, what="Put down; it runs by itself."),
)
async def try_policy_draft(
    caller: Annotated[Principal, requires("touchpoint.policy.try")],
    policy_id: Id,
    conn: Writing,
    now: Now,
    response: Response,
    body: WhatIfIn = _THIRTY_DAYS,
) -> dict[str, Any]:
    """As for a version, with the draft as it stands. Once the same document is submitted, its version shows it."""
    return await _ask(conn, policy_id, None, body, caller, now, response)


@router.get(
    "/policies/{policy_id}/versions/{version}/what-ifs",
    summary="What-ifs of a version",
    responses=answers(_PAGE, NotFound),
)
async def list_version_what_ifs(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")],
    policy_id: Id,
    version: Number,
    conn: Reading,
    now: Now,
    paging: PagingQuery,
) -> Page[dict[str, Any]]:
    """Newest first, without results: all that tried this version's document, also while it was a draft."""
    await get_version(conn, policy_id, version, now)
    return await _list(conn, policy_id, version, paging)


@router.get(
    "/policies/{policy_id}/draft/what-ifs",
    summary="What-ifs of drafts",
    responses=answers(_PAGE, NotFound),
)
async def list_draft_what_ifs(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")],
    policy_id: Id,
    conn: Reading,
    paging: PagingQuery,
) -> Page[dict[str, Any]]:
    """Newest first, without results: of whatever was the draft then; `revision` says which."""
    if await policies.draft(conn, policy_id) is None:
        raise NotFound(f"there is no policy {policy_id}")
    return await _list(conn, policy_id, None, paging)


@router.get("/policies/{policy_id}/what-ifs/{what_if_id}", summary="A what-if", responses=answers(_DONE, NotFound))
async def get_what_if(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")],
    policy_id: Id,
    what_if_id: Id,
    conn: Reading,
    lang: Lang = "en",
) -> dict[str, Any]:
    """How far it is, in customers, and once it is done its result: both runs, the differences, the same in sentences,
    and what it cannot know."""
    row = await get(conn, policy_id, what_if_id)
    result = row["result"]
    words = {} if result is None else {"sentences": sentences(result, lang), "limits": limits(lang)}
    return _shown(row) | {"result": result} | words


@router.delete(
    "/policies/{policy_id}/what-ifs/{what_if_id}",
    status_code=204,
    summary="Cancel a what-if",
    responses=answers(None, NotFound, AlreadyFinished, status=204, what="It ends within seconds."),
)
async def cancel_what_if(
    _caller: Annotated[Principal, requires("touchpoint.policy.try")],
    policy_id: Id,
    what_if_id: Id,
    conn: Writing,
    now: Now,
) -> None:
    """It stays in the lists, as cancelled and without a result."""
    await cancel(conn, policy_id, what_if_id, now)


async def _ask(
    conn: Writing,
    policy_id: str,
    version: int | None,
    body: WhatIfIn,
    caller: Principal,
    now: datetime,
    response: Response,
) -> dict[str, Any]:
    row = await ask(conn, policy_id, version, body.to_question(now), caller.subject, now)
    response.headers["Location"] = f"/v1/policies/{policy_id}/what-ifs/{row['what_if_id']}"
    return _shown(row) | {"result": None}


async def _list(conn: Reading, policy_id: str, version: int | None, paging: Paging) -> Page[dict[str, Any]]:
    rows = await what_ifs.what_ifs(conn, policy_id, version, paging.after(tuple[datetime, str]), paging.fetch)
    return paging.page([_shown(row) for row in rows], lambda row: (row["created_at"], row["what_if_id"]))


def _shown(row: Any) -> dict[str, Any]:
    planned = row["planned"]
    return {
        **{name: row[name] for name in ("what_if_id", "policy_id", "version", "revision")},
        "against": {"policy_id": row["baseline_id"], "version": row["baseline_version"]},
        "from": row["since"],
        "until": row["until"],
        "campaign": None if planned is None else _audience(planned),
        **{name: row[name] for name in ("author", "created_at", "state")},
        "progress": {"done": row["customers_done"], "total": row["customers"]},
        **{name: row[name] for name in ("error", "finished_at")},
    }


def _audience(planned: dict[str, Any]) -> dict[str, Any]:
    """The planned campaign, with how many customers it has in place of who they are."""
    shown = ("campaign_id", "channels", "purpose", "category", "goal", "offer_id", "per_day")
    return {name: planned[name] for name in shown} | {"customers": planned["count"]}
