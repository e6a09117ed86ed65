"""One transaction's work on the customers that it has locked: read together, changed in memory, written in bulk.

What always holds:
- a customer is changed only while its standing row is locked; rows are locked in the order of customer ids, and before
  any other lock, so two transactions never wait for each other in a circle;
- what is recorded goes on the timeline and into the outbox as the same bytes, under the customer's next number;
- nothing is written before `flush`, and `flush` writes each table once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

import orjson

from rapport.clock import from_micros, to_micros
from rapport.contracts.touchpoint import TimelineEvent
from rapport.db import Connection
from rapport.messaging.outbox import Parcel
from touchpoint_service.domain.facts import Request
from touchpoint_service.domain.standing import Standing

TOPIC = TimelineEvent.topic


@dataclass(slots=True)
class RequestRow:
    """A request as it is stored. `next_look` is set exactly while it is live."""

    request: Request
    state: str
    partition: int
    next_look: int | None = None
    channel: str | None = None
    contact_id: str | None = None
    because: dict[str, Any] | None = None


@dataclass(slots=True)
class Contact:
    """A released contact as its channel sees it."""

    customer_id: str
    contact_id: str
    request_id: str
    channel: str
    state: str
    place: str | None
    contact_class: int
    score: float
    category: str
    purpose: str
    campaign_id: str | None
    offer_id: str | None
    goal: str | None
    released_at: datetime
    expires_at: datetime
    next_try: datetime | None = None


_CONTACT_COLUMNS = tuple(Contact.__slots__)
_contact_record = attrgetter(*_CONTACT_COLUMNS)


@dataclass(slots=True)
class Work:
    """Locked customers and everything that is to be written about them.

    `now` is one instant for all of it. It is the instant given, or that of the newest timeline entry of these customers
    where that is later: whoever had the lock before may have begun after us, and a timeline does not run backwards.
    """

    conn: Connection
    now: int
    standings: dict[str, Standing] = field(default_factory=dict)
    new_requests: list[RequestRow] = field(default_factory=list)
    changed_requests: list[RequestRow] = field(default_factory=list)
    new_contacts: list[Contact] = field(default_factory=list)
    contact_states: dict[str, str] = field(default_factory=dict)
    _customer_versions: dict[str, int | None] = field(default_factory=dict)
    _timeline: list[tuple[Any, ...]] = field(default_factory=list)
    _told: Parcel = field(init=False)
    _at: datetime = field(init=False)
    _at_text: str = field(init=False)

    def __post_init__(self) -> None:
        self._tell_time()
        self._told = Parcel(TOPIC, self._at)

    def _tell_time(self) -> None:
        self._at = from_micros(self.now)
        self._at_text = self._at.isoformat()

    @property
    def at(self) -> datetime:
        """`now` as a datetime."""
        return self._at

    async def lock(self, customer_ids: Iterable[str]) -> None:
        """Lock the standings of these customers, creating those that do not exist yet.

        Call once, first of all in the transaction.
        """
        wanted = sorted(set(customer_ids))
        await self._read(wanted)
        missing = [c for c in wanted if c not in self.standings]
        if missing:
            await self.conn.execute(
                "insert into standings (customer_id) select unnest($1::text[]) on conflict do nothing", missing
            )
            await self._read(missing)
        latest = max((standing.at for standing in self.standings.values()), default=0)
        if latest > self.now:
            self.now = latest
            self._tell_time()
            self._told.at = self._at

    async def _read(self, customer_ids: list[str]) -> None:
        rows = await self.conn.fetch(
            """
            select s.customer_id, s.seq, s.live, s.body, c.version
            from standings s left join replica_customers c on c.id = s.customer_id
            where s.customer_id = any($1::text[])
            order by s.customer_id
            for update of s
            """,
            customer_ids,
        )
        for customer_id, seq, live, body, version in rows:
            self.standings[customer_id] = Standing.load(customer_id, seq, live, body)
            self._customer_versions[customer_id] = version

    @property
    def customer_versions(self) -> Mapping[str, int | None]:
        """Version of the replicated document of each locked customer; None where there is none."""
        return self._customer_versions

    def record(
        self,
        event: type[TimelineEvent],
        customer_id: str,
        facts: Mapping[str, Any],
        *,
        traceparent: str | None = None,
    ) -> None:
        """Put an event on the customer's timeline and into the outbox.

        `facts` are the fields of `event` besides `customer_id`, `seq` and `at`; None values are left out.
        """
        standing = self.standings[customer_id]
        standing.seq = seq = standing.seq + 1
        standing.at = self.now
        if None in facts.values():
            facts = {name: value for name, value in facts.items() if value is not None}
        find = facts.get
        kind = event.event_type
        raw = orjson.dumps({"customer_id": customer_id, "seq": seq, "at": self._at_text, **facts})
        self._timeline.append(
            (customer_id, seq, self._at, kind, find("channel"), find("contact_id"), find("request_id"), raw)
        )
        self._told.add(customer_id, kind, f"{customer_id}.{seq}", traceparent, raw)

    async def known_requests(self, wanted: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these (customer, request) exist already."""
        rows = await self.conn.fetch(
            "select customer_id, request_id from requests where request_id = any($1::text[])", [r for _, r in wanted]
        )
        return {(row[0], row[1]) for row in rows} if rows else set()

    async def live_requests(self) -> list[RequestRow]:
        """The waiting requests of all locked customers, without those that this work has ended."""
        waiting = [c for c, standing in self.standings.items() if standing.live]
        if not waiting:
            return []
        rows = await self.conn.fetch(
            """
            select state, partition, next_look, channel, contact_id, because, body
            from requests where customer_id = any($1::text[]) and state = 'live'
            """,
            waiting,
        )
        ended = {(r.request.customer_id, r.request.request_id) for r in self.changed_requests}
        found = map(_request_row, rows)
        return [r for r in found if (r.request.customer_id, r.request.request_id) not in ended]

    async def request_rows(self, wanted: Sequence[tuple[str, str]]) -> dict[str, RequestRow]:
        """These (customer, request), by request id, whatever their state."""
        rows = await self.conn.fetch(
            """
            select r.state, r.partition, r.next_look, r.channel, r.contact_id, r.because, r.body
            from unnest($1::text[], $2::text[]) as w (customer_id, request_id)
            join requests r using (customer_id, request_id)
            """,
            [c for c, _ in wanted],
            [r for _, r in wanted],
        )
        return {row.request.request_id: row for row in map(_request_row, rows)}

    async def contacts(self, contact_ids: Iterable[str]) -> dict[str, Contact]:
        """These contacts, locked against their channels. A lease that is being taken is waited for."""
        ids = sorted(set(contact_ids))
        if not ids:
            return {}
        rows = await self.conn.fetch(
            f"select {', '.join(_CONTACT_COLUMNS)} from contacts where contact_id = any($1::text[]) "
            "order by contact_id for update",
            ids,
        )
        return {row["contact_id"]: Contact(*row) for row in rows}

    async def new_reports(self, reports: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Remember these (customer, report id); those that were not known before."""
        rows = await self.conn.fetch(
            """
            insert into reports (customer_id, report_id) select * from unnest($1::text[], $2::text[])
            on conflict do nothing returning customer_id, report_id
            """,
            [c for c, _ in reports],
            [r for _, r in reports],
        )
        return {(row[0], row[1]) for row in rows}

    async def flush(self) -> None:
        """Write everything: standings, requests, contacts, timeline, outbox."""
        if not self._timeline and not self.new_requests and not self.changed_requests and not self.contact_states:
            return
        await self._write_standings()
        if self.new_requests:
            await self.conn.copy_records_to_table(
                "requests", columns=_REQUEST_COLUMNS, records=map(_request_record, self.new_requests)
            )
        if self.changed_requests:
            await self._update_requests()
        if self.new_contacts:
            await self.conn.copy_records_to_table(
                "contacts",
                columns=_CONTACT_COLUMNS,
                records=map(_contact_record, self.new_contacts),
            )
        if self.contact_states:
            await self.conn.execute(
                """
                update contacts c set state = w.state
                from unnest($1::text[], $2::text[]) as w (contact_id, state) where c.contact_id = w.contact_id
                """,
                list(self.contact_states),
                list(self.contact_states.values()),
            )
        await self.conn.copy_records_to_table("timeline", columns=_TIMELINE_COLUMNS, records=self._timeline)
        await self._told.write(self.conn)

    async def _write_standings(self) -> None:
        standings = list(self.standings.values())
        for standing in standings:
            standing.prune(self.now)
        await self.conn.execute(
            """
            update standings s set seq = w.seq::bigint, live = w.live::integer, body = w.body
            from unnest($1::text[], $2::text[], $3::text[], $4::json[]) as w (customer_id, seq, live, body)
            where s.customer_id = w.customer_id
            """,
            [s.customer_id for s in standings],
            [str(s.seq) for s in standings],  # as text: asyncpg takes far longer over lists of integers
            [str(s.live) for s in standings],
            [s.dump() for s in standings],
        )

    async def _update_requests(self) -> None:
        rows = self.changed_requests
        await self.conn.execute(
            """
            update requests r
            set state = w.state, next_look = w.next_look, channel = w.channel, contact_id = w.contact_id,
                because = w.because
            from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::json[])
                as w (customer_id, request_id, state, next_look, channel, contact_id, because)
            where r.customer_id = w.customer_id and r.request_id = w.request_id
            """,
            [r.request.customer_id for r in rows],
            [r.request.request_id for r in rows],
            [r.state for r in rows],
            [None if r.next_look is None else from_micros(r.next_look) for r in rows],
            [r.channel for r in rows],
            [r.contact_id for r in rows],
            [r.because for r in rows],
        )


async def read_standing(conn: Connection, customer_id: str) -> Standing | None:
    """A standing to look at, not to change; None when the customer has none."""
    row = await conn.fetchrow("select seq, live, body from standings where customer_id = $1", customer_id)
    return None if row is None else Standing.load(customer_id, *row)


_TIMELINE_COLUMNS = ("customer_id", "seq", "at", "type", "channel", "contact_id", "request_id", "body")
_REQUEST_COLUMNS = (
    "customer_id",
    "request_id",
    "state",
    "campaign_id",
    "offer_id",
    "partition",
    "next_look",
    "channel",
    "contact_id",
    "because",
    "body",
)


def _request_record(row: RequestRow) -> tuple[Any, ...]:
    request = row.request
    return (
        request.customer_id,
        request.request_id,
        row.state,
        request.campaign_id,
        request.offer_id,
        row.partition,
        None if row.next_look is None else from_micros(row.next_look),
        row.channel,
        row.contact_id,
        row.because,
        orjson.dumps(request.row()),
    )


def _request_row(row: Any) -> RequestRow:
    state, partition, next_look, channel, contact_id, because, body = row
    return RequestRow(
        Request.from_row(body),
        state,
        partition,
        None if next_look is None else to_micros(next_look),
        channel,
        contact_id,
        because,
    )
