"""Refusals as pages say what the table of problems says, in each language."""

import pytest

from gateway.officer.adapters.languages import Languages
from gateway.officer.pages.refusals import TITLES
from gateway.officer.shapes.problems import KINDS
from gateway.people import Role
from tests.gateway.officer.pages.world import DeskWorld, desk_test


def test_titles_are_those_of_the_table() -> None:
    """One wording for pages, programs and the documents."""
    assert {code: KINDS[code].title for code in TITLES} == dict(TITLES)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_titles_are_translated(language: str) -> None:
    """A refusal is read by whoever does not know English."""
    languages = Languages.load()
    assert [text for text in TITLES.values() if languages.say(language, text) == text] == []


@desk_test
async def test_page_of_a_refusal_is_in_the_readers_language(desk: DeskWorld) -> None:
    """What the program says besides is marked as English."""
    officer = await desk.visitor(Role.OFFICER)
    shown = await officer.get("/admin/users?language=fr")
    assert shown.status == 403
    assert "Votre rôle ne le permet pas" in shown.text
    assert '<bdi dir="auto" lang="en">your role does not allow this' in shown.text
