"""Stories told by the timeline itself: of four customers, one for each channel in which an offer was accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.panel import Panel as Box
from rich.text import Text

from rapport_cli.demo.tally import Life
from rapport_cli.demo.world import Inhabitant
from rapport_cli.desk import Desk, Person
from rapport_cli.report import Panel

CHANNELS = ("call", "branch", "hotline", "web")
READER = Person("compliance", "carla")

_LENGTHS = range(8, 19)
"""Entries of a timeline that is long enough to tell something and short enough to be read."""
_SHOWN = 20  # lines on a terminal
_COLOURS = {
    "contact.released": "cyan",
    "contact.deferred": "yellow",
    "contact.suppressed": "yellow",
    "contact.recalled": "magenta",
    "recall.answered": "magenta",
    "recall.unanswered": "magenta",
    "contact.responded": "blue",
    "acceptance.settled": "green",
}
_PLACES = {"call": "in a call", "branch": "at the branch", "hotline": "on the hotline", "web": "in the web shop"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a timeline, by the customer's own clock."""

    at: datetime
    kind: str
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that happened with one or more customers, and what it shows."""

    title: str
    about: str
    lines: Sequence[Line]


def choose(lives: Mapping[str, Life], people: Mapping[str, Inhabitant]) -> dict[str, str]:
    """For each channel the customer whose story shows most: recalled in many others, with something deferred before.

    Customers of different languages, where there is a choice. A channel in which nobody accepted is left out.
    """
    chosen: dict[str, str] = {}
    spoken: set[str] = set()
    for channel in CHANNELS:
        best = max(
            (
                c
                for c, life in lives.items()
                if c in people and channel in life.accepted.values() and c not in chosen.values()
            ),
            key=lambda c: (_worth(lives[c], channel), people[c].language not in spoken, c),
            default=None,
        )
        if best is not None:
            chosen[channel] = best
            spoken.add(people[best].language)
    return chosen


def _worth(life: Life, channel: str) -> tuple[bool, bool, bool, int, int]:
    elsewhere = [other for other in life.recalled if other != channel]
    readable = life.seq in _LENGTHS
    return (
        readable and bool(elsewhere),
        bool(life.deferred),
        "call" in elsewhere,
        len(elsewhere),
        min(len(life.deferred), 3),
    )


async def tell(desk: Desk, chosen: Mapping[str, str], people: Mapping[str, Inhabitant]) -> list[Story]:
    """Read the timelines of the chosen customers, in both languages."""
    stories = []
    for channel, customer_id in chosen.items():
        who = people[customer_id]
        about = f"{who.name}, {customer_id}; times are those of {who.zone.key}."
        stories.append(Story(f"Accepted {_PLACES[channel]}", about, await lines_of(desk, customer_id, who.zone)))
    return stories


async def lines_of(desk: Desk, customer_id: str, zone: ZoneInfo) -> list[Line]:
    """The timeline of a customer, oldest first, by the clocks of a zone."""
    english, chinese = [await _timeline(desk, customer_id, lang) for lang in ("en", "zh-CN")]
    return [
        Line(datetime.fromisoformat(one["at"]).astimezone(zone), one["kind"], one["text"], other["text"])
        for one, other in zip(english, chinese, strict=True)
    ]


async def _timeline(desk: Desk, customer_id: str, lang: str) -> list[dict[str, Any]]:
    """All of it, oldest first."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"/customers/{customer_id}/timeline?limit=200&lang={lang}" + (f"&cursor={cursor}" if cursor else "")
        page = (await desk.call("touchpoint", "GET", path, by=READER)).json()
        found += page["items"]
        cursor = page["next_cursor"]
    return found[::-1]


def boxes(stories: Sequence[Story]) -> Group:
    """The stories for a terminal."""
    return Group(*(Box(_text(story), title=story.title, title_align="left") for story in stories))


def _text(story: Story) -> Text:
    shown = story.lines[-_SHOWN:]
    text = Text(f"{story.about}\n", style="")
    text.append("…\n" if len(shown) < len(story.lines) else "")
    for number, line in enumerate(shown):
        end = "\n" if number + 1 < len(shown) else ""
        text.append(f"{line.at:%a %d %b %H:%M}  ", style="dim")
        text.append(line.english + end, style=_COLOURS.get(line.kind, ""))
    return text


def panels(stories: Sequence[Story]) -> list[Panel]:
    """The stories for the page."""
    return [
        Panel(story.title, story.about, '<ol class="story">' + "".join(map(_item, story.lines)) + "</ol>")
        for story in stories
    ]


def _item(line: Line) -> str:
    return (
        f'<li class="{line.kind.replace(".", "-")}"><time>{line.at:%a %d %b %H:%M}</time>'
        f'<span>{escape(line.english)}<i lang="zh-CN">{escape(line.chinese)}</i></span></li>'
    )
