"""The body reader: exact, in time, at a pace."""

import asyncio
from itertools import pairwise

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.peer.reader import BodyReader, Pace, ShortBodyError, SlowBodyError
from tests.gateway.peer.port import scenario


class TestClock:
    """Monotonic time that a test sets."""

    __test__ = False

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        """Return the test's time."""
        return self.now_s


def _stream() -> StreamReader:
    loop = asyncio.get_running_loop()
    protocol = BaseProtocol(loop)
    protocol.transport = asyncio.Transport()
    return StreamReader(protocol, limit=1 << 20, loop=loop)


def _reader(
    content: StreamReader, length: int, clock: TestClock | None = None, *, patience_s: float = 60.0
) -> BodyReader:
    pace = Pace(read_timeout_s=patience_s, window_s=30.0, floor_bytes_per_s=100)
    return BodyReader(content, length=length, pace=pace, clock=clock or TestClock())


@given(
    body=st.binary(max_size=300),
    cuts=st.lists(st.integers(0, 300)),
    takes=st.lists(st.integers(0, 60)),
)
@settings(max_examples=60, deadline=None)
def test_bytes_come_out_as_they_went_in_however_they_were_cut(
    body: bytes, cuts: list[int], takes: list[int]
) -> None:
    """TCP keeps no borders, frames have their own."""

    @scenario
    async def equal() -> None:
        content = _stream()
        edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
        for start, stop in pairwise(edges):
            content.feed_data(body[start:stop])
        content.feed_eof()
        reader = _reader(content, len(body))
        out = [await reader.take(take) for take in takes if take <= reader.left]
        out.append(await reader.take(reader.left))
        assert b"".join(out) == body
        assert reader.left == 0

    equal()


@scenario
async def test_bytes_that_come_later_are_waited_for() -> None:
    """Bodies arrive while the head is decided."""
    content = _stream()
    reader = _reader(content, 4)
    taking = asyncio.ensure_future(reader.take(4))
    await asyncio.sleep(0)
    content.feed_data(b"ab")
    await asyncio.sleep(0)
    content.feed_data(b"cd")
    assert await taking == b"abcd"


@scenario
async def test_nothing_within_the_time_out_is_slow() -> None:
    """A stalled body has no time-out in aiohttp."""
    content = _stream()
    content.feed_data(b"ab")
    with pytest.raises(SlowBodyError):
        await _reader(content, 4, patience_s=0.02).take(4)


@scenario
async def test_end_before_the_length_is_short() -> None:
    """Never a shorter body than announced."""
    content = _stream()
    content.feed_data(b"ab")
    content.feed_eof()
    with pytest.raises(ShortBodyError):
        await _reader(content, 4).take(4)


@scenario
async def test_broken_connection_is_short() -> None:
    """One error for every way in which a connection ends."""
    content = _stream()
    content.set_exception(ConnectionResetError("canary"))
    with pytest.raises(ShortBodyError) as caught:
        await _reader(content, 4).take(4)
    assert "canary" not in str(caught.value)


@scenario
async def test_connection_that_is_closed_already_is_short() -> None:
    """Aiohttp says so by an error of its own, which must not look like a bug of ours."""
    loop = asyncio.get_running_loop()
    content = StreamReader(BaseProtocol(loop), limit=1 << 20, loop=loop)
    with pytest.raises(ShortBodyError):
        await _reader(content, 4).take(4)


async def _trickle(bytes_a_window: int) -> None:
    """Feed two windows of 30 s, a part every 10 s, always in time for the read time-out."""
    clock = TestClock()
    content = _stream()
    reader = _reader(content, 1_000_000, clock)
    taking = asyncio.ensure_future(reader.take(1_000_000))
    for _ in range(6):
        await asyncio.sleep(0)
        clock.now_s += 10
        content.feed_data(bytes(bytes_a_window // 3))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if taking.done():
            break
    else:
        taking.cancel()
        return
    await taking


@scenario
async def test_trickle_below_the_floor_ends_after_a_window() -> None:
    """One byte every nine seconds would hold a slot for days."""
    with pytest.raises(SlowBodyError):
        await _trickle(2_997)


@scenario
async def test_pace_above_the_floor_may_take_its_time() -> None:
    """A thin line is no attack."""
    await _trickle(3_600)
