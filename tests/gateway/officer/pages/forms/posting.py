"""What a browser would send of a form as it is shown: every control by its name."""

from collections.abc import Iterator

from gateway.officer.pages.forms.moments import DAY_FIELDS, MOMENT_FIELDS
from gateway.officer.pages.forms.nodes import Control, Entries, Group, Node, Widget


def posted(node: Node) -> dict[str, str]:
    """Return names and values of all controls, line ends as browsers send them."""
    return dict(_sent(node))


def _sent(node: Node) -> Iterator[tuple[str, str]]:
    match node:
        case Control():
            yield from _control(node)
        case Group():
            yield from _hidden(node.name, raw=node.raw, more=node.more, form=node.chosen_form)
            for each in node.nodes:
                yield from _sent(each)
        case Entries():
            yield from _hidden(node.name, raw=node.raw)
            for group in node.groups:
                yield from _sent(group)


def _hidden(name: str, **kept: str) -> Iterator[tuple[str, str]]:
    for what, text in kept.items():
        if text:
            yield f"{name}~{what}", text


def _control(node: Control) -> Iterator[tuple[str, str]]:
    name = node.name
    if node.is_none:
        yield f"{name}~none", "yes"
    match node.widget:
        case Widget.DATE:
            yield from ((f"{name}~{p}", v) for p, v in zip(DAY_FIELDS, node.parts, strict=True))
        case Widget.MOMENT | Widget.WHEN:
            yield from ((f"{name}~{p}", v) for p, v in zip(MOMENT_FIELDS, node.parts, strict=True))
        case Widget.TICKS:
            yield from _ticks(node)
        case Widget.RADIOS | Widget.SELECT | Widget.TICK:
            yield from ((name, value) for value in node.chosen[:1])
        case _:
            yield name, node.text.replace("\n", "\r\n")


def _ticks(node: Control) -> Iterator[tuple[str, str]]:
    if node.order:
        yield f"{node.name}~order", "\r\n".join(node.order)
    for choice in node.choices:
        if choice.value in node.chosen:
            yield f"{node.name}~is~{choice.value}", "yes"
