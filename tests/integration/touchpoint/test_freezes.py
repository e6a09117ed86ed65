"""Freezes: after a complaint, or because a person says so, nothing goes to a customer until it is closed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint

FREEZES: dict[str, Any] = POLICY | {
    "do_not_disturb_exempt": ["service_critical"],
    "cool_downs": [{"name": "complained", "outcome": "complaint", "scope": "all"}],
}
OPENED, CLOSED = "freeze.opened", "freeze.closed"


@pytest.fixture
async def freezing(touchpoint: Touchpoint) -> Touchpoint:
    await touchpoint.put_in_force(FREEZES)
    return touchpoint


async def freeze(touchpoint: Touchpoint, expect: int = 201, **more: Any) -> dict[str, Any]:
    body = {"customer_id": "c1", "note": "by letter"} | more
    answer = await touchpoint.call("POST", "/v1/freezes", body, role="complaint_desk", subject="sam", expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def close(touchpoint: Touchpoint, freeze_id: str, expect: int = 200) -> dict[str, Any]:
    path = f"/v1/freezes/{freeze_id}/closure"
    body = {"note": "dealt with"}
    answer = await touchpoint.call("POST", path, body, role="complaint_desk", subject="kim", expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def listed(touchpoint: Touchpoint, query: str = "") -> list[dict[str, Any]]:
    found = await touchpoint.call("GET", f"/v1/freezes{query}", role="branch_agent")
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def states(touchpoint: Touchpoint) -> dict[str, str]:
    rows = await touchpoint.pool.fetch("select request_id, state from requests")
    return {row["request_id"]: row["state"] for row in rows}


async def complain(touchpoint: Touchpoint, request_id: str = "r1") -> dict[str, Any]:
    """A call in which the customer complains; the entry that opens the freeze."""
    await touchpoint.hear(touchpoint.request(request_id))
    said = touchpoint.said(await touchpoint.contact("call"), "complaint", agent="a-1", note="never again")
    await touchpoint.hear(said, said)  # channels retry
    (entry,) = [entry for entry in await touchpoint.timeline() if entry["kind"] == OPENED]
    return entry


class TestComplaint:
    async def test_stops_every_other_contact_until_it_is_closed(self, freezing: Touchpoint):
        await freezing.hear(freezing.request("web", channels=["web"], goal="other"))
        entry = await complain(freezing)
        assert (entry["rule"], entry["by"], entry["note"], entry["channel"]) == (
            "complained",
            "a-1",
            "never again",
            "call",
        )
        recalled = (await freezing.timeline())[-1]
        assert (recalled["kind"], recalled["channel"], recalled["reason"], recalled["caused_by"]) == (
            "contact.recalled",
            "web",
            "complaint_freeze",
            entry["freeze_id"],
        )
        await freezing.hear(freezing.request("r2", channels=["branch"], goal="other"))
        (waiting,) = [e for e in await freezing.timeline() if e.get("request_id") == "r2"]
        assert waiting["because"] == {"reason": "complaint_freeze", "rule": "complained"}
        assert (await states(freezing))["r2"] == "live", "it waits: the freeze may be closed"
        await freezing.tick(days=10)
        assert (await states(freezing))["r2"] == "live", "no time closes a complaint"
        shown = await close(freezing, entry["freeze_id"])
        assert (shown["state"], shown["closed_by"], shown["closing_note"]) == ("closed", "kim", "dealt with")
        assert (await states(freezing))["r2"] == "released", "in the same transaction"
        assert (await freezing.kinds())[-2:] == [CLOSED, "contact.released"]

    async def test_each_is_closed_by_itself(self, freezing: Touchpoint):
        await freezing.hear(freezing.request("r1"), freezing.request("r2", channels=["branch"], goal="other"))
        call, branch = await freezing.contact("call"), await freezing.contact("branch")
        await freezing.hear(freezing.said(call, "complaint"), freezing.said(branch, "complaint"))
        one, other = [entry["freeze_id"] for entry in await freezing.timeline() if entry["kind"] == OPENED]
        await freezing.hear(freezing.request("r3", channels=["hotline"], goal="third"))
        await close(freezing, one)
        assert (await states(freezing))["r3"] == "live"
        await close(freezing, other)
        assert (await states(freezing))["r3"] == "released"

    async def test_lets_through_what_may_disturb(self, freezing: Touchpoint):
        fraud: dict[str, Any] = {"contact_class": "service_critical", "goal": "fraud", "channels": ["sms"]}
        await freezing.hear(freezing.request("alert-1", **fraud))
        await complain(freezing)
        await freezing.hear(freezing.request("alert-2", **fraud | {"channels": ["branch"]}))
        assert {"alert-1": "released", "alert-2": "released"}.items() <= (await states(freezing)).items()
        assert "contact.recalled" not in await freezing.kinds()

    async def test_with_days_is_a_cool_down(self, touchpoint: Touchpoint):
        rule = {"name": "complained", "outcome": "complaint", "scope": "all", "days": 3}
        await touchpoint.put_in_force(POLICY | {"cool_downs": [rule]})
        await touchpoint.hear(touchpoint.request())
        await touchpoint.hear(touchpoint.said(await touchpoint.contact("call"), "complaint"))
        assert OPENED not in await touchpoint.kinds()
        assert await listed(touchpoint) == []

    async def test_is_told_in_words(self, freezing: Touchpoint):
        await close(freezing, (await complain(freezing))["freeze_id"])
        for lang, words in (
            (
                "en",
                ["The freeze was closed.", "Nothing more goes to the customer: a freeze was opened (rule complained)."],
            ),
            ("zh-CN", ["冻结已解除。", "不再接触客户：已开启冻结（规则 complained）。"]),
        ):
            path = f"/v1/customers/c1/timeline?lang={lang}&limit=2"
            told = await freezing.call("GET", path, role="branch_agent")
            assert [entry["text"] for entry in told.json()["items"]] == words


class TestByHand:
    async def test_stops_what_is_out_and_what_comes(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request("r1"))
        shown = await freeze(touchpoint, freeze_id="case-4711")
        assert shown == {
            "freeze_id": "case-4711",
            "customer_id": "c1",
            "rule": None,
            "contact_id": None,
            "opened_at": "2026-03-03T12:00:00Z",
            "opened_by": "sam",
            "until": None,
            "note": "by letter",
            "closed_at": None,
            "closed_by": None,
            "closing_note": None,
            "state": "open",
        }
        assert await touchpoint.kinds() == ["contact.released", OPENED, "contact.recalled"]
        await touchpoint.hear(touchpoint.request("r2", channels=["web"], goal="other"))
        assert (await states(touchpoint))["r2"] == "live"
        found = await touchpoint.call("GET", "/v1/customers/c1/standing", role="branch_agent")
        assert found.json()["pauses"] == [
            {
                "rule": "by-hand",
                "scope": "all",
                "key": None,
                "outcome": "freeze",
                "until": None,
                "freeze_id": "case-4711",
            }
        ]

    async def test_ends_by_itself(self, touchpoint: Touchpoint):
        until = START + timedelta(days=2)
        await freeze(touchpoint, freeze_id="f1", until=until.isoformat())
        await touchpoint.hear(touchpoint.request("r1", channels=["web"]))
        (entry,) = [e for e in await touchpoint.timeline() if e["kind"] == "contact.deferred"]
        assert entry["retry_at"] == until.isoformat()
        await touchpoint.tick(days=2, microseconds=-1)
        assert await states(touchpoint) == {"r1": "live"}
        await touchpoint.tick(microseconds=1)
        assert await states(touchpoint) == {"r1": "released"}
        assert [row["state"] for row in await listed(touchpoint)] == ["over"]
        assert (await close(touchpoint, "f1"))["state"] == "over", "there is nothing to close any more"
        assert CLOSED not in await touchpoint.kinds()

    async def test_is_closed_before_its_end(self, touchpoint: Touchpoint):
        await freeze(touchpoint, freeze_id="f1", until=(START + timedelta(days=20)).isoformat())
        await touchpoint.hear(touchpoint.request("r1", channels=["web"]))
        await close(touchpoint, "f1")
        assert await states(touchpoint) == {"r1": "released"}

    async def test_counts_once(self, touchpoint: Touchpoint):
        for note in ("first", "second"):
            assert (await freeze(touchpoint, freeze_id="f1", note=note))["note"] == "first"
        for _ in range(2):
            await close(touchpoint, "f1")
        assert await touchpoint.kinds() == [OPENED, CLOSED]
        assert (await freeze(touchpoint, freeze_id="f1"))["state"] == "closed", "what was closed is not opened again"

    async def test_holds_whatever_races_with_it(self, touchpoint: Touchpoint):
        """Decisions, an acceptance and the freeze at once: after the freeze nothing is released, nothing is held."""

        async def ask(number: int) -> None:
            body = touchpoint.request(f"r{number}", channels=["web"], goal=f"g{number}").model_dump(mode="json")
            kept = {name: value for name, value in body.items() if value is not None and name != "at"}
            await touchpoint.call("POST", "/v1/contact-requests", kept, role="channel_system", expect=202)

        for turn in range(5):
            tasks = [ask(10 * turn + number) for number in range(5)]
            await asyncio.gather(*tasks[:2], freeze(touchpoint, freeze_id=f"f{turn}"), *tasks[2:])
            kinds = await touchpoint.kinds()
            assert "contact.released" not in kinds[max(n for n, kind in enumerate(kinds) if kind == OPENED) :]
            held = "select count(*) from contacts where state in ('open', 'leased', 'shown')"
            assert await touchpoint.pool.fetchval(held) == 0
            await close(touchpoint, f"f{turn}")


class TestRefused:
    async def test_what_is_not_there(self, touchpoint: Touchpoint):
        assert (await freeze(touchpoint, expect=404, customer_id="nobody"))["type"].endswith("not-found")
        await close(touchpoint, "nothing", expect=404)

    async def test_an_id_of_another_customer(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.customer("c2"))
        await freeze(touchpoint, freeze_id="f1")
        assert (await freeze(touchpoint, expect=409, freeze_id="f1", customer_id="c2"))["type"].endswith(
            "freeze-exists"
        )

    async def test_an_id_that_is_given_twice_at_once(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.customer("c2"))

        async def post(customer_id: str, number: int) -> int:
            body = {"freeze_id": f"f{number}", "customer_id": customer_id}
            headers = touchpoint.headers("complaint_desk")
            return (await touchpoint.client.request("POST", "/v1/freezes", json=body, headers=headers)).status_code

        for number in range(20):
            assert sorted(await asyncio.gather(post("c1", number), post("c2", number))) == [201, 409]

    async def test_one_that_would_be_over(self, touchpoint: Touchpoint):
        problem = await freeze(touchpoint, expect=422, until=START.isoformat())
        assert [error["pointer"] for error in problem["errors"]] == ["#/until"]

    async def test_agents_open_and_do_not_close(self, touchpoint: Touchpoint):
        body = {"customer_id": "c1"}
        opened = await touchpoint.call("POST", "/v1/freezes", body, role="branch_agent", expect=201)
        path = opened.headers["location"]
        assert path == f"/v1/freezes/{opened.json()['freeze_id']}"
        await touchpoint.call("POST", f"{path}/closure", {}, role="branch_agent", expect=403)
        await touchpoint.call("POST", "/v1/freezes", body, role="storefront", expect=403)
        assert (await touchpoint.call("GET", path, role="outbound_agent")).json()["state"] == "open"

    @pytest.mark.parametrize(
        "rule", [{"outcome": "refused", "scope": "all"}, {"outcome": "complaint", "scope": "goal"}]
    )
    async def test_a_rule_without_an_end_that_nobody_would_close(self, touchpoint: Touchpoint, rule: dict[str, Any]):
        body = {"policy_id": "p", "document": POLICY | {"cool_downs": [{"name": "odd"} | rule]}}
        answer = await touchpoint.call("POST", "/v1/policies", body, role="policy_editor", expect=422)
        assert "/cool_downs/0" in answer.text
        assert "give days" in answer.text


class TestList:
    async def test_pages_oldest_first_by_customer_and_state(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.customer("c2"))
        for number in range(3):
            await freeze(touchpoint, freeze_id=f"f{number}", customer_id=f"c{1 + number % 2}")
            await touchpoint.tick(hours=1)
        await close(touchpoint, "f0")
        assert [row["freeze_id"] for row in await listed(touchpoint)] == ["f0", "f1", "f2"]
        assert [row["freeze_id"] for row in await listed(touchpoint, "?customer_id=c1")] == ["f0", "f2"]
        assert [row["freeze_id"] for row in await listed(touchpoint, "?state=open")] == ["f1", "f2"]
        assert [row["freeze_id"] for row in await listed(touchpoint, "?state=closed")] == ["f0"]
        first = (await touchpoint.call("GET", "/v1/freezes?limit=2", role="operator")).json()
        rest = await listed(touchpoint, f"?limit=2&cursor={first['next_cursor']}")
        assert [row["freeze_id"] for row in (*first["items"], *rest)] == ["f0", "f1", "f2"]
