"""Invariants 1 to 4, 6, 7 and 8 as far as they show on the timelines: one customer after the other, entry by entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

import orjson

from rapport.db import Connection
from rapport_cli.checker import households, standings, topics
from rapport_cli.checker.cases import Case
from rapport_cli.checker.findings import Findings, Progress
from rapport_cli.checker.heard import CONTACTS, Heard, forgotten_digest
from rapport_cli.checker.life import KINDS, MESSAGES, Contact, Entry, Life
from rapport_cli.checker.policies import SKEW, Policies, Stamp, approved
from rapport_cli.checker.streams import by_key
from rapport_cli.checker.topics import TookIn
from rapport_cli.checker.words import complaints

LAG = timedelta(minutes=15)
"""How old touchpoint's copy of a customer or a plan may be when it decides: a service may have been down."""

_TABLES = {
    "timeline": "select customer_id, seq, at, type, channel, contact_id, request_id, body::text from timeline "
    "order by customer_id {collate}, seq",
    "standings": "select customer_id, seq, live, body from standings order by customer_id {collate}",
    "requests": "select customer_id, request_id, state, next_look, contact_id, campaign_id, because from requests "
    "order by customer_id {collate}",
    "contacts": "select customer_id, contact_id, state, campaign_id from contacts order by customer_id {collate}",
    "work_orders": "select customer_id, work_order_id, result from work_orders order by customer_id {collate}, 2",
}
_BESIDE = ("customer_id", "seq", "channel", "contact_id", "request_id")
_beside = itemgetter(*_BESIDE)
"""What stands beside the body of an entry, so that it can be looked for."""
_TOLD = 500
"""Customers between two reports of progress."""


@dataclass(slots=True)
class World:
    """What is the same for all customers."""

    heard: Heard
    policies: Policies
    stopped: frozenset[str]
    """Campaigns whose plan touchpoint knows to be stopped."""
    newest: datetime | None
    """Of the newest entry of all timelines."""
    erasures: frozenset[bytes]
    """Digests of all who were ever erased."""
    findings: Findings
    lag: timedelta = LAG
    compare: bool = True
    """Whether to look at more than releases: at the topics and at the other tables."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """The household of each customer who has one."""
    shared: list[households.Judged] = field(default_factory=list)
    """The releases to members of households."""

    def was_forgotten(self, customer_id: str) -> bool:
        """Whether the customer was erased at some time, and much that was said of them is gone."""
        return customer_id in self.heard.erased or forgotten_digest(customer_id) in self.erasures


async def prove(
    touchpoint: Connection,
    heard: Heard,
    findings: Findings,
    progress: Progress,
    *,
    erasures: frozenset[bytes] = frozenset(),
    lag: timedelta = LAG,
    compare: bool = True,
) -> None:
    """Walk through all customers that touchpoint or the topics know."""
    plans = await touchpoint.fetch("select id from replica_plans where doc->>'state' = 'stopped'")
    world = World(
        heard,
        await approved(touchpoint),
        frozenset(row[0] for row in plans),
        await touchpoint.fetchval("select max(at) from timeline"),
        erasures,
        findings,
        lag,
        compare,
        await households.households(touchpoint),
    )
    total = await touchpoint.fetchval("select count(*) from standings")
    tables = _TABLES if compare else {"timeline": _TABLES["timeline"]}
    unseen = {topic: set(said) for topic, said in heard.said.items()} | {CONTACTS: set(heard.contacts)}
    async for customer_id, rows in by_key({name: (touchpoint, query) for name, query in tables.items()}):
        findings.tally["customers"] += 1
        if findings.tally["customers"] % _TOLD == 0:
            progress("timelines", findings.tally["customers"], total)
        for customers in unseen.values():
            customers.discard(customer_id)
        _customer(world, customer_id, rows)
    if compare:
        for customer_id in set().union(*unseen.values()):
            _customer(world, customer_id, dict.fromkeys(tables, ()))
    steady = (judged for judged in world.shared if judged.contact.counts and not judged.contact.again)
    households.prove(world.homes, steady, findings)


@dataclass(slots=True)
class _Walk:
    """One customer on the way through the timeline."""

    world: World
    customer_id: str
    life: Life
    seen: Stamp | None = None
    """The newest policy version that decided something here."""
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    possible_pauses: set[Any] = field(default_factory=set)
    may_freeze: set[str] = field(default_factory=set)
    """Rules that may have asked for a freeze after the newest answer."""

    def note(self, invariant: int, what: str) -> None:
        """A violation of this customer."""
        self.world.findings.add(invariant, self.customer_id, what)


def _customer(world: World, customer_id: str, rows: Mapping[str, Sequence[Any]]) -> None:
    walk = _Walk(world, customer_id, Life(lambda number, what: world.findings.add(number, customer_id, what)))
    last_at: datetime | None = None
    for number, row in enumerate(rows["timeline"], 1):
        if row["seq"] != number:
            walk.note(4, f"entry {row['seq']} stands in the place of entry {number}")
        if last_at is not None and row["at"] < last_at:
            walk.note(4, f"entry {row['seq']} is of {row['at']}, the one before it of {last_at}")
        last_at = row["at"]
        _entry(walk, row)
    walk.life.pay("at all")
    if not world.compare:
        return
    took_in = TookIn(rows["requests"], walk.outcomes, walk.life.settled)
    forgotten = partial(world.was_forgotten, customer_id)
    topics.compare(world.heard, customer_id, rows["timeline"], took_in, note=walk.note, forgotten=forgotten)
    standings.compare(
        walk.life,
        rows,
        note=walk.note,
        stopped=world.stopped,
        possible_pauses=walk.possible_pauses,
        newest=world.newest,
    )


def _entry(walk: _Walk, row: Any) -> None:
    walk.world.findings.tally["entries"] += 1
    entry: Entry = orjson.loads(row["body"])
    kind = row["type"].removeprefix("touchpoint.").removesuffix(".v1")
    if kind not in KINDS:
        walk.note(4, f"entry {row['seq']} is of the unknown type {row['type']}")
        return
    inside, beside = tuple(map(entry.get, _BESIDE)), _beside(row)
    if inside != beside:
        walk.note(4, f"entry {row['seq']} has {beside} beside it and {inside} inside")
    try:
        if datetime.fromisoformat(entry["at"]) != row["at"]:
            walk.note(4, f"entry {row['seq']} has {row['at']} beside it and {entry['at']} inside")
        walk.life.take(kind, entry)
        if entry.get("policy_version") is not None:
            walk.seen = entry["policy_id"], entry["policy_version"]
        if kind == "contact.released":
            _released(walk, entry)
        elif kind == "contact.responded":
            _responded(walk, entry)
        elif kind == "freeze.opened":
            _frozen(walk, entry)
    except KeyError as missing:
        walk.note(4, f"entry {row['seq']} has no {missing.args[0]}")
    if "outcome_id" in entry:
        walk.outcomes[entry["outcome_id"], entry["contact_id"]] += 1


def _released(walk: _Walk, entry: Entry) -> None:
    world, life = walk.world, walk.life
    world.findings.tally["released"] += 1
    contact = life.contacts[entry["contact_id"]]
    met = life.accepted(contact.goal)
    if met is not None:
        world.findings.tally["released_after_acceptance"] += 1
        walk.note(2, f"{contact.contact_id} was released for {contact.goal} after {met.acceptance_id}")
    campaign = contact.campaign_id
    if campaign in life.stopped:
        walk.note(8, f"{contact.contact_id} of {campaign} was released after entry {life.stopped[campaign]}, a stop")
    elif campaign is not None and campaign in world.heard.stops:
        late = contact.at - world.heard.stops[campaign]
        if late > world.lag:
            walk.note(8, f"{contact.contact_id} of {campaign} was released {late} after the stop")
    _judge(walk, entry, contact)


def _judge(walk: _Walk, entry: Entry, contact: Contact) -> None:
    """Whether the policy on the release allowed it, whatever of the customer touchpoint may have known then."""
    world = walk.world
    stamp = entry.get("policy_id", ""), entry.get("policy_version", 0)
    document = world.policies.documents.get(stamp)
    if document is None:
        walk.note(1, f"{contact.contact_id} was released under {stamp[0]} version {stamp[1]}, which was never approved")
        return
    if not world.policies.may_bind(stamp, contact.at):
        walk.note(1, f"{contact.contact_id} was released under {stamp[0]} version {stamp[1]}, not in force then")
    past = [earlier for earlier in walk.life.counting() if earlier is not contact]
    case = Case(document, contact, past, walk.life.pauses, [*walk.life.orders.values()])
    people = world.heard.as_of(walk.customer_id, contact.at, lag=world.lag, skew=SKEW)
    if people == [] and walk.customer_id not in world.heard.erased:
        walk.note(1, f"{contact.contact_id} was released before anything was known of the customer")
    home = world.homes.get(walk.customer_id)
    if home is not None and people and all(person.household == home for person in people):
        world.shared.append(households.Judged(walk.customer_id, contact, document))
    verdicts = [complaints(case, person) for person in people] if people else [complaints(case, None)]
    if all(verdicts):
        for complaint in verdicts[-1]:
            walk.note(1, f"{contact.contact_id} by {contact.channel} at {contact.at}: {complaint.what}")
    if all(any(complaint.kind == "cap" for complaint in found) for found in verdicts):
        world.findings.tally["over_cap"] += 1


def _responded(walk: _Walk, entry: Entry) -> None:
    contact = walk.life.contacts.get(entry["contact_id"])
    if contact is not None:
        certain, possible = walk.world.policies.pauses(entry, contact, walk.seen)
        walk.life.pause(pause for pause in certain if pause.freeze_id is None)
        walk.life.complained = {pause.rule for pause in certain if pause.freeze_id is not None}
        walk.may_freeze = {pause.rule for pause in possible if pause.freeze_id is not None}
        walk.possible_pauses |= {pause for pause in possible if pause.freeze_id is None}


def _frozen(walk: _Walk, entry: Entry) -> None:
    """What channels hold is recalled next, but for classes that the policy lets through."""
    rule, at = entry.get("rule"), datetime.fromisoformat(entry["at"])
    if rule is not None and rule not in walk.may_freeze:
        walk.note(6, f"entry {entry['seq']} opens a freeze that no rule {rule} asks for")
    for contact in walk.life.contacts.values():
        exempt = walk.world.policies.lets_through(contact.contact_class, at, walk.seen)
        if contact.held and contact.channel not in MESSAGES and not exempt:
            walk.life.owed[contact.contact_id] = entry["freeze_id"]
