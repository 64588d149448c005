"""Names: one spelling each, everything else refused with our own error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import Code, MalformedError
from protocol.identifiers import MAX_GENERATION, LogOrigin, MessageId, NodeId

countries = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
nodes = st.builds(NodeId, countries, st.integers(1, 999))
origins = st.builds(LogOrigin, nodes, st.integers(1, MAX_GENERATION))


@given(nodes)
@settings(max_examples=50, deadline=None)
def test_a_node_reads_back_as_written(node: NodeId) -> None:
    """A name that changes on its way would bind a statement to another node."""
    assert NodeId.parse(str(node)) == node


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RO",
        "RO/",
        "RO/0",
        "RO/01",
        "RO/1000",
        "ro/1",
        "R/1",
        "ROU/1",
        "RO/1\n",
        " RO/1",
        "RO/1 ",
        "RO/-1",
        "RO/+1",
        "RO/\u0661",
        "\u0420O/1",
        "RO-1",
    ],
)
def test_another_spelling_of_a_node_is_refused(text: str) -> None:
    """Two spellings of one node would be two peers for the duplicate check."""
    with pytest.raises(MalformedError) as refusal:
        NodeId.parse(text)
    assert refusal.value.code is Code.SCHEMA


@pytest.mark.parametrize(("country", "number"), [("ro", 1), ("RO", 0), ("RO", 1000), ("RO", -1)])
def test_a_wrong_node_cannot_be_built(country: str, number: int) -> None:
    """A value that exists is right: nobody checks it again."""
    with pytest.raises(MalformedError):
        NodeId(country, number)


@given(st.binary(min_size=16, max_size=16))
@settings(max_examples=50, deadline=None)
def test_a_message_id_reads_back_as_shown(value: bytes) -> None:
    """Officers copy it from a page into a command."""
    mid = MessageId(value)
    assert MessageId.parse(str(mid)) == mid


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_message_id_of_another_length_is_refused(length: int) -> None:
    """Sixteen bytes are the width of the key of the duplicate check."""
    with pytest.raises(MalformedError):
        MessageId(bytes(length))


@pytest.mark.parametrize("text", ["", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "\n", "g" * 32])
def test_another_spelling_of_a_message_id_is_refused(text: str) -> None:
    """Upper case would be a second name of the same message."""
    with pytest.raises(MalformedError):
        MessageId.parse(text)


@given(origins)
@settings(max_examples=50, deadline=None)
def test_an_origin_reads_back_as_written(origin: LogOrigin) -> None:
    """The origin is the key name inside signed notes: it must not change."""
    assert LogOrigin.parse(str(origin)) == origin


def test_an_origin_names_node_and_generation() -> None:
    """The speaker binds the log: the node is read from the origin, from nowhere else."""
    assert LogOrigin.parse("a35/RO/1/log/2") == LogOrigin(NodeId("RO", 1), 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a35/RO/1/log/0",
        "a35/RO/1/log/01",
        "a35/RO/1/log/1000000000",
        "a35/RO/1/log/1\n",
        "a35/RO/1/witness",
        "A35/RO/1/log/1",
        "a35/RO/0/log/1",
        "a35/ro/1/log/1",
        "x/a35/RO/1/log/1",
    ],
)
def test_another_spelling_of_an_origin_is_refused(text: str) -> None:
    """A second spelling would be a second log of the same node."""
    with pytest.raises(MalformedError):
        LogOrigin.parse(text)


@pytest.mark.parametrize("generation", [0, -1, MAX_GENERATION + 1])
def test_a_generation_out_of_range_cannot_be_built(generation: int) -> None:
    """What could not be read back must not be written."""
    with pytest.raises(MalformedError):
        LogOrigin(NodeId("RO", 1), generation)


def test_origins_rise_with_the_generation() -> None:
    """The newest generation of a log is the greatest origin, also past one digit."""
    node = NodeId("RO", 1)
    assert max(LogOrigin(node, 9), LogOrigin(node, 10)) == LogOrigin(node, 10)
