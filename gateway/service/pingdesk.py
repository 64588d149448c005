"""The asked side of pings: what other desks wait for, and the answer of the person on duty.

An answer names the code, which a person read, and says whether the directory's entry of this desk
is still right. It is one commit: the reply, the person's act, and the ping's new state.

Source: docs/delivery.md, "Pings"; docs/domain.md, section 12.
"""

from dataclasses import dataclass

from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.ports import Clock, Directory, Randomness
from gateway.records import StateChange, Submitted
from gateway.rows import MessageRow
from gateway.service.pings import CLASS, act_on
from gateway.service.sealer import Sealer
from gateway.service.waiting import summary_of
from gateway.store import Store
from keys.digest import Label, labelled
from protocol.cases.ladder import MessageState
from protocol.directory import ContactPoint
from protocol.envelope.content import Content, decode_inner
from protocol.identifiers import MessageId, NodeId
from protocol.requests.ping import PING, PING_REPLY, Ping, PingReply, body_of, read_ping


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A ping that waits for a person here."""

    mid: MessageId
    sender: NodeId
    code: str
    campaign: str | None
    t_ms: int
    expires_ms: int


class PingDesk:
    """The asked side of pings at one node.

    Args:
        node: This node.
        store: Messages.
        sealer: Seals replies.
        directory: What it says of this desk.
        clock: Time.
        randomness: Message ids.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        sealer: Sealer,
        directory: Directory,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._node = node
        self._store = store
        self._sealer = sealer
        self._directory = directory
        self._clock = clock
        self._randomness = randomness

    async def asked(self) -> tuple[Asked, ...]:
        """Return the pings that wait for a person here, oldest first."""
        found = []
        for row in await self._store.to_answer(CLASS, now_ms=self._clock.now_ms()):
            summary = summary_of(row)
            ping = await self._ping(row) if summary is not None and summary.type == PING else None
            if ping is not None:
                found.append(
                    Asked(
                        mid=row.mid,
                        sender=row.sender,
                        code=ping.code,
                        campaign=ping.campaign,
                        t_ms=row.t_ms,
                        expires_ms=row.exp_ms,
                    )
                )
        return tuple(found)

    def details(self) -> ContactPoint | None:
        """Return what the directory says of this desk: what its officer attests."""
        party = self._directory.party(self._node.country)
        points = () if party is None else party.contact_points
        return next((point for point in points if point.number == self._node.number), None)

    async def answer(
        self, code: str, *, details_valid: bool, note: str | None, who: str
    ) -> tuple[Asked, Submitted]:
        """Answer the ping that has this code.

        Args:
            code: Six digits, as the person typed them.
            details_valid: Whether the directory's entry of this desk is right.
            note: What has changed, if anything; sent to who asks.
            who: The person, as "RO/1 officer 3": never a name.

        Returns:
            What was answered, and the reply; durable.

        Raises:
            NoInputError: No ping that waits has this code.
            DataError: Several have it, or the note does not fit the form.
            UnavailableError: There is no directory, or no key to seal under.
            StorageError: Nothing was answered.
        """
        digits = "".join(code.split())
        fitting = [ping for ping in await self.asked() if ping.code == digits]
        if not fitting:
            raise NoInputError(
                "no ping that waits for an answer has this code",
                hint="see which do with: a35 ping --asked",
            )
        if len(fitting) > 1:
            raise DataError(
                "several pings have this code: answer the next one that they send",
                code="ambiguous_code",
            )
        asked = fitting[0]
        return asked, await self._reply(asked, details_valid=details_valid, note=note, who=who)

    async def _reply(
        self, asked: Asked, *, details_valid: bool, note: str | None, who: str
    ) -> Submitted:
        try:
            form = PingReply(code=asked.code, details_valid=details_valid, note=note)
        except ValueError as error:
            raise DataError(
                "the note does not fit: text of at most 20,000 characters",
                hint="leave out control characters and what is blank",
            ) from error
        now_ms = self._clock.now_ms()
        content = Content(
            mid=self._randomness.message_id(),
            sender=self._node,
            recipient=asked.sender,
            t_ms=max(now_ms, asked.t_ms + 1),
            type=PING_REPLY,
            thread=asked.mid,
            re=asked.mid,
            body=body_of(form),
        )
        why = "the details are right" if details_valid else "the details have changed"
        submission = await self._sealer.submission(
            content,
            cls=CLASS,
            exp_ms=asked.expires_ms,
            act=act_on(content, "ping_answered", who=who, why=why, t_ms=now_ms),
            effects=(StateChange(sender=asked.sender, mid=asked.mid, state=MessageState.ANSWERED),),
            request_key=labelled(Label.REQUEST_KEY, f"reply {asked.sender} {asked.mid}".encode()),
        )
        if submission is None:
            raise UnavailableError(
                "there is no directory or no key to answer under", hint="see why: a35 doctor"
            )
        return await self._store.submit(submission, now_ms=now_ms)

    async def _ping(self, row: MessageRow) -> Ping | None:
        inner = await self._store.inner(row.sender, row.mid)
        if inner is None:
            return None  # retention took it
        return read_ping(Content.decode(decode_inner(inner).content).body)
