"""The document that an officer writes: addressee, urgency, handling, body, attachments.

Source: docs/domain.md, section 3, the general rules of sections 5 and 6, and section 11.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.kinds import Thread
from protocol.requests.part import Distinct, Many, Part
from protocol.requests.parts import Channel
from protocol.requests.people import Authority
from protocol.requests.rules import rule, scene_rule
from protocol.requests.scene import Scene
from protocol.requests.text import AttachmentPath, Language, Line, MessageRef, Node
from protocol.requests.times import Date, Instant
from protocol.requests.walk import repeated

UrgencyName = Literal["routine", "urgent", "emergency"]
HandlingCode = Literal["H0", "H1", "H2", "H3"]
LegalBasis = Literal[
    "conv_26",
    "conv_29",
    "conv_30",
    "conv_31",
    "conv_33",
    "conv_34",
    "conv_35",
    "2ap_7",
    "2ap_8",
    "2ap_9",
    "2ap_10",
    "unc_41",
    "unc_42",
    "other_treaty",
]
AttachmentRole = Literal[
    "court_order",
    "order",
    "statute",
    "translation",
    "letterhead",
    "signed_form",
    "data",
    "custody_statement",
    "technical_log",
    "other",
]

THE_BODY: Final = "body"
"""In `translation_of`: the attachment translates the document's own text."""


class CopyTo(Part):
    """A copy on its way through other channels (Article 27(9), 2AP 10(9))."""

    authority: Authority
    sent_on: Date
    channel: Channel


class Attachment(Part):
    """A file beside the document, and what it is."""

    path: AttachmentPath
    role: AttachmentRole
    language: Language | None = None
    media_type: Line | None = None
    translation_of: AttachmentPath | None = None


class Document(Part):
    """One document. Its body is the form of its type (protocol.requests.catalogue)."""

    type: str
    to: Node
    urgency: UrgencyName
    handling_code: HandlingCode
    handling_text: Line | None = None
    language: Language
    body: Part
    in_reply_to: MessageRef | None = None
    supersedes: MessageRef | None = None
    legal_basis: Distinct[LegalBasis] | None = None
    copies_to: Many[CopyTo] | None = None
    valid_until: Instant | None = None
    tlp: Literal["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"] | None = None
    pap: Literal["RED", "AMBER", "GREEN", "CLEAR"] | None = None
    classification: Line | None = None
    attachments: Many[Attachment] | None = None

    @rule
    def other_handling_is_explained(self) -> Iterator[Fault]:
        """H3 says nothing by itself: `handling_text` says which handling (section 3)."""
        if self.handling_code == "H3" and self.handling_text is None:
            text = "H3 means other handling: say in words which (handling_text)."
            yield Fault(("handling_text",), FaultCode.MISSING, text)

    @scene_rule
    def has_the_urgency_of_its_type(self, scene: Scene) -> Iterator[Fault]:
        """The two emergency types of the Second Protocol have urgency `emergency` (section 5)."""
        if scene.kind.emergency and self.urgency != "emergency":
            text = "A request of this type is an emergency by law: set urgency to emergency."
            yield Fault(("urgency",), FaultCode.NOT_ALLOWED_VALUE, text)

    @scene_rule
    def stands_where_it_belongs_in_a_thread(self, scene: Scene) -> Iterator[Fault]:
        """`in_reply_to` is required in answers, refused where a case opens (sections 5, 6)."""
        return self._out_of_place(scene.kind.thread)

    @scene_rule
    def stands_where_its_body_puts_it(self, scene: Scene) -> Iterator[Fault]:
        """An offer opens a case; content under conditions follows their acceptance (section 5)."""
        if scene.kind.thread_of is not None:
            yield from self._out_of_place(scene.kind.thread_of(self.body))

    def _out_of_place(self, thread: Thread) -> Iterator[Fault]:
        match thread:
            case Thread.JOINS if self.in_reply_to is None:
                text = "Name the message that this replies to (32 hex digits)."
                yield Fault(("in_reply_to",), FaultCode.MISSING, text)
            case Thread.STARTS if self.in_reply_to is not None:
                text = "A document of this type opens a case of its own. Remove in_reply_to."
                yield Fault(("in_reply_to",), FaultCode.NOT_ALLOWED_HERE, text)
            case _:
                pass

    @scene_rule
    def only_requests_supersede(self, scene: Scene) -> Iterator[Fault]:
        """Only a request replaces an earlier one (`supersedes`, sections 3 and 6)."""
        if self.supersedes is not None and not scene.kind.is_request:
            yield Fault(("supersedes",), FaultCode.NOT_ALLOWED_HERE)

    @scene_rule
    def copies_are_on_their_way(self, scene: Scene) -> Iterator[Fault]:
        """A copy goes through central authorities: `copies_to` says so (see 2AP 10(9))."""
        if scene.kind.copies_required and self.copies_to is None:
            text = "Say to which central authority a copy was sent."
            yield Fault(("copies_to",), FaultCode.MISSING, text)

    @scene_rule
    def required_papers_are_attached(self, scene: Scene) -> Iterator[Fault]:
        """The order that a type rests on is attached, in its role (section 5)."""
        roles = scene.kind.required_roles
        if roles and not any(each.role in roles for each in self.attachments or ()):
            text = f"Attach the document of role {' or '.join(roles)} that this rests on."
            yield Fault(("attachments",), FaultCode.MISSING, text)

    @scene_rule
    def request_admits_this_answer(self, scene: Scene) -> Iterator[Fault]:
        """Eight types of answers must be admitted by the request's form (section 6)."""
        if scene.asked is None or not scene.kind.only_if_asked:
            return
        if self.type not in scene.asked.answers:
            yield Fault(("type",), FaultCode.ANSWER_NOT_ALLOWED)

    @rule
    def attachments_have_names_of_their_own(self) -> Iterator[Fault]:
        """No two attachments have one file name: the wire knows no folders (section 11)."""
        paths = paths_of(self)
        names = [path.rpartition("/")[2] if isinstance(path, str) else path for path in paths]
        for index in repeated(names):
            text = "Another attachment has the same file name. Rename one of them."
            yield Fault(("attachments", index, "path"), FaultCode.DUPLICATE, text)

    @rule
    def translations_name_their_original(self) -> Iterator[Fault]:
        """`translation_of` names another attachment, or `body` (section 3)."""
        paths = paths_of(self)
        for index, each in enumerate(self.attachments or ()):
            original: Any = None if each is UNSOUND else each.translation_of
            if not isinstance(original, str) or original == THE_BODY:
                continue
            if original == paths[index] or original not in paths:
                yield Fault(("attachments", index, "translation_of"), FaultCode.UNKNOWN_ATTACHMENT)

    @scene_rule
    def attached_files_exist(self, scene: Scene) -> Iterator[Fault]:
        """Every attachment is a file that exists (section 3)."""
        for index, path in enumerate(paths_of(self) if scene.files is not None else ()):
            if isinstance(path, str) and path not in (scene.files or ()):
                yield Fault(("attachments", index, "path"), FaultCode.ATTACHMENT_MISSING)


def paths_of(document: Document) -> list[Any]:
    """Return the path of each attachment, UNSOUND where it is at fault.

    Args:
        document: Possibly with faults; as a whole its list of attachments is sound.
    """
    return [UNSOUND if each is UNSOUND else each.path for each in document.attachments or ()]


def roles_of(document: Document) -> dict[str, str] | None:
    """Return the role of each attachment by its path.

    Args:
        document: Possibly with faults.

    Returns:
        None when a path or a role is at fault, so that no reference can be judged.
    """
    attachments: Any = document.attachments
    if attachments is UNSOUND:
        return None
    roles: dict[str, str] = {}
    for each in attachments or ():
        if each is UNSOUND or not isinstance(each.path, str) or not isinstance(each.role, str):
            return None
        roles[each.path] = each.role
    return roles
