"""What a form is made of: controls, groups of them, lists of groups, and sections on the page.

Frozen values, made anew from a document each time (`build`); names of HTML controls are paths of
the document. They hold what is shown, never what is judged: faults are kept beside them by path.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from protocol.requests.faults import Path, path_text
from protocol.requests.forms import FormField
from protocol.requests.part import Part


class Widget(StrEnum):
    """How one value is entered."""

    LINE = "line"
    TEXT = "text"
    LINES = "lines"
    """Several values, one on each line."""
    NUMBER = "number"
    RADIOS = "radios"
    SELECT = "select"
    TICKS = "ticks"
    TICK = "tick"
    """A statement: made, or not."""
    DATE = "date"
    MOMENT = "moment"
    WHEN = "when"
    """A day, or a moment."""


class Suggestions(StrEnum):
    """What a line may be chosen from; the id of a list on the page."""

    COUNTRIES = "countries"
    LANGUAGES = "languages"
    ZONES = "zones"
    PARTIES = "parties"
    """Whom the directory names."""
    PROVIDERS = "providers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value to choose.

    Args:
        value: As documents write it; `yes` and `no` for a truth.
        admitted: False for one that stands in the document, though the form does not have it.
        about: What it stands for, where no form says that; somebody else's words.
    """

    value: str
    admitted: bool = True
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """With which values of another field of the same form a field goes.

    Args:
        by: The other field.
        values: Its values.
    """

    by: str
    values: tuple[str, ...]

    def is_met(self, values: Mapping[str, object]) -> bool:
        """Tell whether the field goes with what stands in the form."""
        given = values.get(self.by)
        return any(each in self.values for each in (given if isinstance(given, list) else (given,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Something at a place in the document.

    Args:
        path: From the document's root.
        field: What the form says of it.
        owner: The form that the field stands in; labels are looked up there.
        condition: What it goes with, if not with all.
        is_apart: True when it does not go with what stands in the form.
    """

    path: Path
    field: FormField
    owner: type[Part]
    condition: Condition | None = None
    is_apart: bool = False

    @property
    def name(self) -> str:
        """The path as text: the name of the HTML control."""
        return path_text(self.path)

    @property
    def id(self) -> str:
        """Names the element on the page."""
        return f"f-{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(_Placed):
    """One value, or some of a fixed list.

    Args:
        widget: How it is entered.
        parts: What stands in its fields: one text, or those of a day or moment.
        chosen: Values of choices that are made.
        choices: What can be chosen.
        order: Values of a list in the document's order, where that is not the form's.
        is_none: True when the document states "none" (null where the name must be there).
        echo: A moment in UTC.
        zone: Whose clock is meant where a moment names none.
        is_shared: Its zone stands beside it, for both ends of a period.
        suggestions: What a line may be chosen from.
        max_length: Characters at most, if the form says so.
    """

    widget: Widget
    parts: tuple[str, ...] = ("",)
    chosen: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    order: tuple[str, ...] = ()
    is_none: bool = False
    echo: str = ""
    zone: str = ""
    is_shared: bool = False
    suggestions: Suggestions | None = None
    max_length: int | None = None

    @property
    def is_filled(self) -> bool:
        """Tell whether anything stands in it."""
        return self.is_none or bool(self.chosen) or any(self.parts)

    @property
    def text(self) -> str:
        """What stands in its one field."""
        return self.parts[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(_Placed):
    """The fields of one object.

    Args:
        form: The object's form; None when nothing chose one yet.
        nodes: In the form's order.
        raw: JSON of what stands in place of an object; empty if that is one.
        more: JSON of what the form does not know; empty if there is nothing.
        chosen_form: What chose the form, where another field does.
    """

    form: type[Part] | None
    nodes: "tuple[Node, ...]"
    raw: str = ""
    more: str = ""
    chosen_form: str = ""

    @property
    def is_filled(self) -> bool:
        """Tell whether anything stands in it."""
        return bool(self.raw or self.more) or any(node.is_filled for node in self.nodes)

    @property
    def index(self) -> int | None:
        """Its place in a list, from 0."""
        last = self.path[-1] if self.path else None
        return last if isinstance(last, int) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries(_Placed):
    """A list of objects.

    Args:
        groups: Its entries.
        stored: How many of them stand in the document; others are blank rows to write in.
        raw: JSON of what stands in place of a list; empty if that is one.
    """

    groups: tuple[Group, ...]
    stored: int
    raw: str = ""

    @property
    def is_filled(self) -> bool:
        """Tell whether anything stands in it."""
        return bool(self.raw) or self.stored > 0


Node: TypeAlias = Control | Group | Entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of the page.

    Args:
        key: Names the heading.
        number: In the official template, such as `14, 21`; empty for none.
        nodes: In the order of the page.
        restored: True when the template's heading was lost and is ours.
        is_folded: True when all in it is optional and empty.
    """

    key: str
    number: str
    nodes: tuple[Node, ...]
    restored: bool = False
    is_folded: bool = False


def controls_of(node: Node) -> Iterator[Control]:
    """Yield every control below a node, in the order of the page.

    Args:
        node: Any.
    """
    match node:
        case Control():
            yield node
        case Group():
            for each in node.nodes:
                yield from controls_of(each)
        case Entries():
            for group in node.groups:
                yield from controls_of(group)
