"""Single fields sealed where they are stored, and found again without being read: AES-GCM, and a keyed blind index.

What always holds:
- a sealed text says which key it was sealed with and nothing of what it says but its length; the same text sealed
  twice gives two texts;
- it opens only with its key and in its context (such as whose phone it is): put into another row it does not open;
- the newest key seals, every known key opens. So a key is changed by putting a new one before it, and dropped once
  nothing is sealed with it any more;
- equal values of one field have equal indexes, those of two fields have nothing in common, and nobody without the
  index key can tell what has an index, not even by trying all telephone numbers there are.

Sources: NIST SP 800-38D (a random nonce of 96 bits is good for 2^32 texts of one key), RFC 2104 (HMAC).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "v1."
_ID_BYTES = 3  # four characters of base64, so that SQL can tell the key, too
_NONCE_BYTES = 12
_INDEX_BYTES = 16

KEY_ID = slice(len(_VERSION), len(_VERSION) + 4)
"""Where in a sealed text its key's id stands."""


class Unreadable(Exception):
    """A sealed text does not open: none of our keys has sealed it, it was altered, or belongs somewhere else."""


def seal(key: bytes, plaintext: str, context: bytes) -> str:
    """`plaintext` sealed with a key of 32 bytes, for one context: `v1.` and base64url of key id, nonce, ciphertext."""
    return _VERSION + base64.urlsafe_b64encode(seal_bytes(key, plaintext.encode(), context)).decode()


def unseal(key: bytes, sealed: str, context: bytes) -> str:
    """What was sealed.

    Raises:
        Unreadable: not with this key, or not for this context.
    """
    return unseal_bytes(key, _decoded(sealed), context).decode()


def seal_bytes(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Like `seal`, for what is stored as bytes."""
    nonce = os.urandom(_NONCE_BYTES)
    return key_id(key) + nonce + _cipher(key).encrypt(nonce, plaintext, context)


def unseal_bytes(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """What was sealed by `seal_bytes`.

    Raises:
        Unreadable: not with this key, or not for this context.
    """
    nonce = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES]
    try:
        return _cipher(key).decrypt(nonce, sealed[_ID_BYTES + _NONCE_BYTES :], context)
    except (InvalidTag, ValueError):
        raise Unreadable("it was sealed with another key or for another place, or was altered") from None


def blind_index(key: bytes, field: str, value: str) -> str:
    """What stands for `value` where only equality is asked: 128 bits of HMAC-SHA-256, as 32 hexadecimal digits."""
    mac = _mac(key, field).copy()
    mac.update(value.encode())
    return mac.digest()[:_INDEX_BYTES].hex()


@lru_cache(maxsize=64)
def key_id(key: bytes) -> bytes:
    """Three bytes that name a key and tell nothing of it."""
    return hashlib.sha256(b"rapport key id\0" + key).digest()[:_ID_BYTES]


@lru_cache(maxsize=64)
def _mac(key: bytes, field: str) -> hmac.HMAC:
    return hmac.new(key, f"{field}\0".encode(), "sha256")


@lru_cache(maxsize=64)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def _decoded(sealed: str) -> bytes:
    if not sealed.startswith(_VERSION):
        raise Unreadable("it is not sealed in a form that we know")
    try:
        return base64.b64decode(sealed[len(_VERSION) :], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("it is not sealed in a form that we know") from None


class Keyring:
    """The keys of a service, made from its secrets."""

    def __init__(self, secrets: Sequence[str], index_secret: str) -> None:
        """`secrets`, the newest first, make the sealing keys; `index_secret` makes the key of blind indexes.

        Raises:
            ValueError: there is no secret, or two keys cannot be told apart.
        """
        keys = [_derived(secret, b"seal") for secret in secrets]
        self._keys = {key_id(key): key for key in keys}
        if not keys or len(self._keys) != len(keys):
            raise ValueError("name at least one sealing key, and none twice")
        self._newest = keys[0]
        self._index_key = _derived(index_secret, b"index")
        self.newest_id = base64.urlsafe_b64encode(key_id(self._newest)).decode()
        """As it stands in what is sealed from now on (`KEY_ID`)."""
        self.older_ids = [base64.urlsafe_b64encode(key_id(key)).decode() for key in keys[1:]]
        """As they stand in what was sealed before."""

    def seal(self, plaintext: str, context: bytes) -> str:
        """`plaintext` sealed with the newest key."""
        return seal(self._newest, plaintext, context)

    def unseal(self, sealed: str, context: bytes) -> str:
        """What was sealed with any of the keys.

        Raises:
            Unreadable: with none of them, or for another context.
        """
        return unseal_bytes(self._of(raw := _decoded(sealed)), raw, context).decode()

    def seal_bytes(self, plaintext: bytes, context: bytes) -> bytes:
        """Like `seal`, for what is stored as bytes."""
        return seal_bytes(self._newest, plaintext, context)

    def unseal_bytes(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed by `seal_bytes` with any of the keys.

        Raises:
            Unreadable: with none of them, or for another context.
        """
        return unseal_bytes(self._of(sealed), sealed, context)

    def is_newest(self, sealed: str) -> bool:
        """Whether this was sealed with the key that seals now."""
        return sealed[KEY_ID] == self.newest_id

    def blind_index(self, field: str, value: str) -> str:
        """What stands for this value of a field where only equality is asked."""
        return blind_index(self._index_key, field, value)

    def _of(self, sealed: bytes) -> bytes:
        key = self._keys.get(sealed[:_ID_BYTES])
        if key is None:
            raise Unreadable("it was sealed with a key that is not known here")
        return key


def _derived(secret: str, purpose: bytes) -> bytes:
    """A key of 32 bytes. A secret is long and random, not a password: one hash is enough."""
    return hmac.digest(secret.encode(), b"rapport " + purpose, "sha256")
