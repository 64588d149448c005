"""Vectors of what two nodes send each other: prefix, heads, whole frames, answers, errors."""

from collections.abc import Iterator
from functools import partial

from protocol.encoding import Value
from protocol.errors import Code
from protocol.frame import (
    Answer,
    EnvelopeItem,
    ErrorAnswer,
    FrameHead,
    FrameKind,
    LogProof,
    Receipted,
    ReceiptItem,
    Refused,
    ThirdHead,
    decode_answer,
    decode_error,
    decode_head,
    decode_log_proof,
    decode_prefix,
    encode_answer,
    encode_error,
    encode_frame,
    encode_head,
    encode_log_proof,
)
from tests.protocol.samples import MID, NOW_MS, ORIGIN
from tests.vectors.case_file import Vector
from tests.vectors.envelope_cases import accepted, changed, lacking, refused
from tests.vectors.statement_cases import NOTE, receipt

FOLDER = "frame"
MIB = 1024 * 1024
HASHES = (b"\x01" * 32, b"\x02" * 32)


def exchange_cases() -> Iterator[Vector]:
    """Yield all cases of this module."""
    yield from _prefixes()
    yield from _frames()
    yield from _heads()
    yield from _refused_heads()
    yield from _receipt_heads()
    yield from _answers()
    yield from _verdicts()
    yield from _errors()
    yield from _log_proofs()


def item(body: bytes = b"body") -> EnvelopeItem:
    """Return an item whose header and wraps nobody has read."""
    return EnvelopeItem(
        header=b"header",
        wraps=b"wraps",
        body_bytes=len(body),
        queue_number=41,
        index=5,
        path=HASHES,
    )


def ping() -> FrameHead:
    """Return the head of an empty frame that links and gossips."""
    return FrameHead(
        at=7,
        checkpoint=NOTE.encode(),
        old=4,
        consistency=HASHES,
        seen=12,
        void=(39, 40),
        heads=(ThirdHead(origin=ORIGIN, size=1000, root=b"\x0d" * 32),),
    )


def riding(*items: EnvelopeItem) -> FrameHead:
    """Return the head of a frame under a checkpoint that the receiver has linked."""
    return FrameHead(at=7, checkpoint=None, old=7, consistency=(), seen=12, envelopes=items)


def receipts() -> FrameHead:
    """Return the head of a frame with one later receipt."""
    pushed = ReceiptItem(receipt=receipt().encode(), index=6, path=HASHES)
    return FrameHead(at=7, checkpoint=None, old=7, consistency=(), seen=12, receipts=(pushed,))


def answer() -> Answer:
    """Return an answer with every form of verdict."""
    return Answer(
        t_ms=NOW_MS,
        at=13,
        checkpoint=NOTE.encode(),
        old=12,
        consistency=HASHES,
        seen=7,
        heads=(ThirdHead(origin=ORIGIN, size=1000, root=b"\x0d" * 32),),
        have=40,
        miss=((42, 42), (44, 50)),
        items=(
            Receipted(receipt=receipt().encode(), index=12, path=HASHES),
            Receipted(receipt=None, index=None, path=()),
            Refused(code=Code.BLOBS, mid=MID, retry_ms=None, blobs=HASHES),
            Refused(code=Code.CANON, mid=None, retry_ms=None),
            Refused(code=Code.QUOTA, mid=MID, retry_ms=4000),
        ),
    )


def _prefixes() -> Iterator[Vector]:
    place = (FOLDER, "prefix")
    good = b"A35F\x01\x00\x00\x01\x02"
    yield accepted(place, "good", "Shows the head's length.", data=good, read=decode_prefix)
    most = b"A35F\x01\x00\x08\x00\x00"
    yield accepted(place, "largest", "512 KiB.", data=most, read=decode_prefix)
    for name, comment, data in (
        ("other-magic", "Not ours.", b"A36F" + good[4:]),
        ("other-version", "Version 2 does not exist.", b"A35F\x02" + good[5:]),
        ("short", "Eight bytes.", good[:-1]),
        ("long", "Ten bytes.", good + b"\0"),
        ("empty", "Nothing.", b""),
    ):
        yield refused(place, name, comment, data=data, expect="E_FRAME")
    above = b"A35F\x01\x00\x08\x00\x01"
    yield refused(place, "large-head", "512 KiB and 1 B.", data=above, expect="E_SIZE")


def _frames() -> Iterator[Vector]:
    bodies = [b"body", b"", b"third"]
    head = riding(*map(item, bodies))
    frame = b"".join(encode_frame(FrameKind.ENVELOPES, head, bodies))
    yield Vector(
        folder=FOLDER,
        name="frame-three-envelopes",
        what="frame",
        expect="ok",
        comment="Prefix, head, three bodies; the middle one is empty.",
        content={"input": frame.hex(), "bodies": [body.hex() for body in bodies]},
    )


def _heads() -> Iterator[Vector]:
    place, read = (FOLDER, "head-env"), partial(decode_head, FrameKind.ENVELOPES)
    for name, comment, head in (
        ("ping", "Link, ping and gossip.", ping()),
        ("riding", "One envelope under a linked checkpoint.", riding(item())),
        (
            "first-contact",
            "old = 0.",
            FrameHead(at=1, checkpoint=NOTE.encode(), old=0, consistency=(), seen=0),
        ),
    ):
        data = encode_head(FrameKind.ENVELOPES, head)
        yield accepted(place, name, comment, data=data, read=read)


def _refused_heads() -> Iterator[Vector]:
    place = (FOLDER, "head-env")
    good = encode_head(FrameKind.ENVELOPES, riding(item()))
    entry: dict[str, Value] = {"h": b"", "w": b"", "n": 0, "q": 1, "i": 0, "p": []}
    head: list[Value] = [str(ORIGIN), 1, bytes(32)]
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 2}),
        ("unknown-key", "Rule 5.", {"zz": 0}),
        ("both-kinds", "Each kind has its route.", {"rcp": []}),
        ("proof-without-checkpoint", "cp nil: con is empty.", {"con": [bytes(32)]}),
        ("note-as-bytes", "A note is text.", {"cp": NOTE.encode()}),
        ("size-above-2-53", "Largest size and one more.", {"at": 2**53}),
        ("seen-negative", "Sizes are not negative.", {"seen": -1}),
        ("void-text", "Queue numbers are integers.", {"void": ["1"]}),
        ("void-1025", "At most 1024 numbers.", {"void": [1] * 1025}),
        ("17-heads", "At most 16 heads.", {"heads": [head] * 17}),
        ("head-of-no-log", "An origin is a35/CC/n/log/g.", {"heads": [["x", 1, bytes(32)]]}),
        ("head-short-root", "A root has 32 bytes.", {"heads": [[str(ORIGIN), 1, bytes(31)]]}),
        ("head-two-items", "A head has three items.", {"heads": [head[:2]]}),
        ("65-items", "At most 64 envelopes.", {"env": [entry] * 65}),
        ("unknown-key-in-item", "Rule 5.", {"env": [{**entry, "b": b""}]}),
        ("long-header", "A header has at most 8 KiB.", {"env": [{**entry, "h": bytes(8193)}]}),
        ("long-wraps", "Wraps have at most 5 KiB.", {"env": [{**entry, "w": bytes(5121)}]}),
        ("65-digests", "A path has at most 64.", {"env": [{**entry, "p": [bytes(32)] * 65}]}),
        ("short-digest", "Digests have 32 bytes.", {"env": [{**entry, "p": [bytes(31)]}]}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-seen", "No key may be missing.", data=lacking(good, "seen"))
    for name, comment, items in (
        ("large-body", "A body has at most 4 MiB.", [{**entry, "n": 4 * MIB + 1}]),
        ("large-frame", "A frame has at most 8 MiB.", [{**entry, "n": 4 * MIB}] * 2),
    ):
        large = changed(good, env=items)
        yield refused(place, name, comment, data=large, expect="E_SIZE")
    tail = good + b"\0"
    yield refused(place, "trailing-byte", "One value.", data=tail, expect="E_CANON")


def _receipt_heads() -> Iterator[Vector]:
    place, read = (FOLDER, "head-rcp"), partial(decode_head, FrameKind.RECEIPTS)
    good = encode_head(FrameKind.RECEIPTS, receipts())
    yield accepted(place, "one", "One later receipt.", data=good, read=read)
    entry: dict[str, Value] = {"r": b"", "i": 0, "p": []}
    foreign = encode_head(FrameKind.ENVELOPES, riding(item()))
    yield refused(place, "of-envelopes", "Each kind has its route.", data=foreign)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("65-items", "At most 64 receipts.", {"rcp": [entry] * 65}),
        ("long-receipt", "At most 2 KiB.", {"rcp": [{**entry, "r": bytes(2049)}]}),
        ("unknown-key-in-item", "Rule 5.", {"rcp": [{**entry, "q": 1}]}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))


def _answers() -> Iterator[Vector]:
    place = (FOLDER, "answer")
    good = encode_answer(answer())
    short = changed(good, r=[], miss=[], heads=[], con=[], cp=None)
    yield accepted(place, "verdicts", "Every form of verdict.", data=good, read=decode_answer)
    yield accepted(place, "to-a-ping", "Nothing was asked.", data=short, read=decode_answer)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 2}),
        ("unknown-key", "Rule 5.", {"x": {}}),
        ("time-nil", "An answer says its time.", {"t": None}),
        ("proof-without-checkpoint", "cp nil: con is empty.", {"cp": None}),
        ("range-of-one", "A range is [first, last].", {"miss": [[42]]}),
        ("range-backwards", "first <= last.", {"miss": [[43, 42]]}),
        ("ranges-overlap", "Each number once.", {"miss": [[42, 44], [44, 45]]}),
        ("range-below-have", "Nothing is missing up to have.", {"miss": [[40, 42]]}),
        ("65-ranges", "At most 64.", {"miss": [[n, n] for n in range(50, 180, 2)]}),
        ("65-verdicts", "At most 64.", {"r": [{"ok": None}] * 65}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-have", "No key may be missing.", data=lacking(good, "have"))


def _verdicts() -> Iterator[Vector]:
    place = (FOLDER, "answer")
    good = encode_answer(answer())
    fault: dict[str, Value] = {"err": "E_BUSY", "mid": None, "retry": 1, "blobs": []}
    entries: list[tuple[str, str, Value]] = [
        ("both", "A verdict is one or the other.", {**fault, "ok": None}),
        ("neither", "A verdict is one or the other.", {}),
        ("unknown-code", "The codes are a closed list.", {**fault, "err": "E_NONE"}),
        ("short-mid", "A message id has 16 bytes.", {**fault, "mid": bytes(15)}),
        ("negative-retry", "A time to wait.", {**fault, "retry": -1}),
        ("short-blob", "Digests have 32 bytes.", {**fault, "blobs": [bytes(31)]}),
        ("65-blobs", "At most 64.", {**fault, "blobs": [bytes(32)] * 65}),
        ("text", "To a peer goes a code, never a text.", {**fault, "text": "busy"}),
        ("proof-of-nothing", "nil has no proof.", {"ok": None, "i": 1, "p": []}),
        ("no-proof", "A receipt has a proof.", {"ok": b"r"}),
        ("no-path", "A proof has a path.", {"ok": b"r", "i": 1}),
        ("long-receipt", "At most 2 KiB.", {"ok": bytes(2049), "i": 1, "p": []}),
        ("bool", "ok is no truth value.", {"ok": True, "i": 1, "p": []}),
        ("array", "A verdict is a map.", [None]),
    ]
    for name, comment, verdict in entries:
        yield refused(place, f"verdict-{name}", comment, data=changed(good, r=[verdict]))


def _errors() -> Iterator[Vector]:
    place = (FOLDER, "error")
    position = ErrorAnswer(code=Code.LOG_POSITION, mid=None, t_ms=NOW_MS, retry_ms=None, size=4711)
    busy = ErrorAnswer(code=Code.BUSY, mid=MID, t_ms=NOW_MS, retry_ms=2000, size=None)
    good = encode_error(position)
    yield accepted(place, "log-position", "Go on from 4711.", data=good, read=decode_error)
    yield accepted(place, "busy", "Wait 2 s.", data=encode_error(busy), read=decode_error)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("unknown-code", "The codes are a closed list.", {"err": "E_TEAPOT"}),
        ("lower-case-code", "Each code has one spelling.", {"err": "e_busy"}),
        ("text", "The code only.", {"text": "no"}),
        ("no-size", "E_LOG_POSITION says where to go on.", {"size": None}),
        ("negative-size", "Sizes are not negative.", {"size": -1}),
        ("long-mid", "A message id has 16 bytes.", {"mid": bytes(17)}),
        ("retry-as-text", "Milliseconds.", {"retry": "1"}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-retry", "nil, not missing.", data=lacking(good, "retry"))
    yield refused(place, "long", "At most 1 KiB.", data=bytes(1025), expect="E_SIZE")


def _log_proofs() -> Iterator[Vector]:
    place = (FOLDER, "log-proof")
    good = encode_log_proof(LogProof(old=4, new=7, path=HASHES))
    yield accepted(place, "good", "GET /v1/log/proof.", data=good, read=decode_log_proof)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("backwards", "old <= new.", {"old": 8}),
        ("unknown-key", "Rule 5.", {"cp": ""}),
        ("short-digest", "Digests have 32 bytes.", {"con": [bytes(31)]}),
        ("129-digests", "At most 128.", {"con": [bytes(32)] * 129}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-con", "Empty, not missing.", data=lacking(good, "con"))
