"""The consumer: reads topics in batches and commits each batch's effects together with its position.

What always holds:
- the database says where to read on, never Kafka: a partition is read from its stored position, and nothing fetched
  before that is used. Kafka's committed offset follows about a second behind, for lag monitors only;
- a partition that the group has never read begins at the start of its log;
- partitions are assigned by range: those of the same number, of topics with equally many, go to the same worker, and in
  it (number modulo lanes) to the same lane. So all that concerns a customer is in one place;
- while the broker or the database is away the consumer waits and goes on by itself; what needs a person stops it with
  a message that says what to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from rapport.db import Pool
from rapport.messaging.batch import BatchHandler, PoisonMessage, StopConsumer
from rapport.messaging.membership import Membership, Timing
from rapport.messaging.positions import Fenced
from rapport.messaging.retry import Backoff, is_transient
from rapport.messaging.session import Session
from rapport.telemetry import get_logger

__all__ = ["BatchHandler", "Consumer", "Fenced", "PoisonMessage", "StopConsumer", "Timing"]

_log = get_logger()


class Consumer:
    """One member of a consumer group."""

    def __init__(
        self,
        group: str,
        handlers: Mapping[str, BatchHandler],
        pool: Pool,
        bootstrap: str,
        *,
        lanes: int = 1,
        max_batch: int = 1000,
        poison_limit: int = 50,
        timing: Timing = Timing(),  # noqa: B008 - frozen
        after_commit: Callable[[], None] = lambda: None,
        tells_freshness: bool = False,
    ) -> None:
        """Prepare to read; `run` reads.

        Args:
            group: `<service>.<purpose>`; also names the positions and the dead letters.
            handlers: what to do with the messages of each topic.
            pool: of the service's database; each lane takes one connection while it works.
            bootstrap: the brokers, `host:port`, comma-separated.
            lanes: with more than one, Python works for one while PostgreSQL works for another.
            max_batch: messages per transaction at most; larger costs fewer commits and holds locks longer.
            poison_limit: a broken message is an accident; more than this many in a row are a broken producer.
            timing: how patient to be.
            after_commit: called after each batch, such as `Relay.nudge`.
            tells_freshness: keep `fresh_at` of the positions, for whoever must not act on what is too old.
        """
        self.group = group
        self._member = Membership(
            group,
            dict(handlers),
            pool,
            bootstrap,
            lanes,
            max_batch,
            poison_limit,
            timing,
            after_commit,
            tells_freshness,
        )
        self._session: Session | None = None
        self._caught_up = False
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    def owned(self, topic: str) -> frozenset[int]:
        """The partitions of `topic` that this consumer has at the moment."""
        return frozenset() if self._session is None else self._session.owned(topic)

    @property
    def caught_up(self) -> bool:
        """Whether it has once read all that was in its logs when it began; stays true then."""
        self._caught_up = self._caught_up or (self._session is not None and self._session.caught_up)
        return self._caught_up

    async def run(self) -> None:
        """Read until `stop`.

        Raises:
            StopConsumer: it cannot go on without a person; the message says what to do.
            Exception: a handler's SQL is wrong.
        """
        self._ended.clear()
        backoff = Backoff()
        try:
            while not self._stopping.is_set():
                try:
                    await self._one_session(backoff)
                except Exception as error:
                    if not is_transient(error):
                        _log.critical("consumer_stopped", group=self.group, why=_why(error))
                        raise
                    pause = round(backoff.next(), 2)
                    _log.warning("consumer_rejoins", group=self.group, error=type(error).__name__, seconds=pause)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), pause)
        finally:
            self._ended.set()

    async def _one_session(self, backoff: Backoff) -> None:
        self._session = Session(self._member)
        steady = asyncio.get_running_loop().call_later(30, backoff.reset)
        try:
            await self._session.run(self._stopping)
        finally:
            steady.cancel()
            self._session = None

    async def stop(self) -> None:
        """Finish the batches under way, leave the group, and end `run`."""
        self._stopping.set()
        await self._ended.wait()


def _why(error: Exception) -> str:
    # Other errors may quote the data of a message.
    return str(error) if isinstance(error, StopConsumer) else type(error).__name__
