"""A document through its form and back: nothing lost, nothing changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.faulting import place
from gateway.officer.pages.forms.nodes import Choice
from gateway.officer.pages.forms.reading import Spelling, read
from gateway.officer.pages.papers import spelling
from protocol.requests.catalogue import TYPES
from protocol.requests.faults import FaultCode, Finding
from protocol.requests.forms import FieldKind
from tests.gateway.officer.pages.forms.posting import posted
from tests.protocol.requests.forging import documents
from tests.protocol.requests.samples import EXAMPLES

PLAIN = Spelling()


def again(document: dict[str, Any]) -> dict[str, Any]:
    """Return what comes back of a document that is shown and saved."""
    kind = TYPES[document["type"]]
    return read(kind, posted(build(kind, document)), PLAIN)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_example_comes_back_as_it_was(path: Path) -> None:
    """An officer opens a prepared document and saves it."""
    document = json.loads(path.read_text("utf-8"))
    assert again(document) == document


@pytest.mark.parametrize("name", TYPES)
def test_any_valid_document_comes_back_as_it_was(name: str) -> None:
    """Whatever a form admits, its page can show."""

    @settings(
        max_examples=5,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.generate,),
    )
    @given(documents(name))
    def comes_back(document: dict[str, Any]) -> None:
        assert again(document) == document

    comes_back()


def read_again(document: dict[str, Any], **typed: str) -> dict[str, Any]:
    """Return what is saved of a document after something was typed; `__` stands for a dot."""
    kind = TYPES[document["type"]]
    sent = posted(build(kind, document))
    return read(kind, sent | {name.replace("__", "."): text for name, text in typed.items()}, PLAIN)


@pytest.mark.parametrize(
    "broken",
    [
        {"body": "no object"},
        {"body": {"items": "no list", "facts": 5, "colour": {"red": [1]}}},
        {"body": {"items": ["no item", {"item_id": "1", "period": [3]}]}},
        {"body": {"items": [{"item_id": "1", "targets": [{"kind": "moon", "port": "abc"}]}]}},
        {"body": {"request_date": "yesterday", "requested_until": "31\n2\n2026"}},
        {"body": {"offences": [{"title": "\x00", "conv_article": "seven"}]}},
        {"urgency": "soon", "to": {"party": "FR"}, "mood": None},
        {"legal_basis": ["conv_31", "conv_29", "my_own"], "copies_to": {}},
        {"valid_until": "31\n11\n2026\n25:00\nMoon/Base"},
    ],
)
def test_a_document_with_faults_keeps_all_that_stands_in_it(broken: dict[str, Any]) -> None:
    """What was typed is never dropped for being wrong; saving twice changes nothing more."""
    document = {"type": "preservation_request", **broken}
    once = again(document)
    assert again(once) == once
    assert words_of(document) <= words_of(once)


def words_of(value: object) -> set[str]:
    """Return every word that stands anywhere in a document."""
    text = json.dumps(value).replace("\\n", " ").replace("\\", "")
    return {word.strip('"{}[],:') for word in text.split()} - {
        "",
        "null",
        *TYPES["preservation_request"].model.model_fields,
        " ",
    }


def test_what_was_typed_and_is_no_moment_is_shown_again() -> None:
    """The officer mends it; nothing is typed a second time."""
    document = {"type": "note", "body": {"text": "x"}}
    saved = read_again(
        document,
        **{"valid_until~day": "31", "valid_until~month": "2", "valid_until~year": "2026"},
    )
    root = build(TYPES["note"], saved)
    shown = posted(root)
    assert [shown[f"valid_until~{part}"] for part in ("day", "month", "year")] == [
        "31",
        "2",
        "2026",
    ]


def test_names_of_countries_and_languages_are_taken_for_their_codes() -> None:
    """Nobody has to know codes."""
    spelling = Spelling(countries={"france": "FR"}, languages={"french": "fr"})
    kind = TYPES["preservation_request"]
    document = read(
        kind,
        {
            "to": " France ",
            "language": "French",
            "body.requesting_authority.languages": "french, en",
            "body.requesting_authority.country": "Atlantis",
        },
        spelling,
    )
    assert (document["to"], document["language"]) == ("FR", "fr")
    authority = document["body"]["requesting_authority"]
    assert authority == {"country": "Atlantis", "languages": ["fr", "en"]}


def test_a_stated_none_is_kept_and_a_text_beside_it_wins() -> None:
    """The name must be there, and null says "none"."""
    kind = TYPES["emergency_disclosure_request"]
    none = {"body.special_procedure~none": "yes"}
    assert read(kind, none, PLAIN)["body"]["special_procedure"] is None
    both = none | {"body.special_procedure": "seal it"}
    assert read(kind, both, PLAIN)["body"]["special_procedure"] == "seal it"
    assert "special_procedure" not in read(kind, {}, PLAIN)["body"]


def test_a_draft_talked_over_keeps_its_entries_when_its_type_is_changed() -> None:
    """What the other form does not know stays in sight."""
    document = {
        "type": "pre_consultation",
        "body": {
            "draft_type": "stored_data_request",
            "draft": {"facts": "f", "purpose_and_necessity": "p"},
        },
    }
    saved = read_again(document, body__draft_type="preservation_request")
    assert saved["body"]["draft"] == {"facts": "f", "purpose_and_necessity": "p"}
    assert again(saved) == saved


def test_a_blank_row_is_nothing_and_hidden_fields_of_others_are_not_believed() -> None:
    """An empty entry is no entry; what is no JSON was not written by our page."""
    kind = TYPES["preservation_request"]
    document = read(
        kind,
        {
            "body.items[0].item_id": "1",
            "body.offences[0].title": "",
            "body.offences[3].title": "fraud",
            "body~more": "{",
            "body.providers~raw": "[" * 100_000,
        },
        PLAIN,
    )
    assert document["body"] == {
        "requesting_authority": {},
        "confidentiality": {},
        "offences": [{"title": "fraud"}],
    }


def test_hostile_text_comes_back_as_it_was() -> None:
    """Nothing is cleaned away in silence; the check names what may not stand."""
    hostile = (
        "<script>alert(1)</script> \u202e \x00 \x1b[31m {{ 7*7 }} %s \U0001f600" + "x" * 10_000
    )
    document = {"type": "note", "language": "javascript:alert(1)", "body": {"text": hostile}}
    assert again(document) == document


def test_party_may_be_written_as_people_do() -> None:
    """Names, codes of two or three letters, in any case, with the number of a desk behind."""
    known = spelling()
    for text, code in (
        ("fra", "FR"), ("FRA", "FR"), ("fr", "FR"), ("France ", "FR"), ("roumanie", "RO"),
        ("fra/2", "FR/2"), ("Romania / 1", "RO/1"), ("nowhere", "nowhere"), ("xx/1", "xx/1"),
    ):  # fmt: skip
        assert known.of(FieldKind.NODE, text) == code, text
    assert known.of(FieldKind.COUNTRY, "jpn") == "JP"
    assert known.of(FieldKind.LANGUAGE, "français") == "fr"


def test_zone_of_a_period_is_asked_for_once() -> None:
    """Two ends, one omission, one fault: at the one field for both."""
    kind = TYPES["preservation_request"]
    ends = {"start": "20\n11\n2026\n17:40\n", "end": "20\n11\n2026\n18:40\n"}
    root = build(kind, {"body": {"items": [{"period": ends}]}})
    where = "body.items[0].period"
    found = [
        Finding(path=f"{where}.start", code=FaultCode.BAD_TIME, message="x"),
        Finding(path=f"{where}.end", code=FaultCode.BAD_TIME, message="x"),
        Finding(path=f"{where}.time_zone", code=FaultCode.MISSING, message="y"),
    ]
    (fault,) = place(root, found).all
    assert fault.node is not None
    assert (fault.node.name, fault.code) == (f"{where}.time_zone", FaultCode.NAIVE_TIME)


def test_items_that_are_chosen_come_back_as_they_were_typed() -> None:
    """A list and ticks in place of lines change no document."""
    items = (Choice(value="a", about="Account"), Choice(value="b"), Choice(value="*"))
    for name, body in (
        ("preservation_report", {"items": [{"item_id": "a"}, {"item_id": "gone"}]}),
        ("delay_notice", {"item_ids": ["b", "a"]}),
    ):
        kind = TYPES[name]
        sent = posted(build(kind, {"type": name, "body": body}, items))
        found = read(kind, sent, PLAIN)["body"]
        assert {key: found[key] for key in body} == body
        assert any("*" in each for each in sent.values()) is False
