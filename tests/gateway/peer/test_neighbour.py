"""Asking a peer for a file of the directory: there, not there, or refused."""

import asyncio
from typing import cast

import pytest

from gateway.errors import TransportError
from gateway.peer.neighbour import MAX_FILE_BYTES, ask_peer
from gateway.ports import Transport
from protocol.identifiers import NodeId

FR = NodeId("FR", 1)


class Wire:
    """A transport on which one answer comes back."""

    def __init__(self, status: int, body: bytes) -> None:
        self.answer = status, body
        self.asked: list[tuple[NodeId, str, int]] = []

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """Answer."""
        await asyncio.sleep(0)
        self.asked.append((node, path, max_bytes))
        return self.answer


def ask(wire: Wire) -> bytes | None:
    """Ask FR/1 for the timestamp."""
    return asyncio.run(ask_peer(cast("Transport", wire), FR, "metadata/timestamp.json"))


def test_a_file_comes_as_the_peer_has_it() -> None:
    """By its published name, within a bound."""
    wire = Wire(200, b"{}")
    assert ask(wire) == b"{}"
    assert wire.asked == [(FR, "/v1/dir/metadata/timestamp.json", MAX_FILE_BYTES)]


def test_a_file_that_is_not_there_is_none() -> None:
    """The client decides what that means."""
    assert ask(Wire(404, b"")) is None


def test_a_refusal_is_as_good_as_silence() -> None:
    """The next peer is asked."""
    with pytest.raises(TransportError):
        ask(Wire(503, b"busy"))
