"""Requests and answers of RFC 3161: bytes out, bytes in, and what an answer proves.

Does: the request for a stamp over a note; verifying an answer, when it comes and years later.
Everything of `rfc3161_client` stays behind this module. Leaves the wire to
`gateway.timestamp.obtain`.

Rules kept: SHA-256 of the whole note, granted without changes, one signer, whose certificate
comes with the answer and is for time stamping alone, and a chain to a configured root that was
valid when the stamp was made. The answer is kept byte for byte. The signature covers what the
stamp says, not every byte around it: that a kept file was not touched is the bundle's to say.

Source: RFC 3161 sections 2.3, 2.4 and 4; RFC 5816; docs/evidence.md, "Stamps".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.x509 import (
    Certificate,
    ExtendedKeyUsage,
    Name,
    ObjectIdentifier,
    load_der_x509_certificate,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import (
    Accuracy,
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    TimeStampTokenInfo,
    Verifier,
    VerifierBuilder,
    decode_timestamp_response,
)

from gateway.errors import ProofError
from gateway.timestamp.authority import Authority
from gateway.timestamp.ordering import in_order
from keys.digest import same, sha256

MAX_ANSWER_BYTES: Final = 64 * 1024
"""Longest answer that is read: a stamp with a chain of certificates has 3 to 8 KB."""

_SHA256: Final = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_SIGNED_DATA_VERSION: Final = 3
_SIGNER_VERSION: Final = 1
_INFO_VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_MS_PER_S: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request for a stamp.

    Attributes:
        note: What is to be stamped.
        nonce: That the answer must repeat, so that no older one passes for it.
        data: The request, DER.
    """

    note: bytes
    nonce: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """That an authority saw the digest of a note at a moment; made by verifying alone.

    Attributes:
        authority: Name of the one whose root it leads to.
        answer: The answer, byte for byte: to be kept with the note.
        time_ms: Of the stamp, milliseconds since 1970, UTC.
        accuracy_ms: By how much it may be off, as the authority says; 0 if it does not.
        serial: Its number there.
        policy: Under which it was given, object identifier in dots.
    """

    authority: str
    answer: bytes
    time_ms: int
    accuracy_ms: int
    serial: int
    policy: str

    @property
    def latest_s(self) -> int:
        """Moment at which the note existed for certain: seconds since 1970, rounded up."""
        return -(-(self.time_ms + self.accuracy_ms) // _MS_PER_S)


def ask(note: bytes) -> Question:
    """Make a request for a stamp over a note.

    Args:
        note: The whole signed note of a checkpoint, not empty.

    Returns:
        The request; two of one note differ by their nonces.

    Raises:
        ProofError: An empty note.
    """
    if not note:
        raise ProofError("nothing to stamp")
    # The nonce is no secret; the library draws it from the system.
    request = (
        TimestampRequestBuilder()
        .data(note)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    if request.nonce is None:
        raise ProofError("a request without a nonce")
    return Question(note=note, nonce=request.nonce, data=request.as_bytes())


def read_answer(question: Question, answer: bytes, authority: Authority) -> Stamp:
    """Verify the answer to a request.

    Args:
        question: Of `ask`.
        answer: The body of the reply, any bytes.
        authority: Who was asked.

    Returns:
        The stamp.

    Raises:
        ProofError: Whatever `verify_stamp` refuses, or another nonce.
    """
    return _verified(question.note, answer, authority, nonce=question.nonce)


def verify_stamp(note: bytes, answer: bytes, authorities: Sequence[Authority]) -> Stamp:
    """Verify a stamp that was kept; the certificates may have expired since.

    Args:
        note: What it is said to be over.
        answer: The kept answer, any bytes.
        authorities: Those that are trusted.

    Returns:
        The stamp, with the name of the first authority whose root it leads to.

    Raises:
        ProofError: Longer than MAX_ANSWER_BYTES; not an answer of RFC 3161; not granted; over
            something else or another digest; a signature, a certificate or a chain that does not
            hold under any of them.
    """
    refused = ProofError("no authority that is trusted")
    for authority in authorities:
        try:
            return _verified(note, answer, authority, nonce=None)
        except ProofError as error:
            refused = error
    raise refused


def is_of_others(note: bytes, answer: bytes, authorities: Sequence[Authority]) -> bool:
    """Tell whether an answer reads as a stamp over a note that none of some authorities gave.

    Nothing of it is proven, so that it counts for nothing; but it is no reason to doubt the rest.

    Args:
        note: What it is said to be over.
        answer: That `verify_stamp` refused under these authorities, any bytes.
        authorities: Those that are trusted.

    Returns:
        False if it names one of them as an issuer: then it should have held. Likewise for what is
        no stamp of RFC 3161, or one over something else.
    """
    known = {each.subject for one in authorities for each in (*one.roots, *one.intermediates)}
    if len(answer) > MAX_ANSWER_BYTES:
        return False
    try:
        return known.isdisjoint(_issuers(note, answer))
    except ProofError:
        return False


def _issuers(note: bytes, answer: bytes) -> set[Name]:
    """Return who issued the certificates in an answer that reads as a stamp over a note.

    Raises:
        ProofError: It is no stamp, or one over something else.
    """
    try:
        response = decode_timestamp_response(in_order(answer))
        _check_over(response, note)
        _check_signer(response)
        found = map(load_der_x509_certificate, response.signed_data.certificates)
        return {each.issuer for each in found}
    except ProofError:
        raise
    except Exception as error:
        raise ProofError("not a time stamp") from error


def _verified(note: bytes, answer: bytes, authority: Authority, *, nonce: int | None) -> Stamp:
    if len(answer) > MAX_ANSWER_BYTES:
        raise ProofError("an answer of a time stamping authority longer than any")
    try:
        return _checked(note, answer, authority, nonce)
    except ProofError:
        raise
    except Exception as error:
        raise ProofError("not a time stamp that holds") from error


def _checked(note: bytes, answer: bytes, authority: Authority, nonce: int | None) -> Stamp:
    ordered = in_order(answer)
    response = decode_timestamp_response(ordered)
    if response.status != PKIStatus.GRANTED or not same(response.as_bytes(), ordered):
        raise ProofError("a time stamp that was not granted, or in a second spelling")
    info = response.tst_info
    if info.version != _INFO_VERSION or info.message_imprint.hash_algorithm != _SHA256:
        raise ProofError("a time stamp of another form or digest")
    _check_signer(response)
    _verifier(authority, nonce).verify(response, sha256(note))
    return Stamp(
        authority=authority.name,
        answer=answer,
        time_ms=(info.gen_time.astimezone(UTC) - _EPOCH) // _MS,
        accuracy_ms=_accuracy_ms(info),
        serial=info.serial_number,
        policy=info.policy.dotted_string,
    )


def _verifier(authority: Authority, nonce: int | None) -> Verifier:
    policy = None if authority.policy is None else ObjectIdentifier(authority.policy)
    return VerifierBuilder(
        policy_id=policy,
        intermediates=list(authority.intermediates),
        roots=list(authority.roots),
        nonce=nonce,
    ).build()


def _check_over(response: TimeStampResponse, note: bytes) -> None:
    """Demand the digest of a note; no signature is looked at.

    Raises:
        ProofError: It is another one.
    """
    over = response.tst_info.message_imprint
    if over.hash_algorithm != _SHA256 or not same(over.message, sha256(note)):
        raise ProofError("a time stamp over something else")


def _check_signer(response: TimeStampResponse) -> None:
    """Demand one signer whose certificate is there and for time stamping alone.

    Raises:
        ProofError: Anything else.
    """
    data = response.signed_data
    signers = data.signer_infos
    if data.version != _SIGNED_DATA_VERSION or len(signers) != 1:
        raise ProofError("a time stamp with another number of signers than one")
    (signer,) = signers
    certificates = [load_der_x509_certificate(der) for der in data.certificates]
    own = [
        each
        for each in certificates
        if (each.issuer, each.serial_number) == (signer.issuer, signer.serial_number)
    ]
    if signer.version != _SIGNER_VERSION or len(own) != 1 or not _is_for_stamps(own[0]):
        raise ProofError("a time stamp without its signer's certificate for stamps alone")


def _is_for_stamps(certificate: Certificate) -> bool:
    usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage)
    return usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _accuracy_ms(info: TimeStampTokenInfo) -> int:
    accuracy: Accuracy | None = info.accuracy  # optional on the wire, whatever its type says
    if accuracy is None:
        return 0
    micros = accuracy.micros or 0
    return (accuracy.seconds or 0) * _MS_PER_S + (accuracy.millis or 0) + -(-micros // _MS_PER_S)
