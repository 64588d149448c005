"""The index of words over what this desk may read: its port, and what goes into it.

It lies in memory alone: a word of a case must not stand on a disk in the open. It is built anew
after each start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.casework import Hit, SearchQuery
from protocol.identifiers import MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedMessage:
    """A message as it is looked through.

    Args:
        sender: Names it together with `mid`.
        mid: Its id.
        thread: Its case.
        box: `in` or `out`.
        party: The other node.
        type: The document's type.
        t_ms: When it was written.
        reference: The references that it names.
        files: Names of its attachments, one a line.
        text: Every other text of the document, one a line.
    """

    sender: NodeId
    mid: MessageId
    thread: MessageId | None
    box: str
    party: NodeId
    type: str
    t_ms: int
    reference: str
    files: str
    text: str


class WordIndex(Protocol):
    """Finds messages by words."""

    def add(self, messages: Sequence[IndexedMessage]) -> None:
        """Take messages in; one that is there already is replaced."""

    def drop(self, sender: NodeId, mid: MessageId) -> None:
        """Forget a message."""

    def find(self, query: SearchQuery, *, limit: int) -> tuple[Hit, ...]:
        """Return where all words of a query occur, best first."""
