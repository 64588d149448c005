"""What must hold after a kill, read from the files of both nodes and not from what they say.

Shares no code with the store: tables are read with plain SQL from copies, the tree is computed
anew, the anchor is read as text. What a node promised before it died must be in its files the
moment it is dead; at the end both sides must hold the same, once.
"""

import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from typing_extensions import override

from tests.crash.desk_books import kept_of, odd_of
from tests.crash.officers import Promise, Word
from tests.crash.world import Side

_STAGES: Final = ("opened", "acknowledged")


class Check(StrEnum):
    """What can be found wrong, by the words of reports."""

    PROMISE = "a promise is not in the files"
    RECEIPT = "a receipt is with the peer and not in the files"
    HEAD = "a head is with the peer and not in the files"
    ANCHOR = "the anchor is ahead of the database"
    DATABASE = "the database is damaged"
    LOG = "the log does not verify"
    START = "the node does not start again"
    ORDINARY = "the start was not an ordinary one"
    STUCK = "the exchange does not come to its end"
    LOST = "a message is missing at its receiver"
    TWICE = "a message is there twice"
    DIFFERENT = "both sides hold different bytes"
    LEFT = "something waits that should be done"
    CONTENT = "the content is another one"
    ACT = "an act without its change, or a change without its act"
    EXIT = "the process ended in another way"


class Finding(NamedTuple):
    """One thing that is wrong."""

    check: Check
    detail: str

    @override
    def __str__(self) -> str:
        """Return it for a report."""
        return f"{self.check.value}: {self.detail}"


class Row(NamedTuple):
    """One message of a store."""

    direction: str
    state: str
    header: bytes | None
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What a store holds.

    Attributes:
        messages: By (sender, mid in hexadecimal).
        given: Bytes of receipts that this node gave, by (mid, stage).
        got: Bytes of receipts that this node was given, likewise.
        leaves: Leaf hashes of the newest generation, in order.
        heads: Root by size, of our own signed heads.
        notes: The newest head's note.
        peers: Root by size, by origin, of heads of other logs that are kept.
        origin: Our log.
        waiting: Items of the outbox, and messages to be opened.
        contents: Messages whose content is held.
        notified: How often each message's arrival was told.
        integrity: What SQLite says.
        kept: What the desk holds beside its messages, in words.
        odd: Changes of the desk without their act, and acts without their change.
    """

    messages: Mapping[tuple[str, str], Row]
    given: Mapping[tuple[str, str], Sequence[bytes]]
    got: Mapping[tuple[str, str], Sequence[bytes]]
    leaves: Sequence[bytes]
    heads: Mapping[int, bytes]
    note: bytes
    peers: Mapping[str, Mapping[int, bytes]]
    origin: str
    waiting: int
    contents: frozenset[str]
    notified: Mapping[str, int]
    integrity: str
    kept: frozenset[str]
    odd: Sequence[str]


def read_dead(store: Path, scratch: Path) -> Books:
    """Read the store of a node that does not run; its own files are not touched.

    Args:
        store: The database; what is in its write-ahead log counts.
        scratch: A folder for the copy.
    """
    copy = scratch / "copy.db"
    for suffix in ("", "-wal", "-shm", "-journal"):
        (scratch / f"copy.db{suffix}").unlink(missing_ok=True)
    for suffix in ("", "-wal", "-journal"):
        part = store.with_name(store.name + suffix)
        if part.exists():
            shutil.copyfile(part, scratch / f"copy.db{suffix}")
    return _read(f"{copy.as_uri()}?mode=rw", whole=True)


def read_live(store: Path) -> Books:
    """Read the store of a node that runs, as a reader that cannot write."""
    return _read(f"{store.as_uri()}?mode=ro", whole=False)


def is_done(store: Path) -> bool:
    """Tell whether nothing waits in the store of a node that runs."""
    with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True, timeout=5.0)) as database:
        return _waiting(database) == 0


def after_kill(
    victim: Books, peer: Books, promises: Iterable[Promise], *, anchor: Path
) -> Iterator[Finding]:
    """Compare what a dead node holds with what it let out before.

    Args:
        victim: Read before it is started again.
        peer: Read after the death.
        promises: Of the victim, noted before.
        anchor: The victim's.
    """
    if victim.integrity != "ok":
        yield Finding(Check.DATABASE, victim.integrity)
    yield from (Finding(Check.ACT, each) for each in victim.odd)
    yield from _log(victim)
    yield from _heads(victim, peer)
    size = _anchor_size(anchor)
    newest = max(victim.heads, default=0)
    if size is not None and size > newest:
        yield Finding(Check.ANCHOR, f"it says {size}, the newest signed head is {newest}")
    for promise in promises:
        if not _is_kept(victim, promise):
            yield Finding(Check.PROMISE, f"{promise.stage} {promise.mid}")
    for (mid, stage), held in peer.got.items():
        if any(each not in victim.given.get((mid, stage), ()) for each in held):
            yield Finding(Check.RECEIPT, f"{stage} {mid}")


def at_end(
    sender: Books, receiver: Books, word: Word, before: Mapping[Side, int]
) -> Iterator[Finding]:
    """Compare both nodes after they were stopped.

    Args:
        sender: Of the side of that name.
        receiver: Likewise.
        word: What both were asked and promised.
        before: Messages that each side had sent already when the scene began.
    """
    books = {Side.SENDER: sender, Side.RECEIVER: receiver}
    for side, mine in books.items():
        theirs = books[side.other]
        if mine.integrity != "ok":
            yield Finding(Check.DATABASE, f"{side}: {mine.integrity}")
        if mine.waiting:
            yield Finding(Check.LEFT, f"{mine.waiting} at the {side}")
        yield from (Finding(Check.ACT, f"{side}: {each}") for each in mine.odd)
        yield from _log(mine)
        yield from _heads(mine, theirs)
        yield from _delivered(mine, theirs)
        sent = sum(1 for row in mine.messages.values() if row.direction == "out")
        if sent != before[side] + word.asked[side]:
            check = Check.TWICE if sent > before[side] + word.asked[side] else Check.LOST
            yield Finding(
                check, f"{sent} sent by the {side}, {before[side]} + {word.asked[side]} asked"
            )
    for promise in word.promises:
        if not _is_kept(books[promise.side], promise):
            yield Finding(Check.PROMISE, f"{promise.stage} {promise.mid}")


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Compute the root of RFC 6962 over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def _delivered(mine: Books, theirs: Books) -> Iterator[Finding]:
    """Look for each message that one side sent at the other."""
    for (sender, mid), row in mine.messages.items():
        if row.direction != "out":
            continue
        arrived = theirs.messages.get((sender, mid))
        if arrived is None or arrived.direction != "in":
            yield Finding(Check.LOST, mid)
            continue
        if (row.header, row.body) != (arrived.header, arrived.body):
            yield Finding(Check.DIFFERENT, f"envelope {mid}")
        if mid not in theirs.contents:
            yield Finding(Check.LOST, f"the content of {mid}")
        if theirs.notified.get(mid, 0) != 1:
            yield Finding(Check.TWICE, f"{mid} was told {theirs.notified.get(mid, 0)} times")
        yield from _receipts(mid, mine, theirs)


def _receipts(mid: str, mine: Books, theirs: Books) -> Iterator[Finding]:
    """Compare the receipts of one message."""
    for stage in ("accepted", "consigned", *_STAGES):
        given, got = theirs.given.get((mid, stage), ()), mine.got.get((mid, stage), ())
        if list(given) != list(got):
            yield Finding(Check.DIFFERENT, f"{stage} {mid}: {len(given)} given, {len(got)} held")
        if len(given) > 1:
            yield Finding(Check.TWICE, f"{stage} {mid}")
        if stage == "accepted" and not given:
            yield Finding(Check.RECEIPT, f"none that {mid} was accepted")


def _heads(mine: Books, theirs: Books) -> Iterator[Finding]:
    for size, root in theirs.peers.get(mine.origin, {}).items():
        if size > len(mine.leaves) or tree_root(mine.leaves[:size]) != root:
            yield Finding(Check.HEAD, f"size {size}, {len(mine.leaves)} leaves are there")


def _log(books: Books) -> Iterator[Finding]:
    """Compute the log of a store anew, and compare every signed head with it."""
    if not books.heads or not books.leaves:
        yield Finding(Check.LOG, "it is empty")
        return
    for size, root in books.heads.items():
        if size > len(books.leaves) or tree_root(books.leaves[:size]) != root:
            yield Finding(Check.LOG, f"its head of size {size}")
    newest = max(books.heads)
    text = f"{books.origin}\n{newest}\n{b64encode(books.heads[newest]).decode()}\n".encode()
    if not books.note.startswith(text):
        yield Finding(Check.LOG, "the newest note says something else")


def _is_kept(books: Books, promise: Promise) -> bool:
    if promise.stage == "kept":
        return promise.mid in books.kept
    if promise.stage == "queued":
        rows = (row for (_, mid), row in books.messages.items() if mid == promise.mid)
        return any(row.direction == "out" for row in rows)
    return (promise.mid, promise.stage) in books.given


def _anchor_size(anchor: Path) -> int | None:
    """Return the size that an anchor names; None if it says nothing, as after a torn write."""
    try:
        lines = anchor.read_bytes().rstrip(b"\n").split(b"\n")
    except FileNotFoundError:
        return None
    text = b"".join(line + b"\n" for line in lines[:-1])
    if sha256(text).hexdigest().encode() != lines[-1]:
        return None
    return int(lines[3])


def _read(uri: str, *, whole: bool) -> Books:
    with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as database:
        database.execute("BEGIN")
        (origin, generation) = database.execute(
            "SELECT origin, generation FROM log ORDER BY generation DESC LIMIT 1"
        ).fetchone()
        return Books(
            messages=_messages(database),
            given=_receipts_of(database, given=1),
            got=_receipts_of(database, given=0),
            leaves=[
                sha256(b"\x00" + bytes((kind,)) + digest).digest()
                for kind, digest in database.execute(
                    "SELECT kind, digest FROM leaf WHERE generation = ? ORDER BY i", (generation,)
                )
            ],
            heads=dict(
                database.execute(
                    "SELECT size, root FROM checkpoint WHERE generation = ?", (generation,)
                ).fetchall()
            ),
            note=_newest_note(database, generation),
            peers=_peers(database),
            origin=origin,
            waiting=_waiting(database),
            contents=frozenset(
                mid.hex()
                for (mid,) in database.execute(
                    "SELECT m.mid FROM content c JOIN message m ON m.id = c.message"
                    " WHERE c.inner IS NOT NULL"
                )
            ),
            notified=_notified(database),
            integrity=str(database.execute("PRAGMA integrity_check").fetchone()[0])
            if whole
            else "ok",
            kept=kept_of(database),
            odd=odd_of(database),
        )


def _messages(database: sqlite3.Connection) -> dict[tuple[str, str], Row]:
    found = database.execute(
        "SELECT m.sender, m.mid, m.direction, m.state, e.header, e.body"
        " FROM message m LEFT JOIN envelope e ON e.message = m.id"
    )
    return {(sender, mid.hex()): Row(*rest) for sender, mid, *rest in found}


def _receipts_of(database: sqlite3.Connection, *, given: int) -> dict[tuple[str, str], list[bytes]]:
    receipts: dict[tuple[str, str], list[bytes]] = {}
    for mid, stage, data in database.execute(
        "SELECT m.mid, r.stage, r.bytes FROM receipt r JOIN message m ON m.id = r.message"
        " WHERE r.given = ? ORDER BY r.id",
        (given,),
    ):
        receipts.setdefault((mid.hex(), stage), []).append(data)
    return receipts


def _peers(database: sqlite3.Connection) -> dict[str, dict[int, bytes]]:
    peers: dict[str, dict[int, bytes]] = {}
    for origin, size, root in database.execute("SELECT origin, size, root FROM peer_checkpoint"):
        peers.setdefault(origin, {})[size] = root
    return peers


def _newest_note(database: sqlite3.Connection, generation: int) -> bytes:
    row = database.execute(
        "SELECT note FROM checkpoint WHERE generation = ? ORDER BY size DESC LIMIT 1",
        (generation,),
    ).fetchone()
    return b"" if row is None else bytes(row[0])


def _waiting(database: sqlite3.Connection) -> int:
    (outbox,) = database.execute("SELECT count(*) FROM outbox").fetchone()
    (inbox,) = database.execute("SELECT count(*) FROM inbox").fetchone()
    return int(outbox) + int(inbox)


def _notified(database: sqlite3.Connection) -> dict[str, int]:
    told = database.execute(
        "SELECT m.mid, count(*) FROM event e JOIN message m ON m.id = e.message"
        " WHERE e.kind = 'message.received' GROUP BY m.id"
    )
    return {mid.hex(): number for mid, number in told}
