"""Makes a new node: keys, log with its key set as leaf 0, settings, and its join request.

A node is there once its `node.toml` is: it is written last. What a failed attempt has made is
taken back, since nothing of it was ever shown to anybody.
"""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from ssl import PEM_cert_to_DER_cert
from typing import Final
from urllib.parse import urlsplit

from gateway.config import NodeConfig, write_config
from gateway.errors import ConfigError
from gateway.home import Home
from gateway.operator.start import refused_keys
from gateway.ports import Clock
from gateway.records import SignedHead
from gateway.storage.sqlite import SqliteStore
from keys.errors import KeyFileError
from keys.keyfile import Secret
from keys.keystore import KeyStore
from keys.nodekeys import NodeKeys, Prekey
from keys.recipient import RecipientSecret, new_seed
from protocol.directory import NodeEntry, fingerprints
from protocol.identifiers import LogOrigin, NodeId
from protocol.joining import build_join_request, encode_join_request, node_part
from protocol.keyset import KeySet, PrekeyEntry
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.proof import InclusionProof
from protocol.log.signing import sign_head
from protocol.log.statement import key_set_published
from protocol.renewing import PREKEY_LIFE_MS

DAY_MS: Final = 24 * 60 * 60 * 1000
LISTED_DAYS: Final = 365
JOIN_FILE: Final = "join.json"
ROOT_FILE: Final = "root.json"
MAX_ROOT_BYTES: Final = 512 * 1024
FIRST_GENERATION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """What became of `a35 init`.

    Attributes:
        node: CC/n.
        home: Where it lives.
        fingerprints: SHA-256 in hex of each public key, by name: to be read over the telephone.
    """

    node: NodeId
    home: Home
    fingerprints: Mapping[str, str]


def create_node(
    home: Home,
    config: NodeConfig,
    secret: Secret,
    *,
    clock: Clock,
    root: bytes | None = None,
) -> NewNode:
    """Make a node in a home that holds none.

    Args:
        home: Its folder; made if it does not exist.
        config: Its settings.
        secret: What its key files are sealed under.
        clock: The present time.
        root: The directory's first root of trust, kept as root.json; None without directory.

    Returns:
        The node and what people compare.

    Raises:
        ConfigError: The home holds a node, or the rest of one; nothing was changed.
        StorageError: The disk refused; what was made is gone again.
    """
    refuse_used(home)
    node = config.node_id
    keys, entry = _new_keys(node, config.url, clock.now_ms())
    key_set = KeySet(
        node=node,
        version=1,
        not_before_ms=entry.not_before_ms,
        expires_ms=entry.expires_ms,
        keys=(entry,),
    ).encode()
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as undo:
        undo.callback(_remove, home)
        _save_keys(home, keys, secret)
        head = _begin_log(home, keys, key_set, clock)
        listed = _listed(node, config, keys, clock.now_ms())
        request = build_join_request(
            listed,
            name=config.name,
            key_set=key_set,
            proof=InclusionProof(index=0, path=()),
            note=head.note,
        )
        _write(home.path / JOIN_FILE, encode_join_request(request))
        if root is not None:
            _write(home.path / ROOT_FILE, root)
        write_config(home.path, config)
        undo.pop_all()
    return NewNode(node=node, home=home, fingerprints=fingerprints(listed))


def refuse_used(home: Home) -> None:
    """Refuse a home that holds a node, or the rest of one.

    Args:
        home: The folder.

    Raises:
        ConfigError: It does.
    """
    if any(place.exists() for place in (home.config_file, home.keys, home.store)):
        raise ConfigError(
            "this home already holds a node",
            code="home_exists",
            hint="choose another folder; a node is never made over another one",
        )
    if home.anchor.exists():
        raise ConfigError(
            f"{home.anchor.name} beside this home is of an earlier node",
            code="home_exists",
            hint="choose another folder, or remove the file if that node is gone for good",
        )


def read_join_request(home: Home) -> bytes:
    """Return the node's part of its directory entry, as `init` wrote it.

    Args:
        home: The node's folder.

    Raises:
        ConfigError: There is no node here, or it was made without one.
    """
    try:
        return (home.path / JOIN_FILE).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"there is no {JOIN_FILE} in this home",
            code="no_home",
            hint="make a node with: a35 init",
        ) from error


def tls_name(node: NodeId, url: str) -> str:
    """Return the name in a node's certificate; peers pin the key, it only helps who looks at it.

    Args:
        node: CC/n.
        url: Where other nodes reach it.
    """
    host = urlsplit(url).hostname or ""
    return f"{node.country}-{node.number}.a35.invalid".lower() if ":" in host else host


def _new_keys(node: NodeId, url: str, now_ms: int) -> tuple[NodeKeys, PrekeyEntry]:
    """Draw the keys of a node, with its first prekey."""
    seed = new_seed()
    prekey = Prekey(seed=seed, not_before_ms=now_ms, expires_ms=now_ms + PREKEY_LIFE_MS)
    keys = NodeKeys.generate(
        str(node), generation=FIRST_GENERATION, tls_name=tls_name(node, url), now_ms=now_ms
    )
    keys = keys.with_prekey(prekey).with_new_witness()
    return keys, PrekeyEntry(
        public=RecipientSecret(seed).public,
        not_before_ms=prekey.not_before_ms,
        expires_ms=prekey.expires_ms,
    )


def _save_keys(home: Home, keys: NodeKeys, secret: Secret) -> None:
    """Write the key files.

    Raises:
        GatewayError: They cannot be written.
    """
    try:
        KeyStore(home.keys).create(keys, secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error


def _begin_log(home: Home, keys: NodeKeys, key_set: bytes, clock: Clock) -> SignedHead:
    """Make the store with the key set as leaf 0, and sign its first head.

    Raises:
        ConfigError: The store signed nothing.
    """
    signer = keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=clock.now_ms() // 1000)

    store = SqliteStore.create(
        home.store,
        origin=LogOrigin.parse(keys.origin),
        first=key_set_published(key_set),
        key_set=key_set,
        store_key=keys.store_key,
        head_signer=sign,
        clock=clock,
        anchor=home.anchor,
    )
    head = store.head()
    asyncio.run(_close(store))
    if head is None:
        raise ConfigError("the new log was not signed", code="not_signed")
    return head


async def _close(store: SqliteStore) -> None:
    await store.start()
    await store.close()


def _listed(node: NodeId, config: NodeConfig, keys: NodeKeys, now_ms: int) -> NodeEntry:
    """Return the node's part of its directory entry."""
    return node_part(
        node,
        endpoints=(config.url,),
        log=keys.signer().verifier,
        last_resort=RecipientSecret(keys.last_resort_seed).public,
        certificate=PEM_cert_to_DER_cert(keys.tls.certificate_pem.decode()),
        not_before_ms=now_ms,
        not_after_ms=now_ms + LISTED_DAYS * DAY_MS,
        witness=None if keys.witness is None else keys.witness.signer().cosigner,
    )


def _write(file: Path, data: bytes) -> None:
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(data)


def _remove(home: Home) -> None:
    """Take back what a failed attempt has made; the folder itself may have been there before."""
    rmtree(home.keys, ignore_errors=True)
    for place in (
        home.store,
        home.store.with_name(home.store.name + "-wal"),
        home.store.with_name(home.store.name + "-shm"),
        home.lock,
        home.store.with_name(home.store.name + ".lock"),
        home.anchor,
        home.path / JOIN_FILE,
        home.path / ROOT_FILE,
        home.config_file,
    ):
        place.unlink(missing_ok=True)
