"""The gate's decision, rule by rule at its edges, and as a whole against a slow oracle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.touchpoint.gate_oracle import Past, may_release

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import Reason
from rapport.ranking import Offer as OfferInHand
from touchpoint_service.domain.decide import DEFERRED, EXPIRED, RELEASED, SUPPRESSED, decide
from touchpoint_service.domain.facts import Customer, Request, World
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.standing import CLOSED, CoolDown, Entry, GoalMet, Standing
from touchpoint_service.domain.windows import DAY, HOUR

NOON = to_micros(datetime(2026, 3, 3, 12, tzinfo=UTC))
RUNNING = World({"cmp": "running"}, {})
ALL_CONSENTS = [
    {"channel": c, "purpose": "marketing", "granted": True, "at": "2020-01-01T00:00:00Z"}
    for c in ("call", "sms", "email")
]


def customer(**changes):
    document = {
        "customer_id": "c1",
        "time_zone": "Europe/Berlin",
        "phone": "+4930123456",
        "email": "c@example.com",
        "consents": ALL_CONSENTS,
    }
    return Customer.of(document | changes)


def request(request_id="r1", **changes):
    plain = Request(
        request_id,
        "c1",
        ("call",),
        "marketing",
        "loans",
        3,
        0.5,
        "loan",
        "cmp",
        None,
        None,
        NOON,
        None,
        NOON + 30 * DAY,
    )
    return replace(plain, **changes)


def policy(**rules):
    return Policy("p", 1, PolicyDocument.model_validate({"name": "test"} | rules))


def cap(limit, hours=24, **changes):
    return {"name": "cap", "limit": limit, "window": {"kind": "rolling", "hours": hours}} | changes


def entry(at, **changes):
    plain = Entry(at, f"ctc_{at}", "r0", "call", "loans", "marketing", 3, "cmp", None, "loan", CLOSED)
    return plain._replace(**changes)


def one(decisions):
    assert len(decisions) == 1
    return decisions[0]


def decided(rules, *entries, at=NOON, asked=None, who=None, world=RUNNING, **standing):
    found, _ = decide(
        Standing("c1", entries=list(entries), **standing), who or customer(), [asked or request()], rules, at, world
    )
    return one(found)


class TestFrequencyCap:
    def test_releases_below_the_limit(self):
        assert decided(policy(frequency_caps=[cap(2)]), entry(NOON - HOUR)).kind == RELEASED

    def test_defers_at_the_limit_until_the_oldest_leaves(self):
        found = decided(policy(frequency_caps=[cap(2)]), entry(NOON - 3 * HOUR), entry(NOON - HOUR))
        assert (found.kind, found.because.reason, found.retry_at) == (DEFERRED, Reason.FREQUENCY_CAP, NOON + 21 * HOUR)
        assert (found.because.counter, found.because.limit) == (2, 2)

    def test_the_far_edge_of_the_window_is_outside(self):
        rules = policy(frequency_caps=[cap(1)])
        assert decided(rules, entry(NOON - DAY)).kind == RELEASED
        assert decided(rules, entry(NOON - DAY + 1)).kind == DEFERRED

    def test_retry_is_the_first_instant_at_which_it_goes(self):
        rules = policy(frequency_caps=[cap(2)])
        past = [entry(NOON - 5 * HOUR), entry(NOON - 3 * HOUR), entry(NOON - HOUR)]
        first = decided(rules, *past).retry_at
        assert decided(rules, *past, at=first - 1).kind == DEFERRED
        assert decided(rules, *past, at=first).kind == RELEASED

    def test_a_cap_of_nothing_never_frees(self):
        found = decided(policy(frequency_caps=[cap(0)]))
        assert (found.kind, found.because.limit) == (SUPPRESSED, 0)

    def test_one_that_frees_only_after_expiry_suppresses(self):
        found = decided(policy(frequency_caps=[cap(1)]), entry(NOON), asked=request(expires_at=NOON + DAY))
        assert found.kind == SUPPRESSED

    def test_one_that_an_undelivered_contact_may_free_waits_to_the_end(self):
        found = decided(policy(frequency_caps=[cap(1)]), entry(NOON, state="o"), asked=request(expires_at=NOON + DAY))
        assert (found.kind, found.retry_at) == (DEFERRED, NOON + DAY)

    @pytest.mark.parametrize(
        ("scope", "other"),
        [("channel", {"channel": "sms"}), ("category", {"category": "care"}), ("campaign", {"campaign_id": "x"})],
    )
    def test_counts_only_its_scope(self, scope, other):
        rules = policy(frequency_caps=[cap(1, scope=scope)])
        assert decided(rules, entry(NOON - HOUR)).kind == DEFERRED
        assert decided(rules, entry(NOON - HOUR, **other)).kind == RELEASED

    def test_binds_only_its_channels_and_counts_only_them(self):
        rules = policy(frequency_caps=[cap(1, channels=["sms"])])
        assert decided(rules, entry(NOON - HOUR, channel="sms")).kind == RELEASED
        rules = policy(frequency_caps=[cap(1, channels=["call"])])
        assert decided(rules, entry(NOON - HOUR, channel="sms")).kind == RELEASED

    def test_exempt_class_passes(self):
        rules = policy(frequency_caps=[cap(1, exempt_classes=["service"])])
        assert decided(rules, entry(NOON - HOUR), asked=request(contact_class=1)).kind == RELEASED

    def test_calendar_day_of_daylight_saving_change_is_one_day(self):
        rules = policy(frequency_caps=[cap(1) | {"window": {"kind": "calendar", "unit": "day", "zone": "customer"}}])
        midnight = to_micros(datetime(2026, 3, 28, 23, tzinfo=UTC))  # 29 March begins in Berlin; it has 23 hours
        assert decided(rules, entry(midnight - 1), at=midnight).kind == RELEASED
        found = decided(rules, entry(midnight), at=midnight + HOUR)
        assert found.retry_at == midnight + 23 * HOUR

    def test_customer_window_without_a_zone_objects(self):
        rules = policy(frequency_caps=[cap(1) | {"window": {"kind": "calendar", "unit": "day", "zone": "customer"}}])
        assert decided(rules, who=customer(time_zone=None)).because.reason is Reason.UNKNOWN_TIME_ZONE


class TestMinimumGap:
    def test_exactly_one_gap_is_far_enough(self):
        rules = policy(minimum_gaps=[{"name": "gap", "hours": 24}])
        assert decided(rules, entry(NOON - DAY)).kind == RELEASED
        found = decided(rules, entry(NOON - DAY + 1))
        assert (found.because.reason, found.retry_at) == (Reason.MINIMUM_GAP, NOON + 1)


class TestQuietHours:
    RULES = staticmethod(lambda: policy(quiet_hours=[{"name": "night", "start": "21:00", "end": "08:00"}]))

    @pytest.mark.parametrize(("hour", "goes"), [(7, False), (8, True), (20, True), (21, False), (23, False)])
    def test_by_the_customers_clock(self, hour, goes):
        at = to_micros(datetime(2026, 3, 3, hour - 1, tzinfo=UTC))  # Berlin is an hour ahead
        assert (decided(self.RULES(), at=at).kind == RELEASED) is goes

    def test_defers_to_the_end(self):
        at = to_micros(datetime(2026, 3, 3, 22, tzinfo=UTC))
        assert decided(self.RULES(), at=at).retry_at == to_micros(datetime(2026, 3, 4, 7, tzinfo=UTC))

    @pytest.mark.parametrize("zone", [None, "Mars/Olympus"])
    def test_unknown_zone_is_never_contacted(self, zone):
        assert decided(self.RULES(), who=customer(time_zone=zone)).because.reason is Reason.UNKNOWN_TIME_ZONE


class TestConsent:
    def test_no_record_is_no_consent(self):
        assert decided(policy(), who=customer(consents=[])).because.reason is Reason.NO_CONSENT

    def test_the_newest_word_counts(self):
        later = {"channel": "call", "purpose": "marketing", "granted": False, "at": "2021-01-01T00:00:00Z"}
        for order in ([*ALL_CONSENTS, later], [later, *ALL_CONSENTS]):
            assert decided(policy(), who=customer(consents=order)).because.reason is Reason.NO_CONSENT

    def test_another_purpose_or_channel_does_not_help(self):
        assert decided(policy(), asked=request(purpose="research")).because.reason is Reason.NO_CONSENT

    def test_exempt_purpose_needs_none(self):
        rules = policy(consent={"exempt_purposes": ["service"]})
        assert decided(rules, who=customer(consents=[]), asked=request(purpose="service")).kind == RELEASED

    def test_where_the_customer_comes_to_us_none_is_asked(self):
        assert decided(policy(), who=customer(consents=[]), asked=request(channels=("branch",))).kind == RELEASED


class TestDoNotDisturb:
    def test_waits_for_the_end_of_the_wish(self):
        found = decided(policy(), who=customer(do_not_disturb_until="2026-03-04T00:00:00Z"))
        assert (found.because.reason, found.retry_at) == (Reason.DO_NOT_DISTURB, NOON + 12 * HOUR)

    def test_do_not_call_list_stops_calls_only(self):
        who = customer(do_not_call=True)
        assert decided(policy(), who=who).because.reason is Reason.DO_NOT_DISTURB
        assert decided(policy(), who=who, asked=request(channels=("sms",))).kind == RELEASED

    def test_exempt_class_gets_through(self):
        rules = policy(do_not_disturb_exempt=["service_critical"])
        assert decided(rules, who=customer(do_not_call=True), asked=request(contact_class=0)).kind == RELEASED


class TestCoolDown:
    def test_holds_its_scope_until_its_end(self):
        pause = CoolDown(NOON + DAY, "goal", "loan", "rest", "refused")
        assert decided(policy(), cool_downs=[pause]).retry_at == NOON + DAY
        assert decided(policy(), cool_downs=[pause], asked=request(goal="card")).kind == RELEASED
        assert decided(policy(), cool_downs=[pause], at=NOON + DAY).kind == RELEASED

    def test_do_not_contact_is_for_good(self):
        pause = CoolDown(None, "all", None, "do-not-contact", "do_not_contact")
        found = decided(policy(), cool_downs=[pause])
        assert (found.kind, found.because.reason) == (SUPPRESSED, Reason.DO_NOT_DISTURB)

    @pytest.mark.parametrize("until", [None, NOON + DAY])
    def test_a_freeze_is_waited_for_and_lets_through_who_may_disturb(self, until):
        pause = CoolDown.freeze("f1", None, until)
        rules = policy(do_not_disturb_exempt=["service_critical"])
        found = decided(rules, cool_downs=[pause])
        assert (found.kind, found.because.reason, found.because.may_free) == (DEFERRED, Reason.COMPLAINT_FREEZE, True)
        assert found.retry_at == (request().expires_at if until is None else until)
        assert decided(rules, cool_downs=[pause], asked=request(contact_class=0)).kind == RELEASED
        assert decided(rules, cool_downs=[pause], at=NOON + DAY).kind == (DEFERRED if until is None else RELEASED)

    def test_a_pause_stored_before_there_were_freezes_is_read(self):
        old = Standing.load("c1", 1, 0, {"c": [[None, "all", None, "rest", "refused"]]})
        assert old.cool_downs == [CoolDown(None, "all", None, "rest", "refused")]
        assert Standing.load("c1", 1, 0, orjson.loads(old.dump())).cool_downs == old.cool_downs


class TestOpenWorkOrder:
    HOLDS = ({"name": "hold", "kinds": ["complaint", "problem"], "purposes": ["marketing"]},)

    @pytest.mark.parametrize(
        ("kind", "reason"), [("complaint", Reason.COMPLAINT_FREEZE), ("problem", Reason.COOL_DOWN)]
    )
    def test_is_waited_for(self, kind, reason):
        found = decided(policy(work_order_holds=self.HOLDS), orders={"w1": "referral", "w2": kind})
        assert (found.kind, found.because.reason, found.because.rule) == (DEFERRED, reason, "hold")
        assert (found.because.may_free, found.retry_at) == (True, request().expires_at)

    def test_of_other_kinds_or_for_other_purposes_is_not(self):
        rules = policy(work_order_holds=self.HOLDS)
        assert decided(rules, orders={"w1": "referral"}).kind == RELEASED
        assert (
            decided(rules, orders={"w1": "problem"}, asked=request(purpose="service", channels=("web",))).kind
            == RELEASED
        )
        assert decided(policy(), orders={"w1": "problem"}).kind == RELEASED

    def test_is_stored_with_the_standing(self):
        known = Standing("c1", orders={"w2": "problem", "w1": "complaint"})
        again = Standing.load("c1", 0, 0, orjson.loads(known.dump()))
        assert list(again.orders.items()) == [("w2", "problem"), ("w1", "complaint")]


class TestRequestRules:
    def test_goal_met_stops_every_channel(self):
        met: dict[str, tuple[GoalMet, ...]] = {"loan": (GoalMet("other", "acc_1", "web", NOON),)}
        assert decided(policy(), goals=met).because.reason is Reason.GOAL_MET
        met = {"loan": (GoalMet("other", "acc_0", "call", NOON), GoalMet("o1", "acc_1", "web", NOON))}
        assert decided(policy(), goals=met, asked=request(offer_id="o1")).because.reason is Reason.ALREADY_ACCEPTED

    @pytest.mark.parametrize(
        ("state", "kind"), [("stopped", SUPPRESSED), ("finished", SUPPRESSED), ("paused", DEFERRED), (None, DEFERRED)]
    )
    def test_only_a_running_campaign_contacts(self, state, kind):
        found = decided(policy(), world=World({"cmp": state} if state else {}, {}))
        assert (found.kind, found.because.reason) == (kind, Reason.CAMPAIGN_STOPPED)

    def test_expiry_itself_is_too_late(self):
        assert decided(policy(), asked=request(expires_at=NOON)).kind == EXPIRED
        assert decided(policy(), asked=request(expires_at=NOON + 1)).kind == RELEASED

    def test_without_policy_or_customer_nothing_goes(self):
        found, _ = decide(Standing("c1"), customer(), [request()], None, NOON, RUNNING)
        assert one(found).because.reason is Reason.NO_POLICY
        found, _ = decide(Standing("c1"), None, [request()], policy(), NOON, RUNNING)
        assert one(found).because.reason is Reason.UNKNOWN_CUSTOMER

    def test_before_its_time_nothing_is_decided(self):
        found, _ = decide(Standing("c1"), customer(), [request(not_before=NOON + 1)], policy(), NOON, RUNNING)
        assert found == []

    def test_an_offer_goes_only_to_whom_it_is_for(self):
        def world(**changes):
            plain = {"offer_id": "o1", "version": 1, "state": "published", "category": "loans", "goal": "loan"}
            here = {"combinator": "and", "rules": [{"field": "country", "operator": "=", "value": "DE"}]}
            return World({"cmp": "running"}, {"o1": OfferInHand.parse(plain | {"eligibility": here} | changes)})

        asked = request(offer_id="o1")
        german = customer(country="DE")
        assert decided(policy(), asked=asked, world=world(), who=german).kind == RELEASED
        assert decided(policy(), asked=asked, world=world(), who=customer(country="JP")).kind == SUPPRESSED
        assert decided(policy(), asked=asked, world=world(state="withdrawn"), who=german).kind == SUPPRESSED
        noon = from_micros(NOON)
        assert decided(policy(), asked=asked, world=world(valid_until=noon), who=german).kind == SUPPRESSED
        soon = world(valid_from=noon + timedelta(microseconds=5))
        assert decided(policy(), asked=asked, world=soon, who=german).retry_at == NOON + 5
        assert decided(policy(), asked=asked, world=world(sold_out=True), who=german).kind == DEFERRED
        assert decided(policy(), asked=asked, world=RUNNING).because.rule == "unknown-offer"
        excluded = world(never_with=["p1"])
        holder = customer(country="DE", holdings=[{"product": "p1"}])
        assert decided(policy(), asked=asked, world=excluded, who=holder).kind == SUPPRESSED


class TestChannels:
    def test_takes_the_first_that_may_go(self):
        found = decided(policy(), who=customer(do_not_call=True), asked=request(channels=("call", "sms")))
        assert (found.kind, found.channel) == (RELEASED, "sms")

    def test_waits_for_the_one_that_frees_first(self):
        rules = policy(
            minimum_gaps=[
                {"name": "calls", "hours": 48, "channels": ["call"]},
                {"name": "texts", "hours": 12, "channels": ["sms"]},
            ]
        )
        found = decided(
            rules,
            entry(NOON - HOUR),
            entry(NOON - HOUR, channel="sms"),
            asked=request(channels=("call", "sms")),
        )
        assert (found.channel, found.retry_at) == ("sms", NOON + 11 * HOUR)

    def test_without_an_address_there_is_no_channel(self):
        found = decided(policy(), who=customer(phone=None), asked=request(channels=("call", "sms")))
        assert (found.kind, found.because.reason) == (SUPPRESSED, Reason.NO_REACHABLE_CHANNEL)


class TestPriority:
    def test_class_then_score_then_age_then_id(self):
        asked = [
            request("d", contact_class=3, at=NOON - 1),
            request("b", contact_class=3),
            request("c", contact_class=3, score=0.9),
            request("a", contact_class=1, score=0.1),
            request("e", contact_class=3),
        ]
        found, after = decide(Standing("c1"), customer(), asked, policy(frequency_caps=[cap(3)]), NOON, RUNNING)
        assert [d.request.request_id for d in found] == ["a", "c", "d", "b", "e"]
        assert [d.kind for d in found] == [RELEASED] * 3 + [DEFERRED] * 2
        assert [e.request_id for e in after.entries] == ["a", "c", "d"]

    def test_same_facts_same_answer_and_the_standing_given_is_untouched(self):
        standing = Standing("c1", seq=7, entries=[entry(NOON - HOUR)])
        args = (customer(), [request("a"), request("b")], policy(frequency_caps=[cap(2)]), NOON, RUNNING)
        first, second = decide(standing, *args), decide(standing, *args)
        assert first == second
        assert standing == Standing("c1", seq=7, entries=[entry(NOON - HOUR)])


channels = st.sampled_from(["call", "sms", "branch"])
some_channels = st.none() | st.lists(channels, min_size=1, max_size=2, unique=True)
windows = st.one_of(
    st.fixed_dictionaries({"kind": st.just("rolling"), "hours": st.integers(1, 80)}),
    st.fixed_dictionaries(
        {
            "kind": st.just("calendar"),
            "unit": st.sampled_from(["day", "week", "month"]),
            "zone": st.sampled_from(["business", "customer"]),
        }
    ),
)
times = st.builds("{:02d}:{:02d}:00".format, st.integers(0, 23), st.sampled_from([0, 30]))
documents = st.fixed_dictionaries(
    {
        "name": st.just("any"),
        "business_zone": st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/New_York"]),
        "frequency_caps": st.lists(
            st.fixed_dictionaries(
                {
                    "channels": some_channels,
                    "scope": st.sampled_from(["all", "channel", "category", "campaign"]),
                    "limit": st.integers(1, 3),
                    "window": windows,
                }
            ),
            max_size=2,
        ),
        "minimum_gaps": st.lists(
            st.fixed_dictionaries({"channels": some_channels, "hours": st.sampled_from([1.0, 7.5, 24.0])}), max_size=1
        ),
        "quiet_hours": st.lists(
            st.fixed_dictionaries(
                {
                    "channels": some_channels,
                    "start": times,
                    "end": times,
                    "days": st.just(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]) | st.just(["sat", "sun"]),
                }
            ).filter(lambda r: r["start"] != r["end"]),
            max_size=1,
        ),
    }
)
steps = st.lists(
    st.tuples(
        st.integers(0, 30 * 60),
        channels,
        st.sampled_from(["loans", "care"]),
        st.sampled_from(["a", "b"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(
    document=documents, zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]), walk=steps
)
def test_releases_exactly_what_the_oracle_allows(document, zone, walk):
    """Over a walk through the weeks of a daylight-saving change, with contacts given back now and then."""
    for kind in ("frequency_caps", "minimum_gaps", "quiet_hours"):
        document = document | {kind: [r | {"name": f"{kind[0]}{n}"} for n, r in enumerate(document[kind])]}
    rules = Policy("p", 1, PolicyDocument.model_validate(document))
    who = customer(time_zone=zone)
    world = World({"a": "running", "b": "running"}, {})
    standing = Standing("c1")
    past: list[Past] = []
    now = datetime(2026, 3, 6, 5, tzinfo=UTC)
    for number, (minutes, channel, category, campaign, gives_back) in enumerate(walk):
        now += timedelta(minutes=minutes)
        at = to_micros(now)
        asked = request(
            f"r{number}",
            channels=(channel,),
            category=category,
            campaign_id=campaign,
            at=at,
            expires_at=at + 90 * DAY,
        )
        facts = {"purpose": "marketing", "category": category, "campaign_id": campaign}
        dumped = rules.document.model_dump(mode="json")
        allowed = may_release(
            dumped, past, facts, channel, now, who.zone, {("call", "marketing"), ("sms", "marketing")}
        )
        found, standing = decide(standing, who, [asked], rules, at, world)
        decision = one(found)
        assert (decision.kind == RELEASED) is allowed
        if allowed:
            if gives_back:
                standing.give_back(decision.contact_id)
            else:
                standing.mark(decision.contact_id, CLOSED)
                past.append(Past(now, channel, category, campaign))
        elif decision.retry_at is not None:
            again = request(
                "x", channels=(channel,), category=category, campaign_id=campaign, expires_at=at + 200 * DAY
            )
            reason = decision.because.reason
            then, _ = decide(standing, who, [again], rules, decision.retry_at, world)
            assert one(then).kind == RELEASED or one(then).because.rule != decision.because.rule, (
                reason,
                from_micros(at),
            )
