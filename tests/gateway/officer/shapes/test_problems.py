"""One table turns errors into problems and back: same code, same exit code, no secrets."""

import pytest

from gateway.errors import (
    AccessDeniedError,
    ConfigError,
    DataError,
    GatewayError,
    LogDamagedError,
    NoInputError,
    NotYetError,
    ProofError,
    RecoveringError,
    StorageError,
    TransportError,
    UnavailableError,
    UsageError,
)
from gateway.officer.shapes.problems import (
    KINDS,
    Fault,
    Problem,
    RefusedError,
    error_of,
    problem_of,
    problem_of_error,
)
from protocol.errors import MalformedError, NotAllowedError, TooLargeError

FAMILY = (
    AccessDeniedError,
    ConfigError,
    DataError,
    LogDamagedError,
    NoInputError,
    NotYetError,
    ProofError,
    RecoveringError,
    StorageError,
    TransportError,
    UnavailableError,
    UsageError,
)


@pytest.mark.parametrize("kind", FAMILY)
def test_every_error_of_the_family_has_a_row(kind: type[GatewayError]) -> None:
    """An error without a row would look like a bug to the officer."""
    problem = problem_of_error(kind("what happened"))
    assert problem.code in KINDS
    assert problem.code != "bug"
    assert problem.detail == "what happened"
    assert problem.status == KINDS[problem.code].status


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_row_keeps_its_exit_code_on_the_way_to_the_command(code: str) -> None:
    """A script reads the exit code; the node and the command must agree on it."""
    error = error_of(problem_of(code, "detail"))
    assert error.exit_code == KINDS[code].exit_code
    assert error.code == code
    assert error.hint == KINDS[code].hint


def test_own_code_and_hint_of_an_error_survive() -> None:
    """The error knows better than the table what to do."""
    error = DataError("no", code="not_opened", hint="open it")
    problem = problem_of_error(error)
    assert (problem.code, problem.hint, problem.status) == ("not_opened", "open it", 409)
    assert problem.type == "urn:a35:problem:not_opened"


def test_code_without_a_row_falls_back_to_its_exit_code() -> None:
    """A service may name its errors more finely than the table."""
    assert problem_of_error(DataError("no", code="finer")).code == "invalid_request"


def test_errors_of_the_protocol_are_told_apart() -> None:
    """Ours is a mistake to correct, theirs an alarm."""
    assert problem_of_error(TooLargeError("too large")).code == "too_large"
    assert problem_of_error(NotAllowedError("not now")).code == "not_allowed"
    assert problem_of_error(MalformedError("broken")).code == "proof_failed"


def test_bug_says_nothing_of_the_error() -> None:
    """Its text may quote what it was given."""
    problem = problem_of_error(RuntimeError("canary-4711"))
    assert problem.code == "bug"
    assert "canary" not in problem.model_dump_json()


def test_faults_of_a_document_come_back() -> None:
    """The officer sees every field that must be mended, also through the client."""
    fault = Fault(path="body.items[0]", code="missing", message="Fill it in.")
    error = RefusedError("refused", faults=(fault,), hint="mend it")
    back = error_of(problem_of_error(error))
    assert isinstance(back, RefusedError)
    assert back.faults == (fault,)
    assert (back.code, back.exit_code, back.hint) == ("invalid_request", 65, "mend it")


def test_code_of_a_newer_node_is_still_an_error() -> None:
    """An older command must not take it for success."""
    problem = Problem(type="", code="unheard", title="New", detail="", hint="", status=400)
    error = error_of(problem)
    assert (error.code, str(error), error.exit_code) == ("unheard", "New", 70)
