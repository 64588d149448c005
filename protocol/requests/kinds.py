"""What the catalogue says of one type of document, beside its form.

A type is described once, by a DocumentType next to the model of its body; the rules that all
types share (document, profile, thread) read the description and never the type's name.

Source: docs/domain.md, sections 3, 5, 6 and 12.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from protocol.requests.part import Part


class Direction(StrEnum):
    """Who writes it: the requesting side Q, the requested side A."""

    TO_REQUESTED = "Q>A"
    TO_REQUESTING = "A>Q"
    EITHER = "either"


class Family(StrEnum):
    """Where it stands in the officers' lists."""

    REQUEST = "request"
    ANSWER = "answer"
    NOTICE = "notice"


class LadderEffect(StrEnum):
    """How far a document moves the message that it answers; the values are MessageState's.

    The ladder itself is protocol.cases.ladder, above this package: `MessageState(effect)`.
    """

    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


class Thread(StrEnum):
    """Whether a document carries `in_reply_to`."""

    STARTS = "starts"
    STARTS_OR_JOINS = "starts_or_joins"
    JOINS = "joins"


class Capability(StrEnum):
    """What a point of contact does itself, passes on, or does not do; keys of the profile."""

    TECHNICAL_ADVICE = "technical_advice"
    PRESERVATION = "preservation"
    EVIDENCE = "evidence"
    LEGAL_INFORMATION = "legal_information"
    LOCATION = "location"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """One type of document: an entry of the catalogue.

    Args:
        name: As in the field `type`.
        direction: Who writes it.
        family: Request, answer or notice.
        one_line: What it is, for lists; one line.
        article: The provision, such as `29, 30` or `2AP 9`; empty for an act of procedure.
        model: The form of its body.
        thread: Whether it opens a thread.
        thread_of: For a type whose body narrows that: tells it from the body.
        answers: For a request: the types beside the usual notices that may answer it.
        legal_basis: What `legal_basis` means when it is absent.
        ladder_effect: What it does to the message that it answers, or None.
        capability: What the receiver must be able to do, or None.
        second_protocol: True when it rests on the Second Additional Protocol alone.
        emergency: True when the urgency must be `emergency`.
        poc_by_declaration: True when points of contact take it only by declaration (2AP 10(9)).
        subscriber_declared_out: True when a Party may declare that it gives no subscriber
            information alone under it (2AP 9(1)(b)).
        preserves: True for the types of Article 29, which a reservation 29(4) touches.
        looks_ahead: True when its periods lie in the future (Articles 33 and 34).
        only_if_asked: True for answers that the form of the request must admit (section 6, the
            eight types); all others fit every request.
        copies_required: True when `copies_to` must be there.
        required_roles: One of these roles must be attached; empty for none.
    """

    name: str
    direction: Direction
    family: Family
    one_line: str
    article: str
    model: type[Part]
    thread: Thread
    thread_of: Callable[[Any], Thread] | None = None
    answers: tuple[str, ...] = ()
    legal_basis: tuple[str, ...] = ()
    ladder_effect: LadderEffect | None = None
    capability: Capability | None = None
    second_protocol: bool = False
    emergency: bool = False
    poc_by_declaration: bool = False
    subscriber_declared_out: bool = False
    preserves: bool = False
    looks_ahead: bool = False
    only_if_asked: bool = False
    copies_required: bool = False
    required_roles: tuple[str, ...] = ()

    @property
    def is_request(self) -> bool:
        """Tell whether it asks for something."""
        return self.family is Family.REQUEST

    @property
    def is_answer(self) -> bool:
        """Tell whether it counts as the answer on the ladder (section 12)."""
        return self.ladder_effect is LadderEffect.ANSWERED
