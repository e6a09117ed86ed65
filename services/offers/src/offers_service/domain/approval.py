"""What needs another person's approval, and who may give it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from rapport.contracts.offers import OfferChanged

EditState: TypeAlias = Literal["draft", "submitted", "approved", "published", "withdrawn"]
"""How far the content of a document has come. An edit makes it a draft again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to these a manager publishes alone; None is without limit."""

    value: Decimal | None
    cost: Decimal | None
    stock: int | None
    unlimited_stock: bool
    """Whether an offer without a stock may be published alone."""


def above(document: OfferChanged, limits: Limits) -> list[str]:
    """What of the document is above a limit, by JSON pointers."""
    found = []
    if limits.value is not None and document.value > limits.value:
        found.append("/value")
    if limits.cost is not None and document.cost > limits.cost:
        found.append("/cost")
    if document.stock is None:
        if not limits.unlimited_stock:
            found.append("/stock")
    elif limits.stock is not None and document.stock > limits.stock:
        found.append("/stock")
    return found


def may_approve(approver: str, authors: Collection[str], submitted_by: str | None) -> bool:
    """Whether the change is somebody else's: nobody approves what they wrote or submitted."""
    return approver not in authors and approver != submitted_by
