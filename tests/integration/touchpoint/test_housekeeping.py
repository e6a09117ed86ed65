"""What is kept only to know a repetition is forgotten in time."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.touchpoint.conftest import POLICY, Touchpoint

from rapport import db
from rapport.web import forget_old_keys


async def test_an_idempotency_key_is_forgotten_after_two_days(bare: Touchpoint):
    body, key = {"policy_id": "p", "document": POLICY}, {"Idempotency-Key": "k1"}
    await bare.call("POST", "/v1/policies", body, role="policy_editor", headers=key)
    count = "select count(*) from idempotency_keys"
    for hours, left in ((47, 1), (49, 0)):
        async with db.transaction(bare.pool) as conn:
            assert not await forget_old_keys(conn, bare.clock.now() + timedelta(hours=hours))
        assert await bare.pool.fetchval(count) == left
