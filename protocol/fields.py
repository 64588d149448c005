"""Picking typed fields out of a decoded value: exact keys, exact types, exact lengths.

What is wrong is E_SCHEMA: the bytes were canonical, but not what this place holds. Nothing past a
decoder is a dict (docs/wire-format.md, rule 5).

Source: docs/wire-format.md, rules 1 and 5.
"""

from collections.abc import Collection
from typing import Final, Self

from protocol.encoding import Value
from protocol.errors import MalformedError
from protocol.limits import MAX_INDEX

DEFAULT_TEXT_BYTES: Final = 255
"""Longest text field unless its caller says otherwise: a name, an origin, a code."""


class Fields:
    """The fields of one map whose key set has been checked; each is typed when it is taken.

    Accessors raise MalformedError (E_SCHEMA) that names our own key, never a value.
    """

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Value]) -> None:
        self._values = values

    @classmethod
    def of(
        cls, value: Value, keys: Collection[str], optional: Collection[str] = frozenset()
    ) -> Self:
        """Check that a value is a map with exactly these keys.

        Args:
            value: What was decoded.
            keys: The keys that must be there, none twice.
            optional: Keys that may be there, none of them in `keys`.

        Raises:
            MalformedError: Not a map, a key missing, or a key unknown (E_SCHEMA).
        """
        if type(value) is not dict:
            raise MalformedError("a map was expected")
        for key in keys:
            if key not in value:
                raise MalformedError(f"the key {key} is missing")
        surplus = len(value) - len(keys)
        if surplus and surplus != sum(key in value for key in optional):
            raise MalformedError("a key that this version does not know")
        return cls(value)

    def value(self, key: str) -> Value:
        """Return the field as it is; nil if it is optional and absent."""
        return self._values.get(key)

    def uint(self, key: str, max: int = MAX_INDEX) -> int:  # noqa: A002  reads as the rule does
        """Return an integer from 0 to `max`."""
        return uint_of(self._values.get(key), max, name=key)

    def uint_or_none(self, key: str, max: int = MAX_INDEX) -> int | None:  # noqa: A002  as above
        """Return an integer from 0 to `max`, or None for nil or an absent optional key."""
        return None if self._values.get(key) is None else self.uint(key, max)

    def text(self, key: str, max_bytes: int = DEFAULT_TEXT_BYTES) -> str:
        """Return a text of at most `max_bytes` bytes of UTF-8."""
        return text_of(self._values.get(key), max_bytes, name=key)

    def text_or_none(self, key: str, max_bytes: int = DEFAULT_TEXT_BYTES) -> str | None:
        """Return a text of at most `max_bytes` bytes, or None for nil or an absent key."""
        return None if self._values.get(key) is None else self.text(key, max_bytes)

    def raw(self, key: str, exact: int | None = None, max_bytes: int | None = None) -> bytes:
        """Return bytes of exactly `exact`, or at most `max_bytes`, bytes."""
        return raw_of(self._values.get(key), exact, max_bytes, name=key)

    def raw_or_none(
        self, key: str, exact: int | None = None, max_bytes: int | None = None
    ) -> bytes | None:
        """Return bytes as `raw` does, or None for nil or an absent optional key."""
        return None if self._values.get(key) is None else self.raw(key, exact, max_bytes)

    def items(self, key: str, max_items: int) -> list[Value]:
        """Return an array of at most `max_items` elements."""
        return items_of(self._values.get(key), max_items, name=key)

    def map(self, key: str) -> dict[str, Value]:
        """Return a map with whatever keys it has.

        Raises:
            MalformedError: Not a map (E_SCHEMA).
        """
        value = self._values.get(key)
        if type(value) is dict:
            return value
        raise MalformedError(f"{key} is not a map")

    def literal(self, key: str, expected: int | str) -> None:
        """Check that the field has the one value that it may have.

        Raises:
            MalformedError: Another value, or an equal one of another type (E_SCHEMA).
        """
        value = self._values.get(key)
        if type(value) is not type(expected) or value != expected:
            raise MalformedError(f"{key} has not the value that this place requires")


def raw_of(
    value: Value, exact: int | None = None, max_bytes: int | None = None, *, name: str = "a value"
) -> bytes:
    """Return a value that must be bytes: exactly `exact`, or at most `max_bytes`, of them.

    Raises:
        MalformedError: Not such bytes (E_SCHEMA); the text says `name`, a key of ours.
    """
    if (
        type(value) is bytes
        and (exact is None or len(value) == exact)
        and (max_bytes is None or len(value) <= max_bytes)
    ):
        return value
    raise MalformedError(f"{name} is not bytes, or of a wrong length")


def uint_of(value: Value, max: int = MAX_INDEX, *, name: str = "a value") -> int:  # noqa: A002
    """Return a value that must be an integer from 0 to `max`.

    Raises:
        MalformedError: Not one (E_SCHEMA); the text says `name`, a key of ours.
    """
    if type(value) is int and 0 <= value <= max:
        return value
    raise MalformedError(f"{name} is not an integer in range")


def text_of(value: Value, max_bytes: int = DEFAULT_TEXT_BYTES, *, name: str = "a value") -> str:
    """Return a value that must be a text of at most `max_bytes` bytes of UTF-8.

    Raises:
        MalformedError: Not one (E_SCHEMA); the text says `name`, a key of ours.
    """
    if type(value) is str and len(value.encode()) <= max_bytes:
        return value
    raise MalformedError(f"{name} is not a text, or too long")


def items_of(value: Value, max_items: int, *, name: str = "a value") -> list[Value]:
    """Return a value that must be an array of at most `max_items` elements.

    Raises:
        MalformedError: Not one (E_SCHEMA); the text says `name`, a key of ours.
    """
    if type(value) is list and len(value) <= max_items:
        return value
    raise MalformedError(f"{name} is not an array, or too long")


def raws_of(value: Value, exact: int, max_items: int) -> tuple[bytes, ...]:
    """Return an array of at most `max_items` byte strings of `exact` bytes each, or refuse."""
    return tuple([raw_of(item, exact) for item in items_of(value, max_items)])
