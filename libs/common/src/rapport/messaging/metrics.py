"""What the messaging tells Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

consumer_lag = Gauge("rapport_consumer_lag", "Messages that this worker has not yet processed", ["group", "topic"])
outbox_depth = Gauge("rapport_outbox_depth", "Events that wait for the relay, about", ["service"])
dead_letters = Counter("rapport_dead_letters", "Messages set aside", ["group", "topic"])
