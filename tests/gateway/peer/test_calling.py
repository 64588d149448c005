"""The body of a call leaves in few writes, whole, and as often as it is asked for."""

import pytest
from aiohttp.abc import AbstractStreamWriter
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.peer.calling import Buffers, Call, _joined
from gateway.pieces import HeldPiece
from tests.gateway.peer.port import scenario


@given(sizes=st.lists(st.sampled_from([0, 1, 100, 30_000, 65_535, 65_536, 200_000]), max_size=12))
@settings(max_examples=60, deadline=None)
def test_joined_buffers_are_the_same_bytes_in_few_pieces(sizes: list[int]) -> None:
    """Large bodies are not copied, small ones do not cost a system call each."""
    buffers = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    pieces = list(_joined(buffers))
    assert b"".join(pieces) == b"".join(buffers)
    assert len(pieces) <= 1 + 2 * sum(sizes) / 65_536
    assert all(
        any(piece is buffer for buffer in buffers) for piece in pieces if len(piece) > 65_536
    )


class _Sink:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written = b""

    async def write(self, data: bytes) -> None:
        """Keep it."""
        self.written += data


@scenario
async def test_body_may_be_sent_again() -> None:
    """The next endpoint gets the same bytes."""
    for sent in ([b"one", b"two"], HeldPiece(b"onetwo")):
        call = Call(method="PUT", path="/", body=sent, max_bytes=0)
        body = call.payload()
        assert body is not None
        assert body.size == call.size_bytes() == 6
        for _ in range(2):
            sink = _Sink()
            await body.write(_as_writer(sink))
            assert sink.written == b"onetwo"
    assert Call(method="GET", path="/", max_bytes=0).payload() is None


def test_body_is_not_text() -> None:
    """Whoever asks for text has taken a wrong turn."""
    with pytest.raises(TypeError):
        Buffers(lambda: iter([b"x"]), 1, "application/vnd.a35+msgpack").decode()


def _as_writer(sink: object) -> AbstractStreamWriter:
    """Pass a sink off as aiohttp's writer, of which only `write` is used."""
    return sink  # type: ignore[return-value]
