"""What was entered on a page as a document again: the reverse of `building`.

The form drives the reading: what it does not ask for is not looked at. What cannot be understood
is kept as it was typed, for the check to name; no field of the page is dropped for being wrong.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as of
from json import loads
from typing import Any, Final

from gateway.officer.pages.forms.keys import chosen_by, form_in, is_blank
from gateway.officer.pages.forms.moments import DAY_FIELDS, MOMENT_FIELDS, day_text, moment_text
from gateway.officer.pages.forms.nodes import Widget
from gateway.officer.pages.forms.widgets import fields_of, parted, value_of, widget_of
from protocol.requests.document import Document
from protocol.requests.faults import Path, path_text
from protocol.requests.forms import FieldKind, FormField
from protocol.requests.kinds import DocumentType
from protocol.requests.part import Part
from protocol.requests.parts import Period

TICKED: Final = "~is~"
"""Between the name of a list and a value that is ticked: each tick is a control of its own."""

_INDEX: Final = re.compile(r"\[([0-9]{1,4})\]")
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """What people may write in place of a code.

    Args:
        countries: Codes by names of countries, case folded.
        languages: Codes by names of languages, case folded.
    """

    countries: Mapping[str, str] = of(default_factory=dict)
    languages: Mapping[str, str] = of(default_factory=dict)

    def of(self, kind: FieldKind, text: str) -> str:
        """Return the code for what was written; the text itself where it names none.

        Args:
            kind: Of the field.
            text: As it was typed.
        """
        name = text.strip().casefold()
        match kind:
            case FieldKind.COUNTRY:
                return self.countries.get(name, text)
            case FieldKind.NODE:
                party, slash, number = name.partition("/")
                code = self.countries.get(party.strip())
                return text if code is None else f"{code}{slash}{number.strip()}"
            case FieldKind.LANGUAGE:
                return self.languages.get(name, text)
            case _:
                return text


def read(kind: DocumentType, posted: Mapping[str, str], spelling: Spelling) -> dict[str, Any]:
    """Return the document that was entered.

    Args:
        kind: The draft's type; the page cannot change it.
        posted: Values of all controls, by their names.
        spelling: Names that stand for codes.

    Returns:
        Values as JSON has them; incomplete or with faults if what was entered is.
    """
    whole = _Reader(kind, posted, spelling).fields(Document, ())
    return {"type": kind.name, **whole}


class _Reader:
    """Reads the controls of one page."""

    def __init__(self, kind: DocumentType, posted: Mapping[str, str], spelling: Spelling) -> None:
        self._kind = kind
        self._posted = posted
        self._spelling = spelling
        self._indexes: dict[str, set[int]] = defaultdict(set)
        self._ticked: dict[str, list[str]] = defaultdict(list)
        for name in posted:
            control, tick, value = name.partition(TICKED)
            if tick:
                self._ticked[control].append(value)
            for match in _INDEX.finditer(control):
                self._indexes[control[: match.start()]].add(int(match[1]))

    def fields(self, form: type[Part], path: Path) -> dict[str, Any]:
        """Read the fields of one object."""
        values: dict[str, Any] = {}
        for field in fields_of(form):
            if field.kind is FieldKind.TYPE:
                continue
            value = self._value(field, form, (*path, field.name), values)
            if value is not _ABSENT:
                values[field.name] = value
        more = self._hidden(path, "more")
        return {**more, **values} if isinstance(more, dict) else values

    def _value(
        self, field: FormField, owner: type[Part], path: Path, values: Mapping[str, Any]
    ) -> object:
        if field.kind not in {FieldKind.FORM, FieldKind.CHOSEN}:
            return self._control(field, owner, path)
        odd = self._in_place(path)
        if odd is not _ABSENT:
            return odd  # the page showed no fields in its place
        if field.many and field.form is not None:
            return self._entries(field.form, path) or _ABSENT
        form = self._form(field, owner, path, values)
        inside = {} if form is None else self.fields(form, path)
        return inside if inside or (field.required and form is not None) else _ABSENT

    def _form(
        self, field: FormField, owner: type[Part], path: Path, values: Mapping[str, Any]
    ) -> type[Part] | None:
        """Return the form by which a group was shown: its choice may have changed since."""
        shown = self._posted.get(f"{path_text(path)}~form")
        if shown and field.kind is FieldKind.CHOSEN:
            return chosen_by(owner, field, shown)
        return form_in(self._kind, owner, field, values)

    def _entries(self, form: type[Part], path: Path) -> list[object]:
        entries: list[object] = []
        for index in sorted(self._indexes.get(path_text(path), ())):
            place = (*path, index)
            entry = self._in_place(place)
            if entry is _ABSENT:
                values = self.fields(form, place)
                entry = _ABSENT if is_blank(form, values) else values
            if entry is not _ABSENT:
                entries.append(entry)
        return entries

    def _control(self, field: FormField, owner: type[Part], path: Path) -> object:
        name = path_text(path)
        widget = widget_of(field)
        value: object
        match widget:
            case Widget.DATE:
                value = day_text(self._parts(name, DAY_FIELDS))
            case Widget.MOMENT | Widget.WHEN:
                zone = self._posted.get(f"{path_text(path[:-1])}.time_zone", "")
                shared = zone if issubclass(owner, Period) else ""
                value = moment_text(self._parts(name, MOMENT_FIELDS), shared)
            case Widget.TICKS:
                value = self._ticks(name)
            case Widget.LINES if name in self._ticked:
                value = self._ticks(name)  # shown as what the request has
            case Widget.LINES:
                texts = parted(field, self._text(name))
                value = [self._spelling.of(field.kind, text) for text in texts]
            case _:
                text = self._text(name)
                spelt = self._spelling.of(field.kind, text)
                value = value_of(field, spelt) if text.strip() else ""
        if value not in ("", []):
            return value
        stated = field.may_be_null and self._posted.get(f"{name}~none") == "yes"
        return None if stated else _ABSENT

    def _ticks(self, name: str) -> list[str]:
        """Return what is ticked: in the order that the document had, the rest behind."""
        ticked = self._ticked.get(name, [])
        order = self._text(f"{name}~order").split("\n")
        places = {value: place for place, value in enumerate(order)}
        return sorted(ticked, key=lambda value: places.get(value, len(places)))

    def _parts(self, name: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._posted.get(f"{name}~{part}", "") for part in fields)

    def _text(self, name: str) -> str:
        # Browsers send the line ends of a text area as CRLF.
        return self._posted.get(name, "").replace("\r\n", "\n")

    def _in_place(self, path: Path) -> object:
        """Return what stood in place of an object or list, if the page kept any."""
        return self._hidden(path, "raw")

    def _hidden(self, path: Path, what: str) -> object:
        text = self._posted.get(f"{path_text(path)}~{what}")
        if not text:
            return _ABSENT
        try:
            return loads(text)
        except (ValueError, RecursionError):
            return _ABSENT  # not what the page held: our own fields never are
