"""People and systems at their desks: each call goes through the public interface of a service, with a token of a role.

What always holds: an answer that is not a success, and was not expected either, ends the run and says what was said.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx2

from rapport.auth import mint_token
from rapport.settings import DEVELOPMENT_KEY
from rapport.testing.parts import SERVICES
from rapport.testing.system import Running

CONNECTIONS = 24
"""Requests under way at once: enough to keep two cores busy, few enough that none waits long."""

_TOKEN_LIFETIME = timedelta(hours=12)
_RENEWED_AFTER = 3600.0


class Person(NamedTuple):
    """Whoever calls: a person or a system, in one role."""

    role: str
    name: str


class Refused(RuntimeError):
    """A service refused what the run needs."""


class Desk(AbstractAsyncContextManager["Desk"]):
    """One HTTP client for all services, and the tokens of whoever uses it."""

    def __init__(self, running: Running, *, key: str = DEVELOPMENT_KEY) -> None:
        self._urls = {service: running.api(service) for service in SERVICES}
        self._key = key
        self._tokens: dict[Person, tuple[str, float]] = {}
        limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        # A proxy in the environment is not for the loopback.
        self._client = httpx2.AsyncClient(limits=limits, timeout=60, trust_env=False)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    def token(self, person: Person) -> str:
        """A bearer token of the person."""
        known = self._tokens.get(person)
        if known is None or known[1] < time.monotonic() - _RENEWED_AFTER:
            token = mint_token(self._key, roles=[person.role], subject=person.name, lifetime=_TOKEN_LIFETIME)
            known = self._tokens[person] = token, time.monotonic()
        return known[0]

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Person,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = (),
        **sent: Any,
    ) -> httpx2.Response:
        """One request to `/v1<path>`; `expect` names statuses that are as good as a success.

        Raises:
            Refused: any other answer.
        """
        told = {"Authorization": f"Bearer {self.token(by)}"} | dict(headers or {})
        address = f"{self._urls[service]}/v1{path}"
        answer = await self._client.request(method, address, json=body, headers=told, **sent)
        if not answer.is_success and answer.status_code not in expect:
            raise Refused(f"{method} {address} answered {answer.status_code}: {answer.text}")
        return answer
