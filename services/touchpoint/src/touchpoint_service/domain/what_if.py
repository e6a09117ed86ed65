"""What would have happened to one customer under a given policy: the past replayed through the gate's own `decide`.

What always holds:
- it is pure: the same past and the same policy give the same run, and nothing outside is changed;
- requests arrive when they really did, and deferred ones compete again at the exact instant that they were given;
- what really became of a contact happens to it here too, as long after its release; of a contact that was not really
  released it is assumed that it was delivered and nothing came of it;
- replayed under the policy that was in force all the time it gives the contacts that really were released, by their
  ids.

Customers, offers and consents are taken as they are now, and what agents had in hand is not known: each result says
so (`what_if_words.LIMITS`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

from rapport.contracts.vocabulary import Outcome, Reason
from touchpoint_service.domain.decide import DEFERRED, RELEASED, Decision, decide, wants_room
from touchpoint_service.domain.effects import HELD, SENT_BY_US, Life, Out, state_at_release
from touchpoint_service.domain.facts import Request, World
from touchpoint_service.domain.past import Effect, Happening, Past, RealContact, Waiting, freeze_of
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.standing import CLOSED, OPEN, Entry

_PLANS, _HAPPENS, _ARRIVES, _LOOK, _LEAVES, _RUNS_OUT = range(6)
"""Of what falls on one instant, what comes first."""


@dataclass(slots=True)
class Fate:
    """What became of one request: `state` as of the request's row, where and when it was first released."""

    request: Request
    state: str = "live"
    channel: str | None = None
    at: int | None = None
    """When it was released; of one that yielded, when it was released anew."""
    because: tuple[str, str | None] | None = None
    """Reason and rule of the last objection."""
    deferred_by: set[tuple[str, str | None]] = field(default_factory=set)


@dataclass(slots=True)
class Release:
    """A contact that the run has released. `yielded`: it was taken back for a more important one."""

    at: int
    request: Request
    channel: str
    contact_id: str
    yielded: bool = False
    assumed: bool = False


class Run:
    """One customer's life under one policy, from `since` until `until`."""

    def __init__(
        self,
        past: Past,
        life: Life,
        policy: Policy,
        plans: Mapping[str, str],
        since: int,
        until: int,
        planned: Sequence[tuple[int, Request]] = (),
    ) -> None:
        self.fates: dict[str, Fate] = {}
        self.releases: list[Release] = []
        self.life = life
        self._past = past
        self._policy = policy
        self._until = until
        self._arrived: dict[int, int] = {}
        self._plans = dict(plans)
        for found in past.plans.items():
            self._plan_changes(found, since)
        self._world = World(self._plans, life.offers)
        self._live = dict(past.waiting)
        self._count: dict[str, int] = {}
        self._newest: dict[str, Out] = {}
        self._by_contact: dict[str, Release] = {}
        self._queue: list[tuple[int, int, int, int, Callable[[Any, int], bool], Any]] = []
        self._number = 0
        self._fill(since, planned)

    def finish(self) -> Run:
        """Live until the end."""
        queue = self._queue
        heapify(queue)
        while queue and queue[0][0] < self._until:
            now, phase = queue[0][:2]
            looks = False
            while queue and queue[0][0] == now and queue[0][1] == phase:
                _, _, _, _, happens, what = heappop(queue)
                looks |= happens(what, now)
            if looks and self._live:
                self._decide(now)
        return self

    @property
    def recalled(self) -> int:
        """Contacts that were taken back, for whatever reason but a more important one."""
        return self.life.recalled

    def _fill(self, since: int, planned: Iterable[tuple[int, Request]]) -> None:
        """Put into the queue what does not depend on this run, and what is to happen to contacts that are out."""
        past = self._past
        for waiting in past.waiting.values():
            self.fates[waiting.request.request_id] = Fate(waiting.request)
            self._queue.append(self._item(waiting.next_look, _LOOK, 0, self._looks, waiting.request.request_id))
        arrived: dict[str, int] = {}
        for at, seq, request in past.arrivals:
            arrived[request.request_id] = at
            self._arrived.setdefault(at, seq)
            self._queue.append(self._item(at, _ARRIVES, 0, self._arrives, request))
        for at, request in planned:
            self._queue.append(self._item(at, _ARRIVES, 0, self._arrives, request))
        for out in self.life.out.values():
            self._count[out.entry.request_id] = self._count.get(out.entry.request_id, 0) + 1
            self._newest[out.entry.request_id] = out
            self._foresee(out, out.entry.at, since)
        for at, seq, request_id in past.withdrawals:
            phase = _LEAVES if arrived.get(request_id) == at else _PLANS
            self._queue.append(self._item(at, phase, seq, self._withdrawn, request_id))
        for at, effect in past.acceptances:
            self._queue.append(self._item(at, _HAPPENS, effect.seq, self._happens, (None, effect, False)))
        for it in past.freezes:
            self._queue.append(self._item(it.at, _HAPPENS, it.seq, self._freezes, it))
        for it in past.orders:
            self._queue.append(self._item(it.at, _HAPPENS, it.seq, self._orders, it))
        for at, campaign, state in past.plan_changes:
            if at >= since:
                self._queue.append(self._item(at, _PLANS, 1, self._plan_changes, (campaign, state)))
            else:
                self._plan_changes((campaign, state), at)
        for at, campaign in past.stops:
            self._queue.append(self._item(at, _PLANS, 0, self._stops, campaign))

    def _item(self, at: int, phase: int, order: int, happens: Callable[[Any, int], bool], what: Any) -> Any:
        self._number += 1
        return at, phase, order, self._number, happens, what

    def _push(self, at: int, phase: int, order: int, happens: Callable[[Any, int], bool], what: Any) -> None:
        if at < self._until:
            heappush(self._queue, self._item(at, phase, order, happens, what))

    # --- what happens; each tells whether the waiting requests are to be looked at

    def _arrives(self, request: Request, now: int) -> bool:
        self.fates[request.request_id] = Fate(request)
        later = request.not_before is not None and request.not_before > now
        next_look = request.not_before if later and request.not_before is not None else now
        self._live[request.request_id] = Waiting(request, None, next_look)
        if later:
            self._push(next_look, _LOOK, 0, self._looks, request.request_id)
        return True

    def _looks(self, request_id: str, now: int) -> bool:
        waiting = self._live.get(request_id)
        return waiting is not None and waiting.next_look <= now

    def _withdrawn(self, request_id: str, _now: int) -> bool:
        if self._live.pop(request_id, None) is not None:
            self.fates[request_id].state = "withdrawn"
            self.life.standing.seq += 1
        elif request_id in self._newest:
            self.life.recall(self._newest[request_id])
        return True

    def _plan_changes(self, change: tuple[str, str | None], now: int) -> bool:
        """Who waits for a plan is woken when it runs or has ended; what arrives at the instant is decided with it."""
        campaign, state = change
        if state is None:
            self._plans.pop(campaign, None)
        else:
            self._plans[campaign] = state
        return state in ("running", "stopped") and now not in self._arrived

    def _stops(self, campaign: str, _now: int) -> bool:
        for entry in [e for e in self.life.standing.entries if e.campaign_id == campaign and e.state != CLOSED]:
            self.life.recall(self.life.out[entry.contact_id])
        return False

    def _happens(self, told: tuple[Out | None, Effect, bool], now: int) -> bool:
        out, effect, borrowed = told
        if out is not None and out.state == "recalled":
            real = out.real
            if borrowed or real is None or real.recalled_after is None or effect.after < real.recalled_after:
                return False  # it was taken back before
        if out is not None and effect.kind == "in_time" and out.state != "recalled":
            return False
        self.life.happens(out, effect, now, self._policy)
        return True

    def _freezes(self, it: Happening, _now: int) -> bool:
        """A person opens a freeze, or closes one."""
        freeze = freeze_of(it)
        if freeze is None:
            self.life.thaw(it.body["freeze_id"])
        else:
            self.life.freeze(freeze, self._policy)
        return True

    def _orders(self, it: Happening, _now: int) -> bool:
        """Something is said of a work order; who waits for the end of one is looked at."""
        return self.life.order(it)

    def _runs_out(self, out: Out, _now: int) -> bool:
        return self.life.expire(out)

    # --- decisions

    def _decide(self, now: int) -> None:
        life, customer = self.life, self._past.customer
        requests = [waiting.request for waiting in self._live.values()]
        decisions, after = decide(life.standing, customer, requests, self._policy, now, self._world)
        if any(wants_room(d, after) for d in decisions):
            idle = self._idle()
            if idle:
                decisions, after = decide(life.standing, customer, requests, self._policy, now, self._world, idle)
        life.standing = after
        for decision in decisions:
            self._decided(decision, now)
        after.prune(now)

    def _idle(self) -> dict[str, Request]:
        """Contacts that, for all that is known, nobody has in hand."""
        found = {}
        for entry in self.life.standing.entries:
            if entry.state == OPEN:
                out = self.life.out[entry.contact_id]
                if out.state == "open" and out.request is not None and self._may_yield(out):
                    found[entry.contact_id] = out.request
        return found

    def _may_yield(self, out: Out) -> bool:
        return out.entry.channel not in SENT_BY_US or (out.real is not None and out.real.yielded)

    def _decided(self, decision: Decision, now: int) -> None:
        request = decision.request
        request_id = request.request_id
        for entry in decision.pre_empted:
            self._yields(entry)
        fate = self.fates.setdefault(request_id, Fate(request))
        objection = decision.because
        if objection is not None and objection.reason is not Reason.EXPIRED:
            fate.because = objection.reason.value, objection.rule
        if decision.kind == DEFERRED:
            self._defer(decision, fate)
            return
        self._live.pop(request_id, None)
        self.life.standing.seq += 1
        fate.state = decision.kind
        if decision.kind == RELEASED:
            self._released(decision, fate, now)

    def _defer(self, decision: Decision, fate: Fate) -> None:
        request_id, objection = decision.request.request_id, decision.because
        assert objection is not None
        assert decision.retry_at is not None
        if fate.because is not None:
            fate.deferred_by.add(fate.because)
        fate.state = "live"
        waiting = self._live.get(request_id)
        said = objection.reason.value, objection.rule, objection.until
        if waiting is None or waiting.said != said:
            self.life.standing.seq += 1
        if request_id in self._past.fleeting:
            self._live.pop(request_id, None)
            self.life.standing.seq += 1
            fate.state = "withdrawn"
            return
        retry_at = decision.request.expires_at if objection.recheck is not None else decision.retry_at
        self._live[request_id] = Waiting(decision.request, said, retry_at)
        if waiting is None or waiting.next_look != retry_at:
            self._push(retry_at, _LOOK, 0, self._looks, request_id)

    def _yields(self, entry: Entry) -> None:
        self.life.standing.seq += 1
        self.life.out[entry.contact_id].state = "recalled"
        release = self._by_contact.get(entry.contact_id)
        if release is not None:
            release.yielded = True

    def _released(self, decision: Decision, fate: Fate, now: int) -> None:
        request, channel, contact_id = decision.request, decision.channel, decision.contact_id
        assert channel is not None
        assert contact_id is not None
        real = self._counterpart(request.request_id)
        entry = self.life.standing.find(contact_id)
        assert entry is not None
        out = Out(entry, state_at_release(channel, real), request.expires_at, request, real)
        self.life.out[contact_id] = self._newest[request.request_id] = out
        release = Release(now, request, channel, contact_id, assumed=real is None)
        self.releases.append(release)
        self._by_contact[contact_id] = release
        fate.at, fate.channel = now, channel
        if real is None:
            self.life.happens(out, _ASSUMED, now, self._policy)
        self._foresee(out, now, now)

    def _counterpart(self, request_id: str) -> RealContact | None:
        """The real contact that this one is: the next one of the request, or its last."""
        known = self._past.contacts.get(request_id)
        number = self._count.get(request_id, 0)
        self._count[request_id] = number + 1
        return known[min(number, len(known) - 1)] if known else None

    def _foresee(self, out: Out, released: int, since: int) -> None:
        """What is to happen to a contact that went out at `released`, as far as it comes at `since` or later."""
        real = out.real
        told = [] if real is None else [(released + e.after, e, False) for e in real.effects]
        if real is not None and real.yielded and real.recalled_after is not None:
            told += [(released + real.recalled_after + e.after, e, True) for e in self._next(real)]
        for at, effect, borrowed in told:
            if at >= since:
                arrived = self._arrived.get(at)  # as when a pop-up shows what waited, after what is its own
                phase = _HAPPENS if arrived is None or effect.seq < arrived else _LEAVES
                self._push(at, phase, effect.seq, self._happens, (out, effect, borrowed))
        if out.state in HELD and not self._outlives(real, out.expires_at):
            self._push(max(out.expires_at, since), _RUNS_OUT, 0, self._runs_out, out)

    def _next(self, real: RealContact) -> Sequence[Effect]:
        """What became of the contact that was released in the place of one that yielded."""
        known = self._past.contacts[real.released.request_id or ""]
        place = known.index(real) + 1
        return known[place].effects if place < len(known) else ()

    @staticmethod
    def _outlives(real: RealContact | None, expires_at: int) -> bool:
        """Whether an agent still had it in hand when its time was up."""
        if real is None or real.expired:
            return False
        return any(real.released.at + effect.after > expires_at for effect in real.effects)


_ASSUMED = Effect(0, 0, Outcome.DELIVERED.value)
