"""The gate at work: loads what `decide` needs for the locked customers, asks it, and records the answers.

Every path that may release a contact comes through `Gate.decide`: requests from Kafka and HTTP, due timers, and
whatever frees a slot. It reads the policy in force and the state of the plans inside the transaction, so a version or a
stop that is committed binds every later decision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from rapport.clock import from_micros
from rapport.contracts.offers import OfferChanged
from rapport.contracts.touchpoint import (
    ContactDeferred,
    ContactExpired,
    ContactRecalled,
    ContactReleased,
    ContactSuppressed,
)
from rapport.contracts.vocabulary import Reason
from rapport.db import Connection
from rapport.ranking import Offer
from rapport.telemetry import DECISIONS
from touchpoint_service.catalogue import Catalogue
from touchpoint_service.domain.decide import DEFERRED, EXPIRED, RELEASED, Decision, decide_together, wants_room
from touchpoint_service.domain.decided import Decided
from touchpoint_service.domain.facts import Customer, Request, World
from touchpoint_service.domain.objection import Objection
from touchpoint_service.domain.policy import CLASS_NAMES, Policy
from touchpoint_service.domain.standing import OPEN, Entry, Standing
from touchpoint_service.freshness import Freshness
from touchpoint_service.repository import replicas
from touchpoint_service.repository.policies import policy_in_force, policy_version
from touchpoint_service.repository.work import Contact, RequestRow, Work

CUSTOMERS_KEPT = 50_000
"""Parsed customer documents kept between batches; one is about 2 KB."""


class Arrival(NamedTuple):
    """A request that just came in, the partition of its customer, and the trace that it belongs to."""

    request: Request
    partition: int
    traceparent: str | None = None
    unheard: bool = False
    """Its id was made just now: nobody can have told of it before."""


class Gate:
    """What the gate keeps between transactions: parsed customers and the compiled policy, each by version."""

    def __init__(
        self,
        catalogue: Catalogue,
        answer_within: timedelta = timedelta(seconds=60),
        freshness: Freshness | None = None,
    ) -> None:
        """Nothing is known yet.

        Args:
            answer_within: how long a channel may take to answer a recall before it is reminded.
            freshness: of the replicas; None where whoever asks keeps them fresh.
        """
        self.answer_within = answer_within
        self._freshness = freshness
        self._catalogue = catalogue
        self._customers: dict[str, tuple[int, Customer]] = {}
        self._policy: Policy | None = None

    @property
    def last_policy(self) -> Policy | None:
        """The policy that the last transaction saw; a place to start from, not the truth."""
        return self._policy

    def offer(self, offer_id: str) -> OfferChanged | None:
        """The document of an offer, if it is known."""
        return self._catalogue.document(offer_id)

    def prepared(self, offer_id: str) -> Offer | None:
        """An offer made ready, if it is known."""
        return self._catalogue.offer(offer_id)

    async def offers(self, work: Work, offer_ids: Collection[str]) -> Mapping[str, Offer]:
        """All offers by id; of `offer_ids` at least the versions that this transaction sees."""
        unchecked = set(offer_ids) - work.checked_offers
        work.checked_offers |= unchecked
        return await self._catalogue.current(work.conn, unchecked)

    async def policy(self, work: Work) -> Policy | None:
        """The policy in force at the instant of the work, as its transaction sees it."""
        if work.policy == "unread":
            self._policy = work.policy = await policy_in_force(work.conn, self._policy, work.at)
        return work.policy

    async def look(self, work: Work, scene: Any, customer_id: str) -> None:
        """Take over what one read (`reads.scenes`) has found for the one customer at hand: policy, document, offers."""
        if scene["policy_id"] is None:
            self._policy = work.policy = None
        else:
            self._policy = work.policy = await policy_version(
                work.conn, scene["policy_id"], scene["policy_version"], self._policy
            )
        version = scene["version"]
        if version is not None and self._customers.get(customer_id, _NOBODY)[0] != version:
            self._remember([(customer_id, version, scene["doc"])])
        work.weights = self._catalogue.weights
        work.once_accepted = scene["once_accepted"] or ()
        offers = scene["offers"] or {}
        work.checked_offers.update(offers)
        await self._catalogue.at_least(work.conn, offers)

    @property
    def looks_back(self) -> bool:
        """Whether some offer depends on what a customer accepted at any time."""
        return self._catalogue.looks_back

    def foremost_offers(self, channel: str) -> Sequence[str]:
        """Offers worth looking at when somebody appears in this channel."""
        return self._catalogue.foremost(channel, _FOREMOST)

    async def customers(self, work: Work) -> dict[str, Customer]:
        """The locked customers as profile describes them; who is not replicated is missing."""
        versions = work.customer_versions
        stale = [
            c
            for c, version in versions.items()
            if version is not None and self._customers.get(c, _NOBODY)[0] != version
        ]
        if stale:
            self._remember(await replicas.customers(work.conn, stale))
        return {c: self._customers[c][1] for c, version in versions.items() if version is not None}

    def _remember(self, documents: Sequence[tuple[str, int, Mapping[str, Any]]]) -> None:
        if len(self._customers) + len(documents) > CUSTOMERS_KEPT:
            self._customers.clear()
        for customer_id, version, document in documents:
            self._customers[customer_id] = version, Customer.of(document)

    async def world(self, work: Work, requests: Iterable[Request]) -> World:
        """Plans and offers as this transaction sees them; the plans stay as they are until it ends."""
        asked = list(requests)
        campaigns = {r.campaign_id for r in asked if r.campaign_id is not None}
        offers = {r.offer_id for r in asked if r.offer_id is not None}
        plans = await replicas.plan_states(work.conn, sorted(campaigns)) if campaigns else {}
        return World(plans, await self.offers(work, offers), await self.minutes_old(work.conn, await self.policy(work)))

    async def minutes_old(self, conn: Connection, policy: Policy | None) -> int | None:
        """How old what is known of customers, plans and offers is, where that is older than the policy allows."""
        if self._freshness is None or policy is None:
            return None
        limit = policy.document.max_replica_minutes * 60
        if self._freshness.age > limit:
            await self._freshness.refresh(conn)  # it may have become known since
        age = self._freshness.age
        return int(min(age, _AGES) // 60) if age > limit else None

    async def decide(self, work: Work, arrivals: Sequence[Arrival] = ()) -> list[Decision]:
        """Decide the arrivals, and every waiting request of the locked customers with them, a household at a time.

        An arrival whose request id is known for its customer changes nothing. The decisions returned are those that
        were recorded: a deferral that stays as it was is not repeated.
        """
        traces = {a.request.request_id: a.traceparent for a in arrivals if a.traceparent}
        rows = await work.live_requests()
        fresh = await _unknown(work, arrivals)
        together: dict[str, list[RequestRow]] = defaultdict(list)
        for row in (*rows, *fresh):
            together[work.budget_of(row.request.customer_id)].append(row)
        if not together:
            return []
        policy = await self.policy(work)
        customers = await self.customers(work)
        members = work.members()

        def ask(budget: str, world: World, idle: Mapping[str, RequestRow]) -> _Decided:
            standings = {c: work.standings[c] for c in members.get(budget, (budget,))}
            requests = [row.request for row in together[budget]]
            recallable = {contact_id: row.request for contact_id, row in idle.items()}
            return decide_together(standings, customers, requests, policy, work.now, world, recallable)

        world = await self.world(work, (row.request for found in together.values() for row in found))
        decided = {budget: ask(budget, world, {}) for budget in together}
        idle = await _recallable(work, decided.values())
        if idle:
            rows = [*chain(*together.values()), *chain(*(own.values() for own in idle.values()))]
            wider = await self.world(work, (row.request for row in rows))
        recorded = []
        for budget, found in together.items():
            entries, own = work.entries, idle.get(budget, {})
            before = {c: work.standings[c] for c in members.get(budget, (budget,))}
            decisions, after = ask(budget, wider, own) if own else decided[budget]
            work.standings.update(after)
            for row, decision in _in_order([*found, *_revived(work, decisions, own)], decisions):
                is_new = row.state == ARRIVED
                if decision is not None:
                    _take_back(work, decision)
                if _apply(work, row, decision, is_new=is_new, policy=policy, trace=traces.get(row.request.request_id)):
                    assert decision is not None
                    recorded.append(decision)
            if work.entries > entries:
                versions = {c: work.customer_versions[c] for c in before}
                asked = [row.request for row in found]
                may_yield = {contact_id: row.request for contact_id, row in own.items()}
                seen = wider if own else world
                work.keep_facts(Decided(before, versions, policy, asked, may_yield, seen, decisions), entries)
        _count(recorded)
        return recorded


_Decided = tuple[list[Decision], dict[str, Standing]]


async def _recallable(work: Work, decided: Iterable[_Decided]) -> dict[str, dict[str, RequestRow]]:
    """By budget: contacts that could yield to more important requests, which found no room beside them."""
    if not work.locked:  # somebody might fetch one before it is written that it was taken back
        return {}
    wanting = {
        d.request.customer_id
        for decisions, after in decided
        for d in decisions
        if wants_room(d, after[d.request.customer_id])
    }
    open_now = [e.contact_id for c in wanting for e in work.standings[c].entries if e.state == OPEN]
    found: dict[str, dict[str, RequestRow]] = defaultdict(dict)
    for contact_id, row in (await work.recallable(open_now) if open_now else {}).items():
        found[work.budget_of(row.request.customer_id)][contact_id] = row
    return found


def _revived(work: Work, decisions: Sequence[Decision], idle: Mapping[str, RequestRow]) -> list[RequestRow]:
    """The requests whose contacts were taken back: they wait again."""
    rows = [idle[entry.contact_id] for decision in decisions for entry in decision.pre_empted]
    for row in rows:
        work.standings[row.request.customer_id].live += 1
    return rows


def _take_back(work: Work, winner: Decision) -> None:
    """The contacts whose slots a more important one takes; nobody had them in hand."""
    for entry in winner.pre_empted:
        work.contact_states[entry.contact_id] = "recalled"
        facts = {"reason": Reason.PRE_EMPTED.value, "caused_by": winner.contact_id, "state": "open"}
        work.record(ContactRecalled, winner.request.customer_id, facts_of(entry) | facts)


def facts_of(contact: Entry | Contact) -> dict[str, Any]:
    """What each timeline entry about a contact says of it."""
    return {
        "request_id": contact.request_id,
        "contact_id": contact.contact_id,
        "channel": contact.channel,
        "campaign_id": contact.campaign_id,
        "offer_id": contact.offer_id,
        "goal": contact.goal,
    }


SENT_BY_US = frozenset(("sms", "email"))
"""Channels whose messages this service sends itself; the others fetch their contacts."""
ARRIVED = "arrived"
_NOBODY: tuple[int, Any] = (0, None)
_AGES = 100 * 365 * 86_400
_FOREMOST = 16


async def _unknown(work: Work, arrivals: Sequence[Arrival]) -> list[RequestRow]:
    if not arrivals:
        return []
    asked = [(a.request.customer_id, a.request.request_id) for a in arrivals if not a.unheard]
    seen = await work.known_requests(asked) if asked else set()
    rows = []
    for arrival in arrivals:
        key = arrival.request.customer_id, arrival.request.request_id
        if key not in seen:
            seen.add(key)
            rows.append(RequestRow(arrival.request, ARRIVED, arrival.partition))
    return rows


def _in_order(rows: Sequence[RequestRow], decisions: Sequence[Decision]) -> list[tuple[RequestRow, Decision | None]]:
    """The requests as they were decided, so that the timeline shows each after those that it had to reckon with."""
    undecided = {(row.request.customer_id, row.request.request_id): row for row in rows}
    found: list[tuple[RequestRow, Decision | None]] = [
        (undecided.pop((d.request.customer_id, d.request.request_id)), d) for d in decisions
    ]
    return found + [(row, None) for row in undecided.values()]


def _apply(
    work: Work, row: RequestRow, decision: Decision | None, *, is_new: bool, policy: Policy | None, trace: str | None
) -> bool:
    """Bring the request's row to what was decided; whether anything was recorded."""
    request = row.request
    standing = work.standings[request.customer_id]
    because = None if decision is None else because_of(decision.because)
    waits = decision is None or decision.kind == DEFERRED
    next_look = request.not_before if decision is None else decision.retry_at
    said_before = waits and not is_new and _same(row.because, because)
    if said_before and row.next_look == next_look:
        return False
    (work.new_requests if is_new else work.changed_requests).append(row)
    standing.live += waits - (not is_new)
    row.because, row.next_look = because, next_look
    row.state = "live" if decision is None or waits else decision.kind
    if decision is None or said_before:
        return False
    row.channel, row.contact_id = decision.channel, decision.contact_id
    _record(work, decision, policy, row.because, trace)
    return True


def _count(decisions: Iterable[Decision]) -> None:
    counts: dict[tuple[str, str], int] = {}
    for decision in decisions:
        key = decision.kind, "none" if decision.because is None else decision.because.reason.value
        counts[key] = counts.get(key, 0) + 1
    for (kind, reason), count in counts.items():
        _counter(kind, reason).inc(count)


_counter = lru_cache(DECISIONS.labels)


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two deferrals say the same; the near edge of a rolling window moves all the time and says nothing."""
    one, other = one or {}, other or {}
    return all(one.get(name) == other.get(name) for name in ("reason", "rule", "until"))


def _record(
    work: Work, decision: Decision, policy: Policy | None, because: dict[str, Any] | None, trace: str | None
) -> None:
    request = decision.request
    facts: dict[str, Any] = {
        "request_id": request.request_id,
        "channel": decision.channel,
        "campaign_id": request.campaign_id,
        "offer_id": request.offer_id,
        "goal": request.goal,
        "purpose": request.purpose,
        "category": request.category,
        "contact_class": CLASS_NAMES[request.contact_class],
    }
    if policy is not None:
        facts["policy_id"], facts["policy_version"] = policy.policy_id, policy.version
    if decision.kind == RELEASED:
        contact = _contact(work, decision)
        work.new_contacts.append(contact)
        facts["contact_id"] = contact.contact_id
        facts["place"] = contact.place
        facts["expires_at"] = contact.expires_at.isoformat()
        if request.agent is not None:
            facts["agent"], facts["unit"] = request.agent, request.unit
        event: Any = ContactReleased
    elif decision.kind == DEFERRED:
        assert decision.retry_at is not None
        facts["because"] = because
        facts["retry_at"] = from_micros(decision.retry_at).isoformat()
        event = ContactDeferred
    else:
        facts["because"] = because
        event = ContactExpired if decision.kind == EXPIRED else ContactSuppressed
    work.record(event, request.customer_id, facts, traceparent=trace)


def _contact(work: Work, decision: Decision) -> Contact:
    request = decision.request
    assert decision.contact_id is not None
    assert decision.channel is not None
    return Contact(
        request.customer_id,
        decision.contact_id,
        request.request_id,
        decision.channel,
        "open",
        request.place,
        request.contact_class,
        request.score,
        request.category,
        request.purpose,
        request.campaign_id,
        request.offer_id,
        request.goal,
        work.at,
        from_micros(request.expires_at),
        work.at if decision.channel in SENT_BY_US else None,
    )


def because_of(objection: Objection | None) -> dict[str, Any] | None:
    """The JSON form of an objection, as the contract `Because` has it."""
    if objection is None:
        return None
    found = {
        "reason": objection.reason.value,
        "rule": objection.rule,
        "counter": objection.counter,
        "limit": objection.limit,
        "window_start": _text(objection.window_start),
        "until": _text(objection.until),
    }
    return {name: value for name, value in found.items() if value is not None}


def _text(at: int | None) -> str | None:
    return None if at is None else from_micros(at).isoformat()
