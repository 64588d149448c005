"""What operators of simulated nodes do: keep copies of homes, put them back, give up a log.

Between two lives only, on files. Giving up a log is the same call as that of `a35 recover
--new-generation`; its keys come from the seed of the node's name, as all do here.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import Final

from gateway.simulator.fakes import DirectoryVersion
from gateway.simulator.material import NodeMaterial, key_set_of, seed_of
from gateway.simulator.node import SimulatedNode
from gateway.storage.audit import audit_store
from gateway.storage.continuity import marker_of
from gateway.storage.generations import Survey, open_generation, survey
from keys.nodekeys import LogKeys, NodeKeys
from protocol.directory import LogKey, NodeEntry
from protocol.directory_values import key_text
from protocol.identifiers import LogOrigin
from protocol.keyset import KeySet
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, TreeHead
from protocol.log.deed import Epoch
from protocol.log.recovery import Claim
from protocol.log.signing import sign_head
from protocol.log.statement import epoch as epoch_stated
from protocol.log.statement import key_set_published

_STORE: Final = ("store.db", "store.db-wal", "store.db-shm")


class Anchored(Enum):
    """What lies beside a store that was put back."""

    NEWEST = auto()
    """The anchor of the last start: it shows what was lost."""
    NONE = auto()
    OLD = auto()
    """As old as the copy: nothing beside the files shows a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of a home at one moment."""

    folder: Path
    origin: LogOrigin
    size: int


def keep_copy(node: SimulatedNode, folder: Path) -> Copy:
    """Copy a home between two commits, as a snapshot of its disk does.

    Args:
        node: Up or down.
        folder: Does not exist yet.
    """
    shutil.copytree(node.home, folder)
    leaves = audit_store(folder / "store.db").leaves
    generation = max(leaf.generation for leaf in leaves)
    size = sum(1 for leaf in leaves if leaf.generation == generation)
    return Copy(folder=folder, origin=LogOrigin(node.id, generation), size=size)


def put_back(node: SimulatedNode, copy: Copy, *, anchored: Anchored, is_marked: bool) -> None:
    """Put a copy in the place of a home's store; the node must be down.

    Args:
        node: Whose.
        copy: From `keep_copy`.
        anchored: What becomes of the anchor.
        is_marked: Whether it is said that these files were restored, as `a35 restore` does.
    """
    for name in _STORE:
        (node.home / name).unlink(missing_ok=True)
        if (copy.folder / name).exists():
            shutil.copy(copy.folder / name, node.home / name)
    anchor = node.home / "anchor"
    match anchored:
        case Anchored.NEWEST:
            pass
        case Anchored.NONE:
            anchor.unlink()
        case Anchored.OLD:
            shutil.copy(copy.folder / "anchor", anchor)
    if is_marked:
        marker_of(node.home / "store.db").touch()


def give_up(
    node: SimulatedNode,
    directory: DirectoryVersion,
    publish: Callable[[NodeEntry], None],
    *,
    why: str,
) -> LogOrigin:
    """Open a new generation of a node's log; the node must be down.

    Args:
        node: Whose.
        directory: The newest version: which generations are listed.
        publish: Gives the node's new entry to the directory.
        why: For the epoch.

    Returns:
        The new log.

    Raises:
        StorageError: It could not be opened.
    """
    path, anchor = node.home / "store.db", node.home / "anchor"
    found = survey(path, anchor=anchor)
    listed = (key.log_origin.generation for key in directory.entries[node.id].logs)
    generation = 1 + max(found.origin.generation, found.heard, *listed)
    keys = node.material.keys.with_log(_log_keys(node.material.keys, generation))
    signer, clock = keys.signer(), node.clock

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=clock.now_ms() // 1000)

    open_generation(
        path,
        origin=LogOrigin(node.id, generation),
        epoch=epoch_stated(_epoch(node, found, why).encode()),
        key_set=key_set_published(_key_set(node, found)),
        head_signer=sign,
        now_ms=clock.now_ms(),
        anchor=anchor,
    )
    node.material = _listed(node.material, keys, directory.entries[node.id])
    publish(node.material.entry)
    return LogOrigin(node.id, generation)


def _log_keys(keys: NodeKeys, generation: int) -> LogKeys:
    node = LogOrigin.parse(keys.origin).node
    return LogKeys(
        node=keys.node,
        generation=generation,
        ed25519_seed=seed_of(node, f"ed25519 {generation}"),
        mldsa44_seed=seed_of(node, f"mldsa44 {generation}"),
    )


def _listed(material: NodeMaterial, keys: NodeKeys, entry: NodeEntry) -> NodeMaterial:
    """Return the material with one log more in its entry."""
    verifier, first = keys.signer().verifier, entry.logs[0]
    made = LogKey(
        origin=keys.origin,
        ed25519=key_text(verifier.ed25519),
        mldsa44=key_text(verifier.mldsa44),
        not_before=first.not_before,
        not_after=first.not_after,
    )
    listed = entry.model_copy(update={"logs": (*entry.logs, made)})
    return replace(material, keys=keys, entry=listed)


def _epoch(node: SimulatedNode, found: Survey, why: str) -> Epoch:
    note = None if found.head is None else found.head.note
    held = 0 if found.head is None else found.head.size
    gap = None
    if found.loss is not None and found.loss.kind is Claim.MORE:
        note = found.loss.shown
        gap = max(0, ClaimedCheckpoint.parse(note).head.size - held)
    return Epoch(
        old=found.origin, note=note, gap=gap, who=f"{node.id} operator", why=why,
        t_ms=node.now_ms(),
    )  # fmt: skip


def _key_set(node: SimulatedNode, found: Survey) -> bytes:
    held = 0 if found.key_set is None else KeySet.decode(found.key_set).version
    version = max(held + 1, node.now_ms() // 1000)
    return key_set_of(node.id, node.material.keys.prekeys, version)
