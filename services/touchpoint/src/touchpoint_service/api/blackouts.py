"""Stopping contacts for a while, somewhere or everywhere, without writing a policy."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response

from rapport.auth import Principal, requires
from rapport.errors import Malformed, NotFound
from rapport.web import Now, Reading, Router, Writing, answers
from touchpoint_service.api.policies import SUBMITTED
from touchpoint_service.domain.rule_base import RuleName
from touchpoint_service.handlers.blackouts import NothingInForce, RuleExists, add_blackout, blackouts, lift_blackout
from touchpoint_service.schemas.policies import BlackoutIn

router = Router(tags=["policies"])

_BLACKOUT = {
    "name": "flood-2026-03",
    "channels": ["call", "sms"],
    "purposes": None,
    "exempt_classes": ["service_critical"],
    "when": None,
    "countries": None,
    "regions": ["DE-BY"],
    "begins": "2026-03-03T12:00:00Z",
    "ends": "2026-03-05T12:00:00Z",
    "state": "now",
}


@router.post(
    "/blackouts",
    status_code=201,
    summary="Stop contacts for a while",
    responses=answers(
        SUBMITTED, NothingInForce, RuleExists, Malformed, status=201, what="The version that waits for its approval."
    ),
)
async def post_blackout(
    caller: Annotated[Principal, requires("touchpoint.policy.edit")],
    body: BlackoutIn,
    conn: Writing,
    now: Now,
    response: Response,
) -> dict[str, Any]:
    """The policy in force with this blackout, as a version: it binds every decision and hand-over from the moment at
    which another person approves it (`POST …/versions/{version}/approvals`). The draft has it, too."""
    row = await add_blackout(conn, body, caller.subject, now)
    response.headers["Location"] = f"/v1/policies/{row['policy_id']}/versions/{row['version']}"
    return dict(row)


@router.get("/blackouts", summary="Blackouts in force", responses=answers({"items": [_BLACKOUT]}))
async def list_blackouts(
    _caller: Annotated[Principal, requires("touchpoint.policy.read")], conn: Reading, now: Now
) -> dict[str, Any]:
    """Of the policy in force, the first to begin first. `state` is `ahead`, `now` or `over`."""
    return {"items": await blackouts(conn, now)}


@router.delete(
    "/blackouts/{name}",
    status_code=201,
    summary="End a blackout before its time",
    responses=answers(SUBMITTED, NotFound, NothingInForce, status=201, what="The version that waits for its approval."),
)
async def delete_blackout(
    caller: Annotated[Principal, requires("touchpoint.policy.edit")],
    name: Annotated[RuleName, Path()],
    conn: Writing,
    now: Now,
    response: Response,
) -> dict[str, Any]:
    """The policy in force without it, as a version for another person to approve. Who waits for its end is then decided
    at once."""
    row = await lift_blackout(conn, name, caller.subject, now)
    response.headers["Location"] = f"/v1/policies/{row['policy_id']}/versions/{row['version']}"
    return dict(row)
