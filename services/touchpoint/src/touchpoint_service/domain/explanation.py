"""Why a decision came out as it did: every rule that was looked at, who competed, who won, who had to yield.

What always holds:
- an explanation is made from the stored facts alone, by the functions that decided: no rule is written down twice, and
  a rule that is added to `REQUEST_RULES` or `CHANNEL_RULES` is explained at once;
- the objection that stands is the first one among the rules of its channel, as it was when the decision was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any
from zoneinfo import ZoneInfo

from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.budget_rules import counted_for, in_the_way, scope_key, slots, windows_of
from touchpoint_service.domain.decide import DEFERRED, Decision, importance
from touchpoint_service.domain.decided import Stored
from touchpoint_service.domain.facts import Customer, Facts, Request, World
from touchpoint_service.domain.objection import Objection
from touchpoint_service.domain.policy import Applying, Cap, Policy
from touchpoint_service.domain.rules import CHANNEL_RULES, REQUEST_RULES, RuleFunction
from touchpoint_service.domain.standing import Entry, Standing

_UTC = ZoneInfo("UTC")
_SLOTS = frozenset((Reason.FREQUENCY_CAP, Reason.SLOT_HELD, Reason.MINIMUM_GAP))
"""Objections that other contacts are the cause of."""


class NotDecided(LookupError):
    """Nothing was decided of this request by these facts."""


@dataclass(frozen=True, slots=True)
class Case:
    """Stored facts, and the documents in the versions that they name."""

    now: int
    customer_id: str
    """Whose decision it is; others may have been decided together with it."""
    stored: Stored
    customers: Mapping[str, Customer]
    policy: Policy | None
    world: World

    @property
    def customer(self) -> Customer | None:
        """Whose decision it is, as they were known then."""
        return self.customers.get(self.customer_id)

    @property
    def zone(self) -> ZoneInfo:
        """In which times are told: the customer's zone, else that of the business."""
        if self.customer is not None and self.customer.zone is not None:
            return self.customer.zone
        return _UTC if self.policy is None else self.policy.zone


@dataclass(frozen=True, slots=True)
class Figures:
    """What a rule has counted: the window is from `first` to `last`, both included, by the clock of `zone`."""

    counter: int
    limit: int
    first: int
    last: int
    zone: ZoneInfo | None


@dataclass(frozen=True, slots=True)
class Look:
    """One rule that was looked at: a kind of rule is the function's name, `rule` the name that the policy gives it."""

    kind: str
    rule: str | None
    objection: Objection | None
    figures: Figures | None = None
    named: Any = None
    """The policy's rule made ready, where the kind has such."""


@dataclass(frozen=True, slots=True)
class ChannelLooks:
    """All rules that were looked at for one channel."""

    channel: str
    looks: tuple[Look, ...]

    @property
    def objection(self) -> Objection | None:
        """The one that stands in this channel."""
        return _first(self.looks)


@dataclass(frozen=True, slots=True)
class Competitor:
    """Another live request of the customer; `decision` is None while it is not wanted yet."""

    request: Request
    decision: Decision | None
    ahead: bool
    """Whether it was decided before the request that is explained."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A contact that takes a slot which the request wanted; `request` is the one that won it in the same decision."""

    entry: Entry
    request: Request | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to say about one decision."""

    case: Case
    decision: Decision
    looks: tuple[Look, ...]
    """Once for the request, before any channel."""
    channels: tuple[ChannelLooks, ...]
    competitors: tuple[Competitor, ...]
    holders: tuple[Holder, ...]

    @property
    def request(self) -> Request:
        """What was decided about."""
        return self.decision.request

    @property
    def place(self) -> int:
        """Which of the requests decided together it was, from 1."""
        return 1 + sum(c.ahead for c in self.competitors)

    @property
    def standing_look(self) -> Look | None:
        """The rule whose objection stands; None for a release, and where no rule was asked."""
        own = next((c.looks for c in self.channels if c.channel == self.decision.channel), ())
        return next((look for look in (*self.looks, *own) if look.objection == self.decision.because), None)


def explain(case: Case, request_id: str) -> Explanation:
    """Decide again, and tell what happened to one of the requests.

    Raises:
        NotDecided: it is not among those that these facts decided.
    """
    decisions, after = case.stored.again(case.customers, case.policy, case.world, case.now)
    asked = case.customer_id, request_id
    place = next((n for n, d in enumerate(decisions) if (d.request.customer_id, d.request.request_id) == asked), None)
    if place is None:
        raise NotDecided(request_id)
    decision = decisions[place]
    looks: tuple[Look, ...] = ()
    channels: tuple[ChannelLooks, ...] = ()
    holders: tuple[Holder, ...] = ()
    facts = _facts(case, decision, decisions[:place], after)
    if facts is not None:
        looks = _looked_at(REQUEST_RULES, facts)
        channels = tuple(_in_channel(facts, channel) for channel in decision.request.channels)
        holders = _holders(facts, decision, decisions)
    return Explanation(case, decision, looks, channels, _competitors(case.stored, decisions, place), holders)


def _facts(case: Case, decision: Decision, earlier: Sequence[Decision], after: Mapping[str, Standing]) -> Facts | None:
    """As the rules were given them; None where none was asked."""
    request, policy = decision.request, case.policy
    if policy is None or case.customer is None or case.now >= request.expires_at:
        return None
    seen = {
        c: _seen(standing, [d for d in earlier if d.request.customer_id == c], after[c])
        for c, standing in case.stored.standings.items()
    }
    own = seen.pop(case.customer_id)
    others = tuple(seen.values()) if policy.shares_budgets else ()
    ahead = _ahead(case, request, earlier)
    return Facts(case.now, policy, own, case.customer, request, case.world, request.channels[0], others, ahead)


def _ahead(case: Case, request: Request, earlier: Sequence[Decision]) -> list[tuple[int, Request]]:
    """More important requests of the customer that were known to be due later."""
    found = [
        (r.not_before, r)
        for r in case.stored.requests
        if r.not_before is not None and r.not_before > case.now and importance(r) < importance(request)
    ]
    found += [
        (d.because.until, d.request)
        for d in earlier
        if d.kind == DEFERRED and d.because is not None and d.because.until is not None
    ]
    return [(due, r) for due, r in found if r.customer_id == case.customer_id]


def _seen(before: Standing, earlier: Sequence[Decision], after: Standing) -> Standing:
    """The standing as the next request saw it: with the releases before it, without what these took back."""
    seen = before.copy()
    for decision in earlier:
        entry = None if decision.contact_id is None else after.find(decision.contact_id)
        for taken in decision.pre_empted:
            seen.give_back(taken.contact_id)
        if entry is not None:
            seen.entries.append(entry)
    return seen


def _in_channel(facts: Facts, channel: str) -> ChannelLooks:
    facts.look_at(channel)
    return ChannelLooks(channel, _looked_at(CHANNEL_RULES, facts))


def _looked_at(rules: Iterable[RuleFunction], facts: Facts) -> tuple[Look, ...]:
    return tuple(look for rule in rules for look in _looks(rule, facts))


def _looks(rule: RuleFunction, facts: Facts) -> list[Look]:
    """What a rule says: for each of the policy's rules of its kind, where it looks at them one by one."""
    kind, whole = rule.__name__, rule(facts)
    member = next((f.name for f in fields(Applying) if f.name in (kind, f"{kind}s")), "")
    named = getattr(facts.applying, member, ())
    if not isinstance(named, tuple) or not named:
        return [Look(kind, None if whole is None else whole.rule, whole)]
    alone = copy(facts)
    found = []
    for each in named:
        only: dict[str, Any] = {member: (each,)}
        alone.applying = replace(facts.applying, **only)
        found.append(Look(kind, each.name, rule(alone), _figures(facts, each), each))
    if _first(found) != whole or any(look.objection and look.objection.rule != look.rule for look in found):
        return [Look(kind, None if whole is None else whole.rule, whole)]  # it weighs them together
    return found


def _first(looks: Iterable[Look]) -> Objection | None:
    return next((look.objection for look in looks if look.objection is not None), None)


def _figures(facts: Facts, named: Any) -> Figures | None:
    """What a cap has counted for this request, whether or not it objects; None for one that does not bind it."""
    if not isinstance(named, Cap) or (named.attribute is not None and scope_key(facts, named.scope) is None):
        return None
    windows = windows_of(facts, named)
    if not windows:
        return None
    zone = None if named.micros is not None else facts.policy.zone if named.business else facts.customer.zone
    last = max(facts.now if w.ends is None else w.ends - 1 for w in windows)
    counted = slots(named, counted_for(facts, named, windows))
    return Figures(counted, named.limit, min(w.first for w in windows), last, zone)


def _holders(facts: Facts, decision: Decision, decisions: Sequence[Decision]) -> tuple[Holder, ...]:
    """Who has the slots that stood against the request."""
    won = {d.contact_id: d.request for d in decisions if d.contact_id is not None}
    objection = decision.because
    if objection is None or objection.reason not in _SLOTS or decision.channel is None:
        return ()
    facts.look_at(decision.channel)
    return tuple(Holder(entry, won.get(entry.contact_id)) for entry in in_the_way(facts, objection))


def _competitors(stored: Stored, decisions: Sequence[Decision], place: int) -> tuple[Competitor, ...]:
    found = [Competitor(d.request, d, n < place) for n, d in enumerate(decisions) if n != place]
    decided = {(d.request.customer_id, d.request.request_id) for d in decisions}
    waiting = (r for r in stored.requests if (r.customer_id, r.request_id) not in decided)
    found += [Competitor(r, None, ahead=False) for r in waiting]
    return tuple(found)
