"""Ids that follow from what they name, so that the same facts give the same id."""

from hashlib import blake2b


def natural_id(prefix: str, now: int, *parts: str) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) of the instant `now`, whose random bits are a digest of `parts`."""
    digest = int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=10).digest(), "big")
    value = ((now // 1000) & 0xFFFFFFFFFFFF) << 80 | digest
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"{prefix}_{value:032x}"
