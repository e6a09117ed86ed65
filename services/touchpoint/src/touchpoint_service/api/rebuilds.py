"""Rebuilding standings from their timelines: ask for it, see how far it is and what it found."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.web import Now, Reading, Router, Writing, answers
from touchpoint_service.api.customers import Lang
from touchpoint_service.domain.difference_words import describe
from touchpoint_service.handlers.rebuild import UnknownCustomers, UnknownRebuild, ask_for_rebuild, see_rebuild
from touchpoint_service.schemas.rebuilds import RebuildIn

router = Router(tags=["standings"])
_EVERYBODY = RebuildIn()

_PENDING = {
    "rebuild_id": "rbd_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "everybody": True,
    "dry_run": False,
    "created_by": "olga",
    "created_at": "2026-03-03T12:00:00+00:00",
    "total": 120000,
    "compared": 0,
    "differing": 0,
    "mended": 0,
    "finished_at": None,
    "state": "pending",
    "differences": [],
}
_DIFFERENCE = {
    "customer_id": "c-1001",
    "what": "contact",
    "key": "ctc_019a5b7c2f3e7c4d8e5f60718293a4b5",
    "stored": [],
    "derived": [{"at": "2026-03-03T11:00:00+00:00", "channel": "call", "state": "closed"}],
    "mended": True,
    "text": "Contact ctc_019a5b7c2f3e7c4d8e5f60718293a4b5 was not counted.",
}
_DONE = _PENDING | {
    "compared": 120000,
    "differing": 1,
    "mended": 1,
    "finished_at": "2026-03-03T12:00:31+00:00",
    "state": "finished",
    "differences": [_DIFFERENCE],
}


@router.post(
    "/standings/rebuilds",
    status_code=202,
    summary="Rebuild standings from their timelines",
    responses=answers(_PENDING, UnknownCustomers, status=202, what="A worker will do it."),
)
async def create_rebuild(
    caller: Annotated[Principal, requires("touchpoint.rebuild")],
    conn: Writing,
    now: Now,
    response: Response,
    body: RebuildIn = _EVERYBODY,
) -> dict[str, Any]:
    """Of the customers named, or of everybody, while everything goes on. With `dry_run` it only compares. A standing
    that differs from what its timeline tells is replaced, and the customer's waiting requests are decided anew."""
    rebuild_id = await ask_for_rebuild(conn, body.customer_ids or (), dry_run=body.dry_run, by=caller.subject, now=now)
    response.headers["Location"] = f"/v1/standings/rebuilds/{rebuild_id}"
    return await see_rebuild(conn, rebuild_id)


@router.get(
    "/standings/rebuilds/{rebuild_id}",
    summary="See how far a rebuild is",
    responses=answers(_DONE, UnknownRebuild),
)
async def get_rebuild(
    _caller: Annotated[Principal, requires("touchpoint.rebuild")], rebuild_id: Id, conn: Reading, lang: Lang = "en"
) -> dict[str, Any]:
    """`pending`, `running` or `finished`; customers compared of how many (as counted at the beginning), how many
    differed, and how many were mended. `differences` are the first hundred: `stored` is what the standing said,
    `derived` what the timeline tells, `text` a sentence."""
    found = await see_rebuild(conn, rebuild_id)
    return found | {"differences": [each | {"text": describe(each, lang)} for each in found["differences"]]}
