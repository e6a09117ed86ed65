"""What Prometheus is told of what waits."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import REGISTRY
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint

from rapport.db import transaction
from touchpoint_service.gauges import measure
from touchpoint_service.repository import capacities


async def told(touchpoint: Touchpoint, name: str, **labels: str) -> float | None:
    async with transaction(touchpoint.pool) as conn:
        assert not await measure(conn, touchpoint.clock.now())
    return REGISTRY.get_sample_value(name, labels)


class TestGauges:
    async def test_what_waits_in_a_channel_and_since_when(self, touchpoint: Touchpoint):
        of_class = {"channel": "call", "contact_class": "marketing"}
        assert await told(touchpoint, "rapport_backlog", **of_class) == 0
        await touchpoint.hear(touchpoint.request("r1"))
        await touchpoint.tick(minutes=10)
        await touchpoint.hear(touchpoint.request("r2"))
        assert await told(touchpoint, "rapport_backlog", **of_class) == 2
        assert await told(touchpoint, "rapport_backlog_oldest_seconds", channel="call") == 600
        assert await told(touchpoint, "rapport_backlog", channel="sms", contact_class="marketing") == 0
        await touchpoint.call("POST", "/v1/channels/call/leases", {"limit": 2}, role="outbound_agent")
        assert await told(touchpoint, "rapport_backlog", **of_class) == 0
        assert await told(touchpoint, "rapport_backlog_oldest_seconds", channel="call") == 0

    async def test_a_resting_provider(self, touchpoint: Touchpoint):
        async with transaction(touchpoint.pool) as conn:
            await capacities.lock_circuit(conn, "sms")
            await capacities.set_circuit(conn, "sms", 5, 1, START + timedelta(seconds=5))
        assert await told(touchpoint, "rapport_provider_resting", channel="sms") == 1
        assert await told(touchpoint, "rapport_provider_resting", channel="email") == 0
        await touchpoint.tick(seconds=5)
        assert await told(touchpoint, "rapport_provider_resting", channel="sms") == 0

    async def test_recalls_without_an_answer(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        await touchpoint.call("POST", "/v1/channels/call/leases", {}, role="outbound_agent")
        await touchpoint.hear(touchpoint.plan("stopped", version=2))
        await touchpoint.tick()
        assert await told(touchpoint, "rapport_recalls_unanswered", channel="call", state="waiting") == 1
        await touchpoint.tick(minutes=1)
        assert await told(touchpoint, "rapport_recalls_unanswered", channel="call", state="waiting") == 0
        assert await told(touchpoint, "rapport_recalls_unanswered", channel="call", state="reminded") == 1

    async def test_work_orders_that_have_not_ended(self, touchpoint: Touchpoint):
        rule = {"name": "problems", "kind": "problem", "resolve_minutes": 60}
        await touchpoint.put_in_force(POLICY | {"work_orders": [rule]})
        body = {"work_order_id": "w1", "customer_id": "c1", "kind": "problem"}
        await touchpoint.call("POST", "/v1/work-orders", body, role="branch_agent")
        assert await told(touchpoint, "rapport_work_orders", kind="problem", overdue="false") == 1
        await touchpoint.tick(hours=2)
        assert await told(touchpoint, "rapport_work_orders", kind="problem", overdue="true") == 1
        assert await told(touchpoint, "rapport_work_orders", kind="problem", overdue="false") == 0
        await touchpoint.call("POST", "/v1/work-orders/w1/result", {"result": "done"}, role="branch_agent")
        assert await told(touchpoint, "rapport_work_orders", kind="problem", overdue="true") == 0
