"""How simulated customers behave."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from rapport.contracts.vocabulary import Outcome
from rapport_cli.demo.behaviour import OPEN_HOURS, Behaviour, Visit
from rapport_cli.demo.chance import Chance
from rapport_cli.demo.world import people

NOW = datetime(2026, 3, 2, 9, 17, tzinfo=UTC)
WORLD = people(1, 1000, date(2026, 3, 2))
STEPS = [NOW.replace(hour=hour) for hour in (1, 7, 10, 13, 17)]


def behaviour(seed: int = 1) -> Behaviour:
    return Behaviour(Chance(seed), WORLD)


class TestVisits:
    def test_are_the_same_for_the_same_seed(self) -> None:
        assert behaviour().visits(3, STEPS) == behaviour().visits(3, STEPS)
        assert behaviour().visits(3, STEPS) != behaviour(2).visits(3, STEPS)

    def test_come_in_opening_hours_where_the_customer_lives(self) -> None:
        for at, visits in zip(STEPS, behaviour().visits(0, STEPS), strict=True):
            for visit in visits:
                first, last = OPEN_HOURS[visit.door]
                assert first <= at.astimezone(visit.customer.zone).hour < last

    def test_bring_nobody_to_two_places_at_once(self) -> None:
        for day in range(30):
            for visits in behaviour().visits(day, STEPS):
                ids = [visit.customer.customer_id for visit in visits]
                assert len(set(ids)) == len(ids)

    def test_go_to_every_door(self) -> None:
        doors = Counter(v.door for day in range(10) for step in behaviour().visits(day, STEPS) for v in step)
        assert doors["web"] > doors["branch"] > 0
        assert doors["hotline"] > 0


class TestAnswers:
    def test_to_calls_cover_the_taxonomy(self) -> None:
        said = Counter(behaviour().on_the_phone("c-00001", f"r-{number}") for number in range(2000))
        assert said[Outcome.NO_ANSWER] > said[Outcome.ACCEPTED] > said[Outcome.COMPLAINT] > 0

    def test_of_open_customers_are_yes_more_often(self) -> None:
        by_openness = sorted(WORLD, key=lambda one: one.openness)
        closed, opened = by_openness[0].customer_id, by_openness[-1].customer_id

        def accepted(customer_id: str) -> int:
            answers = [behaviour().on_the_phone(customer_id, f"{customer_id}.{number}") for number in range(1000)]
            return answers.count(Outcome.ACCEPTED)

        assert accepted(opened) > 1.5 * accepted(closed)

    def test_to_an_offer_differ_from_visit_to_visit(self) -> None:
        said = {behaviour().to_an_offer(Visit(WORLD[0], "branch", f"v{number}"), "o1") for number in range(100)}
        assert {"accepted", "refused", "interested", "later", ""} == said

    def test_a_call_back_is_wanted_by_day_on_one_of_the_next_days(self) -> None:
        for one in WORLD[:200]:
            at = behaviour().call_back(one.customer_id, "r1", NOW)
            assert timedelta() < at - NOW < timedelta(days=6)
            assert 9 <= at.astimezone(one.zone).hour < 20
