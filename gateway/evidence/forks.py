"""Exports what shows that a log has two histories: two notes, and the directory of the time.

Source: docs/evidence.md, "Forks"; docs/wire-format.md, rules 9a and 9b.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from gateway.errors import NoInputError, RecoveringError, UnavailableError
from gateway.evidence.container import bundle_bytes, measured, tail_of
from gateway.evidence.files import EXPORTED_ACT
from gateway.evidence.material import DirectoryStates
from gateway.evidence.write import Written
from gateway.ports import Clock
from gateway.records import Fork
from gateway.store import Store
from keys.digest import new_salt
from protocol.evidence.forking import Contradiction, ForkManifest, contradiction_of
from protocol.evidence.naming import (
    FORK_HELD,
    FORK_OFFERED,
    MANIFEST,
    README,
    directory_file,
)
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead
from protocol.log.deed import Act
from protocol.log.statement import officer_act

_README: Final = """\
Two signed heads of one log, {origin}.

    manifest.json      what this is, and every other file with size and SHA-256
    fork/held.note     a head that {holder} went by (C2SP tlog-checkpoint, signed)
    fork/offered.note  another head of the same log, shown by {shown_by}
    directory/         the directory of the time: whose log it is, and its keys

Verify it with any copy of the program and the directory's root, without a node or a network:

    a35 verify FILE --root ROOT.json

Two different roots at one size prove that the log's owner signed two histories, as long as its keys
count: once they have ended, somebody else who holds them may have signed the second one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFork:
    """A log of which two histories are known, or feared.

    Attributes:
        fork: The two notes.
        held: The head that we went by.
        offered: The other one.
        is_refused: Whether the log is refused for it; else it is still asked.
    """

    fork: Fork
    held: TreeHead
    offered: TreeHead
    is_refused: bool

    @property
    def shows(self) -> Contradiction:
        """What the two heads show to anybody."""
        return contradiction_of(self.held, self.offered)


class ForkExhibits:
    """Lists and exports what is held of other nodes' second histories.

    Args:
        node: This node.
        store: Keeps them.
        states: The directory's states.
        clock: Time.
    """

    def __init__(
        self, *, node: NodeId, store: Store, states: DirectoryStates, clock: Clock
    ) -> None:
        self._node = node
        self._store = store
        self._states = states
        self._clock = clock

    async def found(self) -> tuple[FoundFork, ...]:
        """Return every log that is refused for two histories, then every one that is in doubt.

        Raises:
            StorageError: The store cannot be read.
        """
        refused = [_found(fork, is_refused=True) for fork in await self._store.forks()]
        known = {one.fork.offered for one in refused}
        doubtful = [fork for fork in await self._doubtful() if fork.offered not in known]
        return (*refused, *(_found(fork, is_refused=False) for fork in doubtful))

    async def _doubtful(self) -> list[Fork]:
        positions = await self._store.positions()
        return [
            Fork(
                origin=one.origin,
                held=place.head.note,
                offered=one.note,
                found_ms=one.head.first_ms,
            )
            for one in await self._store.unjoined()
            if (place := positions.get(one.origin)) is not None and place.head is not None
        ]

    async def export(self, origin: LogOrigin, target: BinaryIO, *, who: str) -> Written:
        """Write the exhibit of one log; the act is committed before the first byte.

        Args:
            origin: The log; of several findings the first counts.
            target: Takes the exhibit; incomplete if this raises.
            who: The person, as "RO/1 officer 3": never a name.

        Raises:
            NoInputError: Nothing is held against this log.
            UnavailableError: The node never had a directory.
            StorageError: Nothing was exported.
        """
        found = next((one for one in await self.found() if one.fork.origin == origin), None)
        if found is None:
            raise NoInputError(
                "no second history of this log is known", hint="list them with: a35 evidence forks"
            )
        digest = found.fork.directory
        states = await self._states.held(() if digest is None else (digest,))
        if not states:
            raise UnavailableError(
                "the node has no directory, and without one an exhibit shows nothing",
                hint="see why with: a35 doctor",
            )
        await self._state(found.fork, who)
        return _written(self._files(found.fork, states), target)

    def _files(self, fork: Fork, states: Mapping[bytes, Mapping[str, bytes]]) -> dict[str, bytes]:
        shown_by = fork.origin.node if fork.by is None else fork.by
        files = {FORK_HELD: fork.held, FORK_OFFERED: fork.offered}
        for digest, published in states.items():
            files |= {directory_file(digest, name): data for name, data in published.items()}
        files[README] = _README.format(
            origin=fork.origin, holder=self._node, shown_by=shown_by
        ).encode()
        marks = {name: measured(name, data)[1] for name, data in files.items()}
        files[MANIFEST] = ForkManifest(
            origin=fork.origin, holder=self._node, shown_by=shown_by, files=marks
        ).encode()
        return files

    async def _state(self, fork: Fork, who: str) -> None:
        act = Act(
            act=EXPORTED_ACT,
            who=who,
            ref=None,
            subject=None,
            why=f"two histories of {fork.origin}",
            t_ms=self._clock.now_ms(),
        )
        statement = officer_act(act.encode(), new_salt())
        try:
            await self._store.state([statement], must_leave=True)
        except RecoveringError:
            await self._store.state([statement], must_leave=False)


def _found(fork: Fork, *, is_refused: bool) -> FoundFork:
    held, offered = (ClaimedCheckpoint.parse(note).head for note in (fork.held, fork.offered))
    return FoundFork(fork=fork, held=held, offered=offered, is_refused=is_refused)


def _written(files: Mapping[str, bytes], target: BinaryIO) -> Written:
    measures = {name: measured(name, data) for name, data in sorted(files.items())}
    entries = [entry for entry, _ in measures.values()]
    for entry in entries:
        target.write(entry.local)
        target.write(files[entry.name])
    target.write(tail_of(entries))
    return Written(
        size_bytes=bundle_bytes(entries),
        files=len(entries),
        digest=measures[MANIFEST][1].digest,
    )
