"""Phone numbers in one form, so that one number is one number: E.164.

A number counts as one when its length is possible for its country. Whether it is assigned is not asked: number plans
change faster than any library, and a customer with a new number must not be turned away.
"""

from __future__ import annotations

import phonenumbers


class InvalidPhone(ValueError):
    """The text is no phone number; the message says why and does not repeat it."""


def to_e164(text: str, country: str | None) -> str:
    """`text` in E.164. A number without a leading plus is read as dialled inside `country` (ISO 3166-1 alpha-2).

    Raises:
        InvalidPhone: it is no number, or has no country.
    """
    if country is None and not text.lstrip().startswith("+"):
        raise InvalidPhone("has neither a leading + nor a country to be dialled in")
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise InvalidPhone("is no phone number") from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidPhone("has a length that its country does not know")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
