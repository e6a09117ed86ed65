"""The replay against a slow one that walks through the time hour by hour, and its counts against simple sums."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.touchpoint.what_if_oracle import Asked, walk

from rapport.clock import to_micros
from touchpoint_service.domain.effects import NO_POLICY, begin
from touchpoint_service.domain.facts import Customer, Request
from touchpoint_service.domain.past import Effect, Happening, Past, RealContact
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.what_if import Run
from touchpoint_service.domain.what_if_tally import IN_FORCE, TRIED, Tally, count_customer, dump, load, result_of
from touchpoint_service.domain.what_if_words import limits, sentences
from touchpoint_service.domain.windows import HOUR

START = datetime(2026, 3, 2, tzinfo=UTC)
SINCE = to_micros(START)
HOURS = 24 * 6
CUSTOMER = Customer.of({"customer_id": "c", "time_zone": "UTC"})


def micros(hour: int) -> int:
    return SINCE + hour * HOUR


def lived(asked: list[Asked]) -> Past:
    """A past in which these requests came, and some of them were really released."""
    past = Past("c", CUSTOMER)
    for number, one in enumerate(asked):
        request = Request(
            one.name,
            "c",
            ("web",),
            "marketing",
            one.category,
            3,
            one.score,
            None,
            None,
            None,
            None,
            micros(one.at),
            None,
            micros(one.ends),
        )
        past.arrivals.append((micros(one.at), number, request))
        if one.really is not None:
            released = Happening(number, micros(one.really), "contact.released", one.name, f"x{number}", "web", {})
            effects = [Effect(one.after * HOUR, number, one.outcome)]
            past.contacts[one.name].append(RealContact(released, effects))
    return past


def run(past: Past, document: dict[str, Any]) -> Run:
    policy = Policy("p", 1, PolicyDocument.model_validate(document))
    life = begin(past, lambda _: NO_POLICY, {}, SINCE)
    return Run(past, life, policy, {}, SINCE, micros(HOURS)).finish()


windows = st.one_of(
    st.builds(lambda hours: {"kind": "rolling", "hours": hours}, st.integers(1, 60)),
    st.builds(lambda unit: {"kind": "calendar", "unit": unit}, st.sampled_from(["day", "week"])),
)
caps = st.builds(
    lambda limit, window, scope: {"limit": limit, "window": window, "scope": scope},
    st.integers(0, 3),
    windows,
    st.sampled_from(["all", "channel", "category"]),
)
documents = st.builds(
    lambda caps, gaps, quiet: {
        "name": "tried",
        "frequency_caps": [cap | {"name": f"cap-{n}"} for n, cap in enumerate(caps)],
        "minimum_gaps": [{"name": f"gap-{n}", "hours": hours} for n, hours in enumerate(gaps)],
        "quiet_hours": [
            {"name": f"quiet-{n}", "start": f"{a:02}:00", "end": f"{b:02}:00"} for n, (a, b) in enumerate(quiet)
        ],
    },
    st.lists(caps, max_size=2),
    st.lists(st.integers(1, 30), max_size=1),
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda ab: ab[0] != ab[1]), max_size=1),
)


@st.composite
def asked(draw: st.DrawFn) -> list[Asked]:
    found = []
    for number in range(draw(st.integers(1, 8))):
        at, lasts = draw(st.integers(0, HOURS - 20)), draw(st.integers(1, 70))
        really = draw(st.none() | st.integers(at, at + lasts - 1))
        outcome, after = draw(st.sampled_from(["interested", "no_answer"])), draw(st.integers(1, 40))
        score, category = draw(st.sampled_from([0.2, 0.5, 0.9])), draw(st.sampled_from(["loans", "cards"]))
        found.append(Asked(f"r{number}", at, lasts, score, category, really, outcome, after))
    return found


class TestReplay:
    @given(asked(), documents)
    @settings(max_examples=400, deadline=None)
    def test_releases_what_an_hour_by_hour_walk_releases(self, requests: list[Asked], document: dict[str, Any]):
        complete = PolicyDocument.model_validate(document).model_dump(mode="json")
        found = run(lived(requests), document)
        released = [(r.request.request_id, r.at) for r in found.releases]
        expected = [(name, micros(hour)) for name, hour in walk(complete, requests, START, HOURS)]
        assert released == expected

    @given(asked(), documents)
    @settings(max_examples=100, deadline=None)
    def test_gives_every_request_one_fate_and_changes_no_fact(self, requests: list[Asked], document: dict[str, Any]):
        past = lived(requests)
        before = repr(past)
        found = run(past, document)
        assert repr(past) == before
        assert found.fates.keys() == {one.name for one in requests}
        goes = {r.request.request_id for r in found.releases}
        assert {name for name, fate in found.fates.items() if fate.state == "released"} == goes
        again = run(past, document)
        assert (again.fates, again.releases) == (found.fates, found.releases)

    def test_a_cap_of_zero_stops_all_and_none_stops_nothing(self):
        requests = [Asked(f"r{n}", n, 40, 0.5, "loans") for n in range(6)]
        none = {"name": "x", "frequency_caps": [{"name": "no", "limit": 0, "window": {"kind": "rolling", "hours": 1}}]}
        assert run(lived(requests), none).releases == []
        assert [r.at for r in run(lived(requests), {"name": "x"}).releases] == [micros(n) for n in range(6)]


class TestTally:
    @given(st.lists(asked(), min_size=1, max_size=4), documents, documents)
    @settings(max_examples=100, deadline=None)
    def test_adds_up_however_the_customers_are_divided(
        self, lives: list[list[Asked]], one: dict[str, Any], other: dict[str, Any]
    ):
        parts: list[Tally] = [Counter() for _ in lives]
        whole: Tally = Counter()
        expected: Counter[str] = Counter()
        for part, requests in zip(parts, lives, strict=True):
            runs = {TRIED: run(lived(requests), one), IN_FORCE: run(lived(requests), other)}
            for tally in (part, whole):
                count_customer(tally, runs, 0, ZoneInfo("UTC"))
            tried = {name for name, fate in runs[TRIED].fates.items() if fate.state == "released"}
            before = {name for name, fate in runs[IN_FORCE].fates.items() if fate.state == "released"}
            expected["newly_released"] += len(tried - before)
            expected["newly_blocked"] += len(before - tried)
            expected["contacts"] += len(runs[TRIED].releases)
            expected["customers_reached"] += bool(tried)
        result = result_of(whole)
        assert result_of(load(map(dump, parts))) == result
        assert result["difference"]["newly_released"] == expected["newly_released"]
        assert result["difference"]["newly_blocked"] == expected["newly_blocked"]
        assert sum(row["requests"] for row in result["difference"]["newly_blocked_by"]) == expected["newly_blocked"]
        assert result["tried"]["contacts"] == sum(result["tried"]["days"].values()) == expected["contacts"]
        assert result["tried"]["customers_reached"] == expected["customers_reached"]
        assert result["tried"]["requests"] == sum(map(len, lives))
        assert all(sentences(result, lang) for lang in ("en", "zh-CN"))

    def test_of_nothing_is_nothing(self):
        result = result_of(Counter())
        assert result["tried"]["contacts_per_customer"] == {"customers": {}, "p50": 0, "p95": 0, "max": 0}
        assert sentences(result, "en")[1] == "Nothing would have been different."

    def test_is_told_in_both_languages(self):
        requests = [Asked(f"r{n}", n, 40, 0.5, "loans") for n in range(6)]
        cap = {"name": "two", "limit": 2, "window": {"kind": "rolling", "hours": 100}}
        runs = {
            TRIED: run(lived(requests), {"name": "x", "frequency_caps": [cap]}),
            IN_FORCE: run(lived(requests), {"name": "x"}),
        }
        tally: Tally = Counter()
        count_customer(tally, runs, 6, ZoneInfo("UTC"))
        result = result_of(tally)
        english, chinese = sentences(result, "en"), sentences(result, "zh-CN")
        assert english[0] == "2 contacts instead of 6 (-67 %), with 1 customers who were asked for."
        assert "4 of those are stopped by the rule two (frequency cap)." in english
        assert "其中4个因规则 two（频次上限）被拦截。" in chinese
        assert len(english) == len(chinese)
        assert len(limits("en")) == len(limits("zh-CN"))
