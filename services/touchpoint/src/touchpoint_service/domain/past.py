"""One customer's past, made ready to be replayed: which requests came when, and what became of each real contact.

Read from the customer's timeline and from nothing that is derived from it. What always holds:
- a request arrives when the gate first decided about it;
- what happened to a contact is told by how long after its release it did, so that it can happen to a contact that
  another policy releases at another time;
- what did not depend on our contacts (a withdrawal, an acceptance on the web, a plan that was stopped) keeps its
  instant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from rapport.clock import to_micros
from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.facts import Customer, Request
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.standing import CoolDown

RELEASED, DEFERRED, SUPPRESSED, EXPIRED = (
    "contact.released",
    "contact.deferred",
    "contact.suppressed",
    "contact.expired",
)
ANSWERED, UNANSWERED = "recall.answered", "recall.unanswered"

FREEZES = OPENED, CLOSED = "freeze.opened", "freeze.closed"

ORDERS = ORDERED, RESOLVED = "work_order.opened", "work_order.resolved"
_WORK_ORDER = "work_order."

LASTING = (RELEASED, "contact.responded", "acceptance.settled", *FREEZES, *ORDERS)
"""What counts however long ago it was: an answer to a contact causes a pause, an acceptance meets a goal."""

ACCEPTED, OPEN_AGAIN, TOO_LATE, IN_TIME = "settled", "open_again", "too_late", "in_time"
"""Effects that are no outcomes: the ledger's word on an acceptance, and answers to a recall."""


class Happening(NamedTuple):
    """An entry of the timeline; `kind` is its type without service and version."""

    seq: int
    at: int
    kind: str
    request_id: str | None
    contact_id: str | None
    channel: str | None
    body: Mapping[str, Any]


class Effect(NamedTuple):
    """What happened to a contact so long after its release, or of itself at an instant."""

    after: int
    seq: int
    kind: str
    """An outcome, or one of those above."""
    offer_id: str | None = None
    goal: str | None = None
    acceptance_id: str | None = None
    channel: str | None = None
    freeze_id: str | None = None
    """Of the freeze that really followed; it is closed by this name."""


@dataclass(slots=True)
class RealContact:
    """A contact that was really released, and what became of it."""

    released: Happening
    effects: list[Effect] = field(default_factory=list)
    recalled_after: int | None = None
    yielded: bool = False
    """It was taken back for a more important one."""
    expired: bool = False

    @property
    def was_held(self) -> bool:
        """Whether it is known that its channel still held it: it was taken back, or ran out."""
        return self.recalled_after is not None or self.expired


class Step(NamedTuple):
    """Something that changed what counts, before the replay begins. `effect` None: a release, a recall or an end."""

    it: Happening
    contact: RealContact | None
    effect: Effect | None


class Waiting(NamedTuple):
    """A request that waits: why, when it is looked at next, and whether anything has been said about it yet."""

    request: Request
    said: tuple[str | None, str | None, int | None] | None
    """Reason, rule and until when, as the last deferral had them."""
    next_look: int


@dataclass(slots=True)
class Past:
    """All that is known of one customer before `until`, in the order in which it happened."""

    customer_id: str
    customer: Customer | None
    requests: Mapping[str, Request] = field(default_factory=dict)
    before: list[Step] = field(default_factory=list)
    """What happened before the replay begins."""
    seq: int = 0
    """Number of the last entry before it."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    """Requests that wait when the replay begins."""
    arrivals: list[tuple[int, int, Request]] = field(default_factory=list)
    """Instant, number of the first entry about it, request."""
    contacts: dict[str, list[RealContact]] = field(default_factory=lambda: defaultdict(list))
    """By request: a contact that yielded is followed by the next one."""
    by_id: dict[str, RealContact] = field(default_factory=dict)
    withdrawals: list[tuple[int, int, str]] = field(default_factory=list)
    """Instant, number, request."""
    acceptances: list[tuple[int, Effect]] = field(default_factory=list)
    """Those that no contact of ours led to."""
    freezes: list[Happening] = field(default_factory=list)
    """Those that people opened, and the closing of every one."""
    orders: list[Happening] = field(default_factory=list)
    """Everything about work orders."""
    plans: dict[str, str | None] = field(default_factory=dict)
    """State of the plans as the first decision found it."""
    plan_changes: list[tuple[int, str, str | None]] = field(default_factory=list)
    stops: list[tuple[int, str]] = field(default_factory=list)
    """When contacts of a stopped plan were taken back."""
    fleeting: Set[str] = frozenset()
    """Requests of pop-ups: what does not go at once is not wanted any more."""


PolicyAt = Callable[[int], Policy]
"""The policy that was in force at an instant."""


def read(
    customer_id: str,
    customer: Customer | None,
    happenings: Iterable[Happening],
    requests: Mapping[str, Request],
    since: int,
    fleeting: Set[str] = frozenset(),
) -> Past:
    """The past of a customer for a replay that begins at `since`.

    Args:
        happenings: in their order, up to the end of the replay.
        requests: of this customer, by id: those that arrive or wait, and those of contacts that are out at `since`.
        fleeting: which of the requests are pop-ups.
    """
    past = Past(customer_id, customer, requests, fleeting=fleeting)
    reader = _Reader(past, since)
    for happening in happenings:
        reader.take(happening)
    reader.finish()
    return past


class _Reader:
    """Takes the happenings one by one."""

    def __init__(self, past: Past, since: int) -> None:
        self._past = past
        self._since = since
        self._known: set[str] = set()
        self._plans: dict[str, str | None] = {}
        self._settled_by: dict[str, RealContact] = {}

    def take(self, it: Happening) -> None:
        """The next happening."""
        if it.at < self._since:
            self._past.seq = it.seq
        match it.kind:
            case "contact.released":
                self._decided(it)
                contact = RealContact(it)
                self._past.by_id[it.contact_id or ""] = contact
                self._past.contacts[it.request_id or ""].append(contact)
                self._step(it, contact)
            case "contact.deferred" | "contact.suppressed":
                self._decided(it)
            case "contact.expired" if it.contact_id is None:
                self._decided(it)
            case "contact.expired":
                self._ran_out(it)
            case "contact.withdrawn":
                self._arrive(it)
                self._withdrawn(it)
            case "contact.recalled":
                self._recalled(it)
            case "acceptance.settled":
                self._settled(it)
            case "freeze.opened" if it.contact_id in self._past.by_id:
                self._followed(it)
            case "freeze.opened" | "freeze.closed":
                self._step(it, None)
                if it.at >= self._since:
                    self._past.freezes.append(it)
            case _:
                self._other(it)

    def _other(self, it: Happening) -> None:
        if not it.kind.startswith(_WORK_ORDER):
            self._told(it)
            return
        self._step(it, None)
        if it.at >= self._since:
            self._past.orders.append(it)

    def _step(self, it: Happening, contact: RealContact | None, effect: Effect | None = None) -> None:
        if it.at < self._since:
            self._past.before.append(Step(it, contact, effect))

    def _withdrawn(self, it: Happening) -> None:
        if it.at < self._since:
            self._past.waiting.pop(it.request_id or "", None)
        else:
            self._past.withdrawals.append((it.at, it.seq, it.request_id or ""))

    def finish(self) -> None:
        """Requests about which nothing was said: they wait for their moment."""
        for request_id, request in self._past.requests.items():
            if request_id not in self._known:
                if request.at < self._since:
                    next_look = max(request.not_before or 0, self._since)
                    self._past.waiting[request_id] = Waiting(request, None, next_look)
                else:
                    self._past.arrivals.append((request.at, 0, request))

    def _decided(self, it: Happening) -> None:
        self._plan(it)
        self._arrive(it)
        if it.at < self._since:
            self._wait(it.request_id or "", it if it.kind == DEFERRED else None)

    def _wait(self, request_id: str, deferral: Happening | None) -> None:
        self._past.waiting.pop(request_id, None)
        request = self._past.requests.get(request_id)
        if deferral is not None and request is not None:
            because = deferral.body["because"]
            said = because["reason"], because.get("rule"), _micros(because.get("until"))
            retry_at = _micros(deferral.body["retry_at"]) or 0
            self._past.waiting[request_id] = Waiting(request, said, max(retry_at, self._since))

    def _arrive(self, it: Happening) -> None:
        request_id = it.request_id or ""
        if request_id in self._known:
            return
        self._known.add(request_id)
        request = self._past.requests.get(request_id)
        if request is not None and it.at >= self._since:
            self._past.arrivals.append((it.at, it.seq, request))

    def _plan(self, it: Happening) -> None:
        """What a decision tells of the state of its plan."""
        campaign = it.body.get("campaign_id")
        because = it.body.get("because") or {}
        if campaign is None or it.kind == EXPIRED:
            return
        state: str | None = "running"
        if because.get("reason") == Reason.CAMPAIGN_STOPPED:
            unknown = because.get("rule") is not None
            state = None if unknown else "stopped" if it.kind == SUPPRESSED else "paused"
        elif because.get("reason") in _BEFORE_PLANS:
            return
        if campaign not in self._plans:
            self._past.plans[campaign] = state
        elif self._plans[campaign] != state:
            self._past.plan_changes.append((it.at, campaign, state))
        self._plans[campaign] = state

    def _ran_out(self, it: Happening) -> None:
        contact = self._past.by_id.get(it.contact_id or "")
        if contact is not None:
            contact.expired = True
            self._step(it, contact)

    def _recalled(self, it: Happening) -> None:
        contact = self._past.by_id.get(it.contact_id or "")
        if contact is None:
            return
        contact.recalled_after = it.at - contact.released.at
        self._step(it, contact)
        match it.body["reason"]:
            case Reason.PRE_EMPTED:
                contact.yielded = True
            case Reason.WITHDRAWN:
                self._withdrawn(it)
            case Reason.CAMPAIGN_STOPPED if it.at >= self._since:
                self._past.stops.append((it.at, it.body.get("campaign_id") or ""))

    def _told(self, it: Happening) -> None:
        contact = self._past.by_id.get(it.contact_id or "")
        if it.kind == UNANSWERED:
            kind = IN_TIME  # it is told, and changes nothing else
        else:
            kind = _ANSWERS[it.body["answer"]] if it.kind == ANSWERED else it.body["outcome"]
        acceptance_id = it.body.get("acceptance_id")
        if contact is not None and acceptance_id is not None:
            self._settled_by[acceptance_id] = contact
        self._affects(it, contact, kind)

    def _settled(self, it: Happening) -> None:
        acceptance_id = it.body["acceptance_id"]
        contact = self._past.by_id.get(it.contact_id or "") or self._settled_by.get(acceptance_id)
        if contact is not None:
            self._settled_by[acceptance_id] = contact
        kind = ACCEPTED if it.body["status"] == "accepted" else OPEN_AGAIN
        effect = self._affects(it, contact, kind)
        if contact is None and it.at >= self._since:
            self._past.acceptances.append((it.at, effect))

    def _followed(self, it: Happening) -> None:
        """A freeze that a complaint led to: it is the complaint's, and comes about with it."""
        effects = self._past.by_id[it.contact_id or ""].effects
        complaint = effects[-1]
        effects[-1] = complaint._replace(freeze_id=it.body["freeze_id"])
        for place, step in enumerate(self._past.before):
            if step.effect is complaint:
                self._past.before[place] = step._replace(effect=effects[-1])

    def _affects(self, it: Happening, contact: RealContact | None, kind: str) -> Effect:
        body = it.body
        after = 0 if contact is None else it.at - contact.released.at
        effect = Effect(
            after, it.seq, kind, body.get("offer_id"), body.get("goal"), body.get("acceptance_id"), it.channel
        )
        if contact is not None:
            contact.effects.append(effect)
        self._step(it, contact, effect)
        return effect


def freeze_of(it: Happening) -> CoolDown | None:
    """The freeze that an entry opens; None where it closes one."""
    if it.kind == CLOSED:
        return None
    return CoolDown.freeze(it.body["freeze_id"], it.body.get("rule"), _micros(it.body.get("until")))


_ANSWERS = {"too_late": TOO_LATE, "withdrawn": IN_TIME}
_BEFORE_PLANS = frozenset((Reason.NO_POLICY, Reason.UNKNOWN_CUSTOMER, Reason.EXPIRED))
"""Objections that stand before anybody looks at the plan."""


def _micros(text: str | None) -> int | None:
    return None if text is None else to_micros(datetime.fromisoformat(text))
