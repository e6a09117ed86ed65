"""Days in rules: ISO 8601 calendar days as text, which sort as they follow each other.

One pattern says what a day is, for Python and for PostgreSQL, so the two cannot differ: `YYYY-MM-DD`, Gregorian, years
0001–9999. Text that is no such day has the wrong type for a date field, as a number would have.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from rapport.rules.tree import Operator

_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"  # 0001–9999
_MULTIPLE_OF_FOUR = "(?:0[48]|[2468][048]|[13579][26])"  # two digits, without 00

DAY_PATTERN: Final = (
    f"^(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|(?:[0-9]{{2}}{_MULTIPLE_OF_FOUR}|{_MULTIPLE_OF_FOUR}00)-02-29)$"
)
"""A day of the calendar; means the same to Python's `re` (as a full match) and to PostgreSQL's `~`."""

_FULL_MATCH = re.compile(DAY_PATTERN).fullmatch

MAX_DAYS: Final = 36_500

RELATIVE: Final[dict[Operator, tuple[Operator, tuple[int, ...]]]] = {
    Operator.WITHIN_NEXT_DAYS: (Operator.BETWEEN, (0, 1)),
    Operator.WITHIN_LAST_DAYS: (Operator.BETWEEN, (-1, 0)),
    Operator.MORE_THAN_DAYS_AHEAD: (Operator.GREATER, (1,)),
    Operator.MORE_THAN_DAYS_AGO: (Operator.LESS, (-1,)),
}
"""Each relative operator as a plain one: its bounds are today plus n days times these factors, both ends inside."""


@lru_cache(maxsize=1 << 15)  # a century of days; the pattern costs four times as much as finding the answer again
def is_day(text: str) -> bool:
    """Whether the text is a day of the calendar."""
    return _FULL_MATCH(text) is not None


@lru_cache(maxsize=4096)
def day_text(ordinal: int) -> str:
    """The day as text, from its proleptic Gregorian ordinal; days beyond the calendar are its first and last."""
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal())).isoformat()
