"""Handing contacts to agents and dialers: a lease for a while, renewed or given back.

A lease takes no part in the budget, so no standing is locked. Hours may have passed since the release: the rules that
depend on the time of day are looked at again, and a contact that may not go now is put off to the moment it may.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import Reason
from rapport.db import Connection
from rapport.errors import Conflict, NotFound
from touchpoint_service.domain.facts import Customer, Facts, Request, World
from touchpoint_service.domain.objection import Objection
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.preference import Moment, moment
from touchpoint_service.domain.rules import HANDOVER_RULES, first_of
from touchpoint_service.domain.standing import Standing
from touchpoint_service.handlers.capacities import allowance
from touchpoint_service.repository import queues

_EMPTY_WORLD = World({}, {})
_AHEAD = 3
"""So many times as many contacts as are wanted are looked at, to find those whose moment it is."""


class ContactRecalledByGate(Conflict):
    """The contact was recalled: do not carry it out."""

    type = "contact-recalled"
    title = "Contact recalled"


class LeaseLost(Conflict):
    """The lease has lapsed or was given to somebody else."""


async def hand_out(
    conn: Connection,
    policy: Policy | None,
    channel: str,
    now: datetime,
    *,
    owner: str,
    seconds: float,
    limit: int,
    state: str = "leased",
    place: str | None = None,
    campaign: str | None = None,
    minutes_old: int | None = None,
) -> list[Any]:
    """The most important contacts of a channel that may be carried out now, held for `owner` for so many seconds.

    None at all where what is known of customers is too old (`minutes_old`, as `Gate.minutes_old` has it).

    Looks through the queue until `limit` are found or it is at its end; no more than the channel, and the team that
    `place` names, have capacity for. Of equally important ones at the front of the queue those go first for whose
    customers it is a good time.
    """
    if minutes_old is not None:
        return []
    allowed = await allowance(conn, channel, place, now)
    if allowed.left is not None:
        limit = min(limit, allowed.left)
    taken: list[Any] = []
    tried: set[str] = set()
    while len(taken) < limit:
        wanted = limit - len(taken)
        ahead = wanted * _AHEAD
        rows = await queues.candidates(conn, channel, now, limit=ahead, place=place, campaign=campaign, without=tried)
        put_off, fit = {}, []
        for row in rows:
            objection, good = judge_now(row, policy, now)
            if objection is None:
                fit.append((row["contact_class"], good, row))
            else:
                until = row["expires_at"] if objection.until is None else from_micros(objection.until)
                put_off[row["contact_id"]] = until
        if put_off:
            await queues.put_off(conn, put_off)
        going = [row for _, _, row in sorted(fit, key=lambda each: each[:2])[:wanted]]
        if going:
            ids = [row["contact_id"] for row in going]
            got = await queues.hand_out(conn, ids, owner, queues.later(now, seconds), state)
            taken += [row for row in going if row["contact_id"] in got]
            tried.update(ids)
        if len(rows) < ahead and len(going) < wanted:
            break
    await allowed.spend(conn, len(taken))
    return taken


async def renew_lease(conn: Connection, contact_id: str, owner: str, until: datetime) -> None:
    """Hold a lease until a later instant.

    Raises:
        NotFound, ContactRecalledByGate, LeaseLost: as their names say.
    """
    if not await queues.renew(conn, contact_id, owner, until):
        await _explain(conn, contact_id)


async def return_lease(conn: Connection, contact_id: str, owner: str) -> None:
    """Give a task back to the queue.

    Raises:
        NotFound, ContactRecalledByGate, LeaseLost: as their names say.
    """
    if not await queues.put_back(conn, contact_id, owner):
        await _explain(conn, contact_id)


def judge_now(row: Any, policy: Policy | None, now: datetime) -> tuple[Objection | None, Moment]:
    """What stands against carrying out a released contact now, and how good a time it is. Nothing known: it does not
    go."""
    if policy is None:
        return Objection(Reason.NO_POLICY), Moment.UNKNOWN
    if row["doc"] is None:
        return Objection(Reason.UNKNOWN_CUSTOMER), Moment.UNKNOWN
    facts = Facts(
        to_micros(now),
        policy,
        Standing(row["customer_id"]),
        Customer.of(row["doc"]),
        _request(row),
        _EMPTY_WORLD,
        row["channel"],
    )
    return first_of(HANDOVER_RULES, facts), moment(facts)


def _request(row: Any) -> Request:
    return Request(
        row["request_id"],
        row["customer_id"],
        (row["channel"],),
        row["purpose"],
        row["category"],
        row["contact_class"],
        row["score"],
        row["goal"],
        row["campaign_id"],
        row["offer_id"],
        row["place"],
        to_micros(row["released_at"]),
        None,
        to_micros(row["expires_at"]),
    )


async def _explain(conn: Connection, contact_id: str) -> None:
    row = await queues.contact_row(conn, contact_id)
    if row is None:
        raise NotFound(f"there is no contact {contact_id}")
    if row["state"] == "recalled":
        raise ContactRecalledByGate("the contact was recalled; answer the recall", contact_id=contact_id)
    raise LeaseLost("the lease is no longer yours", contact_id=contact_id)
