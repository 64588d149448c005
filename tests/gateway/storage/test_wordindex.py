"""The index of words: finds what stands there, and takes nothing of a query as its language."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.casework import SearchQuery
from gateway.indexing import IndexedMessage
from gateway.storage.wordindex import MemoryIndex
from protocol.identifiers import MessageId, NodeId

FR, RO = NodeId("FR", 1), NodeId("RO", 2)


def mid(number: int) -> MessageId:
    """Return the id that counts as this number."""
    return MessageId(number.to_bytes(16, "big"))


def message(number: int, text: str = "", **other: Any) -> IndexedMessage:  # noqa: ANN401  fields by name
    """Return a message of FR/1 that was received."""
    made = IndexedMessage(
        sender=FR,
        mid=mid(number),
        thread=mid(number),
        box="in",
        party=FR,
        type="preservation_request",
        t_ms=number,
        reference="FR-26-1102",
        files="seized laptop.zip",
        text=text,
    )
    return replace(made, **other)


def found(index: MemoryIndex, words: str, **other: Any) -> list[int]:  # noqa: ANN401  fields by name
    """Return the numbers of the messages where words occur."""
    query = SearchQuery(words=words, **other)
    return [int.from_bytes(hit.mid.value, "big") for hit in index.find(query, limit=50)]


def test_all_words_must_occur_in_any_order_and_without_accents() -> None:
    """An officer remembers two words of a letter, not how they were written."""
    index = MemoryIndex()
    index.add([message(1, "Une personne séquestrée à Brașov"), message(2, "une autre personne")])
    assert found(index, "personne SEQUESTREE") == [1]
    assert found(index, "brasov") == [1]
    assert sorted(found(index, "personne")) == [1, 2]
    assert found(index, "personne inconnue") == []


def test_last_word_may_go_on_and_the_others_may_not() -> None:
    """Who types sees hits before the word is ended."""
    index = MemoryIndex()
    index.add([message(1, "ransomware against a hospital")])
    assert found(index, "ransom") == [1]
    assert found(index, "ra") == []
    assert found(index, "ransom hospital") == []


def test_hit_says_where_and_shows_the_words_around() -> None:
    """Reference, then names of files, then the text."""
    index = MemoryIndex()
    index.add([message(1, "the account of the suspect")])
    assert found(index, "FR-26-1102") == [1]
    places = {
        words: index.find(SearchQuery(words=words), limit=1)[0]
        for words in ("1102", "laptop", "suspect")
    }
    assert [hit.where for hit in places.values()] == ["reference", "files", "text"]
    assert places["suspect"].snippet == "the account of the \u2039suspect\u203a"
    assert (places["laptop"].sender, places["laptop"].thread) == (FR, mid(1))


def test_bounds_narrow_what_is_found() -> None:
    """A country means all its nodes."""
    index = MemoryIndex()
    index.add(
        [
            message(1, "word"),
            message(2, "word", party=RO, box="out", type="decision", thread=None),
        ]
    )
    assert found(index, "word", box="out") == [2]
    assert found(index, "word", party="RO") == [2]
    assert found(index, "word", party="RO/2") == [2]
    assert found(index, "word", party="RO/1") == []
    assert found(index, "word", type="preservation_request") == [1]
    assert index.find(SearchQuery(words="word", box="out"), limit=1)[0].thread is None


def test_message_that_comes_again_or_goes_is_found_as_it_is_now() -> None:
    """Retention takes words away."""
    index = MemoryIndex()
    index.add([message(1, "before"), message(2, "before")])
    index.add([message(1, "after")])
    assert (found(index, "before"), found(index, "after")) == ([2], [1])
    index.drop(FR, mid(2))
    assert found(index, "before") == []


@pytest.mark.parametrize(
    "words", ['"', '" OR "x', "*", "text:word", "NEAR(a b)", "a AND", "-", "^"]
)
def test_language_of_the_index_is_not_spoken(words: str) -> None:
    """Signs of a query are words like any other, or none."""
    index = MemoryIndex()
    index.add([message(1, "something else")])
    assert found(index, words) == []


@given(st.text(max_size=60))
@example("some\0thing")
@settings(max_examples=60, deadline=None)
def test_no_query_is_an_error(words: str) -> None:
    """Whatever is typed, there are hits or none."""
    index = MemoryIndex()
    index.add([message(1, "something else")])
    assert found(index, words) in ([], [1])
