"""Where a field stands in a document, so that findings come in the order of the text.

Source: docs/domain.md, section 3 ("Paths").
"""

from collections.abc import Mapping
from typing import Any

from protocol.requests.faults import Path


class DocumentOrder:
    """Places of fields in one document; what is missing stands at the end of its object."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._numbers: dict[int, dict[str, int]] = {}

    def place(self, path: Path) -> tuple[int, ...]:
        """Return the place of a field, to sort by.

        Args:
            path: Of a field that may be missing, or lie in one that is.
        """
        place: list[int] = []
        value: Any = self._root
        for step in path:
            if isinstance(value, Mapping) and isinstance(step, str):
                place.append(self._number(value, step))
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int):
                place.append(step)
                value = value[step] if step < len(value) else None
            else:
                place.append(0)
                value = None
        return tuple(place)

    def _number(self, names: Mapping[str, Any], name: str) -> int:
        # The root stays alive as long as this object, so an id names one object.
        numbers = self._numbers.get(id(names))
        if numbers is None:
            numbers = {each: number for number, each in enumerate(names)}
            self._numbers[id(names)] = numbers
        return numbers.get(name, len(numbers))
