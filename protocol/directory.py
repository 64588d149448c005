"""One Party's entry in the directory, and the one resolver of its keys for every use.

Does: the strict model of `parties/<CC>/party.json`; reading and writing it; which keys of a node
count at a moment. Leaves to gateway.directory: who signed the file, how old it is, all entries
together. Nothing here is trusted until TUF has verified the bytes; a `PartyEntry` says only that
they are well formed and speak of one Party alone.

Rules kept: an entry of CC holds nodes, origins and ids of CC only; the TLS pins are those of the
certificates beside them; every key is parsed once, when the entry is read, so that resolving is
a look-up for each message.

Source: docs/wire-format.md, rules 7, 26 and 29.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Self, TypeVar

from pydantic import Field, model_validator

from keys.certificate import certificate_owner, spki_digest
from keys.cosignature import SignatureType
from keys.cosigner import Cosigner
from keys.digest import sha256
from keys.errors import KeysError
from keys.note import LogVerifier
from keys.recipient import RecipientKey
from keys.suite import SUITE
from keys.vkey import VerifierKey
from protocol.directory_values import (
    CertificateText,
    CountryCode,
    Ed25519Public,
    Email,
    Endpoint,
    HexDigest,
    LanguageCode,
    Line,
    Mldsa44Public,
    NodeName,
    OriginName,
    Phone,
    StrictModel,
    Time,
    Version,
    XwingPublic,
    ZoneName,
    distinct,
    encode_strict,
    key_bytes,
    parse_strict,
    time_ms,
)
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_BODY_BYTES, MAX_ENTRY_BYTES
from protocol.requests.profile import Profile
from protocol.witness.naming import witness_name

MAX_NODES: Final = 16
MAX_ENDPOINTS: Final = 8
MAX_LOG_KEYS: Final = 16
MAX_KEM_KEYS: Final = 8
MAX_TLS_KEYS: Final = 4
MAX_WITNESS_KEYS: Final = 4
MAX_CONTACT_POINTS: Final = 16
MAX_TELEPHONES: Final = 8
DEFAULT_BLOB_BYTES: Final = 2 * 1024 * 1024 * 1024
"""Largest attachment that a node takes unless its entry says otherwise."""

_Made = TypeVar("_Made")


class NodeState(StrEnum):
    """Whether others exchange messages with a node."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Telephone(StrictModel):
    """One number of the telephone card, for the moment when machines fail."""

    number: Phone
    remark: Line | None = None


class ContactPoint(StrictModel):
    """A 24/7 point of contact: what it is for, when, and how to call it.

    `number` is the n of the node CC/n at its desk. `equivalent` says that this point of contact
    may be used in place of any other of the same Party.
    """

    number: Annotated[int, Field(ge=1, le=999)]
    name: Line
    remit: Line
    hours: Line
    time_zone: ZoneName
    languages: Annotated[tuple[LanguageCode, ...], Field(min_length=1, max_length=MAX_TELEPHONES)]
    telephones: Annotated[tuple[Telephone, ...], Field(min_length=1, max_length=MAX_TELEPHONES)]
    email: Email | None = None
    equivalent: bool


class _Period(StrictModel):
    """When a key counts: both ends included."""

    not_before: Time
    not_after: Time

    @cached_property
    def not_before_ms(self) -> int:
        """First moment, ms since 1970 UTC."""
        return time_ms(self.not_before)

    @cached_property
    def not_after_ms(self) -> int:
        """Last moment, ms since 1970 UTC."""
        return time_ms(self.not_after)

    def is_valid(self, at_ms: int) -> bool:
        """Tell whether the key counts at this moment (ms since 1970 UTC)."""
        return self.not_before_ms <= at_ms <= self.not_after_ms

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.not_before_ms >= self.not_after_ms:
            raise ValueError("not_after must come after not_before")
        return self


class LogKey(_Period):
    """One pair of keys whose two signatures together make a checkpoint of one origin count."""

    origin: OriginName
    ed25519: Ed25519Public
    mldsa44: Mldsa44Public

    @cached_property
    def log_origin(self) -> LogOrigin:
        """The log that the pair signs."""
        return LogOrigin.parse(self.origin)

    @cached_property
    def verifier(self) -> LogVerifier:
        """The pair as `keys.note` takes it."""
        return LogVerifier(
            name=self.origin, ed25519=key_bytes(self.ed25519), mldsa44=key_bytes(self.mldsa44)
        )

    @model_validator(mode="after")
    def _parse_once(self) -> Self:
        _usable(lambda: self.verifier)
        return self


class KemKey(_Period):
    """A last-resort key: what envelopes are wrapped for when no prekey is at hand."""

    public: XwingPublic

    @cached_property
    def recipient(self) -> RecipientKey:
        """The key as `keys.recipient` wraps for it."""
        return RecipientKey(key_bytes(self.public))

    @model_validator(mode="after")
    def _parse_once(self) -> Self:
        _usable(lambda: self.recipient)
        return self


class WitnessKey(_Period):
    """A key with which a node cosigns other nodes' logs; its name is a35/CC/n/witness."""

    mldsa44: Mldsa44Public

    def cosigner(self, node: NodeId) -> Cosigner:
        """Return the key of this node as `keys.cosigner` verifies with it."""
        return Cosigner(
            key=VerifierKey(
                name=witness_name(node),
                kind=SignatureType.MLDSA44,
                public=key_bytes(self.mldsa44),
            )
        )


class NodeLimits(StrictModel):
    """What a node takes at the most; a sender refuses more before anything leaves."""

    body_bytes: Annotated[int, Field(ge=1024, le=MAX_BODY_BYTES)] = MAX_BODY_BYTES
    blob_bytes: Annotated[int, Field(ge=0, le=2**40)] = DEFAULT_BLOB_BYTES


class NodeEntry(StrictModel):
    """Everything that others must know of one node.

    Keys are standard base64, pins lower-case hex; `tls_spki` and `tls_certificates` stand in the
    same order. Endpoints are tried from the first on. Without `witness` it cosigns nothing.
    """

    id: NodeName
    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1, max_length=MAX_ENDPOINTS)]
    tls_spki: Annotated[tuple[HexDigest, ...], Field(min_length=1, max_length=MAX_TLS_KEYS)]
    tls_certificates: Annotated[tuple[CertificateText, ...], Field(max_length=MAX_TLS_KEYS)]
    logs: Annotated[tuple[LogKey, ...], Field(min_length=1, max_length=MAX_LOG_KEYS)]
    kem: Annotated[tuple[KemKey, ...], Field(min_length=1, max_length=MAX_KEM_KEYS)]
    versions: Annotated[tuple[Version, ...], Field(min_length=1, max_length=8)] = (SUITE,)
    limits: NodeLimits = NodeLimits()
    state: NodeState
    witness: Annotated[
        tuple[WitnessKey, ...] | None, Field(min_length=1, max_length=MAX_WITNESS_KEYS)
    ] = None

    @cached_property
    def node_id(self) -> NodeId:
        """The id, parsed."""
        return NodeId.parse(self.id)

    @cached_property
    def spki(self) -> frozenset[bytes]:
        """The TLS pins: SHA-256 of each SPKI, 32 bytes."""
        return frozenset(bytes.fromhex(pin) for pin in self.tls_spki)

    @cached_property
    def certificates(self) -> tuple[bytes, ...]:
        """The TLS certificates in DER."""
        return tuple(key_bytes(text) for text in self.tls_certificates)

    @cached_property
    def cosigners(self) -> tuple[tuple[WitnessKey, Cosigner], ...]:
        """Each witness key with what verifies by it, in the order of the entry."""
        return tuple((key, key.cosigner(self.node_id)) for key in self.witness or ())

    @property
    def is_active(self) -> bool:
        """Whether messages may be exchanged with it."""
        return self.state is NodeState.ACTIVE

    @model_validator(mode="after")
    def _check_own(self) -> Self:
        if any(key.log_origin.node != self.node_id for key in self.logs):
            raise ValueError("a log of another node")
        distinct(self.endpoints, "an endpoint")
        distinct(self.tls_spki, "a TLS pin")
        distinct(((key.origin, key.ed25519, key.mldsa44) for key in self.logs), "a log key")
        distinct((key.public for key in self.kem), "a last-resort key")
        distinct((key.mldsa44 for key in self.witness or ()), "a witness key")
        others = {key.mldsa44 for key in self.logs}
        if any(key.mldsa44 in others for key in self.witness or ()):
            raise ValueError("a witness key is never a key of the log")
        _usable(lambda: self.cosigners)
        return self

    @model_validator(mode="after")
    def _check_pins(self) -> Self:
        pins = _usable(lambda: tuple(spki_digest(der).hex() for der in self.certificates))
        if pins != self.tls_spki:
            raise ValueError("the pins are not those of the certificates")
        owners = _usable(lambda: {certificate_owner(der) for der in self.certificates})
        if not owners <= {None, self.id}:
            raise ValueError("a certificate of another node")
        return self


class PartyEntry(StrictModel):
    """The file `parties/<CC>/party.json`, signed by that Party's keys and nobody else's."""

    party: CountryCode
    name: Line
    profile: Profile | None = None
    contact_points: Annotated[tuple[ContactPoint, ...], Field(max_length=MAX_CONTACT_POINTS)] = ()
    nodes: Annotated[tuple[NodeEntry, ...], Field(max_length=MAX_NODES)] = ()

    @model_validator(mode="after")
    def _check_one_party(self) -> Self:
        if any(node.node_id.country != self.party for node in self.nodes):
            raise ValueError("a node of another Party")
        if self.profile is not None and self.profile.party != self.party:
            raise ValueError("the profile of another Party")
        distinct((node.id for node in self.nodes), "a node")
        distinct((point.number for point in self.contact_points), "a point of contact")
        distinct((pin for node in self.nodes for pin in node.tls_spki), "a TLS pin")
        return self


def _usable(make: Callable[[], _Made]) -> _Made:
    """Make something of a key or certificate; what the library refuses is refused here.

    Raises:
        ValueError: It cannot be used.
    """
    try:
        return make()
    except KeysError as error:
        raise ValueError("a key or certificate that cannot be used") from error


def parse_entry(data: bytes) -> PartyEntry:
    """Read a Party's entry.

    Args:
        data: The verified target `parties/<CC>/party.json`: UTF-8 JSON, at most
            MAX_ENTRY_BYTES. That CC is the entry's `party` is for the caller to check.

    Returns:
        The entry, with every key parsed.

    Raises:
        MalformedError: Too long (E_SIZE), or not an entry by every rule of the models
            (E_SCHEMA); the text names the place, never a value.

    Source:
        docs/wire-format.md, rule 29.
    """
    return parse_strict(PartyEntry, data, max_bytes=MAX_ENTRY_BYTES)


def encode_entry(entry: PartyEntry) -> bytes:
    """Write an entry: names in order, no blanks, absent fields left out, UTF-8."""
    return encode_strict(entry)


def log_verifiers(node: NodeEntry, origin: LogOrigin, *, at_ms: int) -> tuple[LogVerifier, ...]:
    """Return the key pairs under which a checkpoint of this log counts at a moment.

    Args:
        node: The entry of the log's owner.
        origin: The log.
        at_ms: When, milliseconds since 1970 UTC; both ends of a key's time count.

    Returns:
        Newest first; empty if the entry names none for this log at this moment.
    """
    valid = [key for key in node.logs if key.log_origin == origin and key.is_valid(at_ms)]
    valid.sort(key=lambda key: key.not_before_ms, reverse=True)
    return tuple(key.verifier for key in valid)


def last_resort_keys(node: NodeEntry, *, at_ms: int) -> tuple[RecipientKey, ...]:
    """Return the last-resort keys valid at a moment (ms since 1970 UTC), newest first."""
    valid = [key for key in node.kem if key.is_valid(at_ms)]
    valid.sort(key=lambda key: key.not_before_ms, reverse=True)
    return tuple(key.recipient for key in valid)


def witness_keys(node: NodeEntry, *, at_ms: int) -> tuple[Cosigner, ...]:
    """Return the witness keys valid at a moment (ms since 1970 UTC), newest first."""
    valid = [(key, cosigner) for key, cosigner in node.cosigners if key.is_valid(at_ms)]
    valid.sort(key=lambda pair: pair[0].not_before_ms, reverse=True)
    return tuple(cosigner for _, cosigner in valid)


def spki_digests(node: NodeEntry) -> frozenset[bytes]:
    """Return the TLS pins of a node: SHA-256 of each SPKI, 32 bytes."""
    return node.spki


def fingerprints(node: NodeEntry) -> dict[str, str]:
    """Return what two people compare by telephone before a node is admitted.

    Returns:
        SHA-256 in lower-case hex of each public key by its name: `tls` (of the SPKI),
        `log ORIGIN` (of the Ed25519 key followed by the ML-DSA-44 key), `kem` and `witness`; a
        second key of a kind carries its number, `tls 2`.
    """
    named = [("tls", pin) for pin in node.tls_spki]
    named += [
        (f"log {key.origin}", sha256(key.verifier.ed25519 + key.verifier.mldsa44).hex())
        for key in node.logs
    ]
    named += [("kem", sha256(key.recipient.public).hex()) for key in node.kem]
    named += [("witness", sha256(key_bytes(key.mldsa44)).hex()) for key in node.witness or ()]
    result: dict[str, str] = {}
    for name, digest in named:
        earlier = sum(1 for known in result if known == name or known.startswith(f"{name} "))
        result[f"{name} {earlier + 1}" if earlier else name] = digest
    return result
