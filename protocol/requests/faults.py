"""What can be wrong with a document: the codes, one fault, and a value that cannot be trusted.

A fault is found where a rule is written and knows its place relative to the object that the rule
is about; a finding is what an officer or a program gets, with the whole path and a sentence.
The sentences themselves are in protocol.requests.messages.

Source: docs/domain.md, sections 3 to 6, 8 and 14.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Never

Path = tuple[str | int, ...]
"""Steps from an object to a field: names and zero-based indexes."""


class FaultCode(StrEnum):
    """What a rule says of a document; the closed list, also of warnings."""

    BAD_JSON = "bad_json"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    UNKNOWN_TYPE = "unknown_type"
    NOT_SENDABLE = "not_sendable"
    UNKNOWN_FIELD = "unknown_field"
    MISSING = "missing"
    NOT_ALLOWED_HERE = "not_allowed_here"
    WRONG_TYPE = "wrong_type"
    EMPTY = "empty"
    EMPTY_LIST = "empty_list"
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"
    BAD_CHARACTER = "bad_character"
    BAD_FORMAT = "bad_format"
    NOT_ALLOWED_VALUE = "not_allowed_value"
    DUPLICATE = "duplicate"
    OUT_OF_RANGE = "out_of_range"
    BAD_DATE = "bad_date"
    BAD_TIME = "bad_time"
    NAIVE_TIME = "naive_time"
    UNKNOWN_ZONE = "unknown_zone"
    OFFSET_ZONE_MISMATCH = "offset_zone_mismatch"
    END_BEFORE_START = "end_before_start"
    IN_THE_FUTURE = "in_the_future"
    IN_THE_PAST = "in_the_past"
    UNKNOWN_COUNTRY = "unknown_country"
    UNKNOWN_LANGUAGE = "unknown_language"
    BAD_IP = "bad_ip"
    UNKNOWN_REFERENCE = "unknown_reference"
    UNKNOWN_ATTACHMENT = "unknown_attachment"
    ATTACHMENT_MISSING = "attachment_missing"
    UNKNOWN_ITEM = "unknown_item"
    ANSWER_NOT_ALLOWED = "answer_not_allowed"
    WRONG_REQUEST_TYPE = "wrong_request_type"
    GROUND_NOT_ALLOWED = "ground_not_allowed"
    RESERVATION_MISSING = "reservation_missing"
    BELOW_LEGAL_FLOOR = "below_legal_floor"
    TREATY_NOT_IN_FORCE = "treaty_not_in_force"
    UNKNOWN_POC = "unknown_poc"
    DECLARED_OUT = "declared_out"
    CHANNEL_NOT_DECLARED = "channel_not_declared"
    LANGUAGE_NOT_ACCEPTED = "language_not_accepted"
    OVER_PARTY_MAXIMUM = "over_party_maximum"
    PORT_ADVISED = "port_advised"
    SHORT_PRESERVATION = "short_preservation"
    MAY_BE_REFUSED = "may_be_refused"
    CAPABILITY_NONE = "capability_none"
    CAPABILITY_FACILITATE = "capability_facilitate"


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule that does not hold.

    Args:
        path: Steps from the object that the rule is about to the field that must be mended.
        code: Which rule.
        message: A sentence of its own; empty for the usual sentence of the code.
        warning: True when the document may be sent all the same.
    """

    path: Path
    code: FaultCode
    message: str = ""
    warning: bool = False

    def below(self, place: Path) -> "Fault":
        """Return the same fault, seen from the document's root.

        Args:
            place: Steps from the root to the object that the rule is about.
        """
        return Fault((*place, *self.path), self.code, self.message, self.warning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a check, for an officer or a program.

    Args:
        path: From the document's root, such as `body.items[0].period.end`; empty for the whole.
        code: The code, stable.
        message: One sentence: what is wrong and how to mend it.
    """

    path: str
    code: FaultCode
    message: str


class UnsoundError(Exception):
    """A rule read a field that is itself at fault; the rule does not run."""


def _refuse(*_: object) -> Never:
    """Stop the rule that reads this value.

    Raises:
        UnsoundError: Always.
    """
    raise UnsoundError


class Unsound:
    """Stands in a document for a value that is at fault, so that no rule can judge by it.

    Any use raises UnsoundError; only `is` works, for a rule that asks whether a field is there.
    """

    __slots__ = ()

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = __bool__ = __iter__ = __len__ = __contains__ = __getitem__ = _refuse

    def __getattr__(self, name: str) -> Never:
        # Python's own questions (copying, inspecting) are no rule that reads a value.
        raise AttributeError(name) if name.startswith("__") else UnsoundError


UNSOUND: Final[Any] = Unsound()
"""The one value of its kind."""


def path_text(path: Path) -> str:
    """Return a path as people and programs write it.

    Args:
        path: Steps from the root. Names come from the document itself and may hold anything;
            what cannot be printed is escaped, and a name is cut to 64 characters.

    Returns:
        Such as `body.items[0].period.end`.
    """
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{step if step.isidentifier() else _printable(step)}")
    return "".join(parts).removeprefix(".")


def _printable(name: str) -> str:
    """Return a name of at most 64 characters without control characters."""
    return "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}"
        for character in name[:64]
    )
