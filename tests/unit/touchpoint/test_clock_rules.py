"""Legal hours, quiet hours, opening hours, blackouts, consent by place, and for whom a rule is: as the gate decides."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from tests.unit.touchpoint.test_decide import NOON, RUNNING, cap, customer, decided, entry, policy, request

from rapport.clock import to_micros
from rapport.contracts.vocabulary import Reason
from touchpoint_service.domain.decide import DEFERRED, RELEASED, SUPPRESSED
from touchpoint_service.domain.facts import Facts
from touchpoint_service.domain.rules import HANDOVER_RULES, first_of
from touchpoint_service.domain.standing import Standing
from touchpoint_service.domain.windows import DAY, HOUR

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS = EVERY_DAY[:5]


def hours(start, end, days=EVERY_DAY, **more):
    return {"periods": [{"days": days, "start": start, "end": end}]} | more


def legal(*rules):
    return policy(legal_hours=[{"name": f"law-{n}", "channels": ["call"]} | rule for n, rule in enumerate(rules)])


def at(zone, year, month, day, hour=0, minute=0):
    return to_micros(datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)))


LAWS = legal(
    {"countries": ["CN"], "hours": hours("09:00", "21:00")},
    {"countries": ["US"], "hours": hours("08:00", "21:00")},
    {"regions": ["US-FL"], "hours": hours("08:00", "20:00")},
    {"countries": ["DE"], "hours": hours("08:00", "20:00", [*WEEKDAYS, "sat"], holidays="as_sunday")},
    {"countries": ["BR"], "hours": hours("09:00", "21:00", WEEKDAYS)},
    {"countries": ["IN"], "hours": hours("10:00", "19:00")},
    {"countries": ["AU"], "hours": hours("09:00", "20:00", WEEKDAYS, holidays="closed")},
)


def go(where, when, **who):
    asked = request(expires_at=when + 30 * DAY)
    return decided(LAWS, at=when, asked=asked, who=customer(time_zone=None, **where, **who))


@pytest.mark.parametrize(
    ("where", "zone", "opens", "closes"),
    [
        ({"country": "CN", "region": "CN-BJ"}, "Asia/Shanghai", (2026, 3, 4, 9), (2026, 3, 4, 21)),
        ({"country": "US", "region": "US-NY"}, "America/New_York", (2026, 3, 8, 8), (2026, 3, 8, 21)),
        ({"country": "US", "region": "US-HI"}, "Pacific/Honolulu", (2026, 3, 8, 8), (2026, 3, 8, 21)),
        ({"country": "US", "region": "US-CA"}, "America/Los_Angeles", (2026, 11, 1, 8), (2026, 11, 1, 21)),
        ({"country": "DE"}, "Europe/Berlin", (2026, 3, 28, 8), (2026, 3, 28, 20)),
        ({"country": "DE"}, "Europe/Berlin", (2026, 10, 26, 8), (2026, 10, 26, 20)),
        ({"country": "BR", "region": "BR-SP"}, "America/Sao_Paulo", (2026, 3, 4, 9), (2026, 3, 4, 21)),
        ({"country": "IN"}, "Asia/Kolkata", (2026, 3, 4, 10), (2026, 3, 4, 19)),
        ({"country": "AU", "region": "AU-VIC"}, "Australia/Melbourne", (2026, 4, 7, 9), (2026, 4, 7, 20)),
        ({"country": "AU", "region": "AU-TAS"}, "Australia/Hobart", (2026, 10, 6, 9), (2026, 10, 6, 20)),
    ],
)
def test_the_law_of_a_place_to_the_microsecond(where, zone, opens, closes):
    begins, ends = at(zone, *opens), at(zone, *closes)
    early = go(where, begins - 1)
    assert (early.kind, early.because.reason, early.retry_at) == (DEFERRED, Reason.LEGAL_HOURS, begins)
    assert go(where, begins).kind == RELEASED
    assert go(where, ends - 1).kind == RELEASED
    late = go(where, ends)
    assert late.kind == DEFERRED
    assert go(where, late.retry_at).kind == RELEASED


class TestLegalHours:
    def test_a_region_s_law_takes_the_place_of_its_country_s(self):
        evening = at("America/New_York", 2026, 3, 4, 20, 30)
        assert go({"country": "US", "region": "US-NY"}, evening).kind == RELEASED
        assert go({"country": "US", "region": "US-FL"}, evening).kind == DEFERRED

    def test_somewhere_in_a_country_is_everywhere_in_it_at_once(self):
        """From eight in Honolulu, the last to have it, until eight in the evening in Florida, where it ends first."""
        opens = at("Pacific/Honolulu", 2026, 3, 4, 8)
        somewhere = {"country": "US"}
        assert go(somewhere, opens - 1).retry_at == opens
        assert go(somewhere, opens).kind == RELEASED
        closes = at("America/New_York", 2026, 3, 4, 20)
        assert go(somewhere, closes - 1).kind == RELEASED
        assert go(somewhere, closes).kind == DEFERRED

    def test_nowhere_known_is_no_contact(self):
        found = go({}, NOON)
        assert (found.kind, found.because.reason) == (SUPPRESSED, Reason.UNKNOWN_TIME_ZONE)

    def test_a_holiday_is_the_reason_where_it_is_one(self):
        good_friday = at("Europe/Berlin", 2026, 4, 3, 12)
        found = go({"country": "DE"}, good_friday)
        assert found.because.reason is Reason.HOLIDAY
        assert found.retry_at == at("Europe/Berlin", 2026, 4, 4, 8)
        assert go({"country": "DE"}, at("Europe/Berlin", 2026, 4, 3, 3)).because.reason is Reason.LEGAL_HOURS

    def test_service_critical_passes_the_marketing_cap_but_not_the_law(self):
        rules = policy(
            legal_hours=[{"name": "law", "hours": hours("09:00", "21:00")}],
            frequency_caps=[cap(1, exempt_classes=["service_critical"])],
        )
        urgent = request(contact_class=0)
        noon, night = at("Europe/Berlin", 2026, 3, 3, 12), at("Europe/Berlin", 2026, 3, 3, 23)
        assert decided(rules, entry(noon - HOUR), at=noon, asked=urgent).kind == RELEASED
        assert decided(rules, at=night, asked=urgent).because.reason is Reason.LEGAL_HOURS

    def test_another_channel_goes_where_the_law_binds_calls(self):
        night = at("Asia/Shanghai", 2026, 3, 4, 23)
        asked = request(channels=("call", "sms"), expires_at=night + DAY)
        found = decided(LAWS, at=night, asked=asked, who=customer(time_zone="Asia/Shanghai", country="CN"))
        assert (found.kind, found.channel) == (RELEASED, "sms")


class TestQuietHours:
    NIGHT = policy(quiet_hours=[{"name": "night", "start": "21:00", "end": "09:00"}])

    def test_are_quiet_in_any_zone_that_may_be_the_customer_s(self):
        who = customer(time_zone=None, country="US")
        evening = at("America/New_York", 2026, 3, 4, 21)
        found = decided(self.NIGHT, at=evening, who=who, asked=request(expires_at=evening + 9 * DAY))
        assert found.because.reason is Reason.QUIET_HOURS
        assert found.retry_at == at("Pacific/Honolulu", 2026, 3, 5, 9)
        assert (
            decided(self.NIGHT, at=evening - 1, who=who, asked=request(expires_at=evening + 9 * DAY)).kind == RELEASED
        )


class TestOpeningHours:
    RULES = policy(
        opening_hours=[
            {"name": "centre", "channels": ["call"], "zone": "Asia/Shanghai", "country": "CN",
             "hours": hours("09:00", "18:00", WEEKDAYS, holidays="closed")},
            {"name": "night-shift", "channels": ["call"], "places": ["team-7"], "zone": "Asia/Shanghai",
             "hours": hours("18:00", "24:00")},
        ]
    )  # fmt: skip

    def go(self, when, place=None):
        return decided(self.RULES, at=when, asked=request(place=place, expires_at=when + 30 * DAY))

    def test_bind_by_the_clock_of_the_place(self):
        opens = at("Asia/Shanghai", 2026, 3, 4, 9)
        found = self.go(opens - 1)
        assert (found.because.reason, found.because.rule, found.retry_at) == (Reason.CHANNEL_CLOSED, "centre", opens)
        assert self.go(opens).kind == RELEASED

    def test_a_team_s_own_hours_take_the_place_of_everybody_s(self):
        assert self.go(at("Asia/Shanghai", 2026, 3, 4, 20), "team-7").kind == RELEASED
        assert self.go(at("Asia/Shanghai", 2026, 3, 4, 10), "team-7").kind == DEFERRED

    def test_a_saturday_worked_in_exchange_for_a_day_off_is_open(self):
        """14 February 2026 was one, before the Spring Festival."""
        assert self.go(at("Asia/Shanghai", 2026, 2, 14, 10)).kind == RELEASED
        assert self.go(at("Asia/Shanghai", 2026, 2, 17, 10)).because.reason is Reason.HOLIDAY


class TestBlackout:
    RULES = policy(
        blackouts=[{"name": "mourning", "countries": ["CN"], "begins": "2026-04-04T00:00:00+08:00",
                    "ends": "2026-04-05T00:00:00+08:00", "exempt_classes": ["service_critical"]}]
    )  # fmt: skip

    def test_holds_until_it_ends(self):
        begins, ends = at("Asia/Shanghai", 2026, 4, 4), at("Asia/Shanghai", 2026, 4, 5)
        go = lambda when, **who: decided(  # noqa: E731
            self.RULES, at=when, asked=request(expires_at=ends + DAY), who=customer(**who)
        )
        assert go(begins - 1, country="CN").kind == RELEASED
        found = go(begins, country="CN")
        assert (found.because.reason, found.retry_at) == (Reason.BLACKOUT, ends)
        assert go(ends, country="CN").kind == RELEASED
        assert go(begins, country="DE").kind == RELEASED
        assert go(begins).kind == DEFERRED, "who may be there is bound"


class TestForWhomARuleIs:
    def test_a_condition_over_customer_and_request(self):
        when = {"combinator": "and", "rules": [
            {"field": "grade", "operator": "=", "value": "key"},
            {"field": "request.class", "operator": "=", "value": "marketing"},
            {"field": "request.purpose", "operator": "!=", "value": "survey"},
        ]}  # fmt: skip
        rules = policy(frequency_caps=[cap(0, when=when)])
        assert decided(rules).kind == RELEASED
        assert decided(rules, who=customer(grade="key")).because.rule == "cap"
        assert decided(rules, who=customer(grade="key"), asked=request(contact_class=1)).kind == RELEASED

    def test_a_condition_on_a_day_reads_the_customer_s_calendar(self):
        when = {
            "combinator": "and",
            "rules": [{"field": "birth_date", "operator": "withinNextDays", "value": 0}],
        }
        rules = policy(frequency_caps=[cap(0, when=when)])
        who = customer(time_zone="Asia/Tokyo", birth_date="2026-03-04")
        assert decided(rules, at=at("Asia/Tokyo", 2026, 3, 3, 23, 59), who=who).kind == RELEASED
        assert decided(rules, at=at("Asia/Tokyo", 2026, 3, 4), who=who).kind == SUPPRESSED

    def test_purposes(self):
        rules = policy(frequency_caps=[cap(0, purposes=["survey"])], consent={"channels": []})
        assert decided(rules).kind == RELEASED
        assert decided(rules, asked=request(purpose="survey")).kind == SUPPRESSED

    def test_what_was_picked_for_one_purpose_is_not_another_s(self):
        rules = policy(consent={"exempt_purposes": ["service"]})
        nobody_asked = customer(consents=[])
        assert decided(rules, who=nobody_asked, asked=request(purpose="service")).kind == RELEASED
        assert decided(rules, who=nobody_asked).because.reason is Reason.NO_CONSENT

    def test_a_condition_that_cannot_be_asked_is_refused_with_its_place(self):
        when = {"combinator": "and", "rules": [{"field": "shoe_size", "operator": "=", "value": 43}]}
        with pytest.raises(ValidationError) as error:
            policy(frequency_caps=[cap(1, when=when)])
        (fault,) = error.value.errors()
        assert fault["loc"] == ("frequency_caps", 0, "when", "rules", 0, "field")


class TestConsentByPlace:
    RULES = policy(
        consent={"channels": ["email"], "defaults": [
            {"countries": ["US"], "channels": ["email"], "granted": True},
            {"regions": ["US-CA"], "granted": False},
        ]}
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("who", "goes"),
        [
            ({"country": "US"}, True),
            ({"country": "US", "region": "US-NY"}, True),
            ({"country": "US", "region": "US-CA"}, False),
            ({"country": "DE"}, False),
            ({}, False),
        ],
    )
    def test_speaks_where_the_customer_has_not(self, who, goes):
        found = decided(self.RULES, asked=request(channels=("email",)), who=customer(consents=[], **who))
        assert (found.kind == RELEASED) is goes

    def test_what_the_customer_said_counts(self):
        no = [{"channel": "email", "purpose": "marketing", "granted": False, "at": "2026-01-01T00:00:00Z"}]
        who = customer(consents=no, country="US")
        assert decided(self.RULES, asked=request(channels=("email",)), who=who).because.reason is Reason.NO_CONSENT


@pytest.mark.parametrize(
    ("rules", "who", "reason"),
    [
        ({}, {"consents": []}, Reason.NO_CONSENT),
        ({}, {"do_not_call": True}, Reason.DO_NOT_DISTURB),
        ({}, {"do_not_disturb_until": "2026-03-04T00:00:00Z"}, Reason.DO_NOT_DISTURB),
        ({"legal_hours": [{"name": "law", "hours": hours("14:00", "15:00")}]}, {}, Reason.LEGAL_HOURS),
        (
            {"blackouts": [{"name": "b", "begins": "2026-03-01T00:00:00Z", "ends": "2026-04-01T00:00:00Z"}]},
            {},
            Reason.BLACKOUT,
        ),
    ],
)
def test_what_has_changed_since_the_release_is_seen_at_the_hand_over(rules, who, reason):
    facts = Facts(NOON, policy(**rules), Standing("c1"), customer(**who), request(), RUNNING, "call")
    objection = first_of(HANDOVER_RULES, facts)
    assert objection is not None
    assert objection.reason is reason
