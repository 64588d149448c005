"""The routes of a desk that has everything, and their description; writes docs/openapi.json.

python -m tests.gateway.officer.api.described
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, cast

from aiohttp.web import RouteDef

from gateway.officer.api.openapi import describe, text_of
from gateway.officer.api.session import SessionApi
from gateway.officer.guards import Address
from gateway.officer.server import API_VERSION, api_routes
from gateway.officer.services import OfficerServices
from gateway.service.frontdoor import FrontDoor

PAGE: Final = Path(__file__).parents[4] / "docs" / "openapi.json"


class Anything:
    """Stands for a service of which no handler is called."""

    def __getattr__(self, name: str) -> "Anything":
        return Anything()

    def __call__(self, *_given: object, **_named: object) -> "Anything":
        """Return the like."""
        return Anything()

    def __iter__(self) -> Iterator[object]:
        return iter(())


def whole_desk() -> list[RouteDef]:
    """Return every route there is."""
    parts = {each.name: Anything() for each in fields(OfficerServices)}
    door = cast("FrontDoor", Anything())
    return api_routes(
        OfficerServices(**cast("dict[str, Any]", parts)),
        beside=SessionApi(door, Address()).routes(),
    )


def written() -> bytes:
    """Return the description as it is checked in."""
    return text_of(describe(whole_desk(), API_VERSION))


if __name__ == "__main__":
    PAGE.write_bytes(written())
