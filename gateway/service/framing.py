"""Composes the frame for a batch: items with their proofs, our checkpoint where the peer lacks it.

Source: docs/wire-format.md, rules 17 and 17a.
"""

from collections.abc import Sequence
from typing import Final

from gateway.records import ClaimedItem, OutboxKind, Proofs, SignedHead
from protocol.frame import (
    EnvelopeItem,
    FrameHead,
    FrameKind,
    ReceiptItem,
    ThirdHead,
    encode_frame,
)

_ITEM_BYTES: Final = 1536
"""Allowance for header, wraps and proof of one item when a linking frame is filled."""


def sealed_bytes(items: Sequence[ClaimedItem]) -> int:
    """Return about how long a frame of items is.

    Args:
        items: What it carries.
    """
    return sum(len(item.body) + len(item.wraps) + _ITEM_BYTES for item in items)


def last_index(items: Sequence[ClaimedItem]) -> int:
    """Return the last leaf that a frame must prove; -1 if it proves none.

    Args:
        items: What it carries.
    """
    return max((item.index for item in items), default=-1)


def riding_frame(
    kind: OutboxKind,
    items: Sequence[ClaimedItem],
    proofs: Proofs,
    *,
    seen: int,
    void: tuple[int, ...] = (),
    heads: tuple[ThirdHead, ...] = (),
) -> list[bytes]:
    """Return the buffers of a frame whose proofs lead to a size that the peer has confirmed.

    Args:
        kind: Of all items.
        items: What it carries.
        proofs: Of the items at that size.
        seen: The size of our head of the peer's log.
        void: Queue numbers that will never come.
        heads: Of third logs.
    """
    head = FrameHead(
        at=proofs.size,
        checkpoint=None,
        old=proofs.size,
        consistency=(),
        seen=seen,
        heads=heads,
        void=void,
        envelopes=_envelopes(kind, items, proofs),
        receipts=_receipts(kind, items, proofs),
    )
    return _encoded(kind, head, items)


def linking_frame(
    kind: OutboxKind,
    items: Sequence[ClaimedItem],
    proofs: Proofs,
    *,
    head: SignedHead,
    old: int,
    seen: int,
    void: tuple[int, ...] = (),
    heads: tuple[ThirdHead, ...] = (),
) -> list[bytes]:
    """Return the buffers of a frame that brings our newest checkpoint.

    Args:
        kind: Of all items.
        items: What it carries, none to link only.
        proofs: Of the items at the checkpoint's size, with the consistency from `old`.
        head: Our checkpoint.
        old: The size that the peer confirmed last, 0 if none.
        seen: The size of our head of the peer's log.
        void: Queue numbers that will never come.
        heads: Of third logs.
    """
    frame = FrameHead(
        at=head.size,
        checkpoint=head.note,
        old=old,
        consistency=proofs.consistency,
        seen=seen,
        heads=heads,
        void=void,
        envelopes=_envelopes(kind, items, proofs),
        receipts=_receipts(kind, items, proofs),
    )
    return _encoded(kind, frame, items)


def _encoded(kind: OutboxKind, head: FrameHead, items: Sequence[ClaimedItem]) -> list[bytes]:
    if kind is OutboxKind.RECEIPT:
        return encode_frame(FrameKind.RECEIPTS, head)
    return encode_frame(FrameKind.ENVELOPES, head, [item.body for item in items])


def _envelopes(
    kind: OutboxKind, items: Sequence[ClaimedItem], proofs: Proofs
) -> tuple[EnvelopeItem, ...]:
    if kind is OutboxKind.RECEIPT:
        return ()
    return tuple(
        EnvelopeItem(
            header=item.header,
            wraps=item.wraps,
            body_bytes=len(item.body),
            queue_number=item.queue_number,
            index=item.index,
            path=path,
        )
        for item, path in zip(items, proofs.inclusion, strict=True)
    )


def _receipts(
    kind: OutboxKind, items: Sequence[ClaimedItem], proofs: Proofs
) -> tuple[ReceiptItem, ...]:
    if kind is OutboxKind.ENVELOPE:
        return ()
    return tuple(
        ReceiptItem(receipt=item.receipt, index=item.index, path=path)
        for item, path in zip(items, proofs.inclusion, strict=True)
    )
