"""Objections: a sentence for each reason."""

import pytest

from protocol.cases.objection import SENTENCES, Reason, objection


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_without_gaps(reason: Reason) -> None:
    """What an officer reads holds no placeholder, and ends like a sentence."""
    text = objection(reason, type="note", state="sent", states="`delivered`", items=("i",)).text
    assert "{" not in text
    assert text.endswith(".")
    assert SENTENCES[reason]


def test_the_sentence_names_type_and_states() -> None:
    """So that the officer knows what to wait for."""
    text = objection(Reason.NOT_IN_STATE, type="closure", state="decided", states="`executed`").text
    assert text == "`closure` is not allowed while the request is `decided`, but in: `executed`."
