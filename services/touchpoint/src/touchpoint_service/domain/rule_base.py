"""What every part of a policy document is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rapport.contracts.vocabulary import Channel, ContactClass

RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class Model(BaseModel):
    """A part of a document: never changed, and nothing in it that is not asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rule(Model):
    """What all rules have: a name, and whom they apply to."""

    name: RuleName
    channels: tuple[Channel, ...] | None = None
    """Applies to contacts in these channels; None is all."""
    exempt_classes: tuple[ContactClass, ...] = ()
    """Classes that this rule does not bind."""
