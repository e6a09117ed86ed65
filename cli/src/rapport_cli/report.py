"""The report of a demo or a replay: the figures as `report.json`, and the same with plots as `report.html`.

What always holds: a report is `ok` only when no contact was released over a cap or after an acceptance, and no
invariant was found broken. `report.html` is one file that loads nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Literal

import orjson

DECISIONS = ("released", "deferred", "suppressed", "expired", "withdrawn")


@dataclass(slots=True)
class ChannelFigures:
    """What happened in one channel."""

    released: int = 0
    accepted: int = 0
    recalled: int = 0


@dataclass(slots=True)
class Report:
    """The figures of one run; the names are those of `report.json`."""

    data: Literal["synthetic", "bank"] | str
    seconds: float = 0.0
    customers: int = 0
    requests: int = 0
    decisions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DECISIONS, 0))
    reasons: dict[str, int] = field(default_factory=dict)
    """How often each reason was given for a decision other than a release."""
    outcomes: dict[str, int] = field(default_factory=dict)
    recalled: int = 0
    released_after_acceptance: int = 0
    over_cap: int = 0
    checked: int = 0
    """How many invariants were looked at."""
    broken: list[str] = field(default_factory=list)
    """What was found broken, in words."""
    channels: dict[str, ChannelFigures] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """Further members of `report.json`, such as latencies."""

    @property
    def ok(self) -> bool:
        """Whether everything that must hold does."""
        return not (self.broken or self.released_after_acceptance or self.over_cap)

    def channel(self, name: str) -> ChannelFigures:
        """The figures of a channel, begun when it is new."""
        return self.channels.setdefault(name, ChannelFigures())

    def as_json(self) -> dict[str, Any]:
        """The members of `report.json`."""
        return {
            "ok": self.ok,
            "data": self.data,
            "seconds": round(self.seconds, 1),
            "customers": self.customers,
            "requests": self.requests,
            "decisions": self.decisions,
            "reasons": self.reasons,
            "outcomes": self.outcomes,
            "recalled": self.recalled,
            "released_after_acceptance": self.released_after_acceptance,
            "over_cap": self.over_cap,
            "invariants": {"checked": self.checked, "broken": self.broken},
            "channels": self.channels,
            **self.more,
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of `report.html`: a plot, a table or a story."""

    title: str
    note: str
    """One or two sentences under the title, as plain text."""
    html: str
    """The content: an inline SVG, or markup whose values are escaped already."""
    wide: bool = False


def write(report: Report, folder: Path, panels: Sequence[Panel] = ()) -> None:
    """Write `report.json` and `report.html` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2))
    (folder / "report.html").write_text(page(report, panels), encoding="utf-8")


def page(report: Report, panels: Sequence[Panel]) -> str:
    """The whole HTML document."""
    kind = {"synthetic": "a synthetic month", "bank": "a bank's contact log"}.get(report.data, report.data)
    tiles = {
        "customers": report.customers,
        "requests": report.requests,
        "released": report.decisions["released"],
        "accepted": report.outcomes.get("accepted", 0),
        "recalled": report.recalled,
        "over a cap": report.over_cap,
        "released after acceptance": report.released_after_acceptance,
    }
    return _PAGE.format(
        style=_STYLE,
        kind=escape(kind),
        verdict=_verdict(report),
        tiles="".join(
            f"<div class=tile><b>{value:,}</b><span>{escape(name)}</span></div>" for name, value in tiles.items()
        ),
        channels=table(
            ("channel", "released", "accepted", "recalled"),
            [(name, c.released, c.accepted, c.recalled) for name, c in report.channels.items()],
        ),
        panels="".join(_panel(panel) for panel in panels),
        seconds=f"{report.seconds:.0f}",
    )


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """An HTML table; numbers stand to the right."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return f"<td class=number>{value:,}</td>"
    return f"<td>{escape(str(value))}</td>"


def _panel(panel: Panel) -> str:
    wide = " wide" if panel.wide else ""
    note = f"<p>{escape(panel.note)}</p>" if panel.note else ""
    return f'<section class="panel{wide}"><h2>{escape(panel.title)}</h2>{note}{panel.html}</section>'


def _verdict(report: Report) -> str:
    if report.ok:
        return f"<p class=good>All {report.checked} invariants hold.</p>"
    items: Mapping[str, int] = {
        "contacts over a cap": report.over_cap,
        "contacts released after acceptance": report.released_after_acceptance,
    }
    told = [f"{count} {name}" for name, count in items.items() if count] + report.broken
    return (
        "<div class=bad><p>Something is broken:</p><ul>"
        + "".join(f"<li>{escape(x)}</li>" for x in told)
        + "</ul></div>"
    )


_STYLE = """
:root{--ink:#1d2433;--soft:#5d6880;--line:#dfe4ee;--paper:#f5f7fb;--card:#fff;--good:#1a7f4b;--bad:#b3261e}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 24px 64px}
h1{margin:0 0 4px;font-size:28px}h2{margin:0 0 4px;font-size:18px}
p{margin:0 0 12px;color:var(--soft)}
.good{color:var(--good);font-weight:600}.bad,.bad p{color:var(--bad);font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:20px 0}
.tile,.panel{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile b{display:block;font-size:24px}.tile span{color:var(--soft);font-size:13px}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(480px,1fr));gap:16px;margin-top:16px}
.wide{grid-column:1/-1}
svg{width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%}th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left}
th{color:var(--soft);font-weight:600;font-size:13px}td.number{text-align:right;font-variant-numeric:tabular-nums}
th:not(:first-child){text-align:right}
.story{list-style:none;margin:8px 0 0;padding:0;border-left:2px solid var(--line)}
.story li{display:grid;grid-template-columns:140px 1fr;gap:10px;padding:4px 0 4px 14px;position:relative}
.story li::before{content:"";position:absolute;left:-6px;top:11px;width:9px;height:9px;border-radius:50%;
background:#b5b8c2;border:2px solid var(--card)}
.story time{white-space:nowrap;color:var(--soft);font-variant-numeric:tabular-nums}
.story i{display:block;color:var(--soft);font-style:normal;font-size:13px}
.story .contact-released::before{background:#3b6fd4}.story .contact-deferred::before{background:#c9a227}
.story .contact-recalled::before,.story .recall-answered::before{background:#9a5fc0}
.story .contact-responded::before,.story .contact-delivered::before{background:#2f9e77}
.story .acceptance-settled::before{background:var(--good)}.story .acceptance-settled span{font-weight:600}
"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Rapport: report</title><style>{style}</style></head>
<body><main><h1>Rapport</h1><p>Report on {kind}, run in {seconds} s.</p>{verdict}
<div class=tiles>{tiles}</div>
<div class=panels><section class="panel wide"><h2>Channels</h2>{channels}</section>{panels}</div>
</main></body></html>
"""
