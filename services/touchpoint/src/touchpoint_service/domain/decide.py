"""The gate's decision: all live requests of one customer together, most important first.

`decide` is pure: the same facts give the same answer, so a live release, a pop-up, a rehearsal and an explanation are
the same code. It never raises for a contact that may not happen: that is a decision with a reason.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.facts import Customer, Facts, Request, World
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.rules import CHANNEL_RULES, REQUEST_RULES, Objection, first_of, in_the_way, unknown
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
    """Decide each request, in the order (class, score, age, id), each seeing the releases before it.

    Requests whose `not_before` lies ahead are left out: nothing is decided about them yet. The standing given is not
    changed; the one returned reserves a slot for each release. Unknown customer or policy: never a release.

    Args:
        recallable: contacts that nobody has in hand, by id, with the request of each. Where a cap or a gap is all that
            stands against a request, it takes the slots of less important ones among them; their requests compete
            again, in their turn.
    """
    after = standing.copy()
    decisions = []
    queue = sorted(requests, key=importance)
    for place, request in enumerate(queue, 1):
        if request.not_before is not None and request.not_before > now:
            continue
        decision = _decide_one(after, customer, request, policy, now, world, recallable)
        if decision.contact_id is not None:
            assert decision.channel is not None
            for entry in decision.pre_empted:
                after.give_back(entry.contact_id)
                insort(queue, recallable[entry.contact_id], lo=place, key=importance)
            after.entries.append(_entry(request, decision.channel, decision.contact_id, now))
        decisions.append(decision)
    return decisions, after


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


_FULL = frozenset((Reason.FREQUENCY_CAP, Reason.MINIMUM_GAP))
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


def _decide_one(
    standing: Standing,
    customer: Customer | None,
    request: Request,
    policy: Policy | None,
    now: int,
    world: World,
    recallable: Mapping[str, Request],
) -> Decision:
    if now >= request.expires_at:
        return Decision(request, EXPIRED, because=Objection(Reason.EXPIRED))
    if policy is None:
        return _refusal(request, unknown(now, Reason.NO_POLICY), None)
    if customer is None:
        return _refusal(request, unknown(now, Reason.UNKNOWN_CUSTOMER), None)
    facts = Facts(now, policy, standing, customer, request, world, request.channels[0])
    objection, channel = first_objection(facts)
    pre_empted: tuple[Entry, ...] = ()
    if objection is not None:
        room = _make_room(facts, recallable) if recallable and first_of(REQUEST_RULES, facts) is None else None
        if room is None:
            return _refusal(request, objection, channel)
        channel, pre_empted = room
    contact_id = natural_id("ctc", now, request.customer_id, request.request_id, str(standing.seq))
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
