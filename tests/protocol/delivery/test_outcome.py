"""The table of what a refusal asks for: complete, and as rule 25 has it."""

import pytest

from protocol.delivery.outcome import (
    STUCK_RETRY_MS,
    STUCK_RETRY_URGENT_MS,
    Remedy,
    is_stuck,
    remedy_for,
    wait_ms,
)
from protocol.delivery.urgency import Urgency
from protocol.errors import Code

AGAIN = {
    Code.LOG_POSITION: Remedy.REPOSITION,
    Code.KEY_UNKNOWN: Remedy.REFRESH_DIRECTORY,
    Code.DIR_STALE: Remedy.REFRESH_DIRECTORY,
    Code.KEM_EXPIRED: Remedy.WRAP_AGAIN,
    Code.BLOBS: Remedy.SEND_PARTS,
    Code.HASH: Remedy.SEND_PARTS,
    Code.LENGTH: Remedy.SEND_PARTS,
    Code.BUSY: Remedy.WAIT,
    Code.QUOTA: Remedy.WAIT,
    Code.STORE: Remedy.WAIT,
}
"""Codes that rule 25 lets a sender answer by itself."""


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_remedy(code: Code) -> None:
    """A peer may answer any code of the list; none may end a worker."""
    assert isinstance(remedy_for(code), Remedy)


@pytest.mark.parametrize(("code", "remedy"), AGAIN.items())
def test_codes_that_pass_by_themselves_ask_nobody(code: Code, remedy: Remedy) -> None:
    """Rule 25, column "again?": an officer is not woken for what a second attempt mends."""
    assert remedy_for(code) is remedy
    assert not is_stuck(remedy)


@pytest.mark.parametrize("code", sorted(set(Code) - set(AGAIN) - {Code.PEER, Code.FROM, Code.TO}))
def test_codes_that_repeating_cannot_mend_are_told_to_people(code: Code) -> None:
    """Rule 25: "no" means stuck, told to the officer, repeated only slowly."""
    assert is_stuck(remedy_for(code))


@pytest.mark.parametrize("code", [Code.PEER, Code.FROM, Code.TO])
def test_refused_address_first_asks_the_directory(code: Code) -> None:
    """An entry that changed is the usual reason; what stays is stuck after a few attempts."""
    assert remedy_for(code) is Remedy.REFRESH_DIRECTORY


def test_fork_freezes_and_stuck_emergency_is_tried_more_often() -> None:
    """A log with two histories gets nothing more; P0 keeps knocking every five minutes."""
    assert remedy_for(Code.FORK) is Remedy.FREEZE
    assert STUCK_RETRY_URGENT_MS < STUCK_RETRY_MS == 30 * 60 * 1000


@pytest.mark.parametrize(
    ("cls", "waits"),
    [(Urgency.P0, [1, 2, 4, 8, 15, 15, 15, 15]), (Urgency.P2, [1, 2, 4, 8, 16, 32, 64, 64])],
)
def test_peer_that_stays_busy_is_asked_ever_more_rarely(cls: Urgency, waits: list[int]) -> None:
    """One that recovers for hours names a second each time, and would be asked each second."""
    waited = [
        wait_ms(Remedy.WAIT, urgency=cls, refusals=count, retry_ms=1_000) // 1000
        for count in (*range(1, 8), 10**6)
    ]
    assert waited == waits


def test_turn_that_a_busy_peer_gives_is_kept() -> None:
    """Storm control: whoever comes earlier than its turn takes another's."""
    assert wait_ms(Remedy.WAIT, urgency=Urgency.P2, refusals=3, retry_ms=47_000) == 47_000
