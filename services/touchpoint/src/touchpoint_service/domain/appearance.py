"""What whoever serves a customer should know before the first word: promises, warnings, and what not to mention.

Pure, from the standing alone: every channel tells the same. English, or Simplified Chinese for languages that begin
with `zh`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from rapport.clock import from_micros
from rapport.ranking import Refusal, Refused
from touchpoint_service.domain.standing import FREEZE, Said, Standing
from touchpoint_service.domain.windows import DAY
from touchpoint_service.domain.words import PLACES, Title, told_at

MANY_REFUSALS = 3
"""So many offers refused within `LATELY`, and another one is more than the customer wants to hear."""
LATELY = 30 * DAY

_WARNINGS = {
    "complaint_open": (
        "A complaint or freeze is open: listen, do not sell.",
        "客户有未结投诉或冻结：请先倾听，勿营销。",
    ),
    "complained": ("Complained {where} on {when}.", "客户于 {when} 投诉（{where}）。"),
    "do_not_contact": ("Has asked not to be contacted.", "客户要求不再联系。"),
    "refused_often": (
        "Refused {count} offers within the last 30 days.",
        "近 30 天内已拒绝 {count} 项优惠。",
    ),
}
_PROMISE = (
    "Asked {where} on {when} to be called back about {offer}{due}.",
    "客户于 {when}（{where}）要求就“{offer}”回电{due}。",
)
_WHY = {
    "promised": ("Asked {where} on {when} to come back to it.", "客户曾于 {when}（{where}）要求再谈。"),
    "interested": ("Was interested {where} on {when}.", "客户曾于 {when}（{where}）表示有意向。"),
    "waiting": ("A campaign has it waiting for this customer.", "活动已为该客户备好此优惠。"),
    "ranked": ("Number {place} of what suits this customer.", "在适合该客户的优惠中位列第 {place}。"),
}
_NOT = {
    Refusal.ALREADY_ACCEPTED: ("The customer has it.", "客户已接受该优惠。"),
    Refusal.GOAL_MET: (
        "The customer has accepted another offer for the same purpose.",
        "客户已为同一目标接受其他优惠。",
    ),
    Refusal.SOLD_OUT: ("Sold out.", "已售罄。"),
}
"""Refusals of the ranking that somebody at a counter could stumble over; the others are simply not shown."""


def promises(standing: Standing, now: int, lang: str, zone: ZoneInfo, title: Title) -> list[dict[str, Any]]:
    """Calls back that were asked for and have not been followed by another word on the same offer, by due time."""
    found = [(offer_id, said) for offer_id, said in standing.said.items() if said.outcome == "call_back"]
    found.sort(key=lambda one: (one[1].call_back_at or one[1].at, one[0]))
    zh = lang.startswith("zh")
    shown = []
    for offer_id, said in found:
        due = "" if said.call_back_at is None else told_at(said.call_back_at, lang, zone)
        words = {"due": due and (f"，时间 {due}" if zh else f", on {due}"), "offer": title(offer_id)}
        shown.append(
            {
                "offer_id": offer_id,
                "channel": said.channel,
                "promised_at": _text(said.at),
                "due_at": _text(said.call_back_at),
                "overdue": said.call_back_at is not None and said.call_back_at <= now,
                "text": _PROMISE[zh].format(**words, **_said(said, lang, zone)),
            }
        )
    return shown


def warnings(standing: Standing, now: int, lang: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Signs of dissatisfaction, gravest first; empty where there is none."""
    zh = lang.startswith("zh")
    found: list[tuple[str, dict[str, Any]]] = []
    pauses = [c for c in standing.cool_downs if c.until is None or c.until > now]
    if any(c.outcome == FREEZE for c in pauses):
        found.append(("complaint_open", {}))
    complaint = next((e for e in reversed(standing.entries) if e.outcome == "complaint"), None)
    if complaint is not None:
        channel = PLACES[complaint.channel][zh]
        found.append(("complained", {"when": told_at(complaint.at, lang, zone), "where": channel}))
    if any(c.outcome == "do_not_contact" for c in pauses):
        found.append(("do_not_contact", {}))
    refused = sum(said.outcome == "refused" and said.at > now - LATELY for said in standing.said.values())
    if refused >= MANY_REFUSALS:
        found.append(("refused_often", {"count": refused}))
    return [{"kind": kind, "text": _WARNINGS[kind][zh].format(**words)} for kind, words in found]


def why(said: Said | None, place: int | None, lang: str, zone: ZoneInfo) -> dict[str, Any]:
    """Why an offer is on the screen: what was said of it before, else its `place` in the ranking; None waits here."""
    kind = {"call_back": "promised", "interested": "interested"}.get("" if said is None else said.outcome)
    if kind is not None and said is not None:
        return {"kind": kind, "text": _WHY[kind][lang.startswith("zh")].format(**_said(said, lang, zone))}
    kind = "waiting" if place is None else "ranked"
    return {"kind": kind, "text": _WHY[kind][lang.startswith("zh")].format(place=place)}


def not_to_mention(refused: Iterable[Refused], lang: str) -> list[dict[str, Any]]:
    """What the ranking keeps back although it seems at hand, in the order given."""
    return [
        {
            "offer_id": one.offer.offer_id,
            "because": {"reason": one.reason.value},
            "text": _NOT[one.reason][lang.startswith("zh")],
            "until": None,
        }
        for one in refused
        if one.reason in _NOT
    ]


def _said(said: Said, lang: str, zone: ZoneInfo) -> dict[str, str]:
    return {"where": PLACES[said.channel][lang.startswith("zh")], "when": told_at(said.at, lang, zone)}


def _text(at: int | None) -> str | None:
    return None if at is None else from_micros(at).isoformat()
