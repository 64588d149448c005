"""The bodies of drafts and of second persons, on the local API."""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field

from gateway.officer.shapes.models import Hex16, Json, Shape, Size
from gateway.officer.shapes.problems import Fault

Hex32: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Base64Url: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*=*$", max_length=8192)]
Comment: TypeAlias = Annotated[str, Field(max_length=5000)]


class DraftRequest(Shape):
    """POST /drafts: a document, maybe incomplete."""

    document: Json


class DraftFileView(Shape):
    """A file of a draft; `held` counts the parts that have arrived."""

    n: int
    name: str
    media_type: str
    size_bytes: Size
    parts: int
    held: int
    sha256: Hex32 | None


class ApprovalView(Shape):
    """An approval of the frozen bytes; `kind` is passkey or, weaker, password."""

    who: str
    kind: Literal["passkey", "password"]
    at: str
    comment: str


class DraftItem(Shape):
    """A draft without its text."""

    id: Hex16
    version: int
    state: Literal["editing", "submitted", "returned", "approved", "sent"]
    author: str
    editor: str
    type: str
    to: str
    title: str
    created: str
    saved: str
    frozen: str | None
    frozen_until: str | None
    mid: Hex16 | None
    thread: Hex16 | None
    digest: Hex32 | None
    files: tuple[DraftFileView, ...]
    needs: int
    why: tuple[str, ...]
    approvals: tuple[ApprovalView, ...]
    comment: str
    commented_by: str
    override: str | None
    pending: bool


class DraftView(DraftItem):
    """A draft with its text."""

    document: Json


class DraftList(Shape):
    """GET /drafts: the newest change first."""

    items: tuple[DraftItem, ...]
    next: str | None = None


class DraftCheck(Shape):
    """POST /drafts/{id}/check: as `a35 check` says it."""

    valid: bool
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


class FileRequest(Shape):
    """POST /drafts/{id}/files: a file is announced."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    size_bytes: Size
    media_type: Annotated[str, Field(max_length=127)] = ""


class PartList(Shape):
    """GET /drafts/{id}/files/{n}: the parts that are held; parts have 4 MiB, the last one less."""

    parts: tuple[int, ...]
    part_bytes: int


class FileDone(Shape):
    """POST /drafts/{id}/files/{n}/complete: the SHA-256 of the whole."""

    sha256: Hex32


class AllowedCredential(Shape):
    """A passkey that may answer."""

    type: Literal["public-key"] = "public-key"
    id: str


class OptionsView(Shape):
    """POST /drafts/{id}/approval-options: what the browser is given, and what it is for."""

    challenge: str
    timeout: int
    allow_credentials: tuple[AllowedCredential, ...]
    user_verification: Literal["required"] = "required"
    digest: Hex32
    until: str


class _FromBrowser(Shape):
    """What a browser makes: fields that we have no use for are passed over."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", defer_build=True)


class AssertionResponse(_FromBrowser):
    """What the passkey signed."""

    authenticatorData: Base64Url  # noqa: N815  names of the standard
    clientDataJSON: Base64Url  # noqa: N815
    signature: Base64Url


class AssertionBody(_FromBrowser):
    """A PublicKeyCredential in JSON, as browsers write it."""

    rawId: Base64Url  # noqa: N815
    response: AssertionResponse


class ApprovalRequest(Shape):
    """POST /drafts/{id}/approvals: approved by a passkey or the password, or returned."""

    decision: Literal["approve", "return"]
    comment: Comment = ""
    assertion: AssertionBody | None = None
    password: Annotated[str, Field(max_length=1024)] | None = None
    digest: Hex32 | None = None
    """Of the bytes that were shown: of others nothing is approved or returned."""


class OverrideRequest(Shape):
    """POST /drafts/{id}/override: why no second person approves first."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class PolicyView(Shape):
    """GET /policies: for which types a second person must approve."""

    version: int
    second_person: dict[str, bool]


class PolicyRequest(Shape):
    """PATCH /policies: types to change."""

    second_person: dict[str, bool]
