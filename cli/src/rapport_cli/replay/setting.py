"""What must be there before the first contact: customers, an offer, a policy and a running plan.

All of it comes in through the public interface, each act by somebody whose role may do it; policy and plan are approved
by another person than their author. The plan's audience is empty: the log itself says who is to be contacted when, so
the requests come from outside, on `campaign.requests`.
"""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from rapport_cli.desk import Desk, Person, Refused
from rapport_cli.replay.log import Customer, Log, Reject
from rapport_cli.replay.mapping import LogMapping

POLICY = "replay"
STALLED_SECONDS = 120.0
"""An import that does not move for so long is given up."""

_POLL_SECONDS = 0.1
STEWARD = Person("data_steward", "dana")
_MANAGER = Person("offer_manager", "olivia")
_EDITOR = Person("policy_editor", "erin")
_SIGNER = Person("policy_approver", "petra")
_PLANNER = Person("campaign_planner", "paula")
_APPROVER = Person("campaign_approver", "sam")


async def bring_customers(desk: Desk, log: Log, mapping: LogMapping, progress: Callable[[int], None]) -> list[Reject]:
    """Hand the customers in as a file and wait until it is read; those refused, by their line in the log.

    Raises:
        Refused: the file is refused, or nobody reads it.
    """
    told = _import_mapping(log, mapping)
    path, state = await import_file(desk, _csv_of(log, mapping), told, len(log.customers), progress)
    if not state["rejected"]:
        return []
    rejects = await desk.call("profile", "GET", f"{path}/rejects", by=STEWARD)
    return list(_rejects_of(rejects.text, log.customers))


async def import_file(
    desk: Desk, content: bytes, mapping: dict[str, Any], rows: int, progress: Callable[[int], None]
) -> tuple[str, dict[str, Any]]:
    """Import a file of so many customers and wait until it is read; the path of the import, and how it ended.

    Raises:
        Refused: the file is refused, or nobody reads it.
    """
    answer = await desk.call(
        "profile",
        "POST",
        "/imports",
        by=STEWARD,
        files={"file": ("customers.csv", content, "text/csv")},
        data={"mapping": orjson.dumps(mapping).decode()},
    )
    path = f"/imports/{answer.json()['import_id']}"
    seen, since = -1, time.monotonic()
    while True:
        state: dict[str, Any] = (await desk.call("profile", "GET", path, by=STEWARD)).json()
        progress(state["rows_read"])
        if state["state"] == "finished":
            return path, state
        if state["rows_read"] != seen:
            seen, since = state["rows_read"], time.monotonic()
        elif time.monotonic() - since > STALLED_SECONDS:
            raise Refused(f"the import stands still at {seen:,} of {rows:,} rows: see profile-worker.log")
        await asyncio.sleep(_POLL_SECONDS)


async def put_up(desk: Desk, mapping: LogMapping) -> None:
    """Publish the offer, and bring the policy into force.

    Raises:
        Refused: the system is not empty: it has a policy or an offer of this name.
    """
    offer = mapping.campaign.offer
    await desk.call("offers", "PUT", f"/offers/{offer}", _offer(mapping), by=_MANAGER)
    await desk.call("offers", "POST", f"/offers/{offer}/publication", by=_MANAGER)
    body = {"policy_id": POLICY, "document": _policy(mapping)}
    await desk.call("touchpoint", "POST", "/policies", body, by=_EDITOR)
    version = await desk.call("touchpoint", "POST", f"/policies/{POLICY}/versions", by=_EDITOR)
    path = f"/policies/{POLICY}/versions/{version.json()['version']}/approvals"
    await desk.call("touchpoint", "POST", path, by=_SIGNER)


async def start_plan(desk: Desk, mapping: LogMapping, start: datetime, end: datetime) -> None:
    """Write, submit, approve and run the plan."""
    path = f"/campaigns/{mapping.campaign.id}"
    await desk.call("campaign", "POST", "/campaigns", _plan(mapping, start, end), by=_PLANNER)
    await desk.call("campaign", "POST", f"{path}/submissions", by=_PLANNER)
    read = await desk.call("campaign", "GET", path, by=_APPROVER)
    await desk.call("campaign", "POST", f"{path}/approvals", by=_APPROVER, headers={"If-Match": read.headers["ETag"]})
    running = await desk.call("campaign", "PUT", f"{path}/state", {"state": "running"}, by=_PLANNER)
    if running.json()["state"] != "running":
        raise Refused(f"the plan is {running.json()['state']}, not running")


def made_up_phone(number: int) -> str:
    """A telephone number that nobody can have: country code 888 is not in service."""
    return f"+888{number:011}"


def _csv_of(log: Log, mapping: LogMapping) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    phones = "phone" not in mapping.customer.fields
    writer.writerow(("customer_id", *log.targets, *(("phone",) if phones else ())))
    for number, customer in enumerate(log.customers, start=1):
        phone = (made_up_phone(number),) if phones else ()
        writer.writerow((customer.customer_id, *customer.cells, *phone))
    return out.getvalue().encode()


def _import_mapping(log: Log, mapping: LogMapping) -> dict[str, Any]:
    customer, purpose = mapping.customer, mapping.campaign.purpose
    targets = ("customer_id", *log.targets, *(() if "phone" in customer.fields else ("phone",)))
    consents = {f"consents.{channel}.{purpose}": "yes" for channel in (mapping.channel, *mapping.also_open)}
    return {
        "columns": {target: target for target in targets},
        "types": {attribute.target: attribute.type for attribute in customer.attributes},
        "defaults": {**customer.defaults, **consents},
    }


def _rejects_of(text: str, customers: Sequence[Customer]) -> Iterator[Reject]:
    """Rejects of the file that was handed in, by their lines in the log; a cell may hold several lines."""
    lines, at = {}, 2
    for customer in customers:
        lines[at] = customer.line
        at += 1 + sum(cell.count("\n") for cell in customer.cells)
    rows = csv.reader(io.StringIO(text))
    next(rows)
    for line, column, reason in rows:
        yield Reject(lines[int(line)], column, reason)


def _offer(mapping: LogMapping) -> dict[str, Any]:
    campaign = mapping.campaign
    text = {"title": campaign.name, "body": "", "script": f"May I tell you about our offer: {campaign.name}?"}
    chinese = {"title": campaign.name, "body": "", "script": f"向您介绍一项优惠：{campaign.name}。"}
    return {
        "category": campaign.category,
        "goal": campaign.goal,
        "channels": [mapping.channel, *mapping.also_open],
        "texts": {"en": text, "zh-CN": chinese},
    }


def _policy(mapping: LogMapping) -> dict[str, Any]:
    cap = mapping.cap
    caps = [
        {
            "name": "contacts-per-campaign",
            "channels": [mapping.channel],
            "scope": "campaign",
            "limit": cap.limit,
            "window": {"kind": "rolling", "hours": cap.window_hours},
        }
    ]
    return {"name": "Replay of a contact log", "frequency_caps": caps if cap.limit else []}


def _plan(mapping: LogMapping, start: datetime, end: datetime) -> dict[str, Any]:
    campaign = mapping.campaign
    return {
        "campaign_id": campaign.id,
        "name": campaign.name,
        "goal": campaign.goal,
        "contact_class": campaign.contact_class.value,
        "purpose": campaign.purpose,
        "category": campaign.category,
        "audience": {"list": []},
        "offers": [campaign.offer],
        "lines": [
            {"channels": [channel], "offer_id": campaign.offer, "role": "lead" if not place else "cooperate"}
            for place, channel in enumerate((mapping.channel, *mapping.also_open))
        ],
        "schedule": {"start": start.isoformat(), "end": end.isoformat()},
    }
