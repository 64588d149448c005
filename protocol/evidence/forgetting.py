"""Which statements may be forgotten, and with which message: the 32 bytes of each stay for ever.

Source: docs/delivery.md, "Retention"; docs/wire-format.md, rule 6.
"""

from typing import Final

from protocol.errors import MalformedError
from protocol.identifiers import MessageId
from protocol.log.deed import Act, Silence
from protocol.log.erasure import ERASED, HELD, RELEASED
from protocol.log.statement import StatementKind
from protocol.receipt import Receipt

ERASABLE: Final = frozenset(
    {
        StatementKind.RECEIPT_GIVEN,
        StatementKind.CHECKPOINT_SEEN,
        StatementKind.DIRECTORY_ADOPTED,
        StatementKind.ACT,
        StatementKind.SILENCE,
    }
)
"""Kinds of which the preimage may go.

Key sets, revocations and epochs are what the log itself rests on. Of an envelope and of a receipt
obtained the preimage is digests alone, which say nothing and are what evidence is built of.
"""

_KEPT_ACTS: Final = frozenset({ERASED, HELD, RELEASED})


def concerns(kind: StatementKind, preimage: bytes) -> MessageId | None:
    """Return the message that a statement is about, None if it is about none.

    Args:
        kind: One of `ERASABLE`.
        preimage: As kept.

    Raises:
        MalformedError: It cannot be read: nobody knows what it is about.
    """
    match kind:
        case StatementKind.RECEIPT_GIVEN:
            return Receipt.decode(preimage).mid
        case StatementKind.ACT:
            return Act.decode(preimage).ref
        case StatementKind.SILENCE:
            return Silence.decode(preimage).mid
        case _:
            return None


def may_forget(kind: int, preimage: bytes) -> tuple[bool, MessageId | None]:
    """Tell whether what a statement says may go by its kind, and with which message it goes.

    Args:
        kind: Of the leaf.
        preimage: As kept.

    Returns:
        Whether it may; then only once the content of the message, if one is named, is gone.
    """
    if kind not in ERASABLE:
        return False, None
    try:
        if kind == StatementKind.ACT and Act.decode(preimage).act in _KEPT_ACTS:
            return False, None
        return True, concerns(StatementKind(kind), preimage)
    except MalformedError:
        return False, None
