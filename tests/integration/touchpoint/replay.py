"""Every decision on the timelines, decided once more from its stored facts and compared with what really happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from tests.integration.touchpoint.conftest import Touchpoint

from rapport.clock import to_micros
from rapport.db import transaction
from touchpoint_service.domain.decide import decide_together
from touchpoint_service.domain.decided import summary
from touchpoint_service.domain.explanation import explain
from touchpoint_service.handlers import gate
from touchpoint_service.handlers.explanations import load_case

DECISIONS = """
select customer_id, seq, at, type, contact_id, request_id, facts_id, body from timeline
where type = any($1::text[]) and not (type like '%expired%' and contact_id is not null) order by customer_id, seq
"""
KINDS = [f"touchpoint.contact.{kind}.v1" for kind in ("released", "deferred", "suppressed", "expired")]


@dataclass
class Taken:
    """What the real gate has decided: the answers of `decide` as it got them, by customer and number before."""

    answers: dict[tuple[str, int], tuple[list[Any], list[bytes]]] = field(default_factory=dict)

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """From now on."""

        def watched(standings: Any, *facts: Any) -> Any:
            decisions, after = decide_together(standings, *facts)
            answer = [summary(d) for d in decisions], [standing.dump() for standing in after.values()]
            self.answers |= {(c, standing.seq): answer for c, standing in standings.items()}
            return decisions, after

        patch.setattr(gate, "decide_together", watched)


async def replay(touchpoint: Touchpoint, taken: Taken) -> int:
    """Compare all; how many there were."""
    async with transaction(touchpoint.pool) as conn:
        rows = await conn.fetch(DECISIONS, KINDS)
        for row in rows:
            assert row["facts_id"] is not None, dict(row)
            case = await load_case(conn, row["customer_id"], row["facts_id"], row["at"], row["seq"])
            assert case.now == to_micros(row["at"])
            decisions, after = case.stored.again(case.customers, case.policy, case.world, case.now)
            told = [summary(d) for d in decisions]
            assert told == case.stored.told
            before = case.stored.standings[case.customer_id].seq
            assert (told, [s.dump() for s in after.values()]) == taken.answers[row["customer_id"], before]
            asked = row["customer_id"], row["request_id"]
            same_as_told(row, next(d for d in decisions if (d.request.customer_id, d.request.request_id) == asked))
            explained = explain(case, row["request_id"])
            assert summary(explained.decision) in told
            first_objection_stands(explained)
    return len(rows)


def same_as_told(row: Any, decision: Any) -> None:
    """The entry of the timeline says what was decided again."""
    body = row["body"]
    assert row["type"] == f"touchpoint.contact.{decision.kind}.v1"
    assert row["contact_id"] == decision.contact_id
    assert orjson.loads(orjson.dumps(gate.because_of(decision.because))) == body.get("because")


def first_objection_stands(found: Any) -> None:
    """What an explanation shows as objections agrees with the decision."""
    decision = found.decision
    if not found.channels:
        assert decision.because is not None
        return
    once = next((look.objection for look in found.looks if look.objection is not None), None)
    by_channel = {c.channel: c.objection for c in found.channels}
    if decision.because is not None:
        assert decision.because == (once or by_channel[decision.channel])
        assert found.standing_look.objection == decision.because
    else:
        assert once is None
        assert by_channel[decision.channel] is None or decision.pre_empted
