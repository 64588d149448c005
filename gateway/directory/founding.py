"""Found a directory and give Parties their part: what the authority's offline keys sign.

Source: docs/wire-format.md, rule 28; TUF specification, sections 4.3 and 4.5.
"""

from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    DelegatedRole,
    Delegations,
    Root,
    Targets,
)

from gateway.directory.chain import delegations
from gateway.directory.layout import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    is_country,
    party_paths,
    party_role,
    role_file,
)
from gateway.directory.metadata import (
    ROOT_LIFE,
    TARGETS_LIFE,
    after,
    keys_by_id,
    next_targets,
    role_of,
    sign,
)
from gateway.directory.publication import publish
from gateway.directory.repository import Repository
from gateway.directory.signers import MAX_KEYS, ONLINE, KeyFolder
from gateway.errors import ConfigError, UsageError
from keys.digest import sha256
from protocol.envelope.header import DirectoryStamp


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoot:
    """A directory that was just made.

    Attributes:
        path: The root that nodes are given as ROOT.json.
        fingerprint: SHA-256 of that file in hex, to be compared before it is trusted.
        stamp: Version of the empty directory.
    """

    path: Path
    fingerprint: str
    stamp: DirectoryStamp


def new_root(
    folder: Path, keys: KeyFolder, *, threshold: int = 2, count: int = 3, now_ms: int
) -> NewRoot:
    """Make a directory without Parties, and all the authority's keys.

    Root and targets each get `count` keys of which `threshold` must sign; the online key stands
    alone for snapshot and timestamp.

    Args:
        folder: Where it is published; must hold no directory yet.
        keys: Where the keys are put; must hold none of these roles yet.
        threshold: 1 to `count`.
        count: 1 to 9.
        now_ms: Milliseconds since 1970 UTC.

    Returns:
        Where the root is, its fingerprint, and the version.

    Raises:
        ConfigError: There is a directory or a key already, or the numbers make no sense.
        StorageError: The disk refused.
    """
    repository = Repository(folder)
    _check_numbers(threshold, count)
    if repository.exists() or any(keys.has(role) for role in (ROOT, TARGETS, ONLINE)):
        raise ConfigError(
            "there is a directory or a key of one already",
            hint="name empty folders with --out and --keys-dir",
        )
    root_keys = keys.create(ROOT, count)
    targets_keys = keys.create(TARGETS, count)
    online = keys.create(ONLINE, 1)
    root = Root(
        expires=after(now_ms, ROOT_LIFE),
        keys=keys_by_id(*root_keys, *targets_keys, *online),
        roles={
            ROOT: role_of(root_keys, threshold),
            TARGETS: role_of(targets_keys, threshold),
            SNAPSHOT: role_of(online, 1),
            TIMESTAMP: role_of(online, 1),
        },
    )
    targets = Targets(expires=after(now_ms, TARGETS_LIFE), delegations=Delegations({}, {}))
    root_bytes = sign(root, root_keys)
    repository.write(
        {role_file(ROOT, 1): root_bytes, role_file(TARGETS, 1): sign(targets, targets_keys)}
    )
    published = publish(folder, keys, now_ms=now_ms)
    return NewRoot(
        path=folder / role_file(ROOT, 1),
        fingerprint=sha256(root_bytes).hex(),
        stamp=published.stamp,
    )


def delegate(
    folder: Path,
    keys: KeyFolder,
    country: str,
    *,
    threshold: int = 2,
    count: int = 2,
    now_ms: int,
) -> bool:
    """Give a Party's entry to keys of that Party; counts with the next publication.

    The Party's keys in the folder are used, or made if there are none. A Party that has a
    delegation keeps it as it is.

    Args:
        folder: The published folder.
        keys: Holds the targets keys, and holds or gets the Party's.
        country: The Party's code.
        threshold: How many of the Party's keys must sign, 1 to `count`.
        count: How many keys are made if there are none, 1 to 9.
        now_ms: Milliseconds since 1970 UTC.

    Returns:
        Whether anything changed.

    Raises:
        UsageError: Not a country's code.
        ConfigError: The numbers make no sense.
        NoInputError: There is no directory here, or no targets key.
        AccessDeniedError: The secret does not open a key.
        DataError: A file of the directory or a key is damaged.
        StorageError: The disk refused.
    """
    if not is_country(country):
        raise UsageError("a Party is named by two capital letters", hint="for example: RO")
    _check_numbers(threshold, count)
    repository = Repository(folder)
    former = repository.targets()
    if any(each.country == country for each in delegations(former)):
        return False
    signers = keys.load(TARGETS)
    role = party_role(country)
    party_keys = keys.load(role) if keys.has(role) else keys.create(role, count)
    _check_numbers(threshold, len(party_keys))
    given = former.delegations or Delegations({}, {})
    roles = dict(given.roles or {})
    roles[role] = DelegatedRole(
        role, list(keys_by_id(*party_keys)), threshold, True, party_paths(country)
    )
    new = next_targets(
        former,
        now_ms=now_ms,
        delegations=Delegations(
            {**given.keys, **keys_by_id(*party_keys)}, {name: roles[name] for name in sorted(roles)}
        ),
    )
    repository.write({role_file(TARGETS, new.version): sign(new, signers)})
    return True


def _check_numbers(threshold: int, count: int) -> None:
    if not 1 <= threshold <= count <= MAX_KEYS:
        raise ConfigError(
            "the threshold lies between 1 and the number of keys",
            hint=f"at most {MAX_KEYS} keys, for example --threshold 2 --keys 3",
        )
