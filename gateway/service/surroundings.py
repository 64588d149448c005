"""What a document is held against beside itself: the request it answers, the Parties' profiles.

Source: docs/domain.md, section 3; the request is the one that is replied to, else the one that
opened the thread; profiles are those of the directory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ports import Directory
from gateway.records import (
    Direction,
)
from gateway.rows import (
    MessageRow,
)
from gateway.service.contents import carried_document
from gateway.store import Store
from protocol.identifiers import NodeId
from protocol.requests.catalogue import type_info
from protocol.requests.document import Document
from protocol.requests.kinds import Family
from protocol.requests.profile import Profile
from protocol.requests.wire import RefusedDocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The circumstances of one document; all may be unknown."""

    profiles: tuple[Profile, ...] = ()
    request: Document | None = None

    def are_empty(self) -> bool:
        """Tell whether there is nothing to hold the document against."""
        return not self.profiles and self.request is None


def meant(rows: Sequence[MessageRow]) -> MessageRow | None:
    """Return the message that an id means: our own one first, else the first received.

    An id is unique only together with its sender; a sender that repeats one cannot put its
    message in the place of ours or of an earlier one.

    Args:
        rows: All messages with this id.
    """
    ours = (row for row in rows if row.direction is Direction.OUT)
    return next(ours, rows[0] if rows else None)


class Around:
    """Finds the surroundings of documents.

    Args:
        node: This node.
        store: Holds the thread.
        directory: Holds the profiles.
    """

    def __init__(self, *, node: NodeId, store: Store, directory: Directory) -> None:
        self._node = node
        self._store = store
        self._directory = directory

    async def of(self, document: Document, replied: MessageRow | None) -> Surroundings:
        """Return what is known around a document.

        Args:
            document: A document that is sound by itself.
            replied: The message that it replies to.
        """
        countries = dict.fromkeys((document.to[:2], self._node.country))
        parties = (self._directory.party(country) for country in countries)
        profiles = tuple(
            party.profile for party in parties if party is not None and party.profile is not None
        )
        return Surroundings(profiles=profiles, request=await self._request(replied))

    async def _request(self, replied: MessageRow | None) -> Document | None:
        if replied is None:
            return None
        nearest = await self._document(replied)
        if nearest is not None and _is_request(nearest):
            return nearest
        opener = None if replied.thread is None else await self._store.message(replied.thread)
        first = None if not opener else meant(opener)
        document = None if first is None else await self._document(first)
        return document if document is not None and _is_request(document) else None

    async def _document(self, row: MessageRow) -> Document | None:
        inner = await self._store.inner(row.sender, row.mid)
        if inner is None:
            return None
        try:
            return carried_document(inner)[1]
        except RefusedDocumentError:
            return None  # rejected for its form: there is nothing to hold an answer against


def _is_request(document: Document) -> bool:
    kind = type_info(document.type)
    return kind is not None and kind.family is Family.REQUEST
