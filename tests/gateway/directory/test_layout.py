"""Names: what a published directory may hold, and nothing that leads out of it."""

import pytest

from gateway.directory.layout import (
    entry_file,
    is_country,
    is_published,
    party_of_role,
    party_role,
    role_file,
)


@pytest.mark.parametrize(
    "name",
    [
        "metadata/timestamp.json",
        "metadata/1.root.json",
        "metadata/27.snapshot.json",
        "metadata/3.targets.json",
        "metadata/12.party-RO.json",
        entry_file("RO", "0a" * 32),
        role_file(party_role("FR"), 1),
    ],
)
def test_the_files_of_a_directory_are_known_by_name(name: str) -> None:
    """They are what a mirror holds."""
    assert is_published(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "metadata/",
        "metadata/1.timestamp.json",
        "metadata/0.root.json",
        "metadata/01.root.json",
        "metadata/1.party-ro.json",
        "metadata/../metadata/timestamp.json",
        "/metadata/timestamp.json",
        "metadata/timestamp.json\n",
        "targets/parties/RO/party.json",
        "targets/parties/RO/../FR/" + "0a" * 32 + ".party.json",
        "targets/parties/RO/" + "0A" * 32 + ".party.json",
        "drafts/RO.json",
        "keys/root-1.key",
    ],
)
def test_every_other_name_is_unknown(name: str) -> None:
    """Drafts, keys and ways out are never read, written or served by name."""
    assert not is_published(name)


def test_a_role_of_a_party_names_that_party() -> None:
    """And no other role does."""
    assert party_of_role(party_role("RO")) == "RO"
    for role in ("root", "targets", "party-", "party-ro", "party-ROM", "../party-RO", "party-RO\n"):
        assert party_of_role(role) is None


def test_a_country_is_two_capital_letters() -> None:
    """Its code becomes part of a path."""
    assert is_country("RO")
    assert not any(map(is_country, ("", "ro", "ROM", "R0", "..", "RO\n")))
