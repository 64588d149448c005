"""The small values of a directory entry: texts, times, keys, endpoints, each with one spelling.

Does: the strict frozen base of the models, and one annotated type for each kind of value.
Leaves the models themselves to protocol.directory. Every check raises ValueError, which pydantic
collects and `protocol.directory.parse_entry` turns into MalformedError.

Source: docs/wire-format.md, rule 29; RFC 3339; RFC 4648 section 4; domain types `line`, `phone`.
"""

import json
import re
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import override

from keys.suite import (
    DIGEST_BYTES,
    ED25519_PUBLIC_BYTES,
    MLDSA44_PUBLIC_BYTES,
    XWING_PUBLIC_BYTES,
)
from protocol.errors import Code, MalformedError
from protocol.identifiers import LogOrigin, NodeId

MAX_LINE: Final = 200
MAX_URL: Final = 255
MAX_CERTIFICATE_BYTES: Final = 4096
"""A self-signed certificate of one Ed25519 or P-256 key has below 600 bytes."""

_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")
_HEX_DIGEST: Final = re.compile(rf"[0-9a-f]{{{2 * DIGEST_BYTES}}}\Z")
_HOST: Final = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,39}\])\Z")
_PHONE: Final = re.compile(r"\+[0-9]{7,15}\Z")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+\Z")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}\Z")
# Characters that end a line, hide, or turn the reading order around: a name must show as it is.
_HIDDEN: Final = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_TEXT: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


class StrictModel(BaseModel):
    """Frozen, without coercion, unknown fields refused; a changed copy is checked anew."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed, checked like any other value.

        The copy shares nothing that was computed from the old fields (parsed keys, times).

        Args:
            update: New values by field name.
            deep: Without meaning: nothing here can be changed in place.

        Returns:
            The copy.

        Raises:
            ValueError: A value that the model may not hold.
        """
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        return self.model_validate(fields | dict(update or {}))


_Model = TypeVar("_Model", bound=StrictModel)


def parse_strict(model: type[_Model], data: bytes, *, max_bytes: int) -> _Model:
    """Read one JSON document into a model.

    Args:
        model: What it must be.
        data: UTF-8 JSON without a name twice in one object.
        max_bytes: Longest document that is looked at.

    Returns:
        The model.

    Raises:
        MalformedError: Too long (E_SIZE) or not of that form (E_SCHEMA); the text names the
            place of the first fault, never a value.
    """
    if len(data) > max_bytes:
        raise MalformedError(f"longer than {max_bytes} bytes", code=Code.SIZE)
    try:
        json.loads(data, object_pairs_hook=_no_repeats)
        return model.model_validate_json(data)
    except ValidationError as error:
        raise MalformedError(_first_fault(error)) from None
    except (ValueError, RecursionError):
        raise MalformedError("not JSON with each name once in an object") from None


def encode_strict(model: StrictModel) -> bytes:
    """Write a model: names in order, no blanks, absent fields left out, UTF-8."""
    fields = model.model_dump(mode="json", exclude_none=True)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def time_ms(text: str) -> int:
    """Read a time of the directory.

    Args:
        text: RFC 3339 in UTC, whole seconds, `2026-11-21T08:00:00Z`: the only spelling.

    Returns:
        Milliseconds since 1970.

    Raises:
        ValueError: Not of that form, or no such moment.
    """
    if _TIME.match(text) is None:
        raise ValueError("a time is written YYYY-MM-DDTHH:MM:SSZ")
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def time_text(at_ms: int) -> str:
    """Write a time as the directory spells it; fractions of a second are cut off."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def key_bytes(text: str) -> bytes:
    """Read standard base64 with padding, its only spelling.

    Raises:
        ValueError: Any other text.
    """
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise ValueError("not standard base64") from error
    if b64encode(data).decode("ascii") != text:
        raise ValueError("base64 has one spelling only")
    return data


def key_text(data: bytes) -> str:
    """Write bytes as standard base64 with padding."""
    return b64encode(data).decode("ascii")


def distinct(values: Iterable[Hashable], what: str) -> None:
    """Refuse a list that holds something twice.

    Raises:
        ValueError: A value occurs again; the text names `what`, never the value.
    """
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} is listed twice")
        seen.add(value)


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a name that occurs twice: two readers might take different ones.

    Raises:
        ValueError: A name occurs twice.
    """
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return fields


def _first_fault(error: ValidationError) -> str:
    """Name the place and the kind of the first fault; names that a stranger chose are left out."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if fault["type"] == "extra_forbidden":
        return "unknown field at " + _place(fault["loc"][:-1])
    if fault["type"] == "json_invalid":
        return "not JSON"
    return f"{fault['msg'].removeprefix('Value error, ')} at {_place(fault['loc'])}"


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in parts) or "the top"


def _check_time(text: str) -> str:
    time_ms(text)
    return text


def _check_line(text: str) -> str:
    if unicodedata.normalize("NFC", text) != text:
        raise ValueError("text is not in normal form C")
    if not text.strip():
        raise ValueError("text is blank")
    if any(char in _HIDDEN or unicodedata.category(char) in _NO_TEXT for char in text):
        raise ValueError("text holds a control, bidirectional or unassigned character")
    return text


def _check_endpoint(text: str) -> str:
    parts = urlsplit(text)  # raises ValueError itself for a broken port or bracket
    port = parts.port
    if parts.scheme != "https" or port is None or port < 1:
        raise ValueError("an endpoint is https://host:port")
    host, _, _ = parts.netloc.rpartition(":")
    if _HOST.match(host) is None or text != f"https://{host}:{port}":
        raise ValueError("an endpoint is https://host:port, in lower case, without a path")
    return text


def _parsed(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Return a validator that keeps the text and takes an identifier's error to pydantic."""

    def check(text: str) -> str:
        try:
            parse(text)
        except MalformedError as error:
            raise ValueError(str(error)) from error
        return text

    return check


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if pattern.match(text) is None:
            raise ValueError(f"not {what}")
        return text

    return check


def _sized(size_bytes: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(key_bytes(text)) != size_bytes:
            raise ValueError(f"not {size_bytes} bytes")
        return text

    return check


def _at_most(size_bytes: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not 1 <= len(key_bytes(text)) <= size_bytes:
            raise ValueError(f"not 1 to {size_bytes} bytes")
        return text

    return check


Line = Annotated[str, Field(min_length=1, max_length=MAX_LINE), AfterValidator(_check_line)]
"""One line that a person reads: 1 to 200 characters, none of them hidden."""

Time = Annotated[str, AfterValidator(_check_time)]
"""RFC 3339 in UTC, whole seconds."""

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Phone = Annotated[str, AfterValidator(_matching(_PHONE, "a number as +, then 7 to 15 digits"))]
Email = Annotated[
    str, Field(max_length=254), AfterValidator(_matching(_EMAIL, "an electronic mail address"))
]
ZoneName = Annotated[str, AfterValidator(_matching(_ZONE, "the name of a time zone"))]
Endpoint = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_check_endpoint)]
Version = Annotated[str, Field(pattern=r"^a35/[1-9][0-9]{0,2}$")]

NodeName = Annotated[str, AfterValidator(_parsed(NodeId.parse))]
OriginName = Annotated[str, AfterValidator(_parsed(LogOrigin.parse))]

HexDigest = Annotated[str, AfterValidator(_matching(_HEX_DIGEST, "64 lower-case hex digits"))]
Ed25519Public = Annotated[str, AfterValidator(_sized(ED25519_PUBLIC_BYTES))]
Mldsa44Public = Annotated[str, AfterValidator(_sized(MLDSA44_PUBLIC_BYTES))]
XwingPublic = Annotated[str, AfterValidator(_sized(XWING_PUBLIC_BYTES))]
CertificateText = Annotated[str, AfterValidator(_at_most(MAX_CERTIFICATE_BYTES))]
