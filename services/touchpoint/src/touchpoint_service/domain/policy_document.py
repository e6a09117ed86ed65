"""The contact policy as people write it: a versioned document of named rules.

A document that validates is complete: every rule has a name, bounds are checked, and nothing is read from elsewhere. A
rule applies to the channels, purposes and classes that it names, and to whom its `when` describes; what it does not
name, it applies to.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from rapport.contracts.profile import Weekday
from rapport.contracts.vocabulary import Channel, ContactClass, Name, Outcome
from touchpoint_service.domain.hours import Country, WeeklyHours
from touchpoint_service.domain.rule_base import Model, Rule
from touchpoint_service.domain.standing import RETENTION
from touchpoint_service.domain.time_rules import Blackout, LegalHours, OpeningHours, Region
from touchpoint_service.domain.windows import HOUR
from touchpoint_service.domain.work_order_rules import Unit, WorkOrderHold, WorkOrderRule

MAX_HOURS = RETENTION // HOUR


class RollingWindow(Model):
    """The hours before now."""

    kind: Literal["rolling"] = "rolling"
    hours: Annotated[int, Field(ge=1, le=MAX_HOURS)]


class CalendarWindow(Model):
    """The current day, ISO week or month, in the business zone or the customer's."""

    kind: Literal["calendar"]
    unit: Literal["day", "week", "month"]
    zone: Literal["business", "customer"] = "business"


class HeldSlots(Model):
    """Slots of a cap that only contacts of this class, or a more important one, may use; such contacts use them up."""

    for_class: ContactClass
    slots: Annotated[int, Field(ge=1, le=1000)] = 1
    occasion: Literal["birthday", "contract_end"] | None = None
    """Held only before this day of the customer, in expectation of the contact that it will bring; None is always."""
    lead_days: Annotated[int, Field(ge=1, le=90)] = 7
    """From how many days before an occasion; it ends with the day itself, by the customer's calendar."""


class FrequencyCap(Rule):
    """At most `limit` contacts in the window, counted per scope. Only contacts in `channels` count."""

    scope: Literal["all", "channel", "category", "purpose", "campaign", "offer", "goal"] = "all"
    limit: Annotated[int, Field(ge=0, le=1000)]
    window: Annotated[RollingWindow | CalendarWindow, Field(discriminator="kind")]
    per: Literal["customer", "household"] = "customer"
    """Whose contacts count together. Who belongs to no household is one of their own."""
    weights: dict[Channel, Annotated[int, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    """How many slots a contact in a channel takes, such as 3 for a call; 1 where nothing is said."""
    ignores: tuple[Outcome, ...] = ()
    """Contacts that ended in these outcomes do not count for this cap."""
    held: Annotated[tuple[HeldSlots, ...], Field(max_length=10)] = ()
    look_ahead_hours: Annotated[int, Field(ge=0, le=MAX_HOURS)] = 0
    """A waiting contact of a more important class that is due within so many hours keeps a slot."""


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


class PreferredHours(Rule):
    """Whom it describes is best reached within `hours`, by their own clock, unless they said when themselves.

    It forbids nothing: of contacts that may be carried out and are equally important, those of now go first.
    """

    hours: WeeklyHours


class CoolDownRule(Rule):
    """After `outcome`, no contact of the same scope for `days`; without days a freeze, until somebody closes it."""

    outcome: Outcome
    scope: Literal["all", "channel", "category", "campaign", "offer", "goal"] = "offer"
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """None, after a complaint and for everything: until the complaint is dealt with."""

    @model_validator(mode="after")
    def freezes_after_a_complaint(self) -> CoolDownRule:
        """What has no end is closed by whoever deals with the complaint; nobody would come to close anything else."""
        if self.days is None and (self.outcome is not Outcome.COMPLAINT or self.scope != "all"):
            raise ValueError("give days: only after a complaint, and for all contacts, may a cool-down have no end")
        return self


class ConsentDefault(Model):
    """What counts in a place where the customer has said nothing: consent is presumed, or not."""

    countries: Annotated[tuple[Country, ...], Field(min_length=1)] | None = None
    regions: Annotated[tuple[Region, ...], Field(min_length=1)] | None = None
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] | None = None
    purposes: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    granted: bool

    @model_validator(mode="after")
    def somewhere(self) -> ConsentDefault:
        """Consent is presumed by the law of a place, never of everywhere."""
        if (self.countries is None) == (self.regions is None):
            raise ValueError("give countries or regions")
        return self


class ConsentRule(Model):
    """Contacts in `channels` need the customer's consent for their purpose. No record is no consent."""

    channels: tuple[Channel, ...] = (Channel.CALL, Channel.SMS, Channel.EMAIL)
    exempt_purposes: tuple[Name, ...] = ()
    defaults: Annotated[tuple[ConsentDefault, ...], Field(max_length=200)] = ()
    """Where there is no record: the first that fits speaks; a region's before its country's. None is no consent."""


class PolicyDocument(Model):
    """All contact rules. Within a kind, rules are looked at in the order in which they stand here."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    business_zone: str = "UTC"
    """IANA name: the zone of calendar windows that do not name the customer's."""
    max_replica_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    """How old what is known of customers, plans and offers may be. What is older releases nothing until it is known."""
    consent: ConsentRule = ConsentRule()
    do_not_disturb_exempt: tuple[ContactClass, ...] = ()
    """Classes that reach a customer who is on a do-not-call list or asked not to be disturbed."""
    blackouts: tuple[Blackout, ...] = ()
    legal_hours: tuple[LegalHours, ...] = ()
    quiet_hours: tuple[QuietHours, ...] = ()
    opening_hours: tuple[OpeningHours, ...] = ()
    preferred_hours: tuple[PreferredHours, ...] = ()
    minimum_gaps: tuple[MinimumGap, ...] = ()
    frequency_caps: tuple[FrequencyCap, ...] = ()
    cool_downs: tuple[CoolDownRule, ...] = ()
    work_order_holds: tuple[WorkOrderHold, ...] = ()
    work_orders: Annotated[tuple[WorkOrderRule, ...], Field(max_length=20)] = ()
    units: Annotated[tuple[Unit, ...], Field(max_length=10_000)] = ()
    """Branches and teams that work orders may go to by the name in which a contact has them."""
    gives_back: tuple[Outcome, ...] = (Outcome.FAILED, Outcome.WRONG_NUMBER, Outcome.NO_ANSWER, Outcome.BUSY)
    """Outcomes that did not reach the customer: the slot is free again, for every cap."""

    @field_validator("business_zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        """Only zones of the time zone database."""
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone")
        return value

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All named rules."""
        return (
            *self.blackouts,
            *self.legal_hours,
            *self.quiet_hours,
            *self.opening_hours,
            *self.preferred_hours,
            *self.minimum_gaps,
            *self.frequency_caps,
            *self.cool_downs,
            *self.work_order_holds,
        )

    @model_validator(mode="after")
    def distinct_names(self) -> PolicyDocument:
        """A reason names one rule."""
        names = [*(rule.name for rule in self.rules), *(rule.name for rule in self.work_orders)]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"rule names used twice: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def work_orders_are_clear(self) -> PolicyDocument:
        """Each kind has one rule, each unit one place, and hours that are named exist."""
        for what, found in (
            ("kinds of work orders", [rule.kind.value for rule in self.work_orders]),
            ("units", [unit.name for unit in self.units]),
            ("paths of units", [unit.path for unit in self.units]),
        ):
            twice = sorted({each for each in found if found.count(each) > 1}) if len(set(found)) < len(found) else []
            if twice:
                raise ValueError(f"{what} named twice: {', '.join(twice)}")
        known = {rule.name for rule in self.opening_hours}
        unknown = sorted({r.opening_hours for r in self.work_orders if r.opening_hours is not None} - known)
        if unknown:
            raise ValueError(f"there are no opening hours {', '.join(unknown)}")
        return self
