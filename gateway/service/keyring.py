"""The keys under which other nodes are written to: newest prekey held, else the last resort.

Sealing never waits for the network. A node's key set is fetched at contact and after
E_KEM_EXPIRED; until one is held, its last-resort key in the directory is used
(docs/wire-format.md, rule 15 and section 8).
"""

from collections.abc import Iterable
from typing import Final

from gateway.errors import TransportError
from gateway.ports import Clock, Directory, Transport
from gateway.service.link import PeerLogs
from gateway.store import Store
from keys.errors import KeysError
from keys.recipient import RecipientKey
from protocol.directory import last_resort_keys
from protocol.errors import NotAllowedError, NotProvenError
from protocol.identifiers import NodeId
from protocol.keyset import KeySet, KeySetAnswer
from protocol.limits import MAX_ANSWER_BYTES
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, key_set_published

_HTTP_OK: Final = 200
_FRESH_MS: Final = 24 * 60 * 60 * 1000
_KEYS_KEPT: Final = 1024
"""Parsed keys, of some 9 KB each: more than all nodes have at a time."""


class Keyring:
    """Recipient keys of all nodes.

    Args:
        store: Keeps the newest proven key set of each node.
        directory: Gives the last-resort keys.
        transport: Fetches key sets.
        logs: Links the checkpoints that prove them.
        clock: Time.
    """

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        transport: Transport,
        logs: PeerLogs,
        clock: Clock,
    ) -> None:
        self._store = store
        self._directory = directory
        self._transport = transport
        self._logs = logs
        self._clock = clock
        self._parsed: dict[NodeId, tuple[bytes, KeySet]] = {}
        self._recipients: dict[bytes, RecipientKey] = {}
        self._fetched_ms: dict[NodeId, int] = {}
        self._gone: set[bytes] = set()

    async def recipient(self, node: NodeId) -> RecipientKey:
        """Return the key to seal to a node under, from what is held now.

        Args:
            node: The addressee.

        Returns:
            Its newest valid prekey, unless its owner said that it is gone; else its last-resort
            key.

        Raises:
            NotAllowedError: Neither is held.
        """
        now_ms = self._clock.now_ms()
        held = await self._held(node)
        prekey = None if held is None else held.newest_valid(now_ms)
        if prekey is not None:
            key = self._key(prekey.public)
            if key.key_id not in self._gone:
                return key
        entry = self._directory.node(node)
        keys = () if entry is None else last_resort_keys(entry, at_ms=now_ms)
        if not keys:
            raise NotAllowedError("the directory gives no key valid now for this node")
        return keys[0]

    def gone(self, key_ids: Iterable[bytes]) -> None:
        """Take note that a node refused wraps to these keys: it does not hold them any more.

        A node that was restored without its newest prekeys still publishes them.

        Args:
            key_ids: 16 bytes each.
        """
        self._gone.update(key_ids)

    def is_due(self, node: NodeId) -> bool:
        """Tell whether a node's key set was not fetched for a day.

        Args:
            node: The node.
        """
        return self._clock.now_ms() - self._fetched_ms.get(node, 0) >= _FRESH_MS

    async def fetch(self, node: NodeId) -> None:
        """Fetch, prove and keep a node's key set.

        Args:
            node: The node.

        Raises:
            TransportError: The node did not answer, or has none.
            RemoteProtocolError: What it answered is not proven; nothing was kept.
            NotProvenError: The key set is another node's.
        """
        status, body = await self._transport.get(node, "/v1/keys", max_bytes=MAX_ANSWER_BYTES)
        if status != _HTTP_OK:
            raise TransportError("the peer gave no key set", code="no_key_set")
        answer = KeySetAnswer.decode(body)
        checkpoint = self._logs.verify(node, answer.note)
        if checkpoint.head.size != answer.at:
            raise NotProvenError("a key set proven at another size than its checkpoint")
        statement = key_set_published(answer.key_set)
        proof = InclusionProof(index=answer.index, path=answer.path)
        believe(StatementKind.KEY_SET, statement.digest, proof, checkpoint.head)
        linked = await self._logs.join(node, checkpoint, old=0, proof=())
        key_set = KeySet.decode(answer.key_set)
        if key_set.node != node:
            raise NotProvenError("a key set speaks for its own node only")
        for entry in key_set.keys:
            self._key(entry.public)  # a set that cannot be sealed under is not kept
        unwritten = self._logs.unwritten
        evidence = unwritten.evidence(checkpoint.head.origin, linked.head, proved=False)
        if evidence is not None:
            await self._store.advance_peer(evidence, now_ms=self._clock.now_ms())
            unwritten.committed(evidence)
        await self._store.save_peer_key_set(node, answer.key_set, key_set.version)
        self._fetched_ms[node] = self._clock.now_ms()

    async def _held(self, node: NodeId) -> KeySet | None:
        data = await self._store.peer_key_set(node)
        if data is None:
            return None
        known = self._parsed.get(node)
        if known is not None and known[0] == data:
            return known[1]
        parsed = KeySet.decode(data)
        self._parsed[node] = (data, parsed)
        return parsed

    def _key(self, public: bytes) -> RecipientKey:
        key = self._recipients.get(public)
        if key is None:
            try:
                key = RecipientKey(public)
            except KeysError as error:
                raise NotProvenError("a prekey that is no key") from error
            self._recipients[public] = key
            if len(self._recipients) > _KEYS_KEPT:  # prekeys come anew every few days, for years
                del self._recipients[next(iter(self._recipients))]
        return key
