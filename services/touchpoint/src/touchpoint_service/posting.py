"""Posts one event to one endpoint: signed, to an address that was looked at, within a time, and to nowhere else.

What always holds:
- a connection goes to the very address that was found allowed, whatever the name server says a moment later; the
  certificate is that of the name;
- no redirect is followed, no cookie kept, no proxy of the environment asked; of an answer no more is read than what it
  takes to use its connection again;
- endpoints share no connection, so a certificate seen for one host never vouches for another on the same address.

Source: Standard Webhooks 1.0.0; RFC 9110, section 10.2.3 (`Retry-After`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

import httpx2
from standardwebhooks import Webhook

from touchpoint_service.domain.addresses import Network, address_of, opened, refused

_RESOLVED_SECONDS = 30.0
_RESOLVE_WITHIN = 5.0
_MOST_READ = 64 << 10
_LONGEST_WAIT = 86_400
_MOST_NAMES = 1000
_LONGEST_ERROR = 200
_AGENT = "Rapport-Webhooks/1"


class AddressRefused(Exception):
    """The URL leads to where no webhook may lead, or nowhere; the message says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt. Without a status nothing came back, and `error` says why."""

    status: int | None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the endpoint took the event."""
        return self.status is not None and httpx2.codes.is_success(self.status)


class Addresses:
    """Looks up hosts, and refuses those that no webhook may reach. An answer is remembered for a moment."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        """`allowed`: networks that the settings open."""
        self._allowed = allowed
        self._known: dict[tuple[str, int], tuple[str, float]] = {}

    async def of(self, url: str) -> str:
        """The address to connect to.

        Raises:
            AddressRefused: the host has an address that is refused, or none, or is not reached by https.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", port_of(parts)
        known = self._known.get((host, port))
        if known is None or known[1] < time.monotonic():
            known = await self._look_up(host, port), time.monotonic() + _RESOLVED_SECONDS
            if len(self._known) >= _MOST_NAMES:
                self._known.clear()
            self._known[host, port] = known
        if parts.scheme != "https" and not opened(address_of(known[0]), self._allowed):
            raise AddressRefused("only https leads out of here")
        return known[0]

    async def _look_up(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_RESOLVE_WITHIN):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError, UnicodeError):
            raise AddressRefused("the host has no address") from None
        addresses = [str(each[4][0]) for each in found]
        if not addresses or any(refused(address_of(each), self._allowed) for each in addresses):
            raise AddressRefused("the host is in a network that webhooks must not reach")
        return addresses[0]


def port_of(parts: SplitResult) -> int:
    """The port that a URL means."""
    return parts.port or (443 if parts.scheme == "https" else 80)


class Endpoint:
    """Where events of one webhook go."""

    def __init__(
        self, url: str, secrets: Sequence[str], addresses: Addresses, context: ssl.SSLContext, seconds: float
    ) -> None:
        """`seconds`: for everything from the connection to the end of the answer."""
        parts = urlsplit(url)
        self._url = url
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = port_of(parts)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._signers = [Webhook(secret) for secret in secrets]
        self._addresses = addresses
        self._seconds = seconds
        self._told_host = parts.netloc
        self._transport = httpx2.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=httpx2.Limits(max_connections=None, keepalive_expiry=20)
        )

    async def post(self, event_id: str, body: str) -> Answer:
        """Post an event once. Never raises for what the endpoint, or the way to it, does."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(event_id, body)
        except AddressRefused as refusal:
            return Answer(None, str(refusal))
        except TimeoutError:
            return Answer(None, "no answer in time")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            return Answer(None, type(error).__name__[:_LONGEST_ERROR])

    async def close(self) -> None:
        """End its connections."""
        await self._transport.aclose()

    async def _post(self, event_id: str, body: str) -> Answer:
        address = await self._addresses.of(self._url)
        shown = f"[{address}]" if ":" in address else address
        at = datetime.now(UTC).replace(microsecond=0)  # of the real clock: receivers refuse what is minutes old
        request = httpx2.Request(
            "POST",
            f"{self._scheme}://{shown}:{self._port}{self._target}",
            headers={
                "Host": self._told_host,
                "Content-Type": "application/json",
                "User-Agent": _AGENT,
                "webhook-id": event_id,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": " ".join(signer.sign(event_id, at, body) for signer in self._signers),
            },
            content=body.encode(),
            extensions={"sni_hostname": self._host},
        )
        response = await self._transport.handle_async_request(request)
        try:
            size = 0
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > _MOST_READ:
                    break
        finally:
            await response.aclose()
        status = response.status_code
        error = None if httpx2.codes.is_success(status) else f"answered {status}"
        return Answer(status, error, _asked_to_wait(response.headers.get("Retry-After", "")))


def _asked_to_wait(said: str) -> timedelta | None:
    """A date is not understood, and counts as no wish."""
    return (
        timedelta(seconds=min(int(said), _LONGEST_WAIT))
        if said.isascii() and said.isdigit() and len(said) < 10
        else None
    )
