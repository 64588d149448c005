"""Pages of the house for every role: what they show, what they refuse, what they change."""

import pytest

from gateway.people import Role
from tests.gateway.officer.pages.house import house_test
from tests.gateway.officer.pages.world import DeskWorld

PAGES = ("/pings", "/pings/availability", "/directory", "/directory/FR", "/directory/FR/keys",
         "/directory/keys", "/log", "/help", "/duty", "/statistics")  # fmt: skip


@house_test
async def test_every_role_sees_the_pages_of_the_house(desk: DeskWorld) -> None:
    """Lists, log and directory are for everybody who signed in, in every language."""
    for role in Role:
        visitor = await desk.visitor(role)
        for path in PAGES:
            for language in ("en", "fr", "ar"):
                answer = await visitor.get(f"{path}?language={language}")
                assert answer.status == 200, (path, role, answer.status, answer.text[-3000:])
