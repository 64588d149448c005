"""Reads every store at the end and hands it to the checkers and to the model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.simulator.documents import mark_in
from gateway.simulator.evidence import Evidence
from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.invariants import Checker
from gateway.simulator.material import CANARY, seed_of
from gateway.simulator.merkle import Tree
from gateway.simulator.model import Held, Model, View
from gateway.simulator.node import SimulatedNode
from gateway.simulator.observer import Observer
from gateway.simulator.twins import Twin
from gateway.storage.audit import AuditedHead, AuditedMessage, StoreAudit, audit_store
from protocol.cases.ladder import MessageState, is_over, reached
from protocol.identifiers import MessageId, NodeId

_SECRETS: Final = ("ed25519", "mldsa44", "store", "last resort", "prekey 1")


@dataclass(slots=True, kw_only=True)
class Judge:
    """The end of one world.

    Args:
        findings: Takes what is wrong.
        observer: What was seen on the wire.
        model: What was promised.
        nodes: All nodes.
        is_honest: To whom promises are made.
    """

    findings: Findings
    observer: Observer
    model: Model
    nodes: Mapping[NodeId, SimulatedNode]
    is_honest: Callable[[NodeId], bool]
    _before: dict[NodeId, StoreAudit] = field(default_factory=dict)
    _contents: dict[tuple[NodeId, NodeId, MessageId], str | None] = field(default_factory=dict)

    async def gather(self) -> int:
        """Read the contents while the nodes still run; return how many messages were sent."""
        sent = 0
        for name, node in sorted(self.nodes.items()):
            audit = audit_store(node.home / "store.db")
            self._before[name] = audit
            sent += sum(1 for message in audit.messages if message.is_out)
            for message in audit.messages:
                self._contents[name, message.sender, message.mid] = await _mark(node, message)
        return sent

    def judge(self) -> None:
        """Check everything, from the files of nodes that were stopped."""
        present: dict[NodeId, Evidence] = {}
        for name, node in sorted(self.nodes.items()):
            if self.is_honest(name):
                present[name] = node.evidence()
                self._check_rest(node)
                self._check_same(name, present[name].audit)
        Checker(self.findings, self.observer, present, losses=self.observer.losses).check()
        views = {name: self._view(name, each.audit) for name, each in present.items()}
        for _, view in sorted(views.items()):
            self.findings.look(Invariant.DELIVERED_ONCE, len(view.sent) + len(view.got))
        self.findings.lost.extend(self.model.lost(views))
        self.findings.duplicates.extend(self.model.duplicated(views))
        for what in (*self.model.invented(views), *self.model.misplaced(views)):
            self.findings.fail(Invariant.DELIVERED_ONCE, what)

    def undetected(self, forked: Mapping[NodeId, Twin]) -> list[str]:
        """Return the logs of which two histories were taken for true, and nobody found out.

        A head that everybody refused, such as one from a clock that is wrong, has fooled nobody.
        Nor has an owner who showed one of two histories only, and the other one to nobody.

        Args:
            forked: Nodes that had a twin.
        """
        accused = {origin for audit in self._before.values() for origin in audit.forks}
        suspected = {origin for audit in self._before.values() for origin in audit.open_heads}
        return [
            f"two histories of {name}"
            for name, twin in sorted(forked.items())
            if self._are_taken(name, twin)
            and not any(origin.startswith(f"a35/{name}/log/") for origin in accused | suspected)
        ]

    def _are_taken(self, name: NodeId, twin: Twin) -> bool:
        """Tell whether honest nodes hold a head of the twin alone, and one that it lacks."""
        own, other = self.nodes[name].evidence().trees, twin.node.evidence().trees
        heads = [
            head
            for holder, audit in self._before.items()
            for head in (audit.linked if self.is_honest(holder) else ())
            if head.origin.startswith(f"a35/{name}/log/")
        ]
        theirs = [head for head in heads if _has(other, head)]
        return len(theirs) < len(heads) and not all(_has(own, head) for head in theirs)

    def summary(self) -> list[str]:
        """Return one line for each message, for the trace."""
        return [
            f"{name} {'out' if message.is_out else 'in'} {message.mid} {message.state.value}"
            for name, audit in sorted(self._before.items())
            for message in sorted(audit.messages, key=lambda each: (each.is_out, each.mid))
        ]

    def _view(self, name: NodeId, audit: StoreAudit) -> View:
        sent = {}
        got = {}
        for message in audit.messages:
            held = Held(
                state=message.state.value,
                told=message.received,
                mark=self._contents.get((name, message.sender, message.mid)),
                may_expire=self._may_expire(message),
                is_noted=any(event.endswith(message.state.value) for event in message.events),
                is_gone=message.is_gone,
            )
            if message.is_out:
                sent[message.mid] = (message.recipient, held)
            else:
                got[message.sender, message.mid] = held
        return View(sent=sent, got=got)

    def _may_expire(self, message: AuditedMessage) -> bool:
        """Tell whether a message's time is over by its sender's clock, as far as it ever was."""
        node = self.nodes[message.sender]
        return message.exp_ms <= node.now_ms() + node.most_ahead_ms

    def _check_rest(self, node: SimulatedNode) -> None:
        """I7: no content and no key in any file of a home."""
        wanted = [CANARY.encode(), *(seed_of(node.id, each) for each in _SECRETS)]
        for path in sorted(node.home.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                self.findings.hold(
                    Invariant.SEALED_AT_REST,
                    holds=not any(each in data for each in wanted),
                    otherwise=f"{path.name} of {node.id} holds content or a key",
                )

    def _check_same(self, name: NodeId, audit: StoreAudit) -> None:
        """I9: stopping loses no message and takes none back; others may still lift it."""
        after = {(one.sender, one.mid): one.state for one in audit.messages}
        for one in self._before[name].messages:
            state = after.get((one.sender, one.mid))
            self.findings.hold(
                Invariant.STATE_FROM_LOG,
                holds=state is not None and _follows(state, one.state),
                otherwise=f"{one.mid} of {name} was {one.state} before it stopped, then {state}",
            )


def _follows(state: MessageState, before: MessageState) -> bool:
    """Tell whether a message may have come from one state to another."""
    if is_over(before):
        return state is before
    return is_over(state) or reached(state, before)


async def _mark(node: SimulatedNode, message: AuditedMessage) -> str | None:
    inner = await node.store.inner(message.sender, message.mid)
    return None if inner is None else mark_in(inner)


def _has(trees: Mapping[str, Tree], head: AuditedHead) -> bool:
    """Tell whether a head is one of a history."""
    tree = trees.get(head.origin)
    return tree is not None and tree.root(head.size) == head.root
