"""Warnings and reasons of a pop-up, from the standing alone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from touchpoint_service.domain.appearance import LATELY, promises, warnings, why
from touchpoint_service.domain.standing import CoolDown, Said, Standing
from touchpoint_service.domain.windows import DAY

NOW = 1_772_539_200_000_000  # Tue 2026-03-03 12:00 UTC
BERLIN = ZoneInfo("Europe/Berlin")


def kinds(**standing) -> list[str]:
    return [w["kind"] for w in warnings(Standing("c", **standing), NOW, "en", BERLIN)]


def refusals(count: int, at: int) -> dict[str, Said]:
    return {f"o{n}": Said(at, "refused", "call") for n in range(count)}


class TestWarnings:
    @pytest.mark.parametrize(
        ("count", "at", "expected"),
        [
            (2, NOW, []),
            (3, NOW, ["refused_often"]),
            (3, NOW - LATELY, []),
            (3, NOW - LATELY + 1, ["refused_often"]),
        ],
    )
    def test_many_refusals_lately(self, count: int, at: int, expected: list[str]):
        assert kinds(said=refusals(count, at)) == expected

    def test_interest_is_no_refusal(self):
        said = refusals(2, NOW) | {"x": Said(NOW, "interested", "web")}
        assert kinds(said=said) == []

    @pytest.mark.parametrize(("until", "warned"), [(None, True), (NOW + 1, True), (NOW, False)])
    def test_a_freeze_warns_until_it_is_over(self, until: int | None, warned: bool):
        freeze = CoolDown.freeze("frz_1", None, until)
        assert kinds(cool_downs=[freeze]) == (["complaint_open"] if warned else [])

    def test_who_wants_no_contact(self):
        never = CoolDown(None, "all", None, "do-not-contact", "do_not_contact")
        assert kinds(cool_downs=[never]) == ["do_not_contact"]


class TestPromises:
    def test_the_one_due_first_comes_first_and_only_calls_back_are_promises(self):
        said = {
            "late": Said(NOW, "call_back", "call", NOW + 2 * DAY),
            "soon": Said(NOW - DAY, "call_back", "branch", NOW),
            "open": Said(NOW - 3 * DAY, "call_back", "hotline"),
            "no": Said(NOW, "refused", "call"),
        }
        found = promises(Standing("c", said=said), NOW, "en", BERLIN, str.upper)
        assert [(p["offer_id"], p["overdue"]) for p in found] == [("open", False), ("soon", True), ("late", False)]
        assert found[0]["text"] == "Asked on the hotline on Sat 28 Feb 13:00 to be called back about OPEN."


class TestWhy:
    @pytest.mark.parametrize(
        ("outcome", "place", "kind"),
        [("call_back", 2, "promised"), ("interested", 1, "interested"), ("refused", 1, "ranked")],
    )
    def test_what_was_said_before_goes_before_the_rank(self, outcome: str, place: int, kind: str):
        assert why(Said(NOW, outcome, "web"), place, "zh-CN", BERLIN)["kind"] == kind

    def test_what_waits_has_no_place(self):
        assert why(None, None, "en", BERLIN)["text"] == "A campaign has it waiting for this customer."
