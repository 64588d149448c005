"""Values that the tests of envelopes, receipts, key sets and frames are made from.

All are fixed: seeds are repeated bytes, so that a vector kept in a file opens for ever.
"""

from hypothesis import strategies as st

from keys.recipient import RecipientKey, RecipientSecret
from protocol.delivery.urgency import Urgency
from protocol.encoding import Value
from protocol.envelope.content import Content, FileEntry, OfficerSignature
from protocol.envelope.header import DirectoryStamp, Header, Part
from protocol.envelope.seal import Address
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.limits import MAX_INDEX

RO = NodeId("RO", 1)
FR = NodeId("FR", 2)
DE = NodeId("DE", 1)
MID = MessageId(bytes(range(16)))
OTHER_MID = MessageId(bytes(range(16, 32)))
NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
STAMP = DirectoryStamp(root_version=3, timestamp_version=412, digest=b"\xd1" * 32)
ORIGIN = LogOrigin(DE, 1)


def seed(number: int) -> bytes:
    """Return the X-Wing seed of a number: 32 times the same byte."""
    return bytes([number]) * 32


def secret(number: int) -> RecipientSecret:
    """Return the recipient's secret of a number."""
    return RecipientSecret(seed(number))


def held(*numbers: int) -> dict[bytes, RecipientSecret]:
    """Return secrets by key id, as `open_envelope` takes them."""
    return {each.key_id: each for each in map(secret, numbers)}


def recipients(*numbers: int) -> list[RecipientKey]:
    """Return the public keys in the order in which `seal` takes them."""
    return sorted((RecipientKey(secret(n).public) for n in numbers), key=lambda key: key.key_id)


def header() -> Header:
    """Return a header with two attachments."""
    return Header(
        mid=MID,
        sender=RO,
        recipient=FR,
        t_ms=NOW_MS,
        exp_ms=NOW_MS + 7 * DAY_MS,
        cls=Urgency.P1,
        directory=STAMP,
        body=Part(size_bytes=840, digest=b"\xb0" * 32),
        blobs=(
            Part(size_bytes=72, digest=b"\xb1" * 32),
            Part(size_bytes=1 << 33, digest=b"\xb2" * 32),
        ),
    )


def address(*, blobs: tuple[Part, ...] = ()) -> Address:
    """Return the address of a message from RO/1 to FR/2."""
    return Address(
        mid=MID,
        sender=RO,
        recipient=FR,
        t_ms=NOW_MS,
        exp_ms=NOW_MS + 7 * DAY_MS,
        cls=Urgency.P0,
        directory=STAMP,
        blobs=blobs,
    )


def file_entry(number: int = 0) -> FileEntry:
    """Return an attachment of 10 bytes."""
    return FileEntry(
        name=f"capture {number}.pcap",
        media_type="application/vnd.tcpdump.pcap",
        size_bytes=10,
        digest=bytes([number]) * 32,
        blob=bytes([number + 1]) * 32,
        key=bytes([number + 2]) * 32,
    )


def content(*files: FileEntry, body: dict[str, Value] | None = None) -> Content:
    """Return the content that belongs to `address`."""
    return Content(
        mid=MID,
        sender=RO,
        recipient=FR,
        t_ms=NOW_MS - DAY_MS,
        type="preservation_request",
        thread=OTHER_MID,
        re=OTHER_MID,
        body={"reference": "A-17", "subjects": [{"name": "x.example"}]} if body is None else body,
        files=files,
    )


def signature() -> OfficerSignature:
    """Return something in the form of an officer's signature."""
    return OfficerSignature(key_id=b"\x0f" * 16, signature=b"\x05" * 64)


digests = st.binary(min_size=32, max_size=32)
sizes = st.integers(0, MAX_INDEX)
mids = st.builds(MessageId, st.binary(min_size=16, max_size=16))
nodes = st.builds(
    NodeId, st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2), st.integers(1, 999)
)
stamps = st.builds(DirectoryStamp, root_version=sizes, timestamp_version=sizes, digest=digests)
parts = st.builds(Part, size_bytes=sizes, digest=digests)
