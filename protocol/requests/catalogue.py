"""All types of documents. A new type is one module with its form, and one line here.

Source: docs/domain.md, sections 5 and 6.
"""

from typing import Any, Final

from protocol.requests.answers import ACKNOWLEDGEMENT, DATA_DELIVERY, INFO_NEEDED, INFO_SUPPLIED
from protocol.requests.assistance import (
    EVIDENCE_ASSISTANCE_REQUEST,
    LEGAL_INFORMATION_REQUEST,
    SUSPECT_LOCATION_REQUEST,
    TECHNICAL_ADVICE_REQUEST,
)
from protocol.requests.collection import INTERCEPTION_REQUEST, REALTIME_TRAFFIC_REQUEST
from protocol.requests.consultation import PRE_CONSULTATION
from protocol.requests.decision import DECISION, Decision, refuses_all
from protocol.requests.determination import CONDITION_REPLY, DETERMINATION, DETERMINATION_REQUEST
from protocol.requests.disclosure import STORED_DATA_REQUEST, SUBSCRIBER_INFORMATION_REQUEST
from protocol.requests.document import Document
from protocol.requests.emergency import EMERGENCY_DISCLOSURE_REQUEST, EMERGENCY_MLA_REQUEST
from protocol.requests.forms import form_fields, forms_below
from protocol.requests.hold import (
    MLA_FOLLOWUP_NOTICE,
    MLA_RECEIVED_CONFIRMATION,
    RELEASE_NOTICE,
)
from protocol.requests.information import SPONTANEOUS_INFORMATION
from protocol.requests.kinds import DocumentType
from protocol.requests.labels import FormLanguage, field_label
from protocol.requests.notices import (
    CORRECTION,
    DATA_CORRECTION_NOTICE,
    DATA_INCIDENT_NOTICE,
    NOTE,
    REMINDER,
)
from protocol.requests.orders import ORDER_EFFECT_REQUEST, SUBSCRIBER_ORDER_NOTICE
from protocol.requests.part import Part
from protocol.requests.preservation import (
    PRESERVATION_EXTENSION,
    PRESERVATION_REPORT,
    PRESERVATION_REQUEST,
)
from protocol.requests.progress import (
    CLOSURE,
    DELAY_NOTICE,
    FORMAL_CONFIRMATION,
    REFERRAL_NOTICE,
    WITHDRAWAL,
    WITHDRAWAL_ACK,
)
from protocol.requests.results import ADVICE_ANSWER, OUTCOME_REPORT, PATH_DISCLOSURE
from protocol.requests.use import (
    JUDICIAL_USE_DECISION,
    JUDICIAL_USE_REQUEST,
    ONWARD_TRANSFER_DECISION,
    ONWARD_TRANSFER_REQUEST,
    USE_ACCOUNT,
    USE_ACCOUNT_REQUEST,
)

_REQUESTS: Final = (
    PRESERVATION_REQUEST,
    PRESERVATION_EXTENSION,
    STORED_DATA_REQUEST,
    SUBSCRIBER_INFORMATION_REQUEST,
    REALTIME_TRAFFIC_REQUEST,
    INTERCEPTION_REQUEST,
    EMERGENCY_DISCLOSURE_REQUEST,
    EMERGENCY_MLA_REQUEST,
    ORDER_EFFECT_REQUEST,
    TECHNICAL_ADVICE_REQUEST,
    LEGAL_INFORMATION_REQUEST,
    SUSPECT_LOCATION_REQUEST,
    EVIDENCE_ASSISTANCE_REQUEST,
    PRE_CONSULTATION,
    SPONTANEOUS_INFORMATION,
)

_ANSWERS: Final = (
    ACKNOWLEDGEMENT,
    INFO_NEEDED,
    INFO_SUPPLIED,
    DETERMINATION_REQUEST,
    DETERMINATION,
    DECISION,
    CONDITION_REPLY,
    PRESERVATION_REPORT,
    PATH_DISCLOSURE,
    MLA_FOLLOWUP_NOTICE,
    MLA_RECEIVED_CONFIRMATION,
    DATA_DELIVERY,
    ADVICE_ANSWER,
    OUTCOME_REPORT,
    DELAY_NOTICE,
    REFERRAL_NOTICE,
    WITHDRAWAL,
    WITHDRAWAL_ACK,
    RELEASE_NOTICE,
    CLOSURE,
    FORMAL_CONFIRMATION,
)

_NOTICES: Final = (
    USE_ACCOUNT_REQUEST,
    USE_ACCOUNT,
    ONWARD_TRANSFER_REQUEST,
    JUDICIAL_USE_REQUEST,
    ONWARD_TRANSFER_DECISION,
    JUDICIAL_USE_DECISION,
    DATA_INCIDENT_NOTICE,
    DATA_CORRECTION_NOTICE,
    SUBSCRIBER_ORDER_NOTICE,
    REMINDER,
    CORRECTION,
    NOTE,
)

TYPES: Final[dict[str, DocumentType]] = {
    kind.name: kind for kind in (*_REQUESTS, *_ANSWERS, *_NOTICES)
}
"""Every type that can be sent, by its name, in the order of the forms' list."""

USUAL_ANSWERS: Final = (
    "acknowledgement",
    "referral_notice",
    "delay_notice",
    "note",
    "reminder",
    "withdrawal",
    "closure",
    "correction",
)
"""What every request admits beside the answers that its form names (section 5)."""

RESERVED: Final = frozenset(
    {
        "node_receipt",
        "opened_receipt",
        "non_delivery_notice",
        "silence_notice",
        "expiry_warning",
        "lapse_notice",
        "ping",
        "ping_reply",
        "directory_change",
        "duty_roster",
        "capability_profile",
        "key_rotation",
        "key_revocation",
        "outage_notice",
    }
)
"""Names of what nodes make, which no officer sends (section 6.4)."""

_SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE: Final = "#/$defs/{model}"


def type_info(name: str) -> DocumentType | None:
    """Return what the catalogue says of a type.

    Args:
        name: As in the field `type`.

    Returns:
        None when there is no such type.
    """
    return TYPES.get(name)


def admitted_answers(kind: DocumentType) -> tuple[str, ...]:
    """Return the types by which a document may be answered.

    Args:
        kind: The type of the document that is answered.

    Returns:
        Those of the form first, then the usual ones; empty for an answer.
    """
    return kind.answers + USUAL_ANSWERS if kind.is_request else kind.answers


def grants_nothing(document: Document) -> bool:
    """Tell whether a document turns the whole request down.

    As a first answer it makes the receipt `declined` in place of `acknowledged`.

    Args:
        document: A valid document of any type.

    Source:
        docs/wire-format.md, rule 22.
    """
    return isinstance(document.body, Decision) and refuses_all(document.body)


def json_schema(name: str, language: FormLanguage = FormLanguage.ENGLISH) -> dict[str, Any]:
    """Return the form of one type as a JSON schema of the whole document.

    The schema covers what holds for each field by itself; the rules between fields, on time and
    on attachments are those of `a35 check`.

    Args:
        name: A type of the catalogue.
        language: Of titles and descriptions.

    Returns:
        JSON Schema 2020-12, a new object with each call.

    Raises:
        KeyError: There is no such type.
    """
    kind = TYPES[name]
    whole = Document.model_json_schema(ref_template=_REFERENCE)
    body = kind.model.model_json_schema(ref_template=_REFERENCE)
    definitions = whole.pop("$defs", {}) | body.pop("$defs", {}) | {kind.model.__name__: body}
    definitions.pop("Part", None)  # the base, in whose place the body stands
    whole["properties"] |= {
        "type": {"const": name},
        "body": {"$ref": _REFERENCE.format(model=kind.model.__name__)},
    }
    _label(Document, whole, language)
    for form in (*forms_below(Document), *forms_below(kind.model)):
        if form is not Document:
            _label(form, definitions[form.__name__], language)
    return {
        "$schema": _SCHEMA_DIALECT,
        **whole,
        "title": name,
        "description": f"{kind.one_line}.",
        "$defs": definitions,
    }


def _label(form: type[Part], schema: dict[str, Any], language: FormLanguage) -> None:
    """Put what officers read into the schema of one form, in place of the names of Python."""
    for field in form_fields(form):
        label = field_label(form, field.name, language)
        schema["properties"][field.name] |= {"title": label.text, "description": label.help}
