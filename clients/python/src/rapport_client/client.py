"""The way in: one object with the four services, leases and events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx2

from rapport_client import events, leases
from rapport_client.generated.campaign import AsyncCampaign, Campaign
from rapport_client.generated.offers import AsyncOffers, Offers
from rapport_client.generated.profile import AsyncProfile, Profile
from rapport_client.generated.touchpoint import AsyncTouchpoint, Touchpoint
from rapport_client.retries import Retries
from rapport_client.transport import AsyncTransport, Settings, Token, Transport

LOCAL: Mapping[str, str] = {
    "profile": "http://127.0.0.1:8101",
    "offers": "http://127.0.0.1:8102",
    "touchpoint": "http://127.0.0.1:8103",
    "campaign": "http://127.0.0.1:8104",
}
"""Where `make up` starts the services."""

_RETRIES = Retries()
_TIMEOUT = httpx2.Timeout(10, connect=3)


def _settings(
    token: Token, base_url: str | None, urls: Mapping[str, str] | None, retries: Retries
) -> dict[str, Settings]:
    behind = {} if base_url is None else {service: f"{base_url.rstrip('/')}/{service}" for service in LOCAL}
    addresses = {**LOCAL, **behind, **(urls or {})}
    return {service: Settings(address.rstrip("/"), token, retries) for service, address in addresses.items()}


class Rapport:
    """All of Rapport, for code without `async`. May be shared by threads."""

    def __init__(
        self,
        token: Token,
        *,
        base_url: str | None = None,
        urls: Mapping[str, str] | None = None,
        retries: Retries = _RETRIES,
        client: httpx2.Client | None = None,
    ) -> None:
        """Say who asks, and where.

        Args:
            token: a bearer token, or a function that gives one; it is called for each request.
            base_url: of a gateway that has the services at `/profile`, `/offers`, `/touchpoint` and `/campaign`.
            urls: base address by service, for those that are elsewhere. Without either: where `make up` starts them.
            retries: how patient to be.
            client: an HTTP client of your own, for proxies, certificates, time-outs; closing it is up to you.
        """
        self._own = client is None
        self._client = client or httpx2.Client(timeout=_TIMEOUT)
        self._retries = retries
        found = _settings(token, base_url, urls, retries)
        transports = {service: Transport(settings, self._client) for service, settings in found.items()}
        self._events = transports["touchpoint"]
        self.profile = Profile(transports["profile"])
        self.offers = Offers(transports["offers"])
        self.touchpoint = Touchpoint(transports["touchpoint"])
        self.campaign = Campaign(transports["campaign"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if self._own:
            self._client.close()

    def lease(
        self, channel: leases.Channel, *, seconds: int = 60, place: str | None = None, campaign_id: str | None = None
    ) -> leases.Lease:
        """Fetch one contact to carry out and hold it during a `with` block; see `rapport_client.leases`."""
        return leases.Lease(self.touchpoint, channel, seconds, _filters(place, campaign_id))

    def events(
        self,
        types: Sequence[str] = (),
        *,
        customer_id: str | None = None,
        org: str | None = None,
        last_event_id: str | None = None,
    ) -> Iterator[events.Event]:
        """Events as they happen, for as long as you read; all types when none is named.

        Without `last_event_id` from now on, with it from after that event.
        """
        state = events.reading(types, customer_id, org, last_event_id, self._retries)
        return events.events(self._events, state)


class AsyncRapport:
    """All of Rapport, for `async` code."""

    def __init__(
        self,
        token: Token,
        *,
        base_url: str | None = None,
        urls: Mapping[str, str] | None = None,
        retries: Retries = _RETRIES,
        client: httpx2.AsyncClient | None = None,
    ) -> None:
        """See `Rapport`."""
        self._own = client is None
        self._client = client or httpx2.AsyncClient(timeout=_TIMEOUT)
        self._retries = retries
        found = _settings(token, base_url, urls, retries)
        transports = {service: AsyncTransport(settings, self._client) for service, settings in found.items()}
        self._events = transports["touchpoint"]
        self.profile = AsyncProfile(transports["profile"])
        self.offers = AsyncOffers(transports["offers"])
        self.touchpoint = AsyncTouchpoint(transports["touchpoint"])
        self.campaign = AsyncCampaign(transports["campaign"])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._own:
            await self._client.aclose()

    def lease(
        self, channel: leases.Channel, *, seconds: int = 60, place: str | None = None, campaign_id: str | None = None
    ) -> leases.AsyncLease:
        """See `Rapport.lease`."""
        return leases.AsyncLease(self.touchpoint, channel, seconds, _filters(place, campaign_id))

    def events(
        self,
        types: Sequence[str] = (),
        *,
        customer_id: str | None = None,
        org: str | None = None,
        last_event_id: str | None = None,
    ) -> AsyncIterator[events.Event]:
        """See `Rapport.events`."""
        state = events.reading(types, customer_id, org, last_event_id, self._retries)
        return events.async_events(self._events, state)


def _filters(place: str | None, campaign_id: str | None) -> dict[str, Any]:
    return {name: value for name, value in (("place", place), ("campaign_id", campaign_id)) if value is not None}
