"""Contact policies: draft, submit, compare, approve by another person at once or for an instant, go back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response

from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.errors import NotFound, PreconditionFailed, PreconditionRequired
from rapport.web import IfMatch, Now, Page, PagingQuery, Reading, Router, Writing, answers, check_if_match, etag
from touchpoint_service.api.customers import Lang
from touchpoint_service.domain.policy_form import form_schema
from touchpoint_service.domain.policy_words import sentences
from touchpoint_service.handlers.policies import (
    AlreadyApproved,
    NeverApproved,
    NotSchedulable,
    NotScheduled,
    OwnChange,
    PolicyExists,
    approve_version,
    cancel_schedule,
    compare,
    create_policy,
    get_version,
    submit_version,
)
from touchpoint_service.handlers.what_ifs import tried
from touchpoint_service.repository import policies
from touchpoint_service.schemas.policies import POLICY_EXAMPLE, ApprovalIn, DraftIn, PolicyIn, SubmissionIn

router = Router(tags=["policies"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Against = Annotated[
    str,
    Query(pattern="^(draft|in-force|[1-9][0-9]{0,8})$", description="The older side: a version, `draft`, `in-force`."),
]
_THE_DRAFT, _AT_ONCE = SubmissionIn(), ApprovalIn()

_DRAFT = {"policy_id": "house", "draft": POLICY_EXAMPLE, "author": "erin", "revision": 1}
_VERSION = {
    "policy_id": "house",
    "version": 1,
    "document": POLICY_EXAMPLE,
    "author": "erin",
    "submitted_by": "erin",
    "submitted_at": "2026-03-01T09:00:00+00:00",
    "from_version": None,
    "approved_by": "sam",
    "approved_at": "2026-03-01T10:00:00+00:00",
    "since": "2026-03-01T10:00:00+00:00",
    "state": "in_force",
}
_TRIED = {
    "what_ifs": [
        {
            "what_if_id": "wif_019a5b7c2f3e7c4d8e5f60718293a4b5",
            "state": "done",
            "from": "2026-01-30T00:00:00+00:00",
            "until": "2026-03-01T00:00:00+00:00",
            "author": "erin",
            "created_at": "2026-03-01T09:30:00+00:00",
        }
    ]
}
SUBMITTED = _VERSION | {"approved_by": None, "approved_at": None, "since": None, "state": "submitted"}
_LISTED = {name: value for name, value in _VERSION.items() if name != "document"}
_DIFFERENCES = {
    "policy_id": "house",
    "version": 2,
    "against": {"policy_id": "house", "version": 1},
    "differences": [
        {
            "kind": "changed",
            "pointer": "/frequency_caps/0/limit",
            "section": "frequency_caps",
            "rule": "three-a-week",
            "old": 3,
            "new": 2,
        }
    ],
    "sentences": ["The cap three-a-week is now 2 contacts in 7 days instead of 3."],
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
    responses=answers(_VERSION, NotFound),
)
async def get_policy_in_force(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")], conn: Reading, now: Now
) -> dict[str, Any]:
    """The version that every decision is made by. Without one, nothing is released."""
    row = await policies.in_force(conn, now)
    if row is None:
        raise NotFound("no policy is in force")
    return dict(row)


@router.get(
    "/policies/schema",
    summary="The form of a policy",
    responses=answers({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Contact policy"}),
)
async def get_policy_schema(_caller: Annotated[Principal, requires("touchpoint.policy.read")]) -> dict[str, Any]:
    """JSON Schema of a document: each field with title, description and, under `x-labels`, its name in English and
    Chinese; the values of closed lists under `x-enum-labels`."""
    return dict(form_schema())


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
    summary="Submit the draft, or an earlier version anew",
    responses=answers(SUBMITTED, NotFound, NeverApproved, status=201),
)
async def submit_policy_version(
    caller: Annotated[Principal, requires("touchpoint.policy.edit")],
    policy_id: Id,
    conn: Writing,
    now: Now,
    body: SubmissionIn = _THE_DRAFT,
) -> dict[str, Any]:
    """Freezes the draft as the next version, to be approved by another person. With `from_version` it goes back: the
    document of that version becomes the next one, and who asks is its author."""
    return dict(await submit_version(conn, policy_id, caller.subject, now, body.from_version))


@router.get(
    "/policies/{policy_id}/versions",
    summary="All versions of a policy",
    responses=answers({"items": [_LISTED], "next_cursor": None}, NotFound),
)
async def list_policy_versions(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")],
    policy_id: Id,
    conn: Reading,
    now: Now,
    paging: PagingQuery,
) -> Page[dict[str, Any]]:
    """Newest first, without their documents. `state` is `submitted`, `scheduled`, `in_force` or `superseded`; `since`
    tells from when on it is, or was, in force."""
    if await policies.draft(conn, policy_id) is None:
        raise NotFound(f"there is no policy {policy_id}")
    before = (paging.after(tuple[int]) or (None,))[0]
    rows = await policies.versions(conn, policy_id, now, before, paging.fetch)
    return paging.page([dict(row) for row in rows], lambda row: (row["version"],))


@router.get(
    "/policies/{policy_id}/versions/{version}",
    summary="A submitted version",
    responses=answers(_VERSION | _TRIED, NotFound),
)
async def get_policy_version(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")],
    policy_id: Id,
    version: Number,
    conn: Reading,
    now: Now,
) -> dict[str, Any]:
    """The frozen document, who submitted and approved it, its state, and the newest what-ifs of this document."""
    row = await get_version(conn, policy_id, version, now)
    return dict(row) | {"what_ifs": await tried(conn, policy_id, version)}


@router.get(
    "/policies/{policy_id}/versions/{version}/differences",
    summary="What a version says differently",
    responses=answers(_DIFFERENCES, NotFound),
)
async def get_policy_differences(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")],
    policy_id: Id,
    version: Number,
    conn: Reading,
    now: Now,
    against: Against = "in-force",
    lang: Lang = "en",
) -> dict[str, Any]:
    """Against what is in force, or another version, or the draft: `old` is that side, `new` is this version. Rules are
    matched by their name within their kind. As data with JSON pointers, and in plain sentences."""
    found = await compare(conn, policy_id, version, against, now)
    data = ("kind", "pointer", "section", "rule", "old", "new")
    return {
        "policy_id": policy_id,
        "version": version,
        "against": {"policy_id": found.policy_id, "version": found.version},
        "differences": [{name: getattr(each, name) for name in data} for each in found.differences],
        "sentences": sentences(found.differences, lang),
    }


@router.post(
    "/policies/{policy_id}/versions/{version}/approvals",
    status_code=201,
    summary="Approve a version",
    responses=answers(
        _VERSION, NotFound, OwnChange, AlreadyApproved, NotSchedulable, status=201, what="In force, or scheduled."
    ),
)
async def approve_policy_version(
    caller: Annotated[Principal, requires("touchpoint.policy.approve")],
    policy_id: Id,
    version: Number,
    conn: Writing,
    now: Now,
    body: ApprovalIn = _AT_ONCE,
) -> dict[str, Any]:
    """By another person than the author and the submitter. Binds every decision that begins after this answer or, with
    `activate_at`, every decision at that instant and later."""
    return dict(await approve_version(conn, policy_id, version, caller.subject, now, body.activate_at))


@router.delete(
    "/policies/{policy_id}/versions/{version}/schedule",
    status_code=204,
    summary="Cancel a scheduled activation",
    responses=answers(None, NotFound, NotScheduled, status=204, what="It does not come into force."),
)
async def cancel_policy_schedule(
    caller: Annotated[Principal, requires("touchpoint.policy.approve")],
    policy_id: Id,
    version: Number,
    conn: Writing,
    now: Now,
) -> None:
    """Until a second before its instant. The version is submitted as before its approval, and may be approved again."""
    await cancel_schedule(conn, policy_id, version, caller.subject, now)
