"""The contact policy made ready: plain values, with the rules of each channel and class picked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from rapport.contracts.vocabulary import Channel, ContactClass
from rapport.rules import Predicate, compile_predicate
from touchpoint_service.domain.hours import Week
from touchpoint_service.domain.policy_document import (
    ConsentDefault,
    CoolDownRule,
    FrequencyCap,
    MinimumGap,
    PolicyDocument,
    PreferredHours,
    QuietHours,
    RollingWindow,
)
from touchpoint_service.domain.rule_base import CONTACT, Rule
from touchpoint_service.domain.time_rules import Blackout, Legal, LegalHours, Opening, OpeningHours, Pause
from touchpoint_service.domain.windows import HOUR
from touchpoint_service.domain.work_order_rules import WorkOrderHold, WorkOrderRule
from touchpoint_service.domain.zones import place_of

SCOPE_ATTRIBUTES: Mapping[str, str] = {
    "channel": "channel",
    "category": "category",
    "purpose": "purpose",
    "campaign": "campaign_id",
    "offer": "offer_id",
    "goal": "goal",
}
"""What a scope other than `all` looks at, of a request and of a contact alike."""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_R = TypeVar("_R", bound=Rule)
_N = TypeVar("_N", bound=_Named)


@dataclass(slots=True, frozen=True)
class Held:
    """Held slots made ready; classes are told by rank."""

    rank: int
    slots: int
    occasion: str | None
    lead_days: int


@dataclass(slots=True, frozen=True)
class Cap:
    """A frequency cap made ready: plain values, because it is looked at for every request."""

    name: str
    scope: str
    attribute: str | None
    channels: frozenset[str] | None
    limit: int
    micros: int | None
    """Length of a rolling window; None for a calendar window."""
    unit: str
    business: bool
    household: bool
    weights: Mapping[str, int]
    ignores: frozenset[str]
    held: tuple[Held, ...]
    """For the most important class first."""
    look_ahead: int
    plain: bool
    """Whether each contact of this customer takes one slot, and no slot is kept for others."""

    @classmethod
    def of(cls, rule: FrequencyCap) -> Cap:
        """From the document's rule."""
        window = rule.window
        if isinstance(window, RollingWindow):
            micros: int | None = window.hours * HOUR
            unit, business = "", True
        else:
            micros, unit, business = None, window.unit, window.zone == "business"
        held = sorted(rule.held, key=lambda h: h.for_class.rank)
        return cls(
            rule.name,
            rule.scope,
            SCOPE_ATTRIBUTES.get(rule.scope),
            _channels(rule.channels),
            rule.limit,
            micros,
            unit,
            business,
            rule.per == "household",
            {channel.value: weight for channel, weight in rule.weights.items()},
            frozenset(outcome.value for outcome in rule.ignores),
            tuple(Held(h.for_class.rank, h.slots, h.occasion, h.lead_days) for h in held),
            rule.look_ahead_hours * HOUR,
            not (rule.per == "household" or rule.weights or rule.held or rule.look_ahead_hours),
        )


@dataclass(slots=True, frozen=True)
class Gap:
    """A minimum gap made ready."""

    name: str
    channels: frozenset[str] | None
    micros: int

    @classmethod
    def of(cls, rule: MinimumGap) -> Gap:
        """From the document's rule."""
        return cls(rule.name, _channels(rule.channels), round(rule.hours * HOUR))


@dataclass(slots=True, frozen=True)
class Preferred:
    """Preferred hours made ready."""

    name: str
    week: Week

    @classmethod
    def of(cls, rule: PreferredHours) -> Preferred:
        """From the document's rule."""
        return cls(rule.name, Week.of(rule.hours))


@dataclass(slots=True, frozen=True)
class Hold:
    """A hold while work orders are open, made ready."""

    name: str
    kinds: frozenset[str] | None

    @classmethod
    def of(cls, rule: WorkOrderHold) -> Hold:
        """From the document's rule."""
        return cls(rule.name, None if rule.kinds is None else frozenset(kind.value for kind in rule.kinds))


@dataclass(slots=True, frozen=True)
class Applying:
    """The rules that bind contacts of one channel, class and purpose."""

    blackouts: tuple[Pause, ...]
    legal_hours: tuple[Legal, ...]
    quiet_hours: tuple[QuietHours, ...]
    opening_hours: tuple[Opening, ...]
    preferred_hours: tuple[Preferred, ...]
    minimum_gaps: tuple[Gap, ...]
    frequency_caps: tuple[Cap, ...]
    work_order_holds: tuple[Hold, ...]
    needs_consent: bool
    may_disturb: bool
    conditions: Mapping[str, Predicate]
    """By rule name: when it binds. A rule that is not in it always does."""

    def for_whom(self, document: Mapping[str, Any], at: datetime) -> Applying:
        """Only the rules whose conditions hold for this customer and request (`rule_base.CONTACT`) at an instant."""
        idle = {name for name, holds in self.conditions.items() if not holds(document, at)}

        def binding(rules: tuple[_N, ...]) -> tuple[_N, ...]:
            return tuple(rule for rule in rules if rule.name not in idle)

        return replace(
            self,
            blackouts=binding(self.blackouts),
            legal_hours=binding(self.legal_hours),
            quiet_hours=binding(self.quiet_hours),
            opening_hours=binding(self.opening_hours),
            preferred_hours=binding(self.preferred_hours),
            minimum_gaps=binding(self.minimum_gaps),
            frequency_caps=binding(self.frequency_caps),
            work_order_holds=binding(self.work_order_holds),
        )


class Policy:
    """A document in force, with the rules of each (channel, class, purpose) picked out once."""

    def __init__(self, policy_id: str, version: int, document: PolicyDocument) -> None:
        self.policy_id = policy_id
        self.version = version
        self.document = document
        self.zone = ZoneInfo(document.business_zone)
        self.gives_back = frozenset(outcome.value for outcome in document.gives_back)
        self.shares_budgets = any(cap.per == "household" for cap in document.frequency_caps)
        """Whether what other members of a household got counts."""
        self._conditions = {
            rule.name: compile_predicate(rule.when, CONTACT) for rule in document.rules if rule.when is not None
        }
        self._by_purpose = bool(document.consent.exempt_purposes) or any(r.purposes is not None for r in document.rules)
        self._picked: dict[tuple[str, int, str], Applying] = {}

    def applying(self, channel: str, contact_class: int, purpose: str) -> Applying:
        """The rules that bind a contact in `channel` of the class with this rank; their conditions not yet asked."""
        key = channel, contact_class, purpose if self._by_purpose else ""
        found = self._picked.get(key)
        if found is None:
            found = self._picked[key] = self._pick(channel, contact_class, purpose)
        return found

    def may_disturb(self, contact_class: int) -> bool:
        """Whether contacts of the class with this rank reach a customer who asked for peace, or is to be left in it."""
        return any(c.rank == contact_class for c in self.document.do_not_disturb_exempt)

    def cool_downs_after(
        self, outcome: str, channel: str, contact_class: int, purpose: str, document: Mapping[str, Any], at: datetime
    ) -> list[CoolDownRule]:
        """The pauses that an outcome starts; `document` is what conditions are asked of (`rule_base.CONTACT`)."""
        return [
            rule
            for rule in _binding(self.document.cool_downs, channel, contact_class, purpose)
            if rule.outcome.value == outcome
            and (rule.name not in self._conditions or self._conditions[rule.name](document, at))
        ]

    def orders_after(self, outcome: str) -> list[WorkOrderRule]:
        """The kinds of work orders that an outcome opens by itself."""
        return [rule for rule in self.document.work_orders if outcome in rule.opened_by]

    def presumes_consent(self, channel: str, purpose: str, country: str | None, region: str | None) -> bool:
        """Whether somebody there who has said nothing may be contacted. An unknown place presumes nothing."""
        place = place_of(country, region)
        fitting = [d for d in self.document.consent.defaults if _fits(d, channel, purpose)]
        for default in fitting:
            if default.regions is not None and place.region in default.regions:
                return default.granted
        for default in fitting:
            if default.countries is not None and place.countries and place.countries <= set(default.countries):
                return default.granted
        return False

    def _pick(self, channel: str, contact_class: int, purpose: str) -> Applying:
        document = self.document

        def binding(rules: tuple[_R, ...]) -> tuple[_R, ...]:
            return _binding(rules, channel, contact_class, purpose)

        blackouts: tuple[Blackout, ...] = binding(document.blackouts)
        legal: tuple[LegalHours, ...] = binding(document.legal_hours)
        opening: tuple[OpeningHours, ...] = binding(document.opening_hours)
        found = Applying(
            tuple(map(Pause.of, blackouts)),
            tuple(map(Legal.of, legal)),
            binding(document.quiet_hours),
            tuple(map(Opening.of, opening)),
            tuple(map(Preferred.of, binding(document.preferred_hours))),
            tuple(map(Gap.of, binding(document.minimum_gaps))),
            tuple(map(Cap.of, binding(document.frequency_caps))),
            tuple(map(Hold.of, binding(document.work_order_holds))),
            needs_consent=channel in document.consent.channels and purpose not in document.consent.exempt_purposes,
            may_disturb=self.may_disturb(contact_class),
            conditions={},
        )
        picked = binding(document.rules)
        return replace(
            found, conditions={r.name: self._conditions[r.name] for r in picked if r.name in self._conditions}
        )


def contact_facts(
    document: Mapping[str, Any],
    *,
    contact_class: int,
    purpose: str,
    category: str,
    campaign: str | None,
    offer: str | None,
    goal: str | None,
) -> Mapping[str, Any]:
    """What a rule's `when` is asked of: the customer's document and the request (`rule_base.CONTACT`)."""
    request = {
        "class": CLASS_NAMES[contact_class],
        "purpose": purpose,
        "category": category,
        "campaign": campaign,
        "offer": offer,
        "goal": goal,
    }
    return {**document, "request": request}


CLASS_NAMES = tuple(contact_class.value for contact_class in ContactClass)
"""By rank."""


def _channels(named: tuple[Channel, ...] | None) -> frozenset[str] | None:
    return None if named is None else frozenset(channel.value for channel in named)


def _binding(rules: tuple[_R, ...], channel: str, contact_class: int, purpose: str) -> tuple[_R, ...]:
    return tuple(
        rule
        for rule in rules
        if (rule.channels is None or channel in rule.channels)
        and (rule.purposes is None or purpose in rule.purposes)
        and not any(c.rank == contact_class for c in rule.exempt_classes)
    )


def _fits(default: ConsentDefault, channel: str, purpose: str) -> bool:
    return (default.channels is None or channel in default.channels) and (
        default.purposes is None or purpose in default.purposes
    )
