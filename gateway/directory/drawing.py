"""Draw up signing sheets: what the next root, the next targets or a Party's next entry will say.

Does: makes the next version of a role from what is published, from sheets that come before it, and
from key cards. Signs nothing and writes nothing. Leaves signatures to gateway.directory.sheet, and
publishing to gateway.directory.stamping.

Every change of the directory's own keys is one of these: a lost or stolen key is a next root, or
next targets, without its card; a new holder is one more card; a Party that left is taken out of
targets. Each level rotates alone.

Source: docs/directory-ceremony.md; docs/wire-format.md, rule 28; TUF specification, section 6.1.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    DelegatedRole,
    Delegations,
    Key,
    Role,
    Root,
    TargetFile,
    Targets,
)

from gateway.directory.cards import KeyCard, check_cards
from gateway.directory.chain import delegations
from gateway.directory.layout import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    entry_file,
    entry_target,
    party_of_role,
    party_paths,
    party_role,
    role_file,
)
from gateway.directory.metadata import PARTY_LIFE, ROOT_LIFE, TARGETS_LIFE, after, sign
from gateway.directory.repository import Repository
from gateway.directory.sheet import Need, Sheet
from gateway.directory.signers import MAX_KEYS, ONLINE
from gateway.errors import ConfigError, DataError, NoInputError
from keys.digest import sha256
from protocol.directory import PartyEntry, encode_entry

_Signed = TypeVar("_Signed", Root, Targets)
_HELD: Final = {ROOT: (ROOT,), TARGETS: (TARGETS,), ONLINE: (SNAPSHOT, TIMESTAMP)}
"""The roles that a card's role stands for: the online key signs two."""


def with_sheets(repository: Repository, sheets: Sequence[Sheet]) -> Repository:
    """Return the folder as it would be if these sheets were in it; nobody checked them yet.

    Args:
        repository: What is published.
        sheets: Drawn up, signed or not.
    """
    files: dict[str, bytes] = {}
    for sheet in sheets:
        files.update(files_of(sheet))
    return Repository(repository.folder, over=files)


def files_of(sheet: Sheet) -> dict[str, bytes]:
    """Return the files that a sheet puts into the directory."""
    files = {role_file(sheet.role, sheet.signed.version): sheet.metadata}
    country = party_of_role(sheet.role)
    if sheet.entry is not None and country is not None:
        files[entry_file(country, sha256(sheet.entry).hex())] = sheet.entry
    return files


def draw_root(
    state: Repository, cards: Sequence[KeyCard], thresholds: Mapping[str, int], *, now_ms: int
) -> Sheet:
    """Draw up the next root.

    Args:
        state: What is there.
        cards: Of roles whose keys change, all that shall hold the role from then on; a role of
            which no card is given keeps its keys.
        thresholds: By `root` and `targets`, how many must sign from then on; a role that is not
            named keeps its threshold.
        now_ms: Milliseconds since 1970 UTC.

    Returns:
        The sheet: enough of the former root's holders must sign it, and enough of the new ones.

    Raises:
        ConfigError: A role would have no keys, or a threshold that its keys cannot reach.
        DataError: Two cards hold one key, or one is a Party's.
    """
    check_cards(cards)
    if any(card.role not in _HELD for card in cards):
        raise DataError("a Party's card has no place in the root", hint="use: draw-targets")
    found = state.newest(Root, ROOT)
    former = None if found is None else found[0].signed
    keys: dict[str, Key] = {}
    roles: dict[str, Role] = {}
    for held, names in _HELD.items():
        mine = [card.key for card in cards if card.role == held]
        if not mine and former is not None:
            mine = [former.keys[key_id] for key_id in former.roles[names[0]].keyids]
        # A first root says how many must sign: no number is a good guess of that.
        old = int(held == ONLINE) if former is None else former.roles[names[0]].threshold
        threshold = _checked(held, thresholds.get(held, old), len(mine))
        keys |= {key.keyid: key for key in mine}
        for name in names:
            roles[name] = Role([key.keyid for key in mine], threshold)
    version = 1 if former is None else former.version + 1
    root = Root(version=version, expires=after(now_ms, ROOT_LIFE), keys=keys, roles=roles)
    needs = [_need("holders of this root", root.roles[ROOT])]
    if former is not None:
        needs.insert(0, _need("holders of the former root", former.roles[ROOT]))
    return _sheet(ROOT, root, needs)


def draw_targets(
    state: Repository,
    *,
    now_ms: int,
    cards: Sequence[KeyCard] = (),
    threshold: int = 2,
    removed: Sequence[str] = (),
) -> Sheet:
    """Draw up the next version of the list of Parties.

    Args:
        state: What is there; must have a root.
        now_ms: Milliseconds since 1970 UTC.
        cards: Of each Party that is new or whose keys change, all its keys from then on.
        threshold: How many keys of such a Party must sign.
        removed: Parties that are taken out, by their codes.

    Returns:
        The sheet; without a change it only begins another year.

    Raises:
        NoInputError: There is no root.
        ConfigError: A threshold that the keys cannot reach.
        DataError: Two cards hold one key, one is none of a Party, or a Party that is to be taken
            out is not listed.
    """
    check_cards(cards)
    root = _root(state)
    newest = state.newest(Targets, TARGETS)
    former = None if newest is None else newest[0].signed
    given = None if former is None else former.delegations
    roles = dict((given.roles if given is not None else None) or {})
    keys = {} if given is None else dict(given.keys)
    for country in removed:
        if roles.pop(party_role(country), None) is None:
            raise DataError(f"nothing is delegated to {country}")
    for role in sorted({card.role for card in cards}):
        mine = [card.key for card in cards if card.role == role]
        roles[role] = _delegated(role, mine, threshold)
        keys |= {key.keyid: key for key in mine}
    used = {key_id for role in roles.values() for key_id in role.keyids}
    targets = Targets(
        version=1 if former is None else former.version + 1,
        expires=after(now_ms, TARGETS_LIFE),
        delegations=Delegations(
            {key_id: keys[key_id] for key_id in sorted(used)},
            {name: roles[name] for name in sorted(roles)},
        ),
    )
    return _sheet(TARGETS, targets, [_need("holders of targets", root.roles[TARGETS])])


def draw_party(state: Repository, entry: PartyEntry, *, now_ms: int) -> Sheet:
    """Draw up the next version of what a Party signs.

    Args:
        state: What is there.
        entry: The Party's entry from then on.
        now_ms: Milliseconds since 1970 UTC.

    Returns:
        The sheet, for the Party's own holders.

    Raises:
        NoInputError: There is no directory.
        DataError: Nothing is delegated to the Party.
    """
    country = entry.party
    held = next((one for one in delegations(state.targets()) if one.country == country), None)
    if held is None:
        raise DataError(f"nothing is delegated to {country}", hint="use: draw-targets")
    role = party_role(country)
    former = state.newest(Targets, role)
    data = encode_entry(entry)
    target = TargetFile.from_data(entry_target(country), data, ["sha256"])
    targets = Targets(
        version=1 if former is None else former[0].signed.version + 1,
        expires=after(now_ms, PARTY_LIFE),
        targets={target.path: target},
    )
    need = Need(what=f"holders of {role}", key_ids=held.key_ids, threshold=held.threshold)
    return _sheet(role, targets, [need], entry=data)


def _root(state: Repository) -> Root:
    found = state.newest(Root, ROOT)
    if found is None:
        raise NoInputError("there is no root yet", hint="draw it up first, and name it: --after")
    return found[0].signed


def _delegated(role: str, keys: Sequence[Key], threshold: int) -> DelegatedRole:
    country = party_of_role(role)
    if country is None:
        raise DataError("only a Party's card has a place here", hint="use: draw-root")
    ids = [key.keyid for key in keys]
    return DelegatedRole(role, ids, _checked(role, threshold, len(ids)), True, party_paths(country))


def _checked(role: str, threshold: int, count: int) -> int:
    """Return a threshold that the keys can reach.

    Raises:
        ConfigError: They cannot.
    """
    if not 1 <= threshold <= count <= MAX_KEYS:
        raise ConfigError(
            f"{role} would have {count} keys of which {threshold} must sign",
            hint=f"a role has 1 to {MAX_KEYS} keys, and no higher threshold: give all its cards",
        )
    return threshold


def _need(what: str, role: Role) -> Need:
    return Need(what=what, key_ids=tuple(role.keyids), threshold=role.threshold)


def _sheet(
    role: str, signed: _Signed, needs: Sequence[Need], *, entry: bytes | None = None
) -> Sheet:
    return Sheet(role=role, metadata=sign(signed, ()), needs=tuple(needs), entry=entry)
