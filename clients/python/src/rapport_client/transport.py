"""One request: its address, its token, its idempotency key, and as many attempts as it takes.

What always holds: all attempts of a request carry the same body and the same key; a problem that no attempt can mend
is raised at once.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from rapport_client.problems import Problem, Unreachable, problem_of
from rapport_client.retries import Retries

Token = str | Callable[[], str]
Query = Mapping[str, Any]

SILENCE = 60.0
"""Seconds without a byte, heart-beats included, after which a stream is taken for dead."""

_STREAMING = httpx2.Timeout(10, read=SILENCE)
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def path_of(template: str, **parameters: object) -> str:
    """`/v1/contacts/{contact_id}` with its parameters put in."""
    return template.format(**{name: quote(str(value), safe="") for name, value in parameters.items()})


@dataclass(frozen=True, slots=True)
class Settings:
    """What all requests to one service share."""

    address: str
    token: Token
    retries: Retries

    def headers(self) -> dict[str, str]:
        """Who asks. A token that is a function is asked for each request, so that it can be renewed."""
        token = self.token if isinstance(self.token, str) else self.token()
        return {"Authorization": f"Bearer {token}"}

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        form: Mapping[str, Any] | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """The arguments of a request of the HTTP client."""
        headers = self.headers()
        if if_match is not None:
            headers["If-Match"] = if_match
        if method in _WRITES:
            headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        told: dict[str, Any] = {"method": method, "url": self.address + path, "headers": headers}
        if query is not None:
            told["params"] = {name: _text(value) for name, value in query.items() if value is not None}
        if form is not None:
            told["files"] = {name: (name, value) for name, value in form.items() if isinstance(value, bytes)}
            told["data"] = {name: value for name, value in form.items() if not isinstance(value, bytes)}
        elif body is not None:
            headers["Content-Type"] = "application/json"
            told["content"] = json.dumps(body, default=_plain).encode()
        return told

    def after(self, attempt: int, answer: httpx2.Response) -> float:
        """How long to wait before another attempt.

        Raises:
            Problem: there is no point in another one.
        """
        problem = problem_of(answer.status_code, answer.content)
        wait = self.retries.wait(attempt, answer.headers)
        if wait is None or not self.retries.again(answer.status_code, problem.type):
            raise problem
        return wait

    def after_silence(self, attempt: int, error: httpx2.TransportError) -> float:
        """The same when there was no answer.

        Raises:
            Unreachable: it has been tried often enough.
        """
        wait = self.retries.wait(attempt, {})
        if wait is None:
            raise Unreachable(f"{self.address} does not answer: {error!r}") from error
        return wait


class Transport:
    """Sends requests to one service, for code without `async`."""

    def __init__(self, settings: Settings, client: httpx2.Client) -> None:
        self._settings = settings
        self._client = client

    def call(self, method: str, path: str, **told: Any) -> Any:
        """The answer's JSON, its text where it is none, or None where it has no body.

        Raises:
            Problem: the service refuses.
            Unreachable: it does not answer.
        """
        return content_of(self.send(method, path, **told))

    def send(self, method: str, path: str, **told: Any) -> httpx2.Response:
        """The answer itself, for its headers, such as `ETag`."""
        request = self._settings.request(method, path, **told)
        attempt = 1
        while True:
            try:
                answer = self._client.request(**request)
            except httpx2.TransportError as error:
                wait = self._settings.after_silence(attempt, error)
            else:
                if answer.is_success:
                    return answer
                wait = self._settings.after(attempt, answer)
            time.sleep(wait)
            attempt += 1

    @contextmanager
    def stream(self, path: str, query: Query, headers: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
        """Bytes of an answer that does not end, once; a refusal is raised."""
        request = self._settings.request("GET", path, query=query)
        request["headers"] |= headers
        with self._client.stream(**request, timeout=_STREAMING) as answer:
            if not answer.is_success:
                answer.read()
                raise_refusal(answer)
            yield answer.iter_bytes()


class AsyncTransport:
    """Sends requests to one service, for `async` code."""

    def __init__(self, settings: Settings, client: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._client = client

    async def call(self, method: str, path: str, **told: Any) -> Any:
        """See `Transport.call`."""
        return content_of(await self.send(method, path, **told))

    async def send(self, method: str, path: str, **told: Any) -> httpx2.Response:
        """See `Transport.send`."""
        request = self._settings.request(method, path, **told)
        attempt = 1
        while True:
            try:
                answer = await self._client.request(**request)
            except httpx2.TransportError as error:
                wait = self._settings.after_silence(attempt, error)
            else:
                if answer.is_success:
                    return answer
                wait = self._settings.after(attempt, answer)
            await asyncio.sleep(wait)
            attempt += 1

    @asynccontextmanager
    async def stream(self, path: str, query: Query, headers: Mapping[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Transport.stream`."""
        request = self._settings.request("GET", path, query=query)
        request["headers"] |= headers
        async with self._client.stream(**request, timeout=_STREAMING) as answer:
            if not answer.is_success:
                await answer.aread()
                raise_refusal(answer)
            yield answer.aiter_bytes()


def content_of(answer: httpx2.Response) -> Any:
    """What the answer says."""
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


def raise_refusal(answer: httpx2.Response) -> None:
    """Raise what the answer says, as a problem."""
    raise problem_of(answer.status_code, answer.content)


def worth_another_attempt(error: Exception, retries: Retries) -> bool:
    """Whether what ended a stream may be over soon."""
    return not isinstance(error, Problem) or retries.again(error.status, error.type)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_plain(value)) if hasattr(value, "isoformat") else str(value)


def _plain(value: Any) -> Any:
    """What JSON has no word for: instants, dates, and decimals as texts."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
