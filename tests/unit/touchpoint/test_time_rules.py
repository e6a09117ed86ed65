"""Legal hours, opening hours and blackouts: which rule binds where, and the law of six countries by the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from rapport.clock import to_micros
from touchpoint_service.domain.hours import closed_because, opens_at
from touchpoint_service.domain.time_rules import (
    Blackout,
    Legal,
    LegalHours,
    Opening,
    OpeningHours,
    Pause,
    legal_hours_for,
    opening_hours_at,
    pause_at,
)
from touchpoint_service.domain.zones import plausible_zones

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MONDAY_TO_FRIDAY = EVERY_DAY[:5]
NOON = {"periods": [{"days": EVERY_DAY, "start": "12:00", "end": "13:00"}]}


def legal(name, hours=None, **where):
    return Legal.of(LegalHours.model_validate({"name": name, "hours": hours or NOON} | where))


def opening(name, places=None, **changes):
    plain = {"name": name, "channels": ["branch"], "places": places, "zone": "Europe/Berlin", "hours": NOON}
    return Opening.of(OpeningHours.model_validate(plain | changes))


def pause(name, begins, ends, **where):
    document = {"name": name, "begins": f"2026-03-{begins:02d}T00:00:00Z", "ends": f"2026-03-{ends:02d}T00:00:00Z"}
    return Pause.of(Blackout.model_validate(document | where))


def day(number):
    return to_micros(datetime(2026, 3, number, tzinfo=UTC))


def names(rules):
    return [rule.name for rule in rules]


class TestDocument:
    @pytest.mark.parametrize(
        "where", [{"countries": ["de"]}, {"countries": []}, {"regions": ["CA"]}, {"regions": ["US-CALI"]}]
    )
    def test_places_are_named_by_their_codes(self, where):
        with pytest.raises(ValidationError):
            legal("x", **where)

    def test_countries_or_regions_and_not_both(self):
        with pytest.raises(ValidationError, match="not both"):
            legal("x", countries=["US"], regions=["US-CA"])

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "", "Factory"])
    def test_a_place_has_a_known_clock(self, zone):
        with pytest.raises(ValidationError, match="is not a time zone"):
            opening("x", zone=zone)

    def test_opening_hours_are_for_channels(self):
        with pytest.raises(ValidationError):
            opening("x", channels=[])

    def test_opening_hours_that_follow_holidays_say_whose(self):
        closed = NOON | {"holidays": "closed"}
        with pytest.raises(ValidationError, match="name the country"):
            opening("x", hours=closed)
        for whose in ({"country": "DE"}, {"region": "DE-BY"}, {"hours": closed | {"holiday_country": "DE"}}):
            opening("x", **({"hours": closed} | whose))

    def test_a_blackout_begins_before_it_ends_and_both_are_instants(self):
        with pytest.raises(ValidationError, match="not later"):
            pause("x", 2, 2)
        with pytest.raises(ValidationError, match="timezone"):
            Blackout.model_validate({"name": "x", "begins": "2026-03-01T00:00:00", "ends": "2026-03-02T00:00:00Z"})


class TestLegalHoursFor:
    RULES = (
        legal("everybody"),
        legal("us", countries=["US", "CA"]),
        legal("florida", regions=["US-FL"]),
        legal("us-too", countries=["US"]),
        legal("quebec", regions=["CA-QC"]),
    )

    @pytest.mark.parametrize(
        ("country", "region", "bind"),
        [
            ("US", "US-FL", ["florida"]),
            (None, "US-FL", ["florida"]),
            ("US", "US-NY", ["us", "us-too"]),
            ("CA", "CA-ON", ["us"]),
            ("DE", None, ["everybody"]),
            ("DE", "DE-BY", ["everybody"]),
            ("PR", "US-PR", ["us", "us-too"]),
        ],
    )
    def test_the_most_specific_bind(self, country, region, bind):
        assert names(legal_hours_for(self.RULES, country, region)) == bind

    @pytest.mark.parametrize(
        ("country", "region", "bind"),
        [
            ("US", None, ["us", "florida", "us-too"]),
            ("CA", "Québec", ["us", "quebec"]),
            (None, None, ["everybody", "us", "florida", "us-too", "quebec"]),
            (None, "Bayern", ["everybody", "us", "florida", "us-too", "quebec"]),
        ],
    )
    def test_where_the_place_is_unknown_all_that_may_be_the_one_bind(self, country, region, bind):
        assert names(legal_hours_for(self.RULES, country, region)) == bind

    def test_for_a_country_without_rules_nothing_binds(self):
        assert legal_hours_for(self.RULES[1:], "DE", None) == ()

    def test_in_an_unknown_region_beside_those_for_everybody(self):
        rules = (self.RULES[0], self.RULES[2])
        assert names(legal_hours_for(rules, "US", None)) == ["everybody", "florida"]


class TestOpeningHoursAt:
    RULES = (opening("all"), opening("early", ["b1", "b2"]), opening("late", ["b1"]))

    @pytest.mark.parametrize(
        ("place", "bind"), [("b1", ["early", "late"]), ("b2", ["early"]), ("b3", ["all"]), (None, ["all"])]
    )
    def test_a_place_has_its_own_or_the_general_ones(self, place, bind):
        assert names(opening_hours_at(self.RULES, place)) == bind

    def test_are_read_by_the_clock_of_the_place(self):
        [rule] = opening_hours_at((opening("x", zone="Asia/Tokyo", country="JP"),), "b1")
        found = opens_at(rule.week, day(2), rule.zones, rule.country, rule.region)
        assert found == to_micros(datetime(2026, 3, 2, 3, tzinfo=UTC))


class TestPauseAt:
    def test_begin_is_inside_and_end_is_outside(self):
        rules = (pause("x", 2, 3),)
        assert [bool(pause_at(rules, day(n) + d, None, None)) for n in (2, 3) for d in (-1, 0)] == [
            False,
            True,
            True,
            False,
        ]

    def test_of_several_the_one_that_ends_last(self):
        rules = (pause("a", 1, 4), pause("b", 1, 9), pause("c", 2, 5))
        assert pause_at(rules, day(3), None, None) is rules[1]

    @pytest.mark.parametrize(
        ("where", "country", "region", "binds"),
        [
            ({"countries": ["DE"]}, "DE", None, True),
            ({"countries": ["DE"]}, None, "DE-BY", True),
            ({"countries": ["DE"]}, "FR", None, False),
            ({"countries": ["DE"]}, None, None, True),
            ({"regions": ["DE-BY"]}, "DE", "DE-BY", True),
            ({"regions": ["DE-BY"]}, "DE", "DE-BE", False),
            ({"regions": ["DE-BY"]}, "DE", None, True),
            ({"regions": ["DE-BY"]}, "FR", None, False),
            ({"regions": ["DE-BY"]}, None, None, True),
            ({}, "FR", None, True),
        ],
    )
    def test_binds_whoever_may_be_there(self, where, country, region, binds):
        assert bool(pause_at((pause("x", 1, 9, **where),), day(3), country, region)) is binds


def week_of(*periods, **changes):
    return {"periods": [{"days": d, "start": s, "end": e} for d, s, e in periods]} | changes


LAW = (
    legal("cn", week_of((MONDAY_TO_FRIDAY, "09:00", "21:00"), holidays="closed"), countries=["CN"]),
    legal("us", week_of((EVERY_DAY, "08:00", "21:00")), countries=["US"]),
    legal("de", week_of((EVERY_DAY[:6], "08:00", "20:00"), holidays="closed"), countries=["DE"]),
    legal(
        "br",
        week_of((MONDAY_TO_FRIDAY, "09:00", "21:00"), (["sat"], "10:00", "16:00"), holidays="closed"),
        countries=["BR"],
    ),
    legal("in", week_of((EVERY_DAY, "10:00", "19:00")), countries=["IN"]),
    legal(
        "au",
        week_of((MONDAY_TO_FRIDAY, "09:00", "20:00"), (["sat"], "09:00", "17:00"), holidays="as_sunday"),
        countries=["AU"],
    ),
)


@pytest.mark.parametrize(
    ("zone", "country", "region", "at", "opens", "because"),
    [
        # China: the day before National Day, the week itself, and the Sunday and Saturday worked for it
        ("Asia/Shanghai", "CN", None, "2026-09-30T13:00", "2026-10-08T01:00", "hours"),
        ("Asia/Shanghai", "CN", None, "2026-10-01T02:00", "2026-10-08T01:00", "holiday"),
        (None, "CN", "CN-GD", "2026-10-07T12:59", "2026-10-08T01:00", "holiday"),
        ("Asia/Shanghai", "CN", None, "2026-09-19T13:00", "2026-09-20T01:00", "hours"),
        ("Asia/Shanghai", "CN", None, "2026-09-26T13:00", "2026-09-28T01:00", "hours"),
        (None, None, "CN-GD", "2026-10-09T13:00", "2026-10-10T01:00", "hours"),
        (None, None, "CN-GD", "2026-10-16T13:00", "2026-10-19T01:00", "hours"),
        (None, None, "CN-XJ", "2026-10-08T01:00", "2026-10-08T03:00", "hours"),  # 09:00 in Ürümqi, too
        # United States: the days on which summer time begins and ends
        ("America/Los_Angeles", "US", "US-CA", "2026-03-07T05:00", "2026-03-07T16:00", "hours"),
        ("America/Los_Angeles", "US", "US-CA", "2026-03-08T05:00", "2026-03-08T15:00", "hours"),
        (None, None, "US-CA", "2026-03-08T05:00", "2026-03-08T15:00", "hours"),
        (None, "US", "US-CA", "2026-11-01T05:00", "2026-11-01T16:00", "hours"),
        ("America/New_York", "US", None, "2026-10-31T01:00", "2026-10-31T12:00", "hours"),
        ("America/New_York", "US", None, "2026-11-01T01:00", "2026-11-01T13:00", "hours"),
        (None, "US", "US-NY", "2026-11-01T01:00", "2026-11-01T13:00", "hours"),
        ("America/Phoenix", "US", "US-AZ", "2026-07-01T04:00", "2026-07-01T15:00", "hours"),
        (None, "US", "US-AZ", "2026-07-01T03:00", "2026-07-01T15:00", "hours"),  # 21:00 where summer time is kept
        (None, "US", "US-AZ", "2026-12-01T04:00", "2026-12-01T15:00", "hours"),
        ("Pacific/Honolulu", "US", "US-HI", "2026-07-01T07:00", "2026-07-01T18:00", "hours"),
        (None, None, "US-HI", "2026-03-08T07:00", "2026-03-08T18:00", "hours"),
        (None, "US", None, "2026-07-01T01:00", "2026-07-01T18:00", "hours"),  # New York's evening, Hawaii's morning
        # Germany: summer time begins on a Sunday; Good Friday; a holiday of Bavaria alone
        ("Europe/Berlin", "DE", None, "2026-03-27T19:00", "2026-03-28T07:00", "hours"),
        ("Europe/Berlin", "DE", None, "2026-03-28T19:00", "2026-03-30T06:00", "hours"),
        (None, "DE", None, "2026-10-24T18:00", "2026-10-26T07:00", "hours"),
        (None, "DE", "DE-BE", "2026-04-03T10:00", "2026-04-04T06:00", "holiday"),
        (None, None, "DE-BY", "2026-01-06T10:00", "2026-01-07T07:00", "holiday"),
        (None, None, "DE-BE", "2026-01-05T19:00", "2026-01-06T07:00", "hours"),
        # Brazil: Tiradentes; a state with islands of another time
        ("America/Sao_Paulo", "BR", "BR-SP", "2026-04-21T15:00", "2026-04-22T12:00", "holiday"),
        (None, "BR", "BR-SP", "2026-04-25T00:00", "2026-04-25T13:00", "hours"),
        (None, "BR", "BR-PE", "2026-03-03T23:00", "2026-03-04T12:00", "hours"),
        # India: half an hour, and no holiday in this law
        ("Asia/Kolkata", "IN", None, "2026-01-25T13:30", "2026-01-26T04:30", "hours"),
        (None, None, "IN-MH", "2026-01-26T04:29", "2026-01-26T04:30", "hours"),
        # Australia: summer time begins on 4 October 2026, Monday is a holiday in both states; and it ends at Easter
        ("Australia/Sydney", "AU", "AU-NSW", "2026-10-02T10:00", "2026-10-02T23:00", "hours"),
        ("Australia/Sydney", "AU", "AU-NSW", "2026-10-05T00:00", "2026-10-05T22:00", "holiday"),
        ("Australia/Brisbane", "AU", "AU-QLD", "2026-10-05T00:00", "2026-10-05T23:00", "holiday"),
        (None, None, "AU-QLD", "2026-10-03T07:00", "2026-10-05T23:00", "hours"),
        ("Australia/Lord_Howe", "AU", "AU-NSW", "2026-10-02T09:30", "2026-10-02T22:30", "hours"),
        ("Australia/Lord_Howe", "AU", "AU-NSW", "2026-10-03T06:30", "2026-10-05T22:00", "hours"),
        ("Australia/Lord_Howe", "AU", "AU-NSW", "2026-04-06T03:00", "2026-04-06T22:30", "holiday"),
        (None, None, "AU-NSW", "2026-10-06T09:00", "2026-10-06T22:30", "hours"),  # Lord Howe's evening, Broken Hill's
    ],
)
def test_the_law_by_the_customers_clock(zone, country, region, at, opens, because):
    [rule] = legal_hours_for(LAW, country, region)
    where = plausible_zones(zone, country, region), country, region
    closed, expected = (to_micros(datetime.fromisoformat(text + "+00:00")) for text in (at, opens))
    found = closed_because(rule.week, closed, *where)
    assert found is not None
    assert found.because == because
    for now in (closed, expected - 1, expected, expected + 1):
        assert opens_at(rule.week, now, *where) == max(now, expected)


@pytest.mark.parametrize(
    ("zone", "country", "region", "last"),
    [
        ("Asia/Shanghai", "CN", None, "2026-09-30T13:00"),
        (None, None, "CN-GD", "2026-10-10T13:00"),
        ("America/Los_Angeles", "US", "US-CA", "2026-03-08T05:00"),
        ("America/Los_Angeles", "US", "US-CA", "2026-03-09T04:00"),
        (None, "US", "US-AZ", "2026-07-01T03:00"),
        (None, "US", None, "2026-07-01T01:00"),
        ("Europe/Berlin", "DE", None, "2026-03-28T19:00"),
        ("Europe/Berlin", "DE", None, "2026-03-30T18:00"),
        (None, "BR", "BR-PE", "2026-03-03T23:00"),
        (None, None, "IN-MH", "2026-01-26T13:30"),
        ("Australia/Lord_Howe", "AU", "AU-NSW", "2026-10-03T06:30"),
        ("Australia/Lord_Howe", "AU", "AU-NSW", "2026-10-06T09:00"),
    ],
)
def test_the_law_ends_to_the_microsecond(zone, country, region, last):
    [rule] = legal_hours_for(LAW, country, region)
    where = plausible_zones(zone, country, region), country, region
    end = to_micros(datetime.fromisoformat(last + "+00:00"))
    assert opens_at(rule.week, end - 1, *where) == end - 1
    later = opens_at(rule.week, end, *where)
    assert later is not None
    assert later > end
