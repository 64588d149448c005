"""Answers: receipts with their proofs, and our log only so far as the asker lacks it."""

from dataclasses import replace
from pathlib import Path

from protocol.answer import Answer, Receipted
from protocol.log.checkpoint import ClaimedCheckpoint
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, receipt_given
from protocol.log.tree import check_consistency
from tests.gateway.network import Wire, message_id, network
from tests.gateway.service.hand import Hand
from tests.gateway.service.world import ask, scenario


@scenario
async def test_answer_proves_its_receipts_from_where_the_asker_stands(tmp_path: Path) -> None:
    """The note and the consistency from `seen`; the proofs lead to that note's root."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        log = net["RO/1"].store._core.log
        for number in range(4):
            envelope = await hand.envelope(hand.address(message_id(number)))
            seen = 0 if log.head is None or number == 0 else log.head.size
            head = replace(await hand.head([envelope], link=True), seen=seen)
            answer = await hand.send(head, [envelope.body])
            assert isinstance(answer, Answer)
            (item,) = answer.items
            assert isinstance(item, Receipted)
            assert item.receipt is not None
            assert item.index is not None
            assert answer.checkpoint is not None
            claimed = ClaimedCheckpoint.parse(answer.checkpoint)
            assert claimed.head.size == answer.at
            proof = InclusionProof(index=item.index, path=item.path)
            digest = receipt_given(item.receipt).digest
            believe(StatementKind.RECEIPT_GIVEN, digest, proof, claimed.head)
            assert answer.old == head.seen
            check_consistency(
                answer.old, answer.at, log.root(answer.old), claimed.head.root, answer.consistency
            )
            assert answer.seen == head.at


@scenario
async def test_answer_rides_when_the_asker_holds_our_newest_head(tmp_path: Path) -> None:
    """Three kilobytes of signatures less, and nothing to verify."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        envelope = await hand.envelope(hand.address(message_id(1)))
        await hand.bring(envelope, link=True)
        newest = net["RO/1"].store.head()
        assert newest is not None
        head = replace(await hand.head([envelope]), seen=newest.size)
        answer = await hand.send(head, [envelope.body])
        assert isinstance(answer, Answer)
        assert (answer.checkpoint, answer.consistency) == (None, ())
        assert answer.at == answer.old == newest.size


@scenario
async def test_seen_beyond_our_log_is_answered_as_if_nothing_were_held(tmp_path: Path) -> None:
    """A wrong number costs the peer a note, never us a fault."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        answer = await hand.send(replace(await hand.head(link=True), seen=2**40))
        assert isinstance(answer, Answer)
        assert (answer.old, answer.consistency) == (0, ())
        assert answer.checkpoint is not None
        assert ask(net["RO/1"], "SELECT count(*) FROM receipt") == [(0,)]
