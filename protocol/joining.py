"""The join request: what a new node hands to the authority of the directory, and its check.

A request carries the node's part of its Party's entry, its key set, and its first checkpoint with
the proof that the key set is in its log. The check shows that whoever wrote it holds both log
keys that it lists; whose keys they are, people settle by comparing fingerprints by telephone.

Leaves to gateway.directory: which Party may list it, and where the entry goes.

Source: docs/wire-format.md, rules 7, 8 and 29.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from keys.certificate import spki_digest
from keys.cosigner import Cosigner
from keys.note import LogVerifier
from keys.suite import DIGEST_BYTES
from protocol.directory import (
    MAX_CONTACT_POINTS,
    ContactPoint,
    KemKey,
    LogKey,
    NodeEntry,
    NodeState,
    WitnessKey,
    fingerprints,
    log_verifiers,
)
from protocol.directory_values import (
    CountryCode,
    Line,
    StrictModel,
    encode_strict,
    key_bytes,
    key_text,
    parse_strict,
    time_text,
)
from protocol.errors import MalformedError
from protocol.identifiers import NodeId
from protocol.keyset import KeySet
from protocol.limits import MAX_INDEX, MAX_JOIN_BYTES, MAX_NOTE_BYTES, MAX_PROOF_HASHES
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, verify_checkpoint
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, key_set_published
from protocol.requests.profile import Profile

JOIN_FORMAT: Final = "a35/1/join"
_HTTPS_PORT: Final = 443


def _check_digest(text: str) -> str:
    if len(key_bytes(text)) != DIGEST_BYTES:
        raise ValueError(f"not {DIGEST_BYTES} bytes")
    return text


def _check_base64(text: str) -> str:
    key_bytes(text)
    return text


class JoinRequest(StrictModel):
    """The file that `a35 join request` writes and `a35 directory admit` reads.

    `key_set` is base64 of the key set's bytes, `path` the inclusion proof of its leaf `index`
    in the tree of `checkpoint`, a C2SP signed note. Name, profile and contact points are a
    proposal for the Party's part of the entry.
    """

    format: Literal["a35/1/join"] = JOIN_FORMAT
    party: CountryCode
    name: Line
    profile: Profile | None = None
    contact_points: Annotated[tuple[ContactPoint, ...], Field(max_length=MAX_CONTACT_POINTS)] = ()
    node: NodeEntry
    key_set: Annotated[str, AfterValidator(_check_base64)]
    index: Annotated[int, Field(ge=0, le=MAX_INDEX)]
    path: Annotated[
        tuple[Annotated[str, AfterValidator(_check_digest)], ...],
        Field(max_length=MAX_PROOF_HASHES),
    ]
    checkpoint: Annotated[str, Field(min_length=1, max_length=MAX_NOTE_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedJoin:
    """A join request whose proofs hold.

    Attributes:
        request: What was checked.
        key_set: Its key set, read.
        checkpoint: The node's checkpoint, both signatures verified.
        fingerprints: Name to lower-case hex SHA-256, to be compared by telephone.
    """

    request: JoinRequest
    key_set: KeySet
    checkpoint: Checkpoint
    fingerprints: dict[str, str]


def node_part(
    node: NodeId,
    *,
    endpoints: Sequence[str],
    log: LogVerifier,
    last_resort: bytes,
    certificate: bytes,
    not_before_ms: int,
    not_after_ms: int,
    witness: Cosigner | None = None,
) -> NodeEntry:
    """Make a new node's part of its Party's entry from its public keys.

    Args:
        node: Whose.
        endpoints: Where others reach it, in order: `https://host` or `https://host:port`.
        log: Both public keys of its log, named by the origin.
        last_resort: X-Wing public key, 1216 bytes.
        certificate: Its TLS certificate in DER.
        not_before_ms: First moment of its log, last-resort and witness keys, ms since 1970 UTC.
        not_after_ms: Last moment, likewise; a year later by policy.
        witness: The public half of its witness key, if it has one.

    Returns:
        A candidate: the authority decides when it becomes active.

    Raises:
        MalformedError: The log is another node's, or a value that an entry may not hold.
        keys.errors.KeysError: The certificate cannot be read.
    """
    period = {"not_before": time_text(not_before_ms), "not_after": time_text(not_after_ms)}
    try:
        return NodeEntry(
            id=str(node),
            endpoints=tuple(_with_port(url) for url in endpoints),
            tls_spki=(spki_digest(certificate).hex(),),
            tls_certificates=(key_text(certificate),),
            logs=(
                LogKey(
                    origin=log.name,
                    ed25519=key_text(log.ed25519),
                    mldsa44=key_text(log.mldsa44),
                    **period,
                ),
            ),
            kem=(KemKey(public=key_text(last_resort), **period),),
            state=NodeState.CANDIDATE,
            witness=None
            if witness is None
            else (WitnessKey(mldsa44=key_text(witness.key.public), **period),),
        )
    except ValueError as error:
        raise MalformedError("not the part of a directory entry") from error


def build_join_request(
    node: NodeEntry,
    *,
    name: str,
    key_set: bytes,
    proof: InclusionProof,
    note: bytes,
    profile: Profile | None = None,
    contact_points: Sequence[ContactPoint] = (),
) -> JoinRequest:
    """Put a join request together; `verify_join_request` says whether it holds.

    Args:
        node: The node's part, from `node_part`.
        name: What the Party or its desk is called, 1 to 200 characters.
        key_set: The bytes whose statement is in the node's log.
        proof: Of that statement, to the checkpoint.
        note: The node's signed checkpoint.
        profile: The Party's declarations, if known here.
        contact_points: The Party's points of contact, if known here.

    Returns:
        The request; `encode_join_request` writes it.

    Raises:
        MalformedError: A value that the request may not hold.
    """
    try:
        return JoinRequest(
            party=node.node_id.country,
            name=name,
            profile=profile,
            contact_points=tuple(contact_points),
            node=node,
            key_set=key_text(key_set),
            index=proof.index,
            path=tuple(key_text(digest) for digest in proof.path),
            checkpoint=note.decode("utf-8"),
        )
    except ValueError as error:
        raise MalformedError("not a join request") from error


def encode_join_request(request: JoinRequest) -> bytes:
    """Write a join request as one JSON document."""
    return encode_strict(request)


def parse_join_request(data: bytes) -> JoinRequest:
    """Read a join request; nothing in it is believed yet.

    Args:
        data: UTF-8 JSON, at most MAX_JOIN_BYTES.

    Raises:
        MalformedError: Too long (E_SIZE) or not a join request (E_SCHEMA).
    """
    return parse_strict(JoinRequest, data, max_bytes=MAX_JOIN_BYTES)


def verify_join_request(request: JoinRequest, *, now_ms: int) -> CheckedJoin:
    """Check that the node holds the log keys it lists and has stated its key set under them.

    Args:
        request: As read.
        now_ms: Milliseconds since 1970 UTC: the listed keys must be valid now.

    Returns:
        The request with what was proven, and the fingerprints to compare.

    Raises:
        MalformedError: Another Party's node, a key set of another node, or a part that cannot
            be read.
        RemoteProtocolError: No key pair valid now for the checkpoint's log, a signature or the
            inclusion proof that does not hold, or a checkpoint from the future.
    """
    node = request.node
    if node.node_id.country != request.party:
        raise MalformedError("the node of another Party")
    claimed = ClaimedCheckpoint.parse(request.checkpoint.encode())
    if claimed.head.origin.node != node.node_id:
        raise MalformedError("the checkpoint of another node's log")
    verifiers = log_verifiers(node, claimed.head.origin, at_ms=now_ms)
    checkpoint = verify_checkpoint(claimed, verifiers, now_ms=now_ms)
    key_set_bytes = key_bytes(request.key_set)
    key_set = KeySet.decode(key_set_bytes)
    if key_set.node != node.node_id:
        raise MalformedError("the key set of another node")
    proof = InclusionProof(
        index=request.index, path=tuple(key_bytes(digest) for digest in request.path)
    )
    believe(StatementKind.KEY_SET, key_set_published(key_set_bytes).digest, proof, checkpoint)
    return CheckedJoin(
        request=request,
        key_set=key_set,
        checkpoint=checkpoint,
        fingerprints=fingerprints(node),
    )


def _with_port(url: str) -> str:
    """Write the port that https means, because an endpoint always shows it."""
    parts = urlsplit(url)
    return url if parts.port is not None else f"https://{parts.netloc}:{_HTTPS_PORT}"
