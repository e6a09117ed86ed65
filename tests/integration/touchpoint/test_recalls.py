"""Recalls that a channel has to answer: who is waited for, who is reminded, and that nothing counts twice."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint, touchpoint_on

from rapport.db import transaction
from rapport.replica import Replica
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.handlers.leases import hand_out
from touchpoint_service.handlers.replicas import customers_changed
from touchpoint_service.repository import queues
from touchpoint_service.repository.policies import policy_in_force
from touchpoint_service.senders import Sender
from touchpoint_service.timers import Timers

MISSED = "recall.unanswered"


async def lease(touchpoint: Touchpoint, count: int = 1, channel: str = "call", **more: Any) -> list[str]:
    body = {"limit": count, "seconds": 3600} | more
    answer = await touchpoint.call("POST", f"/v1/channels/{channel}/leases", body, role="outbound_agent", subject="a-1")
    return [item["contact_id"] for item in answer.json()["items"]]


async def leased(touchpoint: Touchpoint, request_id: str = "r1", customer_id: str = "c1", **request: Any) -> str:
    await touchpoint.hear(touchpoint.request(request_id, customer_id, **request))
    (contact_id,) = await lease(touchpoint)
    return contact_id


async def stop(touchpoint: Touchpoint, version: int = 2) -> None:
    """The plan is stopped, and everything of it recalled."""
    await touchpoint.hear(touchpoint.plan("stopped", version=version))
    await touchpoint.tick()


async def answer(touchpoint: Touchpoint, contact_id: str, said: str = "withdrawn", expect: int | None = None) -> None:
    path = f"/v1/contacts/{contact_id}/recall-answer"
    await touchpoint.call("POST", path, {"answer": said}, role="outbound_agent", expect=expect)


async def listed(touchpoint: Touchpoint, query: str = "", role: str = "channel_system") -> list[dict[str, Any]]:
    found = await touchpoint.call("GET", f"/v1/recalls{query}", role=role)
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def levels(touchpoint: Touchpoint, customer_id: str = "c1") -> list[int]:
    return [entry["level"] for entry in await touchpoint.timeline(customer_id) if entry["kind"] == MISSED]


async def counted(touchpoint: Touchpoint, customer_id: str = "c1") -> int:
    found = await touchpoint.call("GET", f"/v1/customers/{customer_id}/standing", role="compliance")
    return sum(budget["used"] for budget in found.json()["budgets"])


class TestWhoIsWaitedFor:
    async def test_an_agent_who_has_the_task(self, touchpoint: Touchpoint):
        contact_id = await leased(touchpoint, place="team-7")
        await stop(touchpoint)
        assert await listed(touchpoint) == [
            {
                "contact_id": contact_id,
                "customer_id": "c1",
                "channel": "call",
                "place": "team-7",
                "owner": "a-1",
                "held": "leased",
                "reason": "campaign_stopped",
                "recalled_at": "2026-03-03T12:00:00Z",
                "remind_at": "2026-03-03T12:01:00Z",
                "escalate_at": "2026-03-03T12:05:00Z",
                "state": "waiting",
            }
        ]

    async def test_nobody_where_nobody_has_it(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        await stop(touchpoint)
        await touchpoint.tick(hours=1)
        assert (await touchpoint.states(), await listed(touchpoint)) == ({"call": "recalled"}, [])
        assert MISSED not in await touchpoint.kinds()

    @pytest.mark.parametrize("channel", ["branch", "hotline", "web"])
    async def test_a_channel_that_has_shown_it(self, touchpoint: Touchpoint, channel: str):
        await touchpoint.hear(touchpoint.request(channels=[channel]))
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(channel), "shown"))
        await stop(touchpoint)
        assert [(r["channel"], r["held"]) for r in await listed(touchpoint)] == [(channel, "shown")]

    async def test_of_an_acceptance_elsewhere(self, touchpoint: Touchpoint):
        contact_id = await leased(touchpoint)
        await touchpoint.hear(touchpoint.request("r2", channels=["web"]))
        web = await touchpoint.contact("web")
        await touchpoint.hear(touchpoint.said(web, "accepted"))
        assert [(r["contact_id"], r["reason"]) for r in await listed(touchpoint)] == [(contact_id, "already_accepted")]

    async def test_many_at_once(self, touchpoint: Touchpoint):
        """More than go in one statement."""
        customers = [f"k{n}" for n in range(30)]
        await touchpoint.hear(*[touchpoint.customer(c) for c in customers])
        await touchpoint.hear(*[touchpoint.request(f"r-{c}", c) for c in customers])
        taken = await lease(touchpoint, 20)
        await stop(touchpoint)
        assert {r["contact_id"] for r in await listed(touchpoint)} == set(taken)
        await touchpoint.tick(minutes=1)
        assert {r["state"] for r in await listed(touchpoint)} == {"reminded"}
        for contact_id in taken:
            await answer(touchpoint, contact_id)
        assert await listed(touchpoint) == []

    async def test_nobody_for_an_erased_customer(self, touchpoint: Touchpoint):
        await leased(touchpoint)
        await stop(touchpoint)
        await erase(touchpoint)
        assert await touchpoint.pool.fetchval("select count(*) from recalls_unanswered") == 0
        await touchpoint.pool.execute("delete from outbox")  # what was told of the customer before


async def erase(touchpoint: Touchpoint) -> None:
    handler = Replica("replica_customers", touchpoint.pool, on_changes=customers_changed(touchpoint.clock)).handler(
        "profile.customers"
    )
    async with transaction(touchpoint.pool) as conn:
        await handler(conn, [touchpoint.envelope(None, topic="profile.customers", key="c1")])


class TestReminding:
    async def test_after_the_time_and_escalated_after_five_times_as_long(self, touchpoint: Touchpoint):
        await leased(touchpoint, place="team-7")
        await stop(touchpoint)
        seen = []
        for second in (59.999, 60, 299.999, 300, 10_000):
            await touchpoint.tick(seconds=second - (touchpoint.clock.now() - START).total_seconds())
            (row,) = await listed(touchpoint)
            seen.append((row["state"], await levels(touchpoint)))
        assert seen == [
            ("waiting", []),
            ("reminded", [1]),
            ("reminded", [1]),
            ("escalated", [1, 2]),
            ("escalated", [1, 2]),
        ]
        told = next(e for e in await touchpoint.timeline() if e["kind"] == MISSED)
        facts = {name: told[name] for name in ("level", "recalled_at", "reason", "place", "owner", "channel")}
        assert facts == {
            "level": 1,
            "recalled_at": "2026-03-03T12:00:00+00:00",
            "reason": "campaign_stopped",
            "place": "team-7",
            "owner": "a-1",
            "channel": "call",
        }

    async def test_is_due_work_until_it_is_escalated(self, touchpoint: Touchpoint):
        query = "select due_at - $1 from due_work where kind = 'recall without an answer'"
        await leased(touchpoint)
        await stop(touchpoint)
        for wait in (timedelta(minutes=1), timedelta(minutes=5)):
            assert [row[0] for row in await touchpoint.pool.fetch(query, START)] == [wait]
            await touchpoint.tick(seconds=(START + wait - touchpoint.clock.now()).total_seconds())
        assert await touchpoint.pool.fetch(query, START) == []

    async def test_by_timers_of_many_workers_at_once_only_once(self, touchpoint: Touchpoint):
        customers = [f"k{n}" for n in range(40)]
        await touchpoint.hear(*[touchpoint.customer(c) for c in customers])
        await touchpoint.hear(*[touchpoint.request(f"r-{c}", c) for c in customers])
        await lease(touchpoint, 40)
        await stop(touchpoint)
        touchpoint.clock.move(START + timedelta(hours=1))
        workers = [
            Timers(touchpoint.pool, touchpoint.clock, touchpoint.app.state.gate, lambda: frozenset(range(12)))
            for _ in range(6)
        ]
        for _ in range(4):
            await asyncio.gather(*(worker.once() for worker in workers))
        assert [await levels(touchpoint, c) for c in customers] == [[1, 2]] * 40


class TestAnswers:
    @pytest.mark.parametrize("minutes", [0, 1, 5, 5000])
    @pytest.mark.parametrize(("said", "used"), [("withdrawn", 0), ("too_late", 1)])
    async def test_count_however_late_and_once(self, touchpoint: Touchpoint, minutes: int, said: str, used: int):
        contact_id = await leased(touchpoint)
        assert await counted(touchpoint) == 1
        await stop(touchpoint)
        await touchpoint.tick(minutes=minutes)
        assert await counted(touchpoint) == 0
        for _ in range(2):
            await answer(touchpoint, contact_id, said)
        assert (await counted(touchpoint), await listed(touchpoint)) == (used, [])
        await touchpoint.tick(hours=1)
        assert len(await levels(touchpoint)) == {0: 0, 1: 1}.get(minutes, 2)
        assert (await touchpoint.kinds()).count("recall.answered") == 1

    @pytest.mark.parametrize("outcome", ["no_answer", "interested", "delivered"])
    async def test_a_result_is_one(self, touchpoint: Touchpoint, outcome: str):
        contact_id = await leased(touchpoint)
        await stop(touchpoint)
        await touchpoint.hear(touchpoint.said(contact_id, outcome))
        await touchpoint.tick(hours=1)
        assert (await listed(touchpoint), await levels(touchpoint)) == ([], [])

    async def test_a_result_told_together_with_the_acceptance_that_recalls(self, touchpoint: Touchpoint):
        contact_id = await leased(touchpoint)
        await touchpoint.hear(touchpoint.request("r2", channels=["web"]))
        web = await touchpoint.contact("web")
        await touchpoint.hear(touchpoint.said(web, "accepted"), touchpoint.said(contact_id, "no_answer"))
        assert (await touchpoint.states())["call"] == "recalled"
        await touchpoint.tick(hours=1)
        assert (await listed(touchpoint), await levels(touchpoint)) == ([], [])

    async def test_at_the_very_moment_of_the_reminder_nothing_is_missed_after_them(self, touchpoint: Touchpoint):
        customers = [f"k{n}" for n in range(20)]
        await touchpoint.hear(*[touchpoint.customer(c) for c in customers])
        await touchpoint.hear(*[touchpoint.request(f"r-{c}", c) for c in customers])
        taken = await lease(touchpoint, 20)
        await stop(touchpoint)
        touchpoint.clock.move(START + timedelta(minutes=1))
        timers = Timers(touchpoint.pool, touchpoint.clock, touchpoint.app.state.gate, lambda: frozenset(range(12)))
        await asyncio.gather(timers.once(), *(answer(touchpoint, c, "too_late") for c in taken), timers.once())
        await touchpoint.tick(hours=1)
        for customer in customers:
            kinds = await touchpoint.kinds(customer)
            assert kinds[:2] == ["contact.released", "contact.recalled"]
            assert kinds[2:] in ([MISSED, "recall.answered"], ["recall.answered"])
            assert await counted(touchpoint, customer) == 1
        assert await listed(touchpoint) == []


class TestList:
    async def test_pages_oldest_first_and_filters(self, touchpoint: Touchpoint):
        await touchpoint.put_in_force(POLICY | {"frequency_caps": []})
        found = []
        for number, place in enumerate(("north", "south", None)):
            await touchpoint.hear(touchpoint.plan(version=2 * number + 1, campaign_id=f"cmp{number}"))
            found.append(await leased(touchpoint, f"r{number}", place=place, campaign_id=f"cmp{number}"))
            await touchpoint.hear(touchpoint.plan("stopped", version=2 * number + 2, campaign_id=f"cmp{number}"))
            await touchpoint.tick(seconds=31)
        ids = [r["contact_id"] for r in await listed(touchpoint)]
        assert ids == found
        paged, cursor = [], ""
        while cursor is not None:
            page = await touchpoint.call("GET", f"/v1/recalls?limit=1{cursor}", role="operator")
            paged += [r["contact_id"] for r in page.json()["items"]]
            cursor = page.json()["next_cursor"] and f"&cursor={page.json()['next_cursor']}"
        assert paged == found
        assert [r["contact_id"] for r in await listed(touchpoint, "?place=south")] == found[1:]
        assert [r["contact_id"] for r in await listed(touchpoint, "?state=reminded")] == found[:1]
        assert await listed(touchpoint, "?channel=branch") == []
        assert len(await listed(touchpoint, "?channel=call", role="storefront")) == 3

    @pytest.mark.parametrize("query", ["?state=answered", "?channel=pigeon", "?cursor=nonsense", "?place="])
    async def test_what_makes_no_sense_is_refused(self, touchpoint: Touchpoint, query: str):
        await touchpoint.call("GET", f"/v1/recalls{query}", role="operator", expect=422)
        await touchpoint.call("GET", "/v1/recalls", role="policy_editor", expect=403)


def refusal(status: int) -> Exception:
    request = httpx2.Request("POST", "http://provider/messages")
    return httpx2.HTTPStatusError("no", request=request, response=httpx2.Response(status, request=request))


class TestMessages:
    """Recalled while the provider has it: the sender answers by itself."""

    async def sent_while_recalled(self, touchpoint: Touchpoint, outcome: Exception | None) -> list[dict[str, Any]]:
        await touchpoint.hear(touchpoint.request(channels=["sms"]))

        async def send(_contact_id: str, _customer: Any, _text: str) -> None:
            await stop(touchpoint)
            assert [r["held"] for r in await listed(touchpoint)] == ["sending"]
            if outcome is not None:
                raise outcome

        state = touchpoint.app.state
        sender = Sender("sms", send, state.pool, touchpoint.clock, state.gate, state.catalogue.document, str)
        assert await sender.once() == 1
        await touchpoint.tick(hours=1)
        return await touchpoint.timeline()

    @pytest.mark.parametrize(
        ("outcome", "said", "used"),
        [
            pytest.param(None, "too_late", 1, id="sent"),
            pytest.param(refusal(500), "withdrawn", 0, id="refused"),
            pytest.param(refusal(429), "withdrawn", 0, id="told to wait"),
            pytest.param(httpx2.ConnectError("no"), "withdrawn", 0, id="not reached"),
            pytest.param(httpx2.ReadTimeout("?"), "too_late", 1, id="no word came back"),
        ],
    )
    async def test_are_answered_for(self, touchpoint: Touchpoint, outcome: Exception | None, said: str, used: int):
        told = await self.sent_while_recalled(touchpoint, outcome)
        assert [e["kind"] for e in told] == ["contact.released", "contact.recalled", "recall.answered"]
        assert (told[-1]["answer"], told[-1]["agent"]) == (said, "sender")
        assert (await counted(touchpoint), await listed(touchpoint)) == (used, [])

    async def test_of_a_sender_that_died_are_missed(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request(channels=["sms"]))
        async with transaction(touchpoint.pool) as conn:
            policy = await policy_in_force(conn, None, START)
            await hand_out(conn, policy, "sms", START, owner="sender", seconds=60, limit=1, state="sending")
        await stop(touchpoint)
        await touchpoint.tick(hours=1)
        assert await levels(touchpoint) == [1, 2]
        assert [(r["owner"], r["held"], r["state"]) for r in await listed(touchpoint)] == [
            ("sender", "sending", "escalated")
        ]


class TestLooking:
    async def test_reads_only_the_first_of_the_index(self, touchpoint: Touchpoint):
        async with touchpoint.pool.acquire() as conn, conn.transaction():
            await conn.execute(
                """
                insert into recalls_unanswered (contact_id, customer_id, channel, held, reason, recalled_at, remind_at,
                    escalate_at, state)
                select 'ctc' || n, 'c', 'call', 'leased', 'goal_met', now(), now() + interval '1 day',
                    now() + interval '2 days', (array['waiting', 'escalated'])[1 + n % 2]
                from generate_series(1, 20000) as n
                """
            )
            await conn.execute("analyze recalls_unanswered")
            await conn.execute("set local plan_cache_mode = force_generic_plan")
            await conn.execute(f"prepare look (timestamptz, smallint[]) as {queues.WHAT_IS_DUE}")
            plan = "\n".join(row[0] for row in await conn.fetch("explain execute look (now(), '{0,1,2}')"))
            await conn.execute("deallocate look")
            await conn.execute("truncate recalls_unanswered")
        assert "Seq Scan on recalls_unanswered" not in plan, plan


CONTACTS = 3
moves = st.lists(
    st.tuples(st.just("wait"), st.sampled_from([1, 29, 30, 59, 60, 61, 240, 241, 299, 300, 301]))
    | st.tuples(st.sampled_from(["withdrawn", "too_late", "no_answer", "interested"]), st.integers(0, CONTACTS - 1)),
    min_size=2,
    max_size=8,
)


class Expected:
    """One recall, as anybody would tell it."""

    def __init__(self) -> None:
        self.levels: list[int] = []
        self.counts = False
        self.answered = False
        self.silent = True

    def hear(self, what: str) -> None:
        """Of answers the first counts, of results each."""
        if what in ("withdrawn", "too_late"):
            self.counts = self.counts or (what == "too_late" and not self.answered)
            self.answered = True
        else:
            self.counts = what == "interested"
        self.silent = False

    def wait(self, seconds: int) -> None:
        """So many have passed since the recall."""
        for level, due in ((1, 60), (2, 300)):
            if self.silent and due <= seconds and level not in self.levels:
                self.levels.append(level)


@pytest.fixture(scope="module")
async def service(infrastructure: Endpoints) -> AsyncIterator[Touchpoint]:
    async with touchpoint_on(infrastructure) as touchpoint:
        await touchpoint.put_in_force(POLICY)
        await touchpoint.hear(touchpoint.offer())
        yield touchpoint


examples = itertools.count()


@settings(max_examples=25, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(moves=moves)
async def test_whatever_is_said_and_whenever(service: Touchpoint, moves: list[tuple[str, int]]):
    number = next(examples)
    campaign = f"cmp{number}"
    customers = [f"x{number}-{n}" for n in range(CONTACTS)]
    await service.hear(service.plan(campaign_id=campaign), *[service.customer(c) for c in customers])
    await service.hear(*[service.request(f"r-{c}", c, campaign_id=campaign) for c in customers])
    assert len(await lease(service, CONTACTS)) == CONTACTS
    contacts = [await service.contact("call", c) for c in customers]
    await service.hear(service.plan("stopped", version=2, campaign_id=campaign))
    await service.tick()
    began = service.clock.now()
    expected = [Expected() for _ in customers]
    for what, value in moves:
        if what == "wait":
            await service.tick(seconds=value)
            for one in expected:
                one.wait(round((service.clock.now() - began).total_seconds()))
            continue
        if what in ("withdrawn", "too_late"):
            await answer(service, contacts[value], what)
        else:
            await service.hear(service.said(contacts[value], what, customers[value]))
        expected[value].hear(what)
    assert [await levels(service, c) for c in customers] == [one.levels for one in expected]
    assert [await counted(service, c) for c in customers] == [int(one.counts) for one in expected]
    waiting = await service.pool.fetch(
        "select contact_id from recalls_unanswered where customer_id = any($1)", customers
    )
    assert {row[0] for row in waiting} == {c for c, one in zip(contacts, expected, strict=True) if one.silent}
    await service.check()
    for contact_id in contacts:
        await answer(service, contact_id)
