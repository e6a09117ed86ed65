"""Keeps whoever guesses secrets that stand in addresses from guessing fast.

What always holds:
- only wrong guesses count, each of them, per address of the caller: a burst, then one each interval
  (`rapport.rates`); an address without a guess left is refused whatever it asks for, and so learns nothing by asking;
- all processes share the count in Redis; while Redis is away each goes on with its own, and nobody waits for it;
- no address is stored, only a digest of it, and that no longer than it counts.

An IPv6 address counts by its /64, which is what one customer of a provider has. Addresses are those of the connection;
behind a proxy uvicorn takes them from `X-Forwarded-For` when `FORWARDED_ALLOW_IPS` names the proxy.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from contextlib import suppress
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

from fastapi import Request
from redis.asyncio import Redis
from redis.exceptions import RedisError

from rapport import rates
from rapport.errors import TooManyRequests
from rapport.telemetry import get_logger

_SECOND = 1_000_000
_PATIENCE_SECONDS = 0.25
"""A Redis that takes longer counts as away: a customer is waiting for a page."""
_REST_SECONDS = 5.0
"""So long a Redis that was away is not asked again."""
_MOST_ADDRESSES = 20_000
"""Kept in a process, the newest."""
_FAILURES = (RedisError, OSError, TimeoutError)

_SPEND = """
local due = math.max(tonumber(redis.call('get', KEYS[1]) or '0'), tonumber(ARGV[1])) + tonumber(ARGV[2])
redis.call('set', KEYS[1], string.format('%.0f', due), 'px', math.ceil((due - tonumber(ARGV[1])) / 1000))
return string.format('%.0f', due)
"""
"""`rapport.rates.spent` in one step; microseconds since 1970 are whole numbers in the doubles of Lua until 2255."""

_log = get_logger()


class TooManyGuesses(TooManyRequests):
    """Too many wrong links were asked for from this address; it may ask again after `Retry-After` seconds."""


class Guesses:
    """Counts wrong guesses of one kind of secret."""

    def __init__(self, redis_url: str, name: str, *, burst: int, interval_seconds: float) -> None:
        """Nothing is connected yet.

        Args:
            redis_url: where the count is shared.
            name: of the kind of secret, such as `link`.
            burst: how many wrong guesses an address has at once.
            interval_seconds: after which it has another one.
        """
        self._redis = Redis.from_url(
            redis_url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
        )
        self._name = name
        self._burst = burst
        self._interval = round(interval_seconds * _SECOND)
        self._own: OrderedDict[str, int] = OrderedDict()
        self._rests_until = 0.0

    async def check(self, request: Request) -> None:
        """Let a caller pass that has a guess left.

        Raises:
            TooManyGuesses: it has none.
        """
        key, now = self._key(request), _now()
        arrival = max(self._own.get(key, 0), await self._shared(key))
        if rates.left(arrival, now, self._interval, self._burst) < 1:
            wait = rates.frees_at(arrival, self._interval, self._burst) - now
            raise TooManyGuesses(retry_after=max(1, math.ceil(wait / _SECOND)))

    async def count(self, request: Request) -> None:
        """The caller has guessed wrong."""
        key, now = self._key(request), _now()
        self._own[key] = rates.spent(self._own.get(key, 0), now, self._interval)
        self._own.move_to_end(key)
        if len(self._own) > _MOST_ADDRESSES:
            self._own.popitem(last=False)
        if self._may_ask():
            try:
                await self._redis.eval(_SPEND, 1, key, now, self._interval)
            except _FAILURES as error:
                self._rest(error)

    async def close(self) -> None:
        """Let the connections go."""
        with suppress(*_FAILURES):
            await self._redis.aclose()

    async def _shared(self, key: str) -> int:
        if not self._may_ask():
            return 0
        try:
            return int(await self._redis.get(key) or 0)
        except _FAILURES as error:
            self._rest(error)
            return 0

    def _may_ask(self) -> bool:
        return time.monotonic() >= self._rests_until

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _REST_SECONDS
        _log.warning("guesses_counted_alone", of=self._name, error=type(error).__name__)

    def _key(self, request: Request) -> str:
        host = "" if request.client is None else request.client.host
        return f"rapport:guesses:{self._name}:{blake2b(network(host).encode(), digest_size=16).hexdigest()}"


def network(host: str) -> str:
    """By what a caller counts: an IPv4 address, the /64 of an IPv6 one, any other text as it is."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped is not None else address.packed[:8].hex()
    return str(address)


def _now() -> int:
    """By the machine's clock, also where another one is moved by hand: who guesses does so in real time."""
    return time.time_ns() // 1000
