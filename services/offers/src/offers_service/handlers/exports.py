"""The ledger for billing: everything that happened between two instants, in order, in a stream.

What always holds: rows come in the order of the instant at which it happened, then of their ids, both of which never
change; a page is read in a statement of its own, so that however slowly somebody reads, no transaction stays open and
no more than a page is in memory.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Literal

import orjson

from offers_service.domain.errors import UnknownAcceptance
from offers_service.domain.ledger import Acceptance
from offers_service.repository import acceptances
from rapport.db import Pool

Format = Literal["csv", "ndjson"]
What = Literal["accepted", "refused", "revoked", "fulfilled"]

PAGE = 2000
COLUMNS = tuple(field.name for field in fields(Acceptance))

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell (OWASP, CSV injection)."""


async def place_of(pool: Pool, acceptance_id: str, what: What, since: datetime) -> tuple[datetime, str]:
    """Where an export goes on after a row that came in it.

    Raises:
        UnknownAcceptance: there is no such row, or this has not happened to it.
    """
    async with pool.acquire() as conn:
        row = (await acceptances.by_ids(conn, [acceptance_id])).get(acceptance_id)
    at = None if row is None else getattr(row, acceptances.EXPORTED[what][0])
    if at is None:
        raise UnknownAcceptance
    return (at, acceptance_id) if at >= since else (since, "")


async def export(
    pool: Pool, what: What, after: tuple[datetime, str], until: datetime, form: Format, *, header: bool
) -> AsyncIterator[bytes]:
    """The rows as text, page by page."""
    if form == "csv" and header:
        yield _csv([COLUMNS])
    instant = acceptances.EXPORTED[what][0]
    while True:
        async with pool.acquire() as conn:
            rows = await acceptances.export_page(conn, what, after, until, PAGE)
        if rows:
            yield _csv(map(_cells, rows)) if form == "csv" else _ndjson(rows)
            after = getattr(rows[-1], instant), rows[-1].acceptance_id
        if len(rows) < PAGE:
            return


def _ndjson(rows: Sequence[Acceptance]) -> bytes:
    return b"".join(orjson.dumps(asdict(row), option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE) for row in rows)


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)  # RFC 4180
    return text.getvalue().encode()


def _cells(row: Acceptance) -> list[str]:
    return [_cell(name, getattr(row, name)) for name in COLUMNS]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    # Only these two hold what people have typed; ids stay as they are.
    return f"'{text}" if name in ("agent", "note") and text.startswith(_FORMULA) else text
