"""Bundles of real exchanges: nodes on one wire, a real directory of their entries, an exporter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from gateway.directory.chain import VerifiedDirectory, verify_chain
from gateway.directory.draft import Drafts
from gateway.evidence.attesting import Trust
from gateway.evidence.container import measured, tail_of
from gateway.evidence.export import Export, Exported
from gateway.evidence.material import Attestations, Variant
from gateway.evidence.report import Report
from gateway.evidence.verify import verify_bundle
from protocol.cases.ladder import MessageState
from protocol.directory import PartyEntry
from protocol.evidence.manifest import Manifest
from protocol.evidence.naming import MANIFEST
from protocol.evidence.spelling import FileMark
from protocol.identifiers import MessageId
from tests.gateway.directory.forge import Forger
from tests.gateway.directory.world import Authority
from tests.gateway.network import Network, Node
from tests.gateway.service.world import acknowledgement, ask, request, send, until, until_state

_TAKEN = (
    "SELECT DISTINCT r.stage FROM receipt r JOIN message m ON m.id = r.message"
    " WHERE m.mid = ? AND r.given = 0"
)
_STAGES = ("accepted", "consigned", "opened", "acknowledged")


@dataclass
class Book:
    """The directory of a network, real and signed, and the states port over it."""

    authority: Authority
    states: dict[bytes, Mapping[str, bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, net: Network, folder: Path) -> "Book":
        """Found a directory with every node of the network, and let the nodes speak by it."""
        countries = tuple(sorted({node.country for node in net.entries}))
        book = cls(Authority.found(folder, net.clock.ms, parties=countries))
        book.publish(net)
        return book

    @property
    def root(self) -> bytes:
        """What readers get as ROOT.json."""
        return self.authority.root

    def publish(self, net: Network) -> VerifiedDirectory:
        """Publish the entries as they are now."""
        self.authority = self.authority.at(net.clock.ms)
        for country in sorted({node.country for node in net.entries}):
            nodes = tuple(
                net.entries[node] for node in sorted(net.entries) if node.country == country
            )
            entry = PartyEntry(party=country, name=f"Desk of {country}", nodes=nodes)
            Drafts(self.authority.folder).save(entry)
        self.authority.publish()
        files = dict(Forger(self.authority.folder, self.authority.keys).repository.files)
        verified = verify_chain(self.root, files, at_ms=net.clock.ms)
        self.states[verified.stamp.digest] = verified.files
        for node in net.nodes.values():
            node.directory.current = verified.stamp
        return verified

    async def held(self, digests: Sequence[bytes]) -> Mapping[bytes, Mapping[str, bytes]]:
        """Return the newest state and those that are asked for."""
        newest = list(self.states)[-1]
        return {each: self.states[each] for each in (*digests, newest) if each in self.states}


async def exported(
    node: Node,
    book: Book,
    mid: MessageId,
    variant: Variant = Variant.SEALED,
    *,
    attestations: Attestations | None = None,
    policy: bytes | None = None,
) -> tuple[bytes, Exported]:
    """Let an officer export a message."""
    export = Export(
        store=node.store,
        blobs=node.blobs,
        states=book,
        clock=node.clock,
        attestations=attestations,
        policy=policy,
    )
    target = BytesIO()
    done = await export.export(mid, variant, target, who=f"{node.id} officer 3")
    return target.getvalue(), done


def verified(data: bytes, book: Book, net: Network, *, trust: Trust | None = None) -> Report:
    """Verify a bundle at the time of the network."""
    return verify_bundle(BytesIO(data), book.root, now_ms=net.clock.ms, trust=trust)


async def acknowledged(net: Network, *, files: Mapping[str, bytes] | None = None) -> MessageId:
    """Let FR/1 send a request to RO/1, whose officer opens and acknowledges it."""
    asked = request()
    if files:
        asked["attachments"] = [{"path": name, "role": "other"} for name in files]
    french, romanian = net["FR/1"], net["RO/1"]
    mid = (await send(french, asked, files=files)).mid
    await until_state(french, mid, MessageState.CONSIGNED)
    await romanian.runtime.act.open(mid, who="RO/1 officer 3")
    await until_state(french, mid, MessageState.OPENED)
    await send(romanian, acknowledgement(asked, mid))
    await until_state(french, mid, MessageState.ACKNOWLEDGED)
    await until_taken(french, mid, *_STAGES)
    return mid


async def until_taken(node: Node, mid: MessageId, *stages: str) -> None:
    """Wait until a node took the receipts of all these stages of a message.

    A state comes with a document or with the receipt that it implies, whichever arrives first.
    """
    await until(
        node, lambda _row: {one for (one,) in ask(node, _TAKEN, mid.value)} >= {*stages}, mid
    )


def packed(files: Mapping[str, bytes], *, manifest: bool = False) -> bytes:
    """Write files as a bundle; with a manifest that lists them, if asked for."""
    held = dict(files)
    if manifest:
        marks: dict[str, FileMark] = {
            name: measured(name, data)[1] for name, data in held.items() if name != MANIFEST
        }
        former = Manifest.decode(held[MANIFEST])
        held[MANIFEST] = Manifest(
            mid=former.mid,
            sender=former.sender,
            recipient=former.recipient,
            redacted=former.redacted,
            disclosed=former.disclosed,
            files=marks,
        ).encode()
    entries = [measured(name, held[name])[0] for name in sorted(held)]
    parts = [entry.local + held[entry.name] for entry in entries]
    return b"".join((*parts, tail_of(entries)))


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the files of a bundle as any zip tool sees them."""
    from zipfile import ZipFile  # noqa: PLC0415  only here: the product does without it

    with ZipFile(BytesIO(data)) as held:
        assert held.testzip() is None
        return {name: held.read(name) for name in held.namelist()}
