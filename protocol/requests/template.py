"""The official templates: their sections, and which fields of ours are printed in each.

Numbers are those of the template. A section without a number comes from what was asked of us
beyond the part of the template that could be read, or has no place in it.

Source: docs/domain.md, section 13; T-CY template of 9 July 2018 (Article 31), all sections; T-CY
template for Articles 29 and 30, T-CY(2018)11, sections 1 to 7.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of a printed request.

    Args:
        number: In the official template; None for one that has none, or whose is not known.
        key: Names the heading (protocol.requests.labels).
        fields: Fields of the body, by their names, in the order of the print.
        restored: True when the heading was lost from the print at hand; shown in brackets.
    """

    number: int | None
    key: str
    fields: tuple[str, ...]
    restored: bool = False


_ITEMS: Final = ("items",)

_FIRST: Final = (
    Section(number=1, key="date", fields=("request_date",)),
    Section(number=2, key="reference", fields=("case_reference",)),
)

_AUTHORITIES: Final = (
    Section(number=4, key="requested_authority", fields=("requested_authority",), restored=True),
    Section(
        number=5,
        key="requesting_authority",
        fields=("requesting_authority", "response_preference"),
    ),
    Section(number=6, key="confirmation_contact", fields=("confirmation_contact",)),
    Section(number=7, key="investigating_authority", fields=("investigating_authority",)),
)

_STATUS: Final = Section(number=3, key="status", fields=("request_status",))

_URGENCY: Final = ("response_expected_by", "urgency_reasons", "urgency_details")
_CONFIRMATIONS: Final = ("confirmations_requested", "confirmations_other")
_SUMMARY_OF_CASE: Final = (
    "facts",
    "data_relation_to_offence",
    "purpose_and_necessity",
    "offences",
)

SUBSCRIBER_TEMPLATE: Final = (
    *_FIRST,
    _STATUS,
    *_AUTHORITIES,
    Section(number=8, key="proceedings", fields=("proceedings",)),
    Section(number=9, key="previous_mla", fields=("previous_mla",)),
    Section(number=10, key="previous_preservation", fields=("previous_preservation",)),
    Section(number=11, key="domestic_legal_basis", fields=("domestic_legal_basis",)),
    Section(number=12, key="summary", fields=_SUMMARY_OF_CASE),
    Section(
        number=13,
        key="case_status",
        fields=("case_status", "case_status_details"),
        restored=True,
    ),
    Section(number=14, key="information", fields=_ITEMS),
    Section(number=15, key="providers", fields=("providers",)),
    Section(number=16, key="urgency", fields=_URGENCY, restored=True),
    Section(number=17, key="confidentiality", fields=("confidentiality",), restored=True),
    Section(number=18, key="confirmations", fields=_CONFIRMATIONS),
    Section(number=19, key="notes", fields=("additional_notes",)),
    Section(number=20, key="signature", fields=("signature_block",)),
    Section(number=21, key="annex", fields=_ITEMS),
    Section(number=None, key="further", fields=("special_procedure", "expedited_grounds")),
)
"""Article 31, subscriber information: 21 sections; 14 and 21 both print the items."""

_AFTER_CASE: Final = (
    Section(number=None, key="urgency", fields=_URGENCY),
    Section(number=None, key="confidentiality", fields=("confidentiality",)),
    Section(number=None, key="confirmations", fields=_CONFIRMATIONS),
    Section(number=None, key="notes", fields=("additional_notes",)),
    Section(number=None, key="signature", fields=("signature_block",)),
)

PRESERVATION_TEMPLATE: Final = (
    *_FIRST,
    _STATUS,
    *_AUTHORITIES,
    Section(number=None, key="proceedings", fields=("proceedings",)),
    Section(number=None, key="previous_mla", fields=("previous_mla",)),
    Section(number=None, key="previous_preservation", fields=("previous_preservation",)),
    Section(
        number=None,
        key="summary",
        fields=("facts", "data_relation_to_offence", "offences"),
    ),
    Section(number=None, key="data_to_be_preserved", fields=_ITEMS),
    Section(number=None, key="providers", fields=("providers",)),
    Section(
        number=None,
        key="preservation",
        fields=(
            "necessity",
            "requested_until",
            "mla_intent",
            "mla_planned_date",
            "path_disclosure_requested",
        ),
    ),
    *_AFTER_CASE,
)
"""Articles 29 and 30: sections 1 to 7 are known; the rest follows the sibling, unnumbered."""

EXTENSION_TEMPLATE: Final = (
    *_FIRST,
    Section(number=3, key="status", fields=("previous_preservation", "item_ids")),
    *(section for section in _AUTHORITIES if section.number in {5, 6}),
    Section(
        number=None,
        key="preservation",
        fields=("requested_until", "reason", "mla_planned_date"),
    ),
    *(section for section in _AFTER_CASE if section.key != "confirmations"),
)
"""Articles 29 and 30, status "extension": a type of its own here."""

STORED_DATA_TEMPLATE: Final = tuple(
    Section(number=section.number, key="data_to_be_disclosed", fields=_ITEMS)
    if section.key == "information"
    else section
    for section in SUBSCRIBER_TEMPLATE
    if section.key != "annex"
)
"""Article 31, other data: the sections of the sibling; its annex has ticks for subscribers only,
which are printed with the items."""

TEMPLATES: Final = {
    "preservation_request": PRESERVATION_TEMPLATE,
    "preservation_extension": EXTENSION_TEMPLATE,
    "stored_data_request": STORED_DATA_TEMPLATE,
    "subscriber_information_request": SUBSCRIBER_TEMPLATE,
}
"""The sections of the types that have a template, in the order of the print."""


def section_numbers(type_name: str, field: str) -> tuple[int, ...]:
    """Return the numbers of the template's sections that a field is printed in.

    Args:
        type_name: A type of the catalogue.
        field: Of its body.

    Returns:
        In rising order; empty where there is no template, or no number.
    """
    return tuple(
        section.number
        for section in TEMPLATES.get(type_name, ())
        if field in section.fields and section.number is not None
    )
