"""Kinds of text: names, lines, paragraphs, telephone numbers, paths; one checked type each.

Every kind is `Annotated[str, TextKind(...)]`: pydantic sees to it that the value is text, the
kind's own function says what else is wrong, and the JSON schema says the same for other readers.
Text is expected in NFC with LF line ends; protocol.requests.reading sees to that.

Source: docs/domain.md, section 4, G4 to G6 and the table of types.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from protocol.requests.codes import COUNTRIES, LANGUAGES
from protocol.requests.faults import FaultCode

REFUSED: Final = "a35_refused"
"""Type of the pydantic error by which a kind names its codes (in the error's context)."""

LINE_LENGTH: Final = 200
SHORT_LENGTH: Final = 1_000
TEXT_LENGTH: Final = 20_000
REF_LENGTH: Final = 64
PATH_LENGTH: Final = 500
EMAIL_LENGTH: Final = 254
"""RFC 5321: a path of 256 with its angle brackets."""

_NONCHARACTERS: Final = "".join(
    chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_NEVER: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff"
    f"\ufdd0-\ufdef\U000f0000-\U0010fffd{_NONCHARACTERS}"
)
"""Controls but TAB and LF, separators, bidi controls, surrogates, private use, noncharacters."""

_IN_NO_TEXT: Final = re.compile(f"[{_NEVER}]")
_IN_NO_LINE: Final = re.compile(f"[\t\n{_NEVER}]")
_IN_NO_REF: Final = re.compile(f"[\t\n\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff{_NEVER}]")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_MESSAGE_ID: Final = re.compile(r"[0-9a-f]{32}")
_NODE: Final = re.compile(r"([A-Z]{2})(?:/[1-9][0-9]{0,2})?")
_PHONE: Final = re.compile(r"\+[0-9](?:[ .()-]*[0-9]){6,14}")
_PHONE_MARKS: Final = re.compile(r"[ .()-]")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_IN_NO_EMAIL: Final = re.compile(f"[\\s{_NEVER}]")


def refused_by(*codes: FaultCode) -> PydanticCustomError:
    """Return the error by which a validator refuses a value.

    Args:
        codes: What is wrong with it, one or more.
    """
    return PydanticCustomError(REFUSED, "refused", {"codes": codes})


def refusal(value: str, *codes: FaultCode) -> PydanticCustomError:
    """Return the error by which a check refuses a text.

    Args:
        value: The text; when it is blank, that is what is wrong with it (G6).
        codes: What else is wrong with it, one or more.
    """
    return refused_by(*codes) if value.strip() else refused_by(FaultCode.EMPTY)


@dataclass(frozen=True, slots=True, eq=False)
class TextKind:
    """One kind of text, for `Annotated[str, TextKind(...)]`.

    Args:
        check: Takes any text; returns it as it is kept, or raises refusal(). Blank text it must
            never return.
        schema: What the JSON schema says beside `"type": "string"`.
    """

    check: Callable[[str], str]
    schema: dict[str, Any] = field(default_factory=dict)

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return the validator: text, then the kind's own check."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return what another reader can check without us."""
        return {**handler(schema), **({"minLength": 1} | self.schema)}


def line_faults(value: str, limit: int = LINE_LENGTH) -> tuple[FaultCode, ...]:
    """Tell what is wrong with one line of text that is not blank.

    Args:
        value: The text, in NFC.
        limit: Code points at most.
    """
    # What str calls printable holds none of the refused characters: the usual case, fast.
    if len(value) <= limit and value.isprintable():
        return ()
    return _faults(value, limit, _IN_NO_LINE)


def _faults(value: str, limit: int, refused: re.Pattern[str]) -> tuple[FaultCode, ...]:
    bad = (FaultCode.BAD_CHARACTER,) if refused.search(value) else ()
    return (*bad, FaultCode.TOO_LONG) if len(value) > limit else bad


def checked_line(value: str) -> str:
    """Return a text if it is one line, as Line has it.

    Args:
        value: Any text.

    Raises:
        refusal: It is none.
    """
    # The usual case first, in one go: this runs for most fields of every document.
    if len(value) <= LINE_LENGTH and value.isprintable() and value and not value.isspace():
        return value
    faults = line_faults(value)
    if faults or not value or value.isspace():
        raise refusal(value, *faults)
    return value


def _paragraphs(limit: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        if len(value) <= limit and value.isprintable() and value and not value.isspace():
            return value
        faults = _faults(value, limit, _IN_NO_TEXT)
        if faults or not value.strip():
            raise refusal(value, *faults)
        return value

    return check


def _ref(value: str) -> str:
    faults = _faults(value, REF_LENGTH, _IN_NO_REF)
    if not faults and value.strip() != value:
        faults = (FaultCode.BAD_CHARACTER,)
    if faults or not value:
        raise refusal(value, *faults)
    return value


def _of_form(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if pattern.fullmatch(value) is None:
            raise refusal(value, FaultCode.BAD_FORMAT)
        return value

    return check


def _item_ref(value: str) -> str:
    if value != "*" and _ID.fullmatch(value) is None:
        raise refusal(value, FaultCode.BAD_FORMAT)
    return value


def _node(value: str) -> str:
    match = _NODE.fullmatch(value)
    if match is None:
        raise refusal(value, FaultCode.BAD_FORMAT)
    if match[1] not in COUNTRIES:
        raise refusal(value, FaultCode.UNKNOWN_COUNTRY)
    return value


def checked_phone(value: str) -> str:
    """Return a telephone number as it is kept: `+` and the digits.

    Args:
        value: Any text; `+` and 7 to 15 digits, with blanks and marks between, pass.

    Raises:
        refusal: It is none.
    """
    if _PHONE.fullmatch(value) is None:
        raise refusal(value, FaultCode.BAD_FORMAT)
    return _PHONE_MARKS.sub("", value)


def checked_email(value: str) -> str:
    """Return a text if it has the form of an e-mail address.

    Args:
        value: Any text.

    Raises:
        refusal: It has not.
    """
    if (
        len(value) > EMAIL_LENGTH
        or _EMAIL.fullmatch(value) is None
        or _IN_NO_EMAIL.search(value) is not None
    ):
        raise refusal(value, FaultCode.BAD_FORMAT)
    return value


def _path(value: str) -> str:
    faults = line_faults(value, PATH_LENGTH)
    if faults or value.isspace():
        raise refusal(value, *faults)
    steps = value.split("/")
    if "\\" in value or ".." in steps or not steps[0] or steps[-1] in {"", "."}:
        raise refusal(value, FaultCode.BAD_FORMAT)
    return value


def _among(codes: frozenset[str], refused: FaultCode) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in codes:
            raise refusal(value, refused)
        return value

    return check


Line = Annotated[str, TextKind(checked_line, {"maxLength": LINE_LENGTH})]
"""One line of 1 to 200 characters."""

Text = Annotated[str, TextKind(_paragraphs(TEXT_LENGTH), {"maxLength": TEXT_LENGTH})]
"""Paragraphs, 1 to 20,000 characters."""

Short = Annotated[str, TextKind(_paragraphs(SHORT_LENGTH), {"maxLength": SHORT_LENGTH})]
"""A short text, 1 to 1,000 characters, such as an address."""

Ref = Annotated[str, TextKind(_ref, {"maxLength": REF_LENGTH})]
"""A case or file reference, 1 to 64 characters; shown in lists, so nothing invisible in it."""

Id = Annotated[str, TextKind(_of_form(_ID), {"pattern": f"^{_ID.pattern}$"})]
"""A name inside one document."""

ItemRef = Annotated[str, TextKind(_item_ref, {"pattern": rf"^(\*|{_ID.pattern})$"})]
"""The name of an item of the request that is answered; `*` for the whole request."""

MessageRef = Annotated[str, TextKind(_of_form(_MESSAGE_ID), {"pattern": "^[0-9a-f]{32}$"})]
"""The id of another message, 32 lower-case hex digits."""

Node = Annotated[str, TextKind(_node, {"pattern": f"^{_NODE.pattern}$"})]
"""A Party (`RO`) or one of its points of contact (`RO/1`)."""

Phone = Annotated[str, TextKind(checked_phone, {"pattern": f"^{_PHONE.pattern}$"})]
"""A telephone number, kept as `+` and digits."""

Email = Annotated[str, TextKind(checked_email, {"format": "email", "maxLength": EMAIL_LENGTH})]
"""An e-mail address."""

AttachmentPath = Annotated[str, TextKind(_path, {"maxLength": PATH_LENGTH})]
"""A file beside or below the document, with `/` between folders."""

ATTACHMENT_REF: Final = TextKind(_path, {"maxLength": PATH_LENGTH})
"""By this mark the walk knows fields whose path must be that of an attachment."""

AttachmentRef = Annotated[str, ATTACHMENT_REF]
"""The path of one of the document's attachments."""

Country = Annotated[
    str, TextKind(_among(COUNTRIES, FaultCode.UNKNOWN_COUNTRY), {"pattern": "^[A-Z]{2}$"})
]
"""An assigned ISO 3166-1 alpha-2 code."""

Language = Annotated[
    str, TextKind(_among(LANGUAGES, FaultCode.UNKNOWN_LANGUAGE), {"pattern": "^[a-z]{2}$"})
]
"""An ISO 639-1 code."""
