"""The ranking: how offers are weighed, written by one person and approved by another.

What always holds:
- one document is edited, another is in force: the newest approved, and before the first the defaults of
  `rapport.ranking`;
- nobody approves what they wrote, even a part of it, or submitted; an edit takes the submission away;
- each coming into force is published once, and storefront and pop-up rank by it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from offers_service import SOURCE
from offers_service.domain.approval import may_approve
from offers_service.domain.errors import NothingToApprove, NotSubmitted, OwnChange
from offers_service.repository import rankings
from offers_service.repository.rankings import RankingRow
from rapport.contracts.offers import RankingChanged
from rapport.db import Connection
from rapport.messaging import outbox
from rapport.ranking import HOUSE
from rapport.web import check_if_match


async def edit_ranking(
    conn: Connection, content: dict[str, Any], if_match: str | None, author: str, now: datetime
) -> RankingRow:
    """Store the content as a draft. The content that is there already changes nothing.

    Raises:
        PreconditionRequired, PreconditionFailed: there is one, and `if_match` does not name its version.
    """
    row = await rankings.locked(conn, HOUSE)
    check_if_match(if_match, row.version if row else None, required=row is not None)
    if row is None:
        row = RankingRow(0, "draft", {}, None, [], None, None, now)
    elif row.content == content:
        return row
    authors = [] if row.state == "published" else [name for name in row.authors if name != author]
    return await _save(
        conn,
        replace(row, state="draft", content=content, authors=[*authors, author], submitted_by=None, approved_by=None),
        author,
        now,
    )


async def submit_ranking(conn: Connection, if_match: str | None, submitter: str, now: datetime) -> RankingRow:
    """Ask another person to approve the content as it stands. One that is submitted stays so.

    Raises:
        PreconditionFailed: `if_match` names another version.
        NothingToApprove: there is none, or it is in force.
    """
    row = await _locked(conn, if_match)
    if row is None or row.state == "published":
        raise NothingToApprove
    if row.state == "submitted":
        return row
    return await _save(conn, replace(row, state="submitted", submitted_by=submitter), submitter, now)


async def approve_ranking(conn: Connection, if_match: str | None, approver: str, now: datetime) -> RankingRow:
    """Put the submitted content into force, at once. `if_match` names the version that the approver has seen.

    Raises:
        PreconditionRequired, PreconditionFailed: `if_match` does not name the present version.
        NotSubmitted: nothing waits for approval.
        OwnChange: the approver wrote or submitted it.
    """
    row = await _locked(conn, if_match, required=True)
    if row is None or row.state != "submitted":
        raise NotSubmitted
    if not may_approve(approver, row.authors, row.submitted_by):
        raise OwnChange
    event = RankingChanged.model_validate(
        {**row.content, "ranking_id": HOUSE, "version": row.version + 1, "approved_by": approver}
    )
    announced = event.model_dump(mode="json")
    saved = await _save(conn, replace(row, state="published", announced=announced, approved_by=approver), approver, now)
    await outbox.publish(conn, [event], source=SOURCE, now=now)
    return saved


async def _locked(conn: Connection, if_match: str | None, *, required: bool = False) -> RankingRow | None:
    row = await rankings.locked(conn, HOUSE)
    check_if_match(if_match, row.version if row else None, required=required)
    return row


async def _save(conn: Connection, row: RankingRow, by: str, now: datetime) -> RankingRow:
    saved = replace(row, version=row.version + 1, changed_at=now)
    await rankings.save(conn, HOUSE, saved, by)
    return saved
