"""Gives up a node's log for a new generation, on a home that no node runs on.

Order, so that a crash at any point can be taken up by saying the same again: the keys of the new
generation are durable first; then the store begins it, in one transaction; then its head is in
the anchor; then the node's new part for the directory is written. Nothing of the new log leaves
before the directory lists it.

Source: docs/wire-format.md, rule 8; docs/delivery.md, "Restore and recovery".
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.config import NodeConfig
from gateway.errors import ConfigError, StorageError
from gateway.home import Home
from gateway.operator.listing import is_listed, listed_entry, renewed_entry
from gateway.operator.start import refused_keys
from gateway.ports import Clock
from gateway.records import SignedHead
from gateway.storage.generations import (
    Survey,
    anchor_head,
    open_generation,
    prove_leaf,
    survey,
)
from keys.errors import KeyFileError
from keys.keyfile import Secret
from keys.keystore import KeyStore
from keys.nodekeys import LogKeys, NodeKeys, new_log_keys, new_prekey
from protocol.directory import NodeEntry, fingerprints
from protocol.identifiers import LogOrigin, NodeId
from protocol.joining import build_join_request, encode_join_request
from protocol.keyset import KeySet
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, TreeHead
from protocol.log.deed import Epoch
from protocol.log.proof import InclusionProof
from protocol.log.recovery import Claim, Start
from protocol.log.signing import sign_head
from protocol.log.statement import epoch as epoch_stated
from protocol.log.statement import key_set_published
from protocol.renewing import PREKEY_LIFE_MS, listed, next_key_set

RENEW_FILE: Final = "renew.json"
"""The node's part for its Party's entry, with the new log; like a join request."""

_KEY_SET_INDEX: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A home whose node writes a new generation of its log.

    Attributes:
        old: The log that was given up.
        origin: The log that is written from now on.
        size: Of its first signed head.
        lost: Leaves of the old log known to be lost; None if that is not known.
        is_listed: Whether the directory held in this home lists the new log already.
        renewal: The file for the directory authority.
        fingerprints: To be compared by telephone.
    """

    old: LogOrigin
    origin: LogOrigin
    size: int
    lost: int | None
    is_listed: bool
    renewal: Path
    fingerprints: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What the steps work on."""

    home: Home
    config: NodeConfig
    secret: Secret
    clock: Clock
    entry: NodeEntry | None


def renew(
    home: Home,
    config: NodeConfig,
    secret: Secret,
    *,
    reason: str,
    clock: Clock,
    spare: LogKeys | None = None,
) -> Renewed:
    """Give up the log of a home for a new generation, or finish what was begun.

    Args:
        home: The node's folder; no node may run on it.
        config: Its settings.
        secret: What opens its key files.
        reason: Why, stated in leaf 0 of the new log; 1 to 2048 bytes.
        clock: The present time.
        spare: Keys that were made ahead; drawn now if not given.

    Returns:
        What became of it.

    Raises:
        ConfigError: The log can go on, or a spare does not fit; nothing was changed.
        StorageError: A node runs on this home, or the disk refused.
        AccessDeniedError: A wrong secret.
    """
    scene = _Scene(
        home=home,
        config=config,
        secret=secret,
        clock=clock,
        entry=listed_entry(home, config, clock),
    )
    found = survey(home.store, anchor=home.anchor)
    keys = _load(scene)
    if _is_begun(scene, found, keys):
        return _finished(scene, found, keys)
    if keys.generation == found.origin.generation:
        if found.decision.start is Start.ORDINARY:
            raise ConfigError(
                "this log can go on: no new generation is needed",
                code="not_needed",
                hint="see where the node stands: a35 recover",
            )
        keys = _renewed_keys(scene, found, keys, spare)
    return _opened(scene, found, keys, reason=reason)


def _is_begun(scene: _Scene, found: Survey, keys: NodeKeys) -> bool:
    """Tell whether this generation was begun by an attempt that did not come to its end.

    Either its anchor is still that of the log before, or the directory does not list it yet: its
    anchor may then be missing as well, if that of the log before was lost.
    """
    if not found.begins_with_epoch or found.loss is not None:
        return False
    if keys.generation != found.origin.generation:
        return False
    anchored = found.anchored
    is_ours = anchored is not None and anchored.origin.node == found.origin.node
    if is_ours and anchored is not None and anchored.origin < found.origin:
        return True
    may_go_on = anchored is None or found.decision.start is Start.ORDINARY
    return may_go_on and not is_listed(scene.entry, keys)


def _finished(scene: _Scene, found: Survey, keys: NodeKeys) -> Renewed:
    if found.head is None:
        raise StorageError("the new generation was not signed", code="not_signed")
    anchor_head(found.head, scene.home.store, anchor=scene.home.anchor)
    return _written(scene, found, keys, head=found.head, key_set=found.key_set, lost=None)


def _load(scene: _Scene) -> NodeKeys:
    try:
        return KeyStore(scene.home.keys).load(scene.secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error


def _renewed_keys(scene: _Scene, found: Survey, keys: NodeKeys, spare: LogKeys | None) -> NodeKeys:
    """Make the keys of the new generation durable, above every number that anybody has seen.

    Raises:
        ConfigError: The spare is of another node, or of a number that was seen.
    """
    least = 1 + max(found.origin.generation, found.heard, _listed_generation(scene, spare))
    if spare is not None and (spare.node != keys.node or spare.generation < least):
        raise ConfigError(
            f"the spare keys cannot be used: the next generation is {least} or above",
            code="bad_spare",
            hint="leave --spare out: keys are drawn, and the directory must list them first",
        )
    renewed = keys.with_log(new_log_keys(keys.node, least) if spare is None else spare)
    try:
        KeyStore(scene.home.keys).update_node(renewed, scene.secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error
    return renewed


def _listed_generation(scene: _Scene, spare: LogKeys | None) -> int:
    """Return the highest generation that the directory lists, the spare's own not counted."""
    entry = scene.entry
    listed = [] if entry is None else [key.log_origin.generation for key in entry.logs]
    return max((each for each in listed if spare is None or each != spare.generation), default=0)


def _opened(scene: _Scene, found: Survey, keys: NodeKeys, *, reason: str) -> Renewed:
    now_ms = scene.clock.now_ms()
    keys = _with_prekey(scene, keys, now_ms)
    key_set = _key_set(found, keys, now_ms)
    lost = _lost(found)
    epoch = Epoch(
        old=found.origin,
        note=_last_note(found),
        gap=lost,
        who=f"{keys.node} operator",
        why=reason,
        t_ms=now_ms,
    )
    signer = keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=scene.clock.now_ms() // 1000)

    head = open_generation(
        scene.home.store,
        origin=LogOrigin.parse(keys.origin),
        epoch=epoch_stated(epoch.encode()),
        key_set=key_set_published(key_set),
        head_signer=sign,
        now_ms=now_ms,
        anchor=scene.home.anchor,
    )
    return _written(scene, found, keys, head=head, key_set=key_set, lost=lost)


def _with_prekey(scene: _Scene, keys: NodeKeys, now_ms: int) -> NodeKeys:
    """Return keys with a prekey that is valid now; peers may hold newer ones that are lost."""
    if any(each.not_before_ms <= now_ms < each.expires_ms for each in keys.prekeys):
        return keys
    renewed = keys.with_prekey(new_prekey(not_before_ms=now_ms, expires_ms=now_ms + PREKEY_LIFE_MS))
    try:
        KeyStore(scene.home.keys).update_prekeys(renewed, scene.secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error
    return renewed


def _key_set(found: Survey, keys: NodeKeys, now_ms: int) -> bytes:
    """Return a key set whose version is above whatever peers can hold."""
    held = None if found.key_set is None else KeySet.decode(found.key_set)
    prekeys = listed(keys.prekeys, now_ms=now_ms)
    return next_key_set(NodeId.parse(keys.node), held, prekeys, now_ms=now_ms).encode()


def _last_note(found: Survey) -> bytes | None:
    """Return the last note known of the old log: a peer's, if it showed a larger one."""
    if found.loss is not None and found.loss.kind is Claim.MORE:
        return found.loss.shown
    return None if found.head is None else found.head.note


def _lost(found: Survey) -> int | None:
    """Return how many leaves of the old log are known to be lost; None if nobody can say."""
    signed = 0 if found.head is None else found.head.size
    sizes = []
    if found.loss is not None and found.loss.kind is Claim.MORE:
        sizes.append(ClaimedCheckpoint.parse(found.loss.shown).head.size)
    if found.anchored is not None and found.anchored.origin == found.origin:
        sizes.append(found.anchored.size)
    return max(0, max(sizes) - signed) if sizes else None


# ------------------------------------------------------------------ the part for the directory


def _written(
    scene: _Scene,
    found: Survey,
    keys: NodeKeys,
    *,
    head: SignedHead,
    key_set: bytes | None,
    lost: int | None,
) -> Renewed:
    """Write the node's part for its Party's entry.

    Raises:
        ConfigError: It cannot be made.
        StorageError: The disk refused.
    """
    if key_set is None:
        raise ConfigError("the log states no key set", code="not_signed")
    entry = renewed_entry(scene.entry, scene.config, keys, now_ms=scene.clock.now_ms())
    path = prove_leaf(scene.home.store, head, _KEY_SET_INDEX)
    request = build_join_request(
        entry,
        name=scene.config.name,
        key_set=key_set,
        proof=InclusionProof(index=_KEY_SET_INDEX, path=path),
        note=head.note,
    )
    file = scene.home.path / RENEW_FILE
    _replace(file, encode_join_request(request))
    origin = LogOrigin.parse(keys.origin)
    return Renewed(
        old=found.origin,
        origin=origin,
        size=head.size,
        lost=lost,
        is_listed=is_listed(scene.entry, keys),
        renewal=file,
        fingerprints=fingerprints(entry),
    )


def _replace(file: Path, data: bytes) -> None:
    temporary = file.with_name(f".{file.name}.new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(file)
    except OSError as error:
        raise StorageError(f"{file.name} cannot be written") from error
