"""What the topics say of one customer, against what touchpoint has stored: taken in (3, 4, 7), and sent out (7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rapport_cli.checker.heard import ACCEPTANCES, CONTACTS, OUTCOMES, REQUESTS, Heard, fingerprint
from rapport_cli.checker.standings import Note


class TookIn(NamedTuple):
    """What touchpoint knows of what was said."""

    requests: Sequence[Any]
    """Rows of the table."""
    outcomes: Mapping[tuple[str, str], int]
    """How often each (outcome, contact) is on the timeline."""
    settled: Sequence[tuple[str, str]]
    """(acceptance, status) as the timeline has them."""


def compare(
    heard: Heard,
    customer_id: str,
    timeline: Sequence[Any],
    took_in: TookIn,
    *,
    note: Note,
    forgotten: Callable[[], bool],
) -> None:
    """Look at everything that was said of the customer. Of somebody `forgotten`, nothing needs to be there any more."""
    settled = Counter(took_in.settled)
    for (outcome_id, contact_id), count in took_in.outcomes.items():
        if count > 1:
            note(4, f"outcome {outcome_id} of {contact_id} is on the timeline {count} times")
    for (acceptance_id, status), count in settled.items():
        if count > 1:
            note(7, f"that {acceptance_id} was {status} is on the timeline {count} times")
    known = {
        REQUESTS: {hash(row["request_id"]) for row in took_in.requests},
        OUTCOMES: {hash(outcome_id) for outcome_id, _contact in took_in.outcomes},
        ACCEPTANCES: {hash(f"{acceptance_id}:{status}") for acceptance_id, status in settled},
    }
    for topic, (invariant, what) in _MISSING.items():
        for said, where in heard.sayings(topic, customer_id):
            if said not in known[topic] and not forgotten():
                note(invariant, f"{what} at {where} was passed over: neither taken in nor set aside")
    _sent(heard, customer_id, timeline, note, forgotten)


_MISSING = {
    REQUESTS: (3, "the request"),
    OUTCOMES: (4, "the outcome"),
    ACCEPTANCES: (7, "what the ledger says"),
}


def _sent(heard: Heard, customer_id: str, timeline: Sequence[Any], note: Note, forgotten: Callable[[], bool]) -> None:
    sent = heard.contacts.get(customer_id)
    if sent is None:
        if timeline and not heard.truncated[CONTACTS]:
            note(7, f"none of {len(timeline)} entries is on {CONTACTS}")
        return
    if sent.lives > 1 and not forgotten():
        note(7, f"the numbers on {CONTACTS} begin again though the customer was never erased")
    for row in timeline:
        if row["seq"] >= sent.first and sent.at(row["seq"]) != fingerprint(row["type"], row["body"].encode()):
            missing = sent.at(row["seq"]) in (0, None)
            note(7, f"entry {row['seq']} {'is not' if missing else 'is another one'} on {CONTACTS}")
    if sent.last > len(timeline) and not forgotten():
        note(7, f"{CONTACTS} goes on to entry {sent.last}, the timeline only to {len(timeline)}")
