"""What renews pages: names that the node tells, the script hears and the docs explain."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.officer import pages
from gateway.officer.pages.timewords import kinds_with_words

FOLDER = Path(pages.__file__).parent
ROOT = FOLDER.parents[2]
OF_THE_SCRIPT = frozenset({"file", "*"})


def listened() -> set[str]:
    """Return the names that the script listens to."""
    text = (FOLDER / "static" / "live.js").read_text(encoding="utf-8")
    found = re.search(r"const TYPES = `([^`]+)`", text)
    assert found is not None
    return set(found[1].split())


def test_each_part_is_renewed_by_events_that_the_script_hears() -> None:
    """A name that nobody tells renews nothing, and nobody notices."""
    heard = listened()
    for name, events in live_parts():
        assert events <= heard | OF_THE_SCRIPT | {"polite", "assertive"}, (name, events)


def test_each_event_that_the_script_hears_is_documented() -> None:
    """Whoever writes a program reads the same table."""
    text = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
    events = text.partition("### Events")[2].partition("### Long work")[0]
    assert {name for name in listened() if f"`{name}`" not in events} == set()


def live_parts() -> Iterator[tuple[str, set[str]]]:
    """Yield the events that renew each part, with the template that it stands in."""
    for path in sorted((FOLDER / "templates").glob("**/*.html")):
        for names in re.findall(r'live="([a-z_. ]+)"', path.read_text(encoding="utf-8")):
            yield path.name, set(names.split())


def test_what_a_message_moves_a_receipt_moves_too() -> None:
    """Opening, consigning and accepting are told by their receipt alone."""
    lacking = [
        (name, sorted(events))
        for name, events in live_parts()
        if "message.state" in events and "receipt" not in events
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ("approve_list.html", "to-approve"),
        ("drafts.html", "drafts"),
        ("pings.html", "rounds"),
        ("box.html", "list"),
    ],
)
def test_an_empty_list_fills_and_a_full_one_empties_by_itself(template: str, part: str) -> None:
    """The part is there in both cases under one name: whoever waits sees what comes."""
    text = (FOLDER / "templates" / template).read_text(encoding="utf-8")
    assert len(re.findall(f'id="{part}"', text)) >= 2
    for block in re.findall(r"{{ show.empty\(.*", text):
        assert block.rstrip().endswith("</div>"), block


def test_all_that_a_case_decides_is_renewed() -> None:
    """Items, who must still confirm, and the telephone stand on a page that stays open."""
    text = (FOLDER / "templates" / "case.html").read_text(encoding="utf-8")
    for part in ("state", "pending", "telephone", "items", "silence", "messages", "assigned"):
        assert re.search(f'<div id="{part}" data-live="', text), part
    assert "expiry_warning lapse_notice" in text


def test_a_timeline_is_renewed_by_whatever_has_a_line_in_it() -> None:
    """Evidence of silence that comes while somebody looks is seen without a reload."""
    text = (FOLDER / "templates" / "macros" / "cases.html").read_text(encoding="utf-8")
    found = re.search(r'id="timeline" data-live="([a-z_. ]+)"', text)
    assert found is not None
    assert kinds_with_words() <= set(found[1].split())
