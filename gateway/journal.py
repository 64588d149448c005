"""The journal: running messages for the operator, one event per line, nothing personal in it.

Does: writes lines that cannot be forged (every value is JSON-escaped, so no CR,
LF, NUL, U+2028 or terminal escape gets through), and drops what must not be there: bytes,
fields named like secrets or content, objects of types not listed. Leaves to its callers: to
write events as fixed words and to name things by identifiers only.

"Log" is the Merkle log; this is the journal. An error is written as its type and code, never
with its text, because texts of other libraries may quote what they were given.

Example:
    >>> from io import StringIO
    >>> stream = StringIO()
    >>> configure_journal(stream, json=True)
    >>> get_journal("peer").info("frame accepted", peer="RO/1", items=3, body=b"secret")
    >>> '"items": 3' in stream.getvalue(), "secret" in stream.getvalue()
    (True, False)
"""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from json import dumps
from pathlib import PurePath
from re import compile as pattern
from traceback import extract_tb
from typing import Any, Final, TextIO

from gateway.errors import GatewayError
from protocol.errors import RemoteProtocolError
from protocol.identifiers import LogOrigin, MessageId, NodeId

MAX_TEXT: Final = 512
"""Characters of one text value; what is longer is cut and marked."""

MAX_ITEMS: Final = 64
"""Items of one list value; what is more is counted."""

MAX_PLACES: Final = 8
"""Innermost frames named for an unexpected error."""

_SECRET: Final = frozenset({
    "passphrase", "password", "secret", "secrets", "token", "seed", "cookie", "authorization",
    "credential", "key", "keys", "plain", "plaintext", "content", "inner", "document", "body",
    "summary", "subject",
})  # fmt: skip
_SECRET_TAILS: Final = ("_key", "_keys", "_seed", "_seeds", "_token", "_secret", "_passphrase")
_PLAIN_KEY: Final = pattern(r"[a-z][a-z0-9_]{0,39}\Z")
_FIRST: Final = ("timestamp", "level", "name", "event")

Scalar = str | int | float | bool | None


class Journal:
    """One part's pen. Events are fixed words; what varies goes into the fields.

    Args:
        name: The part that writes, for example `peer.server`.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, event: str, **fields: object) -> None:
        """Write what happened in the ordinary course."""
        _OUTPUT.write(self._name, "info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Write what an operator should look at in the next days."""
        _OUTPUT.write(self._name, "warning", event, fields)

    def alarm(self, event: str, **fields: object) -> None:
        """Write what an operator must look at now: a fork, a damaged disk, a stopped node."""
        _OUTPUT.write(self._name, "critical", event, fields)

    def bug(self, event: str, error: BaseException, **fields: object) -> None:
        """Write an error that nobody expected, as ours: its type and where it came from."""
        told = {"error": error, "where": _places(error), **fields}
        _OUTPUT.write(self._name, "error", event, told)


class Seldom:
    """Lets one line through per key and interval, and counts the others.

    Args:
        monotonic_s: The port's monotonic time.
        interval_s: How long a key stays quiet after a line.
        max_keys: Keys remembered; beyond it the oldest is forgotten.
    """

    __slots__ = ("_held", "_interval_s", "_max_keys", "_monotonic_s")

    def __init__(
        self, monotonic_s: Callable[[], float], *, interval_s: float = 60.0, max_keys: int = 256
    ) -> None:
        self._monotonic_s = monotonic_s
        self._interval_s = interval_s
        self._max_keys = max_keys
        self._held: dict[str, tuple[float, int]] = {}

    def due(self, key: str) -> int | None:
        """Tell whether a line may be written now.

        Returns:
            How many lines of this key were left out since the last one, or None: leave it out.
        """
        now = self._monotonic_s()
        held = self._held.get(key)
        if held is not None and now < held[0]:
            self._held[key] = (held[0], held[1] + 1)
            return None
        self._held.pop(key, None)
        if len(self._held) >= self._max_keys:
            del self._held[next(iter(self._held))]
        self._held[key] = (now + self._interval_s, 0)
        return 0 if held is None else held[1]


def configure_journal(stream: TextIO, *, json: bool) -> None:
    """Send every journal of this process to one stream.

    The caller keeps the stream open as long as anything may write.

    Args:
        stream: Where lines go; the node's standard error.
        json: One JSON object a line, for programs; else one line for people.
    """
    _OUTPUT.stream, _OUTPUT.json = stream, json


def reset_journal() -> None:
    """Write as before any configuration: lines for people, on standard error."""
    _OUTPUT.stream, _OUTPUT.json = None, False


def get_journal(name: str) -> Journal:
    """Return the pen of one part; usable before configure_journal, which it then follows."""
    return Journal(name)


class _Output:
    """Where every pen of this process writes, also those that were made before it was said."""

    __slots__ = ("json", "stream")

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self.json = False

    def write(self, name: str, level: str, event: str, fields: Mapping[str, object]) -> None:
        """Write one line, in one piece, and flush it."""
        now = datetime.now(UTC)  # noqa: TID251  when the line is written: nothing follows from it
        at = now.replace(tzinfo=None).isoformat(timespec="microseconds")
        kept: dict[str, Any] = {"timestamp": f"{at}Z", "level": level, "name": name}
        kept["event"] = event
        for key, value in fields.items():
            if key not in kept and _may_show(key):
                kept[key] = _shown(value)
        stream = sys.stderr if self.stream is None else self.stream
        stream.write((dumps(kept) if self.json else _for_people(kept)) + "\n")
        stream.flush()


_OUTPUT: Final = _Output()


def _for_people(kept: Mapping[str, Any]) -> str:
    head = f"{kept['timestamp']} {kept['level']:<8} {kept['name']}: "
    rest = (f"{key}={dumps(value)}" for key, value in kept.items() if key not in _FIRST)
    return " ".join((head + dumps(kept["event"])[1:-1], *rest))


def _may_show(key: str) -> bool:
    if _PLAIN_KEY.match(key) is None:
        return False
    return key not in _SECRET and not key.endswith(_SECRET_TAILS)


def _shown(value: object) -> Scalar | list[Scalar]:
    if isinstance(value, (list, tuple)):
        shown = [_scalar(item) for item in value[:MAX_ITEMS]]
        return [*shown, f"and {len(value) - MAX_ITEMS} more"] if len(value) > MAX_ITEMS else shown
    return _scalar(value)


def _scalar(value: object) -> Scalar:
    match value:
        case Enum():
            return _scalar(value.value)
        case None | bool() | int() | float():
            return value
        case str():
            return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]} (cut)"
        case NodeId() | MessageId() | LogOrigin() | PurePath():
            return str(value)
        case GatewayError() | RemoteProtocolError():
            return f"{type(value).__name__} {value.code}"
        case _:
            return f"({type(value).__name__})"


def _places(error: BaseException) -> list[str]:
    frames = extract_tb(error.__traceback__)[-MAX_PLACES:]
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
