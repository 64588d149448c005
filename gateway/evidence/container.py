"""The zip of a bundle: one spelling, written and read; nothing is ever extracted to a disk.

Does: entries to bytes and back, in constant memory for attachments. Leaves to
`gateway.evidence.verify` what the files say.

A bundle is a plain zip that any tool opens, but of all the zips with the same files only one is a
bundle: stored without compression, names rising, every date, flag and attribute fixed, no extra
field, no comment, nothing between, before or behind. The reader computes what every byte outside
the files must be and compares. So whatever a zip can hide has no place: a second name, an entry
longer than stated, a bomb, a link, an archive in an entry, another file in front. A bit that is
flipped anywhere is found.

Source: docs/evidence.md, "The bundle"; APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final
from zlib import crc32

from gateway.errors import ProofError
from keys.digest import Hasher
from protocol.evidence.manifest import MAX_FILES
from protocol.evidence.naming import MANIFEST, is_large, is_name
from protocol.evidence.spelling import FileMark

MAX_BUNDLE_BYTES: Final = 2**32 - 1
"""Longest bundle: what a zip's four bytes hold without extensions."""

MAX_SMALL_BYTES: Final = 64 * 1024 * 1024
"""All files together that are held in memory: everything but attachments."""

_MAX_LIST_BYTES: Final = 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024
_DATE: Final = 0x0021  # 1 January 1980, the first day of the format
_VERSION: Final = 10
_MADE_BY: Final = 0x0300 | _VERSION  # Unix, so that the mode below is read
_MODE: Final = 0o100644 << 16
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_ENTRY: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file to be written.

    Attributes:
        name: As `protocol.evidence.naming` has it.
        size: In bytes.
        crc: CRC-32 of the data.
    """

    name: str
    size: int
    crc: int

    @property
    def local(self) -> bytes:
        """What stands before its data."""
        name = self.name.encode("ascii")
        fixed = (b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE)
        return _LOCAL.pack(*fixed, self.crc, self.size, self.size, len(name), 0) + name

    def listed(self, offset: int) -> bytes:
        """Return its line in the list at the end."""
        name = self.name.encode("ascii")
        fixed = (b"PK\x01\x02", _MADE_BY, _VERSION, 0, 0, 0, _DATE)
        sizes = (self.crc, self.size, self.size, len(name))
        return _ENTRY.pack(*fixed, *sizes, 0, 0, 0, 0, _MODE, offset) + name


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was read of a bundle.

    Attributes:
        small: Every file but attachments, whole.
        marks: Digest and size of every file, computed here.
        offsets: Where the data of each attachment begin in the bundle.
    """

    small: Mapping[str, bytes]
    marks: Mapping[str, FileMark]
    offsets: Mapping[str, int]


class BundleError(ProofError):
    """A file that is not a bundle, or a file in it that is damaged.

    Attributes:
        file: Which file in the bundle; empty for the bundle itself.
    """

    def __init__(self, text: str, *, file: str = "") -> None:
        super().__init__(text)
        self.file = file


class Meter:
    """Measures the data of one file as they pass.

    Args:
        name: Of the file.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._hasher = Hasher()
        self._size = 0
        self._crc = 0

    def take(self, piece: bytes) -> None:
        """Take in the next bytes."""
        self._hasher.update(piece)
        self._crc = crc32(piece, self._crc)
        self._size += len(piece)

    @property
    def entry(self) -> Entry:
        """The entry of what passed."""
        return Entry(name=self._name, size=self._size, crc=self._crc)

    @property
    def mark(self) -> FileMark:
        """What the manifest says of it; to be asked for once, at the end."""
        return FileMark(digest=self._hasher.digest(), size=self._size)


def measured(name: str, data: bytes) -> tuple[Entry, FileMark]:
    """Measure a file that is held in memory.

    Args:
        name: Of the file.
        data: All of it.
    """
    meter = Meter(name)
    meter.take(data)
    return meter.entry, meter.mark


def tail_of(entries: Iterable[Entry]) -> bytes:
    """Return what stands behind the data of the last file.

    Args:
        entries: All of them, in rising order of their names.
    """
    listed, offset, count = [], 0, 0
    for entry in entries:
        listed.append(entry.listed(offset))
        offset += len(entry.local) + entry.size
        count += 1
    table = b"".join(listed)
    return table + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(table), offset, 0)


def bundle_bytes(entries: Iterable[Entry]) -> int:
    """Return how long a bundle of these entries is."""
    held = list(entries)
    return sum(len(one.local) + one.size for one in held) + len(tail_of(held))


def read_contents(source: BinaryIO) -> Contents:
    """Read a bundle; the files in it are any bytes.

    Args:
        source: Opened for reading bytes, and seekable; any bytes.

    Returns:
        Its files.

    Raises:
        BundleError: Not the one spelling of a bundle, or above a limit.
        OSError: The disk failed.
    """
    size = source.seek(0, 2)
    entries = _entries(source, size)
    small: dict[str, bytes] = {}
    marks: dict[str, FileMark] = {}
    offsets: dict[str, int] = {}
    offset = 0
    for entry in entries:
        source.seek(offset)
        if source.read(len(entry.local)) != entry.local:
            raise BundleError("it does not begin as the list at the end says", file=entry.name)
        offset += len(entry.local)
        meter, held, keep = Meter(entry.name), [], not is_large(entry.name)
        for piece in read_piece(source, offset, entry.size):
            meter.take(piece)
            if keep:
                held.append(piece)
        if meter.entry != entry:
            raise BundleError("it is damaged: its check sum is another one", file=entry.name)
        marks[entry.name] = meter.mark
        if keep:
            small[entry.name] = b"".join(held)
        else:
            offsets[entry.name] = offset
        offset += entry.size
    return Contents(small=small, marks=marks, offsets=offsets)


def read_piece(source: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    """Yield a stretch of a bundle in pieces.

    Raises:
        BundleError: The bundle ends before it does.
    """
    source.seek(offset)
    left = size
    while left:
        piece = source.read(min(left, _PIECE_BYTES))
        if not piece:
            raise BundleError("it ends too early")
        left -= len(piece)
        yield piece


def _entries(source: BinaryIO, size: int) -> list[Entry]:
    """Read the list at the end, and hold it against the one that must stand there.

    Raises:
        BundleError: It is another one, or above a limit.
    """
    if not _END.size <= size <= MAX_BUNDLE_BYTES:
        raise BundleError("not a bundle: shorter or longer than any")
    source.seek(size - _END.size)
    mark, *_, count, length, begin, _comment = _END.unpack(source.read(_END.size))
    if mark != b"PK\x05\x06" or begin + length + _END.size != size:
        raise BundleError("not a bundle, or not as it was written: its end is not the zip's end")
    if not 1 <= count <= MAX_FILES or length > _MAX_LIST_BYTES:
        raise BundleError("more files than a bundle may have")
    source.seek(begin)
    table = source.read(size - begin)
    entries = list(_listed(table, count))
    _check_names(entries)
    if sum(len(one.local) + one.size for one in entries) != begin:
        raise BundleError("not as it was written: a file in it is longer or shorter than stated")
    if tail_of(entries) != table:
        raise BundleError("not as it was written: its list of files has another spelling")
    if sum(one.size for one in entries if not is_large(one.name)) > MAX_SMALL_BYTES:
        raise BundleError("more data than a bundle may have beside attachments")
    return entries


def _listed(table: bytes, count: int) -> Iterator[Entry]:
    """Yield what the list names; that its bytes are the right ones is checked as a whole.

    Raises:
        BundleError: It ends too early, or a name is not ASCII.
    """
    place = 0
    for _ in range(count):
        if place + _ENTRY.size > len(table):
            raise BundleError("its list of files ends too early")
        fields = _ENTRY.unpack_from(table, place)
        crc, size, length = fields[7], fields[9], fields[10]
        place += _ENTRY.size
        name = table[place : place + length]
        place += length
        try:
            yield Entry(name=name.decode("ascii"), size=size, crc=crc)
        except UnicodeDecodeError as error:
            raise BundleError("a file in it has a name that no bundle has") from error


def _check_names(entries: list[Entry]) -> None:
    """Refuse a name that is not of the closed list, twice, or out of order.

    Raises:
        BundleError: There is one; a name of the list alone is repeated in the text.
    """
    if not all(is_name(entry.name) for entry in entries):
        raise BundleError("a file in it has a name that no bundle has")
    for before, entry in pairwise(entries):
        if before.name >= entry.name:
            raise BundleError("its files are out of order, or one is there twice", file=entry.name)
    if MANIFEST not in {entry.name for entry in entries}:
        raise BundleError("it is missing", file=MANIFEST)
