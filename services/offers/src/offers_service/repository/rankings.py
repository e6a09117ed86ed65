"""The ranking: the weights as edited, their steps, and those in force."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from offers_service.domain.approval import EditState
from rapport.db import Connection, lock

_RANKING = "version, state, content, announced, authors, submitted_by, approved_by, changed_at"


@dataclass(frozen=True, slots=True)
class RankingRow:
    """The ranking as planners see it."""

    version: int
    state: EditState
    content: dict[str, Any]
    announced: dict[str, Any] | None
    authors: list[str]
    """Who has edited the content since it was last approved."""
    submitted_by: str | None
    approved_by: str | None
    changed_at: datetime


async def find(conn: Connection, ranking_id: str) -> RankingRow | None:
    """A ranking, unless nobody has written it yet."""
    row = await conn.fetchrow(f"select {_RANKING} from rankings where id = $1", ranking_id)
    return RankingRow(**row) if row else None


async def locked(conn: Connection, ranking_id: str) -> RankingRow | None:
    """A ranking as it stands until the transaction ends; of one that nobody has written nobody writes the first."""
    await lock(conn, f"offers.ranking.{ranking_id}")
    return await find(conn, ranking_id)


async def save(conn: Connection, ranking_id: str, row: RankingRow, by: str) -> None:
    """Store the next version of a ranking that the caller has locked, and keep it as a step of somebody."""
    await conn.execute(
        f"""
        insert into rankings (id, {_RANKING}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (id) do update set version = $2, state = $3, content = $4, announced = $5, authors = $6,
            submitted_by = $7, approved_by = $8, changed_at = $9
        """,
        ranking_id,
        *astuple(row),
    )
    await conn.execute(
        "insert into ranking_versions (ranking_id, version, state, content, by, at) values ($1, $2, $3, $4, $5, $6)",
        ranking_id,
        row.version,
        row.state,
        row.content,
        by,
        row.changed_at,
    )


async def versions_before(conn: Connection, ranking_id: str, before: int | None, limit: int) -> list[Any]:
    """Up to `limit` steps of a ranking with their contents, newest first, before a version."""
    return await conn.fetch(
        "select version, state, by, at, content from ranking_versions "
        "where ranking_id = $1 and ($2::bigint is null or version < $2) order by version desc limit $3",
        ranking_id,
        before,
        limit,
    )
