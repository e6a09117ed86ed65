"""What settling waits for: a message in a sender's hands is under way, a task in an agent's is not."""

from __future__ import annotations

from tests.integration.touchpoint.conftest import Touchpoint

from rapport.db import transaction
from touchpoint_service.handlers.leases import hand_out
from touchpoint_service.repository import queues
from touchpoint_service.repository.policies import policy_in_force


async def due(touchpoint: Touchpoint) -> list[str]:
    rows = await touchpoint.pool.fetch("select kind from due_work where due_at <= $1", touchpoint.clock.now())
    return [row["kind"] for row in rows]


async def take(touchpoint: Touchpoint, channel: str, state: str) -> str:
    async with transaction(touchpoint.pool) as conn:
        policy = await policy_in_force(conn, None)
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
