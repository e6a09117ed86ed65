"""Explaining decisions that were taken: stored facts and the documents of their time, decided once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.clock import from_micros, to_micros
from rapport.contracts.vocabulary import ContactClass
from rapport.db import Connection
from rapport.errors import DomainError, NotFound
from rapport.ranking import Offer
from touchpoint_service.domain.decide import Decision
from touchpoint_service.domain.decided import Stored, unpack
from touchpoint_service.domain.explanation import Case, Competitor, Explanation, Holder, Look, explain
from touchpoint_service.domain.explanation_words import sentences
from touchpoint_service.domain.facts import Customer, Request, World
from touchpoint_service.domain.standing import Entry
from touchpoint_service.handlers.gate import because_of
from touchpoint_service.repository import facts
from touchpoint_service.repository.policies import policy_version

_CLASSES = tuple(contact_class.value for contact_class in ContactClass)


class FactsDeleted(DomainError):
    """What the decision was made from is kept no longer: it is too old, or older than the keeping of facts."""

    status = 410
    title = "Facts of the decision are deleted"


class NoSuchDecision(NotFound):
    """Nothing was decided about the request under this number, or nothing yet."""


async def explain_request(
    conn: Connection, customer_id: str, request_id: str, *, seq: int | None, lang: str
) -> dict[str, Any]:
    """The explanation of a request's newest decision, or of the one with this number of the timeline.

    Raises:
        NoSuchDecision, FactsDeleted: as their names say.
    """
    decisions = await facts.decisions(conn, customer_id, request_id)
    chosen = next((d for d in reversed(decisions) if seq in (None, d["seq"])), None)
    if chosen is None:
        raise NoSuchDecision("nothing was decided about the request under this number, or nothing yet")
    if chosen["facts_id"] is None:
        raise FactsDeleted("the decision was taken before facts were kept")
    case = await load_case(conn, customer_id, chosen["facts_id"], chosen["at"], chosen["seq"])
    found = explain(case, request_id)
    return _shown(found, chosen["seq"], lang) | {"decisions": [_entry(d) for d in decisions]}


async def load_case(conn: Connection, customer_id: str, facts_id: UUID, at: datetime, seq: int) -> Case:
    """The facts of the decisions about a customer that entry `seq` tells of, with the documents they name.

    Raises:
        FactsDeleted: some of it is gone.
    """
    page = await facts.page(conn, facts_id, at)
    stored = None if page is None else _told_by(unpack(page), customer_id, seq)
    if stored is None:
        raise FactsDeleted("what the decision was made from is kept no longer")
    customers = {}
    for member, version in stored.customer_versions.items():
        if version is not None:
            document = await facts.customer_document(conn, member, version, at)
            if document is None:
                raise FactsDeleted("the customer's record as it was then is kept no longer")
            customers[member] = Customer.of(document)
    offers = {}
    for offer_id, version in stored.offers.items():
        document = await facts.offer_document(conn, offer_id, version, at)
        if document is None:
            raise FactsDeleted("an offer as it was then is kept no longer")
        offers[offer_id] = Offer.parse(document)
    policy = None if stored.policy is None else await policy_version(conn, *stored.policy, None)
    return Case(to_micros(at), customer_id, stored, customers, policy, World(stored.plans, offers, stored.minutes_old))


def _told_by(page: Sequence[Stored], customer_id: str, seq: int) -> Stored | None:
    """A customer may be decided about twice in a transaction: an entry belongs to the last decision before it."""
    own = [s for s in page if customer_id in s.standings and s.standings[customer_id].seq < seq]
    return max(own, key=lambda s: s.standings[customer_id].seq, default=None)


def _entry(row: Any) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "at": row["at"],
        "kind": row["kind"],
        "channel": row["channel"],
        "reason": row["reason"],
        "policy_version": row["policy_version"],
        "explained": row["facts_id"] is not None,
    }


def _shown(found: Explanation, seq: int, lang: str) -> dict[str, Any]:
    case, decision = found.case, found.decision
    return {
        "customer_id": found.request.customer_id,
        "seq": seq,
        "at": from_micros(case.now),
        "time_zone": case.zone.key,
        "policy_id": None if case.policy is None else case.policy.policy_id,
        "policy_version": None if case.policy is None else case.policy.version,
        **_request(found.request),
        "channels": list(found.request.channels),
        **_decided(decision),
        "place": found.place,
        "rules": [_look(look) for look in found.looks],
        "rules_by_channel": [
            {"channel": c.channel, "rules": [_look(look) for look in c.looks]} for c in found.channels
        ],
        "competitors": [_competitor(c) for c in found.competitors],
        "held_by": [_holder(h) for h in found.holders],
        "pre_empted": [_contact(entry) for entry in decision.pre_empted],
        "sentences": sentences(found, lang),
    }


def _decided(decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {"decision": "waiting", "channel": None, "contact_id": None, "retry_at": None, "because": None}
    return {
        "decision": decision.kind,
        "channel": decision.channel,
        "contact_id": decision.contact_id,
        "retry_at": _time(decision.retry_at),
        "because": because_of(decision.because),
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "contact_class": _CLASSES[request.contact_class],
        "score": request.score,
        "asked_at": from_micros(request.at),
        "not_before": _time(request.not_before),
        "expires_at": from_micros(request.expires_at),
        "purpose": request.purpose,
        "category": request.category,
        "goal": request.goal,
        "campaign_id": request.campaign_id,
        "offer_id": request.offer_id,
    }


def _look(look: Look) -> dict[str, Any]:
    figures, objection = look.figures, look.objection
    counted: dict[str, Any] = {}
    if figures is not None:
        counted = {
            "counter": figures.counter,
            "limit": figures.limit,
            "window_first": from_micros(figures.first),
            "window_last": from_micros(figures.last),
            "zone": None if figures.zone is None else figures.zone.key,
        }
    said = because_of(objection) or {}
    return {"kind": look.kind, "rule": look.rule, "objects": objection is not None, **said, **counted}


def _competitor(competitor: Competitor) -> dict[str, Any]:
    return {"ahead": competitor.ahead, **_request(competitor.request), **_decided(competitor.decision)}


def _holder(holder: Holder) -> dict[str, Any]:
    return {**_contact(holder.entry), "won_together": holder.request is not None}


def _contact(entry: Entry) -> dict[str, Any]:
    return {
        "contact_id": entry.contact_id,
        "request_id": entry.request_id,
        "channel": entry.channel,
        "contact_class": _CLASSES[entry.contact_class],
        "category": entry.category,
        "goal": entry.goal,
        "campaign_id": entry.campaign_id,
        "offer_id": entry.offer_id,
        "released_at": from_micros(entry.at),
    }


def _time(at: int | None) -> datetime | None:
    return None if at is None else from_micros(at)
