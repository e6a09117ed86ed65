"""Which standings are rebuilt."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rapport.contracts.vocabulary import (
    Id,
)
from touchpoint_service.schemas.body import Body, example


class RebuildIn(Body):
    """Which standings to rebuild from their timelines."""

    model_config = example({"customer_ids": ["c-1001", "c-1002"], "dry_run": True})

    customer_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)] | None = None
    """Left out: everybody's."""
    dry_run: bool = False
    """Only compare: tell what differs, and write nothing."""
