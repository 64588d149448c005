"""A second reader of the wire format, written from docs/wire-format.md and nothing of ours.

Shares no line with keys/ or protocol/: an own decoder, Merkle proofs by their recursive
definition, the cryptography from its parts. What it accepts of the kept exchange, a stranger's
node would accept too; a rule that the document does not state would be missing here.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

NODE: Final = 1
LEAF: Final = 0


class RefusedError(Exception):
    """What the document says is not to be accepted."""


def demand(condition: object, why: str) -> None:
    """Refuse unless something holds.

    Raises:
        RefusedError: It does not.
    """
    if not condition:
        raise RefusedError(why)


def sha256(*parts: bytes) -> bytes:
    """H of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def labelled(label: str, *parts: bytes) -> bytes:
    """H(label 0x00 parts)."""
    return sha256(label.encode(), b"\0", *parts)


# ---------------------------------------------------------------- rules 1 to 5: the encoding


class _Reader:
    """One canonical value from the front of some bytes; every long form is refused on sight."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        part = self.data[self.at : self.at + size]
        demand(len(part) == size, "cut short")
        self.at += size
        return part

    def number(self, width: int, least: int) -> int:
        """Return a big-endian number that has no shorter form."""
        number = int.from_bytes(self.take(width), "big")
        demand(number >= least, "a long form")
        return number

    def value(self, depth: int) -> Any:  # noqa: ANN401  any of the eight types
        """Return the value that begins here."""
        lead = self.take(1)[0]
        if lead < 0x80:
            return lead
        if lead >= 0xE0:
            return lead - 256
        if lead < 0xA0 or lead in {0xDC, 0xDD, 0xDE, 0xDF}:
            return self.container(lead, depth)
        return self.scalar(lead)

    def scalar(self, lead: int) -> Any:  # noqa: ANN401  as above
        """Return nil, a truth value, a text, bytes or an integer."""
        if lead < 0xC0:  # fixstr
            return self.take(lead & 0x1F).decode()
        match lead:
            case 0xC0 | 0xC2 | 0xC3:
                return (None, None, False, True)[lead - 0xC0]
            case 0xC4 | 0xC5 | 0xC6:
                return self.take(self.length(lead - 0xC4, 0))
            case 0xD9 | 0xDA | 0xDB:
                return self.take(self.length(lead - 0xD9, 32)).decode()
            case _:
                return self.integer(lead)

    def integer(self, lead: int) -> int:
        """Return an integer of more than one byte; what is left over is refused."""
        demand(lead & 0xFC in {0xCC, 0xD0}, "a float, an extension or an unused byte")
        step = lead & 3
        if lead < 0xD0:
            return self.number(1 << step, (0x80, 2**8, 2**16, 2**32)[step])
        number = int.from_bytes(self.take(1 << step), "big", signed=True)
        demand(number < (-32, -(2**7), -(2**15), -(2**31))[step], "a long form")
        return number

    def length(self, step: int, short: int) -> int:
        """Return a length field of 1, 2 or 4 bytes."""
        return self.number(1 << step, (short, 2**8, 2**16)[step])

    def container(self, lead: int, depth: int) -> Any:  # noqa: ANN401  as above
        """Return an array or a map."""
        demand(depth > 0, "too deep")
        if lead < 0xA0:
            count = lead & 0x0F
        else:
            count = self.number(2 << (lead & 1), 2**16 if lead & 1 else 16)
        demand(count <= len(self.data) - self.at, "more promised than there is")
        if lead & 0xF0 == 0x90 or lead in {0xDC, 0xDD}:
            return [self.value(depth - 1) for _ in range(count)]
        pairs: dict[str, Any] = {}
        before = b""
        for number in range(count):
            key = self.value(0)
            demand(isinstance(key, str), "a key that is no text")
            demand(number == 0 or key.encode() > before, "keys out of order, or one twice")
            before = key.encode()
            pairs[key] = self.value(depth - 1)
        return pairs


def cmp(data: bytes) -> Any:  # noqa: ANN401  any of the eight types
    """Decode one canonical value and nothing after it.

    Raises:
        RefusedError: It is not one.
    """
    reader = _Reader(data)
    try:
        value = reader.value(8)
    except UnicodeDecodeError as error:
        raise RefusedError("a text that is not UTF-8") from error
    demand(reader.at == len(data), "bytes after the value")
    return value


def fields(value: Any, *names: str) -> dict[str, Any]:  # noqa: ANN401  decoded
    """Return a map that has exactly these keys.

    Raises:
        RefusedError: It has not.
    """
    demand(isinstance(value, dict) and set(value) == set(names), f"not {sorted(names)}")
    return dict(value)


# ---------------------------------------------------------------- rules 6 and 9: leaves and proofs


def leaf_hash(kind: int, digest: bytes) -> bytes:
    """Return the hash of a statement's leaf."""
    return sha256(bytes((LEAF, kind)), digest)


def joined(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(bytes((NODE,)), left, right)


def included_root(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root to which an inclusion proof leads.

    Raises:
        RefusedError: Its length is wrong.
    """
    left = list(path)

    def climb(index: int, size: int) -> bytes:
        if size == 1:
            return leaf
        half = 1 << (size - 1).bit_length() - 1
        demand(left, "a proof that is too short")
        beside = left.pop()
        if index < half:
            return joined(climb(index, half), beside)
        return joined(beside, climb(index - half, size - half))

    demand(0 <= index < size, "no such leaf")
    root = climb(index, size)
    demand(not left, "a proof that is too long")
    return root


def consistent_roots(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> Any:  # noqa: ANN401  a pair
    """Return both roots to which a consistency proof leads, for 0 < old < new.

    Raises:
        RefusedError: Its length is wrong.
    """
    left = list(path)

    def climb(old: int, new: int, *, whole: bool) -> tuple[bytes, bytes]:
        if old == new and whole:
            return old_root, old_root
        demand(left, "a proof that is too short")
        beside = left.pop()
        if old == new:
            return beside, beside
        half = 1 << (new - 1).bit_length() - 1
        if old <= half:
            small, large = climb(old, half, whole=whole)
            return small, joined(large, beside)
        small, large = climb(old - half, new - half, whole=False)
        return joined(beside, small), joined(beside, large)

    demand(0 < old < new, "sizes out of order")
    roots = climb(old, new, whole=True)
    demand(not left, "a proof that is too long")
    return roots


# ---------------------------------------------------------------- rule 7: notes


@dataclass(frozen=True)
class Head:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes


def base64(text: str) -> bytes:
    """Decode the only spelling.

    Raises:
        RefusedError: Another one.
    """
    data = b64decode(text, validate=True)
    demand(b64encode(data).decode() == text, "loose base64")
    return data


def checkpoint(note: str, log_key: Mapping[str, str]) -> tuple[Head, int]:
    """Verify a note under one pair of keys of the directory; return head and timestamp in s.

    Raises:
        RefusedError: One of the two lines is missing, repeated or malformed.
    """
    text, _, tail = note.rpartition("\n\n")
    origin, size, root = text.split("\n")
    demand(origin == log_key["origin"], "another log")
    demand(str(int(size)) == size and int(size) > 0, "not a size")
    head = Head(origin, int(size), base64(root))
    lines = tail.split("\n")[:-1]
    ed25519, mldsa44 = base64(log_key["ed25519"]), base64(log_key["mldsa44"])
    signature = _signature(lines, origin, b"\x01" + ed25519)
    Ed25519PublicKey.from_public_bytes(ed25519).verify(signature, f"{text}\n".encode())
    signature = _signature(lines, origin, b"\x06" + mldsa44)
    time = signature[:8]
    name = bytes((len(origin),)) + origin.encode()
    message = b"subtree/v1\n\0" + name + time + name + bytes(8)
    message += head.size.to_bytes(8, "big") + head.root
    MLDSA44PublicKey.from_public_bytes(mldsa44).verify(signature[8:], message)
    demand(any(time), "no time")
    return head, int.from_bytes(time, "big")


def _signature(lines: Sequence[str], name: str, key: bytes) -> bytes:
    """Return what the one line of a key holds behind its key id."""
    key_id = sha256(name.encode(), b"\n", key)[:4]
    found = []
    for line in lines:
        dash, of, encoded = line.split(" ")
        signed = base64(encoded)
        if (dash, of, signed[:4]) == ("\u2014", name, key_id):
            found.append(signed[4:])
    demand(len(found) == 1, "a line is missing or repeated")
    return found[0]
