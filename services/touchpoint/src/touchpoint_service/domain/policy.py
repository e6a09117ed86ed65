"""The contact policy: a versioned document of named rules, and its compiled form.

A document that validates is complete: every rule has a name, bounds are checked, and nothing is read from elsewhere. A
rule applies to the channels and classes that it names; what it does not name, it applies to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from rapport.contracts.profile import Weekday
from rapport.contracts.vocabulary import Channel, ContactClass, Name, Outcome
from touchpoint_service.domain.standing import RETENTION
from touchpoint_service.domain.windows import HOUR

MAX_HOURS = RETENTION // HOUR
RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rule(_Model):
    """What all rules have: a name, and whom they apply to."""

    name: RuleName
    channels: tuple[Channel, ...] | None = None
    """Applies to contacts in these channels; None is all."""
    exempt_classes: tuple[ContactClass, ...] = ()
    """Classes that this rule does not bind."""


class RollingWindow(_Model):
    """The hours before now."""

    kind: Literal["rolling"] = "rolling"
    hours: Annotated[int, Field(ge=1, le=MAX_HOURS)]


class CalendarWindow(_Model):
    """The current day, ISO week or month, in the business zone or the customer's."""

    kind: Literal["calendar"]
    unit: Literal["day", "week", "month"]
    zone: Literal["business", "customer"] = "business"


class FrequencyCap(Rule):
    """At most `limit` contacts in the window, counted per scope. Only contacts in `channels` count."""

    scope: Literal["all", "channel", "category", "purpose", "campaign", "offer", "goal"] = "all"
    limit: Annotated[int, Field(ge=0, le=1000)]
    window: Annotated[RollingWindow | CalendarWindow, Field(discriminator="kind")]


class MinimumGap(Rule):
    """At least `hours` between two contacts in `channels`."""

    hours: Annotated[float, Field(gt=0, le=MAX_HOURS)]


class QuietHours(Rule):
    """No contact between `start` and `end` by the customer's own clock; over midnight when `end` is not later."""

    start: time
    end: time
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    """Days on which the period starts."""

    @field_validator("start", "end")
    @classmethod
    def local(cls, value: time) -> time:
        """A wall-clock time has no offset."""
        if value.tzinfo is not None:
            raise ValueError("give a local time without an offset")
        return value

    @model_validator(mode="after")
    def not_empty(self) -> QuietHours:
        """Equal ends would mean always or never: say which by leaving the rule out or using a cap of 0."""
        if self.start == self.end:
            raise ValueError("start and end are equal")
        return self


class CoolDownRule(Rule):
    """After `outcome`, no contact of the same scope for `days`."""

    outcome: Outcome
    scope: Literal["all", "channel", "category", "campaign", "offer", "goal"] = "offer"
    days: Annotated[int, Field(ge=1, le=3650)]


class ConsentRule(_Model):
    """Contacts in `channels` need the customer's consent for their purpose. No record is no consent."""

    channels: tuple[Channel, ...] = (Channel.CALL, Channel.SMS, Channel.EMAIL)
    exempt_purposes: tuple[Name, ...] = ()


class PolicyDocument(_Model):
    """All contact rules. Within a kind, rules are looked at in the order in which they stand here."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    business_zone: str = "UTC"
    """IANA name: the zone of calendar windows that do not name the customer's."""
    consent: ConsentRule = ConsentRule()
    do_not_disturb_exempt: tuple[ContactClass, ...] = ()
    """Classes that reach a customer who is on a do-not-call list or asked not to be disturbed."""
    quiet_hours: tuple[QuietHours, ...] = ()
    minimum_gaps: tuple[MinimumGap, ...] = ()
    frequency_caps: tuple[FrequencyCap, ...] = ()
    cool_downs: tuple[CoolDownRule, ...] = ()
    gives_back: tuple[Outcome, ...] = (Outcome.FAILED, Outcome.WRONG_NUMBER, Outcome.NO_ANSWER, Outcome.BUSY)
    """Outcomes that did not reach the customer: the slot is free again."""

    @field_validator("business_zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        """Only zones of the time zone database."""
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone")
        return value

    @model_validator(mode="after")
    def distinct_names(self) -> PolicyDocument:
        """A reason names one rule."""
        names = [r.name for r in (*self.quiet_hours, *self.minimum_gaps, *self.frequency_caps, *self.cool_downs)]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"rule names used twice: {', '.join(twice)}")
        return self


_R = TypeVar("_R", bound=Rule)


SCOPE_ATTRIBUTES: Mapping[str, str] = {
    "channel": "channel",
    "category": "category",
    "purpose": "purpose",
    "campaign": "campaign_id",
    "offer": "offer_id",
    "goal": "goal",
}
"""What a scope other than `all` looks at, of a request and of a contact alike."""


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

    @classmethod
    def of(cls, rule: FrequencyCap) -> Cap:
        """From the document's rule."""
        window = rule.window
        if isinstance(window, RollingWindow):
            micros: int | None = window.hours * HOUR
            unit, business = "", True
        else:
            micros, unit, business = None, window.unit, window.zone == "business"
        return cls(
            rule.name,
            rule.scope,
            SCOPE_ATTRIBUTES.get(rule.scope),
            _channels(rule),
            rule.limit,
            micros,
            unit,
            business,
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
        return cls(rule.name, _channels(rule), round(rule.hours * HOUR))


@dataclass(slots=True, frozen=True)
class Applying:
    """The rules that bind contacts of one channel and class."""

    quiet_hours: tuple[QuietHours, ...]
    minimum_gaps: tuple[Gap, ...]
    frequency_caps: tuple[Cap, ...]
    needs_consent: bool
    may_disturb: bool


class Policy:
    """A document in force, with the rules of each (channel, class) picked out once."""

    def __init__(self, policy_id: str, version: int, document: PolicyDocument) -> None:
        self.policy_id = policy_id
        self.version = version
        self.document = document
        self.zone = ZoneInfo(document.business_zone)
        self.gives_back = frozenset(outcome.value for outcome in document.gives_back)
        self._picked: dict[tuple[str, int], Applying] = {}

    def applying(self, channel: str, contact_class: int) -> Applying:
        """The rules that bind a contact in `channel` of the class with this rank."""
        found = self._picked.get((channel, contact_class))
        if found is None:
            found = self._picked[channel, contact_class] = self._pick(channel, contact_class)
        return found

    def cool_downs_after(self, outcome: str, channel: str, contact_class: int) -> tuple[CoolDownRule, ...]:
        """The pauses that an outcome starts."""
        return tuple(
            r for r in _binding(self.document.cool_downs, channel, contact_class) if r.outcome.value == outcome
        )

    def _pick(self, channel: str, contact_class: int) -> Applying:
        document = self.document
        return Applying(
            _binding(document.quiet_hours, channel, contact_class),
            tuple(map(Gap.of, _binding(document.minimum_gaps, channel, contact_class))),
            tuple(map(Cap.of, _binding(document.frequency_caps, channel, contact_class))),
            needs_consent=channel in document.consent.channels,
            may_disturb=any(c.rank == contact_class for c in document.do_not_disturb_exempt),
        )


def _channels(rule: Rule) -> frozenset[str] | None:
    return None if rule.channels is None else frozenset(channel.value for channel in rule.channels)


def _binding(rules: tuple[_R, ...], channel: str, contact_class: int) -> tuple[_R, ...]:
    return tuple(
        rule
        for rule in rules
        if (rule.channels is None or channel in rule.channels)
        and not any(c.rank == contact_class for c in rule.exempt_classes)
    )
