"""What a measurement gives, and the file that collects it."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Result:
    """One named figure over several runs. `goal` is in words; `met` judges the median, None where there is no goal."""

    name: str
    unit: str
    min: float
    median: float
    max: float
    p99: float | None
    runs: int
    goal: str | None = None
    met: bool | None = None


def result(
    name: str,
    unit: str,
    values: Sequence[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    p99: float | None = None,
    judged: float | None = None,
) -> Result:
    """Summarise the values of several runs. `judged` is held against the goal; the median when left out."""
    median = statistics.median(values)
    judged = median if judged is None else judged
    goal, met = None, None
    if at_least is not None:
        goal, met = f"≥ {at_least:g}", judged >= at_least
    if at_most is not None:
        goal, met = f"≤ {at_most:g}", judged <= at_most
    low, middle, high = (round(v, 4) for v in (min(values), median, max(values)))
    return Result(name, unit, low, middle, high, None if p99 is None else round(p99, 4), len(values), goal, met)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 10_000) * len(ordered) // 10_000) - 1))]


def write(results: Sequence[Result], file: Path) -> None:
    """Write the file anew; what was not run is absent."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    file.parent.mkdir(parents=True, exist_ok=True)
    body = {"machine": machine, "results": [asdict(r) for r in results]}
    file.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))
