"""The command `verify`: checks a bundle with nothing but this program and a trusted root."""

from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.clock import SystemClock
from gateway.directory.files import read_bounded
from gateway.directory.layout import MAX_ROOT_BYTES
from gateway.errors import DataError, NoInputError
from gateway.evidence.attesting import Trust
from gateway.evidence.lines import report_lines
from gateway.evidence.report import Report
from gateway.evidence.verify import verify_bundle
from gateway.officer.cli.output import foreign, lines_of
from gateway.terminal import JsonOption, Terminal
from gateway.timestamp.authority import (
    MAX_PEM_BYTES,
    Authority,
    read_certificates,
    split_certificates,
)
from protocol.errors import MalformedError
from protocol.witness.policy import Policy
from protocol.witness.policyfile import MAX_POLICY_BYTES, parse_policy

PROOF_FAILED: Final = 76

app = typer.Typer()


@app.command(epilog="Example: a35 verify case.zip --root ROOT.json --json")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bundle, as it was exported.")],
    *,
    root: Annotated[
        Path, typer.Option("--root", metavar="ROOT.json", help="The directory's root, trusted.")
    ],
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="Which witnesses are enough (tlog-policy)."),
    ] = None,
    authorities: Annotated[
        Path | None,
        typer.Option("--authorities", metavar="FILE", help="Roots of time stamps, PEM."),
    ] = None,
    show_content: Annotated[
        bool, typer.Option("--show-content", help="Print the content, if it is disclosed.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Verify evidence: 0 if every claim holds, 76 if not; needs no node and no network."""
    terminal = Terminal(json=json)
    trust = Trust(policy=_policy(policy), authorities=_authorities(authorities))
    report = _report(file, _bytes(root, MAX_ROOT_BYTES), trust)
    terminal.document(report.to_json(with_content=show_content))
    for line in report_lines(report):
        terminal.say(foreign(line))
    if show_content:
        _show(report, terminal)
    return 0 if report.is_valid else PROOF_FAILED


def _report(file: Path, root: bytes, trust: Trust) -> Report:
    """Verify the file.

    Raises:
        NoInputError: It cannot be read.
    """
    try:
        with file.open("rb") as source:
            return verify_bundle(source, root, now_ms=SystemClock().now_ms(), trust=trust)
    except OSError as error:
        raise NoInputError(f"{file.name} cannot be read") from error


def _show(report: Report, terminal: Terminal) -> None:
    if report.document is None:
        terminal.note("the content is not disclosed, or does not hold")
        return
    for line in lines_of(report.document):
        terminal.say(line)


def _policy(path: Path | None) -> Policy | None:
    """Read the reader's own policy.

    Raises:
        DataError: Not a policy file.
    """
    if path is None:
        return None
    try:
        return parse_policy(_bytes(path, MAX_POLICY_BYTES))
    except MalformedError as error:
        raise DataError(f"{path.name} is no policy file: {error}") from error


def _authorities(path: Path | None) -> tuple[Authority, ...]:
    if path is None:
        return ()
    roots, between = split_certificates(read_certificates(_bytes(path, MAX_PEM_BYTES)))
    return tuple(
        Authority(name=each.subject.rfc4514_string(), url="", roots=(each,), intermediates=between)
        for each in roots
    )


def _bytes(path: Path, most: int) -> bytes:
    """Read a file that the reader trusts.

    Raises:
        NoInputError: It cannot be read.
        DataError: It is longer than any of its kind.
    """
    try:
        return read_bounded(path.resolve(), most)
    except OSError as error:
        raise NoInputError(f"{path.name} cannot be read") from error
    except ValueError as error:
        raise DataError(f"{path.name} is longer than any of its kind", code="too_large") from error
