"""Invariants that hold after every scenario, checked past the code that is tested.

I1 one accepted receipt for each accepted envelope; I2 each receipt held is a leaf of both logs,
proven; I3 checkpoints that peers hold are those of one history; I5 a receipt implies its
envelope; I9 what logs and receipts say gives the live state again. And every log verifies.
"""

from functools import reduce
from typing import Any

from gateway.service.prove import Prove
from keys.digest import Label, labelled, sha256
from protocol.cases.ladder import MessageState, advance
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, receipt_given, receipt_obtained
from protocol.receipt import Receipt, Stage, state_of
from tests.gateway.network import Network, Node
from tests.gateway.service.world import ask

_DIGEST = 32


async def check_invariants(net: Network) -> int:
    """Check all nodes of a network.

    Returns:
        How many receipts were looked at, so that a test can tell that there were some.
    """
    for node in net.nodes.values():
        await check_log(node)
        _check_one_receipt_each(node)
        _check_history(net, node)
        _check_states(node)
    return sum(_check_receipts(net, node) for node in net.nodes.values())


async def check_log(node: Node) -> None:
    """Verify the whole log of a node from leaf 0."""
    result = await Prove(node.store, node.keys.signer().verifier).verify()
    assert result.faults == ()


def _check_one_receipt_each(node: Node) -> None:
    """I1, I5: each envelope that was accepted has one receipt of that stage, and its bytes."""
    rows = ask(
        node,
        "SELECT m.mid, count(r.id), count(e.message) FROM message m"
        " LEFT JOIN receipt r ON r.message = m.id AND r.given = 1 AND r.stage = 'accepted'"
        " LEFT JOIN envelope e ON e.message = m.id"
        " WHERE m.direction = 'in' GROUP BY m.id",
    )
    assert all(receipts == envelopes == 1 for _, receipts, envelopes in rows)
    given = ask(node, "SELECT count(*) FROM receipt WHERE given = 1")[0][0]
    leaves = ask(node, "SELECT count(*) FROM leaf WHERE kind = 2")[0][0]
    assert given == leaves


def _check_history(net: Network, node: Node) -> None:
    """I3: what this node holds of others' logs are heads of their one history."""
    for origin, size, root in ask(node, "SELECT origin, size, root FROM peer_checkpoint"):
        owner = net.nodes[LogOrigin.parse(origin).node]
        signed = ask(owner, "SELECT root FROM checkpoint WHERE size = ?", size)
        assert signed == [(root,)], f"{node.id} holds a head of {origin} that was never signed"


def _check_receipts(net: Network, node: Node) -> int:
    """I2: every receipt that a node holds is a leaf of both logs, and proven."""
    rows = ask(
        node,
        "SELECT message, stage, digest, bytes, leaf, origin, at, i, path"
        " FROM receipt WHERE given = 0",
    )
    for message, stage, digest, data, leaf, *proof in rows:
        receipt = Receipt.decode(data)
        assert receipt.stage.value == stage
        assert receipt_given(data).digest == digest
        giver = net.nodes[receipt.by]
        _check_proof(node, giver, digest, proof)
        _check_obtained(node, leaf, digest)
        given = ask(giver, "SELECT bytes, i FROM receipt WHERE given = 1 AND digest = ?", digest)
        assert given == [(data, proof[2])], "the giver keeps the receipt, byte for byte"
        _check_binding(node, message, receipt)
    return len(rows)


def _check_states(node: Node) -> None:
    """I9: receipts and answers give the live state of each message again."""
    rows = ask(
        node,
        "SELECT m.mid, m.state, m.exp_ms, group_concat(r.stage),"
        " (SELECT count(*) FROM message a WHERE a.re = m.mid AND a.direction = 'in')"
        " FROM message m LEFT JOIN receipt r ON r.message = m.id AND r.given = 0"
        " WHERE m.direction = 'out' GROUP BY m.id",
    )
    for mid, state, exp_ms, stages, answers in rows:
        said = [state_of(Stage(one)) for one in (stages or "").split(",") if one]
        from_receipts = reduce(advance, said, MessageState.QUEUED)
        live = MessageState(state)
        assert advance(from_receipts, live) is live, f"{mid.hex()} fell below its receipts"
        if live is MessageState.EXPIRED:
            assert exp_ms <= node.now_ms()
        else:
            assert live is from_receipts or answers, f"{mid.hex()} rose without a reason"


def _check_proof(node: Node, giver: Node, digest: bytes, proof: list[Any]) -> None:
    origin, at, index, path = proof
    assert (StatementKind.RECEIPT_GIVEN, digest) == _leaf(giver, index)[:2]
    ((note, proves),) = ask(
        node, "SELECT note, proves FROM peer_checkpoint WHERE origin = ? AND size = ?", origin, at
    )
    assert proves, "a checkpoint that proves a receipt is kept for ever"
    claimed = ClaimedCheckpoint.parse(note)
    verifier = giver.keys.signer().verifier
    checkpoint = verify_checkpoint(claimed, [verifier], now_ms=node.now_ms())
    hashes = tuple(path[start : start + _DIGEST] for start in range(0, len(path), _DIGEST))
    believe(
        StatementKind.RECEIPT_GIVEN,
        digest,
        InclusionProof(index=index, path=hashes),
        checkpoint,
    )


def _check_binding(node: Node, message: int, receipt: Receipt) -> None:
    """Rule 21: the receipt names this header and a sealing that this node stated."""
    rows = ask(
        node,
        "SELECT m.recipient, m.header_digest, e.header, e.wraps FROM message m"
        " JOIN envelope e ON e.message = m.id WHERE m.id = ?",
        message,
    )
    ((recipient, header_digest, header, _),) = rows
    assert receipt.by == NodeId.parse(recipient)
    assert receipt.for_ == node.id
    assert receipt.header_digest == header_digest
    wraps = [row[3] for row in rows] + [
        row[0] for row in ask(node, "SELECT wraps FROM earlier_sealing WHERE message = ?", message)
    ]
    stated = {_statement(header, one) for one in wraps}
    assert receipt.envelope_digest in stated
    assert all(ask(node, "SELECT 1 FROM leaf WHERE kind = 1 AND digest = ?", one) for one in stated)


def _statement(header: bytes, wraps: bytes) -> bytes:
    return labelled(Label.ENVELOPE, sha256(header), sha256(wraps))


def _check_obtained(node: Node, leaf: int, digest: bytes) -> None:
    kind, obtained, salt = _leaf(node, leaf)
    assert kind == StatementKind.RECEIPT_OBTAINED
    assert receipt_obtained(digest, salt).digest == obtained


def _leaf(node: Node, index: int) -> tuple[int, bytes, bytes]:
    ((kind, digest, salt),) = ask(
        node,
        "SELECT l.kind, l.digest, p.salt FROM leaf l"
        " JOIN preimage p ON p.generation = l.generation AND p.i = l.i WHERE l.i = ?",
        index,
    )
    return kind, digest, salt
