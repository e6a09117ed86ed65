"""The life of a contact policy: scheduled to the microsecond, cancelled, gone back to, compared, told once."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

import httpx2
import orjson
import pytest
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint

from rapport import db
from rapport.db import transaction
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints
from touchpoint_service.handlers.policies import HORIZON, NOTICE, announce_activations
from touchpoint_service.repository.policies import IN_FORCE, policy_in_force
from touchpoint_service.timers import Timers

MICRO = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
TIGHT = POLICY | {"frequency_caps": [{"name": "none", "limit": 0, "window": {"kind": "rolling", "hours": 24}}]}


async def submit(service: Touchpoint, document: dict[str, Any] = POLICY) -> int:
    """Draft and submit by erin; the version."""
    if await service.pool.fetchval("select 1 from policies where policy_id = 'house'") is None:
        body = {"policy_id": "house", "document": document}
        await service.call("POST", "/v1/policies", body, role="policy_editor", subject="erin")
    else:
        known = await service.call("GET", "/v1/policies/house", role="policy_editor")
        await service.call(
            "PUT",
            "/v1/policies/house/draft",
            {"document": document},
            role="policy_editor",
            subject="erin",
            headers={"If-Match": known.headers["etag"]},
        )
    sent = await service.call("POST", "/v1/policies/house/versions", role="policy_editor", subject="erin")
    number: int = sent.json()["version"]
    return number


async def approve(
    service: Touchpoint, number: int, at: datetime | None = None, *, by: str = "sam", expect: int | None = None
) -> httpx2.Response:
    body = {} if at is None else {"activate_at": at.isoformat()}
    path = f"/v1/policies/house/versions/{number}/approvals"
    return await service.call("POST", path, body, role="policy_approver", subject=by, expect=expect)


async def cancel(service: Touchpoint, number: int, *, expect: int | None = None) -> None:
    path = f"/v1/policies/house/versions/{number}/schedule"
    await service.call("DELETE", path, role="policy_approver", subject="tom", expect=expect)


async def read(service: Touchpoint, path: str, *, expect: int | None = None) -> Any:
    return (await service.call("GET", f"/v1/policies{path}", role="compliance", expect=expect)).json()


async def states(service: Touchpoint) -> dict[int, str]:
    return {each["version"]: each["state"] for each in (await read(service, "/house/versions"))["items"]}


async def told(service: Touchpoint) -> list[tuple[int, datetime]]:
    """The versions that were published as activated, and since when each is in force, in that order."""
    rows = await service.pool.fetch(
        "select value from outbox_events where topic = 'touchpoint.policies' order by id, n"
    )
    bodies = [orjson.loads(row["value"]) for row in rows]
    return [(body["version"], datetime.fromisoformat(body["at"])) for body in bodies]


async def due(service: Touchpoint) -> list[str]:
    rows = await service.pool.fetch("select kind from due_work where due_at <= $1", service.clock.now())
    return [row["kind"] for row in rows if "policy" in row["kind"]]


class TestSchedule:
    @pytest.mark.parametrize(("away", "version"), [(-MICRO, 1), (MICRO * 0, 2), (MICRO, 2)])
    async def test_binds_decisions_from_its_very_instant_on(
        self, touchpoint: Touchpoint, away: timedelta, version: int
    ) -> None:
        """No timer has run: nobody has told anybody that the instant has come."""
        await touchpoint.hear(touchpoint.request("early"))
        at = START + HOUR
        approved = (await approve(touchpoint, await submit(touchpoint, TIGHT), at)).json()
        assert (approved["state"], approved["since"], approved["approved_by"]) == (
            "scheduled",
            "2026-03-03T13:00:00Z",
            "sam",
        )
        touchpoint.clock.move(at + away)

        await touchpoint.hear(touchpoint.request("late"))
        wish = {"customer_id": "c1", "channels": ["web"], "purpose": "marketing", "category": "loans"}
        wish["contact_class"] = "marketing"
        await touchpoint.call("POST", "/v1/decisions", wish, role="channel_system")
        entries = await touchpoint.timeline()
        assert [(e["kind"], e["policy_version"]) for e in entries[1:3]] == [
            ("contact.released" if version == 1 else "contact.deferred", version) for _ in range(2)
        ]
        standing = await touchpoint.call("GET", "/v1/customers/c1/standing", role="compliance")
        assert standing.json()["policy_version"] == version
        in_force = await read(touchpoint, "/in-force")
        assert (in_force["version"], in_force["state"]) == (version, "in_force")
        assert (await states(touchpoint))[2] == ("scheduled" if version == 1 else "in_force")
        await touchpoint.tick()
        assert [number for number, _ in await told(touchpoint)] == [1, 2][:version]

    async def test_quiet_hours_of_the_new_version_hold_back_a_lease_from_the_instant_on(
        self, touchpoint: Touchpoint
    ) -> None:
        await touchpoint.hear(touchpoint.request())
        night = POLICY | {"quiet_hours": [{"name": "now", "start": "12:00", "end": "20:00"}]}
        await approve(touchpoint, await submit(touchpoint, night), START + HOUR)
        for away, fetched in ((-MICRO, 1), (MICRO * 0, 0)):
            touchpoint.clock.move(START + HOUR + away)
            lease = await touchpoint.call(
                "POST", "/v1/channels/call/leases", {"limit": 1, "seconds": 60}, role="outbound_agent"
            )
            assert len(lease.json()["items"]) == fetched
            for item in lease.json()["items"]:
                await touchpoint.call("DELETE", f"/v1/leases/{item['contact_id']}", role="outbound_agent")

    async def test_is_told_once_when_its_instant_has_come_and_settling_waits_for_that(self, bare: Touchpoint) -> None:
        at = START + HOUR
        await approve(bare, await submit(bare), at)
        bare.clock.move(at - MICRO)
        assert await due(bare) == []
        await bare.tick()
        assert await told(bare) == []
        bare.clock.move(at)
        assert await due(bare) == ["policy to announce"]
        await bare.tick(hours=5)
        assert await due(bare) == []
        await bare.tick()
        assert await told(bare) == [(1, at)]

    async def test_two_workers_tell_it_once(self, bare: Touchpoint) -> None:
        for hour in (2, 1):
            await approve(bare, await submit(bare), START + HOUR * hour)
        bare.clock.move(START + HOUR * 3)
        workers = [Timers(bare.pool, bare.clock, bare.app.state.gate, frozenset) for _ in range(4)]
        await asyncio.gather(*(worker.once() for worker in workers))
        assert await told(bare) == [(2, START + HOUR), (1, START + HOUR * 2)]

    async def test_a_worker_that_is_at_it_is_waited_for_and_what_it_did_is_not_repeated(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare), START + HOUR)
        bare.clock.move(START + HOUR)
        async with transaction(bare.pool) as first:
            assert await announce_activations(first, bare.clock.now()) == 1
            other = asyncio.create_task(_announce(bare))
            await asyncio.sleep(0.05)
            assert not other.done()
            assert (await read(bare, "/in-force"))["version"] == 1  # who only reads waits for nobody
        assert await other == 0
        assert len(await told(bare)) == 1

    async def test_several_come_one_after_the_other_whatever_the_order_of_approvals(self, bare: Touchpoint) -> None:
        one, two, three = [await submit(bare) for _ in range(3)]
        await approve(bare, one, START + HOUR * 3)
        await approve(bare, three, START + HOUR)
        await approve(bare, two, START + HOUR * 2)
        seen = []
        for _ in range(3):
            await bare.tick(hours=1)
            seen.append((await read(bare, "/in-force"))["version"])
        assert seen == [three, two, one]
        assert [number for number, _ in await told(bare)] == seen
        assert await states(bare) == {one: "in_force", two: "superseded", three: "superseded"}

    async def test_of_two_for_one_instant_the_one_approved_later_is_in_force(self, bare: Touchpoint) -> None:
        one, two = await submit(bare), await submit(bare)
        await approve(bare, two, START + HOUR)
        await approve(bare, one, START + HOUR)
        await bare.tick(hours=1)
        assert (await read(bare, "/in-force"))["version"] == one
        assert [number for number, _ in await told(bare)] == [two, one]

    async def test_an_approval_at_once_is_told_after_what_came_into_force_before(self, bare: Touchpoint) -> None:
        one, two = await submit(bare), await submit(bare)
        await approve(bare, one, START + HOUR)
        bare.clock.move(START + HOUR * 2)
        await approve(bare, two)
        assert await told(bare) == [(one, START + HOUR), (two, START + HOUR * 2)]
        assert await states(bare) == {one: "superseded", two: "in_force"}

    async def test_at_once_is_not_behind_what_a_clock_ahead_of_ours_has_told(self, bare: Touchpoint) -> None:
        one, two = await submit(bare), await submit(bare)
        await approve(bare, one, START + HOUR)
        async with transaction(bare.pool) as conn:
            await announce_activations(conn, START + HOUR)
        bare.clock.move(START + HOUR - MICRO * 5)
        await approve(bare, two)
        bare.clock.move(START + HOUR)
        assert (await read(bare, "/in-force"))["version"] == two

    @pytest.mark.parametrize(
        ("ahead", "status"),
        [
            (-HOUR, 409),
            (timedelta(0), 409),
            (NOTICE - MICRO, 409),
            (NOTICE, 201),
            (HORIZON, 201),
            (HORIZON + MICRO, 409),
        ],
    )
    async def test_is_for_an_instant_ahead(self, bare: Touchpoint, ahead: timedelta, status: int) -> None:
        answer = await approve(bare, await submit(bare), START + ahead, expect=status)
        if status == 409:
            assert answer.json()["type"] == "not-schedulable"
            assert await states(bare) == {1: "submitted"}

    async def test_needs_an_offset(self, bare: Touchpoint) -> None:
        await submit(bare)
        path, body = "/v1/policies/house/versions/1/approvals", {"activate_at": "2026-03-04T00:00:00"}
        answer = await bare.call("POST", path, body, role="policy_approver", expect=422)
        assert answer.json()["errors"][0]["pointer"] == "#/activate_at"


async def _announce(service: Touchpoint) -> int:
    async with transaction(service.pool) as conn:
        return await announce_activations(conn, service.clock.now())


class TestCancelling:
    async def test_leaves_in_force_what_was_and_the_version_may_be_approved_again(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare))
        await approve(bare, await submit(bare), START + HOUR)
        await cancel(bare, 2)
        shown = await read(bare, "/house/versions/2")
        assert [shown[name] for name in ("state", "approved_by", "approved_at", "since")] == ["submitted"] + [None] * 3
        await bare.tick(hours=2)
        assert (await read(bare, "/in-force"))["version"] == 1
        assert [number for number, _ in await told(bare)] == [1]
        await approve(bare, 2, by="erin", expect=409)
        await approve(bare, 2, by="petra")
        assert await states(bare) == {2: "in_force", 1: "superseded"}

    async def test_is_remembered_with_who_did_what(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare), START + HOUR)
        await cancel(bare, 1)
        (row,) = await bare.pool.fetch("select approved_by, cancelled_by, cancelled_at from policy_activations")
        assert tuple(row) == ("sam", "tom", START)

    @pytest.mark.parametrize(("before", "status"), [(NOTICE, 204), (NOTICE - MICRO, 409), (-MICRO, 409)])
    async def test_is_possible_until_a_second_before(self, bare: Touchpoint, before: timedelta, status: int) -> None:
        await approve(bare, await submit(bare), START + HOUR)
        bare.clock.move(START + HOUR - before)
        await cancel(bare, 1, expect=status)

    async def test_is_refused_where_nothing_waits(self, bare: Touchpoint) -> None:
        await cancel(bare, 1, expect=404)
        await submit(bare)
        await cancel(bare, 1, expect=409)
        await approve(bare, 1)
        await cancel(bare, 1, expect=409)
        await approve(bare, await submit(bare), START + HOUR)
        path = "/v1/policies/house/versions/2/schedule"
        await bare.call("DELETE", path, role="policy_editor", expect=403)
        await cancel(bare, 2)
        await cancel(bare, 2, expect=409)


class TestGoingBack:
    async def test_submits_the_old_document_as_the_next_version_by_who_asks(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare))
        await approve(bare, await submit(bare, TIGHT))
        body = {"from_version": 1}
        sent = await bare.call("POST", "/v1/policies/house/versions", body, role="policy_editor", subject="mia")
        version = sent.json()
        assert [version[name] for name in ("version", "author", "submitted_by", "from_version", "state")] == [
            3,
            "mia",
            "mia",
            1,
            "submitted",
        ]
        assert version["document"] == (await read(bare, "/house/versions/1"))["document"]
        await approve(bare, 3, by="mia", expect=409)
        await approve(bare, 3, START + HOUR, by="mia", expect=409)
        await approve(bare, 3)
        assert await states(bare) == {3: "in_force", 2: "superseded", 1: "superseded"}
        assert (await read(bare, "/house"))["draft"]["frequency_caps"][0]["limit"] == 0

    async def test_leads_only_to_what_two_people_have_seen(self, bare: Touchpoint) -> None:
        await submit(bare)
        path, body = "/v1/policies/house/versions", {"from_version": 1}
        refused = await bare.call("POST", path, body, role="policy_editor", subject="mia", expect=409)
        assert refused.json()["type"] == "never-approved"
        await bare.call("POST", path, {"from_version": 9}, role="policy_editor", expect=404)
        await bare.call("POST", path, {"from_version": 0}, role="policy_editor", expect=422)
        await bare.call("POST", "/v1/policies/none/versions", body, role="policy_editor", expect=404)

    async def test_many_at_once_have_numbers_of_their_own(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare))
        path, body = "/v1/policies/house/versions", {"from_version": 1}
        sent = await asyncio.gather(*(bare.call("POST", path, body, role="policy_editor") for _ in range(6)))
        assert sorted(each.json()["version"] for each in sent) == [2, 3, 4, 5, 6, 7]


class TestVersions:
    async def test_are_listed_newest_first_in_pages_each_with_its_state(self, bare: Touchpoint) -> None:
        for _ in range(4):
            await submit(bare)
        await approve(bare, 1)
        await approve(bare, 2)
        await approve(bare, 3, START + HOUR)
        first = await read(bare, "/house/versions?limit=3")
        second = await read(bare, f"/house/versions?limit=3&cursor={first['next_cursor']}")
        found = [*first["items"], *second["items"]]
        assert [(each["version"], each["state"]) for each in found] == [
            (4, "submitted"),
            (3, "scheduled"),
            (2, "in_force"),
            (1, "superseded"),
        ]
        assert second["next_cursor"] is None
        assert "document" not in found[0]
        await read(bare, "/none/versions", expect=404)

    async def test_of_another_policy_in_force_supersede_these(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare))
        await bare.put_in_force(TIGHT, "other")
        assert await states(bare) == {1: "superseded"}

    @pytest.mark.parametrize("at", [None, START + HOUR], ids=["at once", "scheduled"])
    async def test_are_approved_by_nobody_who_wrote_or_submitted_them(
        self, bare: Touchpoint, at: datetime | None
    ) -> None:
        await submit(bare)
        await bare.call("POST", "/v1/policies/house/versions", role="policy_editor", subject="mia")
        for own in ("erin", "mia"):
            await approve(bare, 2, at, by=own, expect=409)
        await approve(bare, 2, at)
        await approve(bare, 2, at, by="tom", expect=409)


class TestDifferences:
    async def test_are_told_as_data_and_in_both_languages(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare))
        two = {"name": "three-a-week", "limit": 2, "window": {"kind": "rolling", "hours": 168}}
        await submit(bare, POLICY | {"frequency_caps": [two], "business_zone": "Asia/Shanghai"})
        found = await read(bare, "/house/versions/2/differences")
        assert found["against"] == {"policy_id": "house", "version": 1}
        assert found["differences"] == [
            {
                "kind": "changed",
                "pointer": "/business_zone",
                "section": "business_zone",
                "rule": None,
                "old": "Europe/Berlin",
                "new": "Asia/Shanghai",
            },
            {
                "kind": "changed",
                "pointer": "/frequency_caps/0/limit",
                "section": "frequency_caps",
                "rule": "three-a-week",
                "old": 3,
                "new": 2,
            },
        ]
        assert found["sentences"] == [
            "Business time zone: now Asia/Shanghai instead of Europe/Berlin.",
            "The cap three-a-week is now 2 contacts in 7 days instead of 3.",
        ]
        chinese = await read(bare, "/house/versions/2/differences?lang=zh-CN")
        assert chinese["differences"] == found["differences"]
        assert chinese["sentences"] == [
            "业务时区现为 Asia/Shanghai（原为 Europe/Berlin）。",
            "上限 three-a-week 现为 7 天内 2 次接触（原为 3 次）。",
        ]

    async def test_are_to_any_version_or_the_draft_and_none_to_itself(self, bare: Touchpoint) -> None:
        await submit(bare)
        await read(bare, "/house/versions/1/differences", expect=404)  # nothing is in force
        await submit(bare, TIGHT)
        path = "/house/versions/1/differences?against="
        assert [d["kind"] for d in (await read(bare, f"{path}2"))["differences"]] == ["removed", "added"]
        assert (await read(bare, f"{path}draft"))["against"] == {"policy_id": "house", "version": None}
        assert (await read(bare, f"{path}draft"))["differences"] == (await read(bare, f"{path}2"))["differences"]
        same = await read(bare, f"{path}1")
        assert (same["differences"], same["sentences"]) == ([], [])
        await read(bare, f"{path}7", expect=404)
        await read(bare, f"{path}newest", expect=422)

    async def test_a_field_that_is_newer_than_a_document_is_none(self, bare: Touchpoint) -> None:
        await submit(bare)
        await submit(bare)
        await bare.pool.execute("update policy_versions set document = $1 where version = 1", POLICY)
        assert (await read(bare, "/house/versions/2/differences?against=1"))["differences"] == []


class TestForms:
    async def test_get_a_schema_with_labels(self, bare: Touchpoint) -> None:
        schema = await read(bare, "/schema")
        assert schema["properties"]["frequency_caps"]["x-labels"] == {"en": "Frequency caps", "zh-CN": "频次上限"}
        await bare.call("GET", "/v1/policies/schema", role="branch_agent", expect=403)

    @pytest.mark.parametrize("taken", ["in-force", "schema"])
    async def test_no_policy_has_the_name_of_a_path(self, bare: Touchpoint, taken: str) -> None:
        body = {"policy_id": taken, "document": POLICY}
        answer = await bare.call("POST", "/v1/policies", body, role="policy_editor", expect=422)
        assert answer.json()["errors"][0]["pointer"] == "#/policy_id"


class TestReading:
    async def test_gives_the_known_policy_again_while_it_is_still_the_one(self, bare: Touchpoint) -> None:
        await approve(bare, await submit(bare))
        await approve(bare, await submit(bare), START + HOUR)
        async with bare.pool.acquire() as conn:
            known = await policy_in_force(conn, None, START)
            assert await policy_in_force(conn, known, START + HOUR - MICRO) is known
            new = await policy_in_force(conn, known, START + HOUR)
            assert new is not known
            assert new is not None
            assert new.version == 2

    async def test_looks_at_one_entry_of_an_index_however_many_there_were(self, bare: Touchpoint) -> None:
        await submit(bare)
        async with bare.pool.acquire() as conn, conn.transaction():
            await conn.execute(
                """
                insert into policy_versions select policy_id, n, document, author, submitted_by, submitted_at
                from policy_versions, generate_series(2, 3000) as n;
                insert into policy_activations (policy_id, version, since, approved_by, announced)
                select policy_id, version, submitted_at + version * interval '1 hour', 'sam', true from policy_versions;
                analyze policy_activations;
                set local plan_cache_mode = force_generic_plan
                """
            )
            await conn.execute(f"prepare look (timestamptz) as {IN_FORCE}")
            rows = await conn.fetch("explain (analyze, costs off, timing off) execute look (now())")
        plan = "\n".join(row[0] for row in rows)
        assert "policy_activations_by_time" in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "Sort" not in plan, plan


class TestWhateverIsApproved:
    """Random lives of a policy against the plainest account of them."""

    @pytest.mark.parametrize("seed", range(6))
    async def test_in_force_is_what_the_newest_activation_says_and_each_is_told_once(
        self, bare: Touchpoint, seed: int
    ) -> None:
        dice = random.Random(seed)
        planned: list[tuple[datetime, int, int]] = []  # since, order of approval, version
        submitted: list[int] = []
        for order in range(40):
            now = bare.clock.now()
            match dice.choice(["submit", "at once", "schedule", "schedule", "cancel", "move", "timers"]):
                case "submit":
                    submitted.append(await submit(bare))
                case "at once" | "schedule" as how if submitted:
                    version = submitted.pop(dice.randrange(len(submitted)))
                    at = None if how == "at once" else now + NOTICE * dice.randint(1, 5)
                    await approve(bare, version, at)
                    planned.append((at or now, order, version))
                case "cancel":
                    waiting = [each for each in planned if each[0] >= now + NOTICE]
                    if waiting:
                        one = dice.choice(waiting)
                        await cancel(bare, one[2])
                        planned.remove(one)
                        submitted.append(one[2])
                case "move":
                    bare.clock.move(now + dice.choice([MICRO, NOTICE, NOTICE - MICRO, NOTICE * 3]))
                case "timers":
                    await bare.tick()
            await self._compare(bare, planned)
        await bare.tick()
        happened = [each for each in sorted(planned) if each[0] <= bare.clock.now()]
        assert await told(bare) == [(version, since) for since, _, version in happened]

    async def _compare(self, bare: Touchpoint, planned: list[tuple[datetime, int, int]]) -> None:
        for since in {each[0] for each in planned} | {bare.clock.now()}:
            for at in (since - MICRO, since, since + MICRO):
                expected = max((each for each in planned if each[0] <= at), default=None)
                async with bare.pool.acquire() as conn:
                    found = await policy_in_force(conn, None, at)
                assert (found and found.version) == (expected and expected[2])

    async def test_approvals_at_one_time_are_told_in_the_order_in_which_they_bind(self, bare: Touchpoint) -> None:
        numbers = [await submit(bare) for _ in range(8)]
        await asyncio.gather(*(approve(bare, number) for number in numbers))
        order = await bare.pool.fetch("select version from policy_activations order by since, number")
        assert [number for number, _ in await told(bare)] == [row["version"] for row in order]
        assert (await read(bare, "/in-force"))["version"] == order[-1]["version"]

    async def test_one_version_is_approved_once_however_many_try_at_one_time(self, bare: Touchpoint) -> None:
        await submit(bare)
        path = "/v1/policies/house/versions/1/approvals"
        answers = await asyncio.gather(
            *(
                bare.client.request("POST", path, headers=bare.headers("policy_approver", subject=f"boss-{n}"))
                for n in range(6)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
        assert len(await told(bare)) == 1


BEFORE = """
insert into policies values ('house', '{}', 'erin');
insert into policy_versions values
    ('house', 1, '{}', 'erin', 'erin', '2026-01-01Z', 'sam', '2026-01-02Z'),
    ('house', 2, '{}', 'erin', 'erin', '2026-02-01Z', 'sam', '2026-02-02Z'),
    ('house', 3, '{}', 'erin', 'erin', '2026-03-01Z', null, null);
insert into policy_in_force values (true, 'house', 2, '2026-02-02Z');
"""


async def test_what_was_approved_before_there_were_schedules_stays_in_force(infrastructure: Endpoints) -> None:
    async with fresh_database(infrastructure.postgres_url) as url:
        await db.migrate("touchpoint", url, to="0001")
        conn = await db.connect(url)
        await conn.execute(BEFORE)
        await db.migrate("touchpoint", url, to="0002")
        assert tuple(await conn.fetchrow(IN_FORCE, START) or ()) == ("house", 2)
        rows = await conn.fetch("select version, announced from policy_activations order by since")
        assert [tuple(row) for row in rows] == [(1, True), (2, True)]
        await conn.execute(
            "insert into policy_activations (policy_id, version, since, approved_by) values ('house', 3, $1, 'sam')",
            START + HOUR,
        )
        await conn.execute("update policy_versions set approved_by = 'sam', approved_at = now() where version = 3")
        await db.unmigrate("touchpoint", url, to="0001")
        assert await conn.fetchval("select version from policy_in_force") == 2
        assert await conn.fetchval("select approved_by from policy_versions where version = 3") is None
        await conn.close()
