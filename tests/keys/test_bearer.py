"""Secrets that are shown to come in: long enough, never kept, told apart."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from keys.bearer import csrf_of, digest_of, new_code, new_confirmation, new_secret, new_token
from keys.digest import sha256


def test_secrets_have_their_bits_and_fit_where_they_go() -> None:
    """128 bits in an address, 256 in a cookie and a token; signs that need no escaping."""
    plain = re.compile(r"[A-Za-z0-9_-]+\Z")
    for draw, length in ((new_code, 22), (new_secret, 43), (new_token, 48)):
        drawn = {draw() for _ in range(50)}
        assert len(drawn) == 50
        assert {len(each) for each in drawn} == {length}
        assert all(plain.match(each) for each in drawn)
    assert new_token().startswith("a35t_")


def test_confirmation_can_be_read_out() -> None:
    """Eight letters in two groups, none a vowel or like another."""
    for _ in range(200):
        assert re.match(
            r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\Z", new_confirmation()
        )


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_digest_takes_anything(text: str) -> None:
    """What cannot be a secret has none; nothing raises."""
    found = digest_of(text)
    can = bool(text) and len(text) <= 128 and text.isascii()
    assert found == (sha256(text.encode()) if can else None)


def test_token_of_forms_tells_nothing_of_the_session() -> None:
    """It differs by session, and is not the digest that is kept."""
    secret = new_secret()
    assert csrf_of(secret) == csrf_of(secret) != csrf_of(new_secret())
    assert len(csrf_of(secret)) == 43
