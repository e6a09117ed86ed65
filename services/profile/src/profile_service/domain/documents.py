"""How the customer document changes: pure functions from what is known and what was said to what is known then.

What always holds:
- a consent is never forgotten: per channel and purpose the newest statement counts, and of two made at the same instant
  the refusal; so the order of arrival does not matter;
- a do-not-call mark is lifted only by an explicit false;
- a phone is in E.164 and of a possible length for its country;
- a document that leaves this service, or is stored, has its phone sealed (`sealed`): in clear it stands only in one
  that has just been made from what somebody said.
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


def patched(known: CustomerUpserted, said: Mapping[str, Any]) -> CustomerUpserted:
    """`known` with what was said in place of it; attributes and external ids are merged, null removing one.

    Args:
        known: the document so far.
        said: validated values by field name. Consents are none of its business (`with_consents`).

    Raises:
        Malformed: the phone is no number, or has no country.
    """
    changes = {name: value for name, value in said.items() if name != "consents"}
    for name in _MERGED:
        if name in changes:
            merged = {**getattr(known, name), **changes[name]}
            changes[name] = {key: value for key, value in merged.items() if value is not None}
    if "phone" in changes:
        said_phone = changes["phone"]
        if said_phone is not None:
            changes["phone"] = _phone(said_phone, changes.get("country") or known.country)
        changes |= _NO_PHONE
    if changes.get("do_not_call", False) is None:
        del changes["do_not_call"]
    return known.model_copy(update=changes)


def replaced(known: CustomerUpserted, said: Mapping[str, Any]) -> CustomerUpserted:
    """A document of only what was said; consents and the do-not-call mark stay.

    Raises:
        Malformed: the phone is no number, or has no country.
    """
    kept = unknown(known.customer_id).model_copy(
        update={"version": known.version, "consents": known.consents, "do_not_call": known.do_not_call}
    )
    return patched(kept, said)


def sealed(document: CustomerUpserted, known: CustomerUpserted, keys: Keyring) -> CustomerUpserted:
    """`document` with its phone sealed by the newest key; where it is the phone of `known`, as it is there.

    A text sealed anew differs each time, so a phone that has not changed must not be: it would look like a change.
    """
    phone = document.phone
    if phone is None:
        if document.phone_sealed is None or keys.is_newest(document.phone_sealed):
            return document
        try:
            phone = clear_phone(keys, dict(document))
        except Unreadable:
            phone = None
        if phone is None:
            return document  # kept for whoever has its key; what else is said of the customer counts all the same
    index = phone_index(keys, phone)
    same = index == known.phone_index and known.phone_sealed is not None and keys.is_newest(known.phone_sealed)
    text = known.phone_sealed if same else seal_phone(keys, document.customer_id, phone)
    return document.model_copy(update={"phone": None, "phone_sealed": text, "phone_index": index})


_NO_PHONE = {"phone_sealed": None, "phone_index": None}


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
