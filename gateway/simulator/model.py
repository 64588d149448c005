"""What a network of nodes owes its officers, as a dictionary: written from the documents alone.

It is told what officers asked and were answered, and at the end what each store holds. It knows
nothing of frames, logs or lanes. A verdict is a list of sentences; an empty one is good.

Source: docs/delivery.md, "The four sentences"; docs/architecture.md, "The ladder"; reliability,
invariants I4 and I12.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from protocol.identifiers import MessageId, NodeId

LADDER: Final = (
    "queued",
    "accepted",
    "consigned",
    "opened",
    "acknowledged",
    "declined",
    "answered",
)
"""The states of a message that goes its way, in order."""

ENDS: Final = frozenset({"rejected", "expired", "cancelled"})
"""The states in which nothing more comes by itself."""

Named = tuple[NodeId, MessageId]
"""A message: its sender and its id."""


class Promise(Enum):
    """What an officer was told about a document."""

    NOTHING = auto()
    """The process ended before it answered."""
    QUEUED = auto()
    REFUSED = auto()
    """It is against a rule: nothing may ever come of it."""
    FAILED = auto()
    """The node could not keep it; whether it did, nobody knows."""


@dataclass(slots=True)
class Document:
    """One document that an officer handed in, under a key of the officer's program."""

    sender: NodeId
    to: NodeId
    mark: str
    promise: Promise = Promise.NOTHING
    mids: set[MessageId] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One message as a store holds it at the end.

    `told` is how often officers were told that it came; `mark` what its content says, None if
    it was not opened; `may_expire` whether its time was ever over for either side; `is_noted`
    whether its end was told; `is_gone` whether its sender was told that its receiver lost it, and
    that it does not go again.
    """

    state: str
    told: int
    mark: str | None
    may_expire: bool
    is_noted: bool
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One node at the end: what it sent by id, what it got by sender and id."""

    sent: Mapping[MessageId, tuple[NodeId, Held]]
    got: Mapping[Named, Held]


class Model:
    """Everything that was promised in one world.

    Attributes:
        documents: By the key of the officer's program.
        restored: Nodes whose disk was lost, each with the ids of what it had sent and its copy does
            not know: what it alone held is gone, and may be sent again under another id.
        cancelled: Messages that their author took back, with whether it was told that they are.
        done: How high a message was certainly lifted by its receiver's officers.
        tried: How high it may have been lifted.
    """

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.restored: dict[NodeId, frozenset[MessageId]] = {}
        self.cancelled: dict[Named, bool] = {}
        self.done: dict[Named, int] = {}
        self.tried: dict[Named, int] = {}

    def ask(self, key: str, *, sender: NodeId, to: NodeId, mark: str) -> None:
        """An officer hands in a document; the same key again is the same document."""
        self.documents.setdefault(key, Document(sender, to, mark))

    def told(self, key: str, promise: Promise, mid: MessageId | None = None) -> None:
        """An officer was answered; what was queued once stays queued."""
        document = self.documents[key]
        if document.promise is not Promise.QUEUED:
            document.promise = promise
        if mid is not None:
            document.mids.add(mid)

    def act(self, message: Named, step: str, *, is_done: bool) -> None:
        """A receiver's officer opens, acknowledges, declines or answers a message."""
        height = LADDER.index(step)
        self.tried[message] = max(self.tried.get(message, 0), height)
        if is_done:
            self.done[message] = max(self.done.get(message, 0), height)

    def cancel(self, message: Named, *, is_done: bool) -> None:
        """A sender's officer takes a message back."""
        self.cancelled[message] = self.cancelled.get(message, False) or is_done

    def lose(self, node: NodeId, sent: frozenset[MessageId]) -> None:
        """A node lost its disk, and what it had sent with these ids."""
        self.restored[node] = self.restored.get(node, frozenset()) | sent

    def is_gone(self, sender: NodeId, mid: MessageId) -> bool:
        """Tell whether a sender lost a message with its disk."""
        return mid in self.restored.get(sender, ())

    def lost(self, views: Mapping[NodeId, View]) -> list[str]:
        """Return what was queued, and is neither there nor ended with notice."""
        return [
            f"{document.sender} to {document.to}, {mid}: {why}"
            for document, mid in self._owed(views)
            for why in self._missing(document, mid, views)
        ]

    def duplicated(self, views: Mapping[NodeId, View]) -> list[str]:
        """Return what is somewhere twice: the same document, or the same notice of it."""
        wrong = []
        for key, document in sorted(self.documents.items()):
            kept = [mid for mid in document.mids if not self.is_gone(document.sender, mid)]
            if len(kept) > 1:
                wrong.append(f"{key}: one request became {len(kept)} messages")
        for node, view in sorted(views.items()):
            marks: dict[str, Named] = {}
            for named, held in sorted(view.got.items()):
                if held.told > 1:
                    wrong.append(f"{node} was told {held.told} times of {named[1]}")
                if self.is_gone(*named):
                    continue
                if held.mark is not None and marks.setdefault(held.mark, named) != named:
                    wrong.append(f"{node} has {held.mark} twice")
        return wrong

    def invented(self, views: Mapping[NodeId, View]) -> list[str]:
        """Return what is somewhere without an officer who sent it there."""
        # The second point of contact of a Party may get a copy of what the first did not answer.
        written = {
            (one.sender, one.to.country, one.mark): one.promise for one in self.documents.values()
        }
        wrong = []
        for node, view in sorted(views.items()):
            for (sender, mid), held in sorted(view.got.items()):
                if held.mark is None or sender not in views:
                    continue
                promise = written.get((sender, node.country, held.mark))
                if promise is None or promise is Promise.REFUSED:
                    wrong.append(f"{node} got {mid} of {sender}, which nobody sent there")
        return wrong

    def misplaced(self, views: Mapping[NodeId, View]) -> list[str]:
        """Return messages that stand higher than anybody lifted them, or lower than they must."""
        wrong: list[str] = []
        for sender, view in sorted(views.items()):
            for mid, (to, held) in sorted(view.sent.items()):
                wrong.extend(self._not_taken_back(sender, mid, held))
                if to not in views or held.state in ENDS:
                    continue
                height = LADDER.index(held.state)
                highest = max(self.tried.get((sender, mid), 0), LADDER.index("consigned"))
                if height > highest:
                    wrong.append(f"{mid} is {held.state} at {sender}, and nobody did that")
                if height < self.done.get((sender, mid), 0) and to not in self.restored:
                    wrong.append(f"{mid} is {held.state} at {sender}, and {to} did more")
        return wrong

    def _not_taken_back(self, sender: NodeId, mid: MessageId, held: Held) -> Iterator[str]:
        """Yield what is wrong with a message that was taken back, or was not and looks like it.

        A late receipt counts: what turns out to have arrived stands as its receiver says.
        """
        is_told = self.cancelled.get((sender, mid))
        if held.state == "cancelled" and (is_told is None or not held.is_noted):
            yield f"{mid} is cancelled at {sender}, and nobody did that, or was told"
        stays = held.state == "cancelled" or held.state in LADDER[2:]
        if is_told and not stays and sender not in self.restored:
            yield f"{mid} is {held.state} at {sender}, where it was taken back"

    def _owed(self, views: Mapping[NodeId, View]) -> Iterator[tuple[Document, MessageId]]:
        """Yield what must arrive: what was told queued, and what is in an outbox all the same."""
        kept = {
            (sender, to, held.mark): mid
            for sender, view in views.items()
            for mid, (to, held) in view.sent.items()
        }
        for _, document in sorted(self.documents.items()):
            if document.sender not in views or document.to not in views:
                continue
            mid = kept.get((document.sender, document.to, document.mark))
            owed = set(document.mids) if document.promise is Promise.QUEUED else set()
            for each in sorted(owed if mid is None else owed | {mid}):
                yield document, each

    def _missing(
        self, document: Document, mid: MessageId, views: Mapping[NodeId, View]
    ) -> Iterator[str]:
        sent = views[document.sender].sent.get(mid)
        got = views[document.to].got.get((document.sender, mid))
        if sent is None and self.is_gone(document.sender, mid):
            return
        if sent is None:
            yield "its sender does not know it any more"
            return
        held = sent[1]
        if _has_ended(held, got, is_cancelled=(document.sender, mid) in self.cancelled):
            return
        if got is None or got.state not in LADDER[2:]:
            yield f"{held.state} here, {'not there' if got is None else got.state + ' there'}"
        elif held.state not in LADDER[2:]:
            yield f"there, and {held.state} here"
        elif got.mark != document.mark:
            yield "there with another content"


def _has_ended(held: Held, got: Held | None, *, is_cancelled: bool) -> bool:
    """Tell whether a message ended otherwise than by arriving, and its sender was told."""
    if held.state == "expired":
        return held.may_expire and held.is_noted
    if held.state == "cancelled":
        return got is None or got.state not in LADDER[2:]
    return got is None and held.is_gone and (held.may_expire or is_cancelled)
