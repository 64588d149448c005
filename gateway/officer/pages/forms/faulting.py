"""Findings of the check, each tied to the field of the page that must be mended.

Source: docs/domain.md, section 3 ("Paths").
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.officer.pages.forms.moments import fault_of
from gateway.officer.pages.forms.nodes import Control, Entries, Group, Node, Widget
from protocol.requests.faults import FaultCode, Finding

_STEP = re.compile(r"(?:\.|^)[^.\[\]]+$|\[[0-9]+\]$")
_UNREADABLE = frozenset({FaultCode.BAD_TIME, FaultCode.BAD_DATE, FaultCode.NAIVE_TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One finding at its place on the page.

    Args:
        node: Where it is mended; None where the page has no such place.
        code: What is wrong.
        sentence: English, as the check says it.
        line: In a field for several values, which of them, from 1; None elsewhere.
    """

    node: Node | None
    code: FaultCode
    sentence: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The findings of one page.

    Args:
        all: In the order of the document.
        by_name: The same by the name of their node.
    """

    all: tuple[Fault, ...] = ()
    by_name: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of nodes with faults."""
        return tuple(self.by_name)

    def at(self, node: Node) -> tuple[Fault, ...]:
        """Return what is wrong at one node itself.

        Args:
            node: Any.
        """
        return self.by_name.get(node.name, ())


def place(root: Group, findings: Iterable[Finding]) -> Faults:
    """Tie findings to the fields of a form.

    Args:
        root: The document's form.
        findings: Of the check, errors or warnings.
    """
    nodes = {node.name: node for node in _nodes(root)}
    faults = _once(_where_it_is_mended(nodes, _placed(nodes, each)) for each in findings)
    by_name: dict[str, tuple[Fault, ...]] = {}
    for fault in faults:
        if fault.node is not None:
            name = fault.node.name
            by_name[name] = (*by_name.get(name, ()), fault)
    return Faults(all=faults, by_name=by_name)


def _where_it_is_mended(nodes: Mapping[str, Node], fault: Fault) -> Fault:
    """Tie a missing zone of a period's end to the one field for both ends."""
    node = fault.node
    if (
        fault.code is not FaultCode.NAIVE_TIME
        or not isinstance(node, Control)
        or not node.is_shared
    ):
        return fault
    shared = nodes.get(f"{node.name.rpartition('.')[0]}.time_zone")
    return fault if shared is None else replace(fault, node=shared)


def _once(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return faults, each of one field named once; a field without its zone is not just empty."""
    found: dict[tuple[str | None, FaultCode, str, int | None], Fault] = {}
    for each in faults:
        name = None if each.node is None else each.node.name
        found.setdefault((name, each.code, each.sentence, each.line), each)
    unzoned = {name for name, code, _, _ in found if code is FaultCode.NAIVE_TIME}
    return tuple(
        fault
        for (name, code, _, _), fault in found.items()
        if code is not FaultCode.MISSING or name not in unzoned
    )


def _placed(nodes: Mapping[str, Node], finding: Finding) -> Fault:
    name, line = finding.path, None
    while name and name not in nodes:
        step = _STEP.search(name)
        if step is None:
            name = ""
            break
        index = step[0].strip("[]")
        line = int(index) + 1 if index.isdigit() else None
        name = name[: step.start()]
    node = nodes.get(name)
    code = finding.code if node is None else _sharper(node, finding.code)
    is_one_of_many = isinstance(node, Control) and node.field.many
    return Fault(
        node=node,
        code=code,
        sentence=finding.message if code is finding.code else "",
        line=line if is_one_of_many and name != finding.path else None,
    )


def _sharper(node: Node, code: FaultCode) -> FaultCode:
    """Say of a moment which of its fields is wrong, not only that it is none."""
    moments = {Widget.MOMENT, Widget.WHEN}
    if isinstance(node, Control) and node.widget in moments and code in _UNREADABLE:
        return fault_of(node.parts, node.zone) or code
    return code


def _nodes(node: Node) -> Iterator[Node]:
    if node.path:
        yield node
    match node:
        case Group():
            for each in node.nodes:
                yield from _nodes(each)
        case Entries():
            for group in node.groups:
                yield from _nodes(group)
        case Control():
            pass
