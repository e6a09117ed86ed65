"""Files being imported: their pieces still to be read, how far they are, and their rejects.

What always holds: a piece is there until the transaction that brings in its rows commits. So the pieces are the
position, and a crash neither repeats nor loses a row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from profile_service.domain.csv_files import Piece
from profile_service.domain.import_mapping import ImportMapping, Reject
from rapport.db import Connection, Pool

_PAGE = 5000
_PROGRESS = "import_id, rows_total, rows_read, accepted, rejected, created_by, created_at, finished_at"


@dataclass(frozen=True, slots=True)
class Import:
    """An import with the next piece to read; None where all have been read."""

    import_id: str
    mapping: ImportMapping
    header: list[str]
    created_by: str
    created_at: datetime
    piece: Piece | None


async def add_piece(conn: Connection, import_id: str, number: int, piece: Piece) -> None:
    """Keep a piece of a file, `number` counting from 0."""
    await conn.execute(
        "insert into import_pieces (import_id, number, first_line, rows, data) values ($1, $2, $3, $4, $5)",
        import_id,
        number,
        piece.first_line,
        piece.rows,
        piece.data,
    )


async def add_import(
    conn: Connection,
    import_id: str,
    mapping: ImportMapping,
    header: Sequence[str],
    *,
    rows_total: int,
    created_by: str,
    now: datetime,
) -> None:
    """Make an import whose pieces are there known to the workers."""
    await conn.execute(
        """
        insert into imports (import_id, mapping, header, rows_total, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6)
        """,
        import_id,
        mapping.model_dump(),
        header,
        rows_total,
        created_by,
        now,
    )


async def progress(conn: Connection | Pool, import_id: str) -> asyncpg.Record | None:
    """How far an import is."""
    return await conn.fetchrow(f"select {_PROGRESS} from imports where import_id = $1", import_id)


async def take_piece(conn: Connection) -> Import | None:
    """The next piece of the oldest import that no other worker is at, taken away; None when there is nothing to do."""
    row = await conn.fetchrow(
        """
        select import_id, mapping, header, created_by, created_at from imports
        where finished_at is null order by created_at, import_id limit 1 for update skip locked
        """
    )
    if row is None:
        return None
    import_id, mapping, header, created_by, created_at = row
    piece = await conn.fetchrow(
        """
        delete from import_pieces where import_id = $1
        and number = (select min(number) from import_pieces where import_id = $1) returning first_line, rows, data
        """,
        import_id,
    )
    found = None if piece is None else Piece(*piece)
    return Import(import_id, ImportMapping.model_validate(mapping), header, created_by, created_at, found)


async def add_rejects(conn: Connection, import_id: str, rejects: Sequence[Reject]) -> None:
    """Keep why rows were not taken; of several reasons for one cell the first."""
    await conn.execute(
        """
        insert into import_rejects select $1, * from unnest($2::bigint[], $3::text[], $4::text[])
        on conflict do nothing
        """,
        import_id,
        *map(list, zip(*rejects, strict=True)),
    )


async def advance(conn: Connection, import_id: str, *, accepted: int, rejected: int) -> None:
    """Count the rows of a piece."""
    await conn.execute(
        """
        update imports set rows_read = rows_read + $2 + $3, accepted = accepted + $2, rejected = rejected + $3
        where import_id = $1
        """,
        import_id,
        accepted,
        rejected,
    )


async def finish(conn: Connection, import_id: str, now: datetime) -> None:
    """Nothing of this import is left to do."""
    await conn.execute("update imports set finished_at = $2 where import_id = $1", import_id, now)


async def rejects(pool: Pool, import_id: str) -> AsyncIterator[Reject]:
    """The rejects so far, in the order of the file. Each page is read on its own: who reads slowly holds nothing."""
    line, column = -1, ""
    while True:
        rows = await pool.fetch(
            """
            select line, column_name, reason from import_rejects
            where import_id = $1 and (line, column_name) > ($2, $3) order by line, column_name limit $4
            """,
            import_id,
            line,
            column,
            _PAGE,
        )
        for row in rows:
            yield Reject(*row)
        if len(rows) < _PAGE:
            return
        line, column, _ = rows[-1]
