"""The contact rules: each a pure function named after what it guards, that objects or stays silent.

The order in `REQUEST_RULES` and `CHANNEL_RULES` is the order in which they are looked at; the first objection wins.
`until` is the exact instant at which the rule frees; `may_free` says that something short of the clock (an outcome, a
resumed plan) may free it earlier. With neither, the answer is final.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import Reason
from rapport.ranking import is_eligible
from touchpoint_service.domain.facts import Facts
from touchpoint_service.domain.policy import SCOPE_ATTRIBUTES, Cap
from touchpoint_service.domain.standing import OPEN, Entry
from touchpoint_service.domain.windows import SECOND, calendar_window, inside_daily


class Objection(NamedTuple):
    """Why not: the rule, and the figures that made it object."""

    reason: Reason
    rule: str | None = None
    until: int | None = None
    may_free: bool = False
    counter: int | None = None
    limit: int | None = None
    window_start: int | None = None
    recheck: int | None = None
    """Look again then, though nothing says that it will have freed: what is unknown may become known."""


UNKNOWN_SECONDS = 60
"""How often what is unknown is looked for again, should the event that makes it known be missed."""


def unknown(facts_now: int, reason: Reason, rule: str | None = None) -> Objection:
    """What we do not know stops a contact, and is looked for again."""
    return Objection(reason, rule=rule, may_free=True, recheck=facts_now + UNKNOWN_SECONDS * SECOND)


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
    if not is_eligible(offer, facts.customer.document, facts.standing.accepted_offers, now):
        return Objection(Reason.NOT_ELIGIBLE, rule="eligibility")
    return None


def cool_down(facts: Facts) -> Objection | None:
    """After a refusal or a complaint the customer is left alone, as long and as widely as the policy says."""
    for pause in facts.standing.cool_downs:
        if pause.until is not None and pause.until <= facts.now:
            continue
        if pause.scope != "all" and pause.key != scope_key(facts, pause.scope):
            continue
        reason = {"complaint": Reason.COMPLAINT_FREEZE, "do_not_contact": Reason.DO_NOT_DISTURB}.get(
            pause.outcome, Reason.COOL_DOWN
        )
        if reason is Reason.DO_NOT_DISTURB and facts.applying.may_disturb:
            continue
        return Objection(reason, rule=pause.rule, until=pause.until)
    return None


def unreachable(facts: Facts) -> Objection | None:
    """No number to call, no address to write to."""
    if facts.channel not in facts.customer.reachable:
        return Objection(Reason.NO_REACHABLE_CHANNEL)
    return None


def no_consent(facts: Facts) -> Objection | None:
    """No record is no consent."""
    purpose = facts.request.purpose
    if not facts.applying.needs_consent or purpose in facts.policy.document.consent.exempt_purposes:
        return None
    if facts.customer.consents.get((facts.channel, purpose)):
        return None
    return Objection(Reason.NO_CONSENT)


def quiet_hours(facts: Facts) -> Objection | None:
    """By the customer's own clock; whoever's zone is unknown is not contacted under such a rule."""
    for rule in facts.applying.quiet_hours:
        zone = facts.customer.zone
        if zone is None:
            return Objection(Reason.UNKNOWN_TIME_ZONE, rule=rule.name)
        ends = inside_daily(facts.now, rule.start, rule.end, rule.days, zone)
        if ends is not None:
            return Objection(Reason.QUIET_HOURS, rule=rule.name, until=ends)
    return None


def minimum_gap(facts: Facts) -> Objection | None:
    """A contact exactly one gap ago is far enough."""
    for rule in facts.applying.minimum_gaps:
        channels = rule.channels
        latest = next((e for e in reversed(facts.standing.entries) if channels is None or e.channel in channels), None)
        if latest is not None and latest.at + rule.micros > facts.now:
            return Objection(
                Reason.MINIMUM_GAP,
                rule=rule.name,
                until=latest.at + rule.micros,
                may_free=latest.state == OPEN,
                counter=1,
                limit=1,
            )
    return None


def frequency_cap(facts: Facts) -> Objection | None:
    """Object when `limit` counted contacts lie inside the window; the instant on its far edge is outside.

    A cap per campaign, offer or goal does not bind a request that has none.
    """
    for cap in facts.applying.frequency_caps:
        if cap.attribute is not None and scope_key(facts, cap.scope) is None:
            continue
        if len(facts.standing.entries) < cap.limit and (cap.business or facts.customer.zone is not None):
            continue
        window = window_of(facts, cap)
        if window is None:
            return Objection(Reason.UNKNOWN_TIME_ZONE, rule=cap.name)
        counted = counted_for(facts, cap, window)
        if len(counted) < cap.limit:
            continue
        return Objection(
            Reason.FREQUENCY_CAP,
            rule=cap.name,
            until=frees_at(cap, counted, window),
            may_free=any(e.state == OPEN for e in counted),
            counter=len(counted),
            limit=cap.limit,
            window_start=window.first,
        )
    return None


def in_the_way(facts: Facts, objection: Objection) -> list[Entry]:
    """The contacts that make a cap or a gap object, in the channel at hand."""
    for gap in facts.applying.minimum_gaps:
        if gap.name == objection.rule:
            near = [e for e in facts.standing.entries if e.at + gap.micros > facts.now]
            return [e for e in near if gap.channels is None or e.channel in gap.channels]
    cap = next(cap for cap in facts.applying.frequency_caps if cap.name == objection.rule)
    window = window_of(facts, cap)
    return [] if window is None else counted_for(facts, cap, window)


class Window(NamedTuple):
    """The first instant that counts, and when a calendar window ends."""

    first: int
    ends: int | None


def window_of(facts: Facts, cap: Cap) -> Window | None:
    """The window that a cap looks at now; None where the customer's zone is needed and unknown.

    The far edge of a rolling window is outside: it begins a microsecond later.
    """
    if cap.micros is not None:
        return Window(facts.now - cap.micros + 1, None)
    zone = facts.policy.zone if cap.business else facts.customer.zone
    return None if zone is None else Window(*calendar_window(facts.now, cap.unit, zone))


def counted_for(facts: Facts, cap: Cap, window: Window) -> list[Entry]:
    """The contacts that a cap counts for this request, oldest first."""
    first, channels, attribute = window.first, cap.channels, cap.attribute
    found = [e for e in facts.standing.entries if e.at >= first]
    if channels is not None:
        found = [e for e in found if e.channel in channels]
    if attribute is not None:
        key = scope_key(facts, cap.scope)
        found = [e for e in found if getattr(e, attribute) == key]
    return found


def frees_at(cap: Cap, counted: list[Entry], window: Window) -> int | None:
    """When the next slot frees: the end of a calendar window, else when the contact in the way leaves. None: never."""
    if not cap.limit:
        return None
    if cap.micros is None:
        return window.ends
    return counted[max(0, len(counted) - cap.limit)].at + cap.micros


def scope_key(facts: Facts, scope: str) -> str | None:
    """What a scope means for this request: its category, its campaign, … None for `all`, and where it has none."""
    if scope == "channel":
        return facts.channel
    attribute = SCOPE_ATTRIBUTES.get(scope)
    return None if attribute is None else getattr(facts.request, attribute)


RuleFunction = Callable[[Facts], Objection | None]


def first_of(rules: Iterable[RuleFunction], facts: Facts) -> Objection | None:
    """The objection of the first rule that has one."""
    for rule in rules:
        objection = rule(facts)
        if objection is not None:
            return objection
    return None


REQUEST_RULES: tuple[RuleFunction, ...] = (campaign_stopped, goal_met, do_not_disturb, not_eligible)
"""Looked at once per request."""

CHANNEL_RULES: tuple[RuleFunction, ...] = (
    unreachable,
    do_not_call,
    no_consent,
    cool_down,
    quiet_hours,
    minimum_gap,
    frequency_cap,
)
"""Looked at for each channel that the request names."""

HANDOVER_RULES: tuple[RuleFunction, ...] = (quiet_hours,)
"""Looked at again when a released contact is handed to an agent or sent: hours may have passed since its release."""
