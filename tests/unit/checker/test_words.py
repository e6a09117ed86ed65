"""What the checker reads in a policy: each rule at its boundary and one microsecond beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from rapport_cli.checker.cases import Case, Person
from rapport_cli.checker.life import Contact, Pause
from rapport_cli.checker.words import complaints

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
TICK = timedelta(microseconds=1)
NIGHT = {"quiet_hours": [{"name": "night", "start": "21:00:00", "end": "08:00:00"}]}
BERLIN = Person("Europe/Berlin", frozenset({("call", "marketing")}), do_not_call=False, do_not_disturb_until=None)


def contact(at: datetime = NOW, **changes: Any) -> Contact:
    plain: dict[str, Any] = {
        "contact_id": f"ctc_{at.timestamp()}",
        "request_id": "r",
        "at": at,
        "channel": "call",
        "category": "loans",
        "purpose": "marketing",
        "contact_class": "marketing",
        "campaign_id": "cmp",
        "offer_id": "o1",
        "goal": "loan",
    }
    return Contact(**(plain | changes))


def kinds(
    document: dict[str, Any],
    *past: Contact,
    release: Contact | None = None,
    person: Person | None = BERLIN,
    pauses: tuple[Pause, ...] = (),
    orders: tuple[str, ...] = (),
) -> list[str]:
    """What is wrong with a release after these contacts."""
    return [c.kind for c in complaints(Case(document, release or contact(), past, pauses, orders), person)]


def cap(limit: int = 1, hours: int | None = 24, **changes: Any) -> dict[str, Any]:
    window = {"kind": "rolling", "hours": hours} if hours else {"kind": "calendar", **changes.pop("window")}
    return {"frequency_caps": [{"name": "cap", "limit": limit, "window": window} | changes]}


def test_an_empty_document_only_asks_for_consent():
    assert kinds({}) == []
    assert kinds({}, release=contact(channel="sms")) == ["consent"]


class TestFrequencyCaps:
    @pytest.mark.parametrize(("ago", "found"), [(timedelta(hours=24), []), (timedelta(hours=24) - TICK, ["cap"])])
    def test_the_far_edge_of_a_rolling_window_is_outside(self, ago: timedelta, found: list[str]):
        assert kinds(cap(), contact(NOW - ago)) == found

    @pytest.mark.parametrize(("limit", "found"), [(2, ["cap"]), (3, [])])
    def test_the_limit_may_be_reached_but_not_passed(self, limit: int, found: list[str]):
        assert kinds(cap(limit), contact(NOW - TICK), contact(NOW - 2 * TICK)) == found

    def test_a_limit_of_none_forbids_all(self):
        assert kinds(cap(0)) == ["cap"]

    @pytest.mark.parametrize(
        ("unit", "zone", "first"),
        [
            ("day", "business", "2026-03-03T00:00:00+05:30"),
            ("week", "business", "2026-03-02T00:00:00+05:30"),
            ("month", "business", "2026-03-01T00:00:00+05:30"),
            ("day", "customer", "2026-03-03T00:00:00+01:00"),
            ("week", "customer", "2026-03-02T00:00:00+01:00"),
        ],
    )
    def test_a_calendar_window_includes_its_first_instant(self, unit: str, zone: str, first: str):
        document = {"business_zone": "Asia/Kolkata"} | cap(hours=None, window={"unit": unit, "zone": zone})
        begins = datetime.fromisoformat(first).astimezone(UTC)
        assert kinds(document, contact(begins)) == ["cap"]
        assert kinds(document, contact(begins - TICK)) == []

    def test_a_window_in_an_unknown_zone_allows_nothing(self):
        document = cap(hours=None, window={"unit": "day", "zone": "customer"})
        assert kinds(document, person=BERLIN._replace(zone=None)) == ["zone"]
        assert kinds(document, person=BERLIN._replace(zone="Mars/Olympus")) == ["zone"]
        assert kinds(document, contact(), person=None) == []

    @pytest.mark.parametrize(
        ("scope", "other"),
        [
            ("channel", {"channel": "web"}),
            ("category", {"category": "cards"}),
            ("purpose", {"purpose": "service"}),
            ("campaign", {"campaign_id": "spring"}),
            ("offer", {"offer_id": "o2"}),
            ("goal", {"goal": "card"}),
        ],
    )
    def test_a_scope_counts_only_its_own(self, scope: str, other: dict[str, str]):
        assert kinds(cap(scope=scope), contact(NOW - TICK)) == ["cap"]
        assert kinds(cap(scope=scope), contact(NOW - TICK, **other)) == []
        assert kinds(cap(), contact(NOW - TICK, **other)) == ["cap"]

    def test_a_scope_that_the_contact_does_not_have_does_not_bind_it(self):
        free = contact(campaign_id=None)
        assert kinds(cap(scope="campaign"), contact(NOW - TICK, campaign_id=None), release=free) == []

    def test_channels_restrict_whom_a_rule_binds_and_what_it_counts(self):
        document = cap(channels=["call", "sms"])
        assert kinds(document, contact(NOW - TICK, channel="sms")) == ["cap"]
        assert kinds(document, contact(NOW - TICK, channel="web")) == []
        assert kinds(document, contact(NOW - TICK), release=contact(channel="web")) == []

    def test_exempt_classes_are_not_bound_but_count(self):
        document = cap(exempt_classes=["service"])
        assert kinds(document, contact(NOW - TICK), release=contact(contact_class="service")) == []
        assert kinds(document, contact(NOW - TICK, contact_class="service")) == ["cap"]


class TestMinimumGaps:
    @pytest.mark.parametrize(("ago", "found"), [(timedelta(hours=1.5), []), (timedelta(hours=1.5) - TICK, ["gap"])])
    def test_exactly_one_gap_is_far_enough(self, ago: timedelta, found: list[str]):
        document = {"minimum_gaps": [{"name": "gap", "hours": 1.5, "channels": ["call"]}]}
        assert kinds(document, contact(NOW - ago)) == found
        assert kinds(document, contact(NOW - ago, channel="web")) == []


class TestQuietHours:
    @pytest.mark.parametrize(
        ("at", "quiet"),
        [
            ("2026-03-03T20:59:59.999999+01:00", False),
            ("2026-03-03T21:00:00+01:00", True),
            ("2026-03-04T07:59:59.999999+01:00", True),
            ("2026-03-04T08:00:00+01:00", False),
        ],
    )
    def test_over_midnight_by_the_customers_clock(self, at: str, quiet: bool):
        release = contact(datetime.fromisoformat(at).astimezone(UTC))
        assert kinds(NIGHT, release=release) == (["quiet hours"] if quiet else [])

    def test_days_are_those_on_which_it_begins(self):
        document = {"quiet_hours": [NIGHT["quiet_hours"][0] | {"days": ["tue"]}]}
        for at, found in (("2026-03-04T02:00+01:00", ["quiet hours"]), ("2026-03-03T02:00+01:00", [])):
            assert kinds(document, release=contact(datetime.fromisoformat(at).astimezone(UTC))) == found

    def test_an_unknown_zone_allows_nothing(self):
        assert kinds(NIGHT, person=BERLIN._replace(zone=None)) == ["zone"]


class TestPersons:
    def test_the_policy_names_the_channels_that_need_consent(self):
        nobody = BERLIN._replace(granted=frozenset())
        assert kinds({}, person=nobody) == ["consent"]
        assert kinds({"consent": {"channels": ["web"]}}, person=nobody) == []
        assert kinds({"consent": {"exempt_purposes": ["marketing"]}}, person=nobody) == []
        assert kinds({}, person=nobody, release=contact(channel="branch")) == []

    @pytest.mark.parametrize(("until", "found"), [(NOW, []), (NOW + TICK, ["do-not-disturb"])])
    def test_peace_ends_at_its_instant(self, until: datetime, found: list[str]):
        person = BERLIN._replace(do_not_disturb_until=until)
        assert kinds({}, person=person) == found
        assert kinds({"do_not_disturb_exempt": ["marketing"]}, person=person) == []

    def test_a_do_not_call_list_is_for_calls(self):
        listed = BERLIN._replace(do_not_call=True)
        assert kinds({}, person=listed) == ["do-not-call"]
        assert kinds({}, person=listed, release=contact(channel="web")) == []
        assert kinds({"do_not_disturb_exempt": ["marketing"]}, person=listed) == []


class TestPauses:
    @pytest.mark.parametrize(("until", "found"), [(NOW, []), (NOW + TICK, ["cool-down"]), (None, ["cool-down"])])
    def test_a_pause_ends_at_its_instant(self, until: datetime | None, found: list[str]):
        assert kinds({}, pauses=(Pause(until, "offer", "o1", "rest", "refused"),)) == found
        assert kinds({}, pauses=(Pause(until, "offer", "o2", "rest", "refused"),)) == []
        assert kinds({}, pauses=(Pause(until, "all", None, "rest", "refused"),)) == found

    def test_only_do_not_contact_knows_exempt_classes(self):
        document = {"do_not_disturb_exempt": ["marketing"]}
        assert kinds(document, pauses=(Pause(None, "all", None, "x", "do_not_contact"),)) == []
        assert kinds(document, pauses=(Pause(None, "all", None, "x", "complaint"),)) == ["cool-down"]


class TestWorkOrderHolds:
    HOLD: ClassVar[dict[str, Any]] = {
        "work_order_holds": [{"name": "hold", "kinds": ["complaint"], "purposes": ["marketing"]}]
    }

    @pytest.mark.parametrize(
        ("orders", "found"), [((), []), (("referral",), []), (("referral", "complaint"), ["work order"])]
    )
    def test_while_an_order_of_these_kinds_is_open(self, orders: tuple[str, ...], found: list[str]):
        assert kinds(self.HOLD, orders=orders) == found

    def test_only_what_it_binds(self):
        service = contact(purpose="service", channel="branch")
        assert kinds(self.HOLD, release=service, orders=("complaint",)) == []
        assert kinds({"work_order_holds": [{"name": "all"}]}, release=service, orders=("referral",)) == ["work order"]
