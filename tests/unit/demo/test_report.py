"""The report's two forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rapport_cli.demo import plots
from rapport_cli.demo.summary import percentile
from rapport_cli.demo.tally import Tally
from rapport_cli.report import Panel, Report, page, table, write


class TestReport:
    def test_has_the_members_of_the_public_interface(self, tmp_path: Path) -> None:
        report = Report("synthetic", customers=2, checked=10, more={"seed": 1})
        report.channel("call").released += 1
        write(report, tmp_path)
        assert json.loads((tmp_path / "report.json").read_text()) == {
            "ok": True,
            "data": "synthetic",
            "seconds": 0.0,
            "customers": 2,
            "requests": 0,
            "decisions": {"released": 0, "deferred": 0, "suppressed": 0, "expired": 0, "withdrawn": 0},
            "reasons": {},
            "outcomes": {},
            "recalled": 0,
            "released_after_acceptance": 0,
            "over_cap": 0,
            "invariants": {"checked": 10, "broken": []},
            "channels": {"call": {"released": 1, "accepted": 0, "recalled": 0}},
            "seed": 1,
        }

    @pytest.mark.parametrize(
        "broken", [Report("x", over_cap=1), Report("x", released_after_acceptance=1), Report("x", broken=["b"])]
    )
    def test_is_not_good_when_anything_is_broken(self, broken: Report) -> None:
        assert not broken.ok
        assert "Something is broken" in page(broken, [])
        assert "invariants hold" not in page(broken, [])

    def test_shows_what_is_broken_as_text(self) -> None:
        assert "&lt;b&gt;" in page(Report("x", broken=["<b>"]), [])

    def test_shows_panels_and_escapes_their_words(self) -> None:
        shown = page(Report("x"), [Panel("A & B", "1 < 2", "<svg></svg>")])
        assert "A &amp; B" in shown
        assert "1 &lt; 2" in shown
        assert "<svg></svg>" in shown

    def test_tables_escape_text_and_group_thousands(self) -> None:
        assert table(("a",), [("<x>",), (12345,)]).count("&lt;x&gt;") == 1
        assert "12,345" in table(("a",), [(12345,)])


class TestPercentile:
    @pytest.mark.parametrize(("share", "value"), [(1, 1), (50, 5), (51, 6), (99, 10), (100, 10)])
    def test_is_a_value_that_occurred(self, share: int, value: float) -> None:
        assert percentile([float(number) for number in range(1, 11)], share) == value


class TestPlots:
    def test_are_drawn_even_when_nothing_happened(self) -> None:
        for panel in plots.panels(Tally()):
            assert panel.html.startswith("<svg")
