"""A time stamping authority on this machine: certificates made here, answers by `openssl ts`."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.timestamp.authority import Authority, read_certificates

OPENSSL: Final = shutil.which("openssl")
needs_openssl: Final = pytest.mark.skipif(
    OPENSSL is None, reason="openssl is not installed: NO TIME STAMP WAS VERIFIED"
)

_CONFIG: Final = """
[tsa]
default_tsa = local
[local]
serial = serial
crypto_device = builtin
default_policy = 1.2.3.4.1
digests = sha256, sha512
signer_digest = sha256
{accuracy}
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
_STAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)


@dataclass(frozen=True)
class Kind:
    """What is unusual about an authority."""

    usages: tuple[x509.ObjectIdentifier, ...] = _STAMPING
    days: tuple[int, int] = (-1, 30)
    accuracy: str = "accuracy = secs:1, millisecs:500"


class LocalAuthority:
    """One authority: a root, an intermediate, a key for stamps.

    Args:
        folder: Where its files lie; empty.
        name: Tells authorities apart.
        kind: What is unusual about it.
    """

    def __init__(self, folder: Path, name: str, kind: Kind | None = None) -> None:
        kind = kind or Kind()
        self.name = name
        self._folder = folder
        keys = (generate_private_key(SECP256R1()) for _ in range(3))
        names = (f"{name} root", f"{name} middle", f"{name} stamps")
        root, middle, own = zip(names, keys, strict=True)
        self.root = _certificate(root, root)
        self.middle = _certificate(middle, root)
        self.signer = _certificate(own, middle, kind)
        (folder / "root.pem").write_bytes(self.root.public_bytes(Encoding.PEM))
        (folder / "middle.pem").write_bytes(self.middle.public_bytes(Encoding.PEM))
        (folder / "signer.pem").write_bytes(self.signer.public_bytes(Encoding.PEM))
        secret = own[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "signer.key").write_bytes(secret)
        (folder / "serial").write_text("01\n", encoding="ascii")
        text = _CONFIG.format(accuracy=kind.accuracy)
        (folder / "ts.cnf").write_text(text, encoding="ascii")

    @property
    def trusted(self) -> Authority:
        """The authority as an operator configures it."""
        return Authority(
            name=self.name,
            url=f"http://{self.name}.example/tsa",
            roots=read_certificates((self._folder / "root.pem").read_bytes()),
            intermediates=(self.middle,),
        )

    def answer(self, query: bytes, *, chain: bool = True) -> bytes:
        """Answer a request as the program of OpenSSL does."""
        (self._folder / "query").write_bytes(query)
        more = ["-chain", "middle.pem"] if chain else []
        self._run(
            "-reply", "-queryfile", "query", "-inkey", "signer.key", "-signer", "signer.pem",
            *more, "-config", "ts.cnf", "-out", "answer",
        )  # fmt: skip
        return (self._folder / "answer").read_bytes()

    def verifies(self, note: bytes, answer: bytes) -> bool:
        """Tell whether the program of OpenSSL takes a kept answer for a stamp over a note."""
        (self._folder / "note").write_bytes(note)
        (self._folder / "kept").write_bytes(answer)
        try:
            self._run(
                "-verify", "-data", "note", "-in", "kept",
                "-CAfile", "root.pem", "-untrusted", "middle.pem",
            )  # fmt: skip
        except subprocess.CalledProcessError:
            return False
        return True

    def _run(self, *arguments: str) -> None:
        assert OPENSSL is not None
        subprocess.run(  # noqa: S603 - a program of the system, our own arguments
            [OPENSSL, "ts", *arguments],
            cwd=self._folder,
            check=True,
            capture_output=True,
            timeout=60,
        )


Holder = tuple[str, EllipticCurvePrivateKey]


def _certificate(holder: Holder, by: Holder, kind: Kind | None = None) -> x509.Certificate:
    (subject, key), (issuer, issuer_key) = holder, by
    now = datetime.now(UTC)
    begin, end = (-2, 60) if kind is None else kind.days
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begin))
        .not_valid_after(now + timedelta(days=end))
        .add_extension(x509.BasicConstraints(ca=kind is None, path_length=None), critical=True)
        .add_extension(_usage(is_authority=kind is None), critical=True)
    )
    if kind is not None and kind.usages:
        usage = x509.ExtendedKeyUsage(kind.usages)
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
