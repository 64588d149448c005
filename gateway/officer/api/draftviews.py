"""Drafts as bodies of the local API."""

from base64 import urlsafe_b64encode
from json import loads
from typing import Any, Final

from gateway.drafting import ApprovalOptions, DraftFile, DraftRow, HeldDraft
from gateway.officer.shapes.drafts import (
    AllowedCredential,
    ApprovalView,
    DraftFileView,
    DraftItem,
    DraftView,
    OptionsView,
)
from gateway.officer.shapes.moments import instant, instant_or_none

_TIMEOUT_MS: Final = 600_000


def draft_item(row: DraftRow) -> DraftItem:
    """Return a draft as a list shows it."""
    return DraftItem(**_fields(row))


def draft_view(held: HeldDraft) -> DraftView:
    """Return a draft with its text."""
    return DraftView(**_fields(held.row), document=loads(held.document))


def file_view(file: DraftFile) -> DraftFileView:
    """Return a file of a draft."""
    return DraftFileView(
        n=file.n,
        name=file.name,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        parts=file.parts,
        held=file.held,
        sha256=None if file.sha256 is None else file.sha256.hex(),
    )


def options_view(options: ApprovalOptions) -> OptionsView:
    """Return what the browser asks a passkey."""
    return OptionsView(
        challenge=_text(options.challenge),
        timeout=_TIMEOUT_MS,
        allow_credentials=tuple(AllowedCredential(id=_text(one)) for one in options.credentials),
        digest=options.digest.hex(),
        until=instant(options.until_ms),
    )


def _fields(row: DraftRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "state": row.state.value,
        "author": row.author_who,
        "editor": row.editor_who,
        "type": row.type,
        "to": row.to,
        "title": row.title,
        "created": instant(row.created_ms),
        "saved": instant(row.saved_ms),
        "frozen": instant_or_none(row.frozen_ms),
        "frozen_until": instant_or_none(row.until_ms),
        "mid": None if row.mid is None else str(row.mid),
        "thread": None if row.thread is None else str(row.thread),
        "digest": None if row.digest is None else row.digest.hex(),
        "files": tuple(map(file_view, row.files)),
        "needs": row.needs,
        "why": tuple(sorted(need.value for need in row.why)),
        "approvals": tuple(
            ApprovalView(
                who=one.who, kind=one.kind.value, at=instant(one.at_ms), comment=one.comment
            )
            for one in row.approvals
        ),
        "comment": row.comment,
        "commented_by": row.commented_by,
        "override": row.override,
        "pending": row.pending,
    }


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
