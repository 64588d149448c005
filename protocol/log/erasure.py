"""What a retention act erases: the list that its leaf names by digest, and reading it back.

The act (0x09, `erased`) is committed before anything is erased. Its `d` is the digest of the list,
so that what is missing later can be told from what was lost: a row that no such list names is lost.

Source: docs/delivery.md, "Retention"; docs/wire-format.md, rule 6.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

from keys.digest import sha256
from keys.suite import DIGEST_BYTES
from protocol.encoding import Value, decode, encode
from protocol.errors import MalformedError
from protocol.fields import Fields, items_of, raw_of, text_of, uint_of
from protocol.identifiers import MESSAGE_ID_BYTES, MessageId, NodeId
from protocol.log.deed import Act

ERASED: Final = "erased"
"""The word of the act that names what retention erases."""

HELD: Final = "held"
"""The word of the act that keeps a thread from being erased."""

RELEASED: Final = "released"
"""The word of the act that ends it."""

MAX_LISTED: Final = 4096
"""Ranges of statements, and messages, in one list."""

_MAX_BYTES: Final = 512 * 1024
_KEYS: Final = frozenset({"v", "typ", "gen", "st", "ms", "fs"})
_PAIR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What one act of retention names.

    Attributes:
        generation: Of our log, whose statements are named.
        statements: (first, last) leaves whose preimages and salts go; rising, apart, both
            included.
        messages: (sender, mid) whose contents and sealed bodies go.
        attachments: (sender, digest) of the sealed files that go.
    """

    generation: int
    statements: tuple[tuple[int, int], ...] = ()
    messages: tuple[tuple[NodeId, MessageId], ...] = ()
    attachments: tuple[tuple[NodeId, bytes], ...] = ()

    @property
    def count(self) -> int:
        """How many statements are named."""
        return sum(last - first + 1 for first, last in self.statements)

    def encode(self) -> bytes:
        """Return the canonical bytes, of which the act states the digest."""
        return encode({
            "v": 1,
            "typ": "erasure",
            "gen": self.generation,
            "st": [list(pair) for pair in self.statements],
            "ms": [[str(sender), mid.value] for sender, mid in self.messages],
            "fs": [[str(sender), digest] for sender, digest in self.attachments],
        })  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a list.

        Raises:
            MalformedError: Not the canonical bytes of one (E_SIZE, E_CANON, E_SCHEMA).
        """
        fields = Fields.of(decode(data, max_bytes=_MAX_BYTES), _KEYS)
        fields.literal("v", 1)
        fields.literal("typ", "erasure")
        ranges = tuple(_range(item) for item in fields.items("st", MAX_LISTED))
        if any(first > last for first, last in ranges) or not _is_rising(ranges):
            raise MalformedError("ranges of leaves out of order")
        return cls(
            generation=fields.uint("gen"),
            statements=ranges,
            messages=tuple(
                (sender, MessageId(mid))
                for sender, mid in _named(fields.items("ms", MAX_LISTED), MESSAGE_ID_BYTES)
            ),
            attachments=tuple(_named(fields.items("fs", MAX_LISTED), DIGEST_BYTES)),
        )

    @property
    def digest(self) -> bytes:
        """What the act names."""
        return sha256(self.encode())

    def act(self, *, who: str, why: str, t_ms: int) -> Act:
        """Return the act that states it.

        Args:
            who: The node.
            why: By which settings, at most 2048 bytes.
            t_ms: Milliseconds since 1970, UTC.
        """
        return Act(act=ERASED, who=who, ref=None, subject=self.digest, why=why, t_ms=t_ms)


def is_named_by(data: bytes, act: bytes) -> bool:
    """Tell whether an act names exactly this list.

    Args:
        data: The list as stored.
        act: Bytes of the act as stated.
    """
    try:
        stated = Act.decode(act)
    except MalformedError:
        return False
    return stated.act == ERASED and stated.subject == sha256(data)


def ranges_of(indices: list[int]) -> tuple[tuple[int, int], ...]:
    """Join rising leaf indices into ranges, both ends included.

    Args:
        indices: Rising, each once.
    """
    found: list[tuple[int, int]] = []
    for index in indices:
        if found and found[-1][1] == index - 1:
            found[-1] = (found[-1][0], index)
        else:
            found.append((index, index))
    return tuple(found)


def _is_rising(ranges: tuple[tuple[int, int], ...]) -> bool:
    return all(before[1] < after[0] for before, after in pairwise(ranges))


def _range(item: Value) -> tuple[int, int]:
    pair = items_of(item, _PAIR)
    if len(pair) != _PAIR:
        raise MalformedError("a range is a first and a last leaf")
    return uint_of(pair[0]), uint_of(pair[1])


def _named(items: list[Value], length: int) -> list[tuple[NodeId, bytes]]:
    pairs = [items_of(item, _PAIR) for item in items]
    if any(len(pair) != _PAIR for pair in pairs):
        raise MalformedError("what is erased is named by its sender and its id")
    return [(NodeId.parse(text_of(sender)), raw_of(name, length)) for sender, name in pairs]
