"""Explanations against the documents: every rule is there, figures are right, the first objection stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.touchpoint.policy_documents import documents
from tests.unit.touchpoint.test_decide import NOON, RUNNING, cap, customer, entry, policy, request

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import Channel, ContactClass, Reason
from touchpoint_service.domain import explanation, local_time
from touchpoint_service.domain.decide import DEFERRED, EXPIRED, RELEASED, SUPPRESSED, decide
from touchpoint_service.domain.decided import Decided, pack, summary, unpack, without
from touchpoint_service.domain.explanation import Case, NotDecided, explain
from touchpoint_service.domain.explanation_words import sentences
from touchpoint_service.domain.facts import World
from touchpoint_service.domain.policy import Policy, PolicyDocument
from touchpoint_service.domain.rules import REQUEST_RULES, Objection
from touchpoint_service.domain.standing import CLOSED, OPEN, CoolDown, GoalMet, Standing
from touchpoint_service.domain.windows import DAY, HOUR

CHANNELS = [c.value for c in Channel]
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = HOUR // 60


def case(rules, *asked, entries=(), who=None, world=RUNNING, recallable=None, now=NOON, **standing):
    """What is stored of deciding these requests, read back."""
    before = Standing("c1", entries=list(entries), **standing)
    may_yield = recallable or {}
    person = customer() if who is None else who
    decisions, _ = decide(before, person or None, asked, rules, now, world, may_yield)
    page = pack([Decided(before, 7, rules, asked, may_yield, world, decisions)])
    (stored,) = unpack(page)
    return Case(now, stored, person or None, rules, world)


entries = st.lists(
    st.builds(
        lambda hours, number, channel, rank, state: entry(
            NOON - hours * HOUR,
            contact_id=f"ctc{number}",
            request_id=f"old{number}",
            channel=channel,
            contact_class=rank,
            state=state,
        ),
        st.integers(0, 200),
        st.integers(0, 99),
        st.sampled_from(CHANNELS),
        st.integers(0, 3),
        st.sampled_from([OPEN, CLOSED]),
    ),
    max_size=6,
    unique_by=lambda e: e.contact_id,
).map(lambda found: sorted(found, key=lambda e: e.at))
asked = st.lists(
    st.builds(
        lambda channels, rank, hours, goal, wait: request(
            channels=tuple(channels),
            contact_class=rank,
            goal=goal,
            at=NOON - hours * HOUR,
            not_before=NOON + wait,
            expires_at=NOON + hours * HOUR - HOUR,
        ),
        st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=3, unique=True),
        st.integers(0, 3),
        st.sampled_from([0, 2, 100]),
        st.sampled_from([None, "loan", "card"]),
        st.sampled_from([0, 0, 0, HOUR]),
    ),
    min_size=1,
    max_size=4,
).map(lambda found: [replace(r, request_id=f"r{n}") for n, r in enumerate(found)])
zones = st.sampled_from(["Europe/Berlin", "Asia/Shanghai", None])
pauses = st.lists(st.sampled_from([CoolDown(NOON + HOUR, "all", None, "d", "refused")]), max_size=1)
goals = st.sampled_from([{}, {"card": (GoalMet("o1", "a1", "web", NOON - DAY),)}])


@st.composite
def cases(draw):
    document = PolicyDocument.model_validate(draw(documents))
    held, wanted = draw(entries), draw(asked)
    idle = {
        e.contact_id: request(e.request_id, channels=(e.channel,), contact_class=e.contact_class, at=e.at)
        for e in held
        if e.state == OPEN and draw(st.booleans())
    }
    return case(
        Policy("p", 1, document),
        *wanted,
        entries=held,
        who=customer(time_zone=draw(zones)),
        recallable=idle,
        cool_downs=draw(pauses),
        goals=draw(goals),
    )


def explained(one):
    decisions, _ = one.stored.again(one.customer, one.policy, one.world, one.now)
    return [explain(one, d.request.request_id) for d in decisions]


class TestWhatIsStored:
    @settings(max_examples=150, deadline=None)
    @given(cases())
    def test_gives_the_same_decisions_and_standing(self, one):
        before = one.stored.standing.dump()
        decisions, after = one.stored.again(one.customer, one.policy, one.world, one.now)
        assert [summary(d) for d in decisions] == one.stored.told
        assert one.stored.standing.dump() == before
        again = one.stored.again(one.customer, one.policy, one.world, one.now)
        assert again[1].dump() == after.dump()

    def test_one_customer_can_be_taken_out_of_a_page(self):
        rules, all_three = policy(), []
        for name in ("a", "b", "c"):
            who = request(f"r-{name}", customer_id=name)
            decisions, _ = decide(Standing(name), customer(), [who], rules, NOON, RUNNING)
            all_three.append(Decided(Standing(name), 1, rules, [who], {}, RUNNING, decisions))
        page = pack(all_three)
        left = without(page, {"b"})
        assert left is not None
        assert unpack(left) == [unpack(page)[0], unpack(page)[2]]
        assert b"r-b" not in b"".join(bytes(str(s), "utf8") for s in unpack(left))
        assert without(left, {"a", "c"}) is None


class TestExplain:
    @settings(max_examples=200, deadline=None)
    @given(cases())
    def test_the_objection_that_stands_is_the_first_one(self, one):
        for found in explained(one):
            decision = found.decision
            once = next((look.objection for look in found.looks if look.objection is not None), None)
            by_channel = {c.channel: c.objection for c in found.channels}
            if decision.kind == EXPIRED:
                assert not found.looks
            elif decision.kind == RELEASED:
                assert once is None
                assert by_channel[decision.channel] is None or decision.pre_empted
            else:
                assert decision.because == (once or by_channel[decision.channel])
                assert found.standing_look.objection == decision.because
                assert once or all(by_channel.values())

    @settings(max_examples=100, deadline=None)
    @given(cases())
    def test_every_rule_of_the_policy_that_binds_is_looked_at_once(self, one):
        document = one.policy.document
        for found in explained(one):
            rank = found.request.contact_class
            for in_channel in found.channels:
                for kind, rules in (
                    ("quiet_hours", document.quiet_hours),
                    ("minimum_gap", document.minimum_gaps),
                    ("frequency_cap", document.frequency_caps),
                ):
                    bind = [
                        rule.name
                        for rule in rules
                        if (rule.channels is None or in_channel.channel in [c.value for c in rule.channels])
                        and list(ContactClass)[rank] not in rule.exempt_classes
                    ]
                    assert [look.rule for look in in_channel.looks if look.kind == kind] == (bind or [None])

    @settings(max_examples=100, deadline=None)
    @given(cases())
    def test_the_figures_are_those_of_whoever_counts_by_hand(self, one):
        caps = {c.name: c for c in one.policy.document.frequency_caps if c.scope == "all"}
        for found in explained(one)[:1]:
            for in_channel in found.channels:
                for look in in_channel.looks:
                    rule, figures = caps.get(look.rule), look.figures
                    if rule is None or figures is None or rule.window.kind != "rolling":
                        continue
                    by_hand = [
                        e
                        for e in one.stored.standing.entries
                        if NOON - e.at < rule.window.hours * HOUR
                        and (rule.channels is None or e.channel in [c.value for c in rule.channels])
                    ]
                    assert (figures.counter, figures.limit) == (len(by_hand), rule.limit)
                    assert (look.objection is not None) == (len(by_hand) >= rule.limit)
                    assert (figures.first, figures.last) == (NOON - rule.window.hours * HOUR + 1, NOON)

    @settings(max_examples=100, deadline=None)
    @given(cases())
    def test_can_be_said_in_both_languages(self, one):
        for found in explained(one):
            for lang in ("en", "zh-CN"):
                told = sentences(found, lang)
                assert all(told)
                assert not any("{" in text or "None" in text for text in told), told
            assert len(sentences(found, "en")) == len(sentences(found, "zh"))

    def test_a_rule_that_is_added_is_explained(self, monkeypatch):
        def blackout(facts):
            return Objection(Reason.CAMPAIGN_STOPPED, rule="new-year", until=facts.now + DAY)

        rules = (*REQUEST_RULES, blackout)
        monkeypatch.setattr(explanation, "REQUEST_RULES", rules)
        found = explain(case(policy(), request()), "r1")
        assert (found.looks[-1].kind, found.looks[-1].rule) == ("blackout", "new-year")

    def test_a_rule_that_weighs_several_together_is_told_as_one(self, monkeypatch):
        def frequency_cap(facts):
            caps = facts.applying.frequency_caps
            return Objection(Reason.FREQUENCY_CAP, rule="both") if len(caps) == 2 else None

        monkeypatch.setattr(explanation, "CHANNEL_RULES", (frequency_cap,))
        rules = policy(frequency_caps=[cap(1) | {"name": "a"}, cap(1) | {"name": "b"}])
        (in_channel,) = explain(case(rules, request()), "r1").channels
        assert [(look.kind, look.rule) for look in in_channel.looks] == [("frequency_cap", "both")]

    def test_a_request_that_is_not_wanted_yet_waits_and_has_no_explanation(self):
        one = case(policy(), request("now"), request("later", not_before=NOON + 1))
        (other,) = explain(one, "now").competitors
        assert (other.request.request_id, other.decision) == ("later", None)
        with pytest.raises(NotDecided):
            explain(one, "later")


class TestSentences:
    def told(self, one, request_id="r1", lang="en"):
        return sentences(explain(one, request_id), lang)

    def test_a_calendar_window_in_a_zone_that_is_not_the_customers(self):
        rules = policy(
            business_zone="Europe/Berlin",
            frequency_caps=[cap(1) | {"scope": "category", "window": {"kind": "calendar", "unit": "week"}}],
        )
        one = case(rules, request(), entries=[entry(NOON - HOUR)], who=customer(time_zone="Asia/Shanghai"))
        first, second, *_ = self.told(one)
        assert first == (
            "Not called: 1 of 1 contacts of the same category in this week (Berlin time) (rule cap); "
            "frees on Monday 9 March 2026 at 07:00 Shanghai time."
        )
        assert second == (
            "What counts against it: call on Tuesday 3 March 2026 at 19:00 Shanghai time (loan, class marketing)."
        )
        assert self.told(one, lang="zh")[0] == (
            "未外呼：本周（柏林时间）已有 1/1 次接触（同一类别）（规则 cap）；"
            "名额将于北京时间 2026-03-09 星期一 07:00 释放。"
        )

    def test_too_late(self):
        one = case(policy(frequency_caps=[cap(1)]), request(expires_at=NOON + HOUR), entries=[entry(NOON - HOUR)])
        assert explain(one, "r1").decision.kind == SUPPRESSED
        assert self.told(one)[0] == (
            "Not called: 1 of 1 contacts in the last day (rule cap); frees on Wednesday 4 March 2026 at 12:00 "
            "Berlin time, too late for this request, which ends on Tuesday 3 March 2026 at 14:00 Berlin time."
        )

    def test_a_gap(self):
        rules = policy(minimum_gaps=[{"name": "gap", "hours": 4.5}])
        one = case(rules, request(), entries=[entry(NOON - HOUR)])
        assert self.told(one)[0] == (
            "Not called: less than 4.5 hours since the last contact (rule gap); "
            "frees on Tuesday 3 March 2026 at 16:30 Berlin time."
        )
        assert self.told(one, lang="zh")[0].startswith("未外呼：距上次接触不足 4.5 小时（规则 gap）；")

    def test_what_waiting_would_not_change(self):
        one = case(policy(), request(), who=customer(consents=[]))
        assert self.told(one)[0] == (
            "Not called: there is no consent for this channel and purpose; waiting would not change that."
        )

    def test_quiet_hours_last_until(self):
        rules = policy(quiet_hours=[{"name": "day", "start": "08:00", "end": "20:00"}])
        assert self.told(case(rules, request()))[0] == (
            "Not called: it is quiet hours where the customer is (rule day); "
            "until Tuesday 3 March 2026 at 20:00 Berlin time."
        )

    def test_a_paused_campaign_may_go_on_any_time(self):
        one = case(policy(), request(), world=World({"cmp": "paused"}, {}))
        assert explain(one, "r1").decision.kind == DEFERRED
        assert self.told(one)[0] == (
            "Not called: the campaign is not running; looked at again on Thursday 2 April 2026 at 14:00 Berlin time "
            "at the latest."
        )

    def test_nobody_knows_the_customer(self):
        told = self.told(case(policy(business_zone="Asia/Shanghai"), request(), who=False))
        assert told[0].startswith(
            "Not called: the customer is not known; looked at again on Tuesday 3 March 2026 at 20:01"
        )


class TestLocalTime:
    def test_an_instant_lies_in_its_minute_and_what_frees_is_never_told_too_early(self):
        instant = to_micros(datetime(2026, 3, 10, 6, 4, 59, 999_999, tzinfo=UTC))
        assert local_time.at(instant, SHANGHAI, "en") == "on Tuesday 10 March 2026 at 14:04 Shanghai time"
        assert local_time.from_then(instant, SHANGHAI, "en") == "on Tuesday 10 March 2026 at 14:05 Shanghai time"
        whole = instant + 1
        assert local_time.from_then(whole, SHANGHAI, "en") == local_time.at(whole, SHANGHAI, "en")

    def test_an_hour_that_the_clock_shows_twice_names_its_offset(self):
        first = to_micros(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
        assert local_time.at(first, BERLIN, "en") == "on Sunday 25 October 2026 at 02:30 Berlin time (UTC+2)"
        assert local_time.at(first + HOUR, BERLIN, "en") == "on Sunday 25 October 2026 at 02:30 Berlin time (UTC+1)"
        assert local_time.at(first + HOUR, BERLIN, "zh") == "柏林时间 2026-10-25 星期日 02:30（UTC+1）"
        assert local_time.at(first + 2 * HOUR, BERLIN, "en").endswith("03:30 Berlin time")

    @pytest.mark.parametrize(
        ("zone", "english", "chinese"),
        [
            ("UTC", "UTC", "UTC"),
            ("America/Argentina/Buenos_Aires", "Buenos Aires time", "Buenos Aires 时间"),
            ("Asia/Hong_Kong", "Hong Kong time", "香港时间"),
        ],
    )
    def test_zones_have_names(self, zone: str, english: str, chinese: str):
        assert local_time.zone_name(ZoneInfo(zone), "en") == english
        assert local_time.zone_name(ZoneInfo(zone), "zh") == chinese

    @given(st.integers(NOON - 400 * DAY, NOON + 400 * DAY), st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("UTC")]))
    def test_says_the_weekday_of_the_date(self, instant: int, zone: ZoneInfo):
        local = from_micros(instant).astimezone(zone)
        assert f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M} " in local_time.at(instant, zone, "en")
