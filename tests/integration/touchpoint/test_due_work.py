"""What settling waits for: a message in a sender's hands is under way, a task in an agent's is not."""

from __future__ import annotations

from tests.integration.touchpoint.conftest import Touchpoint

from rapport.db import Connection, transaction
from touchpoint_service.handlers.leases import hand_out
from touchpoint_service.repository import queues
from touchpoint_service.repository.policies import policy_in_force


async def due(touchpoint: Touchpoint) -> list[str]:
    rows = await touchpoint.pool.fetch("select kind from due_work where due_at <= $1", touchpoint.clock.now())
    return [row["kind"] for row in rows]


async def take(touchpoint: Touchpoint, channel: str, state: str) -> str:
    async with transaction(touchpoint.pool) as conn:
        policy = await policy_in_force(conn, None, touchpoint.clock.now())
        (row,) = await hand_out(
            conn, policy, channel, touchpoint.clock.now(), owner="a", seconds=60, limit=1, state=state
        )
    contact_id: str = row["contact_id"]
    return contact_id


class TestDueWork:
    async def test_names_a_message_until_its_provider_has_answered(self, touchpoint: Touchpoint) -> None:
        await touchpoint.hear(touchpoint.request(channels=["sms"]))
        assert await due(touchpoint) == ["message to send"]
        contact_id = await take(touchpoint, "sms", "sending")
        assert await due(touchpoint) == ["message at its provider"]
        await queues.finish_sending(touchpoint.pool, [contact_id])
        assert await due(touchpoint) == []

    async def test_names_a_leased_task_only_once_it_lapses(self, touchpoint: Touchpoint) -> None:
        await touchpoint.hear(touchpoint.request())
        await take(touchpoint, "call", "leased")
        assert await due(touchpoint) == []
        await touchpoint.pool.execute("update contacts set leased_until = $1", touchpoint.clock.now())
        assert await due(touchpoint) == ["lease to lapse"]


FILL_CONTACTS = """
insert into contacts (customer_id, contact_id, request_id, channel, state, contact_class, score, category, purpose,
    released_at, expires_at, leased_until, next_try)
select 'c', 'ctc' || n, 'r' || n, 'sms', (array['open', 'leased', 'closed'])[1 + n % 3], 1, 0.5, 'x', 'x',
    now(), now() + interval '30 days', now() + interval '1 day', now() + interval '1 day'
from generate_series(1, 20000) as n
"""
FILL_REQUESTS = """
insert into requests (customer_id, request_id, state, partition, next_look, body)
select 'c' || n, 'r' || n, 'live', n % 12, now() + interval '1 day', '{}' from generate_series(1, 20000) as n
"""


async def plan_of(conn: Connection, query: str, types: str, arguments: str) -> str:
    """How PostgreSQL answers a query that it does not know the values of, as it does for one that is asked often."""
    await conn.execute("set local plan_cache_mode = force_generic_plan")
    await conn.execute(f"prepare look ({types}) as {query}")
    rows = await conn.fetch(f"explain execute look ({arguments})")
    await conn.execute("deallocate look")
    return "\n".join(row[0] for row in rows)


class TestLooking:
    """Workers look hundreds of times a second, so no look may read a whole table."""

    async def test_for_what_is_due_reads_only_the_first_of_each_index(self, touchpoint: Touchpoint) -> None:
        arguments = "now(), '{0,1,2,3,4,5,6,7,8,9,10,11}'"
        async with touchpoint.pool.acquire() as conn, conn.transaction():
            await conn.execute(FILL_CONTACTS)
            await conn.execute(FILL_REQUESTS)
            await conn.execute("analyze contacts, requests")
            plan = await plan_of(conn, queues.WHAT_IS_DUE, "timestamptz, smallint[]", arguments)
            await conn.execute("truncate contacts, requests")
        assert "Seq Scan on contacts" not in plan, plan
        assert "Seq Scan on requests" not in plan, plan

    async def test_for_messages_reads_only_the_first_of_the_index(self, touchpoint: Touchpoint) -> None:
        async with touchpoint.pool.acquire() as conn, conn.transaction():
            await conn.execute(FILL_CONTACTS)
            await conn.execute("analyze contacts")
            plan = await plan_of(conn, queues.ANYTHING_TO_SEND, "text, timestamptz", "'sms', now()")
            await conn.execute("truncate contacts")
        assert "Seq Scan on contacts" not in plan, plan
