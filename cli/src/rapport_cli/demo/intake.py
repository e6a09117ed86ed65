"""How the customers come in: a file from the CRM, reports of the contract system, and a regulator's do-not-call list.

All of it through the public interface: `POST /v1/imports`, the topic `channel.customers`, `POST /v1/do-not-call-lists`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from rapport.contracts.channel import CustomerReported
from rapport_cli.demo.world import Inhabitant
from rapport_cli.desk import Desk
from rapport_cli.replay.setting import STEWARD, import_file
from rapport_cli.replay.wire import Post

_ASKED_ONCE = 5000  # customers of one do-not-call list

_PLAIN = (
    *("customer_id", "name", "phone", "email", "account", "language", "country", "region", "time_zone", "grade"),
    *("birth_date", "preferred_channel"),
)
_NUMBERS = ("age", "tenure_months", "arpu", "data_gb", "device_age_months", "churn_risk")
_ATTRIBUTES = (*_NUMBERS, "job", "paperless_billing")
_CHANNELS = ("call", "sms", "email")
_COLUMNS = (
    *_PLAIN,
    "products",
    *_ATTRIBUTES,
    *(f"opt_in_{channel}" for channel in _CHANNELS),
)

MAPPING: dict[str, Any] = {
    "columns": {
        **{name: name for name in _PLAIN},
        "products": "holdings",
        **{name: f"attributes.{name}" for name in _ATTRIBUTES},
        **{f"opt_in_{channel}": f"consents.{channel}.marketing" for channel in _CHANNELS},
    },
    "types": {**dict.fromkeys(_NUMBERS, "number"), "paperless_billing": "boolean"},
}

BROKEN = (
    {"customer_id": "c-broken-1", "phone": "call me maybe"},
    {"customer_id": "c-broken-2", "time_zone": "Europe/Atlantis"},
    {"customer_id": "c-broken-3", "opt_in_sms": "perhaps"},
    {"customer_id": "", "name": "Nobody"},
)
"""Rows as every real file has them; they are rejected with line and reason, and hinder no other."""


async def hand_in_file(desk: Desk, people: Sequence[Inhabitant], progress: Callable[[int], None]) -> dict[str, Any]:
    """Import the customers and wait until the file is read; how the import ended."""
    _, state = await import_file(desk, csv_file(people), MAPPING, len(people) + len(BROKEN), progress)
    return state


async def report_contracts(post: Post, people: Iterable[Inhabitant], now: datetime) -> None:
    """What a file of cells cannot say: when each contract ends, and when customers like to be contacted."""
    for one in people:
        if one.contact_windows or any("contract_end" in holding for holding in one.holdings):
            body = {
                "customer_id": one.customer_id,
                "report_id": f"contracts-{one.customer_id}",
                "at": now,
                "holdings": one.holdings,
                "contact_windows": one.contact_windows or None,
            }
            post.put(CustomerReported, one.customer_id, f"contracts-{one.customer_id}", now.isoformat(), body)
    await post.send()


async def list_do_not_call(desk: Desk, people: Iterable[Inhabitant]) -> None:
    """Take over the regulator's list."""
    phones = [one.phone for one in people if one.do_not_call and one.phone is not None]
    for first in range(0, len(phones), _ASKED_ONCE):
        body = {"phones": phones[first : first + _ASKED_ONCE], "source": "regulator"}
        await desk.call("profile", "POST", "/do-not-call-lists", body, by=STEWARD)


def csv_file(people: Iterable[Inhabitant]) -> bytes:
    """The file of the CRM; unknown is an empty cell. The last rows are broken."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_cells(one) for one in people)
    writer.writerows(BROKEN)
    return out.getvalue().encode()


def _cells(one: Inhabitant) -> dict[str, Any]:
    return dict(_said(one))


def _said(one: Inhabitant) -> Iterator[tuple[str, Any]]:
    for name in _PLAIN:
        yield name, getattr(one, name)
    yield "products", "|".join(holding["product"] for holding in one.holdings)
    yield from one.attributes.items()
    for channel, granted in one.consents.items():
        yield f"opt_in_{channel}", "yes" if granted else "no"
