"""Evidence and records of a case are for whoever had to do with it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.officer.ownership import _is
from gateway.people import Role
from tests.gateway.officer.pages.test_messages import Bundles
from tests.gateway.officer.pages.world import desk_world


def test_case_becomes_ones_own_by_what_one_does_with_it(tmp_path: Path) -> None:
    """Reading is enough; a colleague's case is not, and every case is a supervisor's."""

    async def play() -> None:
        bundles = Bundles()
        async with desk_world(
            tmp_path, change=lambda services: replace(services, evidence=bundles)
        ) as desk:
            mid = await desk.received()
            first, second = await desk.visitor(Role.OFFICER), await desk.visitor(Role.OFFICER)
            chief = await desk.visitor(Role.SUPERVISOR)
            page, address = f"/messages/{mid}/evidence", f"/api/v1/messages/{mid}/evidence"
            await first.post(f"/messages/{mid}/open")
            for visitor, status in ((first, 200), (second, 403), (chief, 200)):
                assert (await visitor.post(page)).status == status
            asked = await second.send("POST", address, {"variant": "redacted"})
            assert (asked.status, asked.json()["code"]) == (403, "forbidden_role")
            await second.get(f"/messages/{mid}")
            assert (await second.post(page)).status == 200

    asyncio.run(play())


@pytest.mark.parametrize(
    ("who", "other", "same"),
    [
        ("RO/1 officer 3", "RO/1 officer 3", True),
        ("RO/1 officer 3", "RO/1 approver 3", True),
        ("RO/1 officer 3", "RO/1 officer 33", False),
        ("RO/1 officer 3", "FR/1 officer 3", False),
        ("RO/1 desk", "RO/1 desk", True),
        ("RO/1 desk", "RO/1 officer 3", False),
    ],
)
def test_person_is_known_by_their_number(who: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Whoever changed roles is still who opened the case."""
    assert _is(who, other) is same
