"""Tokens of short links: what link it is, and a seal; they fit into an SMS.

Two kinds of links have tokens. One that somebody asked for is a row with a number: 20 characters. One that a message
carries follows from the message's contact: whoever sends the message and whoever opens the link compute the same id
from the id of the contact, and need not talk to each other in between: 32 characters.

What always holds:
- a token is told from a forged one before anybody asks the database, in the same time whether or not the link exists;
- exactly one text is the token of a link under a key: 15 or 24 bytes fill their base64 without a spare bit;
- the first key seals, every key opens: a new one is put in front, and the old one stays as long as its links;
- a token tells nothing of the contact, the customer or the offer.

A seal is 80 bits of HMAC-SHA-256: a million guesses a second hit one after some 38 billion years (2^80 guesses). The
id of a message's link is 112 bits of BLAKE2b: two of 2^40 contacts share one with a chance of 2^-33.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

LONGEST_DAYS = 90
"""No link lives longer, so a key may leave so many days after another was put before it."""

_TOKEN = re.compile("(?:[A-Za-z0-9_-]{20}|[A-Za-z0-9_-]{32})")
_LINK_ID = re.compile("lnk_[0-9a-f]{28}")

_NUMBER_BYTES = 5
_ID_BYTES = 14
_SEAL_BYTES = 10
_PURPOSES = {_NUMBER_BYTES: b"rapport.link.1:", _ID_BYTES: b"rapport.link.2:"}
"""So that a seal is good for nothing else that the same key might seal."""


def seal(number: int, keys: Sequence[str]) -> str:
    """The token of a link's number, from 0 to 2^40 - 1.

    Raises:
        OverflowError: the number does not fit.
    """
    return _sealed(number.to_bytes(_NUMBER_BYTES), keys[0])


def link_of(contact_id: str) -> str:
    """The id of the link that the message of a contact carries."""
    return f"lnk_{hashlib.blake2b(contact_id.encode(), digest_size=_ID_BYTES).hexdigest()}"


def seal_id(link_id: str, keys: Sequence[str]) -> str:
    """The token of a message's link.

    Raises:
        ValueError: it is not an id that `link_of` gives.
    """
    if _LINK_ID.fullmatch(link_id) is None:
        raise ValueError(f"{link_id!r} is not the link of a message")
    return _sealed(bytes.fromhex(link_id.removeprefix("lnk_")), keys[0])


def address(begins: str, token: str) -> str:
    """The short link: `begins` is what it begins with, before `/l/`."""
    return f"{begins.rstrip('/')}/l/{token}"


def unseal(token: str, keys: Sequence[str]) -> int | str | None:
    """The number, or the id, of the link that a token of ours is for; None for every other text."""
    if _TOKEN.fullmatch(token) is None:
        return None
    raw = urlsafe_b64decode(token)
    link, given = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    genuine = [hmac.compare_digest(given, _seal(link, key)) for key in keys]  # all of them, so that none is quicker
    if not any(genuine):
        return None
    return int.from_bytes(link) if len(link) == _NUMBER_BYTES else f"lnk_{link.hex()}"


def _sealed(link: bytes, key: str) -> str:
    return urlsafe_b64encode(link + _seal(link, key)).decode()


def _seal(link: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), _PURPOSES[len(link)] + link, hashlib.sha256)[:_SEAL_BYTES]
