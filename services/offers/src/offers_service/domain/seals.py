"""Tokens of short links: a number and its seal, 20 characters that fit into an SMS.

What always holds:
- a token is told from a forged one before anybody asks the database, in the same time whether or not the number exists;
- exactly one text is the token of a number under a key: 15 bytes fill their base64 without a spare bit;
- the first key seals, every key opens: a new one is put in front, and the old one stays as long as its links.

A seal is 80 bits of HMAC-SHA-256: a million guesses a second hit one after some 38 billion years (2^80 guesses).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

_TOKEN = re.compile("[A-Za-z0-9_-]{20}")

_NUMBER_BYTES = 5
_SEAL_BYTES = 10
_PURPOSE = b"rapport.link.1:"
"""So that a seal is good for nothing else that the same key might seal."""


def seal(number: int, keys: Sequence[str]) -> str:
    """The token of a number, from 0 to 2^40 - 1.

    Raises:
        OverflowError: the number does not fit.
    """
    raw = number.to_bytes(_NUMBER_BYTES)
    return urlsafe_b64encode(raw + _seal(raw, keys[0])).decode()


def unseal(token: str, keys: Sequence[str]) -> int | None:
    """The number that a token of ours holds; None for every other text."""
    if _TOKEN.fullmatch(token) is None:
        return None
    raw = urlsafe_b64decode(token)
    number, given = raw[:_NUMBER_BYTES], raw[_NUMBER_BYTES:]
    genuine = [hmac.compare_digest(given, _seal(number, key)) for key in keys]  # all of them, so that none is quicker
    return int.from_bytes(number) if any(genuine) else None


def _seal(number: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), _PURPOSE + number, hashlib.sha256)[:_SEAL_BYTES]
