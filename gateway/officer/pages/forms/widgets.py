"""How each kind of field is entered, and its single values as text and back.

Source: docs/domain.md, section 4 (kinds of values).
"""

import re
from functools import cache
from json import dumps
from typing import Final

from gateway.officer.pages.forms.nodes import Condition, Suggestions, Widget
from protocol.requests.forms import FieldKind, FormField, form_fields
from protocol.requests.part import Part
from protocol.requests.targets import URL_LENGTH
from protocol.requests.text import (
    EMAIL_LENGTH,
    LINE_LENGTH,
    REF_LENGTH,
    SHORT_LENGTH,
    TEXT_LENGTH,
)

_MOST_RADIOS: Final = 4
"""More choices than these are a list that opens."""

_LENGTHS: Final = {
    FieldKind.LINE: LINE_LENGTH,
    FieldKind.TEXT: TEXT_LENGTH,
    FieldKind.SHORT: SHORT_LENGTH,
    FieldKind.REF: REF_LENGTH,
    FieldKind.EMAIL: EMAIL_LENGTH,
    FieldKind.TARGET: URL_LENGTH,
}
_SUGGESTED: Final = {
    FieldKind.COUNTRY: Suggestions.COUNTRIES,
    FieldKind.NODE: Suggestions.PARTIES,
    FieldKind.LANGUAGE: Suggestions.LANGUAGES,
    FieldKind.ZONE: Suggestions.ZONES,
}
_PLAIN: Final = {
    FieldKind.TEXT: Widget.TEXT,
    FieldKind.SHORT: Widget.TEXT,
    FieldKind.DATE: Widget.DATE,
    FieldKind.INSTANT: Widget.MOMENT,
    FieldKind.WHEN: Widget.WHEN,
    FieldKind.NUMBER: Widget.NUMBER,
    FieldKind.FLAG: Widget.RADIOS,
    FieldKind.STATEMENT: Widget.TICK,
    FieldKind.ATTACHMENT: Widget.SELECT,
}

_COMMAS: Final = re.compile(r"[\s,;]+")
_LINES: Final = re.compile(r"\n")
_NUMBERS: Final = re.compile(r"[\n,;]+")
_PARTED: Final = {
    FieldKind.LANGUAGE: _COMMAS,
    FieldKind.COUNTRY: _COMMAS,
    FieldKind.ID: _COMMAS,
    FieldKind.EMAIL: _COMMAS,
    FieldKind.PHONE: _NUMBERS,
}
"""What may stand between several values of a kind that does not hold it."""

_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")


CONDITIONS: Final[dict[tuple[str, str], Condition]] = {
    ("Document", "handling_text"): Condition(by="handling_code", values=("H3",)),
    ("Target", "port"): Condition(by="kind", values=("ip",)),
    ("Target", "protocol"): Condition(by="kind", values=("ip",)),
    ("Target", "precision"): Condition(by="kind", values=("ip",)),
    ("DataItem", "details"): Condition(by="data_category", values=("subscriber",)),
    ("DataItem", "access_period"): Condition(by="details", values=("access_ips",)),
    ("CoreB", "previous_mla"): Condition(by="request_status", values=("followup_previous_mla",)),
    ("CoreB", "previous_preservation"): Condition(
        by="request_status", values=("followup_previous_preservation",)
    ),
    ("CoreB", "confirmations_other"): Condition(by="confirmations_requested", values=("other",)),
    ("ItemDecision", "conditions"): Condition(
        by="outcome", values=("accepted_with_conditions", "partially_accepted")
    ),
    ("ItemDecision", "granted_scope"): Condition(by="outcome", values=("partially_accepted",)),
    ("ItemDecision", "grounds"): Condition(
        by="outcome", values=("partially_accepted", "refused", "postponed")
    ),
    ("ItemDecision", "partial_considered"): Condition(
        by="outcome", values=("refused", "postponed")
    ),
    ("ItemDecision", "postponed_until"): Condition(by="outcome", values=("postponed",)),
    ("ItemDecision", "referred_to"): Condition(by="outcome", values=("referred",)),
    ("ItemDecision", "not_possible_reason"): Condition(by="outcome", values=("not_possible",)),
    ("PathItem", "providers"): Condition(by="result", values=("disclosed",)),
    ("PathItem", "path"): Condition(by="result", values=("disclosed",)),
    ("PathItem", "grounds"): Condition(by="result", values=("withheld",)),
    ("PreservedItem", "preserved_at"): Condition(by="result", values=("preserved",)),
    ("PreservedItem", "preserved_until"): Condition(by="result", values=("preserved",)),
    ("Determination", "instructions"): Condition(by="answer", values=("proceed_amended",)),
    ("ConditionReply", "reasons"): Condition(by="answer", values=("cannot_comply",)),
    ("UseDecision", "conditions"): Condition(by="outcome", values=("granted_with_conditions",)),
    ("UseDecision", "reasons"): Condition(by="outcome", values=("refused",)),
    ("SpontaneousInformation", "facts"): Condition(by="step", values=("content",)),
    ("SpontaneousInformation", "items"): Condition(by="step", values=("content",)),
    ("SpontaneousInformation", "evaluation"): Condition(by="step", values=("content",)),
}
"""Fields that go with some values of another; shown apart where they do not (rules judge)."""


@cache
def fields_of(form: type[Part]) -> tuple[FormField, ...]:
    """Return the fields of a form, in its order; worked out once for each.

    Args:
        form: Any.
    """
    return form_fields(form)


@cache
def condition_of(form: type[Part], name: str) -> Condition | None:
    """Return what a field goes with.

    Args:
        form: The form that it stands in; those that it is made from count too.
        name: As documents write it.
    """
    found = (CONDITIONS.get((base.__name__, name)) for base in form.__mro__)
    return next((each for each in found if each is not None), None)


def widget_of(field: FormField) -> Widget:
    """Return how a field is entered.

    Args:
        field: One that holds no form.
    """
    if field.kind is FieldKind.CHOICE:
        return _choice(field)
    if field.many:
        return Widget.TICKS if field.kind is FieldKind.ATTACHMENT else Widget.LINES
    return _PLAIN.get(field.kind, Widget.LINE)


def _choice(field: FormField) -> Widget:
    if field.many:
        return Widget.TICKS
    if len(field.values) == 1:
        return Widget.TICK
    return Widget.RADIOS if len(field.values) <= _MOST_RADIOS else Widget.SELECT


def suggestions_of(field: FormField) -> Suggestions | None:
    """Return what a line may be chosen from.

    Args:
        field: One that holds no form.
    """
    if field.name == "provider_ref":
        return Suggestions.PROVIDERS
    return _SUGGESTED.get(field.kind)


def length_of(field: FormField) -> int | None:
    """Return how many characters a field holds at most, None where its form says nothing.

    Args:
        field: One that holds no form.
    """
    return None if field.many else _LENGTHS.get(field.kind)


def parted(field: FormField, text: str) -> list[str]:
    """Return the values that stand in a field for several.

    Args:
        field: A list of texts.
        text: As it was typed; blank lines are nothing.
    """
    pattern = _PARTED.get(field.kind)
    if pattern is None:
        return [line for line in _LINES.split(text) if line.strip()]
    return [one.strip() for one in pattern.split(text) if one.strip()]


def value_of(field: FormField, text: str) -> str | int | bool:
    """Return what a document holds for one value as it was entered.

    Args:
        field: What it was entered for.
        text: Not blank; of a choice, its value.

    Returns:
        The text itself where it is no value of that kind, for the check to name.
    """
    match field.kind:
        case FieldKind.NUMBER if _WHOLE.fullmatch(text.strip()):
            return int(text)
        case FieldKind.FLAG | FieldKind.STATEMENT if text in {"yes", "no"}:
            return text == "yes"
        case _:
            return text


def text_of(value: object) -> str:
    """Return a single value of a document as it is shown in its field.

    Args:
        value: Any; what no field can hold is shown as JSON.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case _:
            return dumps(value, ensure_ascii=False)
