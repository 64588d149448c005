"""One node of a world that lies: about what it has and has seen, or by answering as long ago.

What it lies about is what TLS alone protects; whatever is signed stays as it is, since its own
process is honest. Nobody owes it anything, and it must harm nobody else.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Self

from gateway.ports import Route
from gateway.simulator.faults import LYING, Fault, Tally, Weather
from gateway.simulator.port import Reply, Request
from gateway.simulator.wire import Way
from protocol.answer import decode_answer, decode_error, encode_answer, encode_error
from protocol.errors import Code, RemoteProtocolError
from protocol.frame import PREFIX_BYTES, FrameKind, decode_head, decode_prefix, encode_head
from protocol.identifiers import NodeId
from protocol.standing import ThirdHead

_OK = 200
_MAGIC_BYTES = 5


@dataclass(slots=True)
class LyingNode:
    """Implements gateway.simulator.wire.Liar.

    Args:
        node: Who lies.
        draw: Decides when and how.
        weather: Which lies belong to the seed.
        tally: Counts them.
    """

    node: NodeId
    draw: Random
    weather: Weather
    tally: Tally
    _said: dict[tuple[NodeId, str], list[Reply]] = field(default_factory=dict)

    @classmethod
    def drawn(
        cls, draw: Random, names: list[NodeId], weather: Weather, tally: Tally
    ) -> Self | None:
        """Draw the liar of a world, None if nobody lies in it."""
        if not any(weather.has(fault) for fault in LYING):
            return None
        return cls(draw.choice(names), Random(f"lies {draw.random()}"), weather, tally)

    def speaks(self, way: Way, request: Request) -> Request:
        """Say in a frame that more or less of the other's log was seen, and other heads of logs."""
        del way
        if request.method != "POST" or not self._strikes(Fault.FALSE_SEEN):
            return request
        kind = FrameKind.ENVELOPES if request.path == Route.ENVELOPES else FrameKind.RECEIPTS
        body = request.body
        end = PREFIX_BYTES + decode_prefix(body[:PREFIX_BYTES])
        head = decode_head(kind, body[PREFIX_BYTES:end])
        head = replace(head, seen=self._false(2000), heads=self._slander(head.heads))
        data = encode_head(kind, head)
        prefix = body[:_MAGIC_BYTES] + len(data).to_bytes(4, "big")
        return replace(request, body=prefix + data + body[end:])

    def answers(self, way: Way, request: Request, reply: Reply) -> Reply:
        """Answer as it did before, or with false hints."""
        before = self._said.setdefault((way[0], request.path), [])
        before.append(reply)
        if len(before) > 1 and self._strikes(Fault.OLD_ANSWER):
            return self.draw.choice(before)
        if request.method != "POST":
            return reply
        try:
            return self._hinted(reply)
        except RemoteProtocolError:
            return reply

    def _hinted(self, reply: Reply) -> Reply:
        if reply.status == _OK:
            answer = decode_answer(reply.body)
            if self._strikes(Fault.FALSE_HAVE):
                answer = replace(answer, have=self._false(100), miss=())
            if self._strikes(Fault.FALSE_SEEN):
                answer = replace(answer, seen=self._false(2000), heads=self._slander(answer.heads))
            return replace(reply, body=encode_answer(answer))
        error = decode_error(reply.body)
        if error.code is Code.LOG_POSITION and self._strikes(Fault.FALSE_SIZE):
            return replace(reply, body=encode_error(replace(error, size=self._false(2000))))
        return reply

    def _slander(self, heads: tuple[ThirdHead, ...]) -> tuple[ThirdHead, ...]:
        """Make up another root, another size or both of each head: unsigned, it accuses nobody."""
        return tuple(
            replace(
                head,
                size=self.draw.choice((head.size, max(1, head.size - 1), head.size + 1, 2**40)),
                root=self.draw.randbytes(len(head.root)),
            )
            for head in heads
        )

    def _strikes(self, fault: Fault) -> bool:
        if self.draw.random() >= self.weather.chance(fault):
            return False
        self.tally[fault] += 1
        return True

    def _false(self, most: int) -> int:
        return self.draw.choice((0, 1, self.draw.randrange(most), 2**40))
