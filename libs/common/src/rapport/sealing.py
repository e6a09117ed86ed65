"""Sealing: short secrets as they lie in a database, readable only with a key from the settings.

What always holds: a sealed text was made by a holder of the key, for this very context; altered, or moved to another
context, it does not open.

Source: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits: good for 2^32 texts under one key.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_VERSION = "v1."


class Unreadable(Exception):
    """The text was sealed with another key or for another context, or has been altered."""


def seal(key: bytes, plaintext: str, context: bytes) -> str:
    """The plaintext, sealed with a key of 32 bytes for `context`: `v1.` and base64url of nonce and ciphertext."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plaintext.encode(), context)
    return _VERSION + urlsafe_b64encode(nonce + sealed).decode()


def unseal(key: bytes, sealed: str, context: bytes) -> str:
    """What `seal` was given.

    Raises:
        Unreadable: it does not open.
    """
    if not sealed.startswith(_VERSION):
        raise Unreadable("an unknown form of sealed text")
    try:
        raw = urlsafe_b64decode(sealed.removeprefix(_VERSION))
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context).decode()
    except (InvalidTag, ValueError) as error:
        raise Unreadable("it does not open with this key in this context") from error
