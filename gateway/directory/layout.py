"""Names and limits of the directory's files: one place that says what may be called what.

A published directory is a folder, on a web server or a USB stick, with two folders in it:

    metadata/1.root.json, 2.root.json, ...     roots, numbered
    metadata/timestamp.json                    the only file that changes in place
    metadata/7.snapshot.json, 3.targets.json   numbered by version
    metadata/2.party-RO.json                   one role a Party, signed by that Party's keys
    targets/parties/RO/<sha256>.party.json     the entry, named by its digest

No name that a file contains ever becomes a path: paths are made here, from country codes and
version numbers that were checked.

Source: docs/wire-format.md, rules 28 to 30; TUF specification, section 3 and 6.2.
"""

import re
from typing import Final

METADATA: Final = "metadata"
TARGETS_FOLDER: Final = "targets"
ROOT: Final = "root"
TIMESTAMP: Final = "timestamp"
SNAPSHOT: Final = "snapshot"
TARGETS: Final = "targets"

MAX_ROOT_BYTES: Final = 256 * 1024
"""A root with 9 keys has 6 KB."""

MAX_TIMESTAMP_BYTES: Final = 16 * 1024
"""One reference and one signature have 0.5 KB."""

MAX_SNAPSHOT_BYTES: Final = 256 * 1024
"""250 Parties at 150 B each have 38 KB."""

MAX_TARGETS_BYTES: Final = 1024 * 1024
"""250 delegations with three keys each have 200 KB; a Party's own role has 1 KB."""

MAX_PARTY_BYTES: Final = 64 * 1024
"""What the authority takes of a Party's own role: 300 of them fit into a directory."""

MAX_PARTIES: Final = 300
"""ISO 3166-1 has 249 codes."""

MAX_ROOT_ROTATIONS: Final = 64
"""Roots followed in one refresh; at one a year more than anybody keeps."""

_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
_ROLE: Final = re.compile(r"party-([A-Z]{2})\Z")
_PUBLISHED: Final = re.compile(
    r"metadata/(timestamp|[1-9][0-9]{0,9}\.(root|snapshot|targets|party-[A-Z]{2}))\.json"
    r"|targets/parties/[A-Z]{2}/[0-9a-f]{64}\.party\.json"
)


def is_country(text: str) -> bool:
    """Tell whether a text has the form of a Party's code."""
    return _COUNTRY.match(text) is not None


def party_role(country: str) -> str:
    """Return the role that signs a Party's entry."""
    return f"party-{country}"


def party_of_role(role: str) -> str | None:
    """Return the Party whose role this is, None for every other name."""
    match = _ROLE.match(role)
    return None if match is None else match[1]


def party_paths(country: str) -> list[str]:
    """Return the only path pattern that a Party's role is given."""
    return [f"parties/{country}/*"]


def entry_target(country: str) -> str:
    """Return the target name of a Party's entry."""
    return f"parties/{country}/party.json"


def role_file(role: str, version: int) -> str:
    """Return the published name of one version of a role's metadata (not the timestamp)."""
    return f"{METADATA}/{version}.{role}.json"


TIMESTAMP_FILE: Final = f"{METADATA}/{TIMESTAMP}.json"


def entry_file(country: str, digest: str) -> str:
    """Return the published name of an entry.

    Args:
        country: The Party's code.
        digest: SHA-256 of the entry, 64 lower-case hex digits.
    """
    return f"{TARGETS_FOLDER}/parties/{country}/{digest}.party.json"


def is_published(name: str) -> bool:
    """Tell whether a relative name is one that a published directory may have."""
    return _PUBLISHED.fullmatch(name) is not None
