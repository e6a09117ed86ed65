"""Writes that are sent twice and happen once: the `Idempotency-Key` header.

What always holds:
- a key belongs to one subject; another subject's equal key is another key;
- the answer is kept in the transaction of the work: either both are there or neither;
- the same key with the same method, path, query and body gets the first answer again, marked `Idempotency-Replayed`;
  with anything else it is refused (422), and while the first one is still running as well (409);
- an answer may hold personal data; a service with sealing keys keeps it sealed, as the answer to this key of this
  subject;
- a first answer is a success or a refusal by a rule of the domain (409). A request that was malformed, not allowed,
  stale, or met a failure of ours has had no effect, so its key may be used again.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response

from rapport.db import Connection, Pool, transaction, try_lock
from rapport.errors import Conflict, DomainError
from rapport.problems import render
from rapport.sealing import Keyring

IDEMPOTENCY_KEY = "Idempotency-Key"
PENDING = "rapport.idempotency"
"""Where in an ASGI scope the key stands whose answer is to be kept."""


_SEALED = b"sealed\0"
"""How a sealed answer begins; JSON never does."""


class IdempotencyKeyReused(DomainError):
    """The `Idempotency-Key` was used for another request."""

    status = 422


class IdempotencyKeyInUse(DomainError):
    """The first request with this `Idempotency-Key` is still running; ask again in a moment."""

    status = 409

    @property
    def headers(self) -> dict[str, str]:
        """When to ask again, in seconds."""
        return {"Retry-After": "1"}


class Replay(Exception):
    """Ends the second request with the first one's answer."""

    def __init__(self, response: Response) -> None:
        """Take the answer to send."""
        super().__init__("replayed")
        self.response = response


class ShownOnce(Response):
    """An answer with a secret in it. Who repeats the request gets another body: the secret is not kept."""

    def __init__(self, body: bytes, again: bytes, **options: Any) -> None:
        """`again` is the body without the secret; `options` are a response's."""
        super().__init__(body, media_type="application/json", **options)
        self.again = again


@dataclass(frozen=True, slots=True)
class Once:
    """One key of one subject, for one request."""

    connection: Connection
    subject: str
    key: str
    request_hash: bytes
    now: datetime
    keys: Keyring | None = None

    async def claim(self) -> None:
        """Hold the key until the transaction ends.

        Raises:
            IdempotencyKeyInUse: another transaction holds it.
            IdempotencyKeyReused: it was used for another request.
            Replay: it was used for this request, which has been answered.
        """
        # Two statements: one snapshot for both would not see what the last holder has just committed.
        if not await try_lock(self.connection, f"idempotency/{self.subject}/{self.key}"):
            raise IdempotencyKeyInUse("the first request with this Idempotency-Key is still running")
        found = await self.connection.fetchrow(
            "select request_hash, status, headers, body from idempotency_keys where subject = $1 and key = $2",
            self.subject,
            self.key,
        )
        if found is None:
            return
        if found["request_hash"] != self.request_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
        response = Response(self._opened(found["body"]), found["status"])
        response.raw_headers.extend(
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in found["headers"]
        )
        response.headers["Idempotency-Replayed"] = "true"
        raise Replay(response)

    async def keep(self, response: Response) -> None:
        """Keep the answer, in the transaction of the work."""
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in response.raw_headers]
        await self.connection.execute(
            "insert into idempotency_keys (subject, key, request_hash, at, status, headers, body)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            self.subject,
            self.key,
            self.request_hash,
            self.now,
            response.status_code,
            [header for header in headers if header[0] != "content-length"],
            self._closed(response.again if isinstance(response, ShownOnce) else bytes(response.body)),
        )

    async def amend(self, pool: Pool, body: bytes) -> None:
        """What is known only after the commit goes into the kept answer, too."""
        await pool.execute(
            "update idempotency_keys set body = $3 where subject = $1 and key = $2",
            self.subject,
            self.key,
            self._closed(body),
        )

    def _closed(self, body: bytes) -> bytes:
        return body if self.keys is None else _SEALED + self.keys.seal_bytes(body, self._context())

    def _opened(self, stored: bytes) -> bytes:
        if self.keys is None or not stored.startswith(_SEALED):
            return stored
        return self.keys.unseal_bytes(stored.removeprefix(_SEALED), self._context())

    def _context(self) -> bytes:
        return f"idempotency\0{self.subject}\0{self.key}".encode()


async def request_hash(request: Request) -> bytes:
    """What makes a request the same: method, path, query and body. `request` is one of a `Router`'s routes."""
    strict: Any = request
    head = f"{request.method} {request.url.path}?{request.url.query}\n"
    return hashlib.sha256(head.encode() + await strict.body_digest()).digest()


@asynccontextmanager
async def once(
    pool: Pool, request: Request, *, subject: str, key: str, now: datetime, keys: Keyring | None = None
) -> AsyncIterator[Connection]:
    """A transaction in which this request is carried out unless its key says that it has been.

    Raises:
        IdempotencyKeyInUse, IdempotencyKeyReused, Replay: see `Once.claim`.
    """
    digest = await request_hash(request)
    refusal: Conflict | None = None
    async with transaction(pool) as connection:
        attempt = Once(connection, subject, key, digest, now, keys)
        await attempt.claim()
        try:
            async with connection.transaction():  # a savepoint: a refusal undoes the work, not the record of it
                request.scope[PENDING] = attempt
                yield connection
        except Conflict as error:
            refusal = error
            await attempt.keep(render(refusal, request.url.path))
    if refusal is not None:
        raise refusal


KEPT = timedelta(days=2)
"""How long a key is known: clients retry within minutes; a night and a day let a person do it."""

_AT_ONCE = 10_000


async def forget_old_keys(connection: Connection, now: datetime) -> bool:
    """Delete idempotency keys that are too old to come again, a step for `rapport.steps`; whether there may be more."""
    return await forget_idempotency_keys(connection, now - KEPT, most=_AT_ONCE) == _AT_ONCE


async def forget_idempotency_keys(connection: Connection, before: datetime, *, most: int = _AT_ONCE) -> int:
    """Delete up to `most` keys first used before `before`; how many. A key protects retries, not history."""
    status = await connection.execute(
        "delete from idempotency_keys where (subject, key) in"
        " (select subject, key from idempotency_keys where at < $1 order by at limit $2)",
        before,
        most,
    )
    return int(status.split()[-1])
