"""Where a node fetches the directory from: its server, mirrors, and, when all are silent, peers.

Does: one fetcher for each source, and the order in which sources are asked. Leaves to python-tuf
and gateway.directory.chain whether what came is good: no source is trusted, so any will do.

Source: docs/wire-format.md, rule 30.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as WaitedError
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface
from typing_extensions import override

from gateway.directory.fetch import DirectoryFetcher
from gateway.errors import GatewayError
from protocol.identifiers import NodeId

PEERS_ASKED: Final = 3
"""Peers that are asked in one refresh; the next refresh asks others."""

PEER_TIMEOUT_S: Final = 60.0
"""Longest time for a whole update from one peer: the next one may be quicker."""

_NOT_FOUND: Final = 404

AskPeer: TypeAlias = Callable[[NodeId, str], Awaitable[bytes | None]]
"""Asks a peer for a published file; None if it has none, GatewayError if it was not reached."""


class Closable(Protocol):
    """A fetcher that can be broken off from another thread."""

    def close(self) -> None:
        """Break off what is being fetched; nothing more can be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that has the directory.

    Attributes:
        name: What people call it.
        url: What its files' addresses begin with.
        peer: The node that it is; None for a server or folder.
    """

    name: str
    url: str
    peer: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAccess:
    """How a node asks its peers.

    Attributes:
        me: This node, who is never asked.
        ask: Asks a peer for a published file.
    """

    me: NodeId
    ask: AskPeer


class PeerFetcher(FetcherInterface):
    """Fetches from a peer over the node's own transport, out of the update's thread.

    Args:
        source: The peer.
        ask: Asks it, on the node's loop; None if nobody can.
        loop: The node's loop; not the thread's own.
    """

    def __init__(
        self, source: Source, ask: AskPeer | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._source = source
        self._ask = ask
        self._loop = loop
        self._asking: Future[bytes | None] | None = None
        self._is_closed = False
        self._end_s = loop.time() + PEER_TIMEOUT_S

    def close(self) -> None:
        """Break off what is being fetched, from any thread; nothing more can be fetched."""
        self._is_closed = True
        if self._asking is not None:
            self._asking.cancel()

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        """Yield a file in one piece.

        Args:
            url: Where; below the peer's address.

        Raises:
            DownloadError: Any fault; DownloadHTTPError says that there is no such file.
        """
        node, ask = self._source.peer, self._ask
        if node is None or ask is None or self._is_closed:
            raise DownloadError("nobody can be asked for it")
        yield self._wait(ask, node, url.removeprefix(self._source.url))

    def _wait(self, ask: AskPeer, node: NodeId, name: str) -> bytes:
        """Wait in this thread for what the loop does.

        Raises:
            DownloadError: The peer was not reached, or the node stops.
            DownloadHTTPError: It has no such file.
        """

        async def asked() -> bytes | None:
            return await ask(node, name)

        self._asking = asyncio.run_coroutine_threadsafe(asked(), self._loop)
        if self._is_closed:  # between the look above and now: `close` saw nothing to cancel
            self._asking.cancel()
        try:
            data = self._asking.result(max(0.0, self._end_s - self._loop.time()))
        except (GatewayError, CancelledError, WaitedError) as error:
            self._asking.cancel()
            raise DownloadError("the peer was not reached") from error
        if data is None:
            raise DownloadHTTPError("no such file", _NOT_FOUND)
        return data


def served_by(urls: Sequence[str]) -> tuple[Source, ...]:
    """Return servers and folders in the order of the settings, the directory's own first.

    Args:
        urls: Checked addresses (gateway.directory.fetch.check_url).
    """
    return tuple(
        Source(name="the directory's server" if not place else f"mirror {place}", url=url)
        for place, url in enumerate(urls)
    )


def peer_source(node: NodeId) -> Source:
    """Return a peer as a source."""
    return Source(name=f"peer {node}", url=f"peer://{node}/", peer=node)


def some_peers(nodes: Sequence[NodeId], turn: int) -> tuple[Source, ...]:
    """Return the peers that are asked this time: a few, others each time, all in the end.

    Args:
        nodes: Every peer, in a fixed order.
        turn: Counts the refreshes that came to this.
    """
    if not nodes:
        return ()
    first = turn * PEERS_ASKED % len(nodes)
    around = [*nodes[first:], *nodes[:first]]
    return tuple(map(peer_source, around[:PEERS_ASKED]))


def fetcher_of(
    source: Source,
    peers: PeerAccess | None,
    *,
    monotonic_s: Callable[[], float],
    loop: asyncio.AbstractEventLoop,
) -> DirectoryFetcher | PeerFetcher:
    """Return what fetches from a source.

    Args:
        source: Which.
        peers: How peers are asked; without it a peer has nothing.
        monotonic_s: The clock's monotonic seconds.
        loop: The node's loop.
    """
    if source.peer is None:
        return DirectoryFetcher(source.url, monotonic_s)
    return PeerFetcher(source, None if peers is None else peers.ask, loop)
