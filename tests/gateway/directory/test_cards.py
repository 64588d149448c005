"""Key cards: one spelling, and nothing else is one."""

import json

import pytest

from gateway.directory.cards import KeyCard, check_cards, encode_card, parse_card, public_of
from gateway.errors import DataError

PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def test_a_card_reads_back_and_has_a_fingerprint() -> None:
    """What its holder wrote on paper."""
    card = KeyCard(role="party-RO", number=2, public=PUBLIC)
    assert parse_card(encode_card(card)) == card
    assert card.name == "party-RO-2"
    assert len(card.fingerprint) == 64
    assert public_of(card.key) == PUBLIC


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"role": "snapshot"},
        {"role": "party-ro"},
        {"number": 0},
        {"number": 10},
        {"number": True},
        {"public": PUBLIC.upper()},
        {"public": PUBLIC[:-2]},
        {"public": 7},
    ],
)
def test_what_is_no_card_is_refused(change: dict[str, object]) -> None:
    """A root is never drawn up from half a key."""
    document = json.loads(encode_card(KeyCard(role="root", number=1, public=PUBLIC)))
    with pytest.raises(DataError):
        parse_card(json.dumps(document | change).encode())
    with pytest.raises(DataError):
        parse_card(b"[" * 100_000)


def test_one_key_is_not_two_people() -> None:
    """Under whatever names."""
    with pytest.raises(DataError):
        check_cards([KeyCard(role="root", number=number, public=PUBLIC) for number in (1, 2)])


def test_a_key_of_another_kind_has_no_public_half_of_ours() -> None:
    """It is named as such where people look."""
    key = KeyCard(role="root", number=1, public=PUBLIC).key
    key.keyval["public"] = "-----BEGIN"
    assert public_of(key) == ""
