"""How a form speaks in one language: labels, hints, values, headings and sentences on faults.

Labels are those of `protocol.requests.labels`, which prints, schemas and pages share; headings
that no template has and the sentences on faults are in the catalogue `forms`. Both have English
and French; pages in another language show English, marked as such.
"""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from gateway.officer.adapters.languages import Languages
from gateway.officer.adapters.templates import foreign
from gateway.officer.pages.forms.arranging import OWN_HEADINGS
from gateway.officer.pages.forms.faulting import Fault
from gateway.officer.pages.forms.nodes import Condition, Control, Group, Node, Section
from protocol.requests.faults import Path
from protocol.requests.forms import FieldKind
from protocol.requests.labels import FormLanguage, field_label, section_heading, value_label

_YES_OR_NO: Final = {"yes": "answer.yes", "no": "answer.no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of forms for a page.

    Args:
        languages: All catalogues.
        page: Language of the page.
        language: In which forms speak there; another one for a second print beside it.
    """

    languages: Languages
    page: str
    language: FormLanguage

    @classmethod
    def of(cls, languages: Languages, page: str) -> "Wording":
        """Return the words for pages in a language.

        Args:
            languages: All catalogues.
            page: A tag of `gateway.officer.adapters.languages.LANGUAGES`.
        """
        known = page in set(FormLanguage)
        return cls(
            languages=languages,
            page=page,
            language=FormLanguage(page) if known else FormLanguage.ENGLISH,
        )

    def label(self, node: Node) -> Markup:
        """Return how a node is called.

        Args:
            node: Any; an entry of a list is called like the list, with its number.
        """
        if isinstance(node, Group) and node.index is not None:
            return self._shown(f"{self._label(node)} {node.index + 1}")
        return self._shown(self._label(node))

    def hint(self, node: Node) -> Markup:
        """Return one sentence on what to write.

        Args:
            node: Any.
        """
        return self._shown(field_label(node.owner, node.field.name, self.language).help)

    def value(self, node: Control, value: str) -> Markup:
        """Return how a choice is called; one that the form does not have, as it stands.

        Args:
            node: With choices.
            value: One of them.
        """
        if node.field.kind in {FieldKind.FLAG, FieldKind.STATEMENT} and value in _YES_OR_NO:
            return self.text(_YES_OR_NO[value])
        about = next((each.about for each in node.choices if each.value == value), "")
        if about:
            return Markup("{}: {}").format(foreign(value), foreign(about))
        if value in node.field.values:
            return self._shown(value_label(node.owner, node.field.name, value, self.language))
        return foreign(value)

    def condition(self, node: Node, condition: Condition) -> Markup:
        """Return with which values of which other field a node goes.

        Args:
            node: It.
            condition: Its own.
        """
        by = field_label(node.owner, condition.by, self.language).text
        values = (
            value_label(node.owner, condition.by, value, self.language)
            for value in condition.values
        )
        return self._shown(f"{by}: {', '.join(values)}")

    def heading(self, section: Section) -> Markup:
        """Return the heading of a section, without its number.

        Args:
            section: Any.
        """
        if section.key in OWN_HEADINGS:
            return self.text(f"section.{section.key}")
        heading = section_heading(section.key, self.language)
        return self._shown(f"[{heading}]" if section.restored else heading)

    def text(self, key: str) -> Markup:
        """Return a text of the catalogue `forms`.

        Args:
            key: Its id.

        Raises:
            KeyError: There is none of this id.
        """
        words = self.languages.field(self.language.value, key)
        return self._shown(words.text)

    def fault(self, fault: Fault) -> Markup:
        """Return the sentence on a fault.

        Args:
            fault: Any.
        """
        own = self.own_sentence(fault)
        if fault.line is None:
            return own
        return Markup("{} {}: {}").format(self.text("fault.line"), fault.line, own)

    def own_sentence(self, fault: Fault) -> Markup:
        """Return the sentence on a fault without the line that it is about.

        Args:
            fault: Any.
        """
        kind = "" if fault.node is None else fault.node.field.kind.value
        keys = (f"rule.{fault.sentence}", f"fault.{fault.code}.{kind}", f"fault.{fault.code}")
        for key in keys:
            try:
                return self.text(key)
            except KeyError:
                continue
        return self._shown(fault.sentence)

    def summary(self, fault: Fault) -> Markup:
        """Return a fault as the list on top of the page has it: where, and what.

        Args:
            fault: Any.
        """
        if fault.node is None:
            return self.fault(fault)
        colon = "\u00a0:" if self.language is FormLanguage.FRENCH else ":"
        return Markup("{}{} {}").format(self.trail(fault.node), colon, self.fault(fault))

    def trail(self, node: Node) -> Markup:
        """Return where a node stands: the entry of a list that it is in, and its name.

        Args:
            node: Any.
        """
        number = _number(node.path[:-1])
        label = self.label(node)
        return label if number is None else Markup("{} ({})").format(label, number)

    def _label(self, node: Node) -> str:
        return field_label(node.owner, node.field.name, self.language).text

    def _shown(self, text: str) -> Markup:
        own = self.language.value == self.page
        return escape(text) if own else foreign(text, self.language.value)


def _number(path: Path) -> str | None:
    """Return the numbers of the entries that a path goes through, as people count."""
    numbers = [str(step + 1) for step in path if isinstance(step, int)]
    return ".".join(numbers) if numbers else None
