"""What renews pages: names that the node tells, the script hears and the docs explain."""

import re
from pathlib import Path

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
    for path in sorted((FOLDER / "templates").glob("**/*.html")):
        for names in re.findall(r'live="([a-z_. ]+)"', path.read_text(encoding="utf-8")):
            if names in {"polite", "assertive"}:  # of aria-live
                continue
            assert set(names.split()) <= heard | OF_THE_SCRIPT, (path.name, names)


def test_each_event_that_the_script_hears_is_documented() -> None:
    """Whoever writes a program reads the same table."""
    text = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
    events = text.partition("### Events")[2].partition("### Long work")[0]
    assert {name for name in listened() if f"`{name}`" not in events} == set()


def test_a_timeline_is_renewed_by_whatever_has_a_line_in_it() -> None:
    """Evidence of silence that comes while somebody looks is seen without a reload."""
    text = (FOLDER / "templates" / "macros" / "cases.html").read_text(encoding="utf-8")
    found = re.search(r'id="timeline" data-live="([a-z_. ]+)"', text)
    assert found is not None
    assert kinds_with_words() <= set(found[1].split())
