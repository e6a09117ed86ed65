"""Which partition a key belongs to: the same answer as every other Kafka client gives.

What always holds: a key's partition equals that of Kafka's default partitioner, so a record produced by any other
client lands beside ours and keeps its order.

Source: murmur2 of org.apache.kafka.common.utils.Utils, and BuiltInPartitioner.partitionForKey.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF
_POSITIVE = 0x7FFFFFFF


@lru_cache(maxsize=256)
def _words(count: int) -> Struct:
    return Struct(f"<{count}I")


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 of `data`, unsigned."""
    length = len(data)
    h = _SEED ^ length
    for k in _words(length >> 2).unpack_from(data):
        k = k * _M & _MASK  # noqa: PLW2901 - a step of the hash, in a loop that runs for every message
        h = (h * _M & _MASK) ^ ((k ^ k >> 24) * _M & _MASK)
    rest = length & 3
    if rest:
        h = (h ^ int.from_bytes(data[-rest:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


@lru_cache(maxsize=1 << 16)
def partition_for(key: bytes, partitions: int) -> int:
    """The partition of `key` in a topic of that many partitions. Cached: the keys of a busy hour repeat."""
    return (murmur2(key) & _POSITIVE) % partitions
