"""What bodies have in common."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rapport.contracts.vocabulary import SensibleInstant

LANGUAGE = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""A BCP 47 tag, as far as texts need it."""

UNIT = "^/[A-Za-z0-9._~/-]*$"
"""The path of a unit, as tokens have it."""

Unit = Annotated[str, Field(max_length=200, pattern=UNIT)]

Instant = Annotated[SensibleInstant, AfterValidator(lambda at: at.astimezone(UTC))]
"""Taken with any offset, kept in UTC."""


class Body(BaseModel):
    """Takes what it names and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
