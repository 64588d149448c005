"""What templates ask of a form beside its values: words, faults, what is folded."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from gateway.officer.pages.forms.arranging import is_open, is_required
from gateway.officer.pages.forms.faulting import Faults
from gateway.officer.pages.forms.nodes import Control, Entries, Group, Node, Widget
from gateway.officer.pages.forms.wording import Wording
from protocol.requests.forms import FieldKind

_IN_SIGHT: Final = frozenset(
    {
        "targets",
        "period",
        "country",
        "telephone",
        "email",
        "name",
        "address",
        "port",
        "at",
        "platform",
        "details",
        "text",
        "path",
    }
)
"""Fields that need not be there by themselves, and mostly are: never folded away."""

_ROWS: Final = {FieldKind.TEXT: 5, FieldKind.SHORT: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A form on a page.

    Args:
        words: In the page's language.
        faults: What is wrong with it.
        others: What its receiver will ask for: warnings.
        order: Names of all nodes in the order of the page.
    """

    words: Wording
    faults: Faults = Faults()  # noqa: RUF009  frozen
    others: Faults = Faults()  # noqa: RUF009  frozen
    order: tuple[str, ...] = ()

    @property
    def errors(self) -> dict[str, Markup]:
        """The list on top of the page, in its order: by the name of the field to go to."""
        found: dict[str, Markup] = {}
        places = {name: place for place, name in enumerate(self.order)}
        for fault in sorted(
            self.faults.all,
            key=lambda fault: (
                -1 if fault.node is None else places.get(fault.node.name, len(places))
            ),
        ):
            name = "" if fault.node is None else _first(fault.node)
            said = self.words.summary(fault)
            found[name] = Markup("{} {}").format(found[name], said) if name in found else said
        return found

    def error(self, node: Node) -> Markup:
        """Return what is wrong at a node itself; empty if nothing is."""
        return Markup(" ").join(self.words.fault(each) for each in self.faults.at(node))

    def warning(self, node: Node) -> Markup:
        """Return what the receiver will ask for at a node; empty if nothing."""
        return Markup(" ").join(self.words.fault(each) for each in self.others.at(node))

    def is_open(self, node: Node) -> bool:
        """Tell whether a node is in sight at once."""
        if node.is_apart and not node.is_filled:
            return any(name.startswith(node.name) for name in self.faults.names)
        return node.field.name in _IN_SIGHT or is_open(node, self.faults.names)

    def is_optional(self, node: Node) -> bool:
        """Tell whether a node may be left empty."""
        return not is_required(node)

    def folded(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        """Return those of some nodes that are not in sight at once."""
        return tuple(node for node in nodes if not self.is_open(node))

    def opened(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        """Return those of some nodes that are in sight at once."""
        return tuple(node for node in nodes if self.is_open(node))

    def kind(self, node: Node) -> str:
        """Return what a node is, for the template to choose how to show it."""
        match node:
            case Control():
                return node.widget.value
            case Group():
                return "group"
            case Entries():
                return "entries"

    def rows(self, node: Control) -> int:
        """Return how many lines of text are shown."""
        if node.widget is Widget.LINES:
            return 2 + node.text.count("\n")
        return _ROWS.get(node.field.kind, 3)


def _first(node: Node) -> str:
    """Return where the focus goes: a node's first field."""
    match node:
        case Control(widget=Widget.DATE | Widget.MOMENT | Widget.WHEN):
            return f"{node.name}~day"
        case Control(widget=Widget.TICKS) if node.choices:
            return f"{node.name}~is~{node.choices[0].value}"
        case _:
            return node.name
