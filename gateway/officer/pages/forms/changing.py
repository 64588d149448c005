"""What buttons inside a form do to the document: one more entry, one fewer, an unknown field gone.

Each works without a script: the page is saved, changed and shown again.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from json import loads
from typing import Any, Final

from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.keys import new_entry
from gateway.officer.pages.forms.nodes import Control, Entries, Group, Node
from protocol.requests.faults import Path
from protocol.requests.kinds import DocumentType

_STEPS: Final = re.compile(r"([^.\[\]]+)|\[([0-9]{1,4})\]")


class Change(StrEnum):
    """What a button does."""

    ADD = "add"
    """One more entry of a list, behind the others."""
    REMOVE = "remove"
    """An entry, or all that stands in a group."""
    DROP = "drop"
    """What stands in a group and its form does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A document after a change.

    Args:
        document: Values as JSON has them.
        name: Of what should be in view now: the new entry, or what is left.
    """

    document: dict[str, Any]
    name: str


def steps_of(name: str) -> Path:
    """Return the path of a control's name.

    Args:
        name: Such as `body.items[0].period`.
    """
    return tuple(
        int(match[2]) if match[2] is not None else match[1] for match in _STEPS.finditer(name)
    )


def change(kind: DocumentType, document: dict[str, Any], what: Change, name: str) -> Changed | None:
    """Apply a button.

    Args:
        kind: The document's type.
        document: As it was entered; it stays as it is.
        what: What the button does.
        name: Of the list, entry or group that it is about.

    Returns:
        None where the form has no such place.
    """
    root = build(kind, document)
    node = _find(root, steps_of(name))
    copy = deepcopy(document)
    match what, node:
        case Change.ADD, Entries() if node.field.form is not None and not node.raw:
            entries = _list_at(root, copy, node.path)
            # A blank row that is only shown counts: one more is asked for behind it.
            while len(entries) < len(node.groups):
                entries.append(new_entry(node.field.form, entries))
            entries.append(new_entry(node.field.form, entries))
            return Changed(document=copy, name=f"{node.name}[{len(entries) - 1}]")
        case Change.REMOVE, Entries() | Group() if node.path:
            _take_out(copy, node.path)
            return Changed(document=copy, name=_nearest(node))
        case Change.DROP, Group() if node.more:
            _drop_from(copy, node)
            return Changed(document=copy, name=node.name)
        case _:
            return None


def _find(node: Node, path: Path) -> Node | None:
    if node.path == path:
        return node
    for each in _inside(node):
        if each.path == path[: len(each.path)]:
            return _find(each, path)
    return None


def _inside(node: Node) -> tuple[Node, ...]:
    match node:
        case Group():
            return node.nodes
        case Entries():
            return node.groups
        case Control():
            return ()


def _list_at(root: Group, document: dict[str, Any], path: Path) -> list[Any]:
    """Return the list of a document at a path; rows above it that are only shown are written."""
    place: Any = document
    for at, (step, following) in enumerate(pairwise(path), start=1):
        if isinstance(step, int):
            row = _find(root, path[:at])
            form = None if row is None else row.field.form
            while form is not None and len(place) <= step:
                place.append(new_entry(form, place))
            place = place[step]
        else:
            place = place.setdefault(step, [] if isinstance(following, int) else {})
    found: list[Any] = place.setdefault(str(path[-1]), [])
    return found


def _take_out(document: dict[str, Any], path: Path) -> None:
    place: Any = document
    for step in path[:-1]:
        inside = isinstance(place, dict) and step in place
        if not inside and not (isinstance(place, list) and int(step) < len(place)):
            return  # only shown, never written
        place = place[step]
    last = path[-1]
    if isinstance(place, list) and isinstance(last, int):
        del place[last : last + 1]
        if not place:
            _take_out(document, path[:-1])
    elif isinstance(place, dict):
        place.pop(last, None)


def _drop_from(document: dict[str, Any], group: Group) -> None:
    place: Any = document
    for step in group.path:
        place = place[step]
    for name in loads(group.more):
        del place[name]


def _nearest(node: Node) -> str:
    last = node.path[-1]
    return node.name.removesuffix(f"[{last}]") if isinstance(last, int) else node.name
