"""Capacity at the hand-over, with two who fetch at once; backlog; a provider in trouble that holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.simulators.conftest import Simulators, run_simulators
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint

from touchpoint_service.senders import Sender, email_sender, short_links, sms_sender
from touchpoint_service.settings import Settings

DUE = "select count(*) from due_work where due_at <= $1"


async def limit(touchpoint: Touchpoint, channel: str, team: str | None = None, **document: Any) -> None:
    path = f"/v1/capacities/{channel}" + (f"/teams/{team}" if team else "")
    await touchpoint.call("PUT", path, document, role="channel_manager", subject="olga")


async def lease(touchpoint: Touchpoint, count: int = 10, **more: Any) -> list[str]:
    body = {"limit": count} | more
    answer = await touchpoint.call("POST", "/v1/channels/call/leases", body, role="outbound_agent")
    return [item["contact_id"] for item in answer.json()["items"]]


async def release(touchpoint: Touchpoint, count: int, *channels: str, called: str = "k", **more: Any) -> None:
    """So many contacts in each channel, of as many customers: a provider knows a message of another test by its id."""
    await touchpoint.put_in_force(POLICY | {"frequency_caps": [], "minimum_gaps": [], "quiet_hours": []})
    customers = [f"{called}{n}" for n in range(count)]
    await touchpoint.hear(*[touchpoint.customer(c) for c in customers])
    await touchpoint.hear(
        *[
            touchpoint.request(f"{channel}-{c}", c, channels=[channel], **more)
            for channel in channels
            for c in customers
        ]
    )


async def states(touchpoint: Touchpoint, channel: str) -> dict[str, int]:
    rows = await touchpoint.pool.fetch(
        "select state, count(*) from contacts where channel = $1 group by state", channel
    )
    return {row[0]: row[1] for row in rows}


class TestLeases:
    async def test_many_who_fetch_at_once_get_no_more_than_there_is(self, touchpoint: Touchpoint):
        await release(touchpoint, 60, "call")
        await limit(touchpoint, "call", rate=3600, burst=7)
        fetched = await asyncio.gather(*(lease(touchpoint, 3) for _ in range(20)))
        assert sum(map(len, fetched)) == 7
        assert await lease(touchpoint) == []
        touchpoint.clock.move(START + timedelta(seconds=3))
        fetched = await asyncio.gather(*(lease(touchpoint, 3) for _ in range(20)))
        assert sum(map(len, fetched)) == 3

    async def test_the_more_important_go_first(self, touchpoint: Touchpoint):
        await release(touchpoint, 3, "call")
        await touchpoint.hear(touchpoint.request("urgent", "k1", offer_id=None, goal=None, contact_class="service"))
        await limit(touchpoint, "call", rate=1, burst=1)
        (first,) = await lease(touchpoint)
        asked = await touchpoint.pool.fetchval("select request_id from contacts where contact_id = $1", first)
        assert asked == "urgent"

    async def test_a_team_has_its_own_share_of_the_channel(self, touchpoint: Touchpoint):
        await release(touchpoint, 20, "call")
        await limit(touchpoint, "call", rate=60, burst=5)
        await limit(touchpoint, "call", "team-7", rate=60, burst=2)
        assert len(await lease(touchpoint, place="team-7")) == 2
        assert len(await lease(touchpoint, place="team-8")) == 3
        assert await lease(touchpoint) == []

    async def test_an_hour_in_which_nobody_works(self, touchpoint: Touchpoint):
        await release(touchpoint, 5, "call")
        hours = [{"days": ["tue"], "start": "12:00", "end": "13:00", "rate": 0}]
        await limit(touchpoint, "call", rate=60, burst=2, hours=hours)
        assert await lease(touchpoint) == []
        touchpoint.clock.move(START + timedelta(hours=1))
        assert len(await lease(touchpoint)) == 2

    async def test_lifting_it_lets_all_go(self, touchpoint: Touchpoint):
        await release(touchpoint, 5, "call")
        await limit(touchpoint, "call", rate=0)
        assert await lease(touchpoint) == []
        await touchpoint.call("DELETE", "/v1/capacities/call", role="channel_manager")
        assert len(await lease(touchpoint)) == 5
        await touchpoint.call("DELETE", "/v1/capacities/call", role="channel_manager", expect=404)

    async def test_a_contact_that_waited_in_vain_says_so(self, touchpoint: Touchpoint):
        await release(touchpoint, 1, "call", expires_at=START + timedelta(hours=2))
        await limit(touchpoint, "call", rate=0)
        await touchpoint.tick(hours=2)
        entry = (await touchpoint.timeline("k0"))[-1]
        assert (entry["kind"], entry["because"]) == ("contact.expired", {"reason": "no_capacity"})


class TestAGoodTime:
    """At noon in Berlin, with one place for a call."""

    async def first(self, touchpoint: Touchpoint, **policy: Any) -> str:
        await touchpoint.put_in_force(POLICY | {"frequency_caps": [], "quiet_hours": []} | policy)
        await limit(touchpoint, "call", rate=1, burst=1)
        (task,) = await lease(touchpoint)
        owner: str = await touchpoint.pool.fetchval("select customer_id from contacts where contact_id = $1", task)
        return owner

    async def test_is_what_the_customer_said(self, touchpoint: Touchpoint):
        windows = {"n1": ("20:00", "21:00"), "n2": ("12:00", "15:00")}
        people = [
            touchpoint.customer(c, contact_windows=[{"start": start, "end": end}])
            for c, (start, end) in windows.items()
        ]
        await touchpoint.hear(*people, touchpoint.customer("n3"))
        await touchpoint.hear(
            *[touchpoint.request(c, c, score=score) for c, score in (("n1", 0.9), ("n2", 0.1), ("n3", 0.5))]
        )
        assert await self.first(touchpoint) == "n2"

    async def test_or_what_suits_their_occupation(self, touchpoint: Touchpoint):
        for number, job in enumerate(("clerk", "nurse")):
            await touchpoint.hear(touchpoint.customer(f"n{number}", attributes={"job": job}))
            await touchpoint.hear(touchpoint.request(f"r{number}", f"n{number}", score=0.9 - number / 2))
        clerks = {"combinator": "and", "rules": [{"field": "attributes.job", "operator": "=", "value": "clerk"}]}
        evening = {"periods": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "18:00", "end": "20:00"}]}
        rule = {"name": "clerks", "when": clerks, "hours": evening}
        assert await self.first(touchpoint, preferred_hours=[rule]) == "n1"

    async def test_never_goes_before_importance(self, touchpoint: Touchpoint):
        night = [{"start": "20:00", "end": "21:00"}]
        await touchpoint.hear(touchpoint.customer("n1", contact_windows=night), touchpoint.customer("n2"))
        await touchpoint.hear(
            touchpoint.request("urgent", "n1", offer_id=None, goal=None, contact_class="service"),
            touchpoint.request("usual", "n2"),
        )
        assert await self.first(touchpoint) == "n1"


class TestBacklog:
    async def test_shows_what_waits_and_until_when(self, touchpoint: Touchpoint):
        await release(touchpoint, 6, "call")
        await limit(touchpoint, "call", rate=60, burst=2)
        await lease(touchpoint)
        found = (await touchpoint.call("GET", "/v1/channels/call/backlog", role="channel_manager")).json()
        assert found["waiting"] == 4
        assert [(g["place"], g["contact_class"], g["count"]) for g in found["by_place_and_class"]] == [
            (None, "marketing", 4)
        ]
        assert found["empty_at"] == (START + timedelta(minutes=4)).isoformat()
        (capacity,) = found["capacities"]
        assert (capacity["left"], capacity["frees_at"]) == (0, (START + timedelta(minutes=1)).isoformat())

    async def test_of_a_channel_without_any(self, touchpoint: Touchpoint):
        found = (await touchpoint.call("GET", "/v1/channels/email/backlog", role="channel_manager")).json()
        assert (found["waiting"], found["by_place_and_class"], found["empty_at"]) == (0, [], None)

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("sms/teams/team-7", {"rate": 1}, 422),
            ("call", {"rate": -1}, 422),
            ("call", {"rate": 1, "zone": "Mars/Base"}, 422),
            ("pigeon", {"rate": 1}, 422),
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, touchpoint: Touchpoint, path: str, body: Any, status: int):
        await touchpoint.call("PUT", f"/v1/capacities/{path}", body, role="channel_manager", expect=status)
        await touchpoint.call("PUT", f"/v1/capacities/{path}", body, role="outbound_agent", expect=403)


class TestASlotInSomebodysHand:
    """A more important request waits for the slot of a leased task."""

    CAP = POLICY | {"frequency_caps": [{"name": "one", "limit": 1, "window": {"kind": "rolling", "hours": 24}}]}

    async def held(self, touchpoint: Touchpoint) -> str:
        await touchpoint.put_in_force(self.CAP)
        await touchpoint.hear(touchpoint.request("low"))
        (task,) = await lease(touchpoint)
        await touchpoint.hear(touchpoint.request("high", offer_id=None, goal=None, contact_class="service"))
        assert (await touchpoint.kinds())[-1] == "contact.deferred"
        return task

    async def test_is_taken_when_the_task_is_given_back(self, touchpoint: Touchpoint):
        task = await self.held(touchpoint)
        await touchpoint.call("DELETE", f"/v1/leases/{task}", role="outbound_agent")
        await touchpoint.tick()
        assert (await touchpoint.kinds())[-3:] == ["contact.recalled", "contact.released", "contact.deferred"]

    async def test_is_taken_when_the_lease_lapses(self, touchpoint: Touchpoint):
        await self.held(touchpoint)
        await touchpoint.tick(minutes=30)
        assert (await touchpoint.kinds())[-3:] == ["contact.recalled", "contact.released", "contact.deferred"]


@pytest.fixture(scope="module")
async def simulators(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulators]:
    """Providers whose clock stands still, so that no receipt comes."""
    async with run_simulators(tmp_path_factory.mktemp("providers")) as running:
        yield running


class Post:
    """Senders of the service and the providers that they send to."""

    def __init__(self, touchpoint: Touchpoint, simulators: Simulators, client: httpx2.AsyncClient) -> None:
        self.touchpoint = touchpoint
        self.simulators = simulators
        settings = Settings(
            environment="test",
            database_url="postgresql://not/used",
            sms_url=str(simulators.sms.base_url).rstrip("/"),
            smtp_port=simulators.smtp_port,
        )
        self.sends = {"sms": sms_sender(settings, client), "email": email_sender(settings)}
        self.settings = settings

    def sender(self, channel: str) -> Sender:
        state = self.touchpoint.app.state
        offers, link = state.catalogue.document, short_links(self.settings)
        return Sender(channel, self.sends[channel], state.pool, self.touchpoint.clock, state.gate, offers, link)

    async def circuit(self) -> Any:
        return await self.touchpoint.pool.fetchrow("select * from circuits where channel = 'sms'")

    async def due(self) -> int:
        count: int = await self.touchpoint.pool.fetchval(DUE, self.touchpoint.clock.now())
        return count


@pytest.fixture
async def post(touchpoint: Touchpoint, simulators: Simulators) -> AsyncIterator[Post]:
    await simulators.behave(mode="ok", delay_s=0, failure_share=0)
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield Post(touchpoint, simulators, client)


class TestProviders:
    async def test_a_rate_is_kept_and_nothing_is_due_between(self, post: Post):
        await release(post.touchpoint, 12, "sms", "email")
        await limit(post.touchpoint, "sms", rate=2, per="second", burst=4)
        sender = post.sender("sms")
        assert await sender.once() == 4
        assert await sender.once() == 0
        assert await post.sender("email").once() == 12
        assert await post.due() == 0
        first = await post.touchpoint.pool.fetchval("select min(due_at) from due_work where kind = 'message to send'")
        assert first == START + timedelta(seconds=0.5)
        for sent in range(5, 13):
            post.touchpoint.clock.move(post.touchpoint.clock.now() + timedelta(seconds=0.5))
            assert await sender.once() == 1
            assert (await states(post.touchpoint, "sms"))["sent"] == sent

    async def test_one_in_trouble_is_left_alone_and_holds_up_nobody(self, post: Post):
        await release(post.touchpoint, 20, "sms", "email", called="t")
        await post.simulators.behave(channel="sms", mode="down")
        sms, email = post.sender("sms"), post.sender("email")
        assert await sms.once() == 20
        assert await email.once() == 20
        assert await states(post.touchpoint, "email") == {"sent": 20}
        assert await states(post.touchpoint, "sms") == {"open": 20}
        assert (await sms.once(), await post.due()) == (0, 0), "nobody knocks, and nothing is due"
        for rest in (10, 20, 40):
            post.touchpoint.clock.move((await post.circuit())["retry_at"])
            probes = await asyncio.gather(*(post.sender("sms").once() for _ in range(4)))
            assert sorted(probes) == [0, 0, 0, 1], "one message of one worker"
            assert (await post.circuit())["retry_at"] - post.touchpoint.clock.now() == timedelta(seconds=rest)
        found = (await post.touchpoint.call("GET", "/v1/channels/sms/backlog", role="channel_manager")).json()
        assert found["provider"]["resting_until"] is not None
        assert await post.touchpoint.pool.fetchval("select max(tries) from contacts where channel = 'sms'") == 0
        await post.simulators.behave(channel="sms", mode="ok")
        post.touchpoint.clock.move((await post.circuit())["retry_at"])
        assert await sms.once() == 1
        assert await sms.once() == 19
        assert await states(post.touchpoint, "sms") == {"sent": 20}
        assert (await post.circuit())["failures"] == 0

    async def test_is_left_alone_for_as_long_as_it_asks(self, post: Post):
        await release(post.touchpoint, 3, "sms")
        answers = [httpx2.Response(429, headers={"Retry-After": "42"})]

        def answer(_request: httpx2.Request) -> httpx2.Response:
            return answers.pop() if answers else httpx2.Response(202, json={})

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
            post.sends["sms"] = sms_sender(post.settings, client)
            assert await post.sender("sms").once() == 3
            assert (await post.circuit())["retry_at"] == START + timedelta(seconds=42)
            post.touchpoint.clock.move(START + timedelta(seconds=41))
            assert await post.sender("sms").once() == 0
            post.touchpoint.clock.move(START + timedelta(seconds=42))
            assert await post.sender("sms").once() == 1
        assert await states(post.touchpoint, "sms") == {"sent": 3}

    async def test_a_message_that_alone_is_refused_uses_up_its_tries_and_fails(self, post: Post):
        await release(post.touchpoint, 3, "sms")
        bad = await post.touchpoint.contact("sms", "k1")

        def answer(request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(500 if request.headers["Idempotency-Key"] == bad else 202, json={})

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
            post.sends["sms"] = sms_sender(post.settings, client)
            sender = post.sender("sms")
            for seconds in (10, 60, 300, 900):
                assert await sender.once() >= 1
                assert await sender.once() == 0
                post.touchpoint.clock.move(post.touchpoint.clock.now() + timedelta(seconds=seconds))
            await sender.once()
        assert (await post.touchpoint.states("k1"))["sms"] == "closed"
