"""What anybody may say about a customer: the editable part of the document, validated.

The API takes it as a body, and an import row becomes one. What always holds: a value that passes here may stand in the
document as it is, but for the phone, whose country may be known only from the document (`documents.patched`).
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from rapport.contracts.profile import Consent, ContactWindow, Holding
from rapport.contracts.vocabulary import Channel, Id, SensibleInstant, sensible_instant

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""The form of RFC 5646 tags in daily use: language, script, region, variants."""

_time_zones = cache(available_timezones)


def iana_time_zone(name: str) -> str:
    """`name`, if it is a time zone of the IANA database.

    Raises:
        ValueError: it is none.
    """
    if name not in _time_zones():
        raise ValueError("is no time zone of the IANA database, such as Europe/Berlin")
    return name


def bcp47_tag(tag: str) -> str:
    """`tag`, if it has the form of a BCP 47 language tag.

    Raises:
        ValueError: it has not.
    """
    if not _LANGUAGE.fullmatch(tag):
        raise ValueError("is no BCP 47 language tag, such as zh-CN")
    return tag


Text64 = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
Phone = Annotated[str, StringConstraints(min_length=3, max_length=40)]
"""In E.164, or as dialled inside the country."""
AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
AttributeValue = Annotated[str, StringConstraints(max_length=1000)] | bool | int | float | None


class CustomerFields(BaseModel):
    """Fields left out keep what is known (`PATCH`, import) or become unknown (`PUT`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    phone: Phone | None = None
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    account: Id | None = None
    household: Id | None = None
    """Members share contact budgets where the policy says so; holders of a joint account are a household, too."""
    external_ids: dict[Text64, Id | None] = {}
    """The customer's id in other systems; `PATCH` merges, null removes one."""
    language: Annotated[str, StringConstraints(max_length=35), AfterValidator(bcp47_tag)] | None = None
    """BCP 47."""
    country: Country | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    """ISO 3166-2."""
    time_zone: Annotated[str, StringConstraints(max_length=64), AfterValidator(iana_time_zone)] | None = None
    """IANA name."""
    grade: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None
    birth_date: date | None = None
    tags: Annotated[tuple[Text64, ...], Field(max_length=200)] = ()
    attributes: dict[AttributeName, AttributeValue] = {}
    """Text, numbers, booleans; `PATCH` merges, null removes one."""
    holdings: Annotated[tuple[Holding, ...], Field(max_length=200)] = ()
    preferred_channel: Channel | None = None
    contact_windows: Annotated[tuple[ContactWindow, ...], Field(max_length=50)] = ()
    consents: Annotated[tuple[Consent, ...], Field(max_length=200)] = ()
    """Added to those known; per channel and purpose the newest `at` counts. Leaving them out never takes one back."""
    do_not_call: bool | None = None
    """Kept when left out or null."""
    do_not_disturb_until: SensibleInstant | None = None

    @field_validator("consents")
    @classmethod
    def _sensible(cls, consents: tuple[Consent, ...]) -> tuple[Consent, ...]:
        for consent in consents:
            sensible_instant(consent.at)
        return consents

    def given(self) -> dict[str, Any]:
        """The fields that were said, by name."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
