"""Documents on this machine, without a node: reading, checking, the types and their forms."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from json import dumps
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from gateway.clock import SystemClock
from gateway.errors import DataError, NoInputError, UsageError
from gateway.officer.cli.output import fault_line
from gateway.officer.shapes.models import CheckAnswer, Json
from gateway.officer.shapes.problems import Fault, RefusedError
from gateway.terminal import JsonOption, Terminal
from protocol.errors import LocalProtocolError
from protocol.limits import MAX_DOCUMENT_BYTES
from protocol.requests.catalogue import TYPES, json_schema
from protocol.requests.check import attached_paths, check_document, read_document
from protocol.requests.document import Document
from protocol.requests.faults import Fault as FoundFault
from protocol.requests.faults import Finding
from protocol.requests.messages import finding_of
from protocol.requests.profile import Profile, read_profile
from protocol.requests.reading import UnreadableError, read_json

DATA_REFUSED: Final = 65

app = typer.Typer()
schema_app = typer.Typer(help="Show message types and their forms.", no_args_is_help=True)


@app.command(epilog="Example: a35 check art29.json --party-profile fr.json --json")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The document, JSON.")],
    *,
    today: Annotated[
        str | None,
        typer.Option("--today", metavar="DATE", help="The day for the rules on time; UTC today."),
    ] = None,
    party_profile: Annotated[
        list[Path] | None,
        typer.Option("--party-profile", metavar="FILE", help="A Party's profile; repeatable."),
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option("--request", metavar="FILE", help="The document that this one answers."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Check a document by every rule, offline: 0 if it may be sent, 65 if not."""
    terminal = Terminal(json=json)
    data = file_bytes(file)
    result = check_document(
        data,
        today=_day(today),
        profiles=[_profile(path) for path in party_profile or ()],
        request=None if request is None else _request(request),
        attachments=_existing(file.parent, attached_paths(data)),
    )
    shown = CheckAnswer(
        valid=result.valid,
        type=result.type,
        errors=_faults(result.errors),
        warnings=_faults(result.warnings),
    )
    terminal.document(shown.model_dump(mode="json"))
    _tell(shown, terminal)
    return 0 if result.valid else DATA_REFUSED


@schema_app.command("list", epilog="Example: a35 schema list --json")
def schema_list(*, json: JsonOption = False) -> int:
    """List every message type with its direction and one line."""
    terminal = Terminal(json=json)
    kinds = list(TYPES.values())
    terminal.document(
        [
            {
                "type": kind.name,
                "direction": kind.direction.value,
                "family": kind.family.value,
                "line": kind.one_line,
            }
            for kind in kinds
        ]
    )
    rows = [[kind.name, kind.direction.value, kind.one_line] for kind in kinds]
    terminal.table(("Type", "Direction", "What it is"), rows)
    return 0


@schema_app.command("show", epilog="Example: a35 schema show preservation_request")
def schema_show(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="A type of `a35 schema list`.")],
    *,
    json: JsonOption = False,
) -> int:
    """Show the form of one type as JSON Schema 2020-12."""
    terminal = Terminal(json=json)
    schema = _schema(name)
    terminal.document(schema)
    if not json:
        terminal.say(dumps(schema, indent=2))
    return 0


def _schema(name: str) -> dict[str, Any]:
    """Return the form of one type.

    Raises:
        NoInputError: There is no such type.
    """
    if name not in TYPES:
        raise NoInputError("there is no message type of this name", hint="see: a35 schema list")
    return json_schema(name)


def document_in(file: Path) -> Json:
    """Read a document that is to be sent; the node checks it by every rule.

    Args:
        file: UTF-8 JSON.

    Raises:
        NoInputError: There is no such file.
        RefusedError: Not one JSON object, a name twice in it, or text that no JSON may carry.
    """
    data = file_bytes(file)
    try:
        document: Json = read_json(data)
        dumps(document, ensure_ascii=False).encode()
    except UnreadableError as error:
        finding = finding_of(FoundFault((), error.code))
        raise RefusedError("the file is no document", faults=_faults((finding,))) from error
    except UnicodeEncodeError as error:  # a lone surrogate, which a rule names with its place
        found = check_document(data, today=_day(None))
        raise RefusedError("the document was refused", faults=_faults(found.errors)) from error
    return document


def file_bytes(path: Path) -> bytes:
    """Read a file of at most 1 MiB and one byte, so that what is larger is seen to be.

    Args:
        path: The file.

    Raises:
        NoInputError: It does not exist or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise NoInputError(f"the file {path.name} cannot be read") from error


def _tell(shown: CheckAnswer, terminal: Terminal) -> None:
    for fault in shown.errors:
        terminal.say(fault_line(fault))
    for fault in shown.warnings:
        terminal.say("warning: " + fault_line(fault))
    terminal.say("valid" if shown.valid else f"not valid: {len(shown.errors)} errors")


def _faults(findings: Sequence[Finding]) -> tuple[Fault, ...]:
    return tuple(Fault(path=one.path, code=str(one.code), message=one.message) for one in findings)


def _existing(folder: Path, paths: Sequence[str]) -> dict[str, int]:
    """Return the files among these paths that exist, with their sizes."""
    found = {path: folder / path for path in paths}
    return {path: file.stat().st_size for path, file in found.items() if file.is_file()}


def _day(text: str | None) -> date:
    if text is None:
        return datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).date()
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise UsageError("--today takes a date as 2026-11-21") from error


def _profile(path: Path) -> Profile:
    try:
        return read_profile(file_bytes(path))
    except LocalProtocolError as error:
        raise DataError(
            f"{path.name} is no Party profile", code="bad_profile", hint=str(error)
        ) from error


def _request(path: Path) -> Document:
    try:
        return read_document(file_bytes(path))
    except LocalProtocolError as error:
        raise DataError(
            f"{path.name} is no valid request", code="bad_request", hint=f"see: a35 check {path}"
        ) from error
