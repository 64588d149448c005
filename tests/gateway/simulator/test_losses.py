"""A restored node is excused for what went with its disk, and for nothing else."""

from gateway.simulator.evidence import Evidence, evidence_of
from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.invariants import Checker
from gateway.simulator.losses import Losses, loss_of
from gateway.simulator.model import Held, Model, Promise, View
from gateway.simulator.observer import Observer, SeenReceipt
from gateway.storage.audit import (
    AuditedHead,
    AuditedLeaf,
    AuditedMessage,
    AuditedReceipt,
    StoreAudit,
)
from protocol.cases.ladder import MessageState
from protocol.identifiers import LogOrigin, MessageId, NodeId

FR = NodeId("FR", 1)
RO = NodeId("RO", 1)
LOG = str(LogOrigin(RO, 1))
MID = MessageId(bytes(15) + b"\1")
OTHER = MessageId(bytes(15) + b"\2")
RECEIPT = b"a receipt"
HELD = Held(state="queued", told=0, mark=None, may_expire=False, is_noted=False)


def audit(
    texts: str, *, receipts: tuple[bytes, ...] = (), linked: tuple[AuditedHead, ...] = (),
    sent: tuple[MessageId, ...] = (), generations: int = 1, forks: tuple[str, ...] = (),
) -> StoreAudit:  # fmt: skip
    """Return a store with a leaf for each letter, and a leaf of each later generation."""
    leaves = [leaf_of(1, index, text) for index, text in enumerate(texts)]
    leaves += [leaf_of(each, 0, "e") for each in range(2, generations + 1)]
    messages = [message_of(row, mid, is_out=True) for row, mid in enumerate(sent)]
    if receipts:
        messages.append(message_of(9, MID, is_out=False))
    return StoreAudit(
        leaves=tuple(leaves), heads=(), messages=tuple(messages),
        receipts=tuple(receipt_of(9, data) for data in receipts),
        outbox=(), linked=linked, forks=forks, open_heads=(), requests=(),
    )  # fmt: skip


def leaf_of(generation: int, index: int, text: str) -> AuditedLeaf:
    """Return a leaf of a log."""
    return AuditedLeaf(generation, index, 2, text.encode() * 32, None, None)


def message_of(row: int, mid: MessageId, *, is_out: bool) -> AuditedMessage:
    """Return a message between the two."""
    return AuditedMessage(
        row=row, is_out=is_out, sender=FR, recipient=RO, mid=mid, re=None,
        state=MessageState.QUEUED if is_out else MessageState.ACCEPTED, exp_ms=0, why=None,
        header_digest=b"", statement_digest=b"", header=None, body_bytes=0, waits=False,
        received=1, is_gone=False, events=(),
    )  # fmt: skip


def receipt_of(message: int, data: bytes) -> AuditedReceipt:
    """Return an accepted receipt that was given."""
    return AuditedReceipt(
        message=message, given=True, stage="accepted", digest=b"", data=data, leaf=0, origin=LOG,
        at=None, index=0, path=None,
    )  # fmt: skip


def head_of(evidence: Evidence, size: int) -> AuditedHead:
    """Return a head of the first log as a peer keeps it."""
    root = evidence.trees[LOG].root(size)
    assert root is not None
    return AuditedHead(LOG, size, root, b"")


def evidence(node: NodeId, store: StoreAudit) -> Evidence:
    """Return what a node holds."""
    return evidence_of(node, store, [])


def broken(
    losses: Losses, *, restored: StoreAudit, peer: StoreAudit, seen: bool = False
) -> set[Invariant]:
    """Return what the checkers find."""
    findings = Findings()
    observer = Observer(
        findings=findings, note=lambda _: None, is_honest=lambda _: True, losses=losses
    )
    if seen:
        known = SeenReceipt(giver=RO, holder=FR, mid=MID, data=RECEIPT)
        observer.receipts[RO, FR, MID] = [known]
    honest = {RO: evidence(RO, restored), FR: evidence(FR, peer)}
    Checker(findings, observer, honest, losses=losses).check()
    return {invariant for invariant, _ in findings.broken}


def fell_back(before: StoreAudit, after: StoreAudit) -> Losses:
    """Return the loss of one disk."""
    losses = Losses()
    losses.add(loss_of(evidence(RO, before), evidence(RO, after)))
    return losses


def test_lost_history_that_a_peer_knows_is_a_breach_until_its_owner_gave_it_up() -> None:
    """Whoever signs again above a copy must find out as soon as somebody knows better."""
    losses = fell_back(audit("abc"), audit("a"))
    peer = audit("", linked=(head_of(evidence(RO, audit("abc")), 3),))
    assert broken(losses, restored=audit("axy"), peer=peer) == {Invariant.ONE_HISTORY}
    assert broken(losses, restored=audit("axy", generations=2), peer=peer) == set()


def test_history_that_no_disk_ever_held_is_a_breach_after_a_loss_too() -> None:
    """The loss excuses one history, and not any."""
    losses = fell_back(audit("abc"), audit("a"))
    peer = audit("", linked=(head_of(evidence(RO, audit("apq")), 3),))
    found = broken(losses, restored=audit("axy", generations=2), peer=peer)
    assert found == {Invariant.ONE_HISTORY}


def test_accusation_of_a_log_that_was_not_signed_twice_is_a_breach() -> None:
    """A copy that was put back is no fork as long as nothing was signed above it."""
    losses = fell_back(audit("abc"), audit("a"))
    accuser = audit("", forks=(LOG,))
    found = broken(losses, restored=audit("a", generations=2), peer=accuser)
    assert found == {Invariant.ONE_HISTORY}


def test_receipt_that_went_with_a_disk_is_excused_only_if_its_envelope_comes_again() -> None:
    """What its sender still holds must be there again in the end."""
    losses = fell_back(audit("ab", receipts=(RECEIPT,)), audit("a"))
    gone, again = audit("a", generations=2), audit("a", receipts=(b"another",), generations=2)
    sender = audit("", sent=(MID,))
    assert Invariant.RECEIPTS_SURVIVE in broken(losses, restored=gone, peer=sender, seen=True)
    assert Invariant.RECEIPTS_SURVIVE not in broken(
        losses, restored=again, peer=audit(""), seen=True
    )
    assert Invariant.RECEIPTS_SURVIVE not in broken(
        losses, restored=gone, peer=audit(""), seen=True
    )


def test_receipt_that_the_copy_still_held_must_survive() -> None:
    """A loss is no excuse for what the copy has."""
    losses = fell_back(audit("ab", receipts=(RECEIPT,)), audit("a", receipts=(RECEIPT,)))
    found = broken(losses, restored=audit("a", receipts=(b"another",)), peer=audit(""), seen=True)
    assert Invariant.RECEIPTS_SURVIVE in found


def test_model_excuses_a_restored_sender_only_for_what_its_copy_did_not_know() -> None:
    """What was queued before the copy, or after it was put back, is owed as ever."""
    model = Model()
    for key, mid in (("one", MID), ("two", OTHER)):
        model.ask(key, sender=FR, to=RO, mark=key)
        model.told(key, Promise.QUEUED, mid)
    loss = loss_of(evidence(FR, audit("", sent=(MID, OTHER))), evidence(FR, audit("", sent=(MID,))))
    model.lose(FR, loss.sent)
    views = {FR: View(sent={}, got={}), RO: View(sent={}, got={})}
    assert [MID.value.hex() in each for each in model.lost(views)] == [True]
    assert not model.is_gone(FR, MID)


def test_request_that_became_two_messages_is_excused_only_if_one_went_with_the_disk() -> None:
    """The key of a request that the copy knows still counts."""
    model = Model()
    model.ask("one", sender=FR, to=RO, mark="one")
    model.told("one", Promise.QUEUED, MID)
    model.told("one", Promise.QUEUED, OTHER)
    views = {FR: View(sent={MID: (RO, HELD), OTHER: (RO, HELD)}, got={})}
    assert len(model.duplicated(views)) == 1
    model.lose(FR, frozenset({MID}))
    assert model.duplicated(views) == []
