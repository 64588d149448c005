"""Checks what all stores of a world hold at the end, against each other and against what was seen.

Digests, trees and proofs are made again here; of the product only decoders are used.

Source: docs/simulation.md, "What must hold".
"""

from collections.abc import Mapping, Sequence

from gateway.simulator.evidence import Evidence, accepted_by, is_given
from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.losses import Losses
from gateway.simulator.merkle import climbs
from gateway.simulator.model import ENDS
from gateway.simulator.observer import Observer, SeenReceipt
from gateway.storage.audit import AuditedHead, AuditedMessage, AuditedReceipt
from keys.digest import Label, labelled
from protocol.errors import RemoteProtocolError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_INDEX
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.receipt import Receipt

_OBTAINED = 3
_GIVEN = 2
_DIGEST = 32
_NOTES_VERIFIED = 8


class Checker:
    """The checks of one world at its end.

    Args:
        findings: Takes what is wrong.
        observer: What was seen on the wire.
        honest: Every node that does not lie.
        losses: Disks that were lost, with what they held.
    """

    def __init__(
        self,
        findings: Findings,
        observer: Observer,
        honest: Mapping[NodeId, Evidence],
        *,
        losses: Losses,
    ) -> None:
        self._findings = findings
        self._observer = observer
        self._honest = honest
        self._losses = losses

    def check(self) -> None:
        """Check everything that follows from stores and from what was seen."""
        for _, each in sorted(self._honest.items()):
            self._check_log(each)
            self._check_one_receipt(each)
            self._check_receipts(each)
            self._check_linked(each)
            self._check_answers(each)
        self._check_seen_heads()
        self._check_survival()

    def _check_survival(self) -> None:
        """I5 and I1: what a caller was given is still there, byte for byte, at its leaf.

        What went with a disk is accepted once more from its sender, under another receipt.
        """
        given = {giver: accepted_by(each.audit) for giver, each in self._honest.items()}
        for (giver, holder, mid), seen in sorted(self._observer.receipts.items()):
            if giver in given:
                held = given[giver].get((holder, mid), [])
                self._findings.hold(
                    Invariant.RECEIPTS_SURVIVE,
                    holds=held == [seen[-1].data] or self._went_with_disk(seen[-1], held),
                    otherwise=f"{giver} gave a receipt for {mid} and holds {len(held)}",
                )

    def _went_with_disk(self, seen: SeenReceipt, held: Sequence[bytes]) -> bool:
        """Tell whether a receipt went with a disk, and its envelope came again if it could."""
        is_lost = any(seen.data in loss.receipts for loss in self._losses.of(seen.giver))
        return is_lost and (len(held) == 1 or not self._comes_again(seen))

    def _comes_again(self, seen: SeenReceipt) -> bool:
        """Tell whether the sender of an envelope still has it to send."""
        sender = self._honest.get(seen.holder)
        return sender is not None and any(
            message.is_out
            and message.mid == seen.mid
            and message.state.value not in ENDS
            and not message.is_gone
            for message in sender.audit.messages
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
        if not (is_given(giver, receipt) or self._losses.had_receipt(receipt)):
            return "its giver has no such leaf"
        if not self._is_obtained(holder, receipt):
            return "our log does not say that we hold it"
        return self._proof_flaw(holder, receipt)

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
            owner = self._honest.get(LogOrigin.parse(head.origin).node)
            if owner is not None:
                self._findings.hold(
                    Invariant.ONE_HISTORY,
                    holds=self._is_root(owner, head) or self._is_given_up(owner, head),
                    otherwise=f"{each.node} linked a head of {head.origin} that is not its own",
                )
        for origin in each.audit.forks:
            owner = self._honest.get(LogOrigin.parse(origin).node)
            self._findings.hold(
                Invariant.ONE_HISTORY,
                holds=owner is None or self._has_two_histories(owner, origin),
                otherwise=f"{each.node} accuses {origin}, which has one history",
            )

    @staticmethod
    def _is_root(owner: Evidence, head: AuditedHead) -> bool:
        tree = owner.trees.get(head.origin)
        return tree is not None and tree.root(head.size) == head.root

    def _is_given_up(self, owner: Evidence, head: AuditedHead) -> bool:
        """Tell whether a head went with a disk, and its owner found out: a peer still holds it."""
        newest = owner.generations[-1]
        is_over = newest > LogOrigin.parse(head.origin).generation
        return is_over and self._losses.had_root(head.origin, head.size, head.root)

    def _has_two_histories(self, owner: Evidence, origin: str) -> bool:
        """Tell whether a log was signed above a copy as it had been signed otherwise before."""
        signed = [head for head in owner.audit.heads if head.origin == origin]
        return any(
            not loss.is_joined(head) for head in signed for loss in self._losses.of(owner.node)
        )

    def _check_seen_heads(self) -> None:
        """I3: every head that anybody ever showed is one of the final history, or of a lost one."""
        for (origin, size), roots in sorted(self._observer.heads.items()):
            owner = self._honest.get(origin.node)
            if owner is None:
                continue
            tree = owner.trees.get(str(origin))
            for root in roots:
                is_own = tree is not None and tree.root(size) == root
                self._findings.hold(
                    Invariant.ONE_HISTORY,
                    holds=is_own or self._losses.had_root(str(origin), size, root),
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
