"""The kept files of the story, as tests take them."""

import json
from typing import Any

from keys.digest import sha256
from keys.recipient import RecipientSecret
from protocol.directory import NodeEntry, log_verifiers, parse_entry
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, TreeHead, verify_checkpoint
from protocol.log.linking import Position, link
from protocol.standing import Standing
from tests.vectors.case_file import FOLDER
from tests.vectors.exchange.two_nodes import DAY_MS, START_MS

NOW_MS = START_MS + DAY_MS // 2


def kept(name: str) -> dict[str, Any]:
    """Return one file of the story."""
    loaded: dict[str, Any] = json.loads((FOLDER / "exchange" / f"{name}.json").read_text())
    return loaded


def raw(name: str, key: str = "input") -> bytes:
    """Return the bytes of one file of the story."""
    return bytes.fromhex(kept(name)[key])


def seed_of(node: str, key: str) -> bytes:
    """Return a seed of one of the two nodes."""
    return bytes.fromhex(kept("seeds")["seeds"][node][key])


def secrets_of(node: str) -> dict[bytes, RecipientSecret]:
    """Return what opens contents for a node."""
    secret = RecipientSecret(seed_of(node, "prekey"))
    return {secret.key_id: secret}


def entry_of(node: str) -> NodeEntry:
    """Return a node's part of the directory."""
    files = kept("directory")["files"]
    country, _, _ = node.partition("/")
    data = next(text for name, text in files.items() if f"parties/{country}/" in name).encode()
    (entry,) = parse_entry(data).nodes
    return entry


class Linker:
    """Our own code's view of one node's log, moved by what that node sends.

    Args:
        node: Whose log.
    """

    def __init__(self, node: str) -> None:
        self.node = NodeId.parse(node)
        self.position = Position.empty(LogOrigin(self.node, 1))

    def verify(self, note: bytes) -> Checkpoint:
        """Check the signatures of a note."""
        claimed = ClaimedCheckpoint.parse(note)
        verifiers = log_verifiers(entry_of(str(self.node)), claimed.head.origin, at_ms=NOW_MS)
        return verify_checkpoint(claimed, verifiers, now_ms=NOW_MS)

    def reach(self, standing: Standing) -> TreeHead:
        """Link what a frame or an answer brings; return what its proofs meet."""
        if standing.checkpoint is None:
            held = self.position.tree_head(standing.at)
            assert held is not None
            return held
        checkpoint = self.verify(standing.checkpoint)
        assert checkpoint.head.size == standing.at
        linked = link(
            self.position,
            checkpoint,
            old=standing.old,
            proof=standing.consistency,
            now_ms=NOW_MS,
        )
        self.position = linked.position
        return checkpoint.head


def digest_of_text(text: str) -> str:
    """Return the SHA-256 of a file that is kept as text."""
    return sha256(text.encode()).hex()
