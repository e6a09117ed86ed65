"""What every body has in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Place = Annotated[str, Field(min_length=1, max_length=64)]


class Body(BaseModel):
    """Takes what it names and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def example(body: dict[str, Any]) -> ConfigDict:
    """The configuration of a body with this example."""
    return ConfigDict(json_schema_extra={"examples": [body]})
