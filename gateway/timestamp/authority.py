"""Time stamping authorities as the operator configures them: a name, an address, what to trust.

Does: the value, and reading its certificates. Nothing is trusted but the roots that stand here:
what an answer brings along is only a way to them.

Source: RFC 3161; docs/evidence.md, "Stamps".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificates

from gateway.errors import ConfigError

MAX_CERTIFICATES: Final = 16
"""Roots, or intermediates, of one authority."""

MAX_PEM_BYTES: Final = 256 * 1024
"""Longest file of certificates that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One time stamping authority.

    Attributes:
        name: As reports show it.
        url: Where requests go; plain HTTP will do, since the answer is signed.
        roots: 1 to 16 certificates that end its chain.
        intermediates: Up to 16 between, for authorities that do not send them.
        policy: Object identifier that its stamps must name, in dots; None for any.

    Raises:
        ConfigError: No root, or too many of either.
    """

    name: str
    url: str
    roots: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...] = ()
    policy: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.roots) <= MAX_CERTIFICATES:
            raise ConfigError("a time stamping authority has 1 to 16 roots")
        if len(self.intermediates) > MAX_CERTIFICATES:
            raise ConfigError("a time stamping authority has at most 16 intermediates")


def read_certificates(pem: bytes) -> tuple[Certificate, ...]:
    """Read certificates as a file holds them.

    Args:
        pem: One or more certificates in PEM, at most MAX_PEM_BYTES.

    Returns:
        Each once, in their order.

    Raises:
        ConfigError: Too long, none, or not certificates.
    """
    if len(pem) > MAX_PEM_BYTES:
        raise ConfigError("a file of certificates longer than any")
    try:
        found = load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ConfigError(
            "not certificates in PEM", hint="Take the authority's certificates as PEM."
        ) from error
    return tuple(dict.fromkeys(found))


def split_certificates(
    certificates: Sequence[Certificate],
) -> tuple[tuple[Certificate, ...], tuple[Certificate, ...]]:
    """Tell what ends chains from what lies between, in a file that may hold both.

    Args:
        certificates: At least one.

    Returns:
        Roots and intermediates: a certificate that names itself as its issuer is a root; if none
        does, all are, because whoever wrote the file trusts something in it.
    """
    roots = tuple(each for each in certificates if each.subject == each.issuer)
    if not roots:
        return tuple(certificates), ()
    return roots, tuple(each for each in certificates if each.subject != each.issuer)
