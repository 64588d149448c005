"""What of an entry counts after keys of it were revoked: what the directory would say of them.

A pair of log keys, a last-resort or a witness key ends before the moment in which its revocation
was taken here, and stays in the entry: what was witnessed before stands. A pin goes, with its
certificate; a node that is left without one is suspended, since nobody could speak with it.

Source: docs/wire-format.md, rules 29 and 32, and section 8, "Rotation".
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from keys.digest import sha256
from protocol.directory import KemKey, LogKey, NodeEntry, NodeState, PartyEntry, WitnessKey
from protocol.directory_values import key_bytes, time_text
from protocol.log.deed import KeyKind
from protocol.revoking import RevokedKey, keys_of

_Listed = TypeVar("_Listed", LogKey, KemKey, WitnessKey)
_Model = TypeVar("_Model", LogKey, KemKey, WitnessKey, NodeEntry, PartyEntry)

_SECOND_MS = 1000


def after_revocations(entry: PartyEntry, ended: Mapping[RevokedKey, int]) -> PartyEntry:
    """Return what of a Party's entry counts.

    Args:
        entry: As the Party signed it, or what of it does not wait.
        ended: When each revocation was taken, ms since 1970 UTC.

    Returns:
        The same entry if none of its keys was revoked.
    """
    nodes = tuple(_node_after(node, ended) for node in entry.nodes)
    if all(new is old for new, old in zip(nodes, entry.nodes, strict=True)):
        return entry
    return _remade(entry, nodes=nodes)


def _node_after(node: NodeEntry, ended: Mapping[RevokedKey, int]) -> NodeEntry:
    if not keys_of(node) & ended.keys():
        return node
    name = node.node_id

    def end(kind: KeyKind, digest: bytes) -> int | None:
        return ended.get(RevokedKey(node=name, kind=kind, digest=digest))

    pins = [
        (pin, der)
        for pin, der in zip(node.tls_spki, node.tls_certificates, strict=True)
        if end(KeyKind.TLS, bytes.fromhex(pin)) is None
    ]
    witness = node.witness and tuple(
        _ended(key, end(KeyKind.WITNESS, sha256(key_bytes(key.mldsa44)))) for key in node.witness
    )
    return _remade(
        node,
        logs=tuple(_ended(key, end(KeyKind.LOG, _pair(key))) for key in node.logs),
        kem=tuple(_ended(key, end(KeyKind.KEM, sha256(key.recipient.public))) for key in node.kem),
        witness=witness,
        tls_spki=tuple(pin for pin, _ in pins),
        tls_certificates=tuple(der for _, der in pins),
        state=node.state if pins else NodeState.SUSPENDED,
    )


def _pair(key: LogKey) -> bytes:
    return sha256(key.verifier.ed25519 + key.verifier.mldsa44)


def _ended(key: _Listed, at_ms: int | None) -> _Listed:
    """Return a key that ends before a moment; the directory writes whole seconds."""
    if at_ms is None or key.not_after_ms < at_ms:
        return key
    return _remade(key, not_after=time_text(at_ms - _SECOND_MS))


def _remade(model: _Model, **changed: Any) -> _Model:  # noqa: ANN401  of as many types as fields
    """Return a model with some fields changed, and nothing that was computed from the old ones.

    It is not validated: a key may end before it began, and a node may be left without a pin.
    """
    fields = {name: getattr(model, name) for name in type(model).model_fields}
    return type(model).model_construct(**{**fields, **changed})
