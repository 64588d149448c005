"""Reading drafts, and sealing what lies in their rows.

Each draft has a key of its own, wrapped under the store key, and every sealed value names its
draft and column: what is moved to another row does not open.

Source: docs/desk.md, "Drafts and second persons".
"""

import sqlite3
from json import dumps, loads
from typing import Any, Final, TypeAlias

from gateway.drafting import Approval, ApprovalKind, DraftState, Need
from gateway.errors import CONTENT_DAMAGED, DataError, NoInputError, StorageError
from gateway.shelving import FrozenMark, Heading, KeptDraft, KeptFile, Writer
from gateway.storage.session import Session
from gateway.storage.vault import Vault
from keys.atrest import open_at_rest, seal_at_rest
from keys.errors import KeysError
from protocol.errors import MalformedError
from protocol.identifiers import MessageId

_COLUMNS: Final = (
    "number",
    "id",
    "version",
    "state",
    "author",
    "author_who",
    "editor_who",
    "created_ms",
    "saved_ms",
    "next_file",
    "needs",
    "key",
    "heading",
    "frozen_ms",
    "mid",
    "thread",
    "digest",
    "comment",
    "commented_by",
    "override",
    "is_pending",
)
NONE_SUCH: Final = "there is no such draft"
HINT: Final = "list them with: a35 drafts list"


Row: TypeAlias = dict[str, Any]
"""A row of the table `draft`, by the names of its columns."""


class DraftSeal:
    """Seals and opens the columns of one draft.

    Args:
        key: Of the draft, 32 bytes; secret.
        draft: Its id.
    """

    __slots__ = ("_draft", "key")

    def __init__(self, key: bytes, draft: str) -> None:
        self.key = key
        self._draft = draft

    @classmethod
    def of(cls, vault: Vault, draft: str, wrapped: bytes) -> "DraftSeal":
        """Unwrap a draft's key.

        Raises:
            StorageError: It was changed, or wrapped under another store key.
        """
        return cls(vault.unwrap(wrapped, key_name(draft)), draft)

    def seal(self, column: str, plain: bytes) -> bytes:
        """Seal a value for its place."""
        return seal_at_rest(self.key, plain, self._context(column))

    def open(self, column: str, sealed: bytes) -> bytes:
        """Open a value of its place.

        Raises:
            StorageError: It was changed or moved.
        """
        try:
            return open_at_rest(self.key, sealed, self._context(column))
        except KeysError as fault:
            raise StorageError(
                "a sealed column of a draft does not open",
                code=CONTENT_DAMAGED,
                hint="Run `a35 doctor`; restore the draft from a backup.",
            ) from fault

    def seal_heading(self, heading: Heading) -> bytes:
        """Seal what lists show."""
        return self.seal("heading", dumps([heading.type, heading.to, heading.title]).encode())

    def open_heading(self, sealed: bytes) -> Heading:
        """Open what lists show."""
        type_, to, title = loads(self.open("heading", sealed))
        return Heading(type=type_, to=to, title=title)

    def _context(self, column: str) -> bytes:
        # Neither part can contain a space, hence one reading only.
        return f"a35 draft {column} {self._draft}".encode()


def key_name(draft: str) -> str:
    """Return the name under which a draft's key is wrapped."""
    return f"draft {draft}"


def raw_id(draft: str) -> bytes:
    """Return an id as stored.

    Raises:
        NoInputError: Not an id, so there is no such draft.
    """
    try:
        return MessageId.parse(draft).value
    except MalformedError as error:
        raise NoInputError(NONE_SUCH, hint=HINT) from error


def read_row(source: Session | sqlite3.Connection, draft: str) -> Row:
    """Return the row of a draft.

    Raises:
        NoInputError: There is none.
    """
    row = source.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM draft WHERE id = ?",  # noqa: S608  our own names
        (raw_id(draft),),
    ).fetchone()
    if row is None:
        raise NoInputError(NONE_SUCH, hint=HINT)
    return dict(zip(_COLUMNS, row, strict=True))


def read_rows(reader: sqlite3.Connection) -> list[Row]:
    """Return the rows of all drafts, the newest change first."""
    rows = reader.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM draft ORDER BY saved_ms DESC, number DESC"  # noqa: S608  our own names
    ).fetchall()
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def cell_of(source: sqlite3.Connection, draft: str, column: str) -> tuple[bytes, bytes]:
    """Return the wrapped key and one sealed column of a draft.

    Raises:
        NoInputError: There is none, or nothing is in its column (any more).
    """
    row = source.execute(
        f"SELECT key, {column} FROM draft WHERE id = ?",  # noqa: S608  our own names
        (raw_id(draft),),
    ).fetchone()
    if row is None or row[0] is None or row[1] is None:
        raise NoInputError(NONE_SUCH, hint=HINT)
    return bytes(row[0]), bytes(row[1])


def kept(reader: sqlite3.Connection, vault: Vault, fields: Row) -> KeptDraft:
    """Return a draft as its row says."""
    draft = fields["id"].hex()
    seal = None if fields["key"] is None else DraftSeal.of(vault, draft, fields["key"])
    frozen = None
    if fields["frozen_ms"] is not None:
        frozen = FrozenMark(
            mid=MessageId(fields["mid"]),
            thread=MessageId(fields["thread"]),
            at_ms=fields["frozen_ms"],
            digest=fields["digest"],
        )
    return KeptDraft(
        id=draft,
        version=fields["version"],
        state=DraftState(fields["state"]),
        author=Writer(person=fields["author"], who=fields["author_who"]),
        editor_who=fields["editor_who"],
        writers=_writers(reader, fields["number"]),
        heading=_heading(seal, fields["heading"]),
        needs=frozenset(Need(word) for word in fields["needs"].split()),
        created_ms=fields["created_ms"],
        saved_ms=fields["saved_ms"],
        frozen=frozen,
        files=() if seal is None else _files(reader, seal, fields["number"]),
        approvals=_approvals(reader, seal, fields["number"]),
        comment=_comment(seal, "comment", fields["comment"]),
        commented_by=fields["commented_by"],
        override=fields["override"],
        is_pending=bool(fields["is_pending"]),
    )


def check_version(version: int, row: Row) -> None:
    """Refuse a change of a version that is not the newest.

    Raises:
        DataError: Somebody changed the draft since (`draft_changed`).
    """
    if row["version"] != version:
        raise DataError(
            f"{row['editor_who']} changed this draft: it is at version {row['version']}",
            code="draft_changed",
            hint="compare both texts, then save again",
        )


def check_state(row: Row, *allowed: DraftState) -> DraftState:
    """Refuse what the state of a draft does not allow; return the state.

    Raises:
        DataError: It is in another state (`not_allowed`, `already_sent`).
    """
    state = DraftState(row["state"])
    if state in allowed:
        return state
    if state is DraftState.SENT:
        raise DataError("this draft was sent already", code="already_sent", hint="see: a35 outbox")
    hint = "take it back first" if state in {DraftState.SUBMITTED, DraftState.APPROVED} else ""
    raise DataError(f"the draft is {state.value}", code="not_allowed", hint=hint)


def _writers(reader: sqlite3.Connection, number: int) -> frozenset[int]:
    rows = reader.execute("SELECT person FROM draft_writer WHERE draft = ?", (number,))
    return frozenset(row[0] for row in rows.fetchall())


def _heading(seal: DraftSeal | None, sealed: bytes | None) -> Heading:
    if seal is None or sealed is None:
        return Heading(type="", to="", title="")
    return seal.open_heading(sealed)


def _files(reader: sqlite3.Connection, seal: DraftSeal, number: int) -> tuple[KeptFile, ...]:
    rows = reader.execute(
        "SELECT n, heading, size_bytes, sha256 FROM draft_file WHERE draft = ? ORDER BY n",
        (number,),
    ).fetchall()
    return tuple(
        KeptFile(
            n=n,
            name=(names := loads(seal.open(f"file-{n}", heading)))[0],
            media_type=names[1],
            size_bytes=size_bytes,
            sha256=None if sha256 is None else seal.open(f"sha256-{n}", sha256),
        )
        for n, heading, size_bytes, sha256 in rows
    )


def _approvals(
    reader: sqlite3.Connection, seal: DraftSeal | None, number: int
) -> tuple[Approval, ...]:
    rows = reader.execute(
        "SELECT person, who, kind, at_ms, comment FROM draft_approval WHERE draft = ?"
        " ORDER BY at_ms, person",
        (number,),
    ).fetchall()
    return tuple(
        Approval(
            who=who,
            person=person,
            kind=ApprovalKind(kind),
            at_ms=at_ms,
            comment=_comment(seal, f"approval-{person}", comment),
        )
        for person, who, kind, at_ms, comment in rows
    )


def _comment(seal: DraftSeal | None, column: str, sealed: bytes | None) -> str:
    return "" if seal is None or sealed is None else seal.open(column, sealed).decode()
