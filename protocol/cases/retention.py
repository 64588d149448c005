"""What retention may erase: only what is over, old enough, and held by nobody.

The contents of a thread go together, or none does: a case that is half there would be read wrongly.
Whatever is open, waits for anything, may still be sent, or is held stays, however old it is.

Source: docs/delivery.md, "Retention".
"""

from dataclasses import dataclass

from protocol.cases.ladder import MessageState, is_over, reached
from protocol.cases.phases import FINISHED, Phase
from protocol.identifiers import MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long what is kept, in days since it last changed or was signed; None keeps it for ever.

    Args:
        contents_days: Contents, subjects and sealed bodies of messages.
        attachments_days: Sealed files; they go with the content at the latest.
        statements_days: What statements of the log say.
    """

    contents_days: int | None = None
    attachments_days: int | None = None
    statements_days: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether anything is ever erased."""
        return any(
            days is not None
            for days in (self.contents_days, self.attachments_days, self.statements_days)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedMessage:
    """One message, as far as retention looks at it.

    Args:
        sender: Whose.
        mid: Its id.
        state: Of its ladder.
        changed_ms: When that changed last.
        exp_ms: Until when it may be sent.
        waits: Whether it, or a receipt of it, waits to be sent or opened.
        attachments: (digest, bytes) of its sealed attachments.
    """

    sender: NodeId
    mid: MessageId
    state: MessageState
    changed_ms: int
    exp_ms: int
    waits: bool
    attachments: tuple[tuple[bytes, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedThread:
    """The messages of one thread, or one message that is in none.

    Args:
        messages: All of it whose content is still here.
        is_held: Whether an officer holds it.
    """

    messages: tuple[RetainedMessage, ...]
    is_held: bool


def may_erase(thread: RetainedThread, phase: Phase | None, *, before_ms: int, now_ms: int) -> bool:
    """Tell whether the contents of a thread may go.

    Args:
        thread: As kept.
        phase: Where its case stands; None if it opened none.
        before_ms: Only what changed last before this.
        now_ms: Milliseconds since 1970, UTC.
    """
    if thread.is_held or not thread.messages:
        return False
    if phase is not None and phase not in FINISHED:
        return False
    return all(_is_done(one, before_ms=before_ms, now_ms=now_ms) for one in thread.messages)


def _is_done(message: RetainedMessage, *, before_ms: int, now_ms: int) -> bool:
    if message.waits or message.changed_ms >= before_ms or message.exp_ms >= now_ms:
        return False
    return is_over(message.state) or reached(message.state, MessageState.OPENED)
