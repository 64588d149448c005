"""The documents of the demo: every one that it sends must pass the check that everybody's does."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.demo.documents import (
    WRITTEN_ON,
    Example,
    answer_to,
    data_file,
    examples_folder,
    item_ids,
    moved,
    note_of,
)
from gateway.demo.story import load_examples
from gateway.errors import DataError
from protocol.encoding import Value, encode
from protocol.requests.check import check_document
from protocol.requests.document import Document

NOW = datetime(2027, 3, 1, 22, 30, tzinfo=UTC)
MID = "9f2c0a41d27e4b5a8c6612f09be4a7d1"


def examples() -> list[Example]:
    """Return what `a35 demo` sends."""
    return load_examples([])


def test_dates_move_and_texts_that_name_a_date_stay() -> None:
    """The rules on the past and the future hold on whatever day somebody looks at the demo."""
    document: dict[str, Value] = {
        "day": "2026-11-21",
        "moment": "2026-11-21T23:59:59Z",
        "list": [{"from": "2026-12-31"}, 7, None, True],
        "text": "on 2026-11-21",
        "reference": "2026-11-21-7702",
    }
    assert moved(document, 45) == {
        "day": "2027-01-05",
        "moment": "2027-01-05T23:59:59Z",
        "list": [{"from": "2027-02-14"}, 7, None, True],
        "text": "on 2026-11-21",
        "reference": "2026-11-21-7702",
    }


def test_every_example_stays_valid_on_any_day_of_the_coming_years() -> None:
    """Summer time begins and ends; a moment whose offset its zone does not have is refused."""
    for path in examples_folder().glob("*_request.json"):
        document = json.loads(path.read_bytes())
        for days in range(0, 800, 7):
            request = moved(document, days)
            assert isinstance(request, dict)
            result = check_document(request, today=WRITTEN_ON + timedelta(days=days))
            assert result.valid, (path.name, days, result.errors)


def test_a_moment_that_summer_time_leaves_out_becomes_one_that_exists() -> None:
    """02:30 of the night in which clocks go from two to three; an unknown zone changes nothing."""
    night: Value = {"start": "2026-11-21T02:30:00+01:00", "time_zone": "Europe/Paris"}
    assert moved(night, 127) == {
        "start": "2027-03-28T03:30:00+02:00",
        "time_zone": "Europe/Paris",
    }
    nowhere: Value = {"start": "2026-11-21T02:30:00+01:00", "time_zone": "Nowhere/At_All"}
    assert moved(nowhere, 1) == {
        "start": "2026-11-22T02:30:00+01:00",
        "time_zone": "Nowhere/At_All",
    }


def test_examples_that_open_a_thread_come_before_those_that_continue_one() -> None:
    """An extension needs the request that it extends."""
    continuing = ["in_reply_to" in example.document for example in examples()]
    assert continuing == sorted(continuing)
    assert True in continuing


def test_every_example_is_valid_today() -> None:
    """As `a35 check` would say, on the day on which the demo runs."""
    for example in examples():
        result = check_document(example.document, today=datetime.now(UTC).date())
        assert result.valid, (example.name, result.errors)


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2027, 11, 15)])
def test_every_example_is_valid_on_the_days_it_was_made_for(day: date) -> None:
    """The files alone, without being moved: what comes with the program is also documentation."""
    for path in examples_folder().glob("*_request.json"):
        result = check_document(path.read_bytes(), today=day)
        assert result.valid, (path.name, result.errors)


def test_every_answer_of_the_demo_is_valid_and_fits_its_request() -> None:
    """One that is refused would end the demo in the middle of a case."""
    for example in examples():
        request = _moved_to_now(example)
        asked = check_document(request, today=NOW.date()).document
        assert asked is not None
        answers = answer_to(request, MID, sender="RO", now=NOW)
        assert answers
        for answer in answers:
            _assert_fits(answer | {"to": "FR"}, asked)


def _moved_to_now(example: Example) -> dict[str, Value]:
    today = datetime.now(UTC).date()
    request = moved(example.document, (NOW.date() - today).days)
    assert isinstance(request, dict)
    return request


def _assert_fits(answer: dict[str, Value], asked: Document) -> None:
    name, data = data_file()
    result = check_document(answer, today=NOW.date(), request=asked, attachments={name: len(data)})
    assert result.valid, (answer["type"], result.errors)


def test_a_request_without_items_is_answered_as_a_whole() -> None:
    """`*` stands for it."""
    assert item_ids({"body": {}}) == ["*"]
    assert item_ids({"body": {"items": [{"item_id": "I1"}, {"item_id": "I2"}]}}) == ["I1", "I2"]
    assert item_ids({}) == ["*"]


@pytest.mark.parametrize("size_bytes", [3500, 4096, 16384])
def test_load_messages_are_valid_each_its_own_and_about_as_long_as_asked(size_bytes: int) -> None:
    """A load of refused or equal documents would measure something else."""
    request = next(one for one in examples() if one.type == "subscriber_information_request")
    first, second = (
        note_of(request.document, number=number, size_bytes=size_bytes) for number in (1, 2)
    )
    assert first != second
    for document in (first, second):
        result = check_document(document, today=datetime.now(UTC).date())
        assert result.valid, result.errors
    assert len(encode(first)) == pytest.approx(size_bytes, abs=16)


def test_who_sends_an_example_is_its_requesting_authority() -> None:
    """No country, no sender: then the demo says that nobody takes part."""
    assert {example.sender for example in examples()} == {"FR", "JP", "RO"}
    nobody = Example(name="x", document={"type": "note", "body": {}}, folder=Path())
    assert nobody.sender == ""


def test_a_file_that_is_no_document_is_refused(tmp_path: Path) -> None:
    """Before any process is started."""
    for text in ("{", "[]", '"text"'):
        file = tmp_path / "request.json"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(DataError):
            load_examples([file])
    with pytest.raises(DataError):
        load_examples([tmp_path / "absent.json"])
