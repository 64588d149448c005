"""Faults of a form in the language of the page that asked, ready for its summary."""

from collections.abc import Mapping

from aiohttp.web import Request

from gateway.officer.access import CALLER
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.layout import language_of


def said(desk: Desk, request: Request, faults: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with each field, in words of the page.

    Args:
        desk: Has the catalogues.
        request: What is answered.
        faults: For each field an id of `ui`.
    """
    language = language_of(request, request.get(CALLER))
    return {name: desk.templates.languages.say(language, text) for name, text in faults.items()}


def kept(form: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return what was typed into some fields, empty where nothing was.

    Args:
        form: As it came.
        names: Of the fields that the page shows again.
    """
    return {name: form.get(name, "") for name in names}
