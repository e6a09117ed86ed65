"""The control group: members who are not contacted, so that the effect of the contacts can be measured.

What always holds: a customer's side depends on the campaign's id, the customer's id and the share alone. So it is the
same on every run and every machine, and with a larger share everybody who was in the group stays in it.
"""

from __future__ import annotations

from hashlib import blake2b

_RANGE = 1 << 64


def in_control(campaign_id: str, customer_id: str, share: float) -> bool:
    """Whether the customer is in the control group of `share` (0 to 1).

    The first eight bytes of BLAKE2b over both ids, with a zero byte between, are a number that is even over its range;
    those below `share` of the range are the group.
    """
    digest = blake2b(f"{campaign_id}\0{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * _RANGE
