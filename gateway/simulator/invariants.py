"""Checks what all stores of a world hold at the end, against each other and against what was seen.

Digests, trees and proofs are made again here; of the product only decoders are used.

Source: docs/simulation.md, "What must hold".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.merkle import Tree, climbs
from gateway.simulator.observer import Observer
from gateway.storage.audit import (
    AuditedHead,
    AuditedLeaf,
    AuditedMessage,
    AuditedReceipt,
    StoreAudit,
)
from keys.digest import Label, labelled
from keys.note import LogVerifier
from protocol.errors import RemoteProtocolError
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.limits import MAX_INDEX
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.receipt import Receipt

_OBTAINED = 3
_GIVEN = 2
_DIGEST = 32
_NOTES_VERIFIED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One honest node at the end: its store, its logs as trees, and who may sign for it."""

    node: NodeId
    audit: StoreAudit
    leaves: Mapping[tuple[int, int], AuditedLeaf]
    trees: Mapping[str, Tree]
    verifiers: Sequence[LogVerifier]

    @property
    def generations(self) -> list[int]:
        """The generations of its log, oldest first."""
        return sorted(LogOrigin.parse(origin).generation for origin in self.trees)


def evidence_of(node: NodeId, audit: StoreAudit, verifiers: Sequence[LogVerifier]) -> Evidence:
    """Read the trees of a store.

    Args:
        node: Whose.
        audit: Its store.
        verifiers: The keys of the directory for its logs.
    """
    leaves: dict[str, list[bytes]] = {}
    for leaf in audit.leaves:
        origin = str(LogOrigin(node, leaf.generation))
        leaves.setdefault(origin, []).append(bytes((leaf.kind,)) + leaf.digest)
    return Evidence(
        node=node,
        audit=audit,
        leaves={(leaf.generation, leaf.index): leaf for leaf in audit.leaves},
        trees={origin: Tree(each) for origin, each in leaves.items()},
        verifiers=verifiers,
    )


class Checker:
    """The checks of one world at its end.

    Args:
        findings: Takes what is wrong.
        observer: What was seen on the wire.
        honest: Every node that does not lie.
        lost: Logs of which everything from a size on was lost with a disk.
    """

    def __init__(
        self,
        findings: Findings,
        observer: Observer,
        honest: Mapping[NodeId, Evidence],
        *,
        lost: Mapping[str, int],
    ) -> None:
        self._findings = findings
        self._observer = observer
        self._honest = honest
        self._lost = lost
        self._trees = {
            origin: tree for each in honest.values() for origin, tree in each.trees.items()
        }

    def check(self) -> None:
        """Check everything that follows from stores and from what was seen."""
        for _, each in sorted(self._honest.items()):
            self._check_log(each)
            self._check_one_receipt(each)
            self._check_receipts(each)
            self._check_linked(each)
            self._check_answers(each)
        self._check_seen_heads()
        self.check_survival(self._honest)

    def check_survival(self, present: Mapping[NodeId, Evidence]) -> None:
        """I5 and I1: what a caller was given is still there, byte for byte, at its leaf."""
        given = {giver: _accepted(each.audit) for giver, each in present.items()}
        for (giver, holder, mid), seen in sorted(self._observer.receipts.items()):
            if giver in given and giver not in self._observer.restored:
                held = given[giver].get((holder, mid), [])
                self._findings.hold(
                    Invariant.RECEIPTS_SURVIVE,
                    holds=held == [seen.data],
                    otherwise=f"{giver} gave a receipt for {mid} and holds {len(held)}",
                )

    def _check_log(self, each: Evidence) -> None:
        """I3: every signed head of our own is a root of our leaves; digests are what is stated."""
        for head in each.audit.heads:
            tree = each.trees.get(head.origin)
            self._findings.hold(
                Invariant.ONE_HISTORY,
                holds=tree is not None and tree.root(head.size) == head.root,
                otherwise=f"{each.node} signed another root at {head.size}",
            )
        for head in each.audit.heads[-_NOTES_VERIFIED:]:
            self._check_note(each, head)

    def _check_note(self, owner: Evidence, head: AuditedHead) -> None:
        """I10: a head counts only under the keys that the directory gives for that log."""
        try:
            claimed = ClaimedCheckpoint.parse(head.note)
            verify_checkpoint(claimed, owner.verifiers, now_ms=MAX_INDEX)
            signed = (str(claimed.head.origin), claimed.head.size, claimed.head.root)
            holds = signed == (head.origin, head.size, head.root)
        except RemoteProtocolError:
            holds = False
        self._findings.hold(
            Invariant.KEYS_IN_ROLE, holds=holds, otherwise=f"a note of {owner.node} does not verify"
        )

    def _check_one_receipt(self, each: Evidence) -> None:
        """I1: each envelope that was accepted has one receipt that says so."""
        accepted: dict[int, int] = {}
        for receipt in each.audit.receipts:
            if receipt.given and receipt.stage == "accepted":
                accepted[receipt.message] = accepted.get(receipt.message, 0) + 1
        for message in each.audit.messages:
            if not message.is_out:
                self._findings.hold(
                    Invariant.ONE_RECEIPT,
                    holds=accepted.get(message.row, 0) == 1,
                    otherwise=f"{each.node} has {accepted.get(message.row, 0)} accepted receipts"
                    f" for {message.mid}",
                )

    def _check_receipts(self, each: Evidence) -> None:
        """I2: receipts that are held are leaves of both logs, proven; I9: they carry the state."""
        messages = {message.row: message for message in each.audit.messages}
        stages: dict[int, set[str]] = {}
        for receipt in each.audit.receipts:
            if receipt.given:
                continue
            message = messages[receipt.message]
            stages.setdefault(message.row, set()).add(receipt.stage)
            giver = self._honest.get(message.recipient)
            if giver is not None:
                why = self._flaw(each, giver, message, receipt)
                self._findings.hold(
                    Invariant.RECEIPTS_PROVEN,
                    holds=why is None,
                    otherwise=f"{each.node} holds a receipt of {giver.node} for {message.mid}:"
                    f" {why}",
                )
        for message in each.audit.messages:
            if message.is_out:
                self._check_state(each, message, stages.get(message.row, set()))

    def _flaw(
        self, holder: Evidence, giver: Evidence, message: AuditedMessage, receipt: AuditedReceipt
    ) -> str | None:
        """Return what is wrong with one receipt that is held."""
        said = Receipt.decode(receipt.data)
        if (said.by, said.for_, said.mid) != (giver.node, holder.node, message.mid):
            return "it is another's"
        if said.header_digest != message.header_digest:
            return "it names another header"
        if labelled(Label.RECEIPT, receipt.data) != receipt.digest:
            return "its digest is not its own"
        if not self._is_lost(receipt.origin, receipt.index + 1) and not _is_given(giver, receipt):
            return "its giver has no such leaf"
        if not self._is_obtained(holder, receipt):
            return "our log does not say that we hold it"
        return self._proof_flaw(holder, receipt)

    def _is_lost(self, origin: str, size: int) -> bool:
        """Tell whether a log of this size was lost with a disk."""
        return origin in self._lost and size > self._lost[origin]

    @staticmethod
    def _is_obtained(holder: Evidence, receipt: AuditedReceipt) -> bool:
        found = (holder.leaves.get((each, receipt.leaf)) for each in holder.generations)
        return any(
            leaf is not None
            and leaf.kind == _OBTAINED
            and leaf.digest == labelled(Label.OBTAINED, leaf.salt or b"", receipt.digest)
            for leaf in found
        )

    def _proof_flaw(self, holder: Evidence, receipt: AuditedReceipt) -> str | None:
        heads = [
            head.root
            for head in holder.audit.linked
            if (head.origin, head.size) == (receipt.origin, receipt.at)
        ]
        if len(heads) != 1 or receipt.at is None or receipt.path is None:
            return "the checkpoint that proves it is not kept"
        path = receipt.path
        steps = [path[start : start + _DIGEST] for start in range(0, len(path), _DIGEST)]
        leaf = bytes((_GIVEN,)) + receipt.digest
        if not climbs(leaf, receipt.index, steps, size=receipt.at, root=heads[0]):
            return "its proof does not hold"
        return None

    def _check_state(self, each: Evidence, message: AuditedMessage, stages: set[str]) -> None:
        """I9: what receipts and answers say gives the live state."""
        state = message.state.value
        reasons = stages | {"queued", "expired", "cancelled"}
        answers = [one for one in each.audit.messages if one.re == message.mid and not one.is_out]
        if answers:
            reasons |= {"acknowledged", "declined", "answered"}
        self._findings.hold(
            Invariant.STATE_FROM_LOG,
            holds=state in reasons,
            otherwise=f"{message.mid} is {state} at {each.node} without a reason",
        )

    def _check_linked(self, each: Evidence) -> None:
        """I3: what is held of another log are heads of its one history."""
        for head in each.audit.linked:
            tree = self._trees.get(head.origin)
            if tree is not None and not self._is_lost(head.origin, head.size):
                self._findings.hold(
                    Invariant.ONE_HISTORY,
                    holds=tree.root(head.size) == head.root,
                    otherwise=f"{each.node} linked a head of {head.origin} that is not its own",
                )
        for origin in each.audit.forks:
            self._findings.hold(
                Invariant.ONE_HISTORY,
                holds=origin not in self._trees or origin in self._lost,
                otherwise=f"{each.node} accuses {origin}, which has one history",
            )

    def _check_seen_heads(self) -> None:
        """I3: every head that anybody ever showed is one of the final history."""
        for (origin, size), root in sorted(self._observer.heads.items()):
            tree = self._trees.get(str(origin))
            if tree is not None and not self._is_lost(str(origin), size):
                self._findings.hold(
                    Invariant.ONE_HISTORY,
                    holds=tree.root(size) == root,
                    otherwise=f"a head of {origin} at {size} was shown and is no more",
                )

    def _check_answers(self, each: Evidence) -> None:
        """I12: what is answered was there to be answered, and what answers nothing waits."""
        here = {message.mid for message in each.audit.messages}
        answered = {message.re for message in each.audit.messages if message.is_out}
        for message in each.audit.messages:
            if message.is_out:
                continue
            is_answered = message.state.value in {"acknowledged", "declined", "answered"}
            is_early = message.re is not None and message.re not in here
            self._findings.hold(
                Invariant.ANSWER_AFTER_QUESTION,
                holds=not is_answered or (message.mid in answered and not is_early),
                otherwise=f"{message.mid} stands as answered at {each.node} without an answer",
            )


def _is_given(giver: Evidence, receipt: AuditedReceipt) -> bool:
    generation = LogOrigin.parse(receipt.origin).generation
    leaf = giver.leaves.get((generation, receipt.index))
    return leaf is not None and (leaf.kind, leaf.digest) == (_GIVEN, receipt.digest)


def _accepted(audit: StoreAudit) -> dict[tuple[NodeId, MessageId], list[bytes]]:
    """Return the accepted receipts that a node gave, by sender and message."""
    named = {one.row: (one.sender, one.mid) for one in audit.messages}
    given: dict[tuple[NodeId, MessageId], list[bytes]] = {}
    for one in audit.receipts:
        if one.given and one.stage == "accepted":
            given.setdefault(named[one.message], []).append(one.data)
    return given
