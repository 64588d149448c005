"""Asks a peer for a file of the directory: every node is a mirror for every other.

Source: docs/wire-format.md, rules 25 and 30.
"""

from typing import Final

from gateway.errors import TransportError
from gateway.peer.routes import DIRECTORY_PATH
from gateway.ports import Transport
from protocol.identifiers import NodeId

MAX_FILE_BYTES: Final = 1024 * 1024
"""The longest of the directory's files: the list of Parties."""

_OK: Final = 200
_ABSENT: Final = 404


async def ask_peer(transport: Transport, node: NodeId, name: str) -> bytes | None:
    """Return a file of the directory as a peer holds it; nothing in it is believed yet.

    Args:
        transport: The wire.
        node: The peer.
        name: The file's published name.

    Returns:
        Its bytes; None if the peer has none of this name.

    Raises:
        TransportError: It was not reached, or refused.
    """
    status, body = await transport.get(node, DIRECTORY_PATH + name, max_bytes=MAX_FILE_BYTES)
    if status == _OK:
        return body
    if status == _ABSENT:
        return None
    raise TransportError("the peer gives no files of the directory", code="refused", sent=True)
