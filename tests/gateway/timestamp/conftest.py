"""Two local authorities, made once for all tests here."""

from pathlib import Path

import pytest

from tests.gateway.timestamp.local import LocalAuthority


def made(factory: pytest.TempPathFactory, name: str) -> LocalAuthority:
    """Make an authority in a folder of its own."""
    folder: Path = factory.mktemp(name)
    return LocalAuthority(folder, name)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    """Return an authority."""
    return made(tmp_path_factory, "first")


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    """Return another one, with other roots."""
    return made(tmp_path_factory, "second")
