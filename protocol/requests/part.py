"""The base of all forms: strict, frozen; lists of bounded length; statements that must be made.

A form is a strict, frozen pydantic model, which pydantic holds against its fields one by one.
What holds between fields is a rule (protocol.requests.rules).

Source: docs/domain.md, section 4, G1 to G4 and G7.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from protocol.requests.faults import FaultCode
from protocol.requests.text import refused_by

MAX_ENTRIES: Final = 200
"""Entries of a list (G3)."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entries:
    """Marks a list: 1 to 200 entries (G3).

    Args:
        distinct: None of them twice (lists of enums and of ids, G7).
    """

    distinct: bool = False

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return the validator: the length first, so that nobody looks at 201 entries."""
        return core_schema.no_info_before_validator_function(_bounded, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the bounds."""
        bounds = {"minItems": 1, "maxItems": MAX_ENTRIES}
        return handler(schema) | bounds | ({"uniqueItems": True} if self.distinct else {})


def _bounded(value: object) -> object:
    if isinstance(value, list):
        if not value:
            raise refused_by(FaultCode.EMPTY_LIST)
        if len(value) > MAX_ENTRIES:
            raise refused_by(FaultCode.TOO_MANY)
    return value


class _YesKind:
    """Marks a statement that must be made: `true` and nothing else."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return the validator: a boolean, then true."""
        return core_schema.no_info_after_validator_function(_yes, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the constant."""
        return handler(schema) | {"const": True}


def _yes(value: bool) -> bool:  # noqa: FBT001 - pydantic gives it by position
    if not value:
        raise refused_by(FaultCode.NOT_ALLOWED_VALUE)
    return value


Yes = Annotated[bool, _YesKind()]
"""True: a statement without which the document means nothing."""

Many = Annotated[tuple[T, ...], Field(strict=False), Entries()]
"""A list of 1 to 200 entries. Lax in one thing: a JSON list becomes a tuple."""

Distinct = Annotated[tuple[T, ...], Field(strict=False), Entries(distinct=True)]
"""A list of 1 to 200 entries, none twice."""


class Part(BaseModel):
    """A form or an object in one: strict, frozen, unknown fields refused (G1, G4).

    Attributes:
        KEY_REQUIRED: Fields that must be written even when they are null (section 5, "key
            required"); they stay in the canonical body.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)
    KEY_REQUIRED: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def chosen_form(cls, name: str, values: Mapping[str, Any]) -> "type[Part] | None":
        """Return the form of a field that has no form of its own: another field chooses it.

        Args:
            name: Of a field whose annotation is Part itself.
            values: The fields as they were written, none of them checked.

        Returns:
            None when nothing was chosen, so that the field is not looked into.
        """
        del name, values
        return None
