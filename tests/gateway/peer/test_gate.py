"""Who gets in: only keys of the directory, only TLS 1.3, and not too many at a time."""

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.peer.connection import PortLimits
from gateway.peer.quota import PeerLimits
from keys.certificate import TlsIdentity
from tests.gateway.peer.port import (
    FR,
    HOST,
    Options,
    connect,
    der,
    entry,
    identity,
    open_port,
    parts,
    raw,
    request,
    rest,
    scenario,
)

KEYS = request("GET", "/v1/keys")


@scenario
async def test_known_key_is_served() -> None:
    """The base case."""
    async with open_port() as port:
        assert parts(await raw(port.number, KEYS))[0] == 200
        assert port.reception.contacts == [FR]


@scenario
async def test_unknown_key_fails_within_the_handshake() -> None:
    """No byte of HTTP is read of a stranger; the operator sees a counter."""
    async with open_port() as port:
        assert await raw(port.number, KEYS, tls=identity("stranger")) == b""
        assert port.metrics.value("a35_turned_away_total", {"reason": "handshake"}) == 1
        assert port.reception.contacts == []


@scenario
async def test_known_name_with_another_key_fails() -> None:
    """Names decide nothing."""
    async with open_port() as port:
        mimic = identity.__wrapped__("fr")
        assert mimic.spki != identity("fr").spki
        assert await raw(port.number, KEYS, tls=mimic) == b""


@scenario
async def test_certificate_that_a_known_key_signed_for_another_fails() -> None:
    """A node's certificate is no authority; only its own key is listed."""
    async with open_port() as port:
        assert await raw(port.number, KEYS, tls=_issued_by(identity("fr"))) == b""
        assert port.reception.contacts == []


@scenario
async def test_client_without_certificate_fails() -> None:
    """Both sides show a key."""
    async with open_port() as port:
        context = ssl.create_default_context(cadata=der(identity("ro")))
        context.check_hostname = False
        stream = await asyncio.open_connection(
            HOST, port.number, ssl=context, server_hostname="localhost"
        )
        stream[1].write(KEYS)
        assert await _rest_or_nothing(stream) == b""
        assert port.reception.contacts == []


@scenario
async def test_tls_1_2_is_refused() -> None:
    """Nothing to downgrade to."""
    async with open_port() as port:
        context = ssl.create_default_context(cadata=der(identity("ro")))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection(
                HOST, port.number, ssl=context, server_hostname="localhost"
            )


@scenario
async def test_bytes_that_are_not_tls_are_dropped() -> None:
    """A scanner speaks plain HTTP."""
    async with open_port() as port:
        reader, writer = await asyncio.open_connection(HOST, port.number)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await _rest_or_nothing((reader, writer))
        assert b"HTTP" not in answer
        assert port.metrics.value("a35_turned_away_total", {"reason": "handshake"}) == 1


@scenario
async def test_removed_peer_gets_a_coded_refusal_and_a_changed_directory_counts_at_once() -> None:
    """A context cannot unlearn a certificate, so each request asks the directory."""
    async with open_port() as port:
        stream = await connect(port.number)
        stream[1].write(request("GET", "/v1/keys", close=False))
        assert b"200 OK" in await stream[0].readuntil(b"answer")
        del port.directory.entries[FR]
        stream[1].write(KEYS)
        status, _, body = parts(await rest(stream))
        assert (status, b"E_PEER" in body) == (403, True)
        assert port.metrics.value("a35_refused_total", {"peer": "unknown", "code": "E_PEER"}) == 1


@scenario
async def test_new_certificate_is_trusted_after_reload_beside_the_old_one() -> None:
    """A rotation lists two keys of one name; both must work, in any order."""
    async with open_port() as port:
        new = identity.__wrapped__("fr")
        assert await raw(port.number, KEYS, tls=new) == b""
        both = entry(FR, identity("fr")).model_copy(
            update={
                "tls_spki": (identity("fr").spki.hex(), new.spki.hex()),
                "tls_certificates": (
                    *entry(FR, identity("fr")).tls_certificates,
                    *entry(FR, new).tls_certificates,
                ),
            }
        )
        port.directory.entries[FR] = both
        await port.server.reload_trust()
        for each in (identity("fr"), new):
            assert parts(await raw(port.number, KEYS, tls=each))[0] == 200


@scenario
async def test_one_peer_has_a_bounded_number_of_connections() -> None:
    """A flood slows itself; a closed connection gives its place free."""
    options = Options(peer_limits=PeerLimits(connections=2))
    async with open_port(options) as port:
        held = [await connect(port.number) for _ in range(2)]
        for stream in held:
            stream[1].write(request("GET", "/v1/keys", close=False))
            await stream[0].readuntil(b"answer")
        assert await raw(port.number, KEYS) == b""
        assert port.metrics.value("a35_turned_away_total", {"reason": "crowd"}) == 1
        assert port.metrics.value("a35_peer_connections") == 2
        held[0][1].write(KEYS)
        await rest(held[0])
        assert parts(await raw(port.number, KEYS))[0] == 200
        held[1][1].close()


@scenario
async def test_handshakes_under_way_are_bounded_and_end_in_time() -> None:
    """Silent connections must not use up the port."""
    async with open_port(Options(limits=PortLimits(handshakes=1))) as port:
        silent = await asyncio.open_connection(HOST, port.number)
        await asyncio.sleep(0)
        second = await asyncio.open_connection(HOST, port.number)
        assert await _rest_or_nothing(second) == b""
        assert port.metrics.value("a35_turned_away_total", {"reason": "crowd"}) == 1
        silent[1].close()
    async with open_port(Options(limits=PortLimits(handshakes=1, handshake_timeout_s=2))) as port:
        silent = await asyncio.open_connection(HOST, port.number)
        assert await _rest_or_nothing(silent) == b""
        assert parts(await raw(port.number, KEYS))[0] == 200, "its place is free again"


@scenario
async def test_unfinished_head_and_idle_connection_end_in_time() -> None:
    """One time-out governs both."""
    async with open_port(Options(limits=PortLimits(idle_timeout_s=0.05))) as port:
        for piece in (b"", b"GET /v1/keys HTTP/1.1\r\nHost: x\r\nX-Sl"):
            stream = await connect(port.number)
            stream[1].write(piece)
            assert await rest(stream) == b""


@scenario
async def test_stopping_ends_idle_connections_and_frees_the_port() -> None:
    """SIGTERM must not wait for peers that keep connections."""
    async with open_port() as port:
        stream = await connect(port.number)
        half = await asyncio.open_connection(HOST, port.number)
        await port.server.stop(0.2)
        assert await rest(stream) == b""
        assert await _rest_or_nothing(half) == b""
        with pytest.raises(ConnectionRefusedError):
            await connect(port.number)


async def _rest_or_nothing(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bytes:
    try:
        return await rest(stream)
    except ssl.SSLError:
        return b""


def _issued_by(issuer: TlsIdentity) -> TlsIdentity:
    """Return an identity of a new key whose certificate the issuer's key signed."""
    own = x509.load_pem_x509_certificate(issuer.certificate_pem)
    issuer_key = load_pem_private_key(issuer.key_pem, password=None)
    assert isinstance(issuer_key, Ed25519PrivateKey)
    key = Ed25519PrivateKey.generate()
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "other")]))
        .issuer_name(own.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
        .sign(issuer_key, algorithm=None)
    )
    return TlsIdentity(
        certificate_pem=made.public_bytes(Encoding.PEM),
        key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        spki=bytes(32),
        not_after_ms=0,
    )


def test_private_key_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files outlive a crash; the key goes through anonymous memory."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    @scenario
    async def served() -> None:
        async with open_port() as port:
            assert parts(await raw(port.number, KEYS))[0] == 200

    served()
    assert list(tmp_path.iterdir()) == []
