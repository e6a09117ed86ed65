"""What every part of a policy document is made of, and what a rule may ask of a contact."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from rapport.contracts.vocabulary import Channel, ContactClass, Name
from rapport.errors import FieldError
from rapport.rules import CUSTOMER, Catalogue, Choice, FieldType, Group, InvalidRule
from rapport.rules import Field as Asked

RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]

_REQUEST = "request"
CONTACT: Final = Catalogue(
    (
        *CUSTOMER,
        Asked("request.purpose", FieldType.STRING, "purpose", "用途", path=(_REQUEST, "purpose")),
        Asked("request.category", FieldType.STRING, "category", "类别", path=(_REQUEST, "category")),
        Asked("request.campaign", FieldType.STRING, "campaign", "活动", path=(_REQUEST, "campaign")),
        Asked("request.offer", FieldType.STRING, "offer", "优惠", path=(_REQUEST, "offer")),
        Asked("request.goal", FieldType.STRING, "goal", "目标", path=(_REQUEST, "goal")),
        Asked(
            "request.class",
            FieldType.STRING,
            "class",
            "接触等级",
            values=tuple(
                Choice(each.value, each.value.replace("_", " "), label)
                for each, label in zip(ContactClass, ("关键服务", "服务", "挽留", "营销"), strict=True)
            ),
            path=(_REQUEST, "class"),
        ),
    )
)
"""What a rule's `when` may ask: the customer, and the request."""


class Model(BaseModel):
    """A part of a document: never changed, and nothing in it that is not asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rule(Model):
    """What all rules have: a name, and whom they apply to."""

    name: RuleName
    channels: tuple[Channel, ...] | None = None
    """Applies to contacts in these channels; None is all."""
    purposes: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Applies to contacts for these purposes; None is all."""
    exempt_classes: tuple[ContactClass, ...] = ()
    """Classes that this rule does not bind."""
    when: Group | None = None
    """Applies where this is true of the customer and the request; None is always. What is unknown is not true."""

    @field_validator("when")
    @classmethod
    def can_be_asked(cls, value: Group | None) -> Group | None:
        """Only fields that are known, with values that fit them."""
        if value is not None:
            try:
                CONTACT.check(value)
            except InvalidRule as fault:
                raise ValidationError.from_exception_data("when", [_located(each) for each in fault.errors]) from fault
        return value


def _located(fault: FieldError) -> InitErrorDetails:
    place = tuple(int(step) if step.isdigit() else step for step in fault.pointer.split("/")[1:])
    return InitErrorDetails(type=PydanticCustomError("rule", "{why}", {"why": fault.message}), loc=place, input=None)
