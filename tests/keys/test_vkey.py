"""Verifier keys: one spelling of one key, as other people's tools write it."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.cosignature import SignatureType
from keys.errors import UnknownSuiteError
from keys.vkey import VerifierKey, is_key_name
from tests.keys.external import own_copy

SHORT = VerifierKey(name="example.com/foo", kind=SignatureType.ED25519, public=b"k" * 32)
LONG = VerifierKey(name="a35/RO/1/witness", kind=SignatureType.MLDSA44, public=b"k" * 1312)
TEXT = str(SHORT)
NAME, ID, MATERIAL = TEXT.split("+", 2)


@pytest.mark.parametrize("key", [SHORT, LONG])
def test_key_comes_back_from_its_text(key: VerifierKey) -> None:
    """Both types of the suite."""
    assert VerifierKey.parse(str(key)) == key


def test_key_that_another_implementation_wrote_is_read() -> None:
    """Name, id and type as there, and the same text again."""
    text = own_copy("torchwood-mldsa44")["verifier_key"]
    key = VerifierKey.parse(text)
    assert (key.name, key.kind) == ("example.com/mldsa-log", SignatureType.MLDSA44)
    assert str(key) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        NAME,
        f"{NAME}+{ID}",
        f"{NAME}+{ID}+",
        f"{NAME}+{ID}+!",
        f"{NAME}+{ID}+\xe9",
        f"+{ID}+{MATERIAL}",
        f"a b+{ID}+{MATERIAL}",
        f"{NAME}x+{ID}+{MATERIAL}",
        f"{NAME}+{ID.upper()}+{MATERIAL}",
        f"{NAME}+{ID[:-1]}+{MATERIAL}",
        f"{NAME}+{'0' * 8}+{MATERIAL}",
        f"{NAME}+{ID}+{MATERIAL}=",
        f"{NAME}+{ID}+{MATERIAL}\n",
        f"{NAME}+{ID}+{b64encode(bytes((4,)) + bytes(32)).decode()}",
        f"{NAME}+{ID}+{b64encode(bytes((1,)) + bytes(31)).decode()}",
        f"{NAME}+{ID}+{b64encode(bytes((6,)) + bytes(32)).decode()}",
    ],
)
def test_text_that_is_no_key_of_the_suite_is_refused(text: str) -> None:
    """A second spelling, another id, a type that nothing here verifies."""
    with pytest.raises(UnknownSuiteError):
        VerifierKey.parse(text)


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_to_itself_or_refused(text: str) -> None:
    """No other error, no second spelling."""
    try:
        key = VerifierKey.parse(f"{NAME}+{text}")
    except UnknownSuiteError:
        return
    assert str(key) == f"{NAME}+{text}"


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("a35/RO/1/witness", True),
        ("x" * 255, True),
        ("x" * 256, False),
        ("é" * 128, False),
        ("", False),
        ("a b", False),
        ("a\u2003b", False),
        ("a+b", False),
        ("a\x01b", False),
        ("\ud800", False),
    ],
)
def test_name_of_a_key_has_no_blanks_and_fits_one_length_byte(name: str, usable: bool) -> None:  # noqa: FBT001 - a table
    """What signed-note forbids, and what the cosigned message has no room for."""
    assert is_key_name(name) is usable
