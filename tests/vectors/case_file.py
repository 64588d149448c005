"""Files of test vectors: one case each, with the expected outcome inside.

`expect` is "ok" or the code of the refusal; `what` names the decoder or the function; byte
strings are hex. Generators write them, tests read them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest

from protocol.identifiers import LogOrigin, MessageId, NodeId

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One case: `inputs` and `outputs` hold what differs by `what`."""

    folder: str
    name: str
    what: str
    expect: str
    comment: str
    content: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """Where the case is kept."""
        return FOLDER / self.folder / f"{self.name}.json"

    def text(self) -> str:
        """Return the file's text."""
        head = {"what": self.what, "expect": self.expect, "comment": self.comment}
        return json.dumps({**head, **self.content}, indent=1, ensure_ascii=True) + "\n"

    def value(self, key: str) -> Any:  # noqa: ANN401  JSON
        """Return one entry as JSON gives it."""
        return self.content[key]

    def bytes(self, key: str) -> bytes:
        """Return one entry that is hex."""
        return bytes.fromhex(self.content[key])


def load(folder: str, what: str) -> list[Any]:
    """Return the kept cases of one decoder or function, as parameters of a test.

    Raises:
        LookupError: There is none, which would make the test pass without a check.
    """
    cases = [_read(path) for path in sorted((FOLDER / folder).glob("*.json"))]
    chosen = [pytest.param(case, id=case.name) for case in cases if case.what == what]
    if not chosen:
        raise LookupError(f"no vectors of {what} in {folder}")
    return chosen


def shown(value: object) -> Any:  # noqa: ANN401  JSON
    """Return a decoded value as JSON: names of fields, hex for bytes, texts for ids."""
    if isinstance(value, (MessageId, NodeId, LogOrigin)):
        return str(value)
    if is_dataclass(value):
        return {each.name: shown(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: shown(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return value.hex() if isinstance(value, bytes) else value


def _read(path: Path) -> Vector:
    entries = json.loads(path.read_text())
    what, expect, comment = (entries.pop(key) for key in ("what", "expect", "comment"))
    return Vector(
        folder=path.parent.name,
        name=path.stem,
        what=what,
        expect=expect,
        comment=comment,
        content=entries,
    )
