"""The contacts that a plan asks for: their natural ids and their scores.

What always holds: the id of a request follows from campaign, line, customer and attempt, and no two of those share one.
So whatever happens twice asks once.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from campaign_service.domain.plan import Line

MAX_ID = 64

ROLE_SCORES = {"lead": 0.75, "cooperate": 0.5}
"""What a line without a score of its own gets: within a class the leading channel goes first."""


def request_id(campaign_id: str, line: int, customer_id: str, attempt: int) -> str:
    """`<campaign>.<line>.<customer>.<attempt>`, to be read by people.

    A digest takes its place where that is longer than an id may be, or where an id contains a full stop, since then it
    could be read in two ways.
    """
    parts = (campaign_id, str(line), customer_id, str(attempt))
    readable = ".".join(parts)
    if len(readable) <= MAX_ID and readable.count(".") == len(parts) - 1:
        return readable
    digest = blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return f"req_{digest}"


def score(line: Line, attributes: Mapping[str, Any]) -> float:
    """The score of the line's request for a customer with these attributes, within 0 and 1."""
    if line.score_attribute is not None:
        value = attributes.get(line.score_attribute)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return min(max(float(value), 0.0), 1.0)
    return ROLE_SCORES[line.role] if line.score is None else line.score
