"""Deadlines in business time, against counting minute by minute on the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.touchpoint.hours_oracle import inside
from tests.unit.touchpoint.test_hours import MONDAY_TO_FRIDAY, hours

from rapport.clock import from_micros, to_micros
from touchpoint_service.domain.business_time import BusinessHours, due, next_open
from touchpoint_service.domain.hours import Week, WeeklyHours

OFFICE = hours((MONDAY_TO_FRIDAY, "09:00", "17:00"), holidays="closed", holiday_country="DE")


def business(document, zone="Europe/Berlin", country="DE", region=None):
    return BusinessHours(Week.of(WeeklyHours.model_validate(document)), ZoneInfo(zone), country, region)


def deadline(since, minutes, document=OFFICE, **where):
    """As local text."""
    of = business(document, **where)
    found = due(to_micros(datetime.fromisoformat(since)), minutes, of)
    return None if found is None else from_micros(found).astimezone(of.zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("since", "minutes", "until"),
    [
        ("2026-03-03T13:00:00+01:00", 120, "2026-03-03 15:00"),
        ("2026-03-03T15:00:00+01:00", 120, "2026-03-03 17:00"),  # by the end of the day
        ("2026-03-03T15:00:00+01:00", 121, "2026-03-04 09:01"),
        ("2026-03-06T16:59:00+01:00", 2, "2026-03-09 09:01"),  # over a weekend
        ("2026-03-07T12:00:00+01:00", 1, "2026-03-09 09:01"),
        ("2026-04-02T16:00:00+02:00", 120, "2026-04-07 10:00"),  # over Easter, from Friday to Monday
        ("2026-12-24T10:00:00+01:00", 600, "2026-12-28 12:00"),
    ],
)
def test_counts_while_it_is_open(since, minutes, until):
    assert deadline(since, minutes) == until


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-03-29T01:00:00+01:00", "2026-03-29 05:00"), ("2026-10-25T01:00:00+02:00", "2026-10-25 03:00")],
)
def test_an_hour_that_clocks_skip_is_none_and_one_that_they_repeat_is_two(since, until):
    night = hours((["sun"], "00:00", "06:00"))
    assert deadline(since, 180, night) == until


def test_without_hours_it_is_always_open():
    assert due(0, 90, None) == 90 * 60 * 10**6


def test_the_next_opening_of_an_open_minute_is_that_minute():
    of = business(OFFICE)
    for at, opens in (("09:00", "09:00"), ("16:59", "16:59"), ("08:00", "09:00")):
        now = to_micros(datetime.fromisoformat(f"2026-03-03T{at}:00+01:00"))
        found = next_open(now, of)
        assert found is not None
        assert from_micros(found).astimezone(of.zone).strftime("%H:%M") == opens


documents = st.builds(
    lambda days, start, length, holidays: hours(
        (days, f"{start // 60:02}:{start % 60:02}", f"{(start + length) // 60:02}:{(start + length) % 60:02}"),
        holidays=holidays,
    ),
    st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=2).map(sorted),
    st.integers(0, 1000),
    st.integers(30, 400),
    st.sampled_from(["as_usual", "closed", "as_sunday"]),
)
instants = st.sampled_from(
    [
        datetime(2026, 3, 27, 20, tzinfo=UTC),  # Friday before the clocks go on in Europe
        datetime(2026, 10, 23, 20, tzinfo=UTC),  # and back
        datetime(2026, 4, 2, 9, tzinfo=UTC),  # before Easter
        datetime(2026, 9, 30, 9, tzinfo=UTC),  # before a week of holidays in China
    ]
)
places = st.sampled_from([("Europe/Berlin", "DE"), ("America/New_York", "US"), ("Asia/Shanghai", "CN")])


class TestAgainstCounting:
    @settings(max_examples=40, deadline=None)
    @given(documents, instants, st.integers(0, 3000), st.integers(1, 900), places)
    def test_it_is_the_end_of_the_last_minute(self, document, start, later, minutes, place):
        zone, country = place
        since = start + timedelta(minutes=later)
        found = due(to_micros(since), minutes, business(document, zone, country))
        at, left = since, minutes
        while left:
            left -= inside(document, at, [zone], country)
            at += timedelta(minutes=1)
            assert at < since + timedelta(days=120), "all of these open twice a week"
        assert found == to_micros(at)
