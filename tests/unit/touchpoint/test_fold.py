"""The fold entry by entry, and what is told of a standing that differs from it."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport import contracts
from rapport.clock import from_micros
from rapport.contracts.touchpoint import TIMELINE_EVENTS, TimelineEvent
from touchpoint_service.domain.comparison import SKEW, compare, rebuilt
from touchpoint_service.domain.difference_words import describe
from touchpoint_service.domain.fold import QUIET, Fold, TimelineEntry, UnreadableTimeline, fold
from touchpoint_service.domain.standing import CLOSED, OPEN, RETENTION, SHOWN, CoolDown, Entry, GoalMet, Said, Standing
from touchpoint_service.domain.windows import DAY

NOW = 1_772_539_200_000_000
EXAMPLES = Path(contracts.__file__).parent / "examples"
RELEASE = {"purpose": "marketing", "category": "loans", "contact_class": "marketing"}


class Told:
    """A fold, told entry by entry, a day apart."""

    def __init__(self) -> None:
        self.fold = Fold(Standing("c"))

    def __call__(self, kind: str, contact_id: str | None = "x", **facts: Any) -> Told:
        seq = self.fold.standing.seq + 1
        body = {"contact_id": contact_id, "channel": "call", "request_id": f"r_{contact_id}", "goal": "loan"} | facts
        self.fold.take(TimelineEntry(seq, NOW + seq * DAY, f"touchpoint.{kind}.v1", body))
        return self

    def released(self, contact_id: str = "x", **facts: Any) -> Told:
        return self("contact.released", contact_id, **RELEASE, **facts)

    def states(self) -> dict[str, str]:
        return {entry.contact_id: entry.state for entry in self.fold.standing.entries}


@pytest.fixture
def told() -> Told:
    return Told()


class TestContact:
    def test_counts_from_its_release_with_all_that_the_release_says(self, told: Told):
        told.released(campaign_id="cmp", offer_id="o1")
        (entry,) = told.fold.standing.entries
        assert entry == Entry(NOW + DAY, "x", "r_x", "call", "loans", "marketing", 3, "cmp", "o1", "loan", OPEN)

    @pytest.mark.parametrize(
        ("channel", "state"), [("call", CLOSED), ("sms", CLOSED), ("web", SHOWN), ("branch", SHOWN)]
    )
    def test_that_is_delivered_stays_only_where_it_can_be_answered_later(self, told: Told, channel: str, state: str):
        told.released(channel=channel)("contact.delivered", channel=channel, outcome="shown")
        assert told.states() == {"x": state}

    @pytest.mark.parametrize("kind", ["contact.recalled", "contact.expired"])
    def test_that_nobody_saw_counts_no_more_once_it_ends(self, told: Told, kind: str):
        assert told.released()(kind).states() == {}

    @pytest.mark.parametrize("kind", ["contact.recalled", "contact.expired"])
    def test_that_was_shown_counts_for_good(self, told: Told, kind: str):
        told.released(channel="web")("contact.delivered", channel="web", outcome="shown")(kind, channel="web")
        assert told.states() == {"x": CLOSED}

    @pytest.mark.parametrize(
        ("kind", "facts", "counts"),
        [
            ("contact.responded", {"outcome": "refused"}, True),
            ("contact.responded", {"outcome": "busy", "gives_back": True}, False),
            ("contact.delivered", {"outcome": "shown", "channel": "web"}, True),
            ("recall.answered", {"answer": "too_late"}, True),
            ("recall.answered", {"answer": "withdrawn"}, False),
        ],
    )
    def test_that_was_recalled_counts_again_in_its_old_place_if_it_happened(
        self, told: Told, kind: str, facts: dict[str, Any], counts: bool
    ):
        told.released(channel="web").released("y")("contact.recalled", channel="web")(kind, **facts)
        assert list(told.states().items()) == ([("x", CLOSED)] if counts else []) + [("y", OPEN)]

    @pytest.mark.parametrize(
        ("closes", "channel", "state"),
        [
            (True, "call", CLOSED),
            (False, "sms", OPEN),
            (None, "call", CLOSED),
            (None, "sms", OPEN),  # not told: it had most likely been sent
        ],
    )
    def test_in_which_an_offer_was_accepted_is_done_with_if_it_was_still_held(
        self, told: Told, closes: bool | None, channel: str, state: str
    ):
        more: dict[str, Any] = {} if closes is None else {"closes_contact": closes}
        facts: dict[str, Any] = {
            "acceptance_id": "a",
            "status": "accepted",
            "offer_id": "o1",
            "channel": channel,
        } | more
        assert told.released(channel=channel)("acceptance.settled", **facts).states() == {"x": state}


class TestGoal:
    def test_is_met_since_the_first_word_of_it_and_open_once_that_is_taken_back(self, told: Told):
        accepted = {"acceptance_id": "a", "offer_id": "o1"}
        told.released()("contact.responded", outcome="accepted", **accepted)
        told("acceptance.settled", status="accepted", **accepted)
        assert told.fold.standing.goals == {"loan": (GoalMet("o1", "a", "call", NOW + 2 * DAY),)}
        told("acceptance.settled", status="revoked", **accepted)
        assert told.fold.standing.goals == {}


class TestWord:
    def test_on_an_offer_is_the_newest_and_gone_once_it_is_accepted(self, told: Told):
        back = from_micros(NOW + 9 * DAY).isoformat()
        told.released(offer_id="o1")("contact.responded", outcome="call_back", offer_id="o1", call_back_at=back)
        told.released("y")("contact.responded", "y", outcome="refused", offer_id="o2")
        told.released("z")("contact.responded", "z", outcome="no_answer", offer_id="o2")
        assert told.fold.standing.said == {
            "o1": Said(NOW + 2 * DAY, "call_back", "call", NOW + 9 * DAY),
            "o2": Said(NOW + 4 * DAY, "refused", "call"),
        }
        told("acceptance.settled", status="accepted", acceptance_id="a", offer_id="o1")
        assert list(told.fold.standing.said) == ["o2"]

    def test_is_forgotten_long_after_it_and_its_promise(self):
        standing = Standing(
            "c", said={"o1": Said(NOW, "call_back", "call", NOW + DAY), "o2": Said(NOW, "refused", "web")}
        )
        standing.prune(NOW + RETENTION)
        assert list(standing.said) == ["o1"]
        standing.prune(NOW + RETENTION + DAY)
        assert standing.said == {}


class TestPause:
    def test_is_what_the_answer_says(self, told: Told):
        until = from_micros(NOW + 9 * DAY).isoformat()
        pauses = [{"rule": "rest", "scope": "offer", "key": "o1", "until": until}, {"rule": "peace", "scope": "all"}]
        told.released()("contact.responded", outcome="refused", pauses=pauses)
        rest, peace = (
            CoolDown(NOW + 9 * DAY, "offer", "o1", "rest", "refused"),
            CoolDown(None, "all", None, "peace", "refused"),
        )
        assert told.fold.standing.cool_downs == [rest, peace]
        assert told.fold.all_told

    def test_of_an_answer_that_tells_none_is_kept_as_it_is_stored(self, told: Told):
        told.released()("contact.responded", outcome="do_not_contact")
        never = CoolDown(None, "all", None, "do-not-contact", "do_not_contact")
        rest = CoolDown(NOW + 9 * DAY, "offer", "o1", "rest", "refused")
        assert rebuilt(told.fold, Standing("c", cool_downs=[never, rest])).cool_downs == [never, rest]
        assert rebuilt(told.fold, None).cool_downs == [never]


class TestEntry:
    @pytest.mark.parametrize("event", TIMELINE_EVENTS, ids=lambda event: event.event_type)
    def test_of_every_kind_is_understood(self, event: type[TimelineEvent], told: Told):
        body = orjson.loads((EXAMPLES / f"{event.event_type}.json").read_bytes())
        told.released(body.get("contact_id", "x"))
        told.fold.take(TimelineEntry(9, NOW + 9 * DAY, event.event_type, {} if event.event_type in QUIET else body))
        assert (told.fold.standing.seq, told.fold.standing.at) == (9, NOW + 9 * DAY)

    @pytest.mark.parametrize(
        ("kind", "body"), [("touchpoint.x.y.v1", {}), ("touchpoint.contact.delivered.v1", {"contact_id": "never"})]
    )
    def test_that_is_not_understood_is_named(self, kind: str, body: dict[str, Any]):
        with pytest.raises(UnreadableTimeline) as found:
            fold("c", [TimelineEntry(7, NOW, kind, body)])
        assert (found.value.seq, found.value.type) == (7, kind)


times = st.integers(NOW - RETENTION - 3 * SKEW, NOW - RETENTION + 3 * SKEW) | st.integers(NOW - DAY, NOW)
texts = st.sampled_from(["a", "b"])
contacts = st.builds(
    Entry,
    times,
    texts,
    st.just("r"),
    st.just("call"),
    st.just("loans"),
    st.just("marketing"),
    st.integers(0, 3),
    st.none() | texts,
    st.none(),
    st.none(),
    st.sampled_from([OPEN, SHOWN, CLOSED]),
)
pauses = st.builds(CoolDown, st.none() | st.integers(NOW - SKEW, NOW + 3 * SKEW), texts, st.none(), texts, texts)
met = st.lists(st.builds(GoalMet, texts, texts, texts, times), min_size=1, max_size=2).map(tuple)
standings = st.builds(
    Standing,
    st.just("c"),
    st.integers(0, 1),
    st.integers(0, 1),
    st.lists(contacts, max_size=3).map(lambda found: sorted(found, key=attrgetter("at"))),
    st.lists(pauses, max_size=2),
    st.dictionaries(texts, met, max_size=2),
    st.sampled_from([0, NOW]),
    st.dictionaries(
        texts, st.builds(Said, times, texts, texts, st.none() | st.integers(NOW - RETENTION - SKEW, NOW)), max_size=2
    ),
)


def as_seen(standing: Standing, at: int) -> tuple[Any, ...]:
    """What any rule can see of a standing at an instant or later."""
    entries = [e for e in standing.entries if e.state != CLOSED or e.at > at - RETENTION]
    cool_downs = [c for c in standing.cool_downs if c.until is None or c.until > at]
    said = {o: s for o, s in standing.said.items() if max(s.at, s.call_back_at or 0) > at - RETENTION}
    return standing.seq, standing.live, standing.at, entries, cool_downs, standing.goals, said


class TestComparison:
    @given(one=standings, other=standings)
    def test_finds_something_exactly_where_they_are_not_the_same_a_minute_later(self, one: Standing, other: Standing):
        found = compare(one, other, NOW)
        assert bool(found) == (as_seen(one, NOW + SKEW) != as_seen(other, NOW + SKEW))
        assert {(d.what, d.key) for d in compare(other, one, NOW)} == {(d.what, d.key) for d in found}

    @given(one=standings, later=st.integers(0, SKEW))
    def test_does_not_mind_when_either_was_pruned(self, one: Standing, later: int):
        pruned = one.copy()
        pruned.prune(NOW + later)
        assert compare(one, pruned, NOW) == compare(pruned, one, NOW) == []

    @given(one=standings, other=standings)
    def test_has_a_sentence_in_both_languages_for_everything(self, one: Standing, other: Standing):
        for difference in compare(one, other, NOW):
            sentences = {describe(difference._asdict(), lang) for lang in ("en", "zh-CN")}
            assert len(sentences) == 2
            assert not any("{" in sentence for sentence in sentences)
