"""What a customer said to the offers of a pop-up, and what the ledger says to each yes.

What always holds: a yes is committed before anybody waits for the ledger, which hears of it as an event. So it stands
whether or not the ledger answers in time, and nobody who waits holds a lock or a transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rapport.contracts.channel import OutcomeReported
from rapport.contracts.vocabulary import Outcome
from rapport.db import Pool
from rapport.errors import FieldError, Malformed
from rapport.telemetry import current_traceparent
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.domain.words import REFUSED_SALES
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.handlers.outcomes import Report, report_outcomes
from touchpoint_service.repository import reads
from touchpoint_service.repository.work import Work

_OUTCOMES = {
    "interested": Outcome.INTERESTED,
    "refused": Outcome.REFUSED,
    "accepted": Outcome.ACCEPTED,
    "later": Outcome.CALL_BACK,
}
_LOOKS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
"""Seconds between two looks for the ledger's answer, which mostly takes three trips through Kafka; the last repeats."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer said to one offer."""

    offer_id: str
    answer: str
    call_back_at: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is recorded: in which contact, by which report, and whether the ledger might have none left."""

    said: Answer
    contact_id: str
    outcome_id: str
    may_be_refused: bool


async def answer_popup(work: Work, gate: Gate, popup: Any, answers: Sequence[Answer], agent: str) -> list[Answered]:
    """Record what the customer said to offers that were shown.

    Raises:
        Malformed: an offer was not in the pop-up, or `later` names no time.
    """
    contacts = {item["offer_id"]: item["contact_id"] for item in popup["body"]["offers"]}
    reports, answered = [], []
    for index, said in enumerate(answers):
        if said.offer_id not in contacts:
            raise Malformed("not shown", errors=[FieldError(f"#/answers/{index}/offer_id", "was not in this pop-up")])
        if said.answer == "later" and said.call_back_at is None:
            raise Malformed("when?", errors=[FieldError(f"#/answers/{index}/call_back_at", "required for later")])
        outcome = OutcomeReported(
            outcome_id=natural_id("out", 0, popup["popup_id"], said.offer_id, said.answer),
            customer_id=popup["customer_id"],
            contact_id=contacts[said.offer_id],
            outcome=_OUTCOMES[said.answer],
            at=work.at,
            offer_id=said.offer_id,
            call_back_at=said.call_back_at,
            agent=agent,
            note=said.note,
        )
        reports.append(Report(outcome, current_traceparent()))
        offer = gate.offer(said.offer_id)
        limited = said.answer == "accepted" and (offer is None or offer.stock is not None)
        answered.append(Answered(said, outcome.contact_id, outcome.outcome_id, limited))
    await report_outcomes(work, gate, reports)
    return answered


async def sales(
    pool: Pool, customer_id: str, answered: Sequence[Answered], lang: str, patience: timedelta
) -> list[dict[str, Any]]:
    """Each answer; to a yes also what the ledger says. Only where it may say no is waited for it, up to `patience`.

    The state of a sale is `accepted`, `refused` with a reason and its words, or `pending`: then the customer's timeline
    and events will tell.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    yes = [one.outcome_id for one in answered if one.said.answer == "accepted"]
    urgent = {one.outcome_id for one in answered if one.may_be_refused}
    settled: Mapping[str, Any] = {}
    looks = iter(_LOOKS)
    while yes:
        async with pool.acquire() as conn:
            settled = await reads.settlements(conn, customer_id, yes)
        left = deadline - loop.time()
        if left <= 0 or all(settled[o]["status"] is not None for o in urgent if o in settled):
            break
        await asyncio.sleep(min(next(looks, _LOOKS[-1]), left))
    return [_told(one, settled.get(one.outcome_id), lang) for one in answered]


def unsettled(answered: Sequence[Answered]) -> list[dict[str, Any]]:
    """Each answer, before anybody has looked for the ledger's."""
    return [_told(one, None, "en") for one in answered]


def _told(one: Answered, settlement: Any, lang: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "offer_id": one.said.offer_id,
        "answer": one.said.answer,
        "contact_id": one.contact_id,
    }
    if settlement is not None:
        state, reason = settlement["status"] or "pending", settlement["reason"]
        told["sale"] = {"acceptance_id": settlement["acceptance_id"], "state": state, "reason": reason}
        told["sale"]["text"] = REFUSED_SALES[lang.startswith("zh")].get(reason) if state == "refused" else None
    return told
