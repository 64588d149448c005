"""Which form stands in a field, and how entries of a list are named when nobody has named them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from protocol.requests.document import Document
from protocol.requests.forms import FieldKind, FormField
from protocol.requests.kinds import DocumentType
from protocol.requests.part import Part

Json: TypeAlias = Mapping[str, Any]
"""An object of a document; nothing in it is checked."""

_KEYS: Final = {
    "DataItem": ("item_id", ""),
    "Provider": ("provider_id", "P"),
    "Person": ("person_id", "N"),
    "PlainQuestion": ("question_id", "Q"),
}
"""By form: the field that names an entry, and what stands before its number."""

_CHOOSER: Final = "draft_type"
"""By this field a consultation says which form its draft has."""


def form_in(
    kind: DocumentType, owner: type[Part], field: FormField, values: Json
) -> type[Part] | None:
    """Return the form of a field that holds one.

    Args:
        kind: The document's type, which says the form of the body.
        owner: The form that the field stands in.
        field: The field.
        values: What stands beside it.

    Returns:
        None when another field chooses it and has not.
    """
    if field.kind is not FieldKind.CHOSEN:
        return field.form
    return kind.model if owner is Document else owner.chosen_form(field.attribute, values)


def chooser_of(owner: type[Part], field: FormField, values: Json) -> str:
    """Return what chose the form of a field; empty where its form is fixed, or nothing did.

    Args:
        owner: The form that the field stands in.
        field: The field.
        values: What stands beside it.
    """
    if field.kind is not FieldKind.CHOSEN or owner is Document:
        return ""
    chosen = values.get(_CHOOSER)
    return chosen if isinstance(chosen, str) else ""


def chosen_by(owner: type[Part], field: FormField, choice: str) -> type[Part] | None:
    """Return the form of a field as a choice has it, whatever stands beside it now.

    Args:
        owner: The form that the field stands in.
        field: One whose form another field chooses.
        choice: What that field says.
    """
    return owner.chosen_form(field.attribute, {_CHOOSER: choice})


def key_of(form: type[Part]) -> tuple[str, str] | None:
    """Return by which field entries of a form are named, and what stands before their numbers.

    Args:
        form: Of the entries.

    Returns:
        None where entries have no names, or those of another document.
    """
    found = (_KEYS.get(base.__name__) for base in form.__mro__)
    return next((each for each in found if each is not None), None)


def new_entry(form: type[Part], entries: Iterable[object]) -> dict[str, Any]:
    """Return one more entry for a list: blank but for its name.

    Args:
        form: Of the entries.
        entries: Those that there are, as JSON has them.
    """
    key = key_of(form)
    if key is None:
        return {}
    name, before = key
    taken = {str(each.get(name)) for each in entries if isinstance(each, Mapping)}
    number = next(n for n in range(1, len(taken) + 2) if f"{before}{n}" not in taken)
    return {name: f"{before}{number}"}


def is_blank(form: type[Part], entry: Json) -> bool:
    """Tell whether an entry of a list says nothing but its name.

    Args:
        form: Of the entries.
        entry: As JSON has it.
    """
    key = key_of(form)
    return not (entry.keys() - ({key[0]} if key else set()))
