"""Fields that go with some values of another field: required in one case, refused in others.

Source: docs/domain.md, section 6 (introduction) and 6.2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.requests.faults import Fault, FaultCode
from protocol.requests.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional:
    """Which fields go with each value of one field.

    Args:
        by: The field that decides.
        required: Fields that must be there, by its value.
        optional: Fields that may be there beside them, by its value.
    """

    by: str
    required: Mapping[str, tuple[str, ...]]
    optional: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields that depend on the case, each once, in the order of the tables."""
        named = (*self.required.values(), *self.optional.values())
        return tuple(dict.fromkeys(name for names in named for name in names))

    def faults(self, part: Part) -> Iterator[Fault]:
        """Hold a form against the table.

        Args:
            part: With the deciding field, and all that depend on it.

        Yields:
            A fault for each field that is absent though required, or there though refused.
        """
        case: Any = getattr(part, self.by)
        required = self.required.get(case, ())
        admitted = (*required, *self.optional.get(case, ()))
        for name in self.fields:
            present = getattr(part, name) is not None
            if present and name not in admitted:
                text = f"`{name}` does not go with the {self.by} `{case}`. Remove it."
                yield Fault((name,), FaultCode.NOT_ALLOWED_HERE, text)
            elif name in required and not present:
                text = f"The {self.by} `{case}` needs `{name}`. Fill it in."
                yield Fault((name,), FaultCode.MISSING, text)
