"""Where a webhook may lead: into the internet, and into networks of our own only where the settings open them.

What always holds: an address that carries another one (IPv4 in IPv6, NAT64, 6to4, Teredo) is judged by both.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890); RFC 6052, 8215 (NAT64), 3056 (6to4), 4380.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's NAT; some clouds keep their metadata here
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, with the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/128",
        "::1/128",
        "::/96",
        "64:ff9b:1::/48",  # NAT64 of one's own network
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def networks(told: str) -> tuple[Network, ...]:
    """Comma-separated networks, as `10.1.0.0/16, fd00::/8`.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ip_network(each.strip()) for each in told.split(",") if each.strip())


def refused(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether no webhook may connect to it."""
    return not _lies_in(address, allowed) and any(_lies_in(each, _REFUSED) for each in _meant(address))


def opened(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether the settings name its network: nothing between us and it is the open internet."""
    return _lies_in(address, allowed)


def address_of(text: str) -> Address:
    """An address as a resolver tells it; the zone of a link-local one is none of our business."""
    return ip_address(text.partition("%")[0])


def fault_of(url: str) -> str | None:
    """What is wrong with the form of a webhook's URL; None: nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("https", "http"):
        return "must begin with https://"
    if not parts.hostname:
        return "names no host"
    if parts.username is not None or parts.password is not None:
        return "must not hold a password: the signature says who we are"
    if parts.fragment:
        return "must not have a fragment"
    if port == 0 or not url.isascii() or any(character.isspace() or character < " " for character in url):
        return "is no URL"
    return None


def _meant(address: Address) -> Iterator[Address]:
    """The address, and those that packets to it would reach in the end."""
    yield address
    if not isinstance(address, IPv6Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _lies_in(address: Address, found: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in found)
