"""Contact policies: draft, submit, approve by another person, in force."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import NotFound, PreconditionFailed, PreconditionRequired
from rapport.web import IfMatch, Now, Page, PagingQuery, Reading, Router, Writing, answers, check_if_match, etag
from touchpoint_service.handlers.policies import (
    AlreadyApproved,
    OwnChange,
    PolicyExists,
    approve_version,
    create_policy,
    submit_version,
)
from touchpoint_service.repository import policies
from touchpoint_service.schemas import POLICY_EXAMPLE, DraftIn, PolicyIn

router = Router(tags=["policies"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

_DRAFT = {"policy_id": "house", "draft": POLICY_EXAMPLE, "author": "erin", "revision": 1}
_VERSION = {
    "policy_id": "house",
    "version": 1,
    "document": POLICY_EXAMPLE,
    "author": "erin",
    "submitted_by": "erin",
    "submitted_at": "2026-03-01T09:00:00+00:00",
    "approved_by": "sam",
    "approved_at": "2026-03-01T10:00:00+00:00",
}


@router.post(
    "/policies",
    status_code=201,
    summary="Draft a policy",
    responses=answers(_DRAFT, PolicyExists, status=201, what="Stored. It binds nobody yet."),
)
async def create_contact_policy(
    caller: Annotated[Principal, requires("touchpoint.policy.edit")], body: PolicyIn, conn: Writing, response: Response
) -> dict[str, Any]:
    """A document of named rules; what is wrong with one is told with its pointer."""
    await create_policy(conn, body.policy_id, body.document, caller.subject)
    response.headers["ETag"] = etag(1)
    response.headers["Location"] = f"/v1/policies/{body.policy_id}"
    return dict(await policies.draft(conn, body.policy_id))


@router.get(
    "/policies",
    summary="Policies",
    responses=answers({"items": [_DRAFT], "next_cursor": None}),
)
async def list_contact_policies(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")], conn: Reading, paging: PagingQuery
) -> Page[dict[str, Any]]:
    """By id."""
    rows = await policies.drafts(conn, (paging.after(tuple[str]) or ("",))[0], paging.fetch)
    return paging.page([dict(row) for row in rows], lambda row: (row["policy_id"],))


@router.get(
    "/policies/in-force",
    summary="The policy in force",
    responses=answers(_VERSION | {"since": "2026-03-01T10:00:00+00:00"}, NotFound),
)
async def get_policy_in_force(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")], conn: Reading
) -> dict[str, Any]:
    """The version that every decision is made by. Without one, nothing is released."""
    row = await policies.in_force(conn)
    if row is None:
        raise NotFound("no policy is in force")
    return dict(row)


@router.get("/policies/{policy_id}", summary="A policy's draft", responses=answers(_DRAFT, NotFound))
async def get_contact_policy(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")], policy_id: Id, conn: Reading, response: Response
) -> dict[str, Any]:
    """The draft as it stands; its `ETag` is needed to change it."""
    row = await policies.draft(conn, policy_id)
    if row is None:
        raise NotFound(f"there is no policy {policy_id}")
    response.headers["ETag"] = etag(row["revision"])
    return dict(row)


@router.put(
    "/policies/{policy_id}/draft",
    summary="Change a draft",
    responses=answers(_DRAFT | {"revision": 2}, NotFound, PreconditionFailed, PreconditionRequired),
)
async def replace_policy_draft(
    caller: Annotated[Principal, requires("touchpoint.policy.edit")],
    policy_id: Id,
    body: DraftIn,
    conn: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Submitted versions stay as they are. Needs `If-Match`."""
    row = await policies.draft(conn, policy_id, lock=True)
    if row is None:
        raise NotFound(f"there is no policy {policy_id}")
    check_if_match(if_match, row["revision"], required=True)
    revision = await policies.replace_draft(conn, policy_id, body.document.model_dump(mode="json"), caller.subject)
    response.headers["ETag"] = etag(revision)
    return dict(await policies.draft(conn, policy_id))


@router.post(
    "/policies/{policy_id}/versions",
    status_code=201,
    summary="Submit the draft",
    responses=answers(_VERSION | {"approved_by": None, "approved_at": None}, NotFound, status=201),
)
async def submit_policy_version(
    caller: Annotated[Principal, requires("touchpoint.policy.edit")], policy_id: Id, conn: Writing, now: Now
) -> dict[str, Any]:
    """Freezes the draft as the next version, to be approved by another person."""
    return dict(await submit_version(conn, policy_id, caller.subject, now))


@router.get(
    "/policies/{policy_id}/versions/{version}", summary="A submitted version", responses=answers(_VERSION, NotFound)
)
async def get_policy_version(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")], policy_id: Id, version: Number, conn: Reading
) -> dict[str, Any]:
    """The frozen document, and who submitted and approved it."""
    row = await policies.version(conn, policy_id, version)
    if row is None:
        raise NotFound(f"policy {policy_id} has no version {version}")
    return dict(row)


@router.post(
    "/policies/{policy_id}/versions/{version}/approvals",
    status_code=201,
    summary="Approve a version",
    responses=answers(_VERSION, NotFound, OwnChange, AlreadyApproved, status=201, what="In force."),
)
async def approve_policy_version(
    caller: Annotated[Principal, requires("touchpoint.policy.approve")],
    policy_id: Id,
    version: Number,
    conn: Writing,
    now: Now,
) -> dict[str, Any]:
    """By another person than the author and the submitter. Binds every decision that begins after this answer."""
    return dict(await approve_version(conn, policy_id, version, caller.subject, now))
