"""Asks other nodes, and the people at them, whether they are there.

A round has two legs for each node. The machine leg is an empty frame, which links both logs; the
human leg is a message with a code, which a person at the other desk types. Messages, receipts and
replies are statements of both logs, and the outcome of a round is one of ours. All is kept before
it is done: after a crash a round goes on, and nobody is asked twice.

Source: docs/delivery.md, "Pings"; docs/domain.md, section 12.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from gateway.errors import DataError, NoInputError
from gateway.journal import Journal
from gateway.pinging import PingRow, ReplyRow, RoundRow
from gateway.ports import Clock, Randomness
from gateway.service.abreast import abreast
from gateway.service.greet import Counted, Lanes
from gateway.service.guard import passing_over_full
from gateway.service.pinganswer import answered, note_of
from gateway.service.pingboard import Board, board_of, report_json
from gateway.service.sealer import Sealer
from gateway.store import Store
from keys.digest import Label, labelled, new_salt, sha256
from protocol.delivery.urgency import Urgency
from protocol.envelope.content import Content, decode_inner
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Act, Statement, officer_act
from protocol.requests.ping import (
    CODES,
    MAX_PING_MS,
    PING,
    Ping,
    body_of,
)

CLASS: Final = Urgency.P3
"""Pings give way to everything; nothing of them is escalated."""

_AT_ONCE: Final = 16
"""Nodes called side by side: dead ones must not delay the others by their time-outs."""

_LOOK_S: Final = 2.0


class Pings:
    """The asking side of pings at one node.

    Args:
        node: This node, which is never asked.
        store: Keeps rounds, queues messages.
        sealer: Seals them.
        lanes: Send empty frames.
        clock: Time.
        randomness: Ids and codes.
        journal: Diagnostics.
        counted: Told how each call went.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        sealer: Sealer,
        lanes: Lanes,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        counted: Counted,
    ) -> None:
        self._node = node
        self._store = store
        self._sealer = sealer
        self._lanes = lanes
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._counted = counted
        self._begun, self._opened = asyncio.Event(), asyncio.Event()
        self._wrong: set[tuple[NodeId, MessageId]] = set()  # replies that answer nothing

    async def run(self) -> None:
        """Ask, call and take answers until cancelled; one owner awaits it.

        Raises:
            ExceptionGroup: The store failed.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_calling())
            group.create_task(self._keep_looking())

    async def begin(
        self, nodes: Sequence[NodeId], *, name: str | None, open_ms: int, who: str
    ) -> RoundRow:
        """Begin a round, or return the campaign that has this name already.

        Args:
            nodes: Whom to ask; this node is left out.
            name: Of a campaign, a line; None for a round without name.
            open_ms: How long people have to answer, at most a week.
            who: The person, as "RO/1 officer 3": never a name.

        Returns:
            The round; durable. Desks are being asked, machines called.

        Raises:
            DataError: Nobody to ask, or no such time.
            StorageError: Nothing was begun, or it goes on later.
        """
        asked = sorted({node for node in nodes if node != self._node})
        if not asked:
            raise DataError("there is no other node to ask", hint="see who there is: a35 peers")
        if not 0 < open_ms <= MAX_PING_MS:
            raise DataError("a ping is open for a week at the most")
        now_ms = self._clock.now_ms()
        begun = await self._store.begin_round(
            name, asked, now_ms=now_ms, expires_ms=now_ms + open_ms
        )
        await self._ask_people(begun, who)
        self._begun.set()
        self._opened.set()
        return begun

    async def board(self, number: int) -> Board:
        """Return what a round came to so far, with the answers that came just now.

        Args:
            number: Of the round.

        Raises:
            NoInputError: There is no such round.
            StorageError: The store failed.
        """
        with passing_over_full():
            await self.look()
        begun = await self._store.round_of(number)
        if begun is None:
            raise NoInputError("there is no such round of pings", hint="see: a35 ping --list")
        return await self._board(begun)

    async def pause(self, number: int, *, on: bool) -> Board:
        """Ask nobody further in a round, or go on; answers of those who were asked still count.

        Its end stays where it is: those who were asked were told it.

        Args:
            number: Of the round; one that is closed stays as it is.
            on: Whether to pause.

        Raises:
            NoInputError: There is no such round.
            StorageError: Nothing was changed.
        """
        await self._store.pause_round(number, on=on, now_ms=self._clock.now_ms())
        self._begun.set()
        return await self.board(number)

    async def close(self, number: int) -> Board:
        """End a round now, with what it came to: that is stated in our log.

        Args:
            number: Of the round; one that is closed stays as it is.

        Raises:
            NoInputError: There is no such round.
            StorageError: It goes on.
        """
        await self._store.end_round(number, now_ms=self._clock.now_ms())
        return await self.board(number)

    async def notes(self, board: Board) -> Mapping[NodeId, str]:
        """Return what desks wrote that have said that their details changed.

        Args:
            board: Of a round.

        Raises:
            StorageError: What they wrote cannot be opened.
        """
        found: dict[NodeId, str] = {}
        for one in board.outcomes:
            if one.reply is None or one.details_valid is not False:
                continue
            inner = await self._store.inner(one.node, one.reply)
            note = None if inner is None else note_of(Content.decode(decode_inner(inner).content))
            if note:
                found[one.node] = note
        return found

    async def rounds(self, *, limit: int) -> tuple[RoundRow, ...]:
        """Return rounds, newest first."""
        return await self._store.rounds(limit=limit)

    async def named(self, name: str) -> RoundRow | None:
        """Return the campaign of this name."""
        return await self._store.round_of(name)

    async def call_all(self) -> bool:
        """Do every machine leg that was not done.

        Returns:
            Whether all are done: none is as long as this node may not sign its log, because then
            it cannot send any frame.

        Raises:
            StorageError: The store failed; what was not kept is done again.
        """
        waiting: list[PingRow] = []
        for begun in await self._store.open_rounds():
            if begun.paused_ms is not None:
                continue
            pings = await self._store.pings(begun.number)
            waiting += [row for row in pings if row.node_ok is None]
        if waiting and not self._store.may_sign:
            return False
        places = asyncio.Semaphore(_AT_ONCE)
        await abreast(self._call(row, places) for row in waiting)
        return True

    async def look(self) -> bool:
        """Take the answers that came, ask who could not be asked, close rounds that are over.

        Returns:
            Whether any round is still open.

        Raises:
            StorageError: The store failed; it is looked at again.
        """
        rounds = await self._store.open_rounds()
        if not rounds:
            return False
        replies = {(reply.sender, reply.mid): reply for reply in await self._store.ping_replies()}
        self._wrong &= replies.keys()
        for name in [name for name in replies if name not in self._wrong]:
            if not await self._take(replies[name]):
                self._wrong.add(name)
        is_open = False
        for begun in rounds:
            if begun.paused_ms is None:
                await self._ask_people(begun, str(self._node))
            board = await self._board(begun)
            if board.is_over:
                await self._close(board)
            is_open = is_open or not board.is_over
        return is_open

    async def _board(self, begun: RoundRow) -> Board:
        pings = await self._store.pings(begun.number)
        return board_of(begun, pings, now_ms=self._clock.now_ms())

    # ------------------------------------------------------------------ loops

    async def _keep_calling(self) -> None:
        while True:
            self._begun.clear()
            is_done = False
            with passing_over_full():
                is_done = await self.call_all()
            if is_done:
                await self._begun.wait()
            else:
                await self._clock.sleep(_LOOK_S)

    async def _keep_looking(self) -> None:
        while True:
            self._opened.clear()
            is_open = True
            with passing_over_full():
                is_open = await self.look()
            if is_open:
                await self._clock.sleep(_LOOK_S)
            else:
                await self._opened.wait()

    # ------------------------------------------------------------------ the legs

    async def _call(self, row: PingRow, places: asyncio.Semaphore) -> None:
        async with places:
            began_s = self._clock.monotonic_s()
            ok = await self._lanes.call(row.node)
            took_ms = round((self._clock.monotonic_s() - began_s) * 1000)
            self._counted(row.node, answered=ok)
            await self._store.note_called(
                row.number,
                ok=ok,
                took_ms=took_ms if ok else None,
                why=None if ok else "the node did not answer",
            )

    async def _ask_people(self, begun: RoundRow, who: str) -> None:
        """Queue the message of each desk that has none yet; a repeat finds what it queued."""
        for row in await self._store.pings(begun.number):
            if row.mid is None and begun.expires_ms > self._clock.now_ms():
                await self._ask_person(begun, row, who)

    async def _ask_person(self, begun: RoundRow, row: PingRow, who: str) -> None:
        mid = self._randomness.message_id()
        form = Ping(
            code=f"{int(self._randomness.between(0, CODES)):06}",
            campaign=begun.name,
            expires_at=instant(begun.expires_ms),
        )
        now_ms = self._clock.now_ms()
        content = Content(
            mid=mid,
            sender=self._node,
            recipient=row.node,
            t_ms=now_ms,
            type=PING,
            thread=mid,
            re=None,
            body=body_of(form),
        )
        why = "" if begun.name is None else begun.name
        submission = await self._sealer.submission(
            content,
            cls=CLASS,
            exp_ms=begun.expires_ms,
            act=act_on(content, "pinged", who=who, why=why, t_ms=now_ms),
            request_key=labelled(Label.REQUEST_KEY, f"ping {row.number}".encode()),
        )
        if submission is None:
            return
        queued = await self._store.submit(submission, now_ms=now_ms)
        await self._store.note_asked_person(row.number, queued.mid)

    async def _take(self, reply: ReplyRow) -> bool:
        """Keep an answer if it names the code that was asked for; tell whether it does."""
        asked = await self._content(self._node, reply)
        said = await self._content(reply.sender, reply)
        if asked is None or said is None:
            return False
        valid = answered(asked, said)
        if valid is not None:
            await self._store.note_answered(reply.ping, details_valid=valid, at_ms=reply.at_ms)
        return valid is not None

    async def _content(self, sender: NodeId, reply: ReplyRow) -> Content | None:
        mid = reply.asked if sender == self._node else reply.mid
        inner = await self._store.inner(sender, mid)
        return None if inner is None else Content.decode(decode_inner(inner).content)

    async def _close(self, board: Board) -> None:
        """State the outcome of a round: the digest of its report, with the numbers in words."""
        ok = sum(1 for one in board.outcomes if one.node_ok)
        people = sum(1 for one in board.outcomes if one.human_ok)
        act = Act(
            act="ping_round",
            who=str(self._node),
            ref=None,
            subject=sha256(report_json(board.outcomes)),
            why=f"{len(board.outcomes)} nodes asked, {ok} nodes and {people} desks answered",
            t_ms=self._clock.now_ms(),
        )
        statement = officer_act(act.encode(), new_salt())
        await self._store.close_round(board.round.number, statement, now_ms=self._clock.now_ms())
        self._journal.info("pings_done", nodes=len(board.outcomes), nodes_ok=ok, desks_ok=people)


def act_on(content: Content, word: str, *, who: str, why: str, t_ms: int) -> Statement:
    """Return the act by which a content was sent.

    Args:
        content: What was sent.
        word: Of the closed list of the desk.
        who: The person or node.
        why: The reason given; may be empty.
        t_ms: Milliseconds since 1970, UTC.
    """
    act = Act(
        act=word,
        who=who,
        ref=content.mid,
        subject=labelled(Label.OFFICER, content.encode()),
        why=why,
        t_ms=t_ms,
    )
    return officer_act(act.encode(), new_salt())


def instant(at_ms: int) -> str:
    """Return a moment as forms spell it, in whole seconds."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
