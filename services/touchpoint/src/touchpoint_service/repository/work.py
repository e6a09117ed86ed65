"""One transaction's work on the customers that it has locked: read together, changed in memory, written in bulk.

What always holds:
- a customer is changed only while its standing row is locked, or if it is still the row that was read; rows are locked
  in the order of customer ids, and before any other lock, so two transactions never wait for each other in a circle;
- what is recorded goes on the timeline and into the outbox as the same bytes, under the customer's next number;
- nothing is written before `flush`, and `flush` writes each table once: little in one statement, much by COPY.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal

import orjson

from rapport.clock import from_micros, to_micros
from rapport.contracts.touchpoint import TimelineEvent
from rapport.db import Connection, Queryable
from rapport.messaging.outbox import Parcel
from rapport.ranking import DEFAULT, Weights
from touchpoint_service.domain.decided import Decided
from touchpoint_service.domain.facts import Request
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.standing import Standing
from touchpoint_service.repository.facts import FACTS, FELLOWS, Facts
from touchpoint_service.repository.freezes import FREEZES, FreezeRow
from touchpoint_service.repository.recalls import (
    ANSWER_CAME,
    ANSWERS_CAME,
    AWAIT_ANSWER,
    AWAIT_ANSWERS,
    Unanswered,
)
from touchpoint_service.repository.writes import (
    AT_ONCE,
    CONTACTS,
    OUTBOX,
    POPUPS,
    REQUESTS,
    TIMELINE,
    UPDATE_REQUEST,
    UPDATE_REQUESTS,
    UPDATE_STANDING,
    UPDATE_STANDINGS,
    UPDATE_STATE,
    UPDATE_STATES,
    Statement,
    Table,
)

TOPIC = TimelineEvent.topic

LOCK = """
select customer_id, seq, live, body from standings where customer_id = any($1::text[] || array(
    select other.id from replica_customers own join replica_customers other using (household)
    where own.id = any($1::text[]) and other.household is not null
))
order by customer_id for update
"""
"""Whoever shares a household shares budgets, so all of its members are locked with one of them, in the same order."""


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


_contact_record = attrgetter(*CONTACTS.columns)


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
    new_popups: list[tuple[Any, ...]] = field(default_factory=list)
    new_freezes: list[FreezeRow] = field(default_factory=list)
    unanswered: dict[str, Unanswered] = field(default_factory=dict)
    """Recalls of this work whose answer is waited for, by contact."""
    answered: set[str] = field(default_factory=set)
    """Contacts whose recall was answered."""
    policy: Policy | Literal["unread"] | None = "unread"
    """The policy in force, once this transaction has read it."""
    checked_offers: set[str] = field(default_factory=set)
    """Offers of which this transaction knows that the catalogue in memory is not older than what it sees."""
    weights: Weights = DEFAULT
    """By which offers are ranked."""
    once_accepted: Sequence[str] = ()
    """Offers that the customer at hand has accepted at any time, where some offer asks for it."""
    _customer_versions: dict[str, int | None] = field(default_factory=dict)
    _households: dict[str, str] = field(default_factory=dict)
    _as_read: dict[str, tuple[int, int]] = field(default_factory=dict)
    _timeline: list[list[Any]] = field(default_factory=list)
    _facts: Facts | None = None
    _row: str | None = None
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
        """Lock the standings of these customers and of their households, creating those that do not exist yet.

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
        await self._read_documents()
        self._go_on_from_newest()

    def look_at(self, customer_id: str, seen: Mapping[str, Any]) -> None:
        """Go on from a standing that was read without a lock: `write_unless_changed` says whether that was right.

        Args:
            customer_id: the one customer of this work.
            seen: columns `seq`, `live`, `body` and `row` of the standing, and the customer's `version`.
        """
        self.standings[customer_id] = Standing.load(customer_id, seen["seq"], seen["live"], seen["body"])
        self._customer_versions[customer_id] = seen["version"]
        self._row = seen["row"]
        self._go_on_from_newest()

    def _go_on_from_newest(self) -> None:
        latest = max((standing.at for standing in self.standings.values()), default=0)
        if latest > self.now:
            self.now = latest
            self._tell_time()
            self._told.at = self._at

    async def _read(self, customer_ids: list[str]) -> None:
        rows = await self.conn.fetch(LOCK, customer_ids)
        for customer_id, seq, live, body in rows:
            self.standings[customer_id] = Standing.load(customer_id, seq, live, body)
            self._as_read[customer_id] = seq, live

    async def _read_documents(self) -> None:
        """Once the customers are locked: a change of a document that the lock was waited for is seen."""
        rows = await self.conn.fetch(
            "select id, version, household from replica_customers where id = any($1::text[])", list(self.standings)
        )
        self._customer_versions = dict.fromkeys(self.standings)
        for customer_id, version, household in rows:
            self._customer_versions[customer_id] = version
            if household is not None:
                self._households[customer_id] = household

    def budget_of(self, customer_id: str) -> str:
        """Whom a locked customer shares budgets with: a name for the household, else the customer alone."""
        household = self._households.get(customer_id)
        return customer_id if household is None else f"\0{household}"

    def others(self, customer_id: str) -> list[Standing]:
        """The standings of the other members of a customer's household."""
        members = self.members().get(self.budget_of(customer_id), ())
        return [self.standings[c] for c in members if c != customer_id]

    def members(self) -> dict[str, list[str]]:
        """The locked members of each household, by its `budget_of`."""
        found: dict[str, list[str]] = {}
        for customer_id in self._households:
            found.setdefault(self.budget_of(customer_id), []).append(customer_id)
        return found

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
            [customer_id, seq, self._at, kind, find("channel"), find("contact_id"), find("request_id"), raw, None]
        )
        self._told.add(customer_id, kind, f"{customer_id}.{seq}", traceparent, raw)

    @property
    def entries(self) -> int:
        """How many timeline entries are recorded so far."""
        return len(self._timeline)

    def keep_facts(self, decided: Decided, since: int) -> None:
        """The entries recorded from number `since` of this work on tell decisions; these facts they were made from."""
        if self._facts is None:
            self._facts = Facts(self._at)
        facts_id = self._facts.keep(decided)
        told = set()
        for entry in self._timeline[since:]:
            entry[-1] = facts_id
            told.add(entry[0])
        self._facts.fellows += [(c, facts_id, self._at) for c in decided.standings if c not in told]

    def answer_came(self, contact_id: str) -> None:
        """Whether the recall of a contact came in time is known: nobody is reminded any more."""
        if self.unanswered.pop(contact_id, None) is None:
            self.answered.add(contact_id)

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

    async def recallable(self, contact_ids: Iterable[str]) -> dict[str, RequestRow]:
        """Of these contacts those that nobody has in hand, locked against being fetched, with the request of each.

        A message that may be sent by now is as good as sent.
        """
        rows = await self.conn.fetch(
            """
            with idle as materialized (
                select customer_id, contact_id, request_id from contacts
                where contact_id = any($1::text[]) and state = 'open'
                    and (channel not in ('sms', 'email') or next_try > $2)
                order by contact_id for update skip locked
            )
            select r.state, r.partition, r.next_look, r.channel, r.contact_id, r.because, r.body
            from idle join requests r using (customer_id, request_id, contact_id) where r.state = 'released'
            """,
            sorted(set(contact_ids)),
            self.at,
        )
        return {row["contact_id"]: _request_row(row) for row in rows}

    async def contacts(self, contact_ids: Iterable[str]) -> dict[str, Contact]:
        """These contacts, locked against their channels. A lease that is being taken is waited for."""
        ids = sorted(set(contact_ids))
        if not ids:
            return {}
        rows = await self.conn.fetch(
            f"select {', '.join(CONTACTS.columns)} from contacts where contact_id = any($1::text[]) "
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
        """Write everything: standings, requests, contacts, pop-ups, timeline, outbox."""
        rows = len(self._timeline) + len(self.new_requests) + len(self.changed_requests)
        rows += len(self.contact_states) + len(self.new_popups) + len(self.unanswered) + len(self.answered)
        if not rows:
            return
        if max(rows, len(self.standings)) <= AT_ONCE:
            statement = Statement()
            self.put_into(statement)
            await statement.execute(self.conn)
        else:
            await self._write_in_bulk()

    @property
    def locked(self) -> bool:
        """Whether its customers are locked until it is written; not so after `look_at`."""
        return self._row is None

    @property
    def recorded(self) -> bool:
        """Whether anything is to go on a timeline, so that the standing's row changes."""
        return bool(self._timeline)

    async def write_unless_changed(self, *others: Work, waits: bool = True, where: Queryable | None = None) -> set[str]:
        """Write everything about the one customer of `look_at`, and of others that want the same, in one statement.

        It may be a transaction of its own. Gives the customers of whom it was written: nothing is of those whose
        standing is not the one that was read any more, or, unless it `waits`, is locked. What has been recorded makes a
        new row of a standing, so of two works that read the same row one writes.

        Args:
            where: the statement goes; where this work has read when None.
        """
        statement = Statement(waits=waits)
        for work in (self, *others):
            work.put_into(statement)
        return await statement.execute(where or self.conn)

    def _make_ready(self) -> None:
        """A new contact is written in its newest state, a standing without what no rule can see any more."""
        for contact in self.new_contacts:
            contact.state = self.contact_states.pop(contact.contact_id, contact.state)
        for standing in self.standings.values():
            standing.prune(self.now)

    def _changed_standings(self) -> list[Standing]:
        """All but those of members of a household about whom nothing was to be said."""
        return [s for c, s in self.standings.items() if (s.seq, s.live) != self._as_read.get(c)]

    def put_into(self, statement: Statement) -> None:
        """Add everything to a statement: for few rows the round trips are what costs."""
        self._make_ready()
        owner = next(iter(self.standings))
        for standing in self._changed_standings():
            row = standing.customer_id, standing.seq, standing.live, standing.dump()
            if self._row is None:
                statement.update(owner, UPDATE_STANDING, row)
            else:
                statement.unless_changed((*row, self._row, self._customer_versions[standing.customer_id]))
        for request in self._changed_requests():
            statement.update(owner, UPDATE_REQUEST, request)
        for told in self.contact_states.items():
            statement.update(owner, UPDATE_STATE, told)
        for recalled in self.unanswered.values():
            statement.update(owner, AWAIT_ANSWER, recalled)
        for contact_id in self.answered:
            statement.update(owner, ANSWER_CAME, (contact_id,))
        for table, rows in self._new_rows():
            statement.insert(owner, table, rows)
        statement.insert(owner, OUTBOX, self._told.rows())

    async def _write_in_bulk(self) -> None:
        self._make_ready()
        execute = self.conn.execute
        await execute(UPDATE_STANDINGS, *self._standing_columns())
        for table, rows in self._new_rows():
            if rows:
                await self.conn.copy_records_to_table(table.name, columns=list(table.columns), records=rows)
        if self.changed_requests:
            await execute(UPDATE_REQUESTS, *_columns(self._changed_requests()))
        if self.contact_states:
            await execute(UPDATE_STATES, list(self.contact_states), list(self.contact_states.values()))
        if self.unanswered:
            await execute(AWAIT_ANSWERS, *_columns(self.unanswered.values()))
        if self.answered:
            await execute(ANSWERS_CAME, sorted(self.answered))
        await self._told.write(self.conn)

    def _changed_requests(self) -> Iterable[tuple[Any, ...]]:
        """The newest state of each; one statement can change a row but once."""
        return {(r.request.customer_id, r.request.request_id): _changed(r) for r in self.changed_requests}.values()

    def _new_rows(self) -> Iterator[tuple[Table, Sequence[Sequence[Any]]]]:
        yield REQUESTS, [*map(_request_record, self.new_requests)]
        yield CONTACTS, [*map(_contact_record, self.new_contacts)]
        yield POPUPS, self.new_popups
        yield FREEZES, self.new_freezes
        if self._facts is not None:
            yield FACTS, self._facts.rows()
            yield FELLOWS, self._facts.fellows
        yield TIMELINE, self._timeline

    def _standing_columns(self) -> list[list[Any]]:
        standings = self._changed_standings()
        return [
            [s.customer_id for s in standings],
            [str(s.seq) for s in standings],  # as text: asyncpg takes far longer over lists of integers
            [str(s.live) for s in standings],
            [s.dump() for s in standings],
        ]


async def read_standing(conn: Connection, customer_id: str) -> Standing | None:
    """A standing to look at, not to change; None when the customer has none."""
    row = await conn.fetchrow("select seq, live, body from standings where customer_id = $1", customer_id)
    return None if row is None else Standing.load(customer_id, *row)


def _changed(row: RequestRow) -> tuple[Any, ...]:
    next_look = None if row.next_look is None else from_micros(row.next_look)
    request = row.request
    return request.customer_id, request.request_id, row.state, next_look, row.channel, row.contact_id, row.because


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


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
