"""Capacities against a counter of every hand-over, and the circuit breaker step by step."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rapport.clock import to_micros
from touchpoint_service.domain.capacity import PERIODS, Capacity, CapacityDocument
from touchpoint_service.domain.circuit import OPENS_AFTER, Circuit
from touchpoint_service.domain.windows import HOUR, SECOND

NOON = to_micros(datetime(2026, 3, 3, 12, tzinfo=UTC))


def capacity(**document):
    return Capacity.of(CapacityDocument.model_validate(document))


def played(of, attempts):
    """Hand-overs at the instants given, each taking as many as it wants and may; (instant, count)."""
    arrival, now, found = 0, NOON, []
    for wait, wanted in attempts:
        now += wait
        count = min(wanted, of.left(arrival, now))
        arrival = of.spend(arrival, now, count)
        found.append((now, count))
    return found, arrival, now


attempts = st.lists(st.tuples(st.integers(0, 90 * SECOND), st.integers(1, 5)), min_size=1, max_size=60)


@settings(max_examples=300, deadline=None)
@given(rate=st.integers(1, 200), per=st.sampled_from(["minute", "hour"]), burst=st.integers(1, 7), attempts=attempts)
def test_never_more_than_the_rate_and_the_burst_in_any_span(rate, per, burst, attempts):
    found, _, _ = played(capacity(rate=rate, per=per, burst=burst), attempts)
    for first, (begin, _) in enumerate(found):
        for last in range(first, len(found)):
            handed = sum(count for _, count in found[first : last + 1])
            assert handed <= burst + (found[last][0] - begin) * rate / PERIODS[per]


@settings(max_examples=300, deadline=None)
@given(rate=st.integers(1, 200), burst=st.integers(1, 7), attempts=attempts)
def test_frees_at_the_first_instant_at_which_one_may_go(rate, burst, attempts):
    of = capacity(rate=rate, per="minute", burst=burst)
    _, arrival, now = played(of, attempts)
    frees = of.frees_at(arrival, now)
    assert frees is not None
    assert of.left(arrival, frees) >= 1
    assert frees == now or of.left(arrival, frees - 1) == 0


@settings(max_examples=100, deadline=None)
@given(rate=st.integers(1, 200), burst=st.integers(1, 9), rest=st.integers(0, 10 * HOUR))
def test_after_a_rest_no_more_than_the_burst(rate, burst, rest):
    of = capacity(rate=rate, burst=burst)
    assert of.left(NOON - 20 * HOUR, NOON + rest) == burst


def test_hours_of_the_week_by_the_wall_clock():
    of = capacity(
        rate=0, zone="Europe/Berlin", hours=[{"days": ["mon", "tue"], "start": "09:00", "end": "12:00", "rate": 60}]
    )
    berlin = ZoneInfo("Europe/Berlin")
    tuesday = to_micros(datetime(2026, 3, 3, 9, tzinfo=berlin))
    monday = to_micros(datetime(2026, 3, 9, 9, tzinfo=berlin))
    assert (of.left(0, tuesday - 1), of.left(0, tuesday), of.left(0, tuesday + 3 * HOUR)) == (0, 1, 0)
    assert of.frees_at(0, tuesday + 3 * HOUR) == monday
    assert of.frees_at(0, tuesday - HOUR) == tuesday


def test_hours_without_contacts_inside_a_rate():
    pause = [{"days": ["tue"], "start": "12:00", "end": "13:00", "rate": 0}]
    of = capacity(rate=60, hours=pause)
    assert of.left(0, NOON) == 0
    assert of.frees_at(0, NOON + 5) == NOON + HOUR


def test_none_is_never():
    assert capacity(rate=0).frees_at(0, NOON) is None


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValidationError):
        CapacityDocument(rate=1, zone="Mars/Base")


class TestCircuit:
    def test_opens_after_failures_in_a_row_and_rests_longer_each_time(self):
        circuit = Circuit().after(0, OPENS_AFTER - 1, NOON)
        assert circuit.may_try(NOON) is None
        circuit = circuit.after(0, 1, NOON)
        rests = []
        now = NOON
        for _ in range(9):
            assert circuit.retry_at is not None
            assert circuit.may_try(circuit.retry_at - 1) == 0
            assert circuit.may_try(circuit.retry_at) == 1
            rests.append((circuit.retry_at - now) // SECOND)
            now = circuit.retry_at
            circuit = circuit.after(0, 1, now)
        assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]

    def test_a_success_closes_it(self):
        assert Circuit(9, 3, NOON).after(1, 4, NOON) == Circuit()

    def test_what_the_provider_asks_for_is_kept_at_once(self):
        circuit = Circuit().after(3, 1, NOON, wait=42 * SECOND)
        assert circuit.may_try(NOON + 42 * SECOND - 1) == 0
        assert circuit.may_try(NOON + 42 * SECOND) == 1
