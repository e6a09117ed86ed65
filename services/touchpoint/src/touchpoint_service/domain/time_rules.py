"""The rules of a policy that speak of time and place: legal hours, opening hours, blackouts; and which of them bind.

What always holds: the more specific rule takes the place of the less specific one (a region's of its country's, a
country's of everybody's; a branch's of all branches'); rules that are equally specific all bind. Where the customer's
country or region is unknown, every rule that may be theirs binds: so an unknown place is never a way round a rule.

Each rule has a form in the document and a compiled one, which `opens_at` and the gate read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from rapport.clock import to_micros
from rapport.contracts.vocabulary import Channel, SensibleInstant
from touchpoint_service.domain.hours import Country, Week, WeeklyHours
from touchpoint_service.domain.rule_base import Rule
from touchpoint_service.domain.zones import Place, country_of, known_zone, place_of

Region = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
"""ISO 3166-2."""


class LocalRule(Rule):
    """A rule for customers somewhere: in `countries`, or in `regions`, or everywhere."""

    countries: Annotated[tuple[Country, ...], Field(min_length=1)] | None = None
    regions: Annotated[tuple[Region, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def one_kind_of_place(self) -> LocalRule:
        """Both would leave open whether the country or only its regions are meant."""
        if self.countries is not None and self.regions is not None:
            raise ValueError("give countries or regions, not both: a region has its country in its code")
        return self


class LegalHours(LocalRule):
    """Contacts in `channels` only within `hours`, by the customer's own clock."""

    hours: WeeklyHours


class OpeningHours(Rule):
    """When branches and call centres work: contacts in `channels` only within `hours`, by the clock of the place."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    places: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], Field(min_length=1)] | None = None
    """The branches or teams that these are the hours of; None is all that no other rule for the channel names."""
    zone: str
    """IANA name: the clock on the wall there."""
    country: Country | None = None
    """Whose public holidays."""
    region: Region | None = None
    hours: WeeklyHours

    @field_validator("zone")
    @classmethod
    def is_a_zone(cls, value: str) -> str:
        """Only zones of the time zone database."""
        if known_zone(value) is None:
            raise ValueError(f"{value!r} is not a time zone")
        return value

    @model_validator(mode="after")
    def somebodys_holidays(self) -> OpeningHours:
        """Hours that follow public holidays say whose."""
        whose = self.hours.holiday_country or country_of(self.country, self.region)
        if self.hours.holidays != "as_usual" and whose is None:
            raise ValueError("name the country whose public holidays count")
        return self


class Blackout(LocalRule):
    """No contact in `channels` from `begins` on until `ends`, which is outside."""

    begins: SensibleInstant
    ends: SensibleInstant

    @model_validator(mode="after")
    def ends_later(self) -> Blackout:
        """An empty one would be a mistake that nobody sees."""
        if self.ends <= self.begins:
            raise ValueError("ends is not later than begins")
        return self


@dataclass(slots=True, frozen=True, eq=False)
class Legal:
    """Legal hours made ready."""

    name: str
    countries: frozenset[str] | None
    regions: frozenset[str] | None
    week: Week

    @classmethod
    def of(cls, rule: LegalHours) -> Legal:
        """From the document's rule."""
        return cls(rule.name, _set(rule.countries), _set(rule.regions), Week.of(rule.hours))


@dataclass(slots=True, frozen=True, eq=False)
class Opening:
    """Opening hours made ready. `zones`, `country` and `region` are what `opens_at` wants to know."""

    name: str
    places: frozenset[str] | None
    zones: tuple[ZoneInfo, ...]
    country: str | None
    region: str | None
    week: Week

    @classmethod
    def of(cls, rule: OpeningHours) -> Opening:
        """From the document's rule."""
        week = Week.of(rule.hours)
        return cls(rule.name, _set(rule.places), (ZoneInfo(rule.zone),), rule.country, rule.region, week)


@dataclass(slots=True, frozen=True, eq=False)
class Pause:
    """A blackout made ready: from the microsecond `begins` until the microsecond `ends`, which is outside."""

    name: str
    countries: frozenset[str] | None
    regions: frozenset[str] | None
    begins: int
    ends: int

    @classmethod
    def of(cls, rule: Blackout) -> Pause:
        """From the document's rule."""
        return cls(rule.name, _set(rule.countries), _set(rule.regions), to_micros(rule.begins), to_micros(rule.ends))


@lru_cache(maxsize=8192)
def legal_hours_for(rules: tuple[Legal, ...], country: str | None, region: str | None) -> tuple[Legal, ...]:
    """The legal hours that bind a customer, in the order of the document; all of them bind at once.

    In a known region its own rules, else its country's, else those for everybody. In a country whose region is unknown,
    beside the country's (or everybody's) also those of each of its regions; with nothing known, all.
    """
    place = place_of(country, region)
    if not place.countries:
        return rules
    regional = {r for r in rules if r.regions is not None and _may_be_in(r, place)}
    if regional and place.region is not None:
        return tuple(r for r in rules if r in regional)
    national = {r for r in rules if r.countries is not None and _may_be_in(r, place)}
    wide = national or {r for r in rules if r.countries is None and r.regions is None}
    return tuple(r for r in rules if r in regional or r in wide)


@lru_cache(maxsize=8192)
def opening_hours_at(rules: tuple[Opening, ...], place: str | None) -> tuple[Opening, ...]:
    """The opening hours that bind a contact at `place`: the rules that name it, else those that name none.

    A contact that any place may carry out (None) is bound by those that name none.
    """
    own = tuple(r for r in rules if r.places is not None and place in r.places)
    return own or tuple(r for r in rules if r.places is None)


def pause_at(rules: tuple[Pause, ...], now: int, country: str | None, region: str | None) -> Pause | None:
    """The blackout that `now` lies in, of several the one that ends last; None outside."""
    found = None
    for rule in rules:
        in_force = rule.begins <= now < rule.ends and _may_be_in(rule, place_of(country, region))
        if in_force and (found is None or rule.ends > found.ends):
            found = rule
    return found


def _may_be_in(rule: Legal | Pause, place: Place) -> bool:
    """Whether somebody at `place`, of whom perhaps not all is known, may be where the rule is for."""
    if rule.regions is not None:
        if place.region is not None:
            return place.region in rule.regions
        return not place.countries or any(region[:2] in place.countries for region in rule.regions)
    if rule.countries is not None:
        return not place.countries or not place.countries.isdisjoint(rule.countries)
    return True


def _set(names: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
