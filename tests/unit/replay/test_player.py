"""A log is played contact by contact, as the gate lets it. The gate here is a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rapport.clock import SteppedClock
from rapport.contracts.campaign import ContactRequested
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.envelope import Event
from rapport_cli.replay import player as module
from rapport_cli.replay.facts import Facts
from rapport_cli.replay.log import Contact, Customer
from rapport_cli.replay.mapping import LogMapping
from rapport_cli.replay.player import Player, Stalled
from rapport_cli.replay.wire import Said

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
Answer = tuple[str, dict[str, Any]]
Script = Callable[[dict[str, Any]], Answer | None]

RELEASED: Answer = ("released", {})
SUPPRESSED: Answer = ("suppressed", {"because": {"reason": "frequency_cap"}})


class _System:
    """Post, feed and settler at once: answers each request by a script and echoes each outcome."""

    def __init__(self, clock: SteppedClock, script: Script, copies: int) -> None:
        self.clock = clock
        self.script = script
        self.copies = copies
        self.facts = Facts("call")
        self.progress: list[tuple[int, int]] = []
        self.requests: list[tuple[str, timedelta]] = []
        self.outcomes: list[tuple[str, str]] = []
        self.settled: list[timedelta] = []
        self.later: list[tuple[datetime, dict[str, Any]]] = []
        self.seq = 0
        self.waiting: list[Said] = []

    async def partitions(self, topic: str) -> int:
        return 12

    def put(self, event: type[Event], key: str, event_id: str, at: str, body: dict[str, Any]) -> None:
        parsed = event.model_validate(body)
        assert parsed.key == key
        assert at == self.clock.now().isoformat()
        if isinstance(parsed, ContactRequested):
            self.requests.append((parsed.request_id, self.clock.now() - START))
            answer = self.script(body)
            if answer is not None:
                self.say(body, *answer)
        else:
            assert isinstance(parsed, OutcomeReported)
            self.outcomes.append((parsed.contact_id, parsed.outcome.value))
            kind = "delivered" if parsed.outcome.value == "delivered" else "responded"
            self.say(body | {"channel": "call"}, kind, {})

    def say(self, about: dict[str, Any], kind: str, more: dict[str, Any]) -> None:
        self.seq += 1
        known = ("request_id", "contact_id", "channel", "outcome", "outcome_id")
        body: dict[str, Any] = {name: about[name] for name in known if name in about}
        body |= {"customer_id": about["customer_id"], "seq": self.seq, "at": self.clock.now().isoformat()} | more
        if kind == "released":
            body |= {"channel": about["channels"][0], "contact_id": f"k-{about['request_id']}"}
        if kind == "deferred":
            self.later.append((datetime.fromisoformat(more["retry_at"]), about))
        self.waiting += [Said(f"touchpoint.contact.{kind}.v1", body)] * self.copies

    async def send(self) -> None:
        return None

    async def read(self, seconds: float) -> Sequence[Said]:
        found, self.waiting = self.waiting, []
        return found

    async def at_end(self) -> bool:
        return not self.waiting

    async def settle(self, now: datetime) -> None:
        self.settled.append(now - START)
        due = [about for at, about in self.later if at <= now]
        self.later = [(at, about) for at, about in self.later if at > now]
        for about in due:
            self.say(about, "released", {})


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., Any]:
    """Play customers with an answer for each request."""

    async def run(customers: dict[str, list[Contact]], script: Script, copies: int = 1, **mapping: Any) -> _System:
        clock = SteppedClock.create(tmp_path / "clock", START)
        system = _System(clock, script, copies)
        told = {"name": "x", "form": "wide", "attempts": "n", "outcome": {"column": "y", "values": {"y": "accepted"}}}
        parsed = LogMapping.model_validate(told | {"start": START.isoformat()} | mapping)
        people = [Customer(name, 2, (), contacts) for name, contacts in customers.items()]

        def progress(_at: datetime, done: int, total: int) -> None:
            system.progress.append((done, total))

        player = Player(people, parsed, clock, START + 90 * DAY, system.facts, progress)
        await player.play(system, system, system)  # type: ignore[arg-type]
        return system

    return run


def _undated(*outcomes: str) -> list[Contact]:
    return [Contact(outcome) for outcome in outcomes]


class TestPlayer:
    async def test_each_contact_is_asked_for_a_gap_after_the_outcome_before(self, play: Any) -> None:
        system = await play({"a": _undated("refused", "accepted"), "b": _undated("refused")}, lambda _: RELEASED)
        assert system.requests == [("a.1", 0 * DAY), ("b.1", 0 * DAY), ("a.2", DAY)]
        assert sorted(system.outcomes) == [("k-a.1", "refused"), ("k-a.2", "accepted"), ("k-b.1", "refused")]
        assert system.settled == [0 * DAY, DAY]
        assert system.progress[-1] == (3, 3)

    async def test_what_stays_open_is_asked_for_once_and_before_the_first_contact(self, play: Any) -> None:
        found = {}

        def script(request: dict[str, Any]) -> Answer:
            found[request["request_id"]] = request["channels"], request["expires_at"]
            return RELEASED

        system = await play({"a": _undated("refused", "refused")}, script, also_open=["branch", "web"])
        assert [name for name, _ in system.requests] == ["a.branch", "a.web", "a.1", "a.2"]
        assert found["a.web"] == (("web",), (START + 90 * DAY).isoformat())
        assert found["a.2"] == (("call",), (START + 2 * DAY).isoformat())

    async def test_without_dates_nothing_follows_a_contact_that_will_never_be(self, play: Any) -> None:
        def script(request: dict[str, Any]) -> Answer:
            return SUPPRESSED if request["request_id"] == "a.2" else RELEASED

        system = await play({"a": _undated("refused", "refused", "accepted")}, script)
        assert [name for name, _ in system.requests] == ["a.1", "a.2"]
        assert system.outcomes == [("k-a.1", "refused")]
        assert system.progress[-1] == (3, 3)

    async def test_with_dates_the_next_contact_is_asked_for_at_its_own(self, play: Any) -> None:
        def script(request: dict[str, Any]) -> Answer:
            return SUPPRESSED if request["request_id"] == "a.2" else RELEASED

        contacts = [
            Contact("refused", START),
            Contact("refused", START + 3 * DAY),
            Contact("delivered", START + 9 * DAY),
        ]
        system = await play({"a": contacts}, script)
        assert system.requests == [("a.1", 0 * DAY), ("a.2", 3 * DAY), ("a.3", 9 * DAY)]
        assert system.outcomes == [("k-a.1", "refused"), ("k-a.3", "delivered")]

    async def test_contacts_of_one_instant_follow_each_other(self, play: Any) -> None:
        contacts = [Contact("no_answer", START), Contact("no_answer", START), Contact("accepted", START)]
        system = await play({"a": contacts}, lambda _: RELEASED)
        assert [name for name, _ in system.requests] == ["a.1", "a.2", "a.3"]
        assert system.settled == [0 * DAY]

    async def test_a_deferred_contact_is_waited_for(self, play: Any) -> None:
        def script(request: dict[str, Any]) -> Answer:
            retry_at = (START + timedelta(hours=5)).isoformat()
            late = ("deferred", {"because": {"reason": "quiet_hours"}, "retry_at": retry_at})
            return late if request["request_id"] == "a.1" else RELEASED

        system = await play({"a": _undated("refused", "accepted"), "b": _undated("refused")}, script)
        assert system.requests[-1] == ("a.2", timedelta(hours=29))
        assert system.outcomes[-1] == ("k-a.2", "accepted")
        assert timedelta(hours=5) in system.settled

    async def test_entries_that_are_told_twice_count_once(self, play: Any) -> None:
        system = await play({"a": _undated("refused", "accepted")}, lambda _: RELEASED, copies=2)
        assert len(system.outcomes) == 2
        assert system.facts.decisions["released"] == 2

    async def test_a_system_that_is_silent_is_given_up(self, play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "STALLED_SECONDS", 0.2)
        with pytest.raises(Stalled, match=r"2 requests without a decision, such as a\.1"):
            await play({"a": _undated("refused"), "b": _undated("refused")}, lambda _: None)
