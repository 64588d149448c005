"""What stands of a log whose keys were revoked: what was witnessed before, and nothing later."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.evidence.report import Finding, Report
from keys.nodekeys import NodeKeys
from keys.turning import LogPair, TurningKeys
from protocol.directory import LogKey, NodeEntry
from protocol.directory_values import key_text, time_text
from protocol.evidence.verdict import Verdict
from protocol.identifiers import NodeId
from tests.gateway.evidence.test_attested import HOUR_MS, of_seen, sealing, story
from tests.gateway.evidence.world import Book, exported, verified
from tests.gateway.network import DAY_MS, Network, Wire, network

NAMES = ["FR/1", "RO/1", "DE/1"]
FR = NodeId("FR", 1)


def turned(keys: NodeKeys) -> NodeKeys:
    """Return keys with a new pair, the old one beside it."""
    new = LogPair.generate()
    old = LogPair(ed25519_seed=keys.log_ed25519_seed, mldsa44_seed=keys.log_mldsa44_seed)
    return replace(
        keys,
        log_ed25519_seed=new.ed25519_seed,
        log_mldsa44_seed=new.mldsa44_seed,
        turning=TurningKeys(log=old),
    )


def revoked(entry: NodeEntry, keys: NodeKeys, now_ms: int, *, is_dropped: bool) -> NodeEntry:
    """Return the entry with the new pair alone, or with the old one as ended."""
    verifier = keys.signer().verifier
    new = LogKey(
        origin=verifier.name,
        ed25519=key_text(verifier.ed25519),
        mldsa44=key_text(verifier.mldsa44),
        not_before=time_text(now_ms),
        not_after=time_text(now_ms + 365 * DAY_MS),
    )
    ended = [key.model_copy(update={"not_after": time_text(now_ms)}) for key in entry.logs]
    return entry.model_copy(update={"logs": (new, *([] if is_dropped else ended))})


def of_france(report: Report) -> list[Finding]:
    """Return what is found of France's statements."""
    return [each for each in report.findings if each.by == FR]


def told(net: Network, book: Book, keys: NodeKeys, *, is_dropped: bool) -> None:
    """Publish that France's pair counts no more, an hour later."""
    net.clock.ms += HOUR_MS
    net.entries[FR] = revoked(net.entries[FR], keys, net.clock.ms, is_dropped=is_dropped)
    book.publish(net)
    net.clock.ms += HOUR_MS


@pytest.mark.parametrize("is_dropped", [False, True])
def test_what_was_witnessed_before_a_revocation_stands(tmp_path: Path, *, is_dropped: bool) -> None:
    """The thief can make up an old log, but not that others saw it in time."""

    async def play() -> None:
        async with network(tmp_path, NAMES, Wire()) as net:
            book = Book.of(net, tmp_path / "directory")
            mid, _, after = await story(net)
            early = await of_seen(net, book, mid, after, by="DE/1")
            told(net, book, turned(net._keys[FR]), is_dropped=is_dropped)

            kept = verified(early, book, net)
            assert kept.faults == ()
            assert sealing(kept).assessment.verdict is Verdict.WITNESSED

            bare = verified((await exported(net["FR/1"], book, mid))[0], book, net)
            assert bare.faults == ()
            assert {each.assessment.verdict for each in of_france(bare)} == {None}
            others = {each.assessment.verdict for each in bare.findings if each.by != FR}
            assert None not in others

    asyncio.run(play())


def test_both_pairs_of_a_rotation_prove_a_statement(tmp_path: Path) -> None:
    """Its owner signs anew under the pair that counts: nothing of its log is lost."""

    async def play() -> None:
        async with network(tmp_path, NAMES, Wire()) as net:
            book = Book.of(net, tmp_path / "directory")
            mid, _, _ = await story(net)
            keys = turned(net._keys[FR])
            net._keys[FR] = keys
            await net.restart("FR/1")
            told(net, book, keys, is_dropped=False)
            await net.run("FR/1")
            net["FR/1"].directory.current = net["RO/1"].directory.current
            data, _ = await exported(net["FR/1"], book, mid)
            report = verified(data, book, net)
            assert report.faults == ()
            assert sealing(report).assessment.verdict is Verdict.ANSWERED

    asyncio.run(play())
