"""How offers are ranked: write the weights, submit them, approve them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response

from offers_service.api.offers import READ, Manager
from offers_service.domain.errors import NothingToApprove, NotSubmitted, OwnChange
from offers_service.handlers import ranking
from offers_service.repository import rankings
from offers_service.repository.rankings import RankingRow
from offers_service.schemas import rankings as schemas
from rapport.auth import Principal, requires
from rapport.errors import PreconditionFailed, PreconditionRequired
from rapport.ranking import DEFAULT, HOUSE
from rapport.web import IfMatch, Now, Page, PagingQuery, Reading, Router, Writing, answers, etag

router = Router(tags=["ranking"])

_RANKING = {
    "version": 3,
    "state": "published",
    "content": schemas.RANKING_EXAMPLE,
    "in_force": {**schemas.RANKING_EXAMPLE, "ranking_id": HOUSE, "version": 3, "approved_by": "oscar"},
    "authors": ["olivia"],
    "submitted_by": "olivia",
    "approved_by": "oscar",
    "changed_at": "2026-11-02T09:30:00Z",
}
_SUBMITTED = {**_RANKING, "version": 2, "state": "submitted", "approved_by": None}
_STEP = {
    "version": 3,
    "state": "published",
    "by": "oscar",
    "at": "2026-11-02T09:30:00Z",
    "content": schemas.RANKING_EXAMPLE,
}


@router.get("/ranking", summary="Read the ranking", dependencies=[READ], responses=answers(_RANKING))
async def get_ranking(conn: Reading, response: Response) -> schemas.Ranking:
    """The weights as last edited, and those in force. Until somebody writes some, the order is priority, then value."""
    return _tagged(response, await rankings.find(conn, HOUSE))


@router.put(
    "/ranking",
    summary="Write the ranking",
    responses=answers(_SUBMITTED | {"state": "draft"}, PreconditionFailed, PreconditionRequired, what="A draft."),
)
async def put_ranking(
    caller: Manager, body: schemas.RankingContent, conn: Writing, now: Now, response: Response, if_match: IfMatch = None
) -> schemas.Ranking:
    """Store the weights as a draft. Those in force stay until it is approved. One that exists needs `If-Match`."""
    content = body.model_dump(mode="json")
    return _tagged(response, await ranking.edit_ranking(conn, content, if_match, caller.subject, now))


@router.post(
    "/ranking/submissions",
    summary="Ask for approval of the ranking",
    responses=answers(_SUBMITTED, PreconditionFailed, NothingToApprove, what="It waits for another person."),
)
async def submit_ranking(
    caller: Manager, conn: Writing, now: Now, response: Response, if_match: IfMatch = None
) -> schemas.Ranking:
    """Submit the weights as they stand."""
    return _tagged(response, await ranking.submit_ranking(conn, if_match, caller.subject, now))


@router.post(
    "/ranking/approvals",
    summary="Approve the ranking",
    responses=answers(
        _RANKING, PreconditionFailed, PreconditionRequired, NotSubmitted, OwnChange, what="In force, in every channel."
    ),
)
async def approve_ranking(
    caller: Annotated[Principal, requires("offers.approve")],
    conn: Writing,
    now: Now,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Ranking:
    """Put the version that `If-Match` names into force. Nobody approves what they wrote or submitted."""
    return _tagged(response, await ranking.approve_ranking(conn, if_match, caller.subject, now))


@router.get(
    "/ranking/versions",
    summary="The history of the ranking",
    dependencies=[READ],
    responses=answers({"items": [_STEP], "next_cursor": None}, what="Newest first."),
)
async def list_ranking_versions(conn: Reading, paging: PagingQuery) -> Page[schemas.RankingVersion]:
    """Who did what, with the weights as they were."""
    after = paging.after(tuple[int])
    rows = await rankings.versions_before(conn, HOUSE, after[0] if after else None, paging.fetch)
    return paging.page([schemas.RankingVersion(**row) for row in rows], lambda step: [step.version])


def _tagged(response: Response, row: RankingRow | None) -> schemas.Ranking:
    if row is None:
        content = schemas.RankingContent.model_validate(_of_planners(DEFAULT.document.model_dump()))
        return schemas.Ranking(version=0, state="published", content=content)
    response.headers["ETag"] = etag(row.version)
    return schemas.Ranking(
        version=row.version,
        state=row.state,
        content=schemas.RankingContent.model_validate(row.content),
        in_force=row.announced,
        authors=row.authors,
        submitted_by=row.submitted_by,
        approved_by=row.approved_by,
        changed_at=row.changed_at,
    )


def _of_planners(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in schemas.RankingContent.model_fields}
