"""What an active node may read of us: with its proof, or not at all."""

from pathlib import Path

import pytest

from protocol.answer import Receipted, decode_answer
from protocol.errors import Code, MalformedError, RemoteProtocolError
from protocol.identifiers import LogOrigin
from protocol.log.tree import check_consistency
from protocol.standing import decode_log_proof
from tests.gateway.network import Wire, message_id, network
from tests.gateway.service.hand import Hand
from tests.gateway.service.world import DE, FR, ask, scenario


class Unsigned:
    """A log without a checkpoint, as a restored node has while it asks its peers."""

    origin = LogOrigin(FR, 1)
    may_sign = False

    @staticmethod
    def head() -> None:
        """Return none."""

    @staticmethod
    async def key_set() -> tuple[bytes, int]:
        """Return some set that no checkpoint covers."""
        return b"", 0


@scenario
async def test_log_proof_joins_any_two_sizes_in_order(tmp_path: Path) -> None:
    """Whoever was overtaken asks for it; any two sizes up to the newest will do."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        for number in range(5):
            await hand.envelope(hand.address(message_id(number)))
        reception, log = net["FR/1"].reception, net["FR/1"].store._core.log
        for old, new in [(1, 6), (2, 5), (6, 6), (3, 4)]:
            proof = decode_log_proof(await reception.log_proof(old, new))
            assert (proof.old, proof.new) == (old, new)
            check_consistency(old, new, log.root(old), log.root(new), proof.path)
        for old, new in [(0, 3), (4, 3), (1, 7), (-1, 2)]:
            with pytest.raises(MalformedError):
                await reception.log_proof(old, new)


@scenario
async def test_receipts_of_a_message_are_given_to_its_sender_alone(tmp_path: Path) -> None:
    """All stages with their proofs; others are told of nothing."""
    async with network(tmp_path, ["DE/1", "FR/1", "RO/1"], Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        mid = message_id(1)
        await hand.bring(await hand.envelope(hand.address(mid)), link=True)
        await net["RO/1"].runtime.consign.open_some()
        answer = decode_answer(await net["RO/1"].reception.receipts_for(FR, mid))
        assert all(isinstance(item, Receipted) for item in answer.items)
        assert len(answer.items) == len(ask(net["RO/1"], "SELECT 1 FROM receipt")) == 2
        assert decode_answer(await net["RO/1"].reception.receipts_for(DE, mid)).items == ()


@scenario
async def test_log_without_a_checkpoint_gives_nothing_out(tmp_path: Path) -> None:
    """Nothing leaves a node that no signed head covers."""
    async with network(tmp_path, ["FR/1"], Wire(), run=[]) as net:
        resources = net["FR/1"].reception._resources
        answers = resources._answers
        resources._store = Unsigned()  # type: ignore[assignment]  # the part that is asked
        answers._log = Unsigned()  # type: ignore[assignment]  # likewise
        with pytest.raises(RemoteProtocolError) as caught:
            await resources.key_set()
        assert caught.value.code is Code.BUSY
        assert await resources.log_note(DE, LogOrigin(FR, 1)) is None
        with pytest.raises(RemoteProtocolError) as caught:
            await resources.log_proof(1, 1)
        assert caught.value.code is Code.BUSY
        with pytest.raises(RemoteProtocolError) as caught:
            await answers.compose(DE, 0, ())
        assert caught.value.code is Code.BUSY
