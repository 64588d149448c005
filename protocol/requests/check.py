"""The check of a document, as `a35 check` and `send` show it: everything that is wrong, at once.

    >>> from datetime import date
    >>> result = check_document(b'{"type": "acknowledgement"}', today=date(2026, 11, 21))
    >>> result.valid, result.errors[0].path, str(result.errors[0].code)
    (False, 'to', 'missing')

Source: docs/domain.md, sections 3 and 14.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from protocol.errors import NotAllowedError
from protocol.requests.catalogue import TYPES
from protocol.requests.document import Document, paths_of, roles_of
from protocol.requests.faults import (
    UNSOUND,
    Fault,
    FaultCode,
    Finding,
    Path,
    UnsoundError,
    path_text,
)
from protocol.requests.filling import Filled, fill
from protocol.requests.messages import finding_of
from protocol.requests.ordering import DocumentOrder
from protocol.requests.profile import (
    Addressed,
    Profile,
    declarations_of,
    own_and_peer,
    peer_faults,
    second_protocol_in_force,
)
from protocol.requests.reading import UnreadableError, is_too_deep, normalised, read_json
from protocol.requests.scene import Asked, Scene
from protocol.requests.walk import run_rules

MAX_FINDINGS: Final = 100
"""Errors, and as many warnings, that one check names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The outcome of a check.

    Args:
        valid: True when there are no errors; warnings do not count.
        type: What stands in `type`; None when that is no text.
        errors: What must be mended, in the order of the document, at most 100.
        warnings: What should be thought of, likewise.
        document: The document, if it is valid.
    """

    valid: bool
    type: str | None
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    document: Document | None


class InvalidDocumentError(NotAllowedError):
    """What was to be read is no valid document.

    Attributes:
        path: The first field at fault; of an unknown field the object that it stands in, since
            its name is anybody's text.
        code: What is wrong.
    """

    def __init__(self, fault: Fault) -> None:
        known = fault.path[:-1] if fault.code is FaultCode.UNKNOWN_FIELD else fault.path
        self.path = path_text(known)
        self.code = fault.code
        super().__init__(f"no valid document: {self.code} at '{self.path}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Circumstances:
    """What a document is held against beside itself."""

    today: date | None
    profiles: tuple[Profile, ...] = ()
    request: Document | None = None
    files: frozenset[str] | None = None


def check_document(
    data: bytes | Mapping[str, Any],
    *,
    today: date,
    profiles: Sequence[Profile] = (),
    request: Document | None = None,
    attachments: Mapping[str, int] | None = None,
) -> CheckResult:
    """Check a document by all rules.

    Args:
        data: The document's bytes (UTF-8 JSON), or the same as plain values.
        today: The day of the check, UTC; rules on past and future refer to it.
        profiles: Parties' profiles: that of the country in `to` is the peer's, others the own.
        request: The document of the request that the thread is about (read_document).
        attachments: Paths of the files that exist, with their sizes (attached_paths names
            those to look for); None where existence is not checked.

    Returns:
        All that is wrong, and the document if nothing is.
    """
    try:
        root = _read(data)
    except UnreadableError as refused:
        return _result({}, [Fault((), refused.code)], None)
    given = _Circumstances(
        today=today,
        profiles=tuple(profiles),
        request=request,
        files=None if attachments is None else frozenset(attachments),
    )
    document, faults = _examine(root, given)
    return _result(root, faults, document)


def read_document(data: bytes | Mapping[str, Any]) -> Document:
    """Read a document that was valid when it was written, such as the request of a thread.

    Rules on past and future, on other Parties and on files do not run.

    Args:
        data: The document's bytes (UTF-8 JSON), or the same as plain values.

    Returns:
        The document.

    Raises:
        InvalidDocumentError: It is none.
    """
    try:
        root = _read(data)
    except UnreadableError as refused:
        raise InvalidDocumentError(Fault((), refused.code)) from refused
    document, faults = _examine(root, _Circumstances(today=None))
    errors = [fault for fault in faults if not fault.warning]
    if errors:
        order = DocumentOrder(root)
        raise InvalidDocumentError(min(errors, key=lambda fault: order.place(fault.path)))
    return document


def attached_paths(data: bytes) -> tuple[str, ...]:
    """Return the files that a document names, so that its folder can be looked through.

    Args:
        data: The document's bytes.

    Returns:
        Paths that stay inside the folder, each once; nothing of a document that cannot be read.
    """
    try:
        document = fill(read_json(data)).document
    except UnreadableError:
        return ()
    if document.attachments is UNSOUND:
        return ()
    return tuple(dict.fromkeys(path for path in paths_of(document) if isinstance(path, str)))


def asked_of(request: Document) -> Asked:
    """Return what an answer to a request must fit.

    Args:
        request: A valid document.
    """
    body: Any = request.body
    items: Any = getattr(body, "items", None)
    if items is None:
        # An extension names items of an earlier request, or all of them by saying nothing.
        ids = getattr(body, "item_ids", ()) or None if hasattr(body, "item_ids") else ()
    else:
        ids = tuple(item.item_id for item in items)
    offences: Any = getattr(body, "offences", None)
    return Asked(
        type=request.type,
        answers=frozenset(TYPES[request.type].answers),
        item_ids=None if ids is None else frozenset(ids),
        listed_offences_only=bool(offences)
        and all(each.conv_article is not None for each in offences),
    )


def _read(data: bytes | Mapping[str, Any]) -> dict[str, Any]:
    return read_json(data) if isinstance(data, bytes) else normalised(dict(data))


def _examine(root: dict[str, Any], given: _Circumstances) -> tuple[Document, list[Fault]]:
    """Return the document, which is complete if nothing was found, and what was found."""
    filled = fill(root)
    if filled.faults and is_too_deep(root):
        return filled.document, [Fault((), FaultCode.TOO_DEEP)]
    return filled.document, [*filled.faults, *_rules(filled, given)]


def _rules(filled: Filled, given: _Circumstances) -> list[Fault]:
    """Run the rules between fields, and those on the circumstances."""
    document, kind = filled.document, UNSOUND if filled.kind is None else filled.kind
    try:
        own, peer = own_and_peer(document.to, given.profiles)
        declared = declarations_of(own) if given.today is not None else None
    except UnsoundError:
        own, peer, declared = None, None, None
    scene = Scene(
        kind=kind,
        today=given.today,
        urgency=document.urgency,
        roles=roles_of(document),
        asked=None if given.request is None else asked_of(given.request),
        files=given.files,
        declared=declared,
    )
    found = run_rules(document, scene)
    if document.body is not UNSOUND:
        found.extend(run_rules(document.body, scene, ("body",)))
    if given.today is not None and peer is not None:
        case = Addressed(document=document, kind=kind, peer=peer, own=own, today=given.today)
        found.extend(peer_faults(case))
    if own is not None and filled.kind is not None:
        found.extend(second_protocol_in_force(filled.kind, own))
    return found


def _result(
    root: Mapping[str, Any], faults: Sequence[Fault], document: Document | None
) -> CheckResult:
    """Sort what was found, and write it out."""
    order = DocumentOrder(root)
    ordered = sorted(faults, key=lambda fault: order.place(fault.path))
    errors = _findings(fault for fault in ordered if not fault.warning)
    name = root.get("type")
    return CheckResult(
        valid=not errors,
        type=name if isinstance(name, str) else None,
        errors=errors,
        warnings=_findings(fault for fault in ordered if fault.warning),
        document=None if errors else document,
    )


def _findings(faults: Iterator[Fault]) -> tuple[Finding, ...]:
    """Return the first findings, none twice (two rules may ask for one field)."""
    first: dict[tuple[Path, FaultCode], Fault] = {}
    for fault in faults:
        first.setdefault((fault.path, fault.code), fault)
    return tuple(finding_of(fault) for fault in list(first.values())[:MAX_FINDINGS])
