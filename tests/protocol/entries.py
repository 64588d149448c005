"""Nodes with real keys, their parts of an entry, and the join requests that they would write."""

import ssl
from functools import cache

from keys.certificate import make_identity
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from protocol.directory import NodeEntry
from protocol.directory_values import key_text
from protocol.identifiers import LogOrigin, NodeId
from protocol.joining import JoinRequest, build_join_request, node_part
from protocol.keyset import KeySet
from protocol.log.checkpoint import TreeHead
from protocol.log.proof import InclusionProof
from protocol.log.signing import sign_head
from protocol.log.statement import key_set_published
from protocol.log.tree import Frontier

DAY_MS = 24 * 60 * 60 * 1000


def node_keys(name: str, salt: int = 0) -> NodeKeys:
    """Make the keys of a node, once for a whole run; another `salt` gives others."""
    return _node_keys(name, salt)


@cache
def _node_keys(name: str, salt: int) -> NodeKeys:
    return NodeKeys.generate(
        name, generation=1, tls_name=f"node{salt}.example", now_ms=1_800_000_000_000
    )


def certificate(keys: NodeKeys) -> bytes:
    """Return a node's certificate in DER."""
    return ssl.PEM_cert_to_DER_cert(keys.tls.certificate_pem.decode())


@cache
def unnamed_pins(host: str = "unnamed.example") -> dict[str, tuple[str, ...]]:
    """Return pin and certificate of a key whose certificate names no node, for an entry."""
    tls = make_identity(host, now_ms=1_800_000_000_000, days=90)
    der = ssl.PEM_cert_to_DER_cert(tls.certificate_pem.decode())
    return {"tls_spki": (tls.spki.hex(),), "tls_certificates": (key_text(der),)}


def part(keys: NodeKeys, now_ms: int, *, port: int = 8443) -> NodeEntry:
    """Return a node's part of its entry."""
    return node_part(
        NodeId.parse(keys.node),
        endpoints=(f"https://localhost:{port}",),
        log=keys.signer().verifier,
        last_resort=RecipientSecret(keys.last_resort_seed).public,
        certificate=certificate(keys),
        not_before_ms=now_ms - DAY_MS,
        not_after_ms=now_ms + 365 * DAY_MS,
    )


def join_request(keys: NodeKeys, now_ms: int, *, node: NodeEntry | None = None) -> JoinRequest:
    """Return the join request that a node with these keys would write."""
    key_set = KeySet(
        node=NodeId.parse(keys.node),
        version=1,
        not_before_ms=now_ms,
        expires_ms=now_ms + 7 * DAY_MS,
        keys=(),
    ).encode()
    frontier = Frontier()
    frontier.append(key_set_published(key_set).leaf_hash)
    head = TreeHead(origin=LogOrigin.parse(keys.origin), size=frontier.size, root=frontier.root())
    checkpoint = sign_head(keys.signer(), head, timestamp_s=now_ms // 1000)
    return build_join_request(
        part(keys, now_ms) if node is None else node,
        name=f"Desk of {keys.node}",
        key_set=key_set,
        proof=InclusionProof(index=0, path=()),
        note=checkpoint.note,
    )
