"""Posting over TLS: to the address that was looked at, under the name that was asked for."""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.integration.touchpoint.receiving import Receiver

from touchpoint_service.domain.addresses import networks
from touchpoint_service.posting import Addresses, AddressRefused, Endpoint

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOST = "hooks.example.test"


def certificate(folder: Path, host: str) -> Path:
    """A certificate for `host`, its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@asynccontextmanager
async def behind_tls(file: Path) -> AsyncIterator[tuple[Receiver, list[str]]]:
    """A receiver with this certificate, and the names that clients asked for."""
    receiver, asked = Receiver(answer=lambda _: 200, secrets=[SECRET]), list[str]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda _line, name, _context: asked.append(name)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver, asked
    finally:
        server.close()


def leading_to(address: str, port: int) -> Addresses:
    """What a name server said a moment ago."""
    addresses = Addresses(networks("127.0.0.0/8"))
    addresses._known[HOST, port] = address, math.inf
    return addresses


class TestOverTls:
    async def test_the_name_is_asked_for_and_verified_at_the_address_that_was_looked_at(self, tmp_path: Path):
        file = certificate(tmp_path, HOST)
        async with behind_tls(file) as (receiver, asked):
            url = f"https://{HOST}:{receiver.port}/in"
            context = ssl.create_default_context(cafile=str(file))
            endpoint = Endpoint(url, [SECRET], leading_to("127.0.0.1", receiver.port), context, 5)
            for number in range(3):
                answer = await endpoint.post(f"c.{number}", f'{{"id":"c.{number}"}}')
                assert (answer.status, answer.error) == (200, None)
            await endpoint.close()
            assert asked == [HOST], "one connection for all three"
            assert receiver.ids() == ["c.0", "c.1", "c.2"]
            assert receiver.hosts == [f"{HOST}:{receiver.port}"] * 3

    async def test_a_certificate_of_another_name_is_not_taken(self, tmp_path: Path):
        file = certificate(tmp_path, "other.example.test")
        async with behind_tls(file) as (receiver, _):
            url = f"https://{HOST}:{receiver.port}/in"
            context = ssl.create_default_context(cafile=str(file))
            endpoint = Endpoint(url, [SECRET], leading_to("127.0.0.1", receiver.port), context, 5)
            answer = await endpoint.post("c.1", '{"id":"c.1"}')
            await endpoint.close()
            assert answer.status is None
            assert receiver.events == []


class TestAddresses:
    async def test_of_a_host_are_refused_when_one_of_them_is(self, monkeypatch: pytest.MonkeyPatch):
        async def found(*_args: object, **_options: object) -> list[tuple[object, ...]]:
            return [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.5", 443))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)
        with pytest.raises(AddressRefused):
            await Addresses(()).of("https://example.com/in")

    async def test_are_looked_up_again_after_a_moment(self, monkeypatch: pytest.MonkeyPatch):
        said = [["93.184.215.14"], ["169.254.169.254"]]

        async def found(*_args: object, **_options: object) -> list[tuple[object, ...]]:
            return [(2, 1, 6, "", (address, 443)) for address in said.pop(0)]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)
        addresses = Addresses(())
        assert await addresses.of("https://example.com/in") == "93.184.215.14"
        assert await addresses.of("https://example.com/other") == "93.184.215.14"
        monkeypatch.setattr("touchpoint_service.posting.time.monotonic", lambda: math.inf)
        with pytest.raises(AddressRefused):
            await addresses.of("https://example.com/in")

    async def test_are_reached_by_plain_http_only_where_the_settings_say_so(self):
        assert await Addresses(networks("127.0.0.0/8")).of("http://127.0.0.1/in") == "127.0.0.1"
        with pytest.raises(AddressRefused, match="https"):
            await Addresses(networks("127.0.0.0/8")).of("http://93.184.215.14/in")
