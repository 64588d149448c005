"""Keys and certificates for the ends that ours is compared with; thrown away with their folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

PASSPHRASE: Final = b"bench"


def make_keys(folder: Path) -> None:
    """Write what both ends of AS2 and the TLS between them need.

    Args:
        folder: Where; made if it is not there.
    """
    folder.mkdir(exist_ok=True)
    for name in ("here", "there"):
        key = rsa.generate_private_key(65537, 2048)
        certificate = _certificate(key, name)
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(form.Encoding.PEM))
        # The old way of sealing a key file: oscrypto reads no newer one.
        sealing = (
            form.PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(2000)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())  # noqa: S303
            .build(PASSPHRASE)
        )
        (folder / f"{name}.p12").write_bytes(
            pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, sealing)
        )
    line = ec.generate_private_key(ec.SECP256R1())
    (folder / "tls.pem").write_bytes(
        _certificate(line, "localhost").public_bytes(form.Encoding.PEM)
    )
    (folder / "tls.key").write_bytes(
        line.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    )


def _certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, name: str
) -> x509.Certificate:
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
