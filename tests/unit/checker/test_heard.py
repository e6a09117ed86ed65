"""What the checker remembers of the topics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from tests.unit.checker.memory_log import MemoryLog

from rapport_cli.checker.findings import Findings
from rapport_cli.checker.heard import CONTACTS, CUSTOMERS, OUTCOMES, Heard, Positions, listen

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
LAG, SKEW = timedelta(minutes=15), timedelta(minutes=1)
READ: Positions = {("touchpoint.outcomes", OUTCOMES, 0): 100}


async def heard(log: MemoryLog, positions: Positions = READ) -> tuple[Heard, Findings]:
    findings = Findings()
    return await listen(log, positions, findings, lambda *_: None), findings


class TestTimelinesOnTheTopic:
    async def sent(self, *entries: tuple[int, str], shortened: bool = False) -> tuple[Heard, Findings]:
        log = MemoryLog()
        if shortened:
            log.shortened.add(CONTACTS)
        for seq, text in entries:
            body = orjson.dumps({"customer_id": "c1", "seq": seq, "text": text})
            log.append(CONTACTS, "c1", "touchpoint.contact.deferred.v1", body, NOW)
        return await heard(log)

    async def test_repetitions_are_nothing(self):
        found, findings = await self.sent((1, "a"), (2, "b"), (1, "a"), (2, "b"), (3, "c"))
        assert findings.ok
        assert found.contacts["c1"].last == 3

    @pytest.mark.parametrize(
        "entries",
        [
            [(1, "a"), (3, "c"), (2, "b")],
            [(2, "b")],
            [(1, "a"), (2, "b"), (2, "other")],
        ],
    )
    async def test_gaps_disorder_and_other_contents_are_noted(self, entries: list[tuple[int, str]]):
        _, findings = await self.sent(*entries)
        assert findings.counts == {7: 1}

    async def test_a_shortened_topic_may_begin_anywhere(self):
        found, findings = await self.sent((7, "g"), (8, "h"), shortened=True)
        assert findings.ok
        assert (found.contacts["c1"].at(6), found.contacts["c1"].last) == (None, 8)

    async def test_a_new_life_begins_with_one_again(self):
        found, findings = await self.sent((1, "a"), (2, "b"), (1, "new"))
        assert findings.ok
        assert (found.contacts["c1"].lives, found.contacts["c1"].last) == (2, 1)


class TestWhatMustHaveBeenTakenIn:
    async def said(self, positions: Positions = READ, *, set_aside: bool = False) -> list[str]:
        log = MemoryLog()
        body = orjson.dumps({"customer_id": "c1", "outcome_id": "o1"})
        offset = log.append(OUTCOMES, "c1", "channel.outcome.reported.v1", body, NOW)
        if set_aside:
            log.set_aside("touchpoint.outcomes", OUTCOMES, offset, NOW)
        found, findings = await heard(log, positions)
        assert findings.ok
        return [where for _, where in found.sayings(OUTCOMES, "c1")]

    async def test_names_the_place(self):
        assert await self.said() == ["channel.events[0] offset 0"]

    async def test_not_what_was_set_aside(self):
        assert await self.said(set_aside=True) == []

    async def test_not_what_has_not_been_read_yet(self):
        assert await self.said({("touchpoint.outcomes", OUTCOMES, 0): 0}) == []


class TestCustomers:
    async def known(self, *documents: tuple[datetime, dict[str, Any] | None]) -> Heard:
        log = MemoryLog()
        for at, document in documents:
            if document is None:
                log.bury(CUSTOMERS, "c1", at)
            else:
                log.append(CUSTOMERS, "c1", "profile.customer.upserted.v1", orjson.dumps(document), at)
        found, findings = await heard(log)
        assert findings.ok
        return found

    def zones(self, found: Heard, at: datetime) -> list[str | None] | None:
        people = found.as_of("c1", at, lag=LAG, skew=SKEW)
        return None if people is None else [person.zone for person in people]

    async def test_both_sides_of_a_change_are_possible_for_a_while(self):
        change = NOW + timedelta(days=1)
        found = await self.known((NOW, {"version": 1, "time_zone": "A"}), (change, {"version": 2, "time_zone": "B"}))
        assert self.zones(found, NOW - SKEW - timedelta(microseconds=1)) == []
        assert self.zones(found, NOW - SKEW) == ["A"]
        assert self.zones(found, change - SKEW) == ["A", "B"]
        assert self.zones(found, change + LAG) == ["A", "B"]
        assert self.zones(found, change + LAG + timedelta(microseconds=1)) == ["B"]

    async def test_what_compaction_has_taken_is_unknown(self):
        found = await self.known((NOW, {"version": 5, "time_zone": "A"}))
        assert self.zones(found, NOW - timedelta(days=1)) is None
        assert self.zones(found, NOW + LAG) == ["A"]

    async def test_older_versions_that_come_again_change_nothing(self):
        first, second = {"version": 1, "time_zone": "A"}, {"version": 2, "time_zone": "B"}
        found = await self.known((NOW, first), (NOW, second), (NOW, first), (NOW, second))
        assert [state.version for state in found.people["c1"]] == [1, 2]

    async def test_erased_is_whose_last_record_is_a_tombstone(self):
        document = {"version": 1}
        assert (await self.known((NOW, document), (NOW, None))).erased == {"c1"}
        assert (await self.known((NOW, document), (NOW, None), (NOW, {"version": 2}))).erased == set()

    async def test_the_newest_consent_counts(self):
        consents = [
            {"channel": "call", "purpose": "marketing", "granted": granted, "at": f"2026-01-0{day}T00:00:00Z"}
            for day, granted in ((2, False), (1, True))
        ]
        found = await self.known((NOW, {"version": 1, "consents": consents}))
        people = found.as_of("c1", NOW, lag=LAG, skew=SKEW)
        assert people is not None
        assert people[0].granted == frozenset()
