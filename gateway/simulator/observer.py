"""Watches the wire of one world: what was said once must never be said otherwise.

Sees every request and answer that arrived unspoilt. Keeps the accepted receipts that callers
got, the heads of all logs that anybody showed, and looks for plain content in all bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.ports import Route
from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.losses import Losses
from gateway.simulator.material import CANARY
from gateway.simulator.port import Reply, Request
from gateway.simulator.wire import Way
from protocol.answer import Receipted, decode_answer, decode_error
from protocol.errors import RemoteProtocolError
from protocol.frame import PREFIX_BYTES, FrameKind, decode_head, decode_prefix
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.checkpoint import ClaimedCheckpoint
from protocol.receipt import Receipt, Stage

_OK = 200
_REFUSED = 400
_CAPTURED = 2
_CANARY = CANARY.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenReceipt:
    """An accepted receipt as a caller got it."""

    giver: NodeId
    holder: NodeId
    mid: MessageId
    data: bytes


@dataclass(slots=True)
class Observer:
    """Implements gateway.simulator.wire.Witness.

    Args:
        findings: Takes what is wrong.
        note: Takes a line for the trace.
        is_honest: Whether what a node says counts.
        losses: Of disks: what was said before one was lost, its node cannot know.
    """

    findings: Findings
    note: Callable[[str], None]
    is_honest: Callable[[NodeId], bool]
    losses: Losses
    receipts: dict[tuple[NodeId, NodeId, MessageId], list[SeenReceipt]] = field(
        default_factory=dict
    )
    heads: dict[tuple[LogOrigin, int], list[bytes]] = field(default_factory=dict)
    frames: int = 0
    captured: dict[NodeId, list[tuple[NodeId, Request]]] = field(default_factory=dict)

    def arrived(self, way: Way, request: Request) -> None:
        """Look at a request as it was sent."""
        self.note(f"{way[0]} > {way[1]} {request.method} {request.path.partition('?')[0][:16]}")
        self._search(request.body)
        if request.method != "POST" or not self.is_honest(way[0]):
            return
        self.frames += 1
        kept = self.captured.setdefault(way[1], [])
        kept.append((way[0], request))
        del kept[:-_CAPTURED]
        kind = FrameKind.ENVELOPES if request.path == Route.ENVELOPES else FrameKind.RECEIPTS
        start = PREFIX_BYTES + decode_prefix(request.body[:PREFIX_BYTES])
        head = decode_head(kind, request.body[PREFIX_BYTES:start])
        self._look_at_note(head.checkpoint)

    def answered(self, way: Way, request: Request, reply: Reply) -> None:
        """Look at an answer as it was given."""
        self.note(f"{way[0]} < {way[1]} {reply.status}{_code_of(reply)}")
        self._search(reply.body)
        is_frame = request.method == "POST" and reply.status == _OK
        if not is_frame or not self.is_honest(way[1]):
            return
        answer = decode_answer(reply.body)
        self._look_at_note(answer.checkpoint)
        for item in answer.items:
            if isinstance(item, Receipted) and item.receipt is not None:
                self._look_at_receipt(way, item.receipt)

    def _search(self, body: bytes) -> None:
        self.findings.hold(
            Invariant.SEALED_ON_THE_WIRE,
            holds=_CANARY not in body,
            otherwise="plain content on the wire",
        )

    def _look_at_receipt(self, way: Way, data: bytes) -> None:
        receipt = Receipt.decode(data)
        if receipt.stage is not Stage.ACCEPTED:
            return
        key = (way[1], way[0], receipt.mid)
        seen = SeenReceipt(giver=way[1], holder=way[0], mid=receipt.mid, data=data)
        known = self.receipts.setdefault(key, [])
        if seen not in known:
            known.append(seen)
        self.findings.hold(
            Invariant.ONE_RECEIPT,
            holds=len(known) <= 1 + len(self.losses.of(way[1])),
            otherwise=f"{way[1]} gave {way[0]} two receipts for {receipt.mid}",
        )

    def _look_at_note(self, note: bytes | None) -> None:
        if note is None:
            return
        try:
            origin, size, root = _head_of(note)
        except RemoteProtocolError:
            self.findings.fail(Invariant.ONE_HISTORY, "a note that cannot be read")
            return
        roots = self.heads.setdefault((origin, size), [])
        if root not in roots:
            roots.append(root)
        self.findings.hold(
            Invariant.ONE_HISTORY,
            holds=len(roots) <= 1 + self.losses.above(origin, size),
            otherwise=f"two roots of {origin} at {size}",
        )


def _code_of(reply: Reply) -> str:
    """Return what a refusal says, for the trace."""
    if reply.status < _REFUSED or not reply.body:
        return ""
    try:
        error = decode_error(reply.body)
    except RemoteProtocolError:
        return " unreadable"
    return f" {error.code} {'' if error.size is None else error.size}".rstrip()


@lru_cache(maxsize=4096)
def _head_of(note: bytes) -> tuple[LogOrigin, int, bytes]:
    head = ClaimedCheckpoint.parse(note).head
    return head.origin, head.size, head.root
