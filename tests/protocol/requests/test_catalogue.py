"""The catalogue: complete, consistent, and with a schema of each type."""

import json

import pytest

from protocol.cases.ladder import MessageState
from protocol.requests.catalogue import (
    RESERVED,
    TYPES,
    USUAL_ANSWERS,
    admitted_answers,
    json_schema,
    type_info,
)
from protocol.requests.kinds import Direction, Family, LadderEffect, Thread
from protocol.requests.labels import FormLanguage
from protocol.requests.text import SHORT_LENGTH

SPONTANEOUS = "spontaneous_information"
ANSWERING = (
    "decision",
    "preservation_report",
    "path_disclosure",
    "data_delivery",
    "advice_answer",
    "outcome_report",
    "condition_reply",
)
ACKNOWLEDGING = (
    "acknowledgement",
    "info_needed",
    "determination_request",
    "mla_received_confirmation",
    "delay_notice",
    "referral_notice",
    "withdrawal_ack",
)


@pytest.mark.parametrize("name", TYPES)
def test_an_entry_describes_its_type(name: str) -> None:
    """What lists and pages show of it."""
    kind = TYPES[name]
    assert type_info(name) is kind
    assert kind.name == name
    assert kind.model.__doc__
    assert 0 < len(kind.one_line) < SHORT_LENGTH // 10
    assert name not in RESERVED
    assert kind.is_request == (kind.family is Family.REQUEST)
    opens = kind.is_request or name == "subscriber_order_notice"
    assert opens == (kind.thread is not Thread.JOINS) == bool(kind.answers)
    assert bool(kind.legal_basis) == (opens and name != "pre_consultation") <= bool(kind.article)
    if kind.is_request:
        assert kind.direction is Direction.TO_REQUESTED
        assert (kind.capability is None) == (name in {"pre_consultation", SPONTANEOUS})
    assert (kind.thread_of is not None) == (name == SPONTANEOUS)
    if kind.only_if_asked:
        assert kind.direction is Direction.TO_REQUESTING
        assert kind.ladder_effect is not None


def test_there_is_no_type_of_another_name() -> None:
    """Reserved names are no types either."""
    assert type_info("ping") is None
    assert type_info("") is None


def test_answers_move_the_ladder_as_the_domain_says() -> None:
    """Section 12; the values are those of the ladder itself."""
    effects = {name: kind.ladder_effect for name, kind in TYPES.items() if kind.ladder_effect}
    assert effects == dict.fromkeys(ACKNOWLEDGING, LadderEffect.ACKNOWLEDGED) | dict.fromkeys(
        ANSWERING, LadderEffect.ANSWERED
    )
    assert {MessageState(effect) for effect in LadderEffect} == {
        MessageState.ACKNOWLEDGED,
        MessageState.ANSWERED,
    }
    assert TYPES["decision"].is_answer
    assert not TYPES["acknowledgement"].is_answer


def test_requests_admit_their_own_answers_and_the_usual_ones() -> None:
    """Section 5."""
    kind = TYPES["technical_advice_request"]
    assert admitted_answers(kind) == ("info_needed", "decision", "advice_answer", *USUAL_ANSWERS)
    assert admitted_answers(TYPES["decision"]) == ()


@pytest.mark.parametrize("name", TYPES)
def test_the_schema_of_a_type_is_of_one_piece(name: str) -> None:
    """Each reference leads somewhere, and nothing unused is carried along."""
    schema = json_schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["type"]["const"] == name
    assert schema["additionalProperties"] is False
    text = json.dumps(schema)
    for model in schema["$defs"]:
        assert f'"#/$defs/{model}"' in text
    for reference in text.split('"#/$defs/')[1:]:
        assert reference.partition('"')[0] in schema["$defs"]
    assert json_schema(name) == schema


def test_the_schema_shows_what_a_field_admits() -> None:
    """Another implementation can check most of a document by it."""
    definitions = json_schema("preservation_request")["$defs"]
    body = definitions["PreservationRequest"]
    assert body["properties"]["mla_intent"] == {
        "const": True,
        "description": "We intend to ask for the data by mutual assistance.",
        "title": "A request for disclosure will follow",
        "type": "boolean",
    }
    assert {"facts", "necessity", "mla_intent", "items"} <= set(body["required"])
    assert body["properties"]["items"]["maxItems"] == 200
    assert definitions["Offence"]["properties"]["title"]["maxLength"] == 200
    assert definitions["Period"]["properties"]["start"]["format"] == "date-time"


def test_the_schema_speaks_the_language_of_the_reader() -> None:
    """Titles and descriptions are the labels; the rest is the same."""
    french = json_schema("preservation_request", FormLanguage.FRENCH)
    facts = french["$defs"]["PreservationRequest"]["properties"]["facts"]
    assert facts["title"] == "Faits"
    assert facts["description"] == "Br\N{LATIN SMALL LETTER E WITH GRAVE}ve description des faits."
    assert french["properties"]["urgency"]["title"] == "Urgence"
    assert french.keys() == json_schema("preservation_request").keys()


def test_there_is_no_schema_of_an_unknown_type() -> None:
    """The caller says so in its own words."""
    with pytest.raises(KeyError):
        json_schema("wish")
