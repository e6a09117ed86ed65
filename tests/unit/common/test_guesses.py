"""By what callers count who guess."""

from __future__ import annotations

import pytest

from rapport.web.guesses import network


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("testclient", "another", False),
    ],
)
def test_one_address_or_one_64_of_ipv6(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same
