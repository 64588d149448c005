"""The one table of problems: code, HTTP status, exit code, and what to do now.

The server turns errors into `application/problem+json` by it, the client turns the answer back
into an error of the same family, and commands end with its exit code. Texts never contain
content, keys or text from a peer.

Source: docs/operations.md, "Error codes"; RFC 9457.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict

from gateway.errors import (
    AccessDeniedError,
    ConfigError,
    DataError,
    GatewayError,
    NoInputError,
    NotYetError,
    ProofError,
    StorageError,
    UnavailableError,
    UsageError,
)
from protocol.errors import LocalProtocolError, ProtocolError, TooLargeError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:a35:problem:"


class Fault(BaseModel):
    """One fault of a document: where, which rule, in words."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    path: str
    code: str
    message: str


class Problem(BaseModel):
    """The body of every refusal."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    type: str
    code: str
    title: str
    detail: str
    hint: str
    status: int
    errors: tuple[Fault, ...] = ()
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the table.

    Args:
        title: What happened, in a few words.
        status: The HTTP status.
        exit_code: The sysexits value of a command that ends with it.
        hint: What to do now; empty when the error itself says it.
    """

    title: str
    status: int
    exit_code: int
    hint: str = ""


KINDS: Final[Mapping[str, Kind]] = {
    "invalid_body": Kind("The request does not have the expected form", 400, 65),
    "invalid_request": Kind(
        "The document breaks a rule", 422, 65, "correct the fields named; check with: a35 check"
    ),
    "unknown_party": Kind(
        "The directory names no such receiver", 422, 65, "see: a35 directory show"
    ),
    "too_large": Kind("Too large", 413, 65, "send large data as an attachment"),
    "digest_mismatch": Kind("What arrived is not what was announced", 422, 65, "send it again"),
    "not_allowed": Kind("Not possible in this state", 409, 65),
    "not_opened": Kind(
        "Nobody has opened this message yet", 409, 65, "open it first: a35 open MID"
    ),
    "content_erased": Kind("Its content was erased under retention", 410, 65),
    "already_sent": Kind("This draft was sent already", 409, 65, "see: a35 outbox"),
    "conditions_apply": Kind(
        "Conditions bind what is asked for", 409, 65, "confirm, and ask again"
    ),
    "not_found": Kind("No such thing here", 404, 66),
    "wrong_method": Kind("This address does not take this method", 405, 64),
    "unavailable": Kind("Cannot be had now", 503, 69, "try again in a moment"),
    "starting": Kind("The node is starting", 503, 69, "try again in a moment"),
    "directory_expired": Kind("The directory is too old to send by", 409, 69, "see: a35 doctor"),
    "bug": Kind("A fault of this program", 500, 70, "report it with the request id"),
    "storage": Kind("The disk or the database failed", 500, 74, "see the node's journal"),
    "disk_full": Kind("The disk is full", 507, 74, "make room, then try again"),
    "recovering": Kind(
        "The node is comparing its log with its peers", 503, 75, "try again in a moment"
    ),
    "not_yet": Kind("Not yet", 503, 75, "try again in a moment"),
    "proof_failed": Kind("A proof or a rule of the protocol does not hold", 422, 76),
    "log_damaged": Kind("The log on this disk does not verify", 500, 76, "see: a35 log verify"),
    "not_permitted": Kind("Not permitted", 403, 77),
    "forbidden_role": Kind("Your role does not allow this", 403, 77),
    "own_draft": Kind(
        "Nobody approves a draft of their own", 403, 77, "ask another approver of this desk"
    ),
    "csrf": Kind("The request did not come from a page of this desk", 403, 77, "reload the page"),
    "not_signed_in": Kind("Nobody has signed in", 401, 77, "sign in, then try again"),
    "session_locked": Kind("The screen is locked", 401, 77, "unlock it, then try again"),
    "fresh_sign_in_needed": Kind("This needs a fresh sign-in", 401, 77, "show your passkey again"),
    "not_approved": Kind(
        "A second person has not approved this draft yet", 409, 77, "see: a35 drafts list"
    ),
    "approval_stale": Kind(
        "The approval does not cover these bytes", 409, 77, "submit the draft again"
    ),
    "incomplete": Kind(
        "Something of it is missing", 409, 65, "see what is there: a35 drafts show ID"
    ),
    "draft_changed": Kind(
        "Somebody else changed this draft", 412, 65, "compare both texts, then save again"
    ),
    "rate_limited": Kind("Too many requests", 429, 75, "wait as long as Retry-After says"),
    "pdf_not_installed": Kind(
        "This node cannot make PDF", 501, 78, 'install: pip install "a35-gateway[pdf]"'
    ),
    "bad_host": Kind(
        "The request names another host", 421, 78, "use the address that the node printed"
    ),
    "configuration": Kind("The configuration does not let us go on", 500, 78, "see: a35 doctor"),
}

_BY_EXIT: Final[Mapping[int, str]] = {
    64: "invalid_body",
    65: "invalid_request",
    66: "not_found",
    69: "unavailable",
    70: "bug",
    74: "storage",
    75: "not_yet",
    76: "proof_failed",
    77: "not_permitted",
    78: "configuration",
}

_FAMILY: Final[Mapping[int, type[GatewayError]]] = {
    64: UsageError,
    65: DataError,
    66: NoInputError,
    69: UnavailableError,
    70: GatewayError,
    74: StorageError,
    75: NotYetError,
    76: ProofError,
    77: AccessDeniedError,
    78: ConfigError,
}


class RefusedError(DataError):
    """A document was refused; nothing was stored.

    Attributes:
        faults: Every fault that was found, in order of the document.
    """

    default_code = "invalid_request"

    def __init__(
        self, text: str, *, faults: tuple[Fault, ...], code: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(text, code=code, hint=hint)
        self.faults = faults


def problem_of(
    code: str, detail: str, *, hint: str = "", errors: tuple[Fault, ...] = ()
) -> Problem:
    """Fill a row of the table in.

    Args:
        code: A code of the table.
        detail: What happened, one sentence, for the officer.
        hint: What to do now; the table's sentence if empty.
        errors: Faults of the document that was sent.
    """
    kind = KINDS[code]
    return Problem(
        type=TYPE_PREFIX + code,
        code=code,
        title=kind.title,
        detail=detail,
        hint=hint or kind.hint,
        status=kind.status,
        errors=errors,
    )


def problem_of_error(error: Exception) -> Problem:
    """Turn an error of this project into a problem; anything else is a bug of ours.

    Args:
        error: What a service raised.

    Returns:
        A problem; for a bug it says nothing of the error, which may quote what it was given.
    """
    match error:
        case RefusedError():
            return problem_of(error.code, str(error), hint=error.hint, errors=error.faults)
        case GatewayError():
            code = error.code if error.code in KINDS else _BY_EXIT[error.exit_code]
            return problem_of(code, str(error), hint=error.hint)
        case TooLargeError():
            return problem_of("too_large", str(error))
        case LocalProtocolError():
            return problem_of("not_allowed", str(error))
        case ProtocolError():
            return problem_of("proof_failed", str(error))
        case _:
            return problem_of("bug", "something went wrong inside the node")


def error_of(problem: Problem) -> GatewayError:
    """Turn a problem that a node answered back into an error of the same family.

    Args:
        problem: What the node answered; its texts are the node's own.

    Returns:
        An error whose code, hint and exit code are those of the problem.
    """
    if problem.errors:
        return RefusedError(
            problem.detail, faults=problem.errors, code=problem.code, hint=problem.hint
        )
    kind = KINDS.get(problem.code)
    family = GatewayError if kind is None else _FAMILY[kind.exit_code]
    return family(problem.detail or problem.title, code=problem.code, hint=problem.hint)
