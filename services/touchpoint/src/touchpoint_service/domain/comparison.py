"""A stored standing against the one that follows from the timeline: what differs, and what is right.

Each of the two may have forgotten old contacts and pauses at another instant, by another process's clock. So what the
rules cannot see for longer than a minute any more is not compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rapport.clock import from_micros
from touchpoint_service.domain.fold import Fold
from touchpoint_service.domain.standing import CLOSED, OPEN, SHOWN, CoolDown, Entry, GoalMet, Said, Standing
from touchpoint_service.domain.windows import HOUR

SKEW = HOUR // 60
"""How far the clocks of two processes may be apart."""


class Difference(NamedTuple):
    """One thing that a stored standing says differently, in JSON.

    `what` is `entry` (number of the newest timeline entry), `at` (its instant), `live` (requests that wait), `contact`,
    `pause`, `goal` or `said`, with the contact's id, the rule, the goal or the offer as `key` and all that is stored of
    it in a list; `order` of the contacts or pauses; `standing`: there is none, or it cannot be read; or `timeline`: an
    entry of the type `key` is not understood.
    """

    what: str
    key: str | None
    stored: Any
    derived: Any


def rebuilt(found: Fold, stored: Standing | None) -> Standing:
    """What is to be stored. Pauses that the timeline does not tell of are kept where it does not tell of all."""
    after = found.standing.copy()
    if not found.all_told and stored is not None:
        after.cool_downs = _with_untold(after.cool_downs, stored.cool_downs)
    return after


def compare(stored: Standing, derived: Standing, now: int) -> list[Difference]:
    """Everything in which they differ at `now`; empty where a rule, now or later, sees the same in both."""
    one, other = stored.copy(), derived.copy()
    one.prune(now + SKEW)
    other.prune(now + SKEW)
    found = [
        Difference(what, None, mine, its)
        for what, mine, its in (
            ("entry", one.seq, other.seq),
            ("at", _text(one.at), _text(other.at)),
            ("live", one.live, other.live),
        )
        if mine != its
    ]
    found += _of_rows("contact", one.entries, other.entries, lambda entry: entry.contact_id)
    found += _of_rows("pause", one.cool_downs, other.cool_downs, lambda pause: pause.rule)
    for goal in sorted(one.goals.keys() | other.goals.keys()):
        mine, its = one.goals.get(goal, ()), other.goals.get(goal, ())
        if mine != its:
            found.append(Difference("goal", goal, [_shown(met) for met in mine], [_shown(met) for met in its]))
    for offer_id in sorted(one.said.keys() | other.said.keys()):
        said, told = one.said.get(offer_id), other.said.get(offer_id)
        if said != told:
            found.append(
                Difference("said", offer_id, *([] if word is None else [_shown(word)] for word in (said, told)))
            )
    return found


def _of_rows(what: str, stored: Sequence[Any], derived: Sequence[Any], key: Any) -> list[Difference]:
    if stored == derived:
        return []
    one, other = _by(key, stored), _by(key, derived)
    found = [
        Difference(what, name, [_shown(row) for row in one.get(name, ())], [_shown(row) for row in other.get(name, ())])
        for name in {**other, **one}
        if one.get(name, []) != other.get(name, [])
    ]
    return found or [Difference("order", what, [key(row) for row in stored], [key(row) for row in derived])]


def _by(key: Any, rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _with_untold(told: Sequence[CoolDown], stored: Iterable[CoolDown]) -> list[CoolDown]:
    left: dict[Hashable, int] = defaultdict(int)
    for pause in told:
        left[pause] += 1
    kept = []
    for pause in stored:
        if left[pause]:
            left[pause] -= 1
        else:
            kept.append(pause)
    return [*told, *kept]


def _shown(row: Entry | CoolDown | GoalMet | Said) -> dict[str, Any]:
    """A row of a standing as people read it; what is not set is left out."""
    shown = {name: value for name, value in row._asdict().items() if value is not None}
    for name in ("at", "until", "call_back_at"):
        if name in shown:
            shown[name] = _text(shown[name])
    if "state" in shown:
        shown["state"] = _STATES.get(shown["state"], shown["state"])
    return shown


def _text(at: int) -> str | None:
    return from_micros(at).isoformat() if at else None


_STATES = {OPEN: "open", SHOWN: "shown", CLOSED: "closed"}
