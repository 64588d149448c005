"""The vendored style: what was built, free of marks that are not ours to show."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

from gateway.officer.pages.layout import WORDS
from keys.digest import sha256

PAGES = files("gateway.officer.pages")
VENDOR = PAGES.joinpath("static", "vendor", "govuk")
CI = Path(__file__).parents[4] / ".ci" / "vendor"
HOSTS = re.compile(r"resolved|registry|https?://")


SCRIPTS = [each for each in PAGES.joinpath("static").iterdir() if each.name.endswith(".js")]
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
    r"|eval\(|new Function|createPolicy|setTimeout\(\s*[\"'`]|localStorage|sessionStorage|indexedDB"
    r"|serviceWorker|https?://|\.style\b"
)
MOST_LINES = 700
MOST_LINES_OF_ONE = 150


def test_vendored_files_are_those_that_were_built() -> None:
    """A change by hand is lost with the next build, or was not meant."""
    vendored = tomllib.loads(VENDOR.joinpath("VENDOR.toml").read_text("utf-8"))
    assert set(vendored["sha256"]) | {"VENDOR.toml"} == {each.name for each in VENDOR.iterdir()}
    for name, expected in vendored["sha256"].items():
        assert sha256(VENDOR.joinpath(name).read_bytes()).hex() == expected, name


def test_style_loads_nothing_and_shows_no_mark_of_gov_uk() -> None:
    """Crown, crest and typeface are licensed to gov.uk alone, and the policy loads nothing else."""
    for name in ("ltr.css", "rtl.css"):
        text = VENDOR.joinpath(name).read_text("utf-8")
        assert text.count("url(") == 0
        assert text.count("GDS Transport") == 0
        assert "crest" not in text
    assert "url(" not in PAGES.joinpath("static", "desk.css").read_text("utf-8")
    assert "sourceMappingURL" not in VENDOR.joinpath("govuk-frontend.min.js").read_text("utf-8")


def test_both_directions_are_of_one_sheet() -> None:
    """They differ in sides alone."""
    left, right = (VENDOR.joinpath(name).read_text("utf-8") for name in ("ltr.css", "rtl.css"))
    assert left != right
    assert left.count("{") == right.count("{")


def test_licence_goes_with_the_style() -> None:
    """Its one condition."""
    text = VENDOR.joinpath("LICENSE.txt").read_text("utf-8")
    assert "MIT License" in text
    assert "shall be included in" in text


def test_lock_of_the_build_names_no_place_to_fetch_from() -> None:
    """Where packages come from is the business of who builds."""
    lock = CI / "package-lock.json"
    if lock.exists():  # not where only the wheel and the tests are
        assert HOSTS.search(lock.read_text("utf-8")) is None
        vendored = tomllib.loads(VENDOR.joinpath("VENDOR.toml").read_text("utf-8"))
        assert vendored["integrity"] in lock.read_text("utf-8")


def test_script_turns_no_text_into_markup_and_keeps_nothing() -> None:
    """Case data lies in no browser's profile, and no foreign text becomes part of a page."""
    for script in SCRIPTS:
        assert SINKS.search(script.read_text("utf-8")) is None, script.name


def test_script_is_small() -> None:
    """Somebody must be able to read all of it before trusting it: ADR 28."""
    lines = {each.name: len(each.read_text("utf-8").splitlines()) for each in SCRIPTS}
    assert sum(lines.values()) <= MOST_LINES
    assert max(lines.values()) <= MOST_LINES_OF_ONE


def test_script_says_only_what_the_page_gives_it() -> None:
    """A word that is missing is shown as nothing."""
    text = "".join(each.read_text("utf-8") for each in SCRIPTS)
    said = set(re.findall(r"""say\("([a-z_]+)\"""", text))
    assert said
    assert said <= set(WORDS)


def test_dark_by_choice_and_dark_by_the_system_are_the_same_colours() -> None:
    """A style sheet cannot say them once for a class and for what the system asks."""
    css = PAGES.joinpath("static", "desk.css").read_text("utf-8")
    chosen, asked = (
        css.partition(f".a35-theme-{name} body {{")[2].partition("}")[0].split()
        for name in ("dark", "system")
    )
    assert len(chosen) > 50
    assert chosen == asked
