"""Bringing in files of customers: cut into pieces when handed in, read piece by piece by a worker.

The pieces wait in the service's database: it is what API and worker share wherever they run (a spool folder would need
a shared disk), a piece goes in the transaction that takes its rows, and personal data goes with it.

What always holds:
- an import takes each row exactly once, whatever crashes;
- a row that cannot be taken is told with its line, its column and a reason that does not repeat the value;
- a piece that waits is sealed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import BinaryIO

from profile_service.domain import documents
from profile_service.domain.csv_files import BrokenFile, CsvFile, read
from profile_service.domain.import_mapping import ImportMapping, ImportRow, Reject, RowReader
from profile_service.handlers.changes import Change, Refusal, change
from profile_service.handlers.customers import statement
from profile_service.repository import imports as repository
from profile_service.repository.imports import Import
from rapport.db import Connection
from rapport.errors import FieldError, Malformed
from rapport.ids import new_id
from rapport.sealing import Keyring
from rapport.steps import Step


class UnfitFile(Malformed):
    """The file is no CSV, or lacks a mapped column."""


async def hand_in(
    conn: Connection,
    file: BinaryIO,
    mapping: ImportMapping,
    *,
    piece_rows: int,
    by: str,
    keys: Keyring,
    now: datetime,
) -> str:
    """Keep a file for the workers; the id of its import. Reading it happens in threads, one piece in memory at a time.

    Raises:
        UnfitFile: nothing of it can be taken.
    """
    import_id, rows_total, number = new_id("imp", now), 0, 0
    try:
        csv_file = await asyncio.to_thread(CsvFile, file, mapping.dialect)
        RowReader(mapping, csv_file.header, now)
        pieces = csv_file.pieces(piece_rows)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            data = keys.seal_bytes(piece.data, _context(import_id, piece.first_line))
            await repository.add_piece(conn, import_id, number, replace(piece, data=data))
            rows_total, number = rows_total + piece.rows, number + 1
    except BrokenFile as error:
        raise UnfitFile(f"the file {error}", errors=[FieldError("#/file", str(error))]) from None
    await repository.add_import(
        conn, import_id, mapping, csv_file.header, rows_total=rows_total, created_by=by, now=now
    )
    return import_id


def piece_reader(keys: Keyring) -> Step:
    """The step that takes in the next piece of some import."""

    async def read_next_piece(conn: Connection, now: datetime) -> bool:
        return await _read_next_piece(conn, keys, now)

    return read_next_piece


async def _read_next_piece(conn: Connection, keys: Keyring, now: datetime) -> bool:
    """Take in the next piece of some import; False when there is nothing to do."""
    work = await repository.take_piece(conn)
    if work is None:
        return False
    if work.piece is None:
        await repository.finish(conn, work.import_id, now)
        return True
    reader = RowReader(work.mapping, work.header, work.created_at)
    data = keys.unseal_bytes(work.piece.data, _context(work.import_id, work.piece.first_line))
    accepted, rejects = [], []
    for row in read(replace(work.piece, data=data), work.mapping.dialect):
        result = reader.read(row)
        if isinstance(result, ImportRow):
            accepted.append((row.line, _change(result, work, keys, now)))
        else:
            rejects += result
    refused = (await change(conn, [one for _, one in accepted], keys=keys, now=now)).refused if accepted else []
    rejects += _refusals(reader, accepted, refused)
    if rejects:
        await repository.add_rejects(conn, work.import_id, rejects)
    rejected = work.piece.rows - len(accepted) + len(refused)
    await repository.advance(conn, work.import_id, accepted=work.piece.rows - rejected, rejected=rejected)
    return True


def _context(import_id: str, first_line: int) -> bytes:
    return f"import\0{import_id}\0{first_line}".encode()


def _change(row: ImportRow, work: Import, keys: Keyring, now: datetime) -> Change:
    said = row.given()
    del said["customer_id"]
    if not said.get("do_not_call"):  # a file can add the mark, but not lift what a regulator's list says
        said.pop("do_not_call", None)
    consents = [
        statement(row.customer_id, one, proof=work.import_id, by=work.created_by, now=now) for one in row.consents
    ]
    return Change(row.customer_id, partial(documents.patched, said=said, keys=keys), consents, said_at=work.created_at)


def _refusals(reader: RowReader, accepted: Sequence[tuple[int, Change]], refused: Sequence[Refusal]) -> list[Reject]:
    lines = {id(one): line for line, one in accepted}
    rejects = []
    for one, error in refused:
        told = error.errors if isinstance(error, Malformed) and error.errors else [FieldError("", str(error))]
        for fault in told:
            field = fault.pointer.removeprefix("#/").replace("/", ".")
            rejects.append(reader.reject(lines[id(one)], field, fault.message))
    return rejects
