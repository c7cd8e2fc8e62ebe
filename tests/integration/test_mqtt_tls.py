"""The MQTT connection under TLS, against a broker's end that this file plays byte by byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.mqtt import BrokerAddress, NotConnected, connect
from tests.support.raw_server import raw_server
from tests.support.waiting import DEADLINE_S

HOST = "localhost"
CONNACK = bytes([0x20, 2, 0, 0])

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


def publication(topic: str, payload: bytes) -> bytes:
    """Return a PUBLISH packet with QoS 0."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + payload
    assert len(body) < 128, "one byte of length"
    return bytes([0x30, len(body)]) + body


def certificate(folder: Path, days: int = 1) -> Path:
    """Write a key and a certificate for ``localhost`` that it signs itself, for so many days; return the file with both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "broker.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@asynccontextmanager
async def broker_end(pem: Path, talk: Talk) -> AsyncIterator[BrokerAddress]:
    """Yield the address at which *talk* answers under TLS; it lasts as long as its client."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talk(reader, writer)
        with suppress(ConnectionError):
            await reader.read()  # until the client has gone

    async with raw_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        yield BrokerAddress(HOST, port, tls=True, ca=pem)


@pytest.mark.parametrize("packets", [2, 50])
async def test_packets_of_one_tls_record_are_all_read(tmp_path: Path, packets: int) -> None:
    """A selector does not see the rest of a record: without reading on, the second would wait for the next record."""
    payloads = [str(number).encode() for number in range(packets)]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)  # the CONNECT
        writer.write(CONNACK)
        await writer.drain()
        writer.write(b"".join(publication("fjt/pulse", payload) for payload in payloads))  # one write, one record
        await writer.drain()

    async with (
        broker_end(certificate(tmp_path), talk) as address,
        connect(address, "a-client") as connection,
        asyncio.timeout(DEADLINE_S),
    ):
        heard: list[bytes] = []
        async for message in connection.messages():
            heard.append(message.payload)
            if len(heard) == packets:
                break
    assert heard == payloads


@pytest.mark.parametrize("end", [1, 2, 10])
async def test_a_packet_over_two_tls_records_is_read(tmp_path: Path, end: int) -> None:
    """The first record ends after the packet's first byte, its length, or in its topic; a whole packet is before it."""
    packet = publication("fjt/pulse", b"now")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK + packet + packet[:end])
        await writer.drain()
        writer.write(packet[end:] + packet)
        await writer.drain()

    async with (
        broker_end(certificate(tmp_path), talk) as address,
        connect(address, "a-client") as connection,
        asyncio.timeout(DEADLINE_S),
    ):
        messages = connection.messages()
        assert [(await anext(messages)).payload for _ in range(3)] == [b"now"] * 3


async def test_a_welcome_and_a_message_in_one_record_are_read(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK + publication("fjt/pulse", b"now"))
        await writer.drain()

    async with (
        broker_end(certificate(tmp_path), talk) as address,
        connect(address, "a-client") as connection,
        asyncio.timeout(DEADLINE_S),
    ):
        assert (await anext(connection.messages())).payload == b"now"


@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")  # paho's own, of the failed handshake
async def test_a_broker_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("nobody talks to this broker")

    other = tmp_path / "other"
    other.mkdir()
    async with broker_end(certificate(tmp_path), talk) as address:
        stranger = BrokerAddress(address.host, address.port, tls=True, ca=certificate(other))
        with pytest.raises(NotConnected, match="certificate"):
            async with connect(stranger, "a-client"):
                raise AssertionError("it came in")
