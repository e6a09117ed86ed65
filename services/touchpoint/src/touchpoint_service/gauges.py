"""What waits for channels, for people and providers alike, as figures for Prometheus.

Every worker that consumes measures the whole of it, so the figures of several workers are equal, not to be added up.
Places are left out: a label's values come from a closed list.
"""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Gauge

from rapport.contracts.vocabulary import Channel, WorkOrderKind
from rapport.db import Connection
from touchpoint_service.domain.policy import CLASS_NAMES
from touchpoint_service.handlers.recalls import STATES
from touchpoint_service.repository import capacities, recalls, work_orders

SECONDS = 30.0
"""Between two measurements: often enough to see a queue grow, seldom enough that counting a long one costs little."""

backlog = Gauge("rapport_backlog", "Contacts that wait to be handed over", ["channel", "contact_class"])
backlog_oldest = Gauge("rapport_backlog_oldest_seconds", "How long the oldest of them has waited", ["channel"])
provider_resting = Gauge("rapport_provider_resting", "1 while a provider is left alone after failures", ["channel"])
recalls_unanswered = Gauge("rapport_recalls_unanswered", "Recalls that wait for an answer", ["channel", "state"])
open_work_orders = Gauge("rapport_work_orders", "Work orders that have not ended", ["kind", "overdue"])


async def measure(conn: Connection, now: datetime) -> bool:
    """Set all gauges, to nothing where nothing waits; there is no more to do."""
    ready = {(row["channel"], row["contact_class"]): row for row in await capacities.ready(conn, now)}
    resting = await capacities.resting(conn, now)
    unanswered = {(row["channel"], row["state"]): row["count"] for row in await recalls.count(conn)}
    for channel in Channel:
        oldest = now
        for number, name in enumerate(CLASS_NAMES):
            row = ready.get((channel.value, number))
            backlog.labels(channel.value, name).set(0 if row is None else row["count"])
            oldest = oldest if row is None else min(oldest, row["oldest"])
        backlog_oldest.labels(channel.value).set((now - oldest).total_seconds())
        provider_resting.labels(channel.value).set(channel.value in resting)
        for state in STATES:
            recalls_unanswered.labels(channel.value, state).set(unanswered.get((channel.value, state), 0))
    orders = {(row["kind"], row["overdue"]): row["count"] for row in await work_orders.count(conn, now)}
    for kind in WorkOrderKind:
        for overdue in (False, True):
            open_work_orders.labels(kind.value, str(overdue).lower()).set(orders.get((kind.value, overdue), 0))
    return False
