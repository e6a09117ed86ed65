"""What a route takes from the edge: the instant, and a connection to read or to write with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request

from rapport.auth import authenticate
from rapport.db import Connection, Queryable, transaction
from rapport.sealing import Keyring
from rapport.web.idempotency import IDEMPOTENCY_KEY, once

_Key = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY_KEY,
        pattern="^[!-~]{1,255}$",
        description="Makes a retry safe: the same key and request give the first answer again.",
    ),
]


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.clock.now()
    return now


async def _keys(request: Request) -> Keyring:
    keys: Keyring = request.app.state.keys
    return keys


async def _reading(request: Request) -> AsyncIterator[Connection]:
    async with request.app.state.pool.acquire() as connection:
        yield connection


async def _writing(
    request: Request,
    idempotency_key: _Key = None,
) -> AsyncIterator[Connection]:
    state = request.app.state
    if idempotency_key is None:
        async with transaction(state.pool) as connection:
            yield connection
        return
    subject = authenticate(request).subject
    now = state.clock.now()
    async with once(state.pool, request, subject=subject, key=idempotency_key, now=now, keys=state.keys) as connection:
        yield connection


async def _at_once(
    request: Request,
    idempotency_key: _Key = None,
) -> AsyncIterator[Queryable]:
    if idempotency_key is None:
        yield request.app.state.pool
        return
    async with asynccontextmanager(_writing)(request, idempotency_key) as connection:
        yield connection


# The scope `function` ends the transaction before the answer is sent: with FastAPI's default a commit that fails would
# come after an answer that says it was done.

Now = Annotated[datetime, Depends(_now)]
"""The present instant of the service's clock."""

Keys = Annotated[Keyring, Depends(_keys)]
"""Opens sealed fields, in a service whose settings are `SealingSettings`."""

Reading = Annotated[Connection, Depends(_reading, scope="function")]
"""A connection without a transaction: each statement sees what is committed when it starts."""

Writing = Annotated[Connection, Depends(_writing, scope="function")]
"""A connection in the request's one transaction, carried out once per `Idempotency-Key`. Declare the permission first:
dependencies run in the order they are declared, and who may not write opens no transaction."""

WritingAtOnce = Annotated[Queryable, Depends(_at_once, scope="function")]
"""For a route that writes in a single statement: the pool, so that each statement is a transaction; with an
`Idempotency-Key` a connection in the request's transaction, as with `Writing`."""
