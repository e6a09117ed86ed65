"""What the topics say, remembered as little as the checks need: per customer some numbers, never a whole event.

Texts are remembered by their 64-bit hash within this process; two different ones that hash alike would hide a
violation once in some 10¹⁹ comparisons, and never invent one.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from rapport_cli.checker.cases import Person
from rapport_cli.checker.findings import Findings, Progress
from rapport_cli.checker.logs import Log, MissingTopic, Record

CONTACTS = "touchpoint.contacts"
REQUESTS = "campaign.requests"
OUTCOMES = "channel.events"
ACCEPTANCES = "offers.acceptances"
CUSTOMERS = "profile.customers"
PLANS = "campaign.plans"
POLICIES = "touchpoint.policies"

_READER = {REQUESTS: "touchpoint.requests", OUTCOMES: "touchpoint.outcomes", ACCEPTANCES: "touchpoint.outcomes"}
"""The group of touchpoint that must have taken in each of these topics."""

_OFFSET_BITS = 48

Positions = Mapping[tuple[str, str, int], int]
"""(group, topic, partition) → the next offset that the group will read."""


class State(NamedTuple):
    """A customer document from one instant on; `version` 1 is the first."""

    since: datetime
    version: int
    person: Person


@dataclass(slots=True)
class Sent:
    """The timeline of one customer as the topic has it: a hash per number, from `first` on."""

    first: int
    hashes: array[int] = field(default_factory=lambda: array("q"))
    lives: int = 1
    """How often the numbers began again: once more for every erasure."""

    @property
    def last(self) -> int:
        """The highest number."""
        return self.first + len(self.hashes) - 1

    def at(self, seq: int) -> int | None:
        """The hash of an entry, if it is on the topic."""
        return self.hashes[seq - self.first] if self.first <= seq <= self.last else None


@dataclass(slots=True)
class Heard:
    """All that is remembered."""

    contacts: dict[str, Sent] = field(default_factory=dict)
    truncated: dict[str, frozenset[int]] = field(default_factory=dict)
    """Partitions of each topic of which the beginning is gone."""
    said: dict[str, dict[str, array[int]]] = field(default_factory=lambda: {t: {} for t in _READER})
    """Per topic and customer: requests, outcomes, acceptances with their status, each followed by its place;
    repetitions included. Read it with `sayings`."""
    excused: dict[str, set[int]] = field(default_factory=lambda: {t: set() for t in _READER})
    """Of these the ones that were set aside, or that touchpoint has not come to yet."""
    people: dict[str, list[State]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    """Customers whose newest record is a tombstone."""
    stops: dict[str, datetime] = field(default_factory=dict)
    """When each stopped campaign said so first."""
    policies: dict[str, int] = field(default_factory=dict)
    """The newest version of each policy on its topic."""
    persons: dict[Person, Person] = field(default_factory=dict)
    """Each different one once, however many customers have it."""

    def sayings(self, topic: str, customer_id: str) -> Iterator[tuple[int, str]]:
        """What must have been taken in of a customer: its hash, and where it lies."""
        found = self.said[topic].get(customer_id, ())
        for said, place in zip(found[::2], found[1::2], strict=True):
            if hash((customer_id, said)) not in self.excused[topic]:
                yield said, f"{topic}[{place >> _OFFSET_BITS}] offset {place & ((1 << _OFFSET_BITS) - 1)}"

    def as_of(self, customer_id: str, at: datetime, *, lag: timedelta, skew: timedelta) -> list[Person] | None:
        """The customer as touchpoint may have known them at an instant, newest last; None when that cannot be said.

        Empty: there was nothing to know yet.
        """
        states = self.people.get(customer_id, [])
        found = []
        for index, state in enumerate(states):
            ends = states[index + 1].since if index + 1 < len(states) else None
            if state.since - skew <= at and (ends is None or ends + lag >= at):
                found.append(state.person)
        if states and states[0].version > 1 and at < states[0].since + lag:
            return None  # what came before has been compacted away
        return found


async def listen(
    log: Log, positions: Positions, findings: Findings, progress: Progress, *, only: Iterable[str] | None = None
) -> Heard:
    """Read the topics once; what is wrong with a record by itself is noted at once. `only`: just these topics."""
    heard = Heard()
    steps = {
        CUSTOMERS: _customer,
        PLANS: _plan,
        POLICIES: _policy,
        CONTACTS: _contact,
        REQUESTS: _request,
        OUTCOMES: _outcome,
        ACCEPTANCES: _acceptance,
    }
    for topic in steps if only is None else only:
        heard.truncated[topic] = await log.truncated(topic)
        reader = _READER.get(topic)
        dead = set() if reader is None else await dead_letters(log, reader, topic)
        total, done = sum((await log.ends(topic)).values()), 0
        async for records in log.read(topic):
            done += len(records)
            progress(topic, done, total)
            for record in records:
                taken = positions.get((reader or "", topic, record.partition), 0) > record.offset
                passed = taken and (record.partition, record.offset) not in dead
                _hear(heard, topic, steps[topic], record, findings, passed=passed, reader=reader)
    return heard


def _hear(
    heard: Heard, topic: str, step: Any, record: Record, findings: Findings, *, passed: bool, reader: str | None
) -> None:
    where = f"{topic}[{record.partition}] offset {record.offset}"
    try:
        key = (record.key or b"").decode()
        body = None if record.value is None else orjson.loads(record.value)
        step(heard, findings, record, key, body, passed)
    except (orjson.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        if reader is None or passed:
            number = {REQUESTS: 3, OUTCOMES: 4}.get(topic, 7)
            findings.add(number, where, f"is not understood ({type(error).__name__}), and was not set aside")


async def dead_letters(log: Log, group: str, topic: str) -> set[tuple[int, int]]:
    """Partition and offset of the records that a group has set aside."""
    found = set()
    try:
        async for records in log.read(f"dlq.{group}.{topic}"):
            found |= {(int(r.header("dlq-partition")), int(r.header("dlq-offset"))) for r in records}
    except MissingTopic:
        return set()  # then nothing was set aside; the topics are looked at by `rapport topics check`
    return found


def forgotten_digest(customer_id: str) -> bytes:
    """How profile remembers an erased customer."""
    return hashlib.sha256(customer_id.encode()).digest()


def fingerprint(kind: str, body: bytes) -> int:
    """What an entry is compared by: its type and its bytes."""
    return hash((kind, body))


def _customer(heard: Heard, _findings: Findings, record: Record, key: str, body: Any, _passed: bool) -> None:
    if body is None:
        heard.people.pop(key, None)
        heard.erased.add(key)
        return
    heard.erased.discard(key)
    person = _person(body)
    person = heard.persons.setdefault(person, person)
    states = heard.people.setdefault(key, [])
    if not states or body["version"] > states[-1].version:
        states.append(State(datetime.fromisoformat(record.header("ce_time")), body["version"], person))


def _person(body: Any) -> Person:
    newest: dict[tuple[str, str], tuple[datetime, bool]] = {}
    for consent in body.get("consents") or ():
        place, at = (consent["channel"], consent["purpose"]), datetime.fromisoformat(consent["at"])
        if place not in newest or at >= newest[place][0]:
            newest[place] = at, bool(consent["granted"])
    until = body.get("do_not_disturb_until")
    return Person(
        body.get("time_zone"),
        frozenset(place for place, (_, granted) in newest.items() if granted),
        bool(body.get("do_not_call")),
        None if until is None else datetime.fromisoformat(until),
        body.get("country"),
        body.get("region"),
        body.get("household"),
        frozenset(newest),
    )


def _plan(heard: Heard, _findings: Findings, record: Record, key: str, body: Any, _passed: bool) -> None:
    if body is not None and body["state"] == "stopped":
        heard.stops.setdefault(key, datetime.fromisoformat(record.header("ce_time")))


def _policy(heard: Heard, _findings: Findings, _record: Record, key: str, body: Any, _passed: bool) -> None:
    if body is not None:
        heard.policies[key] = body["version"]


def _contact(heard: Heard, findings: Findings, record: Record, key: str, body: Any, _passed: bool) -> None:
    seq, customer_id = body["seq"], body["customer_id"]
    if key != customer_id:
        findings.add(7, customer_id, f"entry {seq} is on the topic under the key {key}")
    digest = fingerprint(record.header("ce_type"), record.value or b"")
    sent = heard.contacts.get(customer_id)
    if sent is None:
        sent = heard.contacts[customer_id] = Sent(seq)
        if seq != 1 and record.partition not in heard.truncated[CONTACTS]:
            findings.add(7, customer_id, f"the topic begins with entry {seq}")
    if seq == sent.last + 1:
        sent.hashes.append(digest)
    elif seq > sent.last:
        findings.add(7, customer_id, f"entry {seq} comes on the topic after entry {sent.last}")
        sent.hashes.extend([0] * (seq - sent.last - 1))
        sent.hashes.append(digest)
    elif sent.at(seq) == 0:
        sent.hashes[seq - sent.first] = digest  # late; that it was missing before is noted
    elif sent.at(seq) not in (digest, None):
        if seq == 1:
            sent.first, sent.hashes, sent.lives = 1, array("q", [digest]), sent.lives + 1
        else:
            findings.add(7, customer_id, f"entry {seq} was sent again with another content")


def _request(heard: Heard, _findings: Findings, record: Record, _key: str, body: Any, passed: bool) -> None:
    customer_id, request_id = body["customer_id"], body["request_id"]
    if record.header("ce_type") == "campaign.contact.requested.v1":
        _say(heard, REQUESTS, customer_id, request_id, record, passed=passed)


def _outcome(heard: Heard, _findings: Findings, record: Record, _key: str, body: Any, passed: bool) -> None:
    _say(heard, OUTCOMES, body["customer_id"], body["outcome_id"], record, passed=passed)


def _acceptance(heard: Heard, _findings: Findings, record: Record, _key: str, body: Any, passed: bool) -> None:
    status = record.header("ce_type").split(".")[2]
    if status == "fulfilled":  # touchpoint has no use for it
        return
    _say(heard, ACCEPTANCES, body["customer_id"], f"{body['acceptance_id']}:{status}", record, passed=passed)


def _say(heard: Heard, topic: str, customer_id: str, what: str, record: Record, *, passed: bool) -> None:
    said = hash(what)
    place = record.partition << _OFFSET_BITS | record.offset
    heard.said[topic].setdefault(customer_id, array("q")).extend((said, place))
    if not passed:
        heard.excused[topic].add(hash((customer_id, said)))
