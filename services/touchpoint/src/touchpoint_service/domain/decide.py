"""The gate's decision: all live requests of a customer, or a household, together, most important first.

`decide_together` is pure: the same facts give the same answer, so a live release, a pop-up, a rehearsal and an
explanation are the same code. It never raises for a contact that may not happen: that is a decision with a reason.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.budget_rules import in_the_way
from touchpoint_service.domain.facts import Customer, Facts, Request, World
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.domain.objection import Objection, unknown
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.rules import CHANNEL_RULES, REQUEST_RULES, first_of
from touchpoint_service.domain.standing import OPEN, Entry, Standing

RELEASED = "released"
DEFERRED = "deferred"
SUPPRESSED = "suppressed"
EXPIRED = "expired"


@dataclass(slots=True)
class Decision:
    """What became of one request. `retry_at` is set for a deferral, `contact_id` and `channel` for a release."""

    request: Request
    kind: str
    channel: str | None = None
    contact_id: str | None = None
    because: Objection | None = None
    retry_at: int | None = None
    pre_empted: tuple[Entry, ...] = ()
    """The contacts whose slots this release takes."""


NOTHING: Mapping[str, Request] = {}


def decide(
    standing: Standing,
    customer: Customer | None,
    requests: Iterable[Request],
    policy: Policy | None,
    now: int,
    world: World,
    recallable: Mapping[str, Request] = NOTHING,
) -> tuple[list[Decision], Standing]:
    """`decide_together` for a customer who shares no budget with anybody."""
    who = standing.customer_id
    customers = {} if customer is None else {who: customer}
    decisions, after = decide_together({who: standing}, customers, requests, policy, now, world, recallable)
    return decisions, after[who]


def decide_together(
    standings: Mapping[str, Standing],
    customers: Mapping[str, Customer],
    requests: Iterable[Request],
    policy: Policy | None,
    now: int,
    world: World,
    recallable: Mapping[str, Request] = NOTHING,
) -> tuple[list[Decision], dict[str, Standing]]:
    """Decide each request of a household, in the order (class, score, age, id), each seeing the releases before it.

    Requests whose `not_before` lies ahead are left out: nothing is decided about them yet. The standings given are not
    changed; those returned reserve a slot for each release. Unknown customer or policy: never a release.

    Args:
        standings: of all members, by customer id; who shares no budget is a household of one.
        customers: their documents, as far as they are known.
        recallable: contacts that nobody has in hand, by id, with the request of each. Where a cap or a gap is all that
            stands against a request, it takes the slots of less important ones of the same customer among them; their
            requests compete again, in their turn.
    """
    after = {c: standing.copy() for c, standing in standings.items()}
    table = _Table(after, customers, policy, now, world, recallable)
    decisions = []
    queue = sorted(requests, key=importance)
    for place, request in enumerate(queue, 1):
        if request.not_before is not None and request.not_before > now:
            table.expect(request, request.not_before)
            continue
        decision = _decide_one(table, request)
        if decision.contact_id is not None:
            assert decision.channel is not None
            own = after[request.customer_id]
            for entry in decision.pre_empted:
                own.give_back(entry.contact_id)
                insort(queue, recallable[entry.contact_id], lo=place, key=importance)
            own.entries.append(_entry(request, decision.channel, decision.contact_id, now))
        elif decision.because is not None and decision.because.until is not None and decision.kind == DEFERRED:
            table.expect(request, decision.because.until)
        decisions.append(decision)
    return decisions, after


@dataclass(slots=True)
class _Table:
    """What lies on the table while the requests of a household are decided."""

    standings: dict[str, Standing]
    customers: Mapping[str, Customer]
    policy: Policy | None
    now: int
    world: World
    recallable: Mapping[str, Request]
    ahead: dict[str, list[tuple[int, Request]]] = field(default_factory=dict)

    def expect(self, request: Request, due: int) -> None:
        """A request will be looked at again then; those that come after it know that."""
        self.ahead.setdefault(request.customer_id, []).append((due, request))

    def facts(self, request: Request, policy: Policy, customer: Customer) -> Facts:
        """What the rules may look at for a request."""
        who = request.customer_id
        others: tuple[Standing, ...] = ()
        if policy.shares_budgets and len(self.standings) > 1:
            others = tuple(standing for c, standing in self.standings.items() if c != who)
        standing, ahead = self.standings[who], self.ahead.get(who, ())
        return Facts(self.now, policy, standing, customer, request, self.world, request.channels[0], others, ahead)


def wants_room(decision: Decision, standing: Standing) -> bool:
    """Whether less important contacts that nobody may have in hand keep this request from going."""
    return (
        decision.because is not None
        and decision.because.reason in _FULL
        and any(_yields(entry, decision.request) for entry in standing.entries)
    )


def importance(request: Request) -> tuple[int, float, int, str]:
    """Smaller goes first: class, then higher score, then age; the id breaks ties the same way every time."""
    return request.contact_class, -request.score, request.at, request.request_id


def first_objection(facts: Facts) -> tuple[Objection | None, str]:
    """The objection that stands, and the channel it was found in: none, and the first channel that may go.

    With several channels the one that frees first speaks for the request; a final objection only where all are final.
    """
    request = facts.request
    objection = first_of(REQUEST_RULES, facts)
    if objection is not None:
        return objection, request.channels[0]
    standing_objection: Objection | None = None
    where = request.channels[0]
    for channel in request.channels:
        if channel != facts.channel:
            facts.look_at(channel)
        objection = first_of(CHANNEL_RULES, facts)
        if objection is None:
            return None, channel
        if standing_objection is None or _frees_before(objection, standing_objection):
            standing_objection, where = objection, channel
    return standing_objection, where


_FULL = frozenset((Reason.FREQUENCY_CAP, Reason.SLOT_HELD, Reason.MINIMUM_GAP))
"""What another contact's slot cures."""


def _yields(entry: Entry, request: Request) -> bool:
    return entry.state == OPEN and entry.contact_class > request.contact_class


def _make_room(facts: Facts, recallable: Mapping[str, Request]) -> tuple[str, tuple[Entry, ...]] | None:
    """The first channel in which a request could go in the place of less important contacts, and these contacts.

    Of those in the way the least important goes first, the newest of equal ones; nothing is taken in vain.
    """
    standing = facts.standing
    for channel in facts.request.channels:
        facts.look_at(channel)
        facts.standing = standing.copy()
        taken: list[Entry] = []
        while (objection := first_of(CHANNEL_RULES, facts)) is not None and objection.reason in _FULL:
            yielding = [
                e for e in in_the_way(facts, objection) if _yields(e, facts.request) and e.contact_id in recallable
            ]
            if not yielding:
                break
            least = max(yielding, key=lambda e: (e.contact_class, e.at, e.contact_id))
            facts.standing.give_back(least.contact_id)
            taken.append(least)
        if objection is None:
            return channel, tuple(taken)
    return None


def _decide_one(table: _Table, request: Request) -> Decision:
    now, policy = table.now, table.policy
    if now >= request.expires_at:
        return Decision(request, EXPIRED, because=Objection(Reason.EXPIRED))
    if policy is None:
        return _refusal(request, unknown(now, Reason.NO_POLICY), None)
    customer = table.customers.get(request.customer_id)
    if customer is None:
        return _refusal(request, unknown(now, Reason.UNKNOWN_CUSTOMER), None)
    facts = table.facts(request, policy, customer)
    seq = facts.standing.seq
    objection, channel = first_objection(facts)
    pre_empted: tuple[Entry, ...] = ()
    if objection is not None:
        may_yield = table.recallable
        room = _make_room(facts, may_yield) if may_yield and first_of(REQUEST_RULES, facts) is None else None
        if room is None:
            return _refusal(request, objection, channel)
        channel, pre_empted = room
    contact_id = natural_id("ctc", now, request.customer_id, request.request_id, str(seq))
    return Decision(request, RELEASED, channel, contact_id, pre_empted=pre_empted)


def _refusal(request: Request, objection: Objection, channel: str | None) -> Decision:
    """A deferral while the rule can free before the request expires, else a suppression."""
    if objection.until is not None and objection.until < request.expires_at:
        return Decision(request, DEFERRED, channel, because=objection, retry_at=objection.until)
    if objection.may_free:
        retry_at = min(objection.recheck or request.expires_at, request.expires_at)
        return Decision(request, DEFERRED, channel, because=objection, retry_at=retry_at)
    return Decision(request, SUPPRESSED, channel, because=objection)


def _frees_before(one: Objection, other: Objection) -> bool:
    if one.until is not None:
        return other.until is None or one.until < other.until
    return one.may_free and other.until is None and not other.may_free


def _entry(request: Request, channel: str, contact_id: str, now: int) -> Entry:
    return Entry(
        now,
        contact_id,
        request.request_id,
        channel,
        request.category,
        request.purpose,
        request.contact_class,
        request.campaign_id,
        request.offer_id,
        request.goal,
    )
