"""TLS between nodes: version 1.3 only, both sides show a certificate, the directory pins the keys.

The standard library asks for a certificate only where it can check it against known ones. So a
context trusts exactly the self-signed certificates that the directory lists, each as itself and
not as an authority for others: a key that is not listed fails inside the handshake, before a
byte of HTTP. Whose connection it is decides the SPKI digest of the key that was shown, looked up
anew for each request, because a context cannot unlearn a certificate.

Private keys reach OpenSSL through anonymous memory, never through a file.

Source: docs/wire-format.md, rule 26.
"""

import os
from asyncio import BaseTransport
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ssl import (
    CERT_REQUIRED,
    OP_NO_TICKET,
    PROTOCOL_TLS_CLIENT,
    PROTOCOL_TLS_SERVER,
    SSLContext,
    SSLError,
    SSLObject,
    TLSVersion,
    VerifyFlags,
)

from aiohttp.http_parser import HttpRequestParser, HttpRequestParserPy

from gateway.errors import ConfigError
from keys.certificate import TlsIdentity, spki_digest
from keys.errors import KeysError


class NodeContext(SSLContext):
    """A client's context for one node, so that it trusts that node's certificates alone.

    Attributes:
        pins: SPKI digests that the node may show, of 32 bytes each. Whoever holds the context
            sets it, and may set it anew.
    """

    pins: frozenset[bytes] = frozenset()


def server_context(identity: TlsIdentity, trusted: Iterable[bytes]) -> SSLContext:
    """Make the context under which peers are let in.

    Args:
        identity: This node's certificate and key.
        trusted: Certificates (DER) of all nodes that may connect; one that OpenSSL cannot read
            is left out, its node is then refused.

    Returns:
        A context that demands a certificate and issues no session tickets: a resumed session
        would carry a certificate over from an older context.

    Raises:
        ConfigError: The identity cannot be used.
    """
    context = SSLContext(PROTOCOL_TLS_SERVER)
    _harden(context, identity, trusted)
    context.options |= OP_NO_TICKET
    context.num_tickets = 0
    return context


def client_context(
    identity: TlsIdentity, trusted: Iterable[bytes], pins: frozenset[bytes]
) -> NodeContext:
    """Make the context under which one node is called.

    Args:
        identity: This node's certificate and key.
        trusted: That node's certificates (DER).
        pins: That node's SPKI digests.

    Returns:
        A context that checks no host name: the pin says more.

    Raises:
        ConfigError: The identity cannot be used.
    """
    context = NodeContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    _harden(context, identity, trusted)
    context.pins = pins
    return context


def shown_spki(transport: BaseTransport | None) -> bytes | None:
    """Return the SPKI digest of the certificate that the other side showed.

    Args:
        transport: Of a finished handshake.

    Returns:
        32 bytes; None without TLS, without a certificate or with one that cannot be read.
    """
    tls = None if transport is None else transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if isinstance(tls, SSLObject) else None
    try:
        return None if certificate is None else spki_digest(certificate)
    except KeysError:
        return None


def require_native_parser() -> None:
    """Refuse to go on with aiohttp's parser in Python, in which most smuggling faults were found.

    Raises:
        ConfigError: The compiled one is missing or switched off.
    """
    if HttpRequestParser is HttpRequestParserPy:
        raise ConfigError(
            "aiohttp has no compiled HTTP parser",
            hint="install aiohttp from a wheel, and unset AIOHTTP_NO_EXTENSIONS",
        )


def _harden(context: SSLContext, identity: TlsIdentity, trusted: Iterable[bytes]) -> None:
    context.minimum_version = TLSVersion.TLSv1_3
    context.verify_mode = CERT_REQUIRED
    # Finds the very certificate even beside another of the same name, as in a rotation.
    context.verify_flags |= VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    for certificate in trusted:
        try:
            context.load_verify_locations(cadata=certificate)
        except (SSLError, ValueError):
            continue
    try:
        with _in_memory(identity.certificate_pem + b"\n" + identity.key_pem) as name:
            context.load_cert_chain(name)
    except SSLError as error:
        raise ConfigError(
            "the TLS certificate and its key cannot be used", hint="make new ones: a35 keys rotate"
        ) from error


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    number = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(number, data)
        yield f"/proc/self/fd/{number}"
    finally:
        os.close(number)
