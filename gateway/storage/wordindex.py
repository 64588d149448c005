"""The index of words: SQLite's FTS5 in memory, never on a disk.

Nothing is spilled either: temporary tables stay in memory, and a database in memory has no
journal file. A query is words, each taken as it stands; nothing of FTS5's own language reaches it.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlite_utils import Database

from gateway.casework import Hit, SearchQuery
from gateway.indexing import IndexedMessage
from protocol.identifiers import MessageId, NodeId

_COLUMNS: Final = ("reference", "files", "text")
_TABLE: Final = "words"
_OPEN, _CLOSE = "\u2039", "\u203a"
_PREFIX_FROM: Final = 3
"""Letters of a last word from which longer words are found too."""
_AROUND: Final = 24
"""Words of a snippet."""

_FIND: Final = (
    "SELECT w.mid, w.thread, w.sender, w.t_ms,"  # noqa: S608  our own columns and signs
    + ",".join(
        f" snippet(words_fts, {at}, '{_OPEN}', '{_CLOSE}', '\u2026', {_AROUND})"
        for at in range(len(_COLUMNS))
    )
    + " FROM words_fts f JOIN words w ON w.id = f.rowid WHERE words_fts MATCH :words"
    " AND (:box IS NULL OR w.box = :box) AND (:type IS NULL OR w.type = :type)"
    " AND (:party IS NULL OR w.party = :party OR w.party LIKE :country)"
    " ORDER BY f.rank LIMIT :limit"
)


class MemoryIndex:
    """Implements indexing.WordIndex; belongs to one thread."""

    def __init__(self) -> None:
        self._database = Database(memory=True, execute_plugins=False)
        self._database.execute("PRAGMA temp_store = MEMORY")
        table = self._database.table(_TABLE)
        table.create(
            {
                "id": int,
                "mid": str,
                "sender": str,
                "thread": str,
                "box": str,
                "party": str,
                "type": str,
                "t_ms": int,
                **dict.fromkeys(_COLUMNS, str),
            },
            pk="id",
        )
        table.create_index(["mid", "sender"], unique=True)
        table.enable_fts(_COLUMNS, tokenize="unicode61 remove_diacritics 2", create_triggers=True)

    def add(self, messages: Sequence[IndexedMessage]) -> None:
        """Take messages in; one that is there already is replaced."""
        with self._database.conn:
            for each in messages:
                self.drop(each.sender, each.mid)
            self._database.table(_TABLE).insert_all(
                {
                    "mid": str(each.mid),
                    "sender": str(each.sender),
                    "thread": None if each.thread is None else str(each.thread),
                    "box": each.box,
                    "party": str(each.party),
                    "type": each.type,
                    "t_ms": each.t_ms,
                    "reference": each.reference,
                    "files": each.files,
                    "text": each.text,
                }
                for each in messages
            )

    def drop(self, sender: NodeId, mid: MessageId) -> None:
        """Forget a message."""
        self._database.execute(
            "DELETE FROM words WHERE mid = ? AND sender = ?", [str(mid), str(sender)]
        )

    def find(self, query: SearchQuery, *, limit: int) -> tuple[Hit, ...]:
        """Return where all words of a query occur, best first."""
        words = _match(query.words)
        if not words:
            return ()
        party = query.party
        rows = self._database.execute(
            _FIND,
            {
                "words": words,
                "box": query.box,
                "type": query.type,
                "party": party,
                "country": None if party is None or "/" in party else f"{party}/%",
                "limit": limit,
            },
        )
        return tuple(_hit(row) for row in rows)


def _match(words: str) -> str:
    """Return a query of FTS5: every word must occur, the last one may go on."""
    # A zero would end the text for SQLite, within a quoted word.
    each = [word.replace('"', "") for word in words.replace("\0", " ").split()]
    each = [word for word in each if any(sign.isalnum() for sign in word)]
    if not each:
        return ""
    ending = "*" if len(each[-1]) >= _PREFIX_FROM else ""
    return " ".join(f'"{word}"' for word in each) + ending


def _hit(row: Sequence[Any]) -> Hit:
    mid, thread, sender, t_ms, *snippets = row
    where, snippet = next(
        (
            (name, text)
            for name, text in zip(_COLUMNS, snippets, strict=True)
            if text is not None and _OPEN in text
        ),
        ("text", ""),
    )
    return Hit(
        mid=MessageId.parse(mid),
        thread=None if thread is None else MessageId.parse(thread),
        sender=NodeId.parse(sender),
        where=where,
        snippet=snippet,
        t_ms=t_ms,
    )
