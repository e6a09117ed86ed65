"""Where webhooks may lead."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchpoint_service.domain.addresses import address_of, fault_of, networks, opened, refused


class TestAnAddress:
    @pytest.mark.parametrize(
        "text",
        [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",  # the metadata of a cloud
            "100.127.255.255",
            "192.0.0.192",
            "198.18.0.1",
            "192.0.2.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::1",  # 6to4 of 127.0.0.1
            "2002:a9fe:a9fe::1",
            "2001:0:7f00:1::1",  # Teredo
            "fc00::1",
            "fd00:ec2::254",  # the metadata of a cloud
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "100::1",
        ],
    )
    def test_of_our_own_is_refused(self, text: str) -> None:
        assert refused(address_of(text))

    @pytest.mark.parametrize(
        "text",
        ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
         "169.253.255.255", "192.167.255.255", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1",
         "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"],
    )  # fmt: skip
    def test_of_the_internet_is_not(self, text: str) -> None:
        assert not refused(address_of(text))

    @given(st.ip_addresses())
    def test_that_is_not_global_is_refused(self, address: IPv4Address | IPv6Address) -> None:
        if not address.is_global or address.is_multicast:
            assert refused(address)

    @given(st.ip_addresses(v=4))
    def test_is_judged_alike_in_every_disguise(self, address: IPv4Address) -> None:
        number = int(address)
        disguises = [0xFFFF << 32 | number, 0x0064FF9B << 96 | number, 0x2002 << 112 | number << 80]
        if refused(address):
            assert all(refused(IPv6Address(each)) for each in disguises)

    def test_that_the_settings_open_is_allowed(self) -> None:
        allowed = networks("127.0.0.0/8, fd00::/8")
        assert not refused(ip_address("127.0.0.1"), allowed)
        assert not refused(ip_address("fd12::1"), allowed)
        assert refused(ip_address("10.0.0.1"), allowed)
        assert opened(ip_address("127.0.0.1"), allowed)
        assert not opened(ip_address("1.1.1.1"), allowed)
        assert networks("") == ()


class TestAUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "ftp://example.com",
            "https://",
            "https:///in",
            "https://me@example.com",
            "https://me:secret@example.com",
            "https://example.com/#part",
            "https://example.com:99999",
            "https://example.com:0",
            "https://example.com/a b",
            "https://[::1",
            "https://exämple.com",
            "javascript:alert(1)",
        ],
    )
    def test_of_another_form_is_none(self, url: str) -> None:
        assert fault_of(url) is not None

    @pytest.mark.parametrize("url", ["https://example.com", "https://example.com:8443/in?a=b", "http://10.0.0.1/"])
    def test_may_have_port_path_and_query(self, url: str) -> None:
        assert fault_of(url) is None
