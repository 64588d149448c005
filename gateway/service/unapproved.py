"""Sending at once, without a draft: refused where a second person must approve.

Commands and programs hand a document over and it goes. On a desk without people that is all there
is; once people exist, what needs two of them is a draft, whichever way it comes in.

Source: docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Mapping
from typing import Any, BinaryIO

from gateway.drafting import DeskDrafts, Need, Signatories
from gateway.errors import AccessDeniedError
from gateway.records import Submitted
from gateway.service.draft import Draft
from gateway.service.draft_needs import needs_of, text_of
from gateway.service.submit import Submit
from protocol.requests.wire import to_wire


class Unapproved:
    """Sends what needs no second person, as gateway.service.submit does.

    Args:
        submit: Sends.
        drafts: Know the policy.
        people: Whether there are any.
    """

    def __init__(self, submit: Submit, drafts: DeskDrafts, people: Signatories) -> None:
        self._submit = submit
        self._drafts = drafts
        self._people = people

    async def begin(self, document: bytes, *, file_sizes: Mapping[str, int]) -> Draft:
        """Check a document and fix its ids; see Submit.begin.

        Raises:
            AccessDeniedError: A second person must approve it (`not_approved`).
            GatewayError: As Submit.begin.
        """
        draft = await self._submit.begin(document, file_sizes=file_sizes)
        await self._check(document)
        return draft

    async def attach(self, draft_id: str, index: int, source: BinaryIO) -> None:
        """Seal one file; see Submit.attach.

        Raises:
            GatewayError: As Submit.attach.
        """
        await self._submit.attach(draft_id, index, source)

    async def send(
        self, draft_id: str, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Seal and queue; see Submit.send.

        Raises:
            AccessDeniedError: A second person must approve it, by the policy of now
                (`not_approved`).
            GatewayError: As Submit.send.
        """
        if self._submit.drafts.holds(draft_id):
            document = self._submit.drafts.get(draft_id).document
            await self._refuse({"type": document.type, **to_wire(document)})
        return await self._submit.send(draft_id, request_key=request_key, who=who)

    async def queue(
        self, document: bytes, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Check, seal and queue a document without attachments; see Submit.queue.

        Raises:
            AccessDeniedError: A second person must approve it (`not_approved`).
            GatewayError: As Submit.queue.
        """
        await self._check(document)
        return await self._submit.queue(document, request_key=request_key, who=who)

    async def _check(self, document: bytes) -> None:
        """Refuse what a second person must approve.

        Raises:
            AccessDeniedError: It is such.
            DataError: It is no JSON object.
        """
        if await self._people.exist():
            self._refuse_if(text_of(document, (await self._drafts.policy()).types).needs)

    async def _refuse(self, document: Mapping[str, Any]) -> None:
        """Refuse a checked document that a second person must approve.

        Raises:
            AccessDeniedError: It is such.
        """
        if await self._people.exist():
            self._refuse_if(needs_of(document, (await self._drafts.policy()).types))

    @staticmethod
    def _refuse_if(needs: frozenset[Need]) -> None:
        if needs:
            raise AccessDeniedError(
                "a second person must approve this document before it is sent",
                code="not_approved",
                hint="make it a draft with: a35 drafts new FILE --submit",
            )
