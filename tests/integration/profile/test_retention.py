"""Forgetting what is kept only to know a repetition."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from profile_service.handlers.retention import forget_repetitions
from profile_service.repository.customers import new_reports
from rapport import db

World = Any


async def test_forgets_what_is_too_old_to_come_again_and_keeps_the_rest(world: World) -> None:
    start = world.clock.now()
    for days, name in ((0, "old"), (40, "new")):
        world.clock.move(start + timedelta(days=days))
        async with db.transaction(world.pool) as conn:
            await new_reports(conn, [("c1", name)], world.clock.now())
        await world.call("PUT", f"/customers/{name}", {}, Idempotency_Key=name)
    async with db.transaction(world.pool) as conn:
        assert not await forget_repetitions(conn, start + timedelta(days=41))
        assert not await forget_repetitions(conn, start + timedelta(days=46))
    assert [row["report_id"] for row in await world.pool.fetch("select report_id from reports")] == ["new"]
    assert await world.pool.fetch("select key from idempotency_keys") == []
    assert await world.pool.fetchval("select count(*) from customers") == 2
