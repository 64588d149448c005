"""Heads that a log signed and that no proof has joined to its history yet.

Does: one pure decision, when such a head is asked about again and when it is a second history.
A proof that fails may be a fault; a log that was asked, answered three times over an hour, and
joined it never, has two histories. Silence proves nothing.

Source: docs/wire-format.md, rule 9a.
"""

from dataclasses import dataclass, replace
from typing import Final

ASK_EVERY_MS: Final = 20 * 60 * 1000
ANSWERS_NEEDED: Final = 3
OPEN_FOR_MS: Final = 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHead:
    """How often a log was asked for a proof of one head, and answered without a valid one.

    Attributes:
        first_ms: When its proof first failed, by our clock.
        answered: Answers without a valid proof.
        asked_ms: When the log was last asked, answered or not; None if never.
    """

    first_ms: int
    answered: int = 0
    asked_ms: int | None = None

    def unanswered(self, now_ms: int) -> "OpenHead":
        """Return it after a question that met silence."""
        return replace(self, asked_ms=now_ms)

    def unproven(self, now_ms: int) -> "OpenHead":
        """Return it after an answer without a valid proof."""
        return replace(self, asked_ms=now_ms, answered=self.answered + 1)


def is_second_history(head: OpenHead, *, now_ms: int) -> bool:
    """Tell whether the log has answered often and long enough without joining it.

    Args:
        head: As it stands.
        now_ms: Milliseconds since 1970, UTC.
    """
    return head.answered >= ANSWERS_NEEDED and now_ms >= head.first_ms + OPEN_FOR_MS


def is_due(head: OpenHead, *, now_ms: int) -> bool:
    """Tell whether the log is to be asked now; a clock that was set back asks at once.

    Args:
        head: As it stands.
        now_ms: Milliseconds since 1970, UTC.
    """
    if head.asked_ms is None or now_ms < head.asked_ms:
        return True
    return now_ms >= head.asked_ms + ASK_EVERY_MS
