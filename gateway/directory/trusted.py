"""The directory that a node trusts: the last state that verified, and how it is brought up to date.

Does: loads the kept state at start, runs updates in a worker thread, adopts what verified whole,
and says why when it cannot. Leaves to its callers: when to refresh, and what an old directory
still allows (rule 31); every look-up is in memory.

Rules kept: on any failure the last good state stays in use; a lower timestamp under the same
root is never adopted, whatever python-tuf's own files say; the same version with another digest
is an alarm, because somebody holding the online key shows different people different directories.

Source: docs/wire-format.md, rules 28 to 31.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tuf.ngclient.fetcher import FetcherInterface

from gateway.directory.archive import DirectoryArchive
from gateway.directory.bundle import load_bundle, save_bundle
from gateway.directory.chain import VerifiedDirectory, verify_chain
from gateway.directory.client import download
from gateway.directory.fetch import check_url
from gateway.directory.layout import TIMESTAMP_FILE
from gateway.directory.quarantine import Quarantine
from gateway.directory.rivals import TwoDirectoriesError, keep_rivals
from gateway.directory.rumours import Rumours
from gateway.directory.sources import (
    Closable,
    PeerAccess,
    Source,
    fetcher_of,
    peer_source,
    served_by,
    some_peers,
)
from gateway.directory.view import DirectoryView, make_view
from gateway.errors import GatewayError, ProofError
from gateway.journal import Journal
from gateway.ports import Clock
from protocol.directory import NodeEntry, PartyEntry
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import NodeId
from protocol.revoking import RevokedKey

_KEPT: Final = "verified.json"
_HISTORY: Final = "history"
_TRUST: Final = "trust.json"


class TrustedDirectory:
    """The Directory port over TUF.

    Args:
        folder: Where the node keeps its copy: `Home.directory`.
        url: The directory's address: `https://...`, `file:///...` for a folder, or `http://` on
            this machine.
        root: The trusted root's bytes: the ROOT.json that the node was given.
        clock: The node's clock.
        journal: Where failures and changes are written.
        mirrors: Further addresses that have the same files, asked when the first is silent.

    Attributes:
        why: Why the last update failed, one sentence for people; None if it succeeded.
        verified_ms: When an update last succeeded, ms since 1970 UTC; None if never.
        archive: Every state that was ever in use here, for evidence.
        rumours: Which versions peers name; its owner runs it.
        quarantine: Keys that wait because nobody vouched for them.
        ended: When each revoked key was taken back; set by `end_keys`.
        peers: How peers are asked when server and mirrors are silent; None: they are not.

    Raises:
        ConfigError: The address is of no allowed kind.
    """

    def __init__(
        self,
        folder: Path,
        *,
        url: str,
        root: bytes,
        clock: Clock,
        journal: Journal,
        mirrors: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        self._servers = served_by([check_url(each) for each in (url, *mirrors)])
        self.peers: PeerAccess | None = None
        self._turn = 0
        self._root = root
        self._clock = clock
        self._journal = journal
        self.why: str | None = "the directory has not been asked for yet"
        self.verified_ms: int | None = None
        self._view: DirectoryView | None = None
        # The update that runs now, at most one because python-tuf wants its folder to itself.
        self._update: asyncio.Task[bool] | None = None
        self._hearsay: asyncio.Task[bool] | None = None  # an update from a peer that named another
        self._fetcher: Closable | None = None
        self._is_closed = False
        self.archive = DirectoryArchive(folder / _HISTORY)
        self.rumours = Rumours(self)
        self.quarantine = Quarantine(folder / _TRUST)
        self.ended: Mapping[RevokedKey, int] = {}

    async def start(self) -> None:
        """Load the state kept from before, if there is one that verifies; asks nobody."""
        try:
            loaded = await asyncio.to_thread(self._load)
        except GatewayError as error:
            self._fail(error)
            return
        if loaded is not None:
            verified, self.verified_ms = loaded
            self._adopt(verified)

    async def refresh_from(self, node: NodeId) -> bool:
        """Fetch and verify what one peer has, because it names another version than ours.

        Args:
            node: The peer.

        Returns:
            Whether anything changed. A peer that has nothing better is no failure; two
            directories of one version are an alarm, and both are kept.
        """
        while self._update is not None:
            await asyncio.shield(self._update)
        if self._is_closed:
            return False
        self._update = self._hearsay = asyncio.create_task(self._refresh_from(node))
        return await asyncio.shield(self._update)

    async def refresh(self) -> bool:
        """Fetch and verify the newest state; who asks while that runs gets its outcome.

        Returns:
            Whether anything changed. On failure the last good state stays, `why` says the
            reason, and the journal has it if it is a new one.
        """
        if self._update in {None, self._hearsay}:  # what a peer has takes the place of no refresh
            if self._is_closed:
                return False
            self._update = asyncio.create_task(self._refresh(self._hearsay))
        # python-tuf must not be left half-way: who stops waiting does not stop the update.
        return await asyncio.shield(self._update)

    async def close(self) -> None:
        """Break off an update that runs, and begin no other; what is known stays readable."""
        self._is_closed = True
        if self._fetcher is not None:
            self._fetcher.close()
        if self._update is not None:
            await self._update

    @property
    def view(self) -> DirectoryView | None:
        """The state in use as a whole: all Parties, who is left out, files for a mirror."""
        return self._view

    def node(self, node: NodeId) -> NodeEntry | None:
        """Return the entry of a node, active or not."""
        return None if self._view is None else self._view.nodes.get(node)

    def node_of_spki(self, spki: bytes) -> NodeId | None:
        """Return the active node that may use this TLS key (SHA-256 of the SPKI)."""
        return None if self._view is None else self._view.pins.get(spki)

    def party(self, country: str) -> PartyEntry | None:
        """Return a Party's entry."""
        return None if self._view is None else self._view.party(country)

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return every active node, in order of its id."""
        return () if self._view is None else self._view.active

    def certificates(self) -> tuple[bytes, ...]:
        """Return the TLS certificates (DER) of all active nodes, in order of their ids."""
        return tuple(der for node in self.nodes() for der in node.certificates)

    def stamp(self) -> DirectoryStamp | None:
        """Return the version in use, None while there is none."""
        return None if self._view is None else self._view.verified.stamp

    async def _refresh(self, before: asyncio.Task[bool] | None) -> bool:
        """Ask the server, then each mirror, then a few peers, until one has a good state."""
        first: GatewayError | None = None
        try:
            if before is not None:
                await asyncio.wait([before])
            for source in () if self._is_closed else (*self._servers, *self._peers()):
                try:
                    verified = await self._fetch_from(source)
                except GatewayError as error:
                    if first is None or isinstance(error, TwoDirectoriesError):
                        first = error
                    if self._is_closed:
                        break
                else:
                    return self._took(verified, source, first)
        finally:
            self._update = None
        if first is not None:
            self._fail(first)
        return False

    async def _refresh_from(self, node: NodeId) -> bool:
        source = peer_source(node)
        try:
            verified = await self._fetch_from(source)
        except GatewayError as error:
            if isinstance(error, TwoDirectoriesError):
                self._fail(error)
            return False
        finally:
            self._update = None if self._update is self._hearsay else self._update
        return self._adopt(verified)

    def _peers(self) -> tuple[Source, ...]:
        """Return the peers whose turn it is; looked at only when all servers were silent."""
        if self.peers is None:
            return ()
        others = [node.node_id for node in self.nodes() if node.node_id != self.peers.me]
        return some_peers(others, self._turn)

    def _took(
        self, verified: VerifiedDirectory, source: Source, first: GatewayError | None
    ) -> bool:
        """Adopt what a source had; that the others were silent stays in view if it is a peer."""
        if first is not None and (source.peer or isinstance(first, TwoDirectoriesError)):
            self._turn += 1
            self._fail(first, and_then=f"brought up to date by {source.name} instead")
        else:
            self.why = None
        self.verified_ms = self._clock.now_ms()
        return self._adopt(verified)

    async def _fetch_from(self, source: Source) -> VerifiedDirectory:
        """Run one update against one source.

        Raises:
            GatewayError: It had no good state.
        """
        loop = asyncio.get_running_loop()
        fetcher = fetcher_of(source, self.peers, monotonic_s=self._clock.monotonic_s, loop=loop)
        self._fetcher = fetcher
        try:
            return await asyncio.to_thread(self._fetch, source.url, fetcher)
        finally:
            self._fetcher = None

    def _load(self) -> tuple[VerifiedDirectory, int] | None:
        kept = load_bundle(self._folder / _KEPT)
        if kept is None:
            return None
        files, verified_ms = kept
        verified = verify_chain(self._root, files, at_ms=self._clock.now_ms())
        self.archive.save(verified)  # one that an earlier version kept is not in it yet
        return verified, verified_ms

    def _fetch(self, url: str, fetcher: FetcherInterface) -> VerifiedDirectory:
        """Run one update, in the worker thread; the kept state is replaced only at the end."""
        files = download(self._folder, url=url, anchor=self._root, fetcher=fetcher)
        now_ms = self._clock.now_ms()
        verified = verify_chain(self._root, files, at_ms=now_ms)
        self._check_not_older(verified)
        save_bundle(self._folder / _KEPT, verified.files, verified_ms=now_ms)
        self.archive.save(verified)
        return verified

    def _check_not_older(self, verified: VerifiedDirectory) -> None:
        """Hold against the state in use, should python-tuf's own files have been lost.

        Under a new root a lower timestamp is how the authority recovers from a stolen online
        key that was used to run ahead.

        Raises:
            ProofError: Older.
            TwoDirectoriesError: The same version with other content; both timestamps are kept.
            StorageError: They cannot be kept.
        """
        if self._view is None:
            return
        offered, held = verified.stamp, self._view.verified.stamp
        if offered.root_version > held.root_version:
            return
        if offered.root_version < held.root_version:
            raise ProofError("the root that was offered is older than the one in use")
        if offered.timestamp_version < held.timestamp_version:
            raise ProofError("the directory that was offered is older than the one in use")
        if offered.timestamp_version == held.timestamp_version and offered != held:
            mine, theirs = self._view.verified.files, verified.files
            keep_rivals(
                self._folder,
                held.timestamp_version,
                mine[TIMESTAMP_FILE],
                theirs[TIMESTAMP_FILE],
            )
            raise TwoDirectoriesError

    def _adopt(self, verified: VerifiedDirectory) -> bool:
        former = self._view
        held = self._weighed(verified)
        if held is None or (
            former is not None and former.says_the_same(verified, held, self.ended)
        ):
            return False
        view = make_view(verified, former, held, self.ended)
        self._view = view
        self._journal.info(
            "directory_fetched",
            root_version=verified.stamp.root_version,
            timestamp_version=verified.stamp.timestamp_version,
            parties=len(verified.entries),
            active_nodes=len(view.active),
        )
        for country in sorted(verified.left_out):
            self._journal.warning("party_left_out", party=country)
        if view.disputed:
            self._journal.alarm("tls_pins_disputed", pins=len(view.disputed))
        return True

    def _weighed(self, verified: VerifiedDirectory) -> frozenset[str] | None:
        """Say which keys wait; None if that cannot be known: then the state is not used."""
        before = self.quarantine.held.items()
        try:
            held = self.quarantine.weigh(verified, now_ms=self._clock.now_ms())
        except GatewayError as error:
            self._fail(error)
            return None
        for country, names in sorted(self.quarantine.held.items() - before):
            self._journal.alarm("keys_held_back", party=country, waiting=len(names))
        return held

    def _fail(self, error: GatewayError, *, and_then: str = "") -> None:
        """Keep the reason; write it only when it is another one than last time."""
        why = "; ".join(each for each in (str(error), error.hint, and_then) if each)
        if why == self.why:
            return
        self.why = why
        if isinstance(error, ProofError):
            self._journal.alarm("directory_refused", code=error.code, why=str(error))
        else:
            self._journal.warning("directory_not_reached", code=error.code, why=str(error))


def end_keys(directory: TrustedDirectory, ended: Mapping[RevokedKey, int]) -> bool:
    """Let all keys that were revoked, and when (ms), end now; return whether the view changed."""
    directory.ended = dict(ended)
    view = directory.view
    if view is None or view.ended == directory.ended:
        return False
    made = make_view(view.verified, view, view.held, directory.ended)
    directory._view = made  # noqa: SLF001 - of this module
    return True


def file_of(directory: TrustedDirectory, name: str) -> bytes | None:
    """Return a file of the state in use by its published name: every node is a mirror."""
    return None if directory.view is None else directory.view.file(name)


def made_ms_of(directory: TrustedDirectory) -> int | None:
    """Return when the newest timestamp was made, ms since 1970 UTC; None without a state."""
    return None if directory.view is None else directory.view.made_ms


class HeldKeys:
    """The keys that wait in a directory; implements gateway.service.keychange.WaitingKeys.

    Args:
        directory: In use.
    """

    def __init__(self, directory: TrustedDirectory) -> None:
        self._directory = directory

    def waiting(self) -> Mapping[str, frozenset[str]]:
        """Return the names of the keys that wait, by Party."""
        return {party: keys for party, keys in self._directory.quarantine.held.items() if keys}

    def accept(self, country: str) -> None:
        """Let the keys of a Party count that wait, by the word of two people.

        Args:
            country: The Party.

        Raises:
            StorageError: It cannot be kept; nothing was changed.
        """
        view = self._directory.view
        if view is not None and country in self.waiting():
            self._directory.quarantine.accept(country, view.verified)
            self._directory._adopt(view.verified)  # noqa: SLF001 - of this module
