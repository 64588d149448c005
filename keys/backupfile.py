"""A sealed backup, stream to stream: what is around the contents, and under what they are sealed.

Layout: "A35B", version 1, lengths of the two key files (u32 each), the key files as they lie on
the disk (each sealed under the node's passphrase or credential), the backup's own key sealed
under the store key: the front. Then the contents, sealed in chunks under that key and bound to
the front.

So a running node, which holds its store key and no passphrase, can write one; and whoever has
the file and the passphrase or credential can open it on any machine: the passphrase opens the
key files, `content.key` holds the store key, the store key opens the backup's key. No key stands
in it unsealed.

Source:
    docs/wire-format.md, section Keys; docs/adr/0012-backups-open-with-the-nodes-own-secret.md.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from keys.atrest import AT_REST_OVERHEAD_BYTES, open_at_rest, seal_at_rest
from keys.body import (
    Source,
    StreamDigests,
    Target,
    decrypt_stream,
    encrypt_stream,
    new_content_key,
)
from keys.digest import sha256
from keys.errors import DecryptionFailedError, KeyFileError, KeyFileReason
from keys.suite import CONTENT_KEY_BYTES

_MAGIC: Final = b"A35B"
_VERSION: Final = 1
_START: Final = struct.Struct(">4sBII")  # magic, version, lengths of both key files
_WRAPPED_BYTES: Final = CONTENT_KEY_BYTES + AT_REST_OVERHEAD_BYTES
_MAX_KEY_FILE_BYTES: Final = 256 * 1024
_CUT_SHORT: Final = "the front of the backup is cut short"
_KEY_CONTEXT: Final = b"a35/backup/1/key"
_BODY_CONTEXT: Final = b"a35/backup/1/body"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles:
    """Both key files of a node, sealed as they lie on its disk.

    Attributes:
        node: `node.key`.
        content: `content.key`.
    """

    node: bytes = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What is read of a backup before anything can be opened.

    Attributes:
        key_files: To be opened with the node's passphrase or credential.
        wrapped: The backup's key, sealed under the store key.
    """

    key_files: KeyFiles
    wrapped: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Return its bytes."""
        files = self.key_files
        start = _START.pack(_MAGIC, _VERSION, len(files.node), len(files.content))
        return start + files.node + files.content + self.wrapped


def seal_backup(
    store_key: bytes, key_files: KeyFiles, source: Source, target: Target
) -> StreamDigests:
    """Write a backup in constant memory.

    The caller opens, syncs and closes both.

    Args:
        store_key: 32 bytes; that of `key_files.content`, else nobody can open the backup.
        key_files: As they lie on the disk.
        source: The contents, read to their end.
        target: Takes the whole file.

    Returns:
        Lengths and digests of the contents, open and sealed, without the front.

    Raises:
        UnknownSuiteError: The store key has another length; nothing was written.
    """
    key = new_content_key()
    front = Front(key_files=key_files, wrapped=seal_at_rest(store_key, key, _KEY_CONTEXT)).encode()
    target.write(front)
    return encrypt_stream(key, _BODY_CONTEXT + sha256(front), source, target)


def read_front(source: Source) -> Front:
    """Read the front of a backup; what follows it stays unread.

    Args:
        source: Any file, at its beginning.

    Raises:
        KeyFileError: With reason NOT_A_KEY_FILE, NEWER or DAMAGED, looked for in this order.
    """
    start = source.read(_START.size)
    if not start.startswith(_MAGIC):
        raise KeyFileError("not a backup", reason=KeyFileReason.NOT_A_KEY_FILE)
    if len(start) < _START.size:
        raise KeyFileError(_CUT_SHORT, reason=KeyFileReason.DAMAGED)
    _, version, node_bytes, content_bytes = _START.unpack(start)
    if version != _VERSION:
        raise KeyFileError("a backup of another version", reason=KeyFileReason.NEWER)
    if max(node_bytes, content_bytes) > _MAX_KEY_FILE_BYTES:
        raise KeyFileError(_CUT_SHORT, reason=KeyFileReason.DAMAGED)
    node = source.read(node_bytes)
    content = source.read(content_bytes)
    wrapped = source.read(_WRAPPED_BYTES)
    if len(node) + len(content) + len(wrapped) != node_bytes + content_bytes + _WRAPPED_BYTES:
        raise KeyFileError(_CUT_SHORT, reason=KeyFileReason.DAMAGED)
    return Front(key_files=KeyFiles(node=node, content=content), wrapped=wrapped)


def open_backup(store_key: bytes, front: Front, source: Source, target: Target) -> StreamDigests:
    """Open the contents of a backup in constant memory.

    The caller uses nothing that was written before this returns.

    Args:
        store_key: From the key files of the front.
        front: From `read_front`.
        source: The file behind its front, read to its end.
        target: Takes the contents; what it raises goes through.

    Returns:
        Lengths and digests of the contents.

    Raises:
        DecryptionFailedError: Another store key, changed, cut short or lengthened.
        UnknownSuiteError: The store key has another length.
    """
    key = open_at_rest(store_key, front.wrapped, _KEY_CONTEXT)
    if len(key) != CONTENT_KEY_BYTES:
        raise DecryptionFailedError("the key of a backup has 32 bytes")
    return decrypt_stream(key, _BODY_CONTEXT + sha256(front.encode()), source, target)
