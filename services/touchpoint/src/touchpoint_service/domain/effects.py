"""What happens to contacts after their release, and what of it counts: for a life that nobody lived.

The replay changes a standing by these functions exactly as the service changes the stored one in
`handlers/contacts.py`, `outcomes.py`, `acceptances.py`, `freezes.py` and `work_orders.py`; a test replays what the
service did and compares every contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import ContactClass, Outcome
from rapport.ranking import Offer
from touchpoint_service.domain.facts import Customer, Request
from touchpoint_service.domain.past import (
    ACCEPTED,
    FREEZES,
    IN_TIME,
    OPEN_AGAIN,
    ORDERED,
    RESOLVED,
    TOO_LATE,
    Effect,
    Happening,
    Past,
    PolicyAt,
    RealContact,
    Step,
    freeze_of,
)
from touchpoint_service.domain.policy import Policy, contact_facts
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.standing import (
    CLOSED,
    OPEN,
    RETENTION,
    SHOWN,
    STAYS_OPEN,
    CoolDown,
    Entry,
    GoalMet,
    Standing,
)
from touchpoint_service.domain.windows import DAY

NO_POLICY = Policy("", 0, PolicyDocument(name="default"))
"""What holds while no policy is in force."""

HELD = frozenset(("open", "shown"))
_REACHED = frozenset((Outcome.DELIVERED.value, Outcome.OPENED.value, Outcome.SHOWN.value))
SENT_BY_US = frozenset(("sms", "email"))


@dataclass(slots=True)
class Out:
    """A contact that went out. `state` is open, sent, shown, closed, recalled or expired."""

    entry: Entry
    state: str
    expires_at: int
    request: Request | None = None
    """None: it went out before the replay begins, and does not compete again."""
    real: RealContact | None = None
    """What really became of it; None where only the replay releases it."""


@dataclass(slots=True)
class Life:
    """What counts for one customer, and the contacts that went out."""

    standing: Standing
    offers: Mapping[str, Offer]
    out: dict[str, Out] = field(default_factory=dict)
    recalled: int = 0
    customer: Customer | None = None

    def copy(self) -> Life:
        """A life that goes on from here by itself."""
        out = {i: replace(each) for i, each in self.out.items()}
        return Life(self.standing.copy(), self.offers, out, customer=self.customer)

    def recall(self, out: Out) -> None:
        """Take a contact back, unless its channel is done with it: what never reached the customer does not count."""
        if out.state in HELD:
            self._release_entry(out)
            out.state = "recalled"
            self.standing.seq += 1
            self.recalled += 1

    def expire(self, out: Out) -> bool:
        """Its time is up; whether a channel still held it."""
        if out.state not in HELD:
            return False
        self._release_entry(out)
        out.state = "expired"
        self.standing.seq += 1
        return True

    def happens(self, out: Out | None, effect: Effect, now: int, policy: Policy) -> None:
        """Something happens to a contact, or with an acceptance that no contact led to (`out` None)."""
        standing = self.standing
        standing.seq += 1
        if effect.kind == ACCEPTED:
            if out is not None and out.state in HELD:
                self._count(out, CLOSED)
                out.state = "closed"
            self._meet(effect, out, now)
        elif effect.kind == OPEN_AGAIN:
            standing.unmeet(effect.acceptance_id or "")
        elif out is None or effect.kind == IN_TIME:
            return
        elif effect.kind == TOO_LATE:
            self._count(out, CLOSED)
        elif effect.kind in _REACHED:
            self._reaches(out, effect.kind)
        else:
            self._answers(out, effect, now, policy)

    def _reaches(self, out: Out, outcome: str) -> None:
        stays = out.entry.channel in STAYS_OPEN and out.state in HELD
        self._count(out, SHOWN if stays else CLOSED, outcome)
        if out.state in HELD or out.state == "sent":
            out.state = "shown" if stays else "closed"

    def _answers(self, out: Out, effect: Effect, now: int, policy: Policy) -> None:
        if effect.kind in policy.gives_back:
            self.standing.give_back(out.entry.contact_id)
        else:
            self._count(out, CLOSED, effect.kind)
        if out.state != "recalled":
            out.state = "closed"
        if effect.kind == Outcome.ACCEPTED and effect.goal is not None:
            self._meet(effect, out, now)
        self._pause(out.entry, effect, now, policy)

    def _meet(self, effect: Effect, out: Out | None, now: int) -> None:
        """The goal is met: no other contact for it stays with a channel."""
        goal, own = effect.goal, None if out is None else out.entry.contact_id
        if goal is None:
            return
        met = GoalMet(effect.offer_id or "", effect.acceptance_id or "", effect.channel or "", now)
        self.standing.meet(goal, met)
        for entry in self.standing.held_for(goal):
            if entry.contact_id != own:
                self.recall(self.out[entry.contact_id])

    def _pause(self, entry: Entry, effect: Effect, now: int, policy: Policy) -> None:
        if effect.kind == Outcome.DO_NOT_CONTACT:
            self.standing.cool_downs.append(CoolDown(None, "all", None, "do-not-contact", effect.kind))
        customer = self.customer
        asked = contact_facts(
            {} if customer is None else customer.document,
            contact_class=entry.contact_class,
            purpose=entry.purpose,
            category=self._key("category", entry, effect) or entry.category,
            campaign=entry.campaign_id,
            offer=effect.offer_id,
            goal=effect.goal,
        )
        local = from_micros(now).astimezone((customer.zone if customer is not None else None) or policy.zone)
        said = effect.kind, entry.channel, entry.contact_class, entry.purpose
        for rule in policy.cool_downs_after(*said, asked, local):
            key = self._key(rule.scope, entry, effect)
            if rule.days is None:
                self.freeze(CoolDown.freeze(effect.freeze_id or f"{effect.seq}", rule.name, None), policy)
            elif key is not None or rule.scope == "all":
                self.standing.cool_downs.append(
                    CoolDown(now + rule.days * DAY, rule.scope, key, rule.name, effect.kind)
                )

    def freeze(self, freeze: CoolDown, policy: Policy) -> None:
        """Nothing goes to the customer until it is closed, and what channels hold is taken back."""
        standing = self.standing
        standing.seq += 1
        standing.cool_downs.append(freeze)
        for entry in [e for e in standing.entries if e.state != CLOSED]:
            if not policy.may_disturb(entry.contact_class):
                self.recall(self.out[entry.contact_id])

    def thaw(self, freeze_id: str) -> None:
        """A freeze is closed."""
        self.standing.seq += 1
        self.standing.thaw(freeze_id)

    def order(self, it: Happening) -> bool:
        """Something is said of a work order; whether one has ended with it."""
        standing = self.standing
        standing.seq += 1
        if it.kind == ORDERED:
            standing.orders[it.body["work_order_id"]] = it.body["order_kind"]
        elif it.kind == RESOLVED:
            standing.orders.pop(it.body["work_order_id"], None)
        return it.kind == RESOLVED

    def _key(self, scope: str, entry: Entry, effect: Effect) -> str | None:
        match scope:
            case "channel":
                return entry.channel
            case "campaign":
                return entry.campaign_id
            case "offer":
                return effect.offer_id
            case "goal":
                return effect.goal
            case "category":
                other = None if effect.offer_id == entry.offer_id else self.offers.get(effect.offer_id or "")
                return entry.category if other is None else other.document.category
        return None

    def _count(self, out: Out, state: str, outcome: str | None = None) -> None:
        """It reached the customer: it counts, and for good."""
        if self.standing.find(out.entry.contact_id) is not None:
            self.standing.mark(out.entry.contact_id, state, outcome)
        else:
            self.standing.count_again(out.entry._replace(state=state, outcome=outcome))

    def _release_entry(self, out: Out) -> None:
        entry = self.standing.find(out.entry.contact_id)
        if entry is not None and entry.state == OPEN:
            self.standing.give_back(entry.contact_id)
        elif entry is not None:
            self.standing.mark(entry.contact_id, CLOSED)


def begin(past: Past, policy_at: PolicyAt, offers: Mapping[str, Offer], since: int) -> Life:
    """The customer's standing when the replay begins, and the contacts that were out then."""
    life = Life(Standing(past.customer_id), offers, customer=past.customer)
    for step in past.before:
        _repeat(life, past, step, policy_at)
    life.standing.seq = past.seq
    life.standing.entries = [e for e in life.standing.entries if e.at > since - RETENTION]
    life.standing.prune(since)
    life.recalled = 0
    return life


def _repeat(life: Life, past: Past, step: Step, policy_at: PolicyAt) -> None:
    it, contact, effect = step
    if it.kind in FREEZES:
        freeze = freeze_of(it)
        if freeze is None:
            life.thaw(it.body["freeze_id"])
        else:
            life.freeze(freeze, policy_at(it.at))
    elif contact is None and effect is None:
        life.order(it)
    elif contact is None:
        if effect is not None:
            life.happens(None, effect, it.at, NO_POLICY)
    elif effect is not None:
        life.happens(life.out[contact.released.contact_id or ""], effect, it.at, policy_at(it.at))
    elif it is contact.released:
        life.out[it.contact_id or ""] = out = _went_out(past, contact)
        life.standing.entries.append(out.entry)
    elif it.kind == "contact.expired":
        life.expire(life.out[it.contact_id or ""])
    else:
        life.recall(life.out[it.contact_id or ""])


def _went_out(past: Past, contact: RealContact) -> Out:
    it = contact.released
    body = it.body
    rank = ContactClass(body["contact_class"]).rank
    known = body.get("campaign_id"), body.get("offer_id"), body.get("goal")
    entry = Entry(
        it.at,
        it.contact_id or "",
        it.request_id or "",
        it.channel or "",
        body["category"],
        body["purpose"],
        rank,
        *known,
    )
    expires_at = to_micros(datetime.fromisoformat(body["expires_at"]))
    state = state_at_release(entry.channel, contact)
    return Out(entry, state, expires_at, past.requests.get(entry.request_id), contact)


def state_at_release(channel: str, real: RealContact | None) -> str:
    """Messages are gone at once, unless it is known that one was held up."""
    return "sent" if channel in SENT_BY_US and (real is None or not real.was_held) else "open"
