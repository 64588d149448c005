"""What the directory lists of this node, and what it is to list once the log is a new one."""

import asyncio
from ssl import PEM_cert_to_DER_cert
from typing import Final

from typing_extensions import override

from gateway.config import NodeConfig
from gateway.directory.trusted import TrustedDirectory
from gateway.errors import ConfigError, DataError
from gateway.home import Home
from gateway.journal import Journal
from gateway.ports import Clock
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from protocol.directory import LogKey, NodeEntry
from protocol.directory_values import key_text, time_text
from protocol.errors import MalformedError
from protocol.joining import node_part, parse_join_request

ROTATE_FILE: Final = "rotate.json"
"""What the authority admits again, so that the directory lists a new key."""

_DAY_MS: Final = 24 * 60 * 60 * 1000
_LISTED_DAYS: Final = 365


class _Unwritten(Journal):
    """The journal of a command that only looks: what a node would note is not its output."""

    __slots__ = ()

    @override
    def info(self, event: str, **fields: object) -> None:
        """Write nothing."""

    @override
    def warning(self, event: str, **fields: object) -> None:
        """Write nothing."""

    @override
    def alarm(self, event: str, **fields: object) -> None:
        """Write nothing."""


def listed_entry(home: Home, config: NodeConfig, clock: Clock) -> NodeEntry | None:
    """Return what the directory held in this home says of its node; nobody is asked.

    Args:
        home: The node's folder.
        config: Its settings.
        clock: The present time.

    Returns:
        None if no directory is held, or it does not name this node.
    """
    section = config.directory
    if section.url is None or section.root is None:
        return None
    try:
        root = home.path_of(section.root).read_bytes()
    except OSError:
        return None
    directory = TrustedDirectory(
        home.directory,
        url=section.url,
        root=root,
        clock=clock,
        journal=_Unwritten("directory"),
    )

    async def read() -> NodeEntry | None:
        await directory.start()
        entry = directory.node(config.node_id)
        await directory.close()
        return entry

    return asyncio.run(read())


def entry_to_change(home: Home, config: NodeConfig, clock: Clock, *, made: NodeEntry) -> NodeEntry:
    """Return the node's part to which a new key is added.

    Args:
        home: The node's folder.
        config: Its settings.
        clock: The present time.
        made: What the node asked for when its log began.

    Returns:
        What was asked for last and is not listed yet, else what is listed, else `made`.

    Raises:
        DataError: The last request does not read.
    """
    listed = listed_entry(home, config, clock)
    try:
        asked = parse_join_request((home.path / ROTATE_FILE).read_bytes()).node
    except OSError:
        asked = None
    except MalformedError as error:
        raise DataError(f"{ROTATE_FILE} in this home does not read") from error
    if asked is None or made.logs[0].origin not in {key.origin for key in asked.logs}:
        return made if listed is None else listed
    is_listed_whole = listed is not None and _publics(asked) <= _publics(listed)
    return listed if listed is not None and is_listed_whole else asked


def _publics(entry: NodeEntry) -> set[str]:
    """Return every public key of a node's part."""
    logs = {key.ed25519 + key.mldsa44 for key in entry.logs}
    witnesses = {key.mldsa44 for key in entry.witness or ()}
    return {*logs, *witnesses, *(key.public for key in entry.kem), *entry.tls_certificates}


def is_listed(entry: NodeEntry | None, keys: NodeKeys) -> bool:
    """Tell whether a node's entry lists the log of these keys.

    Args:
        entry: Of the node, if there is one.
        keys: The node's keys.
    """
    verifier = keys.signer().verifier
    return entry is not None and any(key.verifier == verifier for key in entry.logs)


def renewed_entry(
    entry: NodeEntry | None, config: NodeConfig, keys: NodeKeys, *, now_ms: int
) -> NodeEntry:
    """Return the node's entry with its new log beside those that are listed.

    Args:
        entry: As the directory lists it; None makes the part of a new node.
        config: The node's settings.
        keys: Those of the new log among them.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        ConfigError: The entry cannot hold one more log.
    """
    verifier = keys.signer().verifier
    if entry is None:
        return node_part(
            config.node_id,
            endpoints=(config.url,),
            log=verifier,
            last_resort=RecipientSecret(keys.last_resort_seed).public,
            certificate=PEM_cert_to_DER_cert(keys.tls.certificate_pem.decode()),
            not_before_ms=now_ms,
            not_after_ms=now_ms + _LISTED_DAYS * _DAY_MS,
            witness=None if keys.witness is None else keys.witness.signer().cosigner,
        )
    if is_listed(entry, keys):
        return entry
    return with_log(
        entry,
        LogKey(
            origin=verifier.name,
            ed25519=key_text(verifier.ed25519),
            mldsa44=key_text(verifier.mldsa44),
            not_before=time_text(now_ms),
            not_after=time_text(now_ms + _LISTED_DAYS * _DAY_MS),
        ),
    )


def with_log(entry: NodeEntry, key: LogKey) -> NodeEntry:
    """Return a node's entry with one more log, checked as a whole.

    Args:
        entry: As the directory lists it.
        key: The pair of keys of the new log.

    Raises:
        ConfigError: The entry cannot hold it.
    """
    try:
        fields = {name: getattr(entry, name) for name in NodeEntry.model_fields}
        return NodeEntry(**{**fields, "logs": (*entry.logs, key)})
    except (ValueError, MalformedError) as error:
        raise ConfigError("the node's entry cannot hold one more log") from error
