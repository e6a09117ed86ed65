"""What-ifs as jobs: asked for by HTTP, worked on by a worker, told; and nothing else changes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint
from tests.integration.touchpoint.random_life import RandomLife

from touchpoint_service.settings import Settings
from touchpoint_service.what_ifs import WhatIfs

OWN_TABLES = ("what_ifs", "what_if_parts", "idempotency_keys", "alembic_version")
NOTHING: dict[str, Any] = {"name": "nothing", "limit": 0, "window": {"kind": "rolling", "hours": 1}}


def settings(service: Touchpoint, **changes: Any) -> Settings:
    found: Settings = service.app.state.settings
    return found.model_copy(update=changes)


@asynccontextmanager
async def working(service: Touchpoint, **changes: Any) -> AsyncIterator[None]:
    """A worker that works on what-ifs meanwhile."""
    part = WhatIfs(service.pool, settings(service, **changes), service.clock)
    task = asyncio.create_task(part.run())
    try:
        yield
    finally:
        part.stop()
        await task


async def draft(service: Touchpoint, document: dict[str, Any]) -> None:
    known = await service.call("GET", "/v1/policies/house", role="policy_editor")
    tag = {"If-Match": known.headers["etag"]}
    body = {"document": document}
    await service.call("PUT", "/v1/policies/house/draft", body, role="policy_editor", headers=tag)


async def ask(service: Touchpoint, body: Any = None, of: str = "draft") -> str:
    answer = await service.call("POST", f"/v1/policies/house/{of}/what-ifs", body, role="policy_editor")
    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["what_if_id"])
    found: str = answer.headers["location"]
    return found


async def state(service: Touchpoint, path: str, lang: str = "en") -> dict[str, Any]:
    answer = await service.call("GET", f"{path}?lang={lang}", role="policy_approver")
    found: dict[str, Any] = answer.json()
    return found


async def done(service: Touchpoint, path: str, lang: str = "en") -> dict[str, Any]:
    """The what-if once it is over."""
    for _ in range(600):
        found = await state(service, path, lang)
        if found["state"] not in ("queued", "running"):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it does not end")


async def reached(service: Touchpoint, path: str, customers: int) -> None:
    """Wait until so many customers are done."""
    for _ in range(2000):
        if (await state(service, path))["progress"]["done"] >= customers:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not get on")


async def everything(service: Touchpoint) -> dict[str, list[str]]:
    """Every row of every table that a what-if has no business in."""
    tables = await service.pool.fetch(
        "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    names = sorted(row[0] for row in tables if row[0] not in OWN_TABLES)
    return {
        name: [row[0] for row in await service.pool.fetch(f"select t::text from {name} t order by 1")] for name in names
    }


async def test_a_tighter_draft_is_told_with_what_it_stops(touchpoint: Touchpoint):
    for n in range(3):
        await touchpoint.hear(touchpoint.request(f"r{n}", expires_at=START + timedelta(days=2)))
        await touchpoint.tick(hours=1)
        await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "interested"))
    one = {"name": "one-a-week", "limit": 1, "window": {"kind": "rolling", "hours": 168}}
    await draft(touchpoint, POLICY | {"frequency_caps": [one]})
    before = await everything(touchpoint)
    path = await ask(touchpoint, {"days": 7})
    assert (await state(touchpoint, path))["state"] == "queued"
    async with working(touchpoint):
        found = await done(touchpoint, path)
    assert await everything(touchpoint) == before
    result = found["result"]
    assert found["progress"] == {"done": 1, "total": 1}
    assert (result["real_contacts"], result["in_force"]["contacts"], result["tried"]["contacts"]) == (3, 3, 1)
    assert result["difference"]["newly_blocked_by"] == [
        {"rule": "one-a-week", "reason": "frequency_cap", "requests": 2}
    ]
    assert result["tried"]["blocked"] == [
        {"rule": "one-a-week", "reason": "frequency_cap", "deferred": 0, "suppressed": 2, "expired": 0}
    ]
    assert result["tried"]["contacts_per_customer"] == {"customers": {"1": 1}, "p50": 1, "p95": 1, "max": 1}
    assert result["in_force"]["days"] == {"2026-03-03": 3}
    assert found["sentences"][0] == "1 contacts instead of 3 (-67 %), with 1 customers who were asked for."
    chinese = await state(touchpoint, path, "zh-CN")
    assert chinese["sentences"][0] == "接触1次，而现行策略为3次（-67 %）；涉及客户1人。"
    assert len(chinese["limits"]) == len(found["limits"]) == 6


async def test_a_random_life_is_replayed_without_a_trace(bare: Touchpoint):
    life = RandomLife(bare, 3)
    await life.begin()
    await life.live(60)
    await life.advance(timedelta(seconds=1))
    before = await everything(bare)
    path = await ask(bare, {"from": START.isoformat()})
    async with working(bare, what_if_part=1):
        result = (await done(bare, path))["result"]
    assert await everything(bare) == before
    assert result["tried"] == result["in_force"]
    assert result["in_force"]["contacts"] == result["real_contacts"] > 10
    assert result["difference"] == {
        **dict.fromkeys(result["difference"], 0),
        "newly_blocked_by": [],
        "moved": [],
    }


class TestCaps:
    async def compare(self, service: Touchpoint, caps: list[Any]) -> dict[str, Any]:
        for n in range(5):
            await service.hear(service.request(f"r{n}", expires_at=START + timedelta(days=3)))
        await service.tick(hours=1)
        await draft(service, POLICY | {"frequency_caps": caps})
        path = await ask(service)
        async with working(service):
            found: dict[str, Any] = (await done(service, path))["result"]
            return found

    async def test_of_zero_lets_nothing_through(self, touchpoint: Touchpoint):
        result = await self.compare(touchpoint, [NOTHING])
        assert (result["in_force"]["contacts"], result["tried"]["contacts"]) == (3, 0)
        assert result["difference"]["newly_blocked"] == 3
        assert result["tried"]["contacts_per_customer"]["customers"] == {"0": 1}

    async def test_left_out_let_everything_through(self, touchpoint: Touchpoint):
        result = await self.compare(touchpoint, [])
        assert (result["in_force"]["contacts"], result["tried"]["contacts"]) == (3, 5)
        assert (result["difference"]["newly_released"], result["tried"]["assumed"]) == (2, 2)


async def test_a_planned_campaign_competes_with_the_past(touchpoint: Touchpoint):
    await touchpoint.hear(*[touchpoint.customer(f"p{n}") for n in range(4)])
    await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
    await touchpoint.tick(days=1)
    campaign = {
        "customers": ["c1", "p0", "p1", "p2", "nobody"],
        "channels": ["sms"],
        "purpose": "marketing",
        "category": "savings",
        "contact_class": "service",
        "campaign_id": "spring",
        "begins_at": START.isoformat(),
        "per_day": 2,
        "hours": 24,
    }
    asked = {"from": (START - timedelta(days=1)).isoformat(), "campaign": campaign}
    path = await ask(touchpoint, asked, "versions/1")
    async with working(touchpoint):
        found = await done(touchpoint, path)
    assert found["campaign"]["customers"] == 5
    spring = [row for row in found["result"]["tried"]["reach"] if row["campaign_id"] == "spring"]
    assert spring == [{"campaign_id": "spring", "contact_class": "service", "contacts": 2, "customers": 2}]
    assert found["result"]["tried"]["requests"] == 3 + 2  # the others come up only after the end
    by_number = {name: value for name, value in campaign.items() if name not in ("customers", "per_day")}
    path = await ask(touchpoint, asked | {"campaign": by_number | {"count": 3}}, "versions/1")
    async with working(touchpoint):
        found = await done(touchpoint, path)
    assert found["campaign"]["customers"] == 3
    assert found["result"]["tried"]["requests"] >= 3


class TestJobs:
    async def test_are_listed_and_named_by_the_version_they_tried(self, touchpoint: Touchpoint):
        await draft(touchpoint, POLICY | {"frequency_caps": [NOTHING]})
        as_draft = (await ask(touchpoint)).rpartition("/")[2]
        sent = await touchpoint.call("POST", "/v1/policies/house/versions", role="policy_editor")
        version = sent.json()["version"]
        touchpoint.clock.move(touchpoint.clock.now() + timedelta(seconds=1))
        as_version = (await ask(touchpoint, of=f"versions/{version}")).rpartition("/")[2]
        seen = await touchpoint.call("GET", f"/v1/policies/house/versions/{version}", role="policy_approver")
        assert [each["what_if_id"] for each in seen.json()["what_ifs"]] == [as_version, as_draft]
        pages = []
        cursor = ""
        for _ in range(2):
            path = f"/v1/policies/house/versions/{version}/what-ifs?limit=1{cursor}"
            page = (await touchpoint.call("GET", path, role="policy_approver")).json()
            pages += [each["what_if_id"] for each in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert pages == [as_version, as_draft]
        drafts = (await touchpoint.call("GET", "/v1/policies/house/draft/what-ifs", role="policy_approver")).json()
        assert [each["what_if_id"] for each in drafts["items"]] == [as_draft]
        other = (await touchpoint.call("GET", "/v1/policies/house/versions/1", role="policy_approver")).json()
        assert other["what_ifs"] == []

    async def test_can_be_cancelled_once(self, touchpoint: Touchpoint):
        path = await ask(touchpoint)
        await touchpoint.call("DELETE", path, role="policy_editor")
        await touchpoint.call("DELETE", path, role="policy_editor", expect=409)
        async with working(touchpoint):
            await asyncio.sleep(0.2)
        found = await state(touchpoint, path)
        assert (found["state"], found["result"]) == ("cancelled", None)

    async def test_need_the_permission_to_try(self, touchpoint: Touchpoint):
        for role in ("compliance", "campaign_planner", "branch_agent"):
            await touchpoint.call("POST", "/v1/policies/house/draft/what-ifs", role=role, expect=403)
        path = await ask(touchpoint)
        await touchpoint.call("GET", path, role="compliance")
        await touchpoint.call("DELETE", path, role="compliance", expect=403)
        await touchpoint.call("GET", path, role="branch_agent", expect=403)

    async def test_of_what_is_not_there_are_refused(self, touchpoint: Touchpoint):
        for path in ("nobody/draft", "house/versions/9"):
            await touchpoint.call("POST", f"/v1/policies/{path}/what-ifs", role="policy_editor", expect=404)
            await touchpoint.call("GET", f"/v1/policies/{path}/what-ifs", role="policy_editor", expect=404)
        await touchpoint.call("GET", "/v1/policies/house/what-ifs/nothing", role="policy_editor", expect=404)

    @pytest.mark.parametrize(
        "body",
        [
            {"days": 0},
            {"days": 93},
            {"days": 3, "from": START.isoformat()},
            {"from": (START + timedelta(days=1)).isoformat()},
            {"from": (START - timedelta(days=93)).isoformat()},
            {"campaign": {"channels": ["sms"], "purpose": "x", "category": "y", "contact_class": "service"}},
        ],
    )
    async def test_over_no_time_or_too_much_are_malformed(self, touchpoint: Touchpoint, body: dict[str, Any]):
        await touchpoint.call("POST", "/v1/policies/house/draft/what-ifs", body, role="policy_editor", expect=422)

    async def test_need_something_to_compare_with(self, bare: Touchpoint):
        body = {"policy_id": "house", "document": POLICY}
        await bare.call("POST", "/v1/policies", body, role="policy_editor")
        await bare.call("POST", "/v1/policies/house/draft/what-ifs", role="policy_editor", expect=409)

    async def test_are_worked_on_by_one_worker_however_many_there_are(self, touchpoint: Touchpoint):
        await touchpoint.hear(*[touchpoint.customer(f"p{n}") for n in range(40)])
        await touchpoint.hear(*[touchpoint.request(f"q{n}", f"p{n}") for n in range(40)])
        await touchpoint.tick(hours=1)
        paths = [await ask(touchpoint) for _ in range(3)]
        one, two = (working(touchpoint, what_if_part=3) for _ in range(2))
        async with one, two:
            results = [(await done(touchpoint, path))["result"] for path in paths]
        assert results[0] == results[1] == results[2]
        assert results[0]["tried"]["requests"] == 40
        attempts = await touchpoint.pool.fetch("select attempt from what_ifs")
        assert [row[0] for row in attempts] == [1, 1, 1]
        assert await touchpoint.pool.fetchval("select count(*) from what_if_parts") == 0


async def start_worker(service: Touchpoint) -> asyncio.subprocess.Process:
    environment = os.environ | {
        "TOUCHPOINT_ENVIRONMENT": "test",
        "TOUCHPOINT_DATABASE_URL": settings(service).database_url,
        "TOUCHPOINT_KAFKA_BOOTSTRAP": settings(service).kafka_bootstrap,
        "TOUCHPOINT_WORKER_PORT": "0",
        "TOUCHPOINT_WHAT_IF_PART": "1",
    }
    command = (sys.executable, "-m", "touchpoint_service.worker", "--only", "what-ifs")
    return await asyncio.create_subprocess_exec(*command, env=environment)


async def test_a_killed_worker_leaves_what_is_done_and_another_goes_on(touchpoint: Touchpoint):
    count = 400
    await touchpoint.hear(*[touchpoint.customer(f"p{n}") for n in range(count)])
    await touchpoint.hear(*[touchpoint.request(f"q{n}.{m}", f"p{n}") for n in range(count) for m in range(4)])
    await touchpoint.tick(hours=1)
    await draft(touchpoint, POLICY | {"frequency_caps": [NOTHING | {"limit": 2}]})
    path = await ask(touchpoint)
    pool = touchpoint.pool
    first = await start_worker(touchpoint)
    await reached(touchpoint, path, 5)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    kept = await pool.fetchval("select count(*) from what_if_parts where tally is not null")
    assert 5 <= kept < count
    for _ in range(200):
        replaying = await pool.fetchval(
            "select count(*) from pg_stat_activity where datname = current_database() "
            "and application_name = 'touchpoint-what-if'"
        )
        if not replaying:
            break
        await asyncio.sleep(0.05)
    assert replaying == 0, "the replaying processes outlive their worker"
    await pool.execute("update what_ifs set beat_at = beat_at - interval '1 minute'")
    second = await start_worker(touchpoint)
    found = await done(touchpoint, path)
    second.terminate()
    assert await second.wait() == 0
    assert (found["state"], found["progress"]) == ("done", {"done": count, "total": count})
    again = await ask(touchpoint)
    async with working(touchpoint):
        assert (await done(touchpoint, again))["result"] == found["result"]
    assert await pool.fetchval("select max(attempt) from what_ifs") == 2


async def test_a_worker_that_is_told_to_stop_hands_its_job_on(touchpoint: Touchpoint):
    count = 300
    await touchpoint.hear(*[touchpoint.customer(f"p{n}") for n in range(count)])
    await touchpoint.hear(*[touchpoint.request(f"q{n}", f"p{n}") for n in range(count)])
    await touchpoint.tick(hours=1)
    path = await ask(touchpoint)
    async with working(touchpoint, what_if_part=1):
        await reached(touchpoint, path, 3)
    assert (await state(touchpoint, path))["state"] == "queued"
    async with working(touchpoint):
        assert (await done(touchpoint, path))["result"]["tried"]["requests"] == count
