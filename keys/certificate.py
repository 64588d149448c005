"""A node's TLS certificate: Ed25519, signed by itself, recognised by its SPKI digest.

No authority stands behind it. A peer knows it because the directory lists the digest of its
public key (the pin), so its DNS name and dates decide nothing; they are right all the same, for
the TLS library and for people who look. It also names its node (a35:CC/n): only who holds the key
can sign such a certificate, so that no other entry can list the pin as its own.

Source:
    docs/wire-format.md, rule 26; RFC 5280; RFC 7469 section 2.4 (the pin).
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.digest import sha256
from keys.errors import UnknownSuiteError

_OWNER: Final = re.compile(r"a35:([A-Z]{2}/[1-9][0-9]{0,2})")
_SKEW: Final = timedelta(hours=1)
_MAX_DAYS: Final = 398  # what TLS libraries accept of anybody
_MAX_NAME: Final = 253  # characters of a DNS name
_MAX_COMMON_NAME: Final = 64  # characters, X.520
_DNS_NAME: Final = re.compile(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsIdentity:
    """Certificate and private key of one node, with what peers know it by.

    Attributes:
        certificate_pem: The certificate.
        key_pem: Its private key, PKCS #8, not encrypted; secret, not in the repr.
        spki: SHA-256 of the public key's SubjectPublicKeyInfo, 32 bytes: the pin.
        not_after_ms: End of validity, milliseconds since 1970, a whole second.
    """

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)
    spki: bytes
    not_after_ms: int


def make_identity(name: str, *, now_ms: int, days: int, node: str | None = None) -> TlsIdentity:
    """Make a new key and a certificate for it.

    Args:
        name: DNS name of the node in lower case (A-labels), at most 253 characters; the
            subject and the only alternative name of its kind.
        now_ms: Milliseconds since 1970. Validity begins an hour earlier, for peers whose clock
            is late.
        days: Validity from now on, 1 to 398; a node takes 90.
        node: CC/n, whose certificate it is; named in it if given, as every node does.

    Returns:
        The identity.

    Raises:
        UnknownSuiteError: Not a DNS name, not a node, or a validity out of bounds; nothing was
            made.
    """
    if len(name) > _MAX_NAME or not _DNS_NAME.fullmatch(name):
        raise UnknownSuiteError("a certificate is for a DNS name in lower case")
    if node is not None and _OWNER.fullmatch(f"a35:{node}") is None:
        raise UnknownSuiteError("a node is named CC/n, n from 1 to 999")
    if not 1 <= days <= _MAX_DAYS:
        raise UnknownSuiteError("a certificate is valid for 1 to 398 days")
    key = Ed25519PrivateKey.generate()
    now = datetime.fromtimestamp(now_ms // 1000, tz=UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if node is not None:
        names.append(x509.UniformResourceIdentifier(f"a35:{node}"))
    certificate = _self_signed(key, names, not_before=now - _SKEW, not_after=now + timedelta(days))
    return _identity(certificate, key)


def read_identity(certificate_pem: bytes, key_pem: bytes) -> TlsIdentity:
    """Read a stored identity back, and check that key and certificate belong together.

    Args:
        certificate_pem: As `make_identity` gave it.
        key_pem: Likewise.

    Returns:
        The same identity.

    Raises:
        UnknownSuiteError: Not PEM, not Ed25519, or the key is not the certificate's.
    """
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = load_pem_private_key(key_pem, password=None)
        public = certificate.public_key()
    except Exception as error:  # the decoder's one edge: the library raises four families
        raise UnknownSuiteError("not a certificate and a private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey) or not isinstance(public, Ed25519PublicKey):
        raise UnknownSuiteError("a node's certificate and its key are Ed25519")
    if public.public_bytes_raw() != key.public_key().public_bytes_raw():
        raise UnknownSuiteError("the private key is not the certificate's")
    return _identity(certificate, key)


def spki_digest(certificate_der: bytes) -> bytes:
    """Compute the pin of a certificate that a peer showed. Nothing in it is verified.

    Args:
        certificate_der: As the TLS library gives it, any bytes.

    Returns:
        SHA-256 of its SubjectPublicKeyInfo, 32 bytes.

    Raises:
        UnknownSuiteError: Not a certificate, or a public key that the library does not know.
    """
    try:
        public = x509.load_der_x509_certificate(certificate_der).public_key()
        return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    except Exception as error:  # the decoder's one edge: the library raises four families
        raise UnknownSuiteError("not a certificate with a known kind of key") from error


def certificate_owner(certificate_der: bytes) -> str | None:
    """Return the node that a certificate names, after its own signature was checked.

    Args:
        certificate_der: As an entry lists it, any bytes.

    Returns:
        CC/n; None if it names none, as those of other programs may.

    Raises:
        UnknownSuiteError: Not a certificate, not signed by its own key, or it names several.
    """
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
        certificate.verify_directly_issued_by(certificate)
        owners = _owners(certificate)
    except Exception as error:  # the decoder's one edge: the library raises four families
        raise UnknownSuiteError("not a certificate that its own key signed") from error
    if len(owners) > 1:
        raise UnknownSuiteError("a certificate that names several nodes")
    return owners[0] if owners else None


def _owners(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    found = map(_OWNER.fullmatch, names.get_values_for_type(x509.UniformResourceIdentifier))
    return [match.group(1) for match in found if match is not None]


def _self_signed(
    key: Ed25519PrivateKey,
    names: list[x509.GeneralName],
    *,
    not_before: datetime,
    not_after: datetime,
) -> x509.Certificate:
    public = key.public_key()
    common = str(names[0].value)[:_MAX_COMMON_NAME]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    signs_handshakes = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    both_sides = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    own_id = x509.SubjectKeyIdentifier.from_public_key(public)
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(public)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(signs_handshakes, critical=True)
        .add_extension(x509.ExtendedKeyUsage(both_sides), critical=False)
        .add_extension(own_id, critical=False)
        .add_extension(issuer_id, critical=False)
        .sign(key, algorithm=None)
    )


def _identity(certificate: x509.Certificate, key: Ed25519PrivateKey) -> TlsIdentity:
    return TlsIdentity(
        certificate_pem=certificate.public_bytes(Encoding.PEM),
        key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        spki=spki_digest(certificate.public_bytes(Encoding.DER)),
        not_after_ms=int(certificate.not_valid_after_utc.timestamp()) * 1000,
    )
