"""Weekly hours by the wall clock: at their edges, on days that clocks change, on holidays, and against an oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.unit.touchpoint.hours_oracle import NAMES, first_inside, inside, year_book

from rapport.clock import from_micros, to_micros
from touchpoint_service.domain.hours import Closure, Period, Week, WeeklyHours, closed_because, opens_at
from touchpoint_service.domain.public_holidays import calendar_known, calendar_of

EVERY_DAY = list(NAMES)
MONDAY_TO_FRIDAY = NAMES[:5]
MICROSECOND = timedelta(microseconds=1)


def hours(*periods, **changes):
    """Hours as in a document, each period as (days, start, end)."""
    return {
        "periods": [{"days": days, "start": start, "end": end} for days, start, end in periods],
        "holidays": "as_usual",
        "make_up_workdays": True,
    } | changes


def week(*periods, **changes):
    return Week.of(WeeklyHours.model_validate(hours(*periods, **changes)))


def utc(text):
    return datetime.fromisoformat(text + "+00:00")


def zones_named(*names):
    return tuple(ZoneInfo(name) for name in names)


def opening(of, at, *zones, country=None, region=None):
    """When it opens, as text in UTC without the offset."""
    found = opens_at(of, to_micros(utc(at)), zones_named(*zones), country, region)
    return None if found is None else from_micros(found).replace(tzinfo=None).isoformat()


def closed(of, at, *zones, country=None, region=None):
    return closed_because(of, to_micros(utc(at)), zones_named(*zones), country, region)


class TestPeriod:
    def test_midnight_at_the_end_is_written_in_two_ways(self):
        for end in ("00:00", "24:00", "24:00:00"):
            assert Period(days=("mon",), start="22:00", end=end).model_dump(mode="json")["end"] == "00:00:00"

    @pytest.mark.parametrize(("start", "end"), [("09:00", "09:00"), ("21:00", "08:00"), ("09:00", "08:59:59")])
    def test_does_not_run_over_midnight(self, start, end):
        with pytest.raises(ValidationError, match="a period over midnight is two"):
            Period(days=("mon",), start=start, end=end)

    @pytest.mark.parametrize(
        "change", [{"days": ()}, {"start": "09:00+01:00"}, {"end": "24:01"}, {"days": ("monday",)}, {"zone": "UTC"}]
    )
    def test_refuses_what_is_no_time_of_a_week(self, change):
        with pytest.raises(ValidationError):
            Period.model_validate({"days": ("mon",), "start": "09:00", "end": "17:00"} | change)

    def test_hours_without_a_period_are_refused(self):
        with pytest.raises(ValidationError):
            WeeklyHours(periods=())

    def test_a_document_reads_back_as_it_was_written(self):
        written = WeeklyHours.model_validate(hours((EVERY_DAY, "00:00", "24:00"), holiday_country="DE"))
        assert WeeklyHours.model_validate_json(written.model_dump_json()) == written

    def test_equal_hours_are_compiled_once(self):
        assert week((EVERY_DAY, "09:00", "17:00")) is week((EVERY_DAY, "09:00", "17:00"))


class TestOpening:
    OFFICE = staticmethod(lambda: week((MONDAY_TO_FRIDAY, "09:00", "17:30")))

    @pytest.mark.parametrize(
        ("at", "opens"),
        [
            ("2026-03-02T07:59:59.999999", "2026-03-02T08:00:00"),
            ("2026-03-02T08:00:00", "2026-03-02T08:00:00"),
            ("2026-03-02T08:00:00.000001", "2026-03-02T08:00:00.000001"),
            ("2026-03-02T16:29:59.999999", "2026-03-02T16:29:59.999999"),
            ("2026-03-02T16:30:00", "2026-03-03T08:00:00"),
            ("2026-03-06T16:30:00", "2026-03-09T08:00:00"),
        ],
    )
    def test_start_is_inside_and_end_is_outside(self, at, opens):
        assert opening(self.OFFICE(), at, "Europe/Berlin") == opens

    def test_midnight_joins_two_days(self):
        of = week((["mon"], "22:00", "24:00"), (["tue"], "00:00", "02:00"))
        for at in ("2026-03-02T22:00:00", "2026-03-02T23:59:59.999999", "2026-03-03T00:00:00"):
            assert opening(of, at, "UTC") == at
        assert opening(of, "2026-03-03T02:00:00", "UTC") == "2026-03-09T22:00:00"

    def test_always_open_is_open_on_every_day_of_change(self):
        of = week((EVERY_DAY, "00:00", "00:00"))
        for at in ("2026-03-29T00:59:59.999999", "2026-03-29T01:00:00", "2026-10-25T01:30:00"):
            assert opening(of, at, "Europe/Berlin") == at

    def test_periods_that_overlap_are_one(self):
        of = week((["mon"], "09:00", "12:00"), (["mon", "tue"], "11:00", "13:00"))
        assert opening(of, "2026-03-02T12:59:59.999999", "UTC") == "2026-03-02T12:59:59.999999"
        assert opening(of, "2026-03-02T13:00:00", "UTC") == "2026-03-03T11:00:00"

    def test_before_1970_and_far_ahead(self):
        assert opening(self.OFFICE(), "1969-12-28T12:00:00", "UTC") == "1969-12-29T09:00:00"
        assert opening(self.OFFICE(), "2199-06-01T12:00:00", "UTC") == "2199-06-03T09:00:00"


class TestSeveralZones:
    def test_opens_when_all_are_open_and_closes_with_the_first(self):
        of = week((EVERY_DAY, "08:00", "21:00"))
        coasts = ("America/New_York", "America/Los_Angeles")
        assert opening(of, "2026-07-01T14:59:59.999999", *coasts) == "2026-07-01T15:00:00"
        assert opening(of, "2026-07-02T00:59:59.999999", *coasts) == "2026-07-02T00:59:59.999999"
        assert opening(of, "2026-07-02T01:00:00", *coasts) == "2026-07-02T15:00:00"

    def test_never_opens_where_the_zones_have_nothing_in_common(self):
        of = week((EVERY_DAY, "09:00", "12:00"))
        assert opening(of, "2026-07-01T12:00:00", "Europe/Kaliningrad", "Asia/Kamchatka") is None

    def test_an_unknown_clock_never_opens(self):
        always = week((EVERY_DAY, "00:00", "00:00"))
        assert opening(always, "2026-07-01T12:00:00") is None
        assert closed(always, "2026-07-01T12:00:00") == Closure("hours")


class TestClocksThatChange:
    """Berlin skips 02:00–03:00 on 29 March 2026 (01:00 in UTC), and has 02:00–03:00 twice on 25 October."""

    def test_a_skipped_hour_is_no_time(self):
        of = week((EVERY_DAY, "02:00", "03:00"))
        assert opening(of, "2026-03-28T02:00:00", "Europe/Berlin") == "2026-03-30T00:00:00"

    def test_a_period_that_begins_in_the_skipped_hour_begins_after_it(self):
        of = week((EVERY_DAY, "02:30", "04:00"))
        assert opening(of, "2026-03-29T00:30:00", "Europe/Berlin") == "2026-03-29T01:00:00"
        assert opening(of, "2026-03-29T02:00:00", "Europe/Berlin") == "2026-03-30T00:30:00"

    def test_a_repeated_hour_is_judged_each_time(self):
        of = week((EVERY_DAY, "02:15", "02:45"))
        opens = [("00:00:00", "00:15:00"), ("00:44:59.999999",) * 2, ("00:45:00", "01:15:00"), ("01:44:59",) * 2]
        for at, expected in opens:
            assert opening(of, f"2026-10-25T{at}", "Europe/Berlin") == f"2026-10-25T{expected}"
        assert opening(of, "2026-10-25T01:45:00", "Europe/Berlin") == "2026-10-26T01:15:00"

    def test_half_an_hour_on_lord_howe(self):
        of = week((EVERY_DAY, "01:45", "02:15"))
        skipped, repeated = "2026-10-03T15:30:00", "2026-04-04T15:00:00"
        assert opening(of, "2026-10-03T15:15:00", "Australia/Lord_Howe") == "2026-10-03T15:15:00"
        assert opening(of, skipped, "Australia/Lord_Howe") == "2026-10-04T14:45:00"
        assert opening(of, repeated, "Australia/Lord_Howe") == "2026-04-04T15:15:00"

    def test_a_midnight_that_is_skipped(self):
        """In Beirut 29 March 2026 begins at 01:00."""
        of = week((["sun"], "00:00", "02:00"))
        assert opening(of, "2026-03-28T21:59:59", "Asia/Beirut") == "2026-03-28T22:00:00"
        assert opening(of, "2026-03-28T23:00:00", "Asia/Beirut") == "2026-04-04T21:00:00"

    def test_a_day_that_comes_back(self):
        """In St. John's Sunday, 7 November 2010 lasted a minute; then it was 23:01 on Saturday again."""
        of = week((["sat"], "23:00", "24:00"))
        assert opening(of, "2010-11-07T02:29:59.999999", "America/St_Johns") == "2010-11-07T02:29:59.999999"
        assert opening(of, "2010-11-07T02:30:00", "America/St_Johns") == "2010-11-07T02:31:00"
        assert opening(of, "2010-11-07T03:29:59.999999", "America/St_Johns") == "2010-11-07T03:29:59.999999"
        assert opening(of, "2010-11-07T03:30:00", "America/St_Johns") == "2010-11-14T02:30:00"

    def test_a_day_that_never_was(self):
        """Samoa left out Friday, 30 December 2011."""
        of = week((["fri"], "00:00", "24:00"))
        assert opening(of, "2011-12-29T12:00:00", "Pacific/Apia") == "2012-01-05T10:00:00"


class TestHolidays:
    """1 May 2026 is a Friday."""

    PERIODS = ((MONDAY_TO_FRIDAY, "09:00", "17:00"), (["sun"], "11:00", "12:00"))

    @pytest.mark.parametrize(
        ("treatment", "opens"),
        [("as_usual", "2026-05-01T07:00:00"), ("closed", "2026-05-03T09:00:00"), ("as_sunday", "2026-05-01T09:00:00")],
    )
    def test_a_holiday_is_what_the_hours_say(self, treatment, opens):
        of = week(*self.PERIODS, holidays=treatment)
        assert opening(of, "2026-05-01T06:00:00", "Europe/Berlin", country="DE") == opens

    def test_holidays_are_those_of_the_region(self):
        of = week(*self.PERIODS, holidays="closed")
        epiphany = "2026-01-06T09:00:00"
        assert opening(of, epiphany, "Europe/Berlin", country="DE") == epiphany
        assert opening(of, epiphany, "Europe/Berlin", region="DE-BE") == epiphany
        assert opening(of, epiphany, "Europe/Berlin", region="DE-BY") == "2026-01-07T08:00:00"
        assert closed(of, epiphany, "Europe/Berlin", region="DE-BY") == Closure("holiday", "Epiphany")

    def test_the_hours_may_name_whose_holidays(self):
        of = week(*self.PERIODS, holidays="closed", holiday_country="FR")
        assert closed(of, "2026-07-14T09:00:00", "Europe/Berlin", country="DE", region="DE-BY").because == "holiday"
        german = week(*self.PERIODS, holidays="closed", holiday_country="DE")
        assert closed(german, "2026-01-06T09:00:00", "Europe/Berlin", region="DE-BY").because == "holiday"
        assert closed(german, "2026-01-06T09:00:00", "Europe/Paris", region="FR-BL") is None

    def test_a_region_counts_only_in_the_country_that_the_hours_name(self):
        """Northern Territory of Australia and of Canada are both NT; only one has a holiday on 3 August 2026."""
        of = week(*self.PERIODS, holidays="closed", holiday_country="AU")
        assert closed(of, "2026-08-03T15:00:00", "UTC", region="AU-NT") == Closure("holiday", "Picnic Day")
        assert closed(of, "2026-08-03T15:00:00", "UTC", region="CA-NT") is None

    def test_the_reason_is_a_holiday_only_if_it_would_be_open_without(self):
        of = week(*self.PERIODS, holidays="closed")
        for at, because in (("06:59:59.999999", "hours"), ("07:00:00", "holiday"), ("15:00:00", "hours")):
            assert closed(of, f"2026-05-01T{at}", "Europe/Berlin", country="DE").because == because

    def test_the_holiday_is_that_of_the_zone_where_it_is_one_already(self):
        of = week((EVERY_DAY, "00:00", "24:00"), holidays="closed")
        christmas = "2026-12-25T05:30:00"
        found = closed(of, christmas, "America/Los_Angeles", "America/New_York", country="US")
        assert found == Closure("holiday", "Christmas Day")
        assert closed(of, christmas, "America/Los_Angeles", country="US") is None

    def test_the_holiday_is_that_of_the_zone_that_is_closed(self):
        """Half past eleven on the first day of Christmas is an open Sunday; an hour on it is the second, and closed."""
        of = week((EVERY_DAY[:6], "00:00", "24:00"), (["sun"], "20:00", "24:00"), holidays="as_sunday")
        found = closed(of, "2026-12-25T23:30:00", "UTC", "Europe/Berlin", country="DE")
        assert found == Closure("holiday", "Second Day of Christmas")

    def test_a_place_without_a_calendar_has_ordinary_weekdays(self):
        of = week(*self.PERIODS, holidays="closed")
        for country in (None, "XX"):
            assert opening(of, "2026-05-01T08:00:00", "Europe/Berlin", country=country) == "2026-05-01T08:00:00"


class TestMakeUpWorkdays:
    """China worked on Sunday, 20 September and Saturday, 10 October for the week of National Day 2026."""

    def test_a_saturday_is_a_friday_and_a_sunday_a_monday(self):
        of = week((["mon"], "09:00", "10:00"), (["fri"], "15:00", "16:00"), holidays="closed")
        assert opening(of, "2026-09-19T00:00:00", "Asia/Shanghai", country="CN") == "2026-09-20T01:00:00"
        assert opening(of, "2026-10-09T10:00:00", "Asia/Shanghai", country="CN") == "2026-10-10T07:00:00"

    def test_only_if_the_hours_say_so(self):
        of = week((MONDAY_TO_FRIDAY, "09:00", "21:00"), make_up_workdays=False)
        assert opening(of, "2026-09-19T00:00:00", "Asia/Shanghai", country="CN") == "2026-09-21T01:00:00"

    def test_count_also_where_holidays_are_as_usual(self):
        of = week((MONDAY_TO_FRIDAY, "09:00", "21:00"))
        assert opening(of, "2026-09-19T00:00:00", "Asia/Shanghai", country="CN") == "2026-09-20T01:00:00"

    def test_have_no_hours_of_their_own(self):
        of = week((["sun"], "09:00", "10:00"))
        assert opening(of, "2026-09-20T00:00:00", "Asia/Shanghai", country="CN") == "2026-09-27T01:00:00"


class TestCalendar:
    def test_is_known_for_countries_and_years_that_the_package_has(self):
        assert calendar_known("CN", None, 2026)
        assert calendar_known(None, "DE-BY", 2026)
        assert not calendar_known("DE", None, 1980)
        assert not calendar_known("DE", None, 2200)
        assert not calendar_known("XX", None, 2026)
        assert not calendar_known(None, "Bayern", 2026)

    def test_a_region_that_is_not_told_apart_has_the_holidays_of_its_country(self):
        assert calendar_of("GB", "GB-LND", 2026) == calendar_of("GB", None, 2026)
        assert calendar_of("DE", "US-CA", 2026) == calendar_of("DE", None, 2026)

    def test_has_one_year(self):
        found = calendar_of("US", None, 2027)
        assert found is not None
        assert {day.year for day in found.holidays} == {2027}
        assert found.holidays[date(2027, 12, 31)] == "New Year's Day (observed)"

    def test_names_do_not_follow_the_language_of_the_machine(self, monkeypatch):
        monkeypatch.setenv("LANGUAGE", "zh_CN")
        calendar_of.cache_clear()
        found = calendar_of("CN", None, 2026)
        assert found is not None
        assert found.holidays[date(2026, 10, 1)] == "National Day"


class TestHorizon:
    def test_what_opens_later_than_that_never_opens(self, monkeypatch):
        of = week((["mon"], "09:00", "10:00"))
        opens = to_micros(utc("2026-03-09T09:00:00"))
        now = to_micros(utc("2026-03-02T10:00:00"))
        for horizon, expected in ((opens - now, opens), (opens - now - 1, None)):
            monkeypatch.setattr("touchpoint_service.domain.hours.HORIZON", horizon)
            assert opens_at(of, now, zones_named("UTC"), None, None) == expected


weekdays = st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True)


def periods(minutes):
    """Periods whose ends are multiples of a step of `minutes`, up to midnight."""
    last = 24 * 60 // minutes
    ends = st.lists(st.integers(0, last), min_size=2, max_size=2, unique=True).map(sorted)

    def text(number):
        return f"{number * minutes // 60:02d}:{number * minutes % 60:02d}"

    return st.builds(lambda d, e: {"days": d, "start": text(e[0]), "end": text(e[1])}, weekdays, ends)


zone_lists = st.sampled_from(
    [
        ["Europe/Berlin"],
        ["America/New_York"],
        ["America/New_York", "America/Phoenix"],
        ["Australia/Lord_Howe"],
        ["Australia/Sydney", "Australia/Brisbane"],
        ["America/Santiago"],
        ["Asia/Beirut"],
        ["Asia/Shanghai"],
        ["Asia/Kolkata"],
        ["Africa/Casablanca"],
        ["America/St_Johns", "Pacific/Honolulu"],
    ]
)
places = st.sampled_from([None, "CN", "US", "US-CA", "DE-BY", "IN", "BR", "AU-NSW", "RU", "XX"])
eventful = st.sampled_from(
    [
        "2026-01-01", "2026-02-14", "2026-02-20", "2026-03-08", "2026-03-22", "2026-03-28", "2026-04-03", "2026-04-05",
        "2026-05-01", "2026-05-09", "2026-07-03", "2026-09-06", "2026-09-20", "2026-10-01", "2026-10-04", "2026-10-10",
        "2026-10-25", "2026-11-01", "2026-12-25", "2027-02-20",
    ]
)  # fmt: skip
instants = st.builds(
    lambda day, minutes, micros: utc(day + "T00:00:00") + timedelta(minutes=minutes, microseconds=micros),
    eventful,
    st.integers(-2 * 24 * 60, 2 * 24 * 60),
    st.sampled_from([-1, 0, 1, 30_000_000]),
)


@settings(max_examples=200, deadline=None)
@given(
    found=st.lists(periods(15), min_size=1, max_size=4),
    treatment=st.sampled_from(["as_usual", "closed", "as_sunday"]),
    make_up=st.booleans(),
    zones=zone_lists,
    place=places,
    now=instants,
)
def test_opens_at_the_first_minute_that_the_oracle_finds(found, treatment, make_up, zones, place, now):
    """Every offset and every edge lies on a whole minute, so looking at each minute misses nothing."""
    document = {"periods": found, "holidays": treatment, "make_up_workdays": make_up}
    of = Week.of(WeeklyHours.model_validate(document))
    country, region = (place[:2], place if "-" in place else None) if place else (None, None)
    at = to_micros(now)
    opens = opens_at(of, at, zones_named(*zones), country, region)
    until = now + timedelta(days=3)
    known = None if place == "XX" else place
    expected = first_inside(document, now, until, timedelta(minutes=1), zones, known)
    if expected is None:
        assert opens is None or opens >= to_micros(until)
    else:
        assert opens == to_micros(expected)
    if opens is not None:
        assert inside(document, from_micros(opens), zones, known)
        assert opens == at or not inside(document, from_micros(opens) - MICROSECOND, zones, known)
    because = closed_because(of, at, zones_named(*zones), country, region)
    if opens == at:
        assert because is None
    elif inside(document | {"holidays": "as_usual"}, now, zones, known):
        days = {now.astimezone(zone).date() for zone in zones_named(*zones)}
        book = year_book(*(place.split("-") if region else (place, None)))
        assert because is not None
        assert because.because == "holiday"
        assert because.holiday in {book.get(day) for day in days}
    else:
        assert because == Closure("hours")


changes = st.sampled_from(
    [
        ("Europe/Berlin", "2026-03-29T01:00:00"),
        ("Europe/Berlin", "2026-10-25T01:00:00"),
        ("America/New_York", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-11-01T06:00:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00"),
        ("America/Santiago", "2026-04-05T03:00:00"),
        ("America/Santiago", "2026-09-06T04:00:00"),
        ("Asia/Beirut", "2026-03-28T22:00:00"),
        ("Asia/Beirut", "2026-10-24T21:00:00"),
        ("America/St_Johns", "2010-11-07T02:31:00"),
        ("Pacific/Apia", "2011-12-30T10:00:00"),
        ("Africa/Casablanca", "2026-02-15T02:00:00"),
    ]
)


@st.composite
def near_a_change(draw):
    """A zone, an instant within two hours of its change, and periods with edges within two hours of it."""
    zone, at = draw(changes)
    change = utc(at)
    found = []
    for _ in range(draw(st.integers(1, 3))):
        edges = sorted(
            (change + timedelta(seconds=draw(st.integers(-7200, 7200)))).astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")
            for _ in range(2)
        )
        if edges[0] != edges[1]:
            found.append({"days": draw(weekdays | st.just(EVERY_DAY)), "start": edges[0], "end": edges[1]})
    if not found:
        found = [{"days": EVERY_DAY, "start": "00:00", "end": "24:00"}]
    now = change + timedelta(seconds=draw(st.integers(-7200, 7200)), microseconds=draw(st.sampled_from([-1, 0, 1])))
    return zone, now, found


@settings(max_examples=120, deadline=None)
@given(case=near_a_change())
def test_opens_at_the_first_second_that_the_oracle_finds_near_a_change(case):
    zone, now, found = case
    document = hours() | {"periods": found}
    of = Week.of(WeeklyHours.model_validate(document))
    until = now + timedelta(hours=2)
    expected = first_inside(document, now, until, timedelta(seconds=1), [zone], None)
    opens = opens_at(of, to_micros(now), zones_named(zone), None, None)
    if expected is None:
        assert opens is None or opens >= to_micros(until)
    else:
        assert opens == to_micros(expected)


def test_the_oracle_knows_both_ends():
    document = hours((["mon"], "09:00", "24:00"))
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert inside(document, noon, ["UTC"], None)
    assert not inside(document, noon.replace(hour=8, minute=59, second=59, microsecond=999_999), ["UTC"], None)
    assert inside(document, noon.replace(hour=9), ["UTC"], None)
    assert not inside(document, noon + timedelta(hours=12), ["UTC"], None)
