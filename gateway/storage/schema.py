"""The tables of one node, as migrations that cannot be changed once they were applied.

A migration is a list of SQL statements with a name. It runs with its record, its SHA-256 and
the new `user_version` in one transaction. A database newer than this code, or made by another
text of the same migration, is refused: nothing is guessed about its meaning.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from gateway.errors import ConfigError, StorageError
from gateway.storage.tables import APPEND_ONLY, DELIVERY, LOG, MESSAGES
from gateway.storage.tables_cancelling import CANCELLING
from gateway.storage.tables_casework import CASEWORK
from gateway.storage.tables_conditions import CONDITIONS
from gateway.storage.tables_delivery import DEADLINES
from gateway.storage.tables_drafts import DRAFTS
from gateway.storage.tables_escalation import ESCALATION
from gateway.storage.tables_forks import FORKS
from gateway.storage.tables_lists import LISTS
from gateway.storage.tables_noted import NOTED
from gateway.storage.tables_numbers import NUMBERS
from gateway.storage.tables_operations import OPERATIONS
from gateway.storage.tables_pauses import PAUSES
from gateway.storage.tables_people import PEOPLE
from gateway.storage.tables_pings import PINGS
from gateway.storage.tables_proof import PROOF
from gateway.storage.tables_recovery import RECOVERY
from gateway.storage.tables_remembered import REMEMBERED
from gateway.storage.tables_retention import RETENTION
from gateway.storage.tables_revocations import REVOCATIONS
from gateway.storage.tables_unasked import UNASKED
from gateway.storage.tables_watch import WATCH
from gateway.storage.tables_witness import WITNESS
from keys.digest import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema; its text never changes once a release carried it."""

    name: str
    statements: tuple[str, ...]

    @property
    def checksum(self) -> bytes:
        """SHA-256 over every statement, in order."""
        return sha256(b"\x00".join(text.encode() for text in self.statements))


MIGRATIONS: Final = (
    Migration(name="0001-first", statements=(*LOG, *APPEND_ONLY, *MESSAGES, *DELIVERY)),
    Migration(name="0002-recovery", statements=RECOVERY),
    Migration(name="0003-escalation", statements=ESCALATION),
    Migration(name="0004-numbers", statements=NUMBERS),
    Migration(name="0005-deadlines", statements=DEADLINES),
    Migration(name="0006-cancelling", statements=CANCELLING),
    Migration(name="0007-retention", statements=RETENTION),
    Migration(name="0008-pings", statements=PINGS),
    Migration(name="0009-proof", statements=PROOF),
    Migration(name="0010-witness", statements=WITNESS),
    Migration(name="0011-forks", statements=FORKS),
    Migration(name="0012-revocations", statements=REVOCATIONS),
    Migration(name="0013-unasked", statements=UNASKED),
    Migration(name="0014-people", statements=PEOPLE),
    Migration(name="0015-casework", statements=CASEWORK),
    Migration(name="0016-drafts", statements=DRAFTS),
    Migration(name="0017-operations", statements=OPERATIONS),
    Migration(name="0018-conditions", statements=CONDITIONS),
    Migration(name="0019-watch", statements=WATCH),
    Migration(name="0020-remembered", statements=REMEMBERED),
    Migration(name="0021-pauses", statements=PAUSES),
    Migration(name="0022-noted", statements=NOTED),
    Migration(name="0023-lists", statements=LISTS),
)
SCHEMA_VERSION: Final = len(MIGRATIONS)


def check_schema(connection: sqlite3.Connection) -> int:
    """Refuse a database that this code does not understand.

    Args:
        connection: Any connection to it.

    Returns:
        Its schema version, SCHEMA_VERSION or below.

    Raises:
        ConfigError: It was written by a newer release.
        StorageError: It is no store of ours, or a migration differs from the one applied.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"the store has schema {version}, this release knows {SCHEMA_VERSION}",
            code="schema_newer",
            hint="Start the newer release that wrote it, or restore a copy from before.",
        )
    if version == 0:
        raise StorageError(
            "the file is not a store of this gateway",
            code="schema_unknown",
            hint="Check the home; `a35 init` creates a store.",
        )
    rows = connection.execute("SELECT name, checksum FROM schema_checksum ORDER BY name")
    applied = [(str(name), bytes(checksum)) for name, checksum in rows]
    expected = [(one.name, one.checksum) for one in MIGRATIONS[:version]]
    if applied != expected:
        raise StorageError(
            "the schema was made by other migrations than this release has",
            code="schema_differs",
            hint="Install an unchanged release; do not edit the database.",
        )
    return version
