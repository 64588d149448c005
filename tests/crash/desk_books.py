"""What a dead node's files say of its desk: what is kept, and whether each act has its deed.

Plain SQL, as in `tests.crash.checks`. What is kept is told in words that only become more while a
script runs, so that a promise is one of them.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Final

_ACT: Final = 9
_COUNTED: Final = ("person", "passkey", "desk_token", "case_note", "assignment", "filing")
_STATES: Final = ("editing", "submitted", "approved", "sent")
_WORDS: Final = (
    *("person_added", "roles_changed", "link_made", "passkey_added", "token_made"),
    *("person_locked", "person_unlocked", "submitted", "approved", "sent", "exported"),
)


def kept_of(database: sqlite3.Connection) -> frozenset[str]:
    """Return everything that a desk may have promised to keep."""
    return frozenset([*_counts(database), *_drafts(database), *_people(database)])


def odd_of(database: sqlite3.Connection) -> tuple[str, ...]:
    """Return each change of the desk without its act, and each act without its change."""
    acts = _acts(database)
    states = Counter(state for (state,) in database.execute("SELECT state FROM draft"))
    pairs = {
        "person_added": _count(database, "person"),
        "passkey_added": _count(database, "passkey"),
        "approved": _count(database, "draft_approval"),
        "sent": states["sent"],
    }
    return tuple(
        f"{acts[word]} acts {word}, {number} in the tables"
        for word, number in pairs.items()
        if acts[word] != number
    )


def _counts(database: sqlite3.Connection) -> Iterator[str]:
    for table in _COUNTED:
        for number in range(_count(database, table)):
            yield f"{table} {number + 1}"
    for word, count in _acts(database).items():
        for number in range(count):
            yield f"act {word} {number + 1}"


def _drafts(database: sqlite3.Connection) -> Iterator[str]:
    for operation, state in database.execute("SELECT id, state FROM operation"):
        yield f"operation {operation} {state}"
    for draft, version, state in database.execute("SELECT id, version, state FROM draft"):
        for number in range(version):
            yield f"draft {draft.hex()} {number + 1}"
        for earlier in _STATES[: _STATES.index(state) + 1]:
            yield f"draft {draft.hex()} {earlier}"


def _people(database: sqlite3.Connection) -> Iterator[str]:
    for name, roles, version in database.execute("SELECT name, roles, version FROM person"):
        yield f"{name} is {roles}"
        for number in range(version):
            yield f"{name} {number + 1}"


def _count(database: sqlite3.Connection, table: str) -> int:
    (number,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - ours
    return int(number)


def _acts(database: sqlite3.Connection) -> Counter[str]:
    """Count acts by their word: the field `act` of the canonical bytes."""
    found = Counter[str]()
    for (data,) in database.execute(
        "SELECT p.bytes FROM preimage p JOIN leaf l ON l.generation = p.generation AND l.i = p.i"
        " WHERE l.kind = ?",
        (_ACT,),
    ):
        for word in _WORDS:
            named = b"\xa3act" + bytes([0xA0 | len(word)]) + word.encode()
            found[word] += named in data
    return found
