"""Break-glass passwords: which are refused, and that only the right one opens."""

import pytest

from keys.password import Cost, is_password, keep_password, why_not

CHEAP = Cost(ops=1, memory_bytes=8 * 1024)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "thirteenchars",
        "x" * 201,
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "passwordpassword",
        "PasswordPassword1",
        "P@ssw0rdP@ssw0rd",
        "12345678901234",
        "98765432109876",
        "qwertyuiopasdfgh",
        "abcdefghijklmnop",
        "CorrectHorseBatteryStaple",
        "correct horse battery staple",
        "letmeinplease!!!!",
        "supersecretpassword2026",
        "budapestconvention",
        "1q2w3e4r5t6y7u8i",
    ],
)
def test_password_that_is_tried_first_is_refused(password: str) -> None:
    """Too short, too long, one unit again and again, a row of keys, or one of the list."""
    assert why_not(password)


@pytest.mark.parametrize(
    "password", ["violet tractor under rain", "Şapte-nori 19 pe lac", "k3J-qq0!zPw.7fTx"]
)
def test_password_that_nobody_put_together_is_taken(password: str) -> None:
    """Any signs, of any script."""
    assert why_not(password) is None


def test_only_the_password_itself_opens() -> None:
    """What is kept does not show it, and differs each time."""
    kept = keep_password("violet tractor under rain", CHEAP)
    assert kept.startswith("$argon2id$")
    assert "violet" not in kept
    assert keep_password("violet tractor under rain", CHEAP) != kept
    assert is_password("violet tractor under rain", kept)
    assert not is_password("violet tractor under rai", kept)
    assert not is_password("x" * 201, kept)
    assert not is_password("violet tractor under rain", "nonsense")
    assert not is_password("violet tractor under rain", "é")
    assert not is_password("\ud800" * 20, kept)


def test_cost_is_two_seconds_of_a_slow_core() -> None:
    """The numbers of the document, so that nobody lowers them unseen."""
    assert (Cost().ops, Cost().memory_bytes) == (3, 256 * 1024 * 1024)
