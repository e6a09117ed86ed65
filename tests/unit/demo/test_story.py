"""Whose stories are told, and how."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

from rich.console import Console

from rapport_cli.demo import story
from rapport_cli.demo.story import Line, Story
from rapport_cli.demo.tally import Life
from rapport_cli.demo.world import people

WORLD = people(1, 40, date(2026, 3, 2))
PEOPLE = {one.customer_id: one for one in WORLD}
A, B, C, D, E = (one.customer_id for one in WORLD[:5])


def life(channel: str, *recalled: str, deferred: int = 0, entries: int = 12) -> Life:
    return Life(
        accepted={"g": channel},
        recalled=Counter(recalled),
        deferred=Counter({"quiet_hours": deferred} if deferred else {}),
        seq=entries,
    )


class TestChoose:
    def test_takes_one_customer_for_each_channel(self) -> None:
        lives = {A: life("call", "web"), B: life("branch"), C: life("hotline"), D: life("web"), E: Life()}
        assert story.choose(lives, PEOPLE) == {"call": A, "branch": B, "hotline": C, "web": D}

    def test_leaves_out_a_channel_in_which_nobody_accepted(self) -> None:
        assert story.choose({A: life("web")}, PEOPLE) == {"web": A}

    def test_prefers_who_was_recalled_elsewhere_over_who_was_not(self) -> None:
        assert story.choose({A: life("call", "web"), B: life("call")}, PEOPLE) == {"call": A}

    def test_prefers_who_was_deferred_before(self) -> None:
        assert story.choose({A: life("call", "web", "sms"), B: life("call", "web", deferred=1)}, PEOPLE) == {"call": B}

    def test_prefers_a_story_that_can_be_read(self) -> None:
        lives = {A: life("call", "web", "sms", deferred=2, entries=90), B: life("call", "web")}
        assert story.choose(lives, PEOPLE) == {"call": B}

    def test_tells_nobody_twice(self) -> None:
        both = replace(life("call", "web", "branch", deferred=2), accepted={"g": "call", "h": "web"})
        assert story.choose({A: both, B: life("web")}, PEOPLE) == {"call": A, "web": B}


class TestShow:
    LINES = (
        Line(datetime(2026, 3, 2, 9, tzinfo=UTC), "contact.released", "Released to call.", "已下发至外呼。"),
        Line(datetime(2026, 3, 2, 9, tzinfo=UTC), "contact.responded", "Call: <accepted>.", "外呼：接受。"),
    )

    def test_tells_each_line_on_a_terminal(self) -> None:
        out = io.StringIO()
        Console(width=100, file=out).print(story.boxes([Story("Accepted in a call", "Ada, c-1", self.LINES)]))
        shown = out.getvalue()
        assert "Accepted in a call" in shown
        assert "Ada, c-1" in shown
        assert "Mon 02 Mar 09:00  Released to call." in shown

    def test_tells_both_languages_on_the_page_and_escapes_them(self) -> None:
        (panel,) = story.panels([Story("Accepted in a call", "Ada, c-1", self.LINES)])
        assert "Call: &lt;accepted&gt;." in panel.html
        assert "外呼：接受。" in panel.html
