"""What touchpoint's routes share: the gate of this process, and how a write on customers is framed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response

from rapport.clock import to_micros
from rapport.db import Connection
from touchpoint_service.catalogue import Catalogue
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.repository.work import Work


async def _gate(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


async def _catalogue(request: Request) -> Catalogue:
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue


async def _request_partitions(request: Request) -> int:
    count: int = request.app.state.request_partitions
    return count


TheGate = Annotated[Gate, Depends(_gate)]
TheCatalogue = Annotated[Catalogue, Depends(_catalogue)]
RequestPartitions = Annotated[int, Depends(_request_partitions)]


@asynccontextmanager
async def working_on(conn: Connection, now: datetime, *customer_ids: str) -> AsyncIterator[Work]:
    """Locked customers; what was done to them is written at the end, unless an exception passes."""
    work = Work(conn, to_micros(now))
    await work.lock(customer_ids)
    yield work
    await work.flush()


def json_answer(body: bytes, status: int = 200) -> Response:
    """An answer that is JSON already."""
    return Response(body, status, media_type="application/json")
