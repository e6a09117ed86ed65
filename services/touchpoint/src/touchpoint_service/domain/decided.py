"""What a decision about one customer was made from, in a form that can be stored and decided again.

What always holds: `decide` over stored facts gives the decisions that were taken and the standing that they left, as
long as its code is the same. A page holds the facts of several customers whose decisions were taken in one
transaction; each can be taken out of it without touching the others.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from touchpoint_service.domain.decide import Decision, decide
from touchpoint_service.domain.facts import Customer, Request, World
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.standing import Standing

_LEVEL = 1
"""Of zlib: higher ones take twice the time for a twentieth less."""


@dataclass(slots=True)
class Decided:
    """The facts of one customer's decisions, as the gate has them: documents by version, everything else as it was."""

    standing: Standing
    """Before the decisions."""
    customer_version: int | None
    policy: Policy | None
    requests: Sequence[Request]
    recallable: Mapping[str, Request]
    world: World
    decisions: Sequence[Decision]


@dataclass(slots=True)
class Stored:
    """The facts of one customer's decisions, as they were stored: `offers` are versions, `told` is what was decided."""

    standing: Standing
    customer_version: int | None
    policy: tuple[str, int] | None
    requests: list[Request]
    recallable: dict[str, Request]
    plans: Mapping[str, str]
    """May hold more than these requests name."""
    offers: Mapping[str, int]
    told: list[list[Any]]

    def again(
        self, customer: Customer | None, policy: Policy | None, world: World, now: int
    ) -> tuple[list[Decision], Standing]:
        """Decide once more, by the documents of these versions."""
        return decide(self.standing, customer, self.requests, policy, now, world, self.recallable)


def pack(decided: Sequence[Decided]) -> bytes:
    """A page: the facts of several decisions."""
    worlds = {id(each.world): each.world for each in decided}
    places = {key: place for place, key in enumerate(worlds)}
    around = [_world(world, decided) for world in worlds.values()]
    return _compressed([around, [_row(each, places[id(each.world)]) for each in decided]])


def unpack(page: bytes) -> list[Stored]:
    """All facts of a page, in the order in which they were decided."""
    around, rows = _read(page)
    return [_stored(around[place], *row) for place, *row in rows]


def without(page: bytes, customer_ids: Collection[str]) -> bytes | None:
    """The page without these customers; None when nobody is left."""
    around, rows = _read(page)
    left = [row for row in rows if row[1] not in customer_ids]
    return _compressed([around, left]) if left else None


def summary(decision: Decision) -> list[Any]:
    """What was decided of one request, without what follows from it."""
    because = decision.because
    return [
        decision.request.request_id,
        decision.kind,
        decision.channel,
        None if because is None else because.reason.value,
        None if because is None else because.rule,
        decision.retry_at,
        [entry.contact_id for entry in decision.pre_empted],
    ]


def _compressed(page: list[Any]) -> bytes:
    return zlib.compress(orjson.dumps(page), _LEVEL)


def _read(page: bytes) -> tuple[list[Any], list[Any]]:
    around, rows = orjson.loads(zlib.decompress(page))
    return around, rows


def _world(world: World, decided: Iterable[Decided]) -> list[Any]:
    """Of what surrounds several customers the part that some request of theirs names."""
    asked = [r for each in decided for r in chain(each.requests, each.recallable.values())]
    campaigns = world.plans.keys() & {r.campaign_id for r in asked}
    offers = world.offers.keys() & {r.offer_id for r in asked}
    return [
        {campaign_id: world.plans[campaign_id] for campaign_id in campaigns},
        {offer_id: world.offers[offer_id].document.version for offer_id in offers},
    ]


def _row(decided: Decided, place: int) -> list[Any]:
    standing, policy = decided.standing, decided.policy
    return [
        place,
        standing.customer_id,
        standing.seq,
        standing.live,
        orjson.Fragment(standing.dump()),
        decided.customer_version,
        None if policy is None else (policy.policy_id, policy.version),
        [r.row() for r in decided.requests],
        {contact_id: r.row() for contact_id, r in decided.recallable.items()},
        [summary(d) for d in decided.decisions],
    ]


def _stored(
    around: Sequence[Any],
    customer_id: str,
    seq: int,
    live: int,
    body: Mapping[str, Any],
    customer_version: int | None,
    policy: list[Any] | None,
    requests: list[list[Any]],
    recallable: Mapping[str, list[Any]],
    told: list[list[Any]],
) -> Stored:
    plans, offers = around
    return Stored(
        Standing.load(customer_id, seq, live, body),
        customer_version,
        None if policy is None else (policy[0], policy[1]),
        [Request.from_row(row) for row in requests],
        {contact_id: Request.from_row(row) for contact_id, row in recallable.items()},
        plans,
        offers,
        told,
    )
