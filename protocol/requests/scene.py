"""What a rule may know beside the object that it is about.

Source: docs/domain.md, section 3 ("Commands") and section 14.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from protocol.requests.kinds import DocumentType


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an answer must fit: the request that the thread is about.

    Args:
        type: The request's type.
        answers: The types that its form admits as answers.
        item_ids: Names of its items; None when they are those of an earlier request.
        listed_offences_only: True when it has offences, and each falls under an article of the
            Convention (2 to 11).
    """

    type: str
    answers: frozenset[str]
    item_ids: frozenset[str] | None
    listed_offences_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The circumstances of one check.

    Args:
        kind: The document's type; UNSOUND when there is no such type.
        today: Day of the check, UTC; None where the rules on past and future do not run (a
            document that was valid when it was sent stays so).
        urgency: The document's urgency; may be UNSOUND.
        roles: Role of each attachment by its path; None while a path or role is at fault.
        asked: The request that is answered, if it is at hand.
        files: Files that exist in the document's folder; None where nobody looked.
        declared: Declarations of the own Party's profile (field names that are true), empty
            without a profile; None where declarations are not held against the document.
    """

    kind: DocumentType
    today: date | None = None
    urgency: Any = None
    roles: Mapping[str, str] | None = None
    asked: Asked | None = None
    files: frozenset[str] | None = None
    declared: frozenset[str] | None = None
