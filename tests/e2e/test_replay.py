"""A generated log goes through the whole system on real servers; what is expected is counted naively from the log."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from rapport_cli.main import app

SEED = 7
CUSTOMERS = 250
CAP = 3
WINDOW = timedelta(hours=72)
START = datetime(2026, 3, 2, 9)  # noqa: DTZ001 - as a log without a zone writes it
OUTCOMES = {"sold": "accepted", "lost": "refused", "away": "no_answer"}


def _replay(folder: Path, mapping: dict[str, Any], header: str, rows: list[list[Any]], *options: str) -> Any:
    """The report of `rapport replay`, and its exit code."""
    log, file = folder / "calls.csv.gz", folder / "mapping.yaml"
    with gzip.open(log, "wt", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    file.write_text(yaml.safe_dump(mapping))
    arguments = ["replay", str(log), "--mapping", str(file), "--state", str(folder), "--json", *options]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output
    written = json.loads((folder / "replay" / "report.json").read_text())
    assert written == json.loads(ended.stdout)
    assert (folder / "replay" / "report.html").stat().st_size > 1000
    return written


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("cap", [0, CAP])
def test_a_wide_log_is_replayed_to_the_last_call(tmp_path: Path, cap: int) -> None:
    rng = random.Random(SEED)
    rows = [[min(1 + int(rng.expovariate(0.4)), 12), rng.random() < 0.2] for _ in range(CUSTOMERS)]
    mapping = {
        "name": "generated",
        "form": "wide",
        "customer": {"prefix": "w-", "attributes": [{"column": "n", "name": "calls", "type": "number"}]},
        "attempts": "n",
        "outcome": {"column": "sold", "values": {"True": "accepted", "False": "refused"}},
        "also_open": ["branch", "web"],
    }
    broken = [[0, "True"], [2, "perhaps"]]
    report = _replay(tmp_path, mapping, "n,sold", broken + rows, "--cap", str(cap))
    limit = cap or 10**6
    calls = sum(min(n, limit) for n, _ in rows)
    sold = sum(yes and n <= limit for n, yes in rows)
    stopped = sum(n > limit for n, _ in rows)
    assert report["ok"]
    assert report["invariants"]["checked"] > 0
    assert report["channels"] == {
        "call": {"released": calls, "accepted": sold, "recalled": 0},
        "branch": {"released": CUSTOMERS, "accepted": 0, "recalled": sold},
        "web": {"released": CUSTOMERS, "accepted": 0, "recalled": sold},
    }
    assert report["outcomes"] == {"accepted": sold, "refused": calls - sold}
    assert report["decisions"] == {
        "released": calls + 2 * CUSTOMERS,
        "deferred": 0,
        "suppressed": stopped,
        "expired": 0,
        "withdrawn": 0,
    }
    assert report["reasons"] == ({"frequency_cap": stopped} if stopped else {})
    assert report["customers_stopped_by_cap"] == stopped
    assert report["customers"] == CUSTOMERS
    assert (report["recalled"], report["acceptances_confirmed"]) == (2 * sold, sold)
    assert (report["over_cap"], report["released_after_acceptance"]) == (0, 0)
    assert report["log"] == {"rows": CUSTOMERS + 2, "rejected": 2, "contacts": sum(n for n, _ in rows)}
    rejects = (tmp_path / "replay" / "rejects.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in rejects] == [["line", "column"], ["2", "n"], ["3", "sold"]]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_long_log_is_replayed_at_its_dates(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    rows = [
        [f"c{rng.randrange(80)}", START + timedelta(hours=12 * half_day), rng.choices(list(OUTCOMES), (1, 6, 3))[0]]
        for half_day in range(16)
        for _ in range(40)
    ]
    mapping = {
        "name": "generated",
        "form": "long",
        "customer": {"id": "client"},
        "outcome": {"column": "result", "values": OUTCOMES},
        "date": {"columns": ["at"], "format": "%Y-%m-%d %H:%M:%S", "zone": "UTC"},
        "lifetime_hours": 1,
        "cap": {"limit": CAP, "window_hours": WINDOW // timedelta(hours=1)},
    }
    report = _replay(tmp_path, mapping, "client,at,result", rows)
    expected = _naive(rows)
    assert report["ok"]
    assert report["customers"] == len({client for client, _, _ in rows})
    assert report["decisions"]["released"] == sum(expected["outcomes"].values())
    assert report["decisions"]["suppressed"] == sum(expected["reasons"].values())
    assert report["outcomes"] == {"accepted": 0} | expected["outcomes"]
    assert report["reasons"] == expected["reasons"]
    assert min(expected["reasons"].values()) > 10, "the log does not try the rules"


def _naive(rows: list[list[Any]]) -> dict[str, Counter[str]]:
    """What the gate should do: nothing after a sale, at most CAP calls that reached the customer in the window."""
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    reached: dict[str, list[datetime]] = {}
    sold = set()
    for client, at, result in rows:
        counted = [one for one in reached.setdefault(client, []) if one > at - WINDOW]
        if client in sold:
            reasons["already_accepted"] += 1
        elif len(counted) >= CAP:
            reasons["frequency_cap"] += 1
        else:
            outcomes[OUTCOMES[result]] += 1
            if result != "away":
                reached[client].append(at)
            if result == "sold":
                sold.add(client)
    return {"outcomes": outcomes, "reasons": reasons}
