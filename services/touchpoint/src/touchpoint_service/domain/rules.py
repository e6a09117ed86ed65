"""The contact rules: each a pure function named after what it guards, that objects or stays silent.

The order in `REQUEST_RULES` and `CHANNEL_RULES` is the order in which they are looked at; the first objection wins.
`until` is the exact instant at which the rule frees; `may_free` says that something short of the clock (an outcome, a
resumed plan) may free it earlier. With neither, the answer is final.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import Reason, WorkOrderKind
from rapport.ranking import first_hindrance
from touchpoint_service.domain.budget_rules import frequency_cap, minimum_gap, scope_key
from touchpoint_service.domain.clock_rules import blackout, legal_hours, opening_hours, quiet_hours
from touchpoint_service.domain.facts import Facts
from touchpoint_service.domain.objection import STALE, Objection, unknown
from touchpoint_service.domain.standing import FREEZE


def stale_replica(facts: Facts) -> Objection | None:
    """Who acts on what is too old does not know of the word that the customer, or a planner, has given since."""
    minutes = facts.world.minutes_old
    if minutes is None:
        return None
    limit = facts.policy.document.max_replica_minutes
    return unknown(facts.now, Reason.UNKNOWN_CUSTOMER, STALE)._replace(counter=minutes, limit=limit)


def campaign_stopped(facts: Facts) -> Objection | None:
    """Only a running plan contacts anybody; a paused or not yet known one may run later."""
    campaign = facts.request.campaign_id
    if campaign is None:
        return None
    state = facts.world.plans.get(campaign)
    if state == "running":
        return None
    if state is None:
        return unknown(facts.now, Reason.CAMPAIGN_STOPPED, "unknown-campaign")
    return Objection(Reason.CAMPAIGN_STOPPED, may_free=state not in ("stopped", "finished"))


def goal_met(facts: Facts) -> Objection | None:
    """What the customer has accepted is not asked again, in any channel."""
    goal = facts.request.goal
    met = facts.standing.goals.get(goal) if goal is not None else None
    if not met:
        return None
    same = any(one.offer_id == facts.request.offer_id for one in met)
    return Objection(Reason.ALREADY_ACCEPTED if same else Reason.GOAL_MET)


def do_not_disturb(facts: Facts) -> Objection | None:
    """The customer asked for peace; only the classes that the policy exempts get through."""
    until = facts.customer.do_not_disturb_until
    if until is not None and until > facts.now and not facts.applying.may_disturb:
        return Objection(Reason.DO_NOT_DISTURB, until=until)
    return None


def do_not_call(facts: Facts) -> Objection | None:
    """On a do-not-call list: no voice calls; only the classes that the policy exempts get through."""
    if facts.channel == "call" and facts.customer.do_not_call and not facts.applying.may_disturb:
        return Objection(Reason.DO_NOT_DISTURB, rule="do-not-call")
    return None


def not_eligible(facts: Facts) -> Objection | None:
    """An offer goes only to whom it is for, while it is published and valid. An unknown offer goes to nobody."""
    offer_id = facts.request.offer_id
    if offer_id is None:
        return None
    offer = facts.world.offers.get(offer_id)
    if offer is None:
        return unknown(facts.now, Reason.NOT_ELIGIBLE, "unknown-offer")
    now = from_micros(facts.now)
    document = offer.document
    if not offer.in_force(now):
        begins = document.valid_from
        early = document.state == "published" and begins is not None and now < begins
        return Objection(
            Reason.NOT_ELIGIBLE, rule="offer-not-open", until=to_micros(begins) if early and begins else None
        )
    if document.sold_out:
        return Objection(Reason.NOT_ELIGIBLE, rule="sold-out", may_free=True)
    hindrance = first_hindrance(offer, facts.customer.document, facts.standing.accepted_offers, now)
    return None if hindrance is None else Objection(Reason.NOT_ELIGIBLE, rule=hindrance)


def cool_down(facts: Facts) -> Objection | None:
    """After a refusal or a complaint the customer is left alone, as long and as widely as the policy says.

    A freeze stops all until it is closed, but the classes that the policy lets through to whoever asked for peace.
    """
    for pause in facts.standing.cool_downs:
        if pause.until is not None and pause.until <= facts.now:
            continue
        if pause.scope != "all" and pause.key != scope_key(facts, pause.scope):
            continue
        reason = _WHY_PAUSED.get(pause.outcome, Reason.COOL_DOWN)
        if pause.outcome in _LET_THROUGH and facts.applying.may_disturb:
            continue
        return Objection(reason, rule=pause.rule, until=pause.until, may_free=pause.freeze_id is not None)
    return None


def open_work_order(facts: Facts) -> Objection | None:
    """While somebody works on what the customer has brought up, the contacts that the policy names wait for the end."""
    orders = facts.standing.orders
    if not orders:
        return None
    for hold in facts.applying.work_order_holds:
        for kind in orders.values():
            if hold.kinds is None or kind in hold.kinds:
                complaint = kind == WorkOrderKind.COMPLAINT
                reason = Reason.COMPLAINT_FREEZE if complaint else Reason.COOL_DOWN
                return Objection(reason, rule=hold.name, may_free=True)
    return None


_WHY_PAUSED = {
    "complaint": Reason.COMPLAINT_FREEZE,
    FREEZE: Reason.COMPLAINT_FREEZE,
    "do_not_contact": Reason.DO_NOT_DISTURB,
}
_LET_THROUGH = frozenset(("do_not_contact", FREEZE))
"""Pauses after these do not stop the classes that the policy exempts from do-not-disturb."""


def unreachable(facts: Facts) -> Objection | None:
    """No number to call, no address to write to."""
    if facts.channel not in facts.customer.reachable:
        return Objection(Reason.NO_REACHABLE_CHANNEL)
    return None


def no_consent(facts: Facts) -> Objection | None:
    """No record is no consent, unless the policy says that the law of the customer's place presumes it."""
    if not facts.applying.needs_consent:
        return None
    purpose, customer = facts.request.purpose, facts.customer
    said = customer.consents.get((facts.channel, purpose))
    if said is None:
        said = facts.policy.presumes_consent(facts.channel, purpose, customer.country, customer.region)
    return None if said else Objection(Reason.NO_CONSENT)


RuleFunction = Callable[[Facts], Objection | None]


def first_of(rules: Iterable[RuleFunction], facts: Facts) -> Objection | None:
    """The objection of the first rule that has one."""
    for rule in rules:
        objection = rule(facts)
        if objection is not None:
            return objection
    return None


REQUEST_RULES: tuple[RuleFunction, ...] = (stale_replica, campaign_stopped, goal_met, do_not_disturb, not_eligible)
"""Looked at once per request."""

CHANNEL_RULES: tuple[RuleFunction, ...] = (
    unreachable,
    do_not_call,
    no_consent,
    blackout,
    cool_down,
    open_work_order,
    legal_hours,
    quiet_hours,
    opening_hours,
    minimum_gap,
    frequency_cap,
)
"""Looked at for each channel that the request names."""

HANDOVER_RULES: tuple[RuleFunction, ...] = (
    do_not_disturb,
    do_not_call,
    no_consent,
    blackout,
    legal_hours,
    quiet_hours,
    opening_hours,
)
"""Looked at again when a released contact is handed to an agent or sent: hours may have passed since its release."""
