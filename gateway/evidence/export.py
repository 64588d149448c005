"""An officer exports the evidence of one message: an act in the log, then the bundle.

Source: docs/evidence.md, "The bundle"; docs/wire-format.md, rules 6 and 33.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from gateway.errors import NoInputError, RecoveringError, UnavailableError
from gateway.evidence.files import EXPORTED_ACT, PRINTED_ACT, chosen
from gateway.evidence.forks import ForkExhibits
from gateway.evidence.material import (
    Attestations,
    Attested,
    DirectoryStates,
    Material,
    Sealed,
    Variant,
)
from gateway.evidence.write import Written, write_bundle
from gateway.exhibits import Exhibit, HeldStatement
from gateway.ports import Blobs, Clock
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.surroundings import meant
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.ladder import MessageState, reached
from protocol.envelope.header import Header
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin, MessageId
from protocol.log.checkpoint import ClaimedCheckpoint
from protocol.log.deed import Act
from protocol.log.statement import StatementKind, officer_act
from protocol.receipt import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was exported.

    Attributes:
        written: The bundle.
        statements: How many statements the bundle has.
        unproven: How many more there are that no signed checkpoint covers, or whose bytes were
            erased: they are not in the bundle.
        missing_blobs: Attachments that are not held here any more, or were left out.
    """

    written: Written
    statements: int
    unproven: int
    missing_blobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What goes with a message onto paper.

    Attributes:
        row: The message.
        exhibit: What is held of it.
        statements: Those that the bundle shows, in its order.
        bundle: The bundle, sealed, without attachments: anybody verifies it.
    """

    row: MessageRow
    exhibit: Exhibit
    statements: tuple[HeldStatement, ...]
    bundle: bytes


class Export:
    """Makes bundles.

    Args:
        store: What is held.
        blobs: Attachments.
        states: The directory's states.
        clock: Time.
        attestations: What others attested; None while nobody is asked for it.
        policy: The node's policy file, None for none.

    Attributes:
        forks: Exhibits of other nodes' second histories.
    """

    def __init__(
        self,
        *,
        store: Store,
        blobs: Blobs,
        states: DirectoryStates,
        clock: Clock,
        attestations: Attestations | None = None,
        policy: bytes | None = None,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._states = states
        self._clock = clock
        self._attestations = attestations
        self.forks = ForkExhibits(node=store.origin.node, store=store, states=states, clock=clock)
        self._policy = policy

    async def export(
        self, mid: MessageId, variant: Variant, target: BinaryIO, *, who: str
    ) -> Exported:
        """Write the evidence of one message; the act is committed before the first byte.

        Args:
            mid: A message that was sent or received here.
            variant: How much of it goes in.
            target: Takes the bundle; incomplete if this raises.
            who: The person, as "RO/1 officer 3": never a name.

        Returns:
            What was exported.

        Raises:
            NoInputError: No such message, or its content was not opened here and is to be
                disclosed.
            UnavailableError: The node never had a directory.
            DataError: It would be longer than a bundle may be.
            StorageError: Nothing was exported.
            LogDamagedError: A proof of our own log does not hold.
            ProofError: What is held contradicts itself.
        """
        row = await self._row(mid)
        before = await self._exhibit(row)
        if variant is Variant.DISCLOSED:
            _check_opened(row, before)
        await self._state(before, EXPORTED_ACT, who=who, why=variant.value)
        material = await self._material(await self._exhibit(row), variant)
        written = await write_bundle(material, self._blobs, target)
        exhibit = material.exhibit
        named = len(Header.decode(exhibit.header).blobs)
        return Exported(
            written=written,
            statements=len(chosen(material)),
            unproven=exhibit.unproven,
            missing_blobs=named - len(material.blobs),
        )

    async def paper(self, mid: MessageId, *, who: str, why: str) -> Paper:
        """Return what goes with a message onto paper; the act is committed before.

        Args:
            mid: A message that was sent here, or received and opened.
            who: The person, as "RO/1 officer 3": never a name.
            why: In what form it leaves the desk: `page` or `pdf`.

        Raises:
            NoInputError: No such message, or its content was not opened here.
            UnavailableError: The node never had a directory.
            DataError: There is more evidence than one bundle holds.
            StorageError: Nothing was printed.
            LogDamagedError: A proof of our own log does not hold.
            ProofError: What is held contradicts itself.
        """
        row = await self._row(mid)
        before = await self._exhibit(row)
        _check_opened(row, before)
        await self._state(before, PRINTED_ACT, who=who, why=why)
        material = await self._material(await self._exhibit(row), Variant.SEALED)
        material = replace(material, blobs=())
        bundle = BytesIO()
        await write_bundle(material, self._blobs, bundle)
        return Paper(
            row=row,
            exhibit=material.exhibit,
            statements=chosen(material),
            bundle=bundle.getvalue(),
        )

    async def _row(self, mid: MessageId) -> MessageRow:
        row = meant(await self._store.message(mid))
        if row is None:
            raise NoInputError(
                "there is no such message", hint="list what there is with: a35 inbox, a35 outbox"
            )
        return row

    async def _exhibit(self, row: MessageRow) -> Exhibit:
        exhibit = await self._store.exhibit(row.sender, row.mid)
        if exhibit is None:
            raise NoInputError("nothing is held of this message but its place in the lists")
        return exhibit

    async def _state(self, exhibit: Exhibit, word: str, *, who: str, why: str) -> None:
        """State the export; what it covers is then signed, if anything may be signed now."""
        act = Act(
            act=word,
            who=who,
            ref=exhibit.mid,
            subject=Header.decode(exhibit.header).body.digest,
            why=why,
            t_ms=self._clock.now_ms(),
        )
        statement = officer_act(act.encode(), new_salt())
        try:
            await self._store.state([statement], must_leave=True)
        except RecoveringError:
            # Evidence may be wanted most while the log cannot be signed: what was signed before
            # is there, and the act stands in the log all the same.
            await self._store.state([statement], must_leave=False)

    async def _material(self, exhibit: Exhibit, variant: Variant) -> Material:
        states = await self._states.held(_stamps(exhibit))
        if not states:
            raise UnavailableError(
                "the node has no directory, and without one a bundle shows nothing",
                hint="see why with: a35 doctor",
            )
        attested, joins = await self._attested(exhibit)
        return Material(
            exhibit=exhibit,
            variant=variant,
            states=states,
            attested=attested,
            joins=joins,
            blobs=() if variant is Variant.REDACTED else await self._held(exhibit),
            policy=self._policy,
        )

    async def _held(self, exhibit: Exhibit) -> tuple[Sealed, ...]:
        parts = Header.decode(exhibit.header).blobs
        return tuple([
            Sealed(index=index, digest=part.digest, size_bytes=part.size_bytes)
            for index, part in enumerate(parts)
            if await self._blobs.is_complete(exhibit.sender, part.digest, part.size_bytes)
        ])  # fmt: skip

    async def _attested(
        self, exhibit: Exhibit
    ) -> tuple[
        Mapping[LogOrigin, Sequence[Attested]],
        Mapping[tuple[LogOrigin, int, int], tuple[bytes, ...]],
    ]:
        """Ask what others attested of every head that proves something, and join our own."""
        if self._attestations is None:
            return {}, {}
        attested: dict[LogOrigin, list[Attested]] = {}
        joins: dict[tuple[LogOrigin, int, int], tuple[bytes, ...]] = {}
        places: dict[tuple[LogOrigin, int], set[int]] = {}
        for one in exhibit.statements:
            places.setdefault((one.origin, one.size), set()).add(one.index)
        for (origin, size), indices in sorted(places.items()):
            for each in await self._attestations.of(origin, size, sorted(indices)):
                attested.setdefault(origin, []).append(each)
                if each.joined is None and origin == self._store.origin:
                    low, high = sorted((ClaimedCheckpoint.parse(each.note).head.size, size))
                    proofs = await self._store.prove(high, [], old=low)
                    joins[origin, low, high] = proofs.consistency
        return attested, joins


def _check_opened(row: MessageRow, exhibit: Exhibit) -> None:
    """Refuse to disclose what no person opened: its sender would not hear of it.

    Raises:
        NoInputError: It was not, or it could not be read.
    """
    if row.direction is Direction.IN and not reached(row.state, MessageState.OPENED):
        raise NoInputError(
            "the message was not opened yet",
            code="not_opened",
            hint="open it first with: a35 open MID",
        )
    if exhibit.content_key is None:
        raise NoInputError(
            "the content of this message cannot be read here",
            code="not_readable",
            hint="export it without --with-content",
        )


def _stamps(exhibit: Exhibit) -> tuple[bytes, ...]:
    """Return the digests of the directory's versions by which the two sides spoke."""
    found = [Header.decode(exhibit.header).directory.digest]
    for one in exhibit.statements:
        if one.kind is StatementKind.RECEIPT_GIVEN:
            try:
                found.append(Receipt.decode(one.preimage).directory.digest)
            except MalformedError:
                continue
    return tuple(dict.fromkeys(found))
