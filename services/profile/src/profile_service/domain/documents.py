"""How the customer document changes: pure functions from what is known and what was said to what is known then.

What always holds:
- a consent is never forgotten: per channel and purpose the newest statement counts, and of two made at the same instant
  the refusal; so the order of arrival does not matter;
- a do-not-call mark is lifted only by an explicit false;
- a phone is in E.164 and of a possible length for its country;
- the document that a change makes has its phone sealed. What stays the same stays sealed as it is: a text sealed anew
  differs each time, and would look like a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rapport.contracts.profile import Consent, CustomerUpserted
from rapport.errors import Conflict, FieldError, Malformed
from rapport.phones import InvalidPhone, clear_phone, phone_index, seal_phone, to_e164
from rapport.sealing import Keyring, Unreadable

MAX_DOCUMENT_BYTES = 65_536
"""A document is sent whole with each change, and every service keeps a copy."""

_MERGED = ("attributes", "external_ids")


class CustomerTooLarge(Conflict):
    """The change would make the document larger than 64 KiB."""


_NOBODY = CustomerUpserted.model_construct(customer_id="", version=0)


def unknown(customer_id: str) -> CustomerUpserted:
    """The document of a customer of whom nothing has been said; it is version 0 and never stored."""
    return _NOBODY.model_copy(update={"customer_id": customer_id})


def patched(known: CustomerUpserted, said: Mapping[str, Any], keys: Keyring) -> CustomerUpserted:
    """`known` with what was said in place of it; attributes and external ids are merged, null removing one.

    Args:
        known: the document so far.
        said: validated values by field name. Consents are none of its business (`with_consents`).
        keys: seal the phone.

    Raises:
        Malformed: the phone is no number, or has no country.
    """
    changes = {name: value for name, value in said.items() if name != "consents"}
    for name in _MERGED:
        if name in changes:
            merged = {**getattr(known, name), **changes[name]}
            changes[name] = {key: value for key, value in merged.items() if value is not None}
    if "phone" in changes:
        text = changes.pop("phone")
        country = changes.get("country") or known.country
        changes |= _NO_PHONE if text is None else _with_phone(known, _phone(text, country), keys)
    if changes.get("do_not_call", False) is None:
        del changes["do_not_call"]
    return known.model_copy(update=changes)


def replaced(known: CustomerUpserted, said: Mapping[str, Any], keys: Keyring) -> CustomerUpserted:
    """A document of only what was said; consents and the do-not-call mark stay.

    Raises:
        Malformed: the phone is no number, or has no country.
    """
    stays = {"version": known.version, "consents": known.consents, "do_not_call": known.do_not_call}
    if said.get("phone") is not None:  # so that the same one stays sealed as it is
        stays |= {"phone_sealed": known.phone_sealed, "phone_index": known.phone_index}
    return patched(unknown(known.customer_id).model_copy(update=stays), said, keys)


def sealed(document: CustomerUpserted, keys: Keyring) -> CustomerUpserted:
    """`document` with its phone sealed by the newest key; one that does not open is kept for whoever has its key."""
    if document.phone is None and (document.phone_sealed is None or keys.is_newest(document.phone_sealed)):
        return document
    try:
        phone = clear_phone(keys, dict(document))
    except Unreadable:
        return document
    assert phone is not None
    return document.model_copy(update=_sealed(keys, document.customer_id, phone))


def with_consents(known: CustomerUpserted, further: Iterable[Consent]) -> CustomerUpserted:
    """`known` with further consents."""
    newest = {(consent.channel, consent.purpose): consent for consent in known.consents}
    news = False
    for consent in further:
        place = consent.channel, consent.purpose
        if place not in newest or _weight(consent) > _weight(newest[place]):
            newest[place] = consent
            news = True
    if not news:
        return known
    return known.model_copy(update={"consents": tuple(newest[place] for place in sorted(newest))})


def _weight(consent: Consent) -> tuple[datetime, bool]:
    return consent.at, not consent.granted


def _phone(text: str, country: str | None) -> str:
    try:
        return to_e164(text, country)
    except InvalidPhone as error:
        raise Malformed("the phone cannot be used", errors=[FieldError("#/phone", str(error))]) from None


_NO_PHONE: Mapping[str, str | None] = {"phone": None, "phone_sealed": None, "phone_index": None}


def _with_phone(known: CustomerUpserted, phone: str, keys: Keyring) -> Mapping[str, str | None]:
    """The fields that change when a customer has this phone; none if it is known, and sealed by the newest key."""
    as_now = known.phone_sealed is not None and keys.is_newest(known.phone_sealed)
    same = as_now and known.phone_index == phone_index(keys, phone)
    return {} if same else _sealed(keys, known.customer_id, phone)


def _sealed(keys: Keyring, customer_id: str, phone: str) -> Mapping[str, str | None]:
    return {
        "phone": None,
        "phone_sealed": seal_phone(keys, customer_id, phone),
        "phone_index": phone_index(keys, phone),
    }
