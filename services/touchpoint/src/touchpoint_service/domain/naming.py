"""Ids that follow from what they name, so that the same facts give the same id."""

from hashlib import blake2b


def natural_id(prefix: str, now: int, *parts: str) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) of the instant `now`, whose random bits are a digest of `parts`."""
    digest = blake2b("\0".join(parts).encode(), digest_size=10).hexdigest()
    variant = _VARIANT[digest[3]]
    return f"{prefix}_{now // 1000 & 0xFFFFFFFFFFFF:012x}7{digest[:3]}{variant}{digest[4:19]}"


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The two highest bits of this digit are 10."""
