"""A small world for the tests of the directory: nodes with real keys, an authority, a clock."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from gateway.directory.publish import KeyFolder, admit, delegate, new_root, publish
from keys.digest import sha256
from keys.keyfile import Credential
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from protocol.directory import NodeEntry
from protocol.identifiers import LogOrigin, NodeId
from protocol.joining import JoinRequest, build_join_request, node_part
from protocol.keyset import KeySet
from protocol.log.checkpoint import TreeHead
from protocol.log.proof import InclusionProof
from protocol.log.signing import sign_head
from protocol.log.statement import key_set_published
from protocol.log.tree import Frontier

DAY_MS = 24 * 60 * 60 * 1000
SECRET = Credential(bytes(range(32)))


@dataclass
class FakeClock:
    """A clock whose hands a test moves; sleeping moves them too."""

    now: int
    seconds: float = 0.0
    slept: tuple[float, ...] = ()
    on_sleep: Callable[[], None] | None = None

    def now_ms(self) -> int:
        """Return the time that the test set."""
        return self.now

    def monotonic_s(self) -> float:
        """Return seconds that the test moves."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Note the pause and let the test act in it."""
        self.slept += (seconds,)
        if self.on_sleep is not None:
            self.on_sleep()


@cache
def node_keys(name: str, salt: int = 0) -> NodeKeys:
    """Make the keys of a node, once for a whole run; another `salt` gives others."""
    return NodeKeys.generate(
        name, generation=1, tls_name=f"node{salt}.example", now_ms=1_800_000_000_000
    )


def certificate(keys: NodeKeys) -> bytes:
    """Return a node's certificate in DER."""
    return ssl.PEM_cert_to_DER_cert(keys.tls.certificate_pem.decode())


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


@dataclass(frozen=True)
class Authority:
    """An authority with its folder and its keys at one moment."""

    folder: Path
    keys: KeyFolder
    now_ms: int

    @classmethod
    def found(
        cls, base: Path, now_ms: int, *, parties: tuple[str, ...] = ("FR", "RO")
    ) -> "Authority":
        """Make a directory and delegate to some Parties; nothing of theirs is published yet."""
        authority = cls(base / "out", KeyFolder(base / "keys", SECRET), now_ms)
        new_root(authority.folder, authority.keys, now_ms=now_ms)
        for country in parties:
            authority.delegate(country)
        return authority

    @property
    def root(self) -> bytes:
        """What nodes get as ROOT.json."""
        return (self.folder / "metadata" / "1.root.json").read_bytes()

    @property
    def url(self) -> str:
        """The folder as a mirror."""
        return self.folder.as_uri() + "/"

    def at(self, now_ms: int) -> "Authority":
        """Return the same authority at another time."""
        return replace(self, now_ms=now_ms)

    def delegate(self, country: str) -> None:
        """Give a Party its part."""
        delegate(self.folder, self.keys, country, now_ms=self.now_ms)

    def admit(self, *names: str, salt: int = 0) -> None:
        """Admit nodes by their names."""
        for name in names:
            request = join_request(node_keys(name, salt), self.now_ms)
            admit(self.folder, request, now_ms=self.now_ms, replace=salt != 0)

    def publish(self) -> int:
        """Publish; return the version of the timestamp."""
        return publish(self.folder, self.keys, now_ms=self.now_ms).stamp.timestamp_version

    def digest(self) -> bytes:
        """Return the SHA-256 of the timestamp as it lies in the folder."""
        return sha256((self.folder / "metadata" / "timestamp.json").read_bytes())
