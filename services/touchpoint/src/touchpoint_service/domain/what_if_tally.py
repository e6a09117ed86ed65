"""What is counted in a what-if: per customer, then added up over all of them, then told as one result.

A tally counts under keys of texts, so tallies of parts of the customers simply add up, in whatever order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from rapport.clock import from_micros
from rapport.contracts.vocabulary import ContactClass
from touchpoint_service.domain.what_if import Fate, Release, Run
from touchpoint_service.domain.windows import HOUR

Tally = Counter[tuple[str | None, ...]]

TRIED, IN_FORCE = "tried", "in_force"
"""The two runs: under the policy that is tried, and under the one in force."""

CLASSES = tuple(contact_class.value for contact_class in ContactClass)


def count_customer(tally: Tally, runs: Mapping[str, Run], real: int, zone: ZoneInfo) -> None:
    """Add one customer's runs, and the number of contacts that there really were. `zone` is that of local days."""
    if not any(run.fates for run in runs.values()):
        return
    tally["customers",] += 1
    tally["real", "contacts"] += real
    for name, run in runs.items():
        _count_run(tally, name, run, zone)
    if TRIED in runs and IN_FORCE in runs:
        _count_differences(tally, runs[TRIED].fates, runs[IN_FORCE].fates, zone)


def _count_run(tally: Tally, name: str, run: Run, zone: ZoneInfo) -> None:
    made = [r for r in run.releases if not r.yielded]
    tally[name, "requests"] += len(run.fates)
    tally[name, "contacts"] += len(made)
    tally[name, "pre_empted"] += len(run.releases) - len(made)
    tally[name, "recalled"] += run.recalled
    tally[name, "assumed"] += sum(r.assumed for r in made)
    tally[name, "per_customer", str(len(made))] += 1
    for fate in run.fates.values():
        tally[name, "state", _STATES.get(fate.state, fate.state)] += 1
        for reason, rule in fate.deferred_by:
            tally[name, "blocked", "deferred", rule, reason] += 1
        if fate.state in ("suppressed", "expired") and fate.because is not None:
            reason, rule = fate.because
            tally[name, "blocked", fate.state, rule, reason] += 1
    _count_reach(tally, name, made)
    for release in made:
        tally[name, "day", _day(release.at, zone)] += 1


def _count_reach(tally: Tally, name: str, made: Sequence[Release]) -> None:
    groups = [
        (release, key)
        for release in made
        for key in (
            ("campaign", release.request.campaign_id, CLASSES[release.request.contact_class]),
            ("channel", release.channel),
        )
    ]
    for _, key in groups:
        tally[name, "contacts_by", *key] += 1
    for key in {key for _, key in groups}:
        tally[name, "customers_by", *key] += 1


def _count_differences(tally: Tally, tried: Mapping[str, Fate], in_force: Mapping[str, Fate], zone: ZoneInfo) -> None:
    for request_id, fate in tried.items():
        before = in_force.get(request_id)
        if before is None:
            continue
        now_goes, went = fate.state == "released", before.state == "released"
        if went and not now_goes:
            reason, rule = fate.because or (None, None)
            tally["newly_blocked",] += 1
            tally["newly_blocked_by", rule, reason] += 1
        elif now_goes and not went:
            tally["newly_released",] += 1
        elif now_goes and fate.at is not None and before.at is not None:
            days = _day(before.at, zone), _day(fate.at, zone)
            tally["other_channel",] += fate.channel != before.channel
            tally["other_time",] += fate.at != before.at
            if days[0] != days[1]:
                tally["other_day",] += 1
                tally["moved", *days] += 1


_STATES = {"live": "waiting"}


def _day(at: int, zone: ZoneInfo) -> str:
    return _day_of_hour(at // (HOUR // 4), zone)


@lru_cache(maxsize=65_536)
def _day_of_hour(quarter: int, zone: ZoneInfo) -> str:
    """Zones differ from UTC by whole quarters of an hour."""
    return from_micros(quarter * (HOUR // 4)).astimezone(zone).date().isoformat()


def dump(tally: Tally) -> list[list[Any]]:
    """The form in which a part is kept."""
    return [[*key, number] for key, number in tally.items() if number]


def load(parts: Iterable[Sequence[Sequence[Any]]]) -> Tally:
    """The sum of the parts."""
    tally: Tally = Counter()
    for part in parts:
        for *key, number in part:
            tally[tuple(key)] += number
    return tally


def result_of(tally: Tally) -> dict[str, Any]:
    """The result as it is told: both runs, and what differs."""
    tree = _under(tally)
    tried, in_force = _run_result(tally, tree, TRIED), _run_result(tally, tree, IN_FORCE)
    return {
        "customers": tally["customers",],
        "real_contacts": tally["real", "contacts"],
        TRIED: tried,
        IN_FORCE: in_force,
        "difference": {
            "contacts": tried["contacts"] - in_force["contacts"],
            "customers_reached": tried["customers_reached"] - in_force["customers_reached"],
            "newly_released": tally["newly_released",],
            "newly_blocked": tally["newly_blocked",],
            "newly_blocked_by": [
                {"rule": rule, "reason": reason, "requests": number}
                for (rule, reason), number in _ranked(tree.get("newly_blocked_by", {}))
            ],
            "other_time": tally["other_time",],
            "other_day": tally["other_day",],
            "other_channel": tally["other_channel",],
            "moved": [
                {"from": was, "to": now, "requests": number}
                for (was, now), number in sorted(tree.get("moved", {}).items())
            ],
        },
    }


_Tree = Mapping[str | None, Mapping[tuple[str | None, ...], int]]


def _under(tally: Tally) -> dict[str | None, dict[tuple[str | None, ...], int]]:
    found: dict[str | None, dict[tuple[str | None, ...], int]] = {}
    for (first, *rest), number in tally.items():
        found.setdefault(first, {})[tuple(rest)] = number
    return found


def _run_result(tally: Tally, tree: _Tree, name: str) -> dict[str, Any]:
    inside = _under(Counter(dict(tree.get(name, {}))))
    per_customer = {int(key[0] or 0): n for key, n in sorted(inside.get("per_customer", {}).items())}
    states = {key[0]: n for key, n in inside.get("state", {}).items()}
    return {
        "requests": tally[name, "requests"],
        "contacts": tally[name, "contacts"],
        **{state: states.get(state, 0) for state in ("released", "suppressed", "expired", "withdrawn", "waiting")},
        "pre_empted": tally[name, "pre_empted"],
        "recalled": tally[name, "recalled"],
        "assumed": tally[name, "assumed"],
        "customers_reached": sum(n for contacts, n in per_customer.items() if contacts),
        "contacts_per_customer": _distribution(per_customer),
        "blocked": _blocked(inside.get("blocked", {})),
        "reach": _reach(inside),
        "channels": {
            str(key[1]): {
                "contacts": inside["contacts_by"][key],
                "customers": number,
            }
            for key, number in sorted(inside.get("customers_by", {}).items(), key=_order)
            if key[0] == "channel"
        },
        "days": {str(key[0]): n for key, n in sorted(inside.get("day", {}).items(), key=_order)},
    }


def _distribution(per_customer: Mapping[int, int]) -> dict[str, Any]:
    return {
        "customers": {str(contacts): per_customer[contacts] for contacts in sorted(per_customer)},
        "p50": _percentile(per_customer, 50),
        "p95": _percentile(per_customer, 95),
        "max": max(per_customer, default=0),
    }


def _percentile(per_customer: Mapping[int, int], percent: int) -> int:
    """The smallest number of contacts that at least so many percent of the customers do not exceed."""
    total, seen = sum(per_customer.values()), 0
    for contacts in sorted(per_customer):
        seen += per_customer[contacts]
        if 100 * seen >= percent * total:
            return contacts
    return 0


def _blocked(found: Mapping[tuple[str | None, ...], int]) -> list[dict[str, Any]]:
    rows: dict[tuple[str | None, str | None], dict[str, Any]] = {}
    for (how, rule, reason), number in found.items():
        row = rows.setdefault(
            (rule, reason), {"rule": rule, "reason": reason, "deferred": 0, "suppressed": 0, "expired": 0}
        )
        row[str(how)] = number
    return sorted(
        rows.values(),
        key=lambda r: (-(r["deferred"] + r["suppressed"] + r["expired"]), r["reason"] or "", r["rule"] or ""),
    )


def _reach(inside: _Tree) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": key[1],
            "contact_class": key[2],
            "contacts": inside["contacts_by"][key],
            "customers": number,
        }
        for key, number in sorted(inside.get("customers_by", {}).items(), key=_order)
        if key[0] == "campaign"
    ]


def _order(item: tuple[tuple[str | None, ...], int]) -> tuple[str, ...]:
    return tuple(each or "" for each in item[0])


def _ranked(found: Mapping[tuple[str | None, ...], int]) -> list[tuple[tuple[str | None, ...], int]]:
    return sorted(found.items(), key=lambda item: (-item[1], _order(item)))
