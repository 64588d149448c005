"""The journal: one event is one line, nothing secret gets in, nothing can forge a line."""

from collections.abc import Iterator
from io import StringIO
from json import loads
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import TransportError
from gateway.journal import (
    MAX_ITEMS,
    MAX_TEXT,
    Seldom,
    configure_journal,
    get_journal,
    reset_journal,
)
from protocol.errors import Code, NotProvenError
from protocol.identifiers import LogOrigin, MessageId, NodeId


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    yield
    reset_journal()


def _lines(*, json: bool = True) -> StringIO:
    stream = StringIO()
    configure_journal(stream, json=json)
    return stream


def _one(stream: StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    parsed = loads(line)
    assert isinstance(parsed, dict)
    return parsed


def test_event_carries_time_level_part_and_fields() -> None:
    """An operator asks when, how bad, who and what."""
    stream = _lines()
    get_journal("peer.server").info("frame accepted", peer=NodeId("RO", 1), items=3)
    event = _one(stream)
    assert (event["level"], event["name"], event["event"]) == (
        "info",
        "peer.server",
        "frame accepted",
    )
    assert (event["peer"], event["items"]) == ("RO/1", 3)
    assert str(event["timestamp"]).endswith("Z")


def test_pen_made_before_configuration_follows_it() -> None:
    """Modules get their pens when they are made, the stream is known later."""
    journal = get_journal("early")
    stream = _lines()
    journal.warning("later")
    assert _one(stream)["level"] == "warning"


def test_alarm_is_the_highest_level() -> None:
    """Alarms are what operators filter for."""
    stream = _lines()
    get_journal("link").alarm("fork detected", origin=LogOrigin(NodeId("RO", 1), 2))
    event = _one(stream)
    assert (event["level"], event["origin"]) == ("critical", "a35/RO/1/log/2")


@pytest.mark.parametrize(
    "field",
    ["passphrase", "store_key", "seed", "token", "body", "content", "inner", "log_seeds", "Odd"],
)
def test_field_named_like_a_secret_is_left_out(field: str) -> None:
    """Whoever passes one by mistake must not find it on disk."""
    stream = _lines()
    get_journal("x").info("event", **{field: "canary"})
    assert "canary" not in stream.getvalue()


def test_bytes_and_foreign_objects_show_their_type_only() -> None:
    """Only listed types are printed; a repr may hold anything."""
    stream = _lines()
    get_journal("x").info(
        "event", raw=b"canary", thing=object(), many=(b"canary", 1, MessageId(bytes(16)))
    )
    event = _one(stream)
    assert "canary" not in stream.getvalue()
    assert (event["raw"], event["thing"]) == ("(bytes)", "(object)")
    assert event["many"] == ["(bytes)", 1, "0" * 32]


def test_error_shows_type_and_code_never_its_text() -> None:
    """Texts of libraries may quote what they were given."""
    stream = _lines()
    get_journal("x").info(
        "event",
        ours=NotProvenError("canary", code=Code.BIND),
        gateway=TransportError("canary"),
        foreign=ValueError("canary"),
        where=Path("a/b"),
        code=Code.BUSY,
    )
    event = _one(stream)
    assert "canary" not in stream.getvalue()
    assert (event["ours"], event["gateway"]) == (
        "NotProvenError E_BIND",
        "TransportError transport",
    )
    assert (event["foreign"], event["where"], event["code"]) == ("(ValueError)", "a/b", "E_BUSY")


def test_bug_names_places_not_values() -> None:
    """A fault of ours must be findable from the journal alone."""
    stream = _lines()
    with pytest.raises(KeyError) as caught:
        dict[str, str]()["canary"]
    get_journal("x").bug("unexpected", caught.value)
    event = _one(stream)
    assert "canary" not in stream.getvalue()
    assert (event["level"], event["error"]) == ("error", "(KeyError)")
    assert isinstance(event["where"], list)
    assert "test_journal.py:" in event["where"][0]


def test_long_values_are_cut_and_said_to_be() -> None:
    """A line has a bound, whatever it is told."""
    stream = _lines()
    get_journal("x").info("event", text="a" * (MAX_TEXT + 1), many=list(range(MAX_ITEMS + 2)))
    event = _one(stream)
    assert event["text"] == "a" * MAX_TEXT + " (cut)"
    assert isinstance(event["many"], list)
    assert event["many"][-1] == "and 2 more"


@given(text=st.text(max_size=40), json=st.booleans())
@settings(max_examples=100, deadline=None)
def test_no_text_can_forge_a_second_line(text: str, json: bool) -> None:  # noqa: FBT001 - drawn
    """CR, LF, NUL, U+2028 and terminal escapes are the tools of it."""
    stream = _lines(json=json)
    get_journal("x").info("event", text=text + "\n\r\x00\x1b[2J\u2028\u0085")
    written = stream.getvalue()
    assert written.endswith("\n")
    assert len(written.splitlines()) == 1
    assert written[:-1].isprintable()
    assert written.isascii()


def test_line_for_people_reads_from_left_to_right() -> None:
    """Time, level, part, event, then the fields."""
    stream = _lines(json=False)
    get_journal("peer").info("slow peer", peer="RO/1", count=3)
    assert stream.getvalue().split(" ", 1)[1] == 'info     peer: slow peer peer="RO/1" count=3\n'


def test_seldom_lets_one_line_through_and_counts_the_rest() -> None:
    """A flood must not fill the disk, and must not be invisible."""
    now = [0.0]
    seldom = Seldom(lambda: now[0], interval_s=60, max_keys=2)
    assert [seldom.due("a"), seldom.due("a"), seldom.due("a"), seldom.due("b")] == [
        0,
        None,
        None,
        0,
    ]
    now[0] = 60.0
    assert seldom.due("a") == 2


def test_seldom_forgets_the_oldest_key_beyond_its_bound() -> None:
    """Keys come from outside; memory does not follow them."""
    seldom = Seldom(lambda: 0.0, max_keys=2)
    assert [seldom.due(key) for key in ("a", "b", "c", "a", "c")] == [0, 0, 0, 0, None]


def test_what_nobody_configured_goes_to_standard_error_with_nothing_secret_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A command writes its answer to standard output: a line of the journal would spoil it."""
    get_journal("early").warning("too soon", store_key="canary", items=2)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("warning  early: too soon items=2\n")
