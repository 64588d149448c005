"""Exhibits of forks: two signed heads that anybody verifies offline, and nothing else passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from gateway.continuity import Unjoined
from gateway.errors import NoInputError, UnavailableError
from gateway.evidence.container import measured, tail_of
from gateway.evidence.forks import ForkExhibits
from gateway.evidence.lines import report_lines
from gateway.evidence.report import Report
from gateway.evidence.verify import verify_bundle
from gateway.records import Fork
from keys.digest import sha256
from protocol.evidence.forking import Contradiction, ForkManifest, contradiction_of
from protocol.evidence.naming import FORK_HELD, FORK_OFFERED, MANIFEST, README
from protocol.evidence.spelling import FileMark
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import TreeHead
from protocol.log.deed import Act
from protocol.log.signing import sign_head
from protocol.log.statement import StatementKind
from protocol.log.unjoined import OpenHead
from tests.gateway.evidence.world import Book, acknowledged, exported, packed, unpacked
from tests.gateway.network import DAY_MS, START_MS, Network, Node, Wire, network
from tests.gateway.service.world import FR, RO, scenario

WHO = "RO/1 officer 3"
LOG = LogOrigin(FR, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A directory that was never there."""

    async def held(self, digests: object) -> Mapping[bytes, Mapping[str, bytes]]:
        """Return nothing."""
        del digests
        return {}


def signed(node: Node, size: int, root: bytes) -> bytes:
    """Let a node's owner sign any head of its log."""
    head = TreeHead(origin=LogOrigin.parse(node.keys.origin), size=size, root=root)
    return sign_head(node.keys.signer(), head, timestamp_s=node.clock.now_ms() // 1000).note


def exhibits(node: Node, book: Book) -> ForkExhibits:
    """Return the use case of one node."""
    return ForkExhibits(node=node.id, store=node.store, states=book, clock=node.clock)


async def exhibit(node: Node, book: Book, origin: LogOrigin = LOG) -> bytes:
    """Let an officer export what is held against a log."""
    target = BytesIO()
    written = await exhibits(node, book).export(origin, target, who=WHO)
    assert written.size_bytes == len(target.getvalue())
    return target.getvalue()


def report(data: bytes, book: Book, net: Network) -> Report:
    """Verify at the time of the network."""
    return verify_bundle(BytesIO(data), book.root, now_ms=net.clock.ms)


def written(files: Mapping[str, bytes]) -> bytes:
    """Write files as an exhibit, the manifest made to fit them."""
    held = dict(files)
    former = ForkManifest.decode(held[MANIFEST])
    marks: dict[str, FileMark] = {
        name: measured(name, data)[1] for name, data in held.items() if name != MANIFEST
    }
    held[MANIFEST] = ForkManifest(
        origin=former.origin, holder=former.holder, shown_by=former.shown_by, files=marks
    ).encode()
    return zipped(held)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Write files as they are."""
    entries = [measured(name, files[name])[0] for name in sorted(files)]
    return b"".join((*(one.local + files[one.name] for one in entries), tail_of(entries)))


@scenario
async def test_two_roots_at_one_size_are_proof_for_anybody(tmp_path: Path) -> None:
    """The keys are those of the directory at the time; every change of a byte is found."""
    async with network(tmp_path, ["DE/1", "FR/1", "RO/1"], Wire(), run=[]) as net:
        book = Book.of(net, tmp_path / "directory")
        here, liar = net["RO/1"], net["FR/1"]
        stamp = here.directory.current
        assert stamp is not None
        fork = Fork(
            origin=LOG,
            held=signed(liar, 9, bytes(32)),
            offered=signed(liar, 9, sha256(b"another")),
            by=NodeId("DE", 1),
            directory=stamp.digest,
        )
        await here.store.keep_fork(fork, now_ms=START_MS)
        (found,) = await exhibits(here, book).found()
        assert (found.shows, found.is_refused) == (Contradiction.TWO_ROOTS, True)
        data = await exhibit(here, book)
        leaves = [leaf for leaf in await here.store.leaves(0, 99) if leaf.kind == StatementKind.ACT]
        assert Act.decode(leaves[-1].preimage or b"").why == f"two histories of {LOG}"
        said = report(data, book, net)
        assert said.faults == ()
        shown = said.to_json()["fork"]
        assert (shown["shows"], shown["holder"], shown["shown_by"]) == ("two_roots", "RO/1", "DE/1")
        assert [head["size"] for head in shown["heads"]] == [9, 9]
        assert any("two histories" in line for line in report_lines(said))
        files = unpacked(data)
        changed = zipped(files | {FORK_HELD: files[FORK_OFFERED]})
        assert report(changed, book, net).faults[0].file == FORK_HELD
        for name in files:
            spoiled = bytearray(files[name])
            spoiled[len(spoiled) // 2] ^= 1
            assert (
                report(
                    written(files | {name: bytes(spoiled)}) if name != MANIFEST else data[:-1],
                    book,
                    net,
                ).faults
                or name == README
            ), name
            left = {each: held for each, held in files.items() if each != name}
            if name not in {MANIFEST, README} and not name.startswith("directory/"):
                assert report(written(left), book, net).faults, name


@scenario
async def test_keys_that_have_ended_accuse_their_holder_alone(tmp_path: Path) -> None:
    """Whoever took a key can make a second history with it, of any date."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        book = Book.of(net, tmp_path / "directory")
        here, owner = net["RO/1"], net["FR/1"]
        held, offered = signed(owner, 9, bytes(32)), signed(owner, 9, sha256(b"another"))
        fork = Fork(origin=LOG, held=held, offered=offered)
        await here.store.keep_fork(fork, now_ms=START_MS)
        data = await exhibit(here, book)
        shown = report(data, book, net).to_json()["fork"]
        assert shown["proven"][0].startswith("the owner of")
        net.clock.ms += 4000 * DAY_MS
        later = report(data, book, net)
        assert later.is_valid
        shown = later.to_json()["fork"]
        assert shown["proven"][0].startswith("a holder of the keys of")
        assert "its keys have ended" in shown["not_proven"][1]


@scenario
async def test_heads_of_two_sizes_are_shown_for_what_they_are(tmp_path: Path) -> None:
    """That a log did not join them is the holder's word; a log in doubt is listed too."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=["FR/1", "RO/1"]) as net:
        book = Book.of(net, tmp_path / "directory")
        await acknowledged(net)
        here, liar = net["RO/1"], net["FR/1"]
        note = signed(liar, 999, bytes(32))
        await here.store.save_unjoined(
            Unjoined(
                origin=LOG, size=999, root=bytes(32), note=note, head=OpenHead(first_ms=START_MS)
            )
        )
        (found,) = await exhibits(here, book).found()
        assert (found.shows, found.is_refused) == (Contradiction.NOT_JOINED, False)
        said = report(await exhibit(here, book), book, net)
        shown = said.to_json()["fork"]
        assert (said.is_valid, shown["shows"]) == (True, "not_joined")
        assert "the word of RO/1" in shown["not_proven"][0]
        await here.store.keep_fork(
            Fork(origin=LOG, held=found.fork.held, offered=note), now_ms=START_MS
        )
        assert [one.is_refused for one in await exhibits(here, book).found()] == [True]


@scenario
async def test_what_is_no_fork_is_refused(tmp_path: Path) -> None:
    """One head twice, a head of another log, a signature of nobody, another kind of file."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        await acknowledged(net)
        here, liar = net["RO/1"], net["FR/1"]
        with pytest.raises(NoInputError):
            await exhibit(here, book)
        one, other = signed(liar, 9, bytes(32)), signed(liar, 9, sha256(b"another"))
        await here.store.keep_fork(Fork(origin=LOG, held=one, offered=other), now_ms=START_MS)
        with pytest.raises(UnavailableError):
            await ForkExhibits(
                node=RO, store=here.store, states=Nothing(), clock=here.clock
            ).export(LOG, BytesIO(), who=WHO)
        files = unpacked(await exhibit(here, book))
        assert report(written(files), book, net).faults == ()
        again = signed(liar, 9, bytes(32))
        own = signed(here, 9, bytes(32))
        for name, note in ((FORK_OFFERED, again), (FORK_OFFERED, own), (FORK_HELD, b"no note")):
            said = report(written(files | {name: note}), book, net)
            assert said.faults, name
            assert said.fork is None


@scenario
async def test_kinds_of_evidence_do_not_mix(tmp_path: Path) -> None:
    """A note of a fork in the bundle of a message, a manifest of neither kind."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        book = Book.of(net, tmp_path / "directory")
        mid = await acknowledged(net)
        here, liar = net["RO/1"], net["FR/1"]
        one, other = signed(liar, 9, bytes(32)), signed(liar, 9, sha256(b"another"))
        await here.store.keep_fork(Fork(origin=LOG, held=one, offered=other), now_ms=START_MS)
        bundle, _ = await exported(liar, book, mid)
        mixed = packed(unpacked(bundle) | {FORK_HELD: one}, manifest=True)
        assert any(fault.file == FORK_HELD for fault in report(mixed, book, net).faults)
        files = unpacked(await exhibit(here, book))
        files[MANIFEST] = files[MANIFEST].replace(b'"holder"', b'"keeper"')
        assert [fault.file for fault in report(zipped(files), book, net).faults] == [MANIFEST]


def test_heads_of_two_logs_show_nothing() -> None:
    """Only one log can contradict itself."""
    one = TreeHead(origin=LOG, size=3, root=bytes(32))
    other = TreeHead(origin=LogOrigin(RO, 1), size=3, root=bytes(32))
    assert contradiction_of(one, other) is Contradiction.NONE
    assert contradiction_of(one, one) is Contradiction.NONE
