"""One browser and one small network of real nodes for all tests of the pages."""

from collections.abc import Iterator

import pytest

from tests.browser.cases import emergency
from tests.browser.engine import Engine, chromium, without_browser
from tests.browser.house import House, open_house


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Return a browser."""
    path = chromium()
    if path is None:
        without_browser()
        raise AssertionError
    with Engine(path) as running:
        yield running


@pytest.fixture(scope="session")
def house(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return three nodes with their directory, up and waiting."""
    with open_house(engine, tmp_path_factory.mktemp("b")) as running:
        yield running


@pytest.fixture(scope="session")
def waiting(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the id of an emergency that waits at RO/1, which has people; JP/1 has none."""
    house["RO/1"].add("first", "officer")
    arrived = ("--wait", "consigned", "--timeout", "120s")
    return house["JP/1"].sends(emergency(to="RO"), tmp_path_factory.mktemp("m"), *arrived)
