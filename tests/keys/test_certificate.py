"""The certificate serves mutual TLS 1.3, and is recognised by its pin."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from keys.certificate import (
    TlsIdentity,
    certificate_owner,
    make_identity,
    read_identity,
    spki_digest,
)
from keys.digest import sha256
from keys.errors import UnknownSuiteError

NOW_MS = 1_800_000_000_123
DAY_MS = 24 * 60 * 60 * 1000
RO = make_identity("ro-1.example", now_ms=NOW_MS, days=90)
JP = make_identity("jp-1.example", now_ms=NOW_MS, days=90)


def certificate_of(identity: TlsIdentity) -> x509.Certificate:
    """Parse the certificate."""
    return x509.load_pem_x509_certificate(identity.certificate_pem)


def test_certificate_says_what_was_asked() -> None:
    """Name, dates and use."""
    certificate = certificate_of(RO)
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == ["ro-1.example"]
    assert certificate.subject == certificate.issuer
    assert certificate.subject.rfc4514_string() == "CN=ro-1.example"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.not_valid_before_utc == datetime.fromtimestamp(1_799_996_400, tz=UTC)
    assert RO.not_after_ms == NOW_MS - 123 + 90 * DAY_MS
    assert isinstance(certificate.public_key(), Ed25519PublicKey)
    certificate.verify_directly_issued_by(certificate)


def test_pin_is_the_digest_of_the_public_key_info() -> None:
    """The same on both sides, and independent of the certificate around the key."""
    certificate = certificate_of(RO)
    info = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert RO.spki == sha256(info) == spki_digest(certificate.public_bytes(Encoding.DER))
    assert RO.spki != JP.spki


def test_identity_comes_back_from_its_pem() -> None:
    """As the key file stores it."""
    assert read_identity(RO.certificate_pem, RO.key_pem) == RO


def test_identity_shows_no_private_key() -> None:
    """A repr in a trace must not hold it."""
    assert "PRIVATE" not in repr(RO)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ro.example",
        "ro example",
        "ro..example",
        "-ro.example",
        "r\u00f3.example",
        "ro.example.",
        "a\n",
        "*.example",
        "a" * 64 + ".example",
        ".".join(["a" * 49] * 6),
    ],
)
def test_name_that_is_no_dns_name_is_refused(name: str) -> None:
    """It would break at the peer, not here."""
    with pytest.raises(UnknownSuiteError):
        make_identity(name, now_ms=NOW_MS, days=90)


@pytest.mark.parametrize("days", [-1, 0, 399])
def test_validity_out_of_bounds_is_refused(days: int) -> None:
    """TLS libraries refuse long ones; short ones are a slip."""
    with pytest.raises(UnknownSuiteError):
        make_identity("ro-1.example", now_ms=NOW_MS, days=days)


def test_long_dns_name_is_whole_in_the_alternative_name() -> None:
    """X.520 cuts a common name at 64 characters; nobody matches on it."""
    name = ".".join(["a" * 49] * 5)
    certificate = certificate_of(make_identity(name, now_ms=NOW_MS, days=1))
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == [name]


def test_pin_of_another_kind_of_key_is_computed() -> None:
    """Peers may use P-256 (rule 26); which pins count is the directory's affair."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jp")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki_digest(certificate.public_bytes(Encoding.DER)) == sha256(info)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UnknownSuiteError):
        read_identity(certificate.public_bytes(Encoding.PEM), pem)


@pytest.mark.parametrize("data", [b"", b"\x30\x00", bytes(100), RO.certificate_pem])
def test_what_is_no_certificate_has_no_pin(data: bytes) -> None:
    """A peer shows anything."""
    with pytest.raises(UnknownSuiteError):
        spki_digest(data)


def test_damaged_certificate_has_another_pin_or_none() -> None:
    """One bit in each byte: never another error, and the pin only stays if the key did."""
    der = certificate_of(RO).public_bytes(Encoding.DER)
    kept = 0
    for place in range(len(der)):
        changed = bytearray(der)
        changed[place] ^= 1 << (place % 7)
        try:
            kept += spki_digest(bytes(changed)) == RO.spki
        except UnknownSuiteError:
            continue
    assert kept < len(der)


def test_key_of_another_certificate_is_refused() -> None:
    """Mixed files would else show at the first handshake only."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    rsa_pem = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for key_pem in (JP.key_pem, rsa_pem, b"", RO.certificate_pem):
        with pytest.raises(UnknownSuiteError):
            read_identity(RO.certificate_pem, key_pem)
    with pytest.raises(UnknownSuiteError):
        read_identity(b"", RO.key_pem)


def test_a_certificate_names_its_node_under_its_own_signature() -> None:
    """Whoever copies a pin cannot make a certificate of that key with another name."""
    named = make_identity("ro-1.example", now_ms=1_800_000_000_000, days=90, node="RO/1")
    der = ssl.PEM_cert_to_DER_cert(named.certificate_pem.decode())
    assert certificate_owner(der) == "RO/1"
    forged = der.replace(b"a35:RO/1", b"a35:FR/1")
    assert forged != der
    for bad in (forged, b"certificate", der[:-1]):
        with pytest.raises(UnknownSuiteError):
            certificate_owner(bad)
    assert certificate_owner(ssl.PEM_cert_to_DER_cert(RO.certificate_pem.decode())) is None
    with pytest.raises(UnknownSuiteError):
        make_identity("ro-1.example", now_ms=1_800_000_000_000, days=90, node="RO/0")


@pytest.mark.parametrize(
    ("uris", "owner"),
    [((), None), (("https://a35.example",), None), (("a35:RO/1", "https://a35.example"), "RO/1")],
)
def test_certificates_of_other_programs_may_name_more_or_nothing(
    uris: tuple[str, ...], owner: str | None
) -> None:
    """What is not a name of a node is nobody's business here."""
    assert certificate_owner(made_elsewhere(uris)) == owner


def test_a_certificate_of_two_nodes_is_nobodys() -> None:
    """Each of two entries could list it as its own."""
    with pytest.raises(UnknownSuiteError):
        certificate_owner(made_elsewhere(("a35:RO/1", "a35:FR/1")))


def made_elsewhere(uris: tuple[str, ...]) -> bytes:
    """Return a certificate of P-256 that another program made."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elsewhere")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=90))
    )
    if uris:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def context_for(
    folder: Path, own: TlsIdentity, peer: TlsIdentity, *, server: bool
) -> ssl.SSLContext:
    """Build a TLS 1.3 context that knows one peer, from files as the library wants them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.verify_mode = ssl.CERT_REQUIRED
    own_file = folder / f"{own.spki.hex()}.pem"
    own_file.write_bytes(own.certificate_pem + own.key_pem)
    context.load_cert_chain(own_file)
    context.load_verify_locations(cadata=peer.certificate_pem.decode())
    return context


def handshake(client: ssl.SSLObject, server: ssl.SSLObject, wires: list[ssl.MemoryBIO]) -> None:
    """Carry bytes between both ends until both are done."""
    client_in, client_out, server_in, server_out = wires
    done: set[ssl.SSLObject] = set()
    for _ in range(10):
        for end in (client, server):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                pass
        server_in.write(client_out.read())
        client_in.write(server_out.read())
    assert done == {client, server}


def test_two_identities_shake_hands_and_see_each_others_pin(tmp_path: Path) -> None:
    """Mutual TLS 1.3 in memory, strict checks on, each end knowing the other's certificate."""
    now = int(datetime.now(tz=UTC).timestamp() * 1000)
    ours = make_identity("ro-1.example", now_ms=now, days=90)
    theirs = make_identity("jp-1.example", now_ms=now, days=90)
    wires = [ssl.MemoryBIO() for _ in range(4)]
    client_in, client_out, server_in, server_out = wires
    client_context = context_for(tmp_path, ours, theirs, server=False)
    server_context = context_for(tmp_path, theirs, ours, server=True)
    client = client_context.wrap_bio(client_in, client_out, server_hostname="jp-1.example")
    server = server_context.wrap_bio(server_in, server_out, server_side=True)
    handshake(client, server, wires)
    seen_by_client, seen_by_server = (end.getpeercert(binary_form=True) for end in (client, server))
    assert seen_by_client is not None
    assert seen_by_server is not None
    assert spki_digest(seen_by_client) == theirs.spki
    assert spki_digest(seen_by_server) == ours.spki
    assert client.version() == "TLSv1.3"
