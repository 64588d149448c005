"""The description of the API: of every address, true, and the same as the one checked in."""

import json
from pathlib import Path

from gateway.officer.access import need_of
from gateway.officer.api.addresses import ROWS
from gateway.officer.api.openapi import PATH, name_of
from gateway.officer.shapes.problems import KINDS
from gateway.people import Role
from tests.gateway.network import Wire, network
from tests.gateway.officer.api.described import PAGE, whole_desk, written
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.office import office, services_of
from tests.gateway.service.world import scenario


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    """An address that nobody described would be found by nobody."""
    assert sorted(map(name_of, whole_desk())) == sorted(ROWS)


def test_every_route_says_what_it_is_for_and_who_may() -> None:
    """The first line of its handler stands in the description."""
    for route in whole_desk():
        assert (route.handler.__doc__ or "").strip(), route.path
        assert need_of(route.handler) is not None, route.path


def test_description_is_the_one_checked_in() -> None:
    """Who changes the API sees it in the diff; write it anew as `described` says."""
    assert PAGE.read_bytes() == written(), "python -m tests.gateway.officer.api.described"


def test_references_lead_somewhere_and_ids_are_unique() -> None:
    """What generators of clients stumble over."""
    document = json.loads(written())
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in schemas
    ids = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(ids) == len(set(ids))


def test_every_status_of_a_refusal_is_described_but_that_of_a_bug() -> None:
    """A 500 is never a promise."""
    document = json.loads(written())
    for path in document["paths"].values():
        for operation in path.values():
            statuses = {int(status) for status in operation["responses"]}
            assert statuses >= {kind.status for kind in KINDS.values()} - {500}
            assert 500 not in statuses


@scenario
async def test_description_is_served_to_anybody(tmp_path: Path) -> None:
    """Of the addresses that this desk has."""
    async with (
        network(tmp_path, ["RO/1"], Wire()) as net,
        office(services_of(net["RO/1"]), somebody(Role.OPERATOR)) as ask,
        ask.client.get(PATH) as response,
        ask.client.get(PATH) as again,
    ):
        document = json.loads(await response.read())
        assert document["openapi"] == "3.1.0"
        assert "/api/v1/searches" in document["paths"]
        assert json.loads(await again.read()) == document
