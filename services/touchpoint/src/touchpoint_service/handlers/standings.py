"""A standing as people read it: which budgets are used how far, and when each frees."""

from __future__ import annotations

from typing import Any

from rapport.clock import from_micros
from touchpoint_service.domain.budget_rules import counted_for, frees_at, slots, windows_of
from touchpoint_service.domain.facts import Customer, Facts, Request, World
from touchpoint_service.domain.policy import Cap, Policy
from touchpoint_service.domain.standing import CLOSED, Entry, Standing


def budgets(standing: Standing, customer: Customer | None, policy: Policy | None, now: int) -> dict[str, Any]:
    """Every cap of the policy for everything that counts, and what else is known of the customer."""
    return {
        "customer_id": standing.customer_id,
        "policy_id": None if policy is None else policy.policy_id,
        "policy_version": None if policy is None else policy.version,
        "budgets": [] if policy is None or customer is None else _budgets(standing, customer, policy, now),
        "pauses": [
            {"rule": c.rule, "scope": c.scope, "key": c.key, "outcome": c.outcome, "until": _text(c.until)}
            | ({} if c.freeze_id is None else {"freeze_id": c.freeze_id})
            for c in standing.cool_downs
            if c.until is None or c.until > now
        ],
        "goals_met": [
            {"goal": goal, "offer_id": met.offer_id, "channel": met.channel, "at": _text(met.at)}
            for goal, acceptances in standing.goals.items()
            for met in acceptances
        ],
        "said": [
            {"offer_id": offer_id, "outcome": word.outcome, "channel": word.channel, "at": _text(word.at)}
            | ({} if word.call_back_at is None else {"call_back_at": _text(word.call_back_at)})
            for offer_id, word in standing.said.items()
        ],
        "held": [
            {"contact_id": e.contact_id, "channel": e.channel, "goal": e.goal, "since": _text(e.at)}
            for e in standing.entries
            if e.state != CLOSED
        ],
        "waiting": standing.live,
    }


def _budgets(standing: Standing, customer: Customer, policy: Policy, now: int) -> list[dict[str, Any]]:
    found = []
    for cap in map(Cap.of, policy.document.frequency_caps):
        attribute = cap.attribute
        examples: dict[str | None, Entry] = {}
        for entry in standing.entries:
            if cap.channels is None or entry.channel in cap.channels:
                examples.setdefault(None if attribute is None else getattr(entry, attribute), entry)
        found += [
            _budget(Facts(now, policy, standing, customer, _like(entry), World({}, {}), entry.channel), cap, key)
            for key, entry in examples.items()
        ]
    return found


def _budget(facts: Facts, cap: Cap, key: str | None) -> dict[str, Any]:
    windows = windows_of(facts, cap)
    counted = counted_for(facts, cap, windows) if windows else []
    frees = frees_at(facts, cap, windows, counted) if counted else None
    return {
        "rule": cap.name,
        "scope": cap.scope,
        "key": key,
        "used": slots(cap, counted),
        "limit": cap.limit,
        "frees_at": _text(frees),
    }


def _like(entry: Entry) -> Request:
    """A request that the caps would count together with this contact."""
    return Request(
        entry.request_id,
        "",
        (entry.channel,),
        entry.purpose,
        entry.category,
        entry.contact_class,
        0.0,
        entry.goal,
        entry.campaign_id,
        entry.offer_id,
        None,
        entry.at,
        None,
        entry.at,
    )


def _text(at: int | None) -> str | None:
    return None if at is None else from_micros(at).isoformat()
