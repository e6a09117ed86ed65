"""What touchpoint stores of a customer beside the timeline, against what follows from the timeline (2, 3, 6, 8).

The stored standing, decoded from its own description:
- `e`: a row per contact that counts: released at (µs since the epoch), contact, request, channel, category, purpose,
  rank of the class, campaign, offer, goal, `o`, `s` or `c` (not reached, shown, done with), and the newest outcome, in
  the order of the release; contacts that are done with are forgotten after 92 days;
- `c`: a row per pause: until (µs, null for good), scope, key, rule, outcome, id of a freeze; forgotten when over;
- `g`: per goal that is met a row for each acceptance that stands: offer, acceptance, channel, since (µs);
- `s`: per offer the newest word on it, unless it was accepted since: at (µs), `interested`, `refused` or `call_back`,
  channel, when to call back (µs, or null); forgotten 92 days after both instants;
- `t`: the instant of the newest timeline entry (µs), left out before there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from rapport_cli.checker.life import CLOSED, MESSAGES, OPEN, SHOWN, Contact, Life, Pause

Note = Callable[[int, str], None]

HELD = frozenset(("open", "leased", "sending", "shown"))
"""States of a contact that its channel still has."""
_CLASSES = ("service_critical", "service", "retention", "marketing")
_REMEMBERED = timedelta(days=92)
_SLACK = timedelta(days=1)
"""The clock may have gone on since the newest entry, and something may have been forgotten at that later instant."""
_OLD = 5
"""Members of a row from before there were freezes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compare(
    life: Life,
    rows: Mapping[str, Sequence[Any]],
    *,
    note: Note,
    stopped: frozenset[str],
    possible_pauses: set[Pause],
    newest: datetime | None,
) -> None:
    """Look at the stored requests, contacts and standing of one customer."""
    _requests(life, rows["requests"], note, stopped)
    states = {row["contact_id"]: row["state"] for row in rows["contacts"]}
    _contacts(life, rows["contacts"], states, note, stopped)
    standing = next(iter(rows["standings"]), None)
    if standing is None:
        if rows["timeline"] or rows["requests"]:
            note(6, "there is no standing")
        return
    live = sum(1 for row in rows["requests"] if row["state"] == "live")
    if standing["live"] != live:
        note(6, f"the standing counts {standing['live']} live requests, there are {live}")
    if standing["seq"] != len(rows["timeline"]):
        note(6, f"the standing is of entry {standing['seq']}, the timeline has {len(rows['timeline'])}")
    body = standing["body"]
    newest_here = _micros(rows["timeline"][-1]["at"]) if rows["timeline"] else 0
    if body.get("t", 0) != newest_here:
        note(6, f"the standing is as of {body.get('t')}, the newest entry of {newest_here}")
    _entries(life, body.get("e", []), states, note, newest)
    _goals(life, body.get("g", {}), note)
    _pauses(life, body.get("c", []), possible_pauses, note, newest)
    _said(life, body.get("s", {}), note, newest)


def _requests(life: Life, rows: Sequence[Any], note: Note, stopped: frozenset[str]) -> None:
    for row in rows:
        request_id, state = row["request_id"], row["state"]
        ends = life.ends.get(request_id, [])
        if state == "live":
            if ends:
                note(3, f"request {request_id} is live, but the timeline says {', '.join(ends)}")
            if row["next_look"] is None:
                note(3, f"request {request_id} is live and never looked at again")
            if row["campaign_id"] in stopped and row["because"] is not None:  # else it has not had its first look
                note(8, f"request {request_id} of the stopped {row['campaign_id']} is live")
        elif ends != [state]:
            note(3, f"request {request_id} is {state}, but the timeline says {', '.join(ends) or 'nothing'}")
        released = life.contacts.get(row["contact_id"] or "")
        if state == "released" and (released is None or released.request_id != request_id):
            note(3, f"request {request_id} names {row['contact_id']}, which was not released for it")
    for request_id in life.ends.keys() - {row["request_id"] for row in rows}:
        note(3, f"request {request_id} ended on the timeline, but is not stored")


def _contacts(life: Life, rows: Sequence[Any], states: Mapping[str, str], note: Note, stopped: frozenset[str]) -> None:
    for row in rows:
        if row["state"] in HELD and row["campaign_id"] in stopped:
            note(8, f"{row['contact_id']} of the stopped {row['campaign_id']} is {row['state']}")
        if row["contact_id"] not in life.contacts:
            note(6, f"{row['contact_id']} is stored, but was never released")
    for contact in life.contacts.values():
        state = states.get(contact.contact_id, "missing")
        if state not in _possible(contact):
            note(6, f"{contact.contact_id} is {state}; by the timeline it is {' or '.join(sorted(_possible(contact)))}")
        met = life.accepted(contact.goal)
        if state in HELD and met is not None:
            note(2, f"{contact.contact_id} is {state} though {met.acceptance_id} met {contact.goal}")


def _possible(contact: Contact) -> set[str]:
    """The states that the timeline leaves open."""
    if contact.perhaps_sent:
        return {"closed", "sent"}
    if not contact.held:
        return {contact.ending or "closed"}
    if contact.mark == SHOWN:
        return {"shown"}
    return {"open", "sending", "sent"} if contact.channel in MESSAGES else {"open", "leased"}


def _entries(
    life: Life, stored: Sequence[Sequence[Any]], states: Mapping[str, str], note: Note, newest: datetime | None
) -> None:
    found = {row[1]: list(row) for row in stored}
    if len(found) < len(stored):
        note(6, "the standing counts a contact twice")
    if any(later[0] < earlier[0] for earlier, later in pairwise(stored)):
        note(6, "the standing is not in the order of the releases")
    for contact in life.counting():
        row = found.pop(contact.contact_id, None)
        expected = _row(contact, states.get(contact.contact_id))
        if row is None:
            if not _may_be_forgotten(contact, newest):
                note(6, f"the standing does not count {contact.contact_id}")
        elif row != expected:
            note(6, f"the standing has {row} where the timeline says {expected}")
    for contact_id in found:
        note(6, f"the standing counts {contact_id}, the timeline does not")


def _row(contact: Contact, state: str | None) -> list[Any]:
    return [
        _micros(contact.at),
        contact.contact_id,
        contact.request_id,
        contact.channel,
        contact.category,
        contact.purpose,
        _CLASSES.index(contact.contact_class) if contact.contact_class in _CLASSES else None,
        contact.campaign_id,
        contact.offer_id,
        contact.goal,
        OPEN if contact.perhaps_sent and state == "sent" else contact.mark,
        contact.outcome,
    ]


def _may_be_forgotten(contact: Contact, newest: datetime | None) -> bool:
    return contact.mark == CLOSED and newest is not None and contact.at <= newest - _REMEMBERED + _SLACK


def _goals(life: Life, stored: Mapping[str, Sequence[Sequence[Any]]], note: Note) -> None:
    found = {(goal, row[1]) for goal, met in stored.items() for row in met}
    expected = {(a.goal, a.acceptance_id) for a in life.acceptances.values()}
    for goal, acceptance_id in expected - found:
        note(6, f"the standing does not know that {acceptance_id} met {goal}")
    for goal, acceptance_id in found - expected:
        note(6, f"the standing says that {acceptance_id} met {goal}, the timeline does not")


def _said(life: Life, stored: Mapping[str, Sequence[Any]], note: Note, newest: datetime | None) -> None:
    for offer_id, word in life.said.items():
        at, outcome, channel, back = word
        row = [_micros(at), outcome, channel, None if back is None else _micros(back)]
        forgotten = newest is not None and max(at, back or at) <= newest - _REMEMBERED + _SLACK
        if stored.get(offer_id) != row and not (forgotten and offer_id not in stored):
            note(6, f"the standing has {stored.get(offer_id)} as said of {offer_id}, the timeline {row}")
    for offer_id in stored.keys() - life.said.keys():
        note(6, f"the standing has a word on {offer_id} that stands no more, or that nobody said")


def _pauses(
    life: Life, stored: Sequence[Sequence[Any]], possible: set[Pause], note: Note, newest: datetime | None
) -> None:
    found = {tuple(row) if len(row) > _OLD else (*row, None) for row in stored}
    certain = {_pause_row(pause) for pause in life.pauses if pause.until is None or not _is_over(pause.until, newest)}
    for row in certain - found:
        note(6, f"the standing has no pause {row}")
    for row in found - {_pause_row(pause) for pause in (*life.pauses, *possible)}:
        note(6, f"the standing has a pause {row} that follows from nothing")


def _is_over(until: datetime, newest: datetime | None) -> bool:
    return newest is None or until <= newest + _SLACK


def _pause_row(pause: Pause) -> tuple[Any, ...]:
    return None if pause.until is None else _micros(pause.until), *pause[1:]


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
