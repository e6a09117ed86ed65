"""The plots of the demo's report, as SVG to stand in the page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from rapport_cli.demo.plans import WEEKLY_CAP
from rapport_cli.demo.summary import percentile
from rapport_cli.demo.tally import Tally
from rapport_cli.report import Panel

INK, SOFT, LINE = "#1d2433", "#5d6880", "#dfe4ee"
CHANNEL_COLOURS = {
    "call": "#3b6fd4",
    "sms": "#e0862d",
    "email": "#c9a227",
    "branch": "#2f9e77",
    "hotline": "#9a5fc0",
    "web": "#d4526e",
}
_STAGES = {"released": "#b9c6e4", "reached": "#6d8fd6", "accepted": "#1a7f4b"}
_KINDS = {"deferred": "#6d8fd6", "suppressed": "#c2607a", "expired": "#b5b8c2", "withdrawn": "#8b93a7"}
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and the reader's fonts draw it
    "svg.hashsalt": "rapport",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
}


def panels(tally: Tally) -> list[Panel]:
    """All plots."""
    with mpl.rc_context(_STYLE):
        return [
            Panel(
                "Contacts against the cap",
                f"Customers by the most contacts that counted at one time within seven days. {WEEKLY_CAP} are allowed.",
                _against_the_cap([life.most for life in tally.lives.values()]),
            ),
            Panel(
                "Decisions by reason",
                "Why a contact did not go out when it was asked for. What is deferred competes again later.",
                _by_reason(tally.because),
            ),
            Panel(
                "From acceptance to recall",
                "Real time from a customer's yes, as its channel reports it, to the recall in each other channel.",
                _latency(tally.recall_seconds),
            ),
            Panel(
                "Funnel by channel",
                "Contacts released, contacts that reached the customer, and offers accepted there.",
                _funnel(tally.released, tally.reached, tally.accepted),
            ),
            Panel(
                "Released by day",
                "All channels spend one budget: what one of them uses up, the others wait for.",
                _by_day(tally.days),
                wide=True,
            ),
        ]


def _against_the_cap(weeks: Sequence[int]) -> str:
    figure, axes = _empty()
    highest = max([*weeks, WEEKLY_CAP])
    counts = [weeks.count(number) for number in range(highest + 1)]
    axes.bar(range(highest + 1), counts, color=CHANNEL_COLOURS["call"], width=0.7)
    axes.axvline(WEEKLY_CAP + 0.5, color="#b3261e", linestyle="--", linewidth=1.5)
    axes.text(WEEKLY_CAP + 0.42, max(counts) * 0.97, "cap", color="#b3261e", ha="right", va="top")
    axes.set(xlabel="contacts within seven days", ylabel="customers", xlim=(-0.6, highest + 0.9))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=False, axis="x")
    _thousands(axes)
    return _svg(figure)


def _by_reason(because: Mapping[str, Mapping[str, int]]) -> str:
    totals: dict[str, int] = {}
    for given in because.values():
        for reason, count in given.items():
            totals[reason] = totals.get(reason, 0) + count
    reasons = sorted(totals, key=lambda reason: (totals[reason], reason))
    figure, axes = _empty()
    left = [0] * len(reasons)
    for kind, colour in _KINDS.items():
        counts = [because.get(kind, {}).get(reason, 0) for reason in reasons]
        if any(counts):
            axes.barh([r.replace("_", " ") for r in reasons], counts, left=left, color=colour, label=kind, height=0.7)
            left = [one + other for one, other in zip(left, counts, strict=True)]
    for place, reason in enumerate(reasons):
        axes.text(totals[reason], place, f" {totals[reason]:,}", va="center", color=SOFT, fontsize=9)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if reasons:
        axes.legend(loc="lower right")
    return _svg(figure)


def _latency(seconds: Sequence[float]) -> str:
    figure, axes = _empty()
    found = sorted(1000 * each for each in seconds)
    if found:
        shares = [100 * (number + 1) / len(found) for number in range(len(found))]
        axes.step(found, shares, where="post", color=CHANNEL_COLOURS["branch"], linewidth=2)
        for share in (50, 99):
            at = percentile(found, share)
            axes.axvline(at, color=SOFT, linestyle=":", linewidth=1)
            axes.text(at, 4, f" p{share}: {at:.0f} ms", color=INK, rotation=90, ha="right", va="bottom", fontsize=9)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set(xlabel="milliseconds", ylabel="recalls announced, %", ylim=(0, 103))
    return _svg(figure)


def _funnel(*stages: Mapping[str, int]) -> str:
    figure, axes = _empty()
    channels = list(CHANNEL_COLOURS)
    height = 0.26
    for number, ((stage, colour), counts) in enumerate(zip(_STAGES.items(), stages, strict=True)):
        places = [len(channels) - 1 - place + (1 - number) * height for place in range(len(channels))]
        values = [counts.get(channel, 0) for channel in channels]
        axes.barh(places, values, height=height, color=colour, label=stage)
        for place, value in zip(places, values, strict=True):
            axes.text(value, place, f" {value:,}", va="center", color=SOFT, fontsize=8)
    axes.set_yticks(range(len(channels)), channels[::-1])
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    figure.legend(loc="outside upper right", ncols=len(_STAGES))
    return _svg(figure)


def _by_day(days: Mapping[str, Mapping[str, int]]) -> str:
    figure, axes = _empty(width=12, height=3.4)
    names = sorted(days)
    bottom = [0] * len(names)
    for channel, colour in CHANNEL_COLOURS.items():
        counts = [days[name].get(channel, 0) for name in names]
        axes.bar(range(len(names)), counts, bottom=bottom, color=colour, label=channel, width=0.8)
        bottom = [one + other for one, other in zip(bottom, counts, strict=True)]
    shown = range(0, len(names), max(1, len(names) // 15))
    axes.set_xticks(list(shown), [names[place][5:] for place in shown])
    axes.set(ylabel="contacts released")
    axes.grid(visible=False, axis="x")
    figure.legend(ncols=len(CHANNEL_COLOURS), loc="outside upper right")
    _thousands(axes)
    return _svg(figure)


def _empty(width: float = 6.4, height: float = 3.8) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes: Axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    return figure, axes


def _thousands(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
