"""The family: each remote error carries a code, the local ones none."""

import pytest

from protocol.errors import (
    Code,
    ConflictError,
    ExpiredError,
    ForkDetectedError,
    LocalProtocolError,
    LogPositionError,
    MalformedError,
    NotAllowedError,
    NotForUsError,
    NotProvenError,
    ProtocolError,
    RemoteProtocolError,
    RollbackError,
    TooLargeError,
    UnknownSenderError,
)

# Written from the table of rule 25, not from the code.
RULE_25 = (
    "E_FRAME E_CANON E_SCHEMA E_SIZE E_PEER E_FROM E_TO E_PROOF E_RECEIPT E_BIND E_PAD E_OPEN "
    "E_CLOCK E_EXPIRED E_LOG_POSITION E_KEY_UNKNOWN E_DIR_STALE E_KEM_EXPIRED E_MID_CONFLICT "
    "E_FORK E_BLOBS E_HASH E_LENGTH E_BUSY E_QUOTA E_STORE"
)


def test_the_codes_are_those_of_the_table() -> None:
    """A code more or less is a change of the wire."""
    assert sorted(Code) == sorted(RULE_25.split())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RemoteProtocolError, Code.FRAME),
        (MalformedError, Code.SCHEMA),
        (UnknownSenderError, Code.PEER),
        (NotForUsError, Code.TO),
        (NotProvenError, Code.PROOF),
        (ConflictError, Code.MID_CONFLICT),
        (ExpiredError, Code.EXPIRED),
        (RollbackError, Code.SCHEMA),
    ],
)
def test_a_remote_error_says_its_code_or_the_one_given(
    error: type[RemoteProtocolError], code: Code
) -> None:
    """The peer is told the code alone, so that there always is one."""
    assert error("text").code is code
    assert error("text", code=Code.OPEN).code is Code.OPEN
    assert str(error("text")) == "text"


def test_a_log_position_carries_the_size_to_repeat_from() -> None:
    """Without it the sender could not mend its frame in one round trip."""
    error = LogPositionError("text", size=7)
    assert (error.code, error.size, str(error)) == (Code.LOG_POSITION, 7, "text")


def test_a_fork_carries_both_notes() -> None:
    """The two notes are the proof; without them the alarm would be an opinion."""
    error = ForkDetectedError("text", held=b"a", offered=b"b")
    assert (error.code, error.held, error.offered) == (Code.FORK, b"a", b"b")


@pytest.mark.parametrize("error", [NotAllowedError, TooLargeError])
def test_our_own_mistakes_are_never_told_to_a_peer(error: type[LocalProtocolError]) -> None:
    """A local error has no code that could be sent."""
    assert issubclass(error, ProtocolError)
    assert not issubclass(error, RemoteProtocolError)
    assert not hasattr(error("text"), "code")
