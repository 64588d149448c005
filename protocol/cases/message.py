"""A message as a thread sees it: who sent it, what it replies to, when, and its facts.

Source: docs/domain.md, sections 6 and 7.
"""

from dataclasses import dataclass
from enum import StrEnum

from protocol.cases.facts import Facts
from protocol.identifiers import MessageId, NodeId


class Side(StrEnum):
    """The two sides of a thread; who opened it is the requesting one."""

    REQUESTING = "Q"
    REQUESTED = "A"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMessage:
    """One message of a thread; protocol.cases.extract makes it from a document.

    Args:
        mid: Its id.
        sender: Who sealed it.
        recipient: To whom.
        type: The document's type.
        re: The message that it replies to, if any.
        supersedes: The request that it replaces, if any.
        t_ms: The content's time, ms since 1970 UTC; not that of the envelope, which may be
            sealed anew.
        urgency: `routine`, `urgent` or `emergency`.
        facts: What the state rests on; the kind that belongs to its type.
    """

    mid: MessageId
    sender: NodeId
    recipient: NodeId
    type: str
    re: MessageId | None = None
    supersedes: MessageId | None = None
    t_ms: int
    urgency: str
    facts: Facts

    @property
    def parents(self) -> frozenset[MessageId]:
        """Return the messages that must come before it."""
        return frozenset(each for each in (self.re, self.supersedes) if each is not None)
