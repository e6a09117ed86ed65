"""Phone numbers in one form, so that one number is one number: E.164. And sealed, so that nobody reads them in passing.

A number counts as one when its length is possible for its country. Whether it is assigned is not asked: number plans
change faster than any library, and a customer with a new number must not be turned away.

A customer document has its phone twice: `phone_sealed`, which opens with a sealing key, and `phone_index`, by which it
is found (`rapport.sealing`). In clear it is nowhere but in the memory of who is about to use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import phonenumbers

from rapport.sealing import Keyring


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


def seal_phone(keys: Keyring, customer_id: str, phone: str) -> str:
    """The phone of a customer as it is stored and sent: it opens only as the phone of this customer."""
    return keys.seal(phone, _context(customer_id))


def phone_index(keys: Keyring, phone: str) -> str:
    """What a phone in E.164 is found by."""
    return keys.blind_index("phone", phone)


def clear_phone(keys: Keyring, customer: Mapping[str, Any]) -> str | None:
    """The phone of a customer document, in E.164. A document of before phones were sealed has it in clear.

    Raises:
        Unreadable: it was sealed with a key that is not known here, or as somebody else's.
    """
    sealed: str | None = customer.get("phone_sealed")
    if sealed is None:
        clear: str | None = customer.get("phone")
        return clear
    return keys.unseal(sealed, _context(customer["customer_id"]))


def has_phone(customer: Mapping[str, Any]) -> bool:
    """Whether a customer document has a phone; nothing is unsealed."""
    return bool(customer.get("phone_sealed") or customer.get("phone"))


def _context(customer_id: str) -> bytes:
    return b"customer.phone\0" + customer_id.encode()
