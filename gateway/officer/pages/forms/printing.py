"""What stands in a form as rows to be read: label and answer, in one language or in both.

Free text is what its author wrote and appears once; labels and coded answers are ours and appear
in each language asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from gateway.officer.adapters.languages import country, tongue
from gateway.officer.adapters.templates import foreign
from gateway.officer.pages.forms.nodes import (
    Control,
    Entries,
    Group,
    Node,
    Section,
    Widget,
    controls_of,
)
from gateway.officer.pages.forms.wording import Wording
from protocol.requests.forms import FieldKind

_NAMES: Final[Mapping[FieldKind, Callable[[str, str], str]]] = {
    FieldKind.COUNTRY: country,
    FieldKind.NODE: country,
    FieldKind.LANGUAGE: tongue,
}
_CHOSEN = frozenset({Widget.RADIOS, Widget.SELECT, Widget.TICK, Widget.TICKS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One answer.

    Args:
        name: Of its control.
        labels: What was asked, once in each language.
        values: What stands there; free text once, coded answers in each language.
        is_long: Whether the text has lines of its own.
        is_changed: Whether it is another than in the document compared with.
    """

    name: str
    labels: tuple[Markup, ...]
    values: tuple[Markup, ...]
    is_long: bool
    is_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One section with its answers.

    Args:
        headings: Once in each language.
        number: In the official template.
        rows: Its answers; never empty.
    """

    headings: tuple[Markup, ...]
    number: str
    rows: tuple[Row, ...]


def printed(
    sections: Sequence[Section], words: Sequence[Wording], before: Group | None = None
) -> tuple[Printed, ...]:
    """Return what stands in a form; sections in which nothing stands are left out.

    Args:
        sections: Of the form.
        words: One for each language, that of the page first.
        before: The form of an earlier text to mark changes against; None to mark none.
    """
    earlier = None if before is None else dict(texts_of(before))
    found = (
        Printed(
            headings=tuple(each.heading(section) for each in words),
            number=section.number,
            rows=tuple(row for node in section.nodes for row in _rows(node, words, earlier)),
        )
        for section in sections
    )
    return tuple(each for each in found if each.rows)


def texts_of(node: Node) -> Iterator[tuple[str, str]]:
    """Yield name and text of every control in which something stands, to compare by.

    Args:
        node: Any.
    """
    for control in controls_of(node):
        if control.is_filled:
            yield control.name, _text(control)


def _text(control: Control) -> str:
    return "\n".join((*control.chosen, *control.parts, "-" if control.is_none else ""))


def _rows(node: Node, words: Sequence[Wording], earlier: dict[str, str] | None) -> Iterator[Row]:
    if isinstance(node, Control):
        if node.is_filled:
            yield _row(node, words, earlier)
        return
    if node.raw or (isinstance(node, Group) and node.more):
        yield _odd(node, words)
    inside = node.nodes if isinstance(node, Group) else node.groups[: node.stored]
    for each in inside:
        yield from _rows(each, words, earlier)


def _row(node: Control, words: Sequence[Wording], earlier: dict[str, str] | None) -> Row:
    values = dict.fromkeys(_value(node, each) for each in words)
    return Row(
        name=node.name,
        labels=tuple(dict.fromkeys(each.trail(node) for each in words)),
        values=tuple(values),
        is_long=node.widget in {Widget.TEXT, Widget.LINES},
        is_changed=earlier is not None and earlier.get(node.name) != _text(node),
    )


def _odd(node: Group | Entries, words: Sequence[Wording]) -> Row:
    """Return what the form does not know, as it stands."""
    more = node.more if isinstance(node, Group) else ""
    label = tuple(each.trail(node) if node.path else Markup("JSON") for each in words)
    return Row(
        name=node.name,
        labels=tuple(dict.fromkeys(label)),
        values=(foreign(node.raw or more),),
        is_long=True,
        is_changed=False,
    )


def _value(node: Control, words: Wording) -> Markup:
    if node.is_none:
        return words.text("answer.none")
    if node.widget in _CHOSEN:
        return Markup(", ").join(words.value(node, each) for each in node.chosen)
    if node.widget in {Widget.DATE, Widget.MOMENT, Widget.WHEN}:
        text = foreign(" ".join(part for part in _shown(node.parts) if part))
        return Markup("{} = {}").format(text, node.echo) if node.echo else text
    named = _NAMES.get(node.field.kind)
    if named is not None and node.text:
        return _named(node, words.language.value, named)
    return foreign(node.text)


def _named(node: Control, language: str, name_of: Callable[[str, str], str]) -> Markup:
    """Return codes with the names of what they stand for: `Romania (RO)`."""
    codes = node.text.split("\n")
    names = [(name_of(code.partition("/")[0], language), code) for code in codes]
    return Markup(", ").join(
        Markup("{} ({})").format(name, foreign(code)) if name != code else foreign(code)
        for name, code in names
    )


def _shown(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return a day as `2026-11-20`, with its time and zone, if it is one."""
    day, month, year, *rest = parts
    whole = f"{year}-{month}-{day}" if month and year else day
    return (whole, *rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One answer that two texts of a draft do not share.

    Args:
        label: What was asked.
        mine: In the one.
        theirs: In the other.
    """

    label: Markup
    mine: Markup
    theirs: Markup


def differences(mine: Group, theirs: Group, words: Wording) -> tuple[Difference, ...]:
    """Return where two texts of one draft differ, in the order of the form.

    Args:
        mine: The form of the one.
        theirs: The form of the other.
        words: Of the page.
    """
    one, other = dict(_by_name(mine)), dict(_by_name(theirs))
    return tuple(
        Difference(
            label=words.trail(one.get(name) or other[name]),
            mine=_value(one[name], words) if name in one else Markup(),
            theirs=_value(other[name], words) if name in other else Markup(),
        )
        for name in dict.fromkeys((*one, *other))
        if (name in one and _text(one[name])) != (name in other and _text(other[name]))
    )


def _by_name(root: Group) -> Iterator[tuple[str, Control]]:
    for control in controls_of(root):
        if control.is_filled:
            yield control.name, control
