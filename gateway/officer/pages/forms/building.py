"""A document as a tree of form fields: whatever stands in it has its place on the page.

A document may be incomplete, or hold what its form does not know: that is kept in hidden fields
and shown, so that saving the page again loses none of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from json import dumps
from typing import Final

from gateway.officer.pages.forms.keys import Json, chooser_of, form_in, new_entry
from gateway.officer.pages.forms.moments import day_parts, in_utc, moment_parts
from gateway.officer.pages.forms.nodes import Choice, Control, Entries, Group, Node, Widget
from gateway.officer.pages.forms.widgets import (
    condition_of,
    fields_of,
    length_of,
    suggestions_of,
    text_of,
    widget_of,
)
from protocol.requests.document import Document
from protocol.requests.faults import Path
from protocol.requests.forms import FieldKind, FormField
from protocol.requests.kinds import DocumentType
from protocol.requests.part import Part
from protocol.requests.parts import Period
from protocol.requests.replies import WHOLE_REQUEST, OnItems

_YES_OR_NO: Final = (Choice(value="yes"), Choice(value="no"))
_ITEM_IDS: Final = "item_ids"
_WITH_A_ROW: Final = frozenset({"targets"})
"""Lists that need not be there, and mostly are: a blank row is shown."""

ROOT: Final = FormField(name="", attribute="", kind=FieldKind.FORM, required=True, form=Document)
"""Stands for the document itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where fields stand, and what stands there beside them."""

    path: Path
    owner: type[Part]
    values: Json

    def field(self, name: str) -> "_Place":
        """Return the place of one of the fields."""
        return replace(self, path=(*self.path, name))


def build(kind: DocumentType, document: Json, items: tuple[Choice, ...] = ()) -> Group:
    """Return the form of a document, with what stands in it.

    Args:
        kind: The document's type.
        document: Possibly incomplete or with faults; values as JSON has them.
        items: Those of the request that it answers, to be chosen from; empty if not known.

    Returns:
        A group of the document's own fields; that named `body` has the form of the type.
    """
    place = _Place(path=(), owner=Document, values={})
    return _Builder(kind, _files_of(document), items).group(ROOT, place, document)


def _files_of(document: Json) -> tuple[str, ...]:
    """Return the paths of the attachments, each once."""
    attached = document.get("attachments")
    paths = (
        each.get("path")
        for each in (attached if isinstance(attached, list) else ())
        if isinstance(each, Mapping)
    )
    return tuple(dict.fromkeys(path for path in paths if isinstance(path, str)))


class _Builder:
    """Builds the form of one document."""

    def __init__(
        self, kind: DocumentType, files: tuple[str, ...], items: tuple[Choice, ...]
    ) -> None:
        self._kind = kind
        self._files = files
        self._items = items

    def group(self, field: FormField, place: _Place, value: object) -> Group:
        """Build the fields of one object."""
        form = form_in(self._kind, place.owner, field, place.values)
        group = Group(
            path=place.path,
            field=field,
            owner=place.owner,
            form=form,
            nodes=(),
            chosen_form=chooser_of(place.owner, field, place.values),
        )
        if value is not None and (form is None or not isinstance(value, Mapping)):
            return replace(group, raw=_json(value))
        if form is None:
            return group
        values: Json = value if isinstance(value, Mapping) else {}
        inside = _Place(path=place.path, owner=form, values=values)
        known = {each.name for each in fields_of(form)}
        more = {name: each for name, each in values.items() if name not in known}
        return replace(
            group,
            nodes=tuple(
                self._node(each, inside.field(each.name), values.get(each.name))
                for each in fields_of(form)
                if each.kind is not FieldKind.TYPE
            ),
            more=_json(more) if more else "",
        )

    def _node(self, field: FormField, place: _Place, value: object) -> Node:
        node: Node
        if field.kind not in {FieldKind.FORM, FieldKind.CHOSEN}:
            node = self._control(field, place, value)
        elif field.many and field.form is not None:
            node = self._entries(field, field.form, place, value)
        else:
            node = self.group(field, place, value)
        condition = condition_of(place.owner, field.name)
        if condition is None:
            return node
        return replace(node, condition=condition, is_apart=not condition.is_met(place.values))

    def _entries(self, field: FormField, form: type[Part], place: _Place, value: object) -> Entries:
        is_list = value is None or isinstance(value, list)
        stored: list[object] = value if isinstance(value, list) else []
        shown = stored
        if not stored and is_list and (field.required or field.name in _WITH_A_ROW):
            shown = [new_entry(form, ())]
        return Entries(
            path=place.path,
            field=field,
            owner=place.owner,
            groups=tuple(
                self.group(field, replace(place, path=(*place.path, index)), each)
                for index, each in enumerate(shown)
            ),
            stored=len(stored),
            raw="" if is_list else _json(value),
        )

    def _control(self, field: FormField, place: _Place, value: object) -> Control:
        widget = widget_of(field)
        if self._items and field.kind is FieldKind.ITEM:
            widget = Widget.SELECT
        elif self._items and field.name == _ITEM_IDS and issubclass(place.owner, OnItems):
            widget = Widget.TICKS
        control = Control(
            path=place.path,
            field=field,
            owner=place.owner,
            widget=widget,
            is_none=field.may_be_null and value is None and field.name in place.values,
            suggestions=suggestions_of(field),
            max_length=length_of(field),
        )
        text = text_of(value)
        match widget:
            case Widget.DATE:
                return replace(control, parts=day_parts(text))
            case Widget.MOMENT | Widget.WHEN:
                zone = _zone_of(place)
                parts = moment_parts(text, zone)
                return replace(
                    control,
                    parts=parts,
                    echo=in_utc(text),
                    zone=zone,
                    is_shared=issubclass(place.owner, Period),
                )
            case Widget.RADIOS | Widget.SELECT | Widget.TICK | Widget.TICKS:
                return self._with_choices(control, value)
            case Widget.LINES if isinstance(value, list):
                return replace(control, parts=("\n".join(map(text_of, value)),))
            case _:
                return replace(control, parts=(text,))

    def _with_choices(self, control: Control, value: object) -> Control:
        given = value if isinstance(value, list) else [value]
        chosen = tuple(dict.fromkeys(text_of(each) for each in given if each is not None))
        known = self._choices(control.field)
        admitted = [each.value for each in known]
        others = [each for each in chosen if each and each not in admitted]
        in_order = [each for each in (*admitted, *others) if each in chosen]
        return replace(
            control,
            chosen=chosen,
            choices=(*known, *(Choice(value=each, admitted=False) for each in others)),
            order=() if in_order == list(chosen) else chosen,
        )

    def _choices(self, field: FormField) -> tuple[Choice, ...]:
        match field.kind:
            case FieldKind.FLAG:
                return _YES_OR_NO
            case FieldKind.STATEMENT:
                return _YES_OR_NO[:1]
            case FieldKind.ITEM | FieldKind.ID:
                one = field.kind is FieldKind.ITEM
                return tuple(each for each in self._items if one or each.value != WHOLE_REQUEST)
            case FieldKind.ATTACHMENT:
                return tuple(Choice(value=path) for path in self._files)
            case _:
                return tuple(Choice(value=value) for value in field.values)


def _zone_of(place: _Place) -> str:
    """Return whose clock is meant where a moment of this form names none."""
    zone = place.values.get("time_zone") if issubclass(place.owner, Period) else None
    return zone if isinstance(zone, str) else ""


def _json(value: object) -> str:
    return dumps(value, ensure_ascii=False)
