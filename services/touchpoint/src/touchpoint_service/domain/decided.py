"""What the decisions about a customer, or a household, were made from, in a form that can be stored and decided again.

What always holds: `decide_together` over stored facts gives the decisions that were taken and the standings that they
left, as long as its code is the same. A page holds the facts of several customers whose decisions were taken in one
transaction; each can be taken out of it without touching the others, but for the members of a household, whose
decisions followed from each other.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from touchpoint_service.domain.decide import Decision, decide_together
from touchpoint_service.domain.facts import Customer, Request, World
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.standing import Standing

_LEVEL = 1
"""Of zlib: higher ones take twice the time for a twentieth less."""
_SMALL = 600
"""Bytes up to which a page stays as it is, like the facts of one pop-up: compressing takes a tenth of deciding it."""


@dataclass(slots=True)
class Decided:
    """The facts of decisions taken together, as the gate has them: documents by version, the rest as it was."""

    standings: Mapping[str, Standing]
    """Before the decisions: of the customer, or of all members of the household."""
    customer_versions: Mapping[str, int | None]
    policy: Policy | None
    requests: Sequence[Request]
    recallable: Mapping[str, Request]
    world: World
    decisions: Sequence[Decision]


@dataclass(slots=True)
class Stored:
    """The facts of decisions, as they were stored: `offers` are versions, `told` is what was decided."""

    standings: dict[str, Standing]
    customer_versions: dict[str, int | None]
    policy: tuple[str, int] | None
    requests: list[Request]
    recallable: dict[str, Request]
    plans: Mapping[str, str]
    """May hold more than these requests name."""
    offers: Mapping[str, int]
    told: list[list[Any]]
    minutes_old: int | None = None

    def again(
        self, customers: Mapping[str, Customer], policy: Policy | None, world: World, now: int
    ) -> tuple[list[Decision], dict[str, Standing]]:
        """Decide once more, by the documents of these versions."""
        return decide_together(self.standings, customers, self.requests, policy, now, world, self.recallable)


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
    """The page without these customers, and without what was decided together with them; None when nobody is left."""
    around, rows = _read(page)
    left = [row for row in rows if not any(member[0] in customer_ids for member in row[1])]
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
    """As JSON, compressed where that is worth it."""
    plain = orjson.dumps(page)
    return plain if len(plain) < _SMALL else zlib.compress(plain, _LEVEL)


def _read(page: bytes) -> tuple[list[Any], list[Any]]:
    around, rows = orjson.loads(page if page.startswith(b"[") else zlib.decompress(page))
    return around, rows


def _world(world: World, decided: Iterable[Decided]) -> list[Any]:
    """Of what surrounds several customers the part that some request of theirs names."""
    asked = [r for each in decided for r in chain(each.requests, each.recallable.values())]
    campaigns = world.plans.keys() & {r.campaign_id for r in asked}
    offers = world.offers.keys() & {r.offer_id for r in asked}
    return [
        {campaign_id: world.plans[campaign_id] for campaign_id in campaigns},
        {offer_id: world.offers[offer_id].document.version for offer_id in offers},
        *([] if world.minutes_old is None else [world.minutes_old]),
    ]


def _row(decided: Decided, place: int) -> list[Any]:
    policy = decided.policy
    return [
        place,
        [
            (c, standing.seq, standing.live, orjson.Fragment(standing.dump()), decided.customer_versions[c])
            for c, standing in decided.standings.items()
        ],
        None if policy is None else (policy.policy_id, policy.version),
        [r.row() for r in decided.requests],
        {contact_id: r.row() for contact_id, r in decided.recallable.items()},
        [summary(d) for d in decided.decisions],
    ]


def _stored(
    around: Sequence[Any],
    members: list[tuple[str, int, int, Mapping[str, Any], int | None]],
    policy: list[Any] | None,
    requests: list[list[Any]],
    recallable: Mapping[str, list[Any]],
    told: list[list[Any]],
) -> Stored:
    plans, offers, *old = around
    return Stored(
        {c: Standing.load(c, seq, live, body) for c, seq, live, body, _ in members},
        {c: version for c, *_, version in members},
        None if policy is None else (policy[0], policy[1]),
        [Request.from_row(row) for row in requests],
        {contact_id: Request.from_row(row) for contact_id, row in recallable.items()},
        plans,
        offers,
        told,
        *old,
    )
