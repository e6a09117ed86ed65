"""Work orders: handed over between channels, with promises that are kept or told of, and a result for who asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint

from rapport.auth import mint_token
from rapport.contracts.envelope import Event
from rapport.contracts.offers import AcceptanceRefused
from rapport.db import transaction
from rapport.settings import DEVELOPMENT_KEY
from touchpoint_service.domain.comparison import compare
from touchpoint_service.domain.fold import TimelineEntry, fold
from touchpoint_service.handlers.replicas import replica_handlers
from touchpoint_service.repository.work import read_standing
from touchpoint_service.timers import Timers

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
HOURS = {"periods": [{"days": WORKDAYS, "start": "09:00", "end": "17:00"}]}
BERLIN = {"zone": "Europe/Berlin", "country": "DE"}
DESKS: dict[str, Any] = POLICY | {
    "opening_hours": [
        {"name": "seven", "channels": ["branch"], "places": ["branch-7"], "hours": HOURS, **BERLIN},
        {"name": "office", "channels": ["branch"], "hours": HOURS, **BERLIN},
    ],
    "units": [{"name": "branch-7", "path": "/north/branch-7"}, {"name": "team-3", "path": "/outbound/team-3"}],
    "work_orders": [
        {
            "name": "referrals",
            "kind": "referral",
            "priority": 4,
            "opening_hours": "office",
            "respond_minutes": 120,
            "resolve_minutes": 480,
            "remind_minutes": 30,
            "escalate_after_minutes": 60,
            "escalate_to": "/north",
        },
        {"name": "complaints", "kind": "complaint", "unit": "/complaints", "opened_by": ["complaint"], "priority": 1},
    ],
    "work_order_holds": [
        {"name": "no-selling", "kinds": ["complaint", "problem"], "purposes": ["marketing"]},
    ],
}
AGENT: dict[str, Any] = {"role": "branch_agent", "org": "/north/branch-7", "subject": "ann"}
CALLER: dict[str, Any] = {"role": "outbound_agent", "org": "/outbound/team-3", "subject": "otto"}
"""Who asks, and who does it: START is Tuesday, 13:00 in Berlin."""


@pytest.fixture
async def desks(touchpoint: Touchpoint) -> Touchpoint:
    await touchpoint.put_in_force(DESKS)
    return touchpoint


async def call(
    touchpoint: Touchpoint,
    method: str,
    path: str = "",
    body: Any = None,
    *,
    expect: int = 200,
    role: str = "branch_agent",
    org: str = "/",
    subject: str = "ann",
) -> Any:
    token = mint_token(DEVELOPMENT_KEY, roles=[role], subject=subject, org=org)
    headers = {"Authorization": f"Bearer {token}"}
    answer = await touchpoint.client.request(method, f"/v1/work-orders{path}", json=body, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def opened(touchpoint: Touchpoint, work_order_id: str = "wo-1", **more: Any) -> dict[str, Any]:
    """An outbound agent hands over to branch 7."""
    body = {"work_order_id": work_order_id, "customer_id": "c1", "kind": "referral", "unit": "/north/branch-7"} | more
    body = {name: value for name, value in body.items() if value is not None}
    found: dict[str, Any] = await call(touchpoint, "POST", "", body, expect=201, **CALLER)
    return found


async def told(touchpoint: Touchpoint) -> list[dict[str, Any]]:
    return [e for e in await touchpoint.timeline() if e["kind"].startswith("work_order.")]


async def kinds(touchpoint: Touchpoint) -> list[str]:
    return [entry["kind"].removeprefix("work_order.") for entry in await told(touchpoint)]


async def ids(touchpoint: Touchpoint, query: str = "", **who: Any) -> list[str]:
    found = await call(touchpoint, "GET", query, **(AGENT | who))
    return [item["work_order_id"] for item in found["items"]]


class TestHandOver:
    async def test_from_a_call_to_a_branch_and_back_to_who_asked(self, desks: Touchpoint):
        found = await opened(desks, subject="Savings plan", note="After two.", channel="call", place="team-3")
        assert found["originator"] == {
            "channel": "call",
            "place": "team-3",
            "unit": "/outbound/team-3",
            "agent": "otto",
            "contact_id": None,
        }
        assert (found["state"], found["priority"], found["overdue"]) == ("open", 4, False)
        assert [c["text"] for c in found["comments"]] == ["After two."]
        taken = await call(desks, "PUT", "/wo-1/lease", {"seconds": 600}, **AGENT)
        assert (taken["state"], taken["leased_by"], taken["leased_until"]) == ("taken", "ann", "2026-03-03T12:10:00Z")
        await call(desks, "POST", "/wo-1/comments", {"text": "Is coming."}, expect=201, **AGENT)
        done = await call(desks, "POST", "/wo-1/result", {"result": "done", "note": "Signed."}, **AGENT)
        assert (done["state"], done["result"], done["resolved_by"]) == ("resolved", "done", "ann")
        assert await kinds(desks) == ["opened", "assigned", "commented", "resolved"]
        last = (await told(desks))[-1]
        assert last["originator"] == {
            "channel": "call",
            "place": "team-3",
            "unit": "/outbound/team-3",
            "agent": "otto",
        }
        assert (last["result"], last["channel"], last["by"]) == ("done", "call", "ann")
        seen = await call(desks, "GET", "/wo-1", **CALLER)
        assert (seen["resolving_note"], [c["text"] for c in seen["comments"]]) == (
            "Signed.",
            ["After two.", "Is coming."],
        )

    async def test_no_text_leaves_the_tables(self, desks: Touchpoint):
        await opened(desks, subject="Secret plan", note="secret number")
        await call(desks, "POST", "/wo-1/comments", {"text": "secret place"}, expect=201, **AGENT)
        await call(desks, "POST", "/wo-1/referrals", {"owner": "kim", "note": "secret word"}, **AGENT)
        await call(desks, "POST", "/wo-1/result", {"result": "done", "note": "secret end"}, **AGENT)
        said = await desks.pool.fetch("select body::text from timeline")
        assert len(said) == 4
        assert not any("ecret" in row[0] for row in said)

    async def test_is_told_in_words(self, desks: Touchpoint):
        await opened(desks)
        await call(desks, "PUT", "/wo-1/lease", {}, **AGENT)
        await call(desks, "POST", "/wo-1/result", {"result": "not_possible"}, **AGENT)
        for lang, words in (
            (
                "en",
                [
                    "Work order (referral) ended: it is not possible.",
                    "Work order (referral) taken in hand by ann.",
                    "Work order opened: referral, for /north/branch-7, to be done by Wed 04 Mar 13:00 (Europe/Berlin).",
                ],
            ),
            (
                "zh-CN",
                [
                    "工单（转介）已办结：无法办理。",
                    "工单（转介）已由 ann 受理。",
                    "已开立工单：转介，受理单位 /north/branch-7，时限 2026-03-04 13:00（Europe/Berlin）。",
                ],
            ),
        ):
            path = f"/v1/customers/c1/timeline?lang={lang}"
            found = await desks.call("GET", path, role="branch_agent")
            assert [entry["text"] for entry in found.json()["items"]] == words

    async def test_opens_once(self, desks: Touchpoint):
        for subject in ("first", "second"):
            assert (await opened(desks, subject=subject))["subject"] == "first"
        assert await kinds(desks) == ["opened"]
        await desks.hear(desks.customer("c2"))
        body = {"work_order_id": "wo-1", "customer_id": "c2", "kind": "referral"}
        assert (await call(desks, "POST", "", body, expect=409, **CALLER))["type"].endswith("work-order-exists")
        await call(desks, "POST", "", body | {"customer_id": "nobody"}, expect=404, **CALLER)

    async def test_opens_once_however_many_ask_at_once(self, desks: Touchpoint):
        await asyncio.gather(*(opened(desks) for _ in range(6)))
        assert await kinds(desks) == ["opened"]

    async def test_ends_once(self, desks: Touchpoint):
        await opened(desks)
        for _ in range(2):
            await call(desks, "POST", "/wo-1/result", {"result": "done"}, **AGENT)
        problem = await call(desks, "POST", "/wo-1/result", {"result": "declined"}, expect=409, **AGENT)
        assert problem["type"].endswith("work-order-ended")
        for method, path, body in (
            ("PUT", "/lease", {}),
            ("POST", "/referrals", {"unit": "/north"}),
            ("POST", "/comments", {"text": "late"}),
            ("PUT", "/appointment", {"at": "2026-03-04T10:00:00+00:00"}),
        ):
            await call(desks, method, f"/wo-1{path}", body, expect=409, **AGENT)
        assert await kinds(desks) == ["opened", "resolved"]

    async def test_goes_where_the_policy_says(self, desks: Touchpoint):
        assert (await opened(desks, "c", kind="complaint", unit=None))["unit"] == "/complaints"
        assert (await opened(desks, "r", unit=None, place="branch-7"))["unit"] == "/north/branch-7"
        assert (await opened(desks, "n", kind="problem", unit=None))["unit"] == "/"

    async def test_needs_no_policy(self, touchpoint: Touchpoint):
        found = await opened(touchpoint)
        assert (found["priority"], found["respond_by"], found["resolve_by"]) == (5, None, None)


class TestLease:
    async def test_one_at_a_time_and_back_when_it_lapses(self, desks: Touchpoint):
        await opened(desks)
        await call(desks, "PUT", "/wo-1/lease", {"seconds": 60}, **AGENT)
        bob = AGENT | {"subject": "bob"}
        assert (await call(desks, "PUT", "/wo-1/lease", {}, expect=409, **bob))["type"].endswith("work-order-taken")
        await call(desks, "DELETE", "/wo-1/lease", expect=409, **bob)
        await desks.tick(seconds=30)
        await call(desks, "PUT", "/wo-1/lease", {"seconds": 60}, **AGENT)
        await desks.tick(seconds=59)
        await call(desks, "PUT", "/wo-1/lease", {}, expect=409, **bob)
        await desks.tick(seconds=1)
        assert await ids(desks, "?state=open") == ["wo-1"], "it has lapsed"
        assert (await call(desks, "GET", "/wo-1", **bob))["leased_by"] is None
        await call(desks, "PUT", "/wo-1/lease", {}, **bob)
        assert await ids(desks, "?state=taken&owner=bob") == ["wo-1"]
        back = await call(desks, "DELETE", "/wo-1/lease", **bob)
        assert (back["state"], back["leased_by"]) == ("open", None)
        assert [(e["how"], e["owner"]) for e in await told(desks) if "how" in e] == [("taken", "ann"), ("taken", "bob")]

    async def test_two_who_take_it_at_once(self, desks: Touchpoint):
        await opened(desks)

        async def grab(subject: str) -> int:
            token = mint_token(DEVELOPMENT_KEY, roles=["branch_agent"], subject=subject, org="/north")
            headers = {"Authorization": f"Bearer {token}"}
            answer = await desks.client.put("/v1/work-orders/wo-1/lease", json={}, headers=headers)
            return answer.status_code

        assert sorted(await asyncio.gather(*map(grab, "abcdef"))) == [200, *[409] * 5]
        assert await kinds(desks) == ["opened", "assigned"]

    async def test_of_a_person_only_by_that_person(self, desks: Touchpoint):
        await opened(desks, kind="account_manager", owner="kim", unit="/north")
        kim: dict[str, Any] = {"role": "account_manager", "org": "/north", "subject": "kim"}
        await call(desks, "PUT", "/wo-1/lease", {}, expect=409, **(kim | {"subject": "lee"}))
        await call(desks, "PUT", "/wo-1/lease", {}, **kim)


class TestReferral:
    async def test_to_another_branch_takes_the_promise_along(self, desks: Touchpoint):
        promised = (await opened(desks))["resolve_by"]
        await call(desks, "PUT", "/wo-1/lease", {}, **AGENT)
        body = {"unit": "/south/branch-9", "note": "has moved"}
        found = await call(desks, "POST", "/wo-1/referrals", body, **AGENT)
        assert (found["unit"], found["state"], found["resolve_by"]) == ("/south/branch-9", "open", promised)
        await call(desks, "GET", "/wo-1", expect=404, **AGENT)
        there = AGENT | {"org": "/south/branch-9"}
        assert [c["text"] for c in (await call(desks, "GET", "/wo-1", **there))["comments"]] == ["has moved"]
        await call(desks, "POST", "/wo-1/referrals", {"unit": "/south/branch-9"}, **there)
        assert await kinds(desks) == ["opened", "assigned", "assigned"], "where it is already it stays"

    async def test_not_out_of_other_hands(self, desks: Touchpoint):
        await opened(desks)
        await call(desks, "PUT", "/wo-1/lease", {}, **AGENT)
        bob = AGENT | {"subject": "bob"}
        await call(desks, "POST", "/wo-1/referrals", {"owner": "bob"}, expect=409, **bob)

    async def test_to_nobody_is_none(self, desks: Touchpoint):
        await opened(desks)
        await call(desks, "POST", "/wo-1/referrals", {"note": "hm"}, expect=422, **AGENT)


class TestPromise:
    """Two business hours to answer, eight to the result; reminded half an hour before, escalated an hour after."""

    async def test_counts_while_the_unit_is_open(self, desks: Touchpoint):
        found = await opened(desks)
        assert (found["respond_by"], found["resolve_by"]) == ("2026-03-03T14:00:00Z", "2026-03-04T12:00:00Z")

    async def test_reminds_and_escalates_once_each_at_the_very_instant(self, desks: Touchpoint):
        await opened(desks)
        await desks.tick(minutes=90, microseconds=-1)
        assert await kinds(desks) == ["opened"]
        await desks.tick(microseconds=1)
        assert await kinds(desks) == ["opened", "reminded"]
        assert (await told(desks))[-1]["about"] == "response"
        await desks.tick(minutes=90, microseconds=-1)
        assert await kinds(desks) == ["opened", "reminded"]
        await desks.tick(microseconds=1)
        last = (await told(desks))[-1]
        assert (last["kind"], last["about"], last["to"]) == ("work_order.escalated", "response", "/north")
        assert last["due_at"] == "2026-03-03T14:00:00+00:00"
        assert await ids(desks, "?overdue=true", org="/north", subject="boss") == ["wo-1"]
        await desks.tick(days=3)
        assert [(e["kind"].split(".")[1], e["about"]) for e in (await told(desks))[3:]] == [
            ("reminded", "resolution"),
            ("escalated", "resolution"),
        ]
        await desks.tick(days=30)
        assert len(await told(desks)) == 5

    async def test_kept_is_told_of_no_more(self, desks: Touchpoint):
        await opened(desks)
        await desks.tick(minutes=80)
        await call(desks, "PUT", "/wo-1/lease", {"seconds": 28_800}, **AGENT)
        await desks.tick(hours=5)
        assert await kinds(desks) == ["opened", "assigned"]
        await call(desks, "POST", "/wo-1/result", {"result": "done"}, **AGENT)
        await desks.tick(days=9)
        assert await kinds(desks) == ["opened", "assigned", "resolved"]
        assert await desks.pool.fetchval("select count(*) from work_order_alarms") == 0

    async def test_escalated_is_seen_and_worked_there(self, touchpoint: Touchpoint):
        rule = DESKS["work_orders"][0] | {"escalate_to": "/head-office"}
        await touchpoint.put_in_force(DESKS | {"work_orders": [rule]})
        await opened(touchpoint)
        boss: dict[str, Any] = {"role": "branch_agent", "org": "/head-office", "subject": "boss"}
        await call(touchpoint, "GET", "/wo-1", expect=404, **boss)
        await touchpoint.tick(hours=3)
        assert await ids(touchpoint, **boss) == ["wo-1"]
        await call(touchpoint, "PUT", "/wo-1/lease", {}, **boss)
        await call(touchpoint, "POST", "/wo-1/result", {"result": "done"}, **boss)

    async def test_two_workers_tell_it_once(self, desks: Touchpoint):
        for number in range(40):
            await opened(desks, f"wo-{number}")
        desks.clock.move(START + timedelta(hours=3))

        async def worker() -> None:
            timers = Timers(desks.pool, desks.clock, desks.app.state.gate, lambda: frozenset(range(12)))
            while await timers.once():
                pass

        await asyncio.gather(*(worker() for _ in range(4)))
        found = [kind for kind in await kinds(desks) if kind != "opened"]
        assert (found.count("reminded"), found.count("escalated"), len(found)) == (40, 40, 80)
        assert await desks.pool.fetchval("select count(*) from due_work where due_at <= $1", desks.clock.now()) == 0


class TestAppointment:
    async def test_moves_what_is_promised(self, desks: Touchpoint):
        await opened(desks)
        path, friday = "/wo-1/appointment", "2026-03-06T15:30:00+01:00"
        found = await call(desks, "PUT", path, {"at": friday}, **CALLER)
        assert found["appointment_at"] == "2026-03-06T14:30:00Z"
        assert found["resolve_by"] == "2026-03-09T14:30:00Z", "eight open hours later: Monday"
        assert found["responded_at"] is not None
        await call(desks, "PUT", path, {"at": friday}, **AGENT)
        assert await kinds(desks) == ["opened", "appointed"]
        await desks.tick(days=2)
        assert await kinds(desks) == ["opened", "appointed"]
        sooner = await call(desks, "PUT", path, {"at": "2026-03-06T10:00:00+01:00"}, **AGENT)
        assert sooner["resolve_by"] == "2026-03-09T14:30:00Z"

    async def test_while_the_branch_is_open(self, desks: Touchpoint):
        await opened(desks)
        for at, opens in (
            ("2026-03-07T10:00:00+01:00", "2026-03-09T08:00:00+00:00"),
            ("2026-03-06T17:00:00+01:00", "2026-03-09T08:00:00+00:00"),
            ("2026-03-06T08:59:59+01:00", "2026-03-06T08:00:00+00:00"),
        ):
            problem = await call(desks, "PUT", "/wo-1/appointment", {"at": at}, expect=409, **AGENT)
            assert (problem["type"].rpartition("/")[2], problem["opens_at"]) == ("branch-closed", opens)
        await call(desks, "PUT", "/wo-1/appointment", {"at": "2026-03-06T09:00:00+01:00"}, **AGENT)
        await call(desks, "PUT", "/wo-1/appointment", {"at": "2026-03-02T09:00:00+01:00"}, expect=422, **AGENT)

    async def test_is_agreed_in_the_call_that_hands_over(self, desks: Touchpoint):
        found = await opened(desks, appointment_at="2026-03-04T10:00:00+01:00")
        assert found["appointment_at"] == "2026-03-04T09:00:00Z"
        assert await kinds(desks) == ["opened", "appointed"]
        body = {"work_order_id": "wo-2", "customer_id": "c1", "kind": "referral", "unit": "/north/branch-7"}
        await call(desks, "POST", "", body | {"appointment_at": "2026-03-08T10:00:00+01:00"}, expect=409, **CALLER)
        assert await kinds(desks) == ["opened", "appointed"], "neither order nor appointment"


class TestWhoSees:
    async def test_the_unit_those_above_and_who_asked(self, desks: Touchpoint):
        await opened(desks)
        for who in (AGENT, AGENT | {"org": "/north"}, AGENT | {"org": "/"}, CALLER, CALLER | {"subject": "colleague"}):
            assert (await call(desks, "GET", "/wo-1", **who))["work_order_id"] == "wo-1"
            assert await ids(desks, **who) == ["wo-1"]
        for org in ("/north/branch-70", "/north/branch-8", "/south", "/outbound/team-4"):
            stranger = AGENT | {"org": org}
            assert await ids(desks, **stranger) == []
            for method, path, body in (
                ("GET", "", None),
                ("PUT", "/lease", {}),
                ("DELETE", "/lease", None),
                ("POST", "/referrals", {"unit": "/south"}),
                ("POST", "/comments", {"text": "hm"}),
                ("PUT", "/appointment", {"at": "2026-03-04T10:00:00+01:00"}),
                ("POST", "/result", {"result": "done"}),
            ):
                await call(desks, method, f"/wo-1{path}", body, expect=404, **stranger)

    async def test_who_asked_comments_and_calls_off_and_does_no_more(self, desks: Touchpoint):
        await opened(desks)
        await call(desks, "PUT", "/wo-1/lease", {}, expect=403, **CALLER)
        await call(desks, "POST", "/wo-1/referrals", {"unit": "/south"}, expect=403, **CALLER)
        await call(desks, "POST", "/wo-1/result", {"result": "done"}, expect=403, **CALLER)
        await call(desks, "POST", "/wo-1/comments", {"text": "never mind"}, expect=201, **CALLER)
        for _ in range(2):
            await call(desks, "POST", "/wo-1/result", {"result": "cancelled"}, **CALLER)
        assert await kinds(desks) == ["opened", "commented", "resolved"]

    async def test_who_only_reads(self, desks: Touchpoint):
        await opened(desks)
        for role in ("compliance", "operator"):
            assert await ids(desks, role=role, org="/") == ["wo-1"]
            await call(desks, "PUT", "/wo-1/lease", {}, expect=403, role=role)
        await call(desks, "GET", "/wo-1", expect=403, role="storefront")


class TestList:
    async def test_by_importance_then_what_is_due_first(self, desks: Touchpoint):
        await opened(desks, "late", appointment_at="2026-03-05T10:00:00+01:00")
        await opened(desks, "never", kind="problem", priority=4)
        await opened(desks, "urgent", priority=1)
        await opened(desks, "soon")
        assert await ids(desks) == ["urgent", "soon", "late", "never"]
        first = await call(desks, "GET", "?limit=3", **AGENT)
        rest = await call(desks, "GET", f"?limit=3&cursor={first['next_cursor']}", **AGENT)
        found = [item["work_order_id"] for item in (*first["items"], *rest["items"])]
        assert (found, rest["next_cursor"]) == (await ids(desks), None)

    async def test_by_what_one_looks_for(self, desks: Touchpoint):
        await desks.hear(desks.customer("c2"))
        await opened(desks, "a")
        await opened(desks, "b", customer_id="c2", kind="problem", owner="ann")
        await opened(desks, "c", unit="/north")
        boss: dict[str, Any] = {"org": "/north", "subject": "boss"}
        assert await ids(desks, "?kind=problem", **boss) == ["b"]
        assert await ids(desks, "?customer_id=c1", **boss) == ["a", "c"]
        assert await ids(desks, "?owner=ann", **boss) == ["b"]
        assert await ids(desks, "?unit=/north/branch-7", **boss) == ["a", "b"]
        assert await ids(desks, "?unit=/north", **boss) == ["a", "c", "b"]
        assert await ids(desks) == ["a", "b"]
        await call(desks, "POST", "/a/result", {"result": "done"}, **AGENT)
        assert await ids(desks, "?state=resolved", **boss) == ["a"]
        assert await ids(desks, "?overdue=true", **boss) == []


class TestHold:
    async def test_marketing_waits_until_it_ends(self, desks: Touchpoint):
        await opened(desks, kind="problem")
        await desks.hear(desks.request("r1"), desks.request("r2", purpose="service", channels=["branch"], goal="x"))
        said = {e["request_id"]: e for e in await desks.timeline() if "request_id" in e}
        assert said["r1"]["because"] == {"reason": "cool_down", "rule": "no-selling"}
        assert said["r2"]["kind"] == "contact.released"
        standing = await desks.call("GET", "/v1/customers/c1/standing", role="branch_agent")
        assert standing.json()["work_orders"] == [{"work_order_id": "wo-1", "kind": "problem"}]
        await desks.tick(days=5)
        assert await desks.pool.fetchval("select state from requests where request_id = 'r1'") == "live"
        await call(desks, "POST", "/wo-1/result", {"result": "done"}, **AGENT)
        assert (await desks.kinds())[-2:] == ["work_order.resolved", "contact.released"], "in the same transaction"

    async def test_of_a_complaint_says_so(self, desks: Touchpoint):
        await opened(desks, kind="complaint", unit=None)
        await desks.hear(desks.request("r1"))
        (waiting,) = [e for e in await desks.timeline() if e.get("request_id") == "r1"]
        assert waiting["because"] == {"reason": "complaint_freeze", "rule": "no-selling"}

    async def test_of_other_kinds_holds_nothing(self, desks: Touchpoint):
        await opened(desks)
        await desks.hear(desks.request("r1"))
        assert (await desks.kinds())[-1] == "contact.released"

    async def test_ends_with_the_rule(self, desks: Touchpoint):
        await opened(desks, kind="problem")
        await desks.hear(desks.request("r1"))
        await desks.put_in_force({name: value for name, value in DESKS.items() if name != "work_order_holds"})
        await desks.tick()
        assert (await desks.kinds())[-1] == "contact.released", "though the order is open"

    async def test_is_in_the_explanation(self, desks: Touchpoint):
        await opened(desks, kind="problem")
        await desks.hear(desks.request("r1"))
        found = await desks.call("GET", "/v1/contact-requests/r1/explanation", role="branch_agent")
        assert "no-selling" in found.text


class TestByItself:
    def refused(self, desks: Touchpoint, contact_id: str | None = None) -> Event:
        return AcceptanceRefused(
            acceptance_id="acc-1",
            customer_id="c1",
            offer_id="o1",
            goal="loan",
            channel="branch",
            at=desks.clock.now(),
            contact_id=contact_id,
            reason="sold-out",
        )

    async def test_an_acceptance_that_is_refused_goes_to_where_it_was_said(self, desks: Touchpoint):
        await desks.hear(desks.request("r1", channels=["branch"], place="branch-7", offer_id="o1"))
        contact = await desks.contact("branch")
        await desks.hear(desks.said(contact, "accepted", agent="ann"))
        (yes,) = [e for e in await desks.timeline() if e["kind"] == "contact.responded"]
        refused = self.refused(desks, contact).model_copy(update={"acceptance_id": yes["acceptance_id"]})
        await desks.hear(refused, refused)
        await desks.hear(refused)
        (order,) = (await call(desks, "GET", **AGENT))["items"]
        assert (order["kind"], order["unit"], order["offer_id"]) == ("acceptance_refused", "/north/branch-7", "o1")
        assert order["acceptance_id"] == yes["acceptance_id"]
        assert order["originator"] == {
            "channel": "branch",
            "place": "branch-7",
            "unit": None,
            "agent": "ann",
            "contact_id": contact,
        }
        assert await kinds(desks) == ["opened"]

    async def test_one_that_nobody_can_place_is_for_who_is_responsible_for_everything(self, touchpoint: Touchpoint):
        await touchpoint.hear(self.refused(touchpoint))
        assert await ids(touchpoint, org="/") == [(await told(touchpoint))[0]["work_order_id"]]
        assert await ids(touchpoint, org="/north") == []

    async def test_a_complaint_opens_one_where_the_policy_says_so(self, desks: Touchpoint):
        await desks.hear(desks.request("r1", place="team-3"))
        said = desks.said(await desks.contact("call"), "complaint", agent="otto")
        await desks.hear(said, said)
        await desks.hear(said)
        (order,) = (await call(desks, "GET", role="complaint_desk", org="/complaints"))["items"]
        assert (order["kind"], order["unit"], order["priority"]) == ("complaint", "/complaints", 1)
        assert order["originator"]["agent"] == "otto"
        assert await kinds(desks) == ["opened"]

    async def test_and_none_where_it_does_not(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request("r1"))
        await touchpoint.hear(touchpoint.said(await touchpoint.contact("call"), "complaint"))
        assert await kinds(touchpoint) == []


class TestPopup:
    async def test_shows_what_is_open(self, desks: Touchpoint):
        await opened(desks, "wo-1", subject="Savings plan")
        await opened(desks, "wo-2", kind="complaint", unit=None)
        await opened(desks, "wo-3")
        await call(desks, "POST", "/wo-3/result", {"result": "done"}, **AGENT)
        body = {"customer_id": "c1", "channel": "branch", "place": "branch-7", "lang": "zh-CN"}
        found = (await desks.call("POST", "/v1/popups", body, role="branch_agent", expect=201)).json()
        assert [(o["work_order_id"], o["text"], o["unit"]) for o in found["work_orders"]] == [
            ("wo-2", "投诉", "/complaints"),
            ("wo-1", "转介", "/north/branch-7"),
        ]
        assert found["work_orders"][1] == {
            "work_order_id": "wo-1",
            "kind": "referral",
            "priority": 4,
            "unit": "/north/branch-7",
            "owner": None,
            "subject": "Savings plan",
            "opened_at": "2026-03-03T12:00:00+00:00",
            "resolve_by": "2026-03-04T12:00:00+00:00",
            "appointment_at": None,
            "escalated_to": None,
            "text": "转介",
        }


class TestErasure:
    async def test_reaches_everything(self, desks: Touchpoint):
        await opened(desks, note="hm")
        gone = desks.envelope(None, topic="profile.customers", key="c1")
        async with transaction(desks.pool) as conn:
            await replica_handlers(desks.pool, desks.clock)["profile.customers"](conn, [gone])
        for table in ("work_orders", "work_order_comments", "work_order_alarms"):
            assert await desks.pool.fetchval(f"select count(*) from {table}") == 0
        await desks.pool.execute("delete from outbox")  # what was told of the customer before
        await desks.tick(days=3)


class TestRebuild:
    async def test_finds_nothing_to_mend_and_mends_what_was_lost(self, desks: Touchpoint):
        await opened(desks, kind="problem")
        await opened(desks, "wo-2", kind="problem")
        await call(desks, "POST", "/wo-2/result", {"result": "done"}, **AGENT)
        rows = await desks.pool.fetch("select seq, at, type, body from timeline where customer_id = 'c1' order by seq")
        entries = [TimelineEntry(r["seq"], int(r["at"].timestamp()) * 1_000_000, r["type"], r["body"]) for r in rows]
        async with transaction(desks.pool) as conn:
            stored = await read_standing(conn, "c1")
        assert stored is not None
        derived = fold("c1", entries).standing
        assert derived.orders == stored.orders == {"wo-1": "problem"}
        stored.orders.clear()
        assert [(d.what, d.key) for d in compare(stored, derived, derived.at)] == [("work order", "wo-1")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"work_orders": [{"name": "a", "kind": "problem"}, {"name": "b", "kind": "problem"}]}, "named twice"),
        ({"work_orders": [{"name": "a", "kind": "problem", "opening_hours": "nights"}]}, "no opening hours nights"),
        (
            {"work_orders": [{"name": "a", "kind": "problem", "respond_minutes": 30, "remind_minutes": 30}]},
            "not shorter",
        ),
        ({"units": [{"name": "x", "path": "/x"}, {"name": "x", "path": "/y"}]}, "named twice"),
        ({"units": [{"name": "x", "path": "x"}]}, "pattern"),
    ],
)
async def test_a_policy_that_would_be_unclear_is_refused(touchpoint: Touchpoint, change: dict[str, Any], why: str):
    body = {"policy_id": "p", "document": POLICY | change}
    answer = await touchpoint.call("POST", "/v1/policies", body, role="policy_editor", expect=422)
    assert why in answer.text
