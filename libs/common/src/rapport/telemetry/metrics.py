"""The metrics of services and requests, under fixed names, in the process's one Prometheus registry.

Consumers' lag and the outbox' depth are measured where they arise, in `rapport.messaging.metrics`.
"""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest

DECISIONS = Counter("rapport_decisions_total", "Contact decisions.", ["decision", "reason"])
RECALL_SECONDS = Histogram(
    "rapport_recall_seconds",
    "From an acceptance to the recall of the same goal's other contacts.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
)
REQUEST_SECONDS = Histogram(
    "rapport_request_seconds",
    "HTTP requests by route template.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

EXPOSITION_TYPE = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    """All metrics of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)
