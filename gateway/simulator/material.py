"""What all worlds of one process share: keys, templates of homes, documents.

Making keys and tables costs more than a whole seed's delivery, and no seed depends on which
keys they are. A world copies the homes and writes into its copies.
"""

import ssl
from dataclasses import dataclass
from functools import cache
from json import loads
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from gateway.demo.documents import Json, answer_to, examples_folder, note_of
from gateway.simulator.clock import DAY_MS, START_MS
from gateway.storage.sqlite import SqliteStore
from keys.digest import sha256
from keys.nodekeys import NodeKeys, Prekey
from keys.recipient import RecipientSecret
from protocol.directory import NodeEntry, NodeState
from protocol.identifiers import LogOrigin, NodeId
from protocol.joining import node_part
from protocol.keyset import KeySet, PrekeyEntry
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from protocol.log.statement import key_set_published

NAMES: Final = ("DE/1", "FR/1", "FR/2", "IT/1", "PT/1", "RO/1")
"""Every node that a world may have."""

CANARY: Final = "CANARY-5b1f9c"
"""In every content; nowhere outside of sealed bytes."""

PREKEY_DAYS: Final = 14
_below: list[Path] = []
"""The folder below which this process makes its folders; empty for the system's own place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMaterial:
    """One node before it ever ran."""

    node: NodeId
    keys: NodeKeys
    entry: NodeEntry
    home: Path


class _StartClock:
    """The clock at the moment at which every world begins."""

    def now_ms(self) -> int:
        """Return the beginning."""
        return START_MS

    def monotonic_s(self) -> float:
        """Return zero."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Refuse: nothing waits before the beginning.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(f"a wait of {seconds} s before the beginning")


def scratch_below(folder: Path) -> None:
    """Make every further folder of this process below one that its owner removes.

    Args:
        folder: Exists.
    """
    nodes.cache_clear()
    _below[:] = [folder]


def scratch() -> Path:
    """Make a fresh folder."""
    return Path(mkdtemp(prefix="a35-simulate-", dir=_below[0] if _below else None))


@cache
def nodes() -> dict[NodeId, NodeMaterial]:
    """Return every node, made once in this process."""
    folder = scratch()
    made = (_made(NodeId.parse(name), folder) for name in NAMES)
    return {each.node: each for each in made}


def key_set_of(node: NodeId, prekeys: tuple[Prekey, ...], version: int) -> bytes:
    """Return the key set that a node publishes.

    Args:
        node: Whose.
        prekeys: At least one, the newest last.
        version: Above the one before.
    """
    entries = tuple(
        PrekeyEntry(
            public=RecipientSecret(each.seed).public,
            not_before_ms=each.not_before_ms,
            expires_ms=each.expires_ms,
        )
        for each in prekeys
    )
    return KeySet(
        node=node,
        version=version,
        keys=entries,
        not_before_ms=min(each.not_before_ms for each in prekeys),
        expires_ms=max(each.expires_ms for each in prekeys),
    ).encode()


def seed_of(node: NodeId, purpose: str) -> bytes:
    """Return 32 bytes that a simulated key is made from; nothing real is protected by them."""
    return sha256(f"simulated {node} {purpose}".encode())


@cache
def request_of(urgency: str) -> Json:
    """Return a small valid request, without addressee and number.

    Args:
        urgency: Of the catalogue: routine, urgent or emergency.
    """
    text = (examples_folder() / "subscriber_information_request.json").read_text("utf-8")
    document = dict(note_of(loads(text), number=0, size_bytes=1024))
    document["urgency"] = urgency
    body = document["body"]
    if urgency != "routine" and isinstance(body, dict):
        document["body"] = body | {
            "urgency_reasons": ["crime_in_progress"],
            "urgency_details": "A person is being held.",
            "confirmation_contact": {"name": "Duty officer", "telephone": "+33 1 99 00 12 40"},
        }
    return document


__all__ = [
    "CANARY",
    "NAMES",
    "PREKEY_DAYS",
    "NodeMaterial",
    "answer_to",
    "key_set_of",
    "nodes",
    "request_of",
    "scratch",
    "scratch_below",
    "seed_of",
]


def _made(node: NodeId, folder: Path) -> NodeMaterial:
    drawn = NodeKeys.generate(str(node), generation=1, tls_name="localhost", now_ms=START_MS)
    prekey = Prekey(
        seed=seed_of(node, "prekey 1"),
        not_before_ms=START_MS,
        expires_ms=START_MS + PREKEY_DAYS * DAY_MS,
    )
    keys = NodeKeys(
        node=str(node),
        generation=1,
        log_ed25519_seed=seed_of(node, "ed25519"),
        log_mldsa44_seed=seed_of(node, "mldsa44"),
        tls=drawn.tls,
        store_key=seed_of(node, "store"),
        last_resort_seed=seed_of(node, "last resort"),
        prekeys=(prekey,),
    )
    part = node_part(
        node,
        endpoints=["https://localhost:1"],
        log=keys.signer().verifier,
        last_resort=RecipientSecret(keys.last_resort_seed).public,
        certificate=ssl.PEM_cert_to_DER_cert(keys.tls.certificate_pem.decode()),
        not_before_ms=START_MS - DAY_MS,
        not_after_ms=START_MS + 365 * DAY_MS,
    )
    entry = part.model_copy(update={"state": NodeState.ACTIVE})
    home = folder / f"{node.country}-{node.number}"
    home.mkdir()
    _make_store(node, keys, home)
    return NodeMaterial(node=node, keys=keys, entry=entry, home=home)


def _make_store(node: NodeId, keys: NodeKeys, home: Path) -> None:
    signer = keys.signer()
    key_set = key_set_of(node, keys.prekeys, 1)

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=START_MS // 1000)

    store = SqliteStore.create(
        home / "store.db",
        origin=LogOrigin.parse(keys.origin),
        first=key_set_published(key_set),
        key_set=key_set,
        store_key=keys.store_key,
        head_signer=sign,
        clock=_StartClock(),
        anchor=home / "anchor",
    )
    store.abandon()
