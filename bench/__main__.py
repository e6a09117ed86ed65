"""Run the measurements: `python -m bench [--only NAME,…]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench import alone, gate, growth, http, memory, popup_loaded, rebuild, recall, subscriptions, what_if
from bench.results import Result, write
from rapport.settings import home
from rapport.testing.infrastructure import Endpoints, choose

Measurement = Callable[[Endpoints, Path], Awaitable[list[Result]]]

MEASUREMENTS: dict[str, tuple[Measurement, tuple[str, ...]]] = {
    "gate": (gate.measure, ("gate_vs_bare_pipe", "gate_per_s", "gate_all_released")),
    "decide": (alone.measure, ("decide_alone",)),
    "popup": (http.measure_popup, ("popup_vs_bare_read", "popup_at_200")),
    "popup_loaded": (popup_loaded.measure, ("popup_at_200_loaded", "popup_bulk_per_s")),
    "storefront": (http.measure_storefront, ("storefront_vs_bare_read",)),
    "rebuild": (rebuild.measure, ("rebuild_right", "rebuild_wrong")),
    "recall": (
        recall.measure,
        ("recall_idle", "recall_loaded", "lease_idle", "lease_loaded", "policy_in_force", "memory"),
    ),
    "streams": (subscriptions.measure_streams, ("sse_1000", "sse_1000_per_stream", "sse_1000_latency")),
    "webhooks": (subscriptions.measure_webhooks, ("webhook_per_s", "webhook_longest_gap")),
    "worker_memory": (memory.measure, ("worker_memory_growth",)),
    "growth": (growth.measure, ("growth_1e6", "growth_1e7")),
    "what_if": (what_if.measure, ("what_if_seconds", "what_if_per_s", "what_if_cpu")),
}
HEAVY = frozenset(("growth", "what_if", "worker_memory"))
"""Only when asked for: minutes each, and gigabytes of disk."""


async def run(chosen: list[str], endpoints: Endpoints, state: Path) -> list[Result]:
    """The results of these measurements."""
    results = []
    for name in chosen:
        print(name)
        results += await MEASUREMENTS[name][0](endpoints, state)
    return results


def main() -> int:
    """The command; 1 when a goal was not met."""
    names = {figure: name for name, (_, figures) in MEASUREMENTS.items() for figure in (name, *figures)}
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure against the budgets.")
    parser.add_argument("--only", default="", help=f"comma-separated, of: {', '.join(names)}")
    asked = [n for n in parser.parse_args().only.split(",") if n]
    unknown = [n for n in asked if n not in names]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    chosen = list(dict.fromkeys(names[n] for n in asked)) or [name for name in MEASUREMENTS if name not in HEAVY]
    state = home() / "var" / "bench"
    infrastructure = choose(state)
    infrastructure.stop(erase=True)  # what an earlier run left behind would be worked off in this one
    endpoints = infrastructure.start()
    try:
        results = uvloop.run(run(chosen, endpoints, state))
    finally:
        infrastructure.stop()
    write(results, state / "results.json")
    for r in results:
        mark = "" if r.met is None else "  met" if r.met else "  NOT MET"
        print(f"{r.name:24} {r.min:>12,.3f} {r.median:>12,.3f} {r.max:>12,.3f} {r.unit:6} {r.goal or '':8}{mark}")
    return 1 if any(r.met is False for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
