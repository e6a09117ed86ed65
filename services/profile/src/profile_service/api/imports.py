"""Files of customers: hand in, watch, fetch what was not taken."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Form, Path, Request, Response, UploadFile, status
from fastapi.responses import StreamingResponse
from pydantic import Json

from profile_service.domain.import_mapping import EXAMPLE, ImportMapping, Reject
from profile_service.handlers import imports as handlers
from profile_service.repository import imports as repository
from profile_service.schemas import ImportView
from profile_service.settings import Settings
from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Id
from rapport.db import Connection, Pool
from rapport.errors import NotFound
from rapport.problems import problem_responses
from rapport.web import Keys, Now, Reading, Router, Writing, body_limit

router = Router(tags=["imports"])

MAX_UPLOAD_BYTES = 1 << 29
"""512 MiB: about five million rows of ten columns. Larger files are handed in in parts."""

_LINES_AT_ONCE = 500

ImportId = Annotated[Id, Path(description="As given by `POST /v1/imports`.")]


class UnknownImport(NotFound):
    """There is no such import."""


@router.post(
    "/imports",
    summary="Hand in a CSV file of customers",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=ImportView,
    openapi_extra={
        "requestBody": {"content": {"multipart/form-data": {"example": {"file": "customers.csv", "mapping": EXAMPLE}}}}
    },
)
@body_limit(MAX_UPLOAD_BYTES)
async def create_import(
    file: UploadFile,
    mapping: Annotated[Json[ImportMapping], Form(description="What the columns mean, as JSON.")],
    request: Request,
    response: Response,
    caller: Annotated[Principal, requires("profile.import")],
    conn: Writing,
    keys: Keys,
    now: Now,
) -> ImportView:
    """The first line names the columns. Rows are merged into what is known of each customer: an empty cell says
    nothing. A worker reads the file in the background; a row that cannot be taken hinders no other."""
    settings: Settings = request.app.state.settings
    import_id = await handlers.hand_in(
        conn, file.file, mapping, piece_rows=settings.import_piece_rows, by=caller.subject, keys=keys, now=now
    )
    response.headers["Location"] = f"/v1/imports/{import_id}"
    return await _progress(conn, import_id)


@router.get(
    "/imports/{import_id}",
    summary="See how far an import is",
    response_model=ImportView,
    responses=problem_responses(UnknownImport),
)
async def get_import(
    import_id: ImportId, _caller: Annotated[Principal, requires("profile.import")], conn: Reading
) -> ImportView:
    """Rows read, accepted, rejected, of how many."""
    return await _progress(conn, import_id)


@router.get(
    "/imports/{import_id}/rejects",
    summary="Fetch the rows that were not taken",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"example": "line,column,reason\r\n17,mobile,is no phone number\r\n"}}},
        **problem_responses(UnknownImport),
    },
)
async def get_import_rejects(
    import_id: ImportId, request: Request, _caller: Annotated[Principal, requires("profile.import")], conn: Reading
) -> StreamingResponse:
    """A CSV file: the line in the file that was handed in, its column (empty: the whole row), and the reason, which
    never repeats the value."""
    await _progress(conn, import_id)
    return StreamingResponse(_rejects_as_csv(request.app.state.pool, import_id), media_type="text/csv; charset=utf-8")


async def _progress(conn: Connection, import_id: str) -> ImportView:
    row = await repository.progress(conn, import_id)
    if row is None:
        raise UnknownImport("there is no such import")
    state = "finished" if row["finished_at"] else "running" if row["rows_read"] else "pending"
    return ImportView.model_validate({**row, "state": state})


async def _rejects_as_csv(pool: Pool, import_id: str) -> AsyncIterator[str]:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(Reject._fields)
    count = 0
    async for reject in repository.rejects(pool, import_id):
        writer.writerow(reject)
        count += 1
        if count % _LINES_AT_ONCE == 0:
            yield lines.getvalue()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue()
