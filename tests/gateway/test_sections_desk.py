"""Settings of the desk that belong together."""

import pytest
from pydantic import ValidationError

from gateway.config import DeskSection


def test_second_persons_are_waived_in_demos_alone() -> None:
    """A real desk cannot switch them off by a line in a file."""
    assert DeskSection(demo=True, one_person=True).one_person
    with pytest.raises(ValidationError, match="for demos alone"):
        DeskSection(one_person=True)


@pytest.mark.parametrize("origin", ["http://desk.example", "https://x/path", "desk.example"])
def test_origins_are_whole_and_encrypted(origin: str) -> None:
    """What a browser says of itself is compared sign by sign."""
    with pytest.raises(ValidationError):
        DeskSection(origins=(origin,))
    assert DeskSection(origins=("https://desk.example:8443",)).origins
