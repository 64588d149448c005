"""A document through its form and back: nothing lost, nothing changed."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.reading import Spelling, read
from protocol.requests.catalogue import TYPES
from tests.gateway.officer.pages.forms.posting import posted
from tests.protocol.requests.forging import documents
from tests.protocol.requests.samples import EXAMPLES

PLAIN = Spelling()


def again(document: dict[str, Any]) -> dict[str, Any]:
    """Return what comes back of a document that is shown and saved."""
    kind = TYPES[document["type"]]
    return read(kind, posted(build(kind, document)), PLAIN)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_example_comes_back_as_it_was(path: Any) -> None:
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
