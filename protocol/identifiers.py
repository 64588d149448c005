"""Names of things: nodes, messages, threads, logs. Small frozen values, checked when made.

Everything here parses strictly: one spelling per value. Reading a name from a peer raises
MalformedError; building one from wrong parts in our own code raises the same, since a wrong
identifier never leaves this module.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from typing_extensions import override

from protocol.errors import MalformedError

_NODE: Final = re.compile(r"([A-Z]{2})/([1-9][0-9]{0,2})\Z")
_ORIGIN: Final = re.compile(r"a35/([A-Z]{2})/([1-9][0-9]{0,2})/log/([1-9][0-9]{0,8})\Z")
_HEX: Final = re.compile(r"[0-9a-f]{32}\Z")
MESSAGE_ID_BYTES: Final = 16
MAX_GENERATION: Final = 999_999_999

_NODES_KEPT: Final = 1024
"""Names that are read once; more than there are nodes."""


@dataclass(frozen=True, slots=True, order=True)
class NodeId:
    """One node of one Party: country code and number, written CC/n.

    Args:
        country: ISO 3166-1 alpha-2 code, upper case.
        number: 1 to 999.

    Raises:
        MalformedError: Not of that form (E_SCHEMA).

    Source:
        docs/wire-format.md, rule 4.
    """

    country: str
    number: int

    def __post_init__(self) -> None:
        if _NODE.match(f"{self.country}/{self.number}") is None:
            raise MalformedError("a node is named CC/n, n from 1 to 999")

    @staticmethod
    def parse(text: str) -> "NodeId":
        """Read CC/n.

        Raises:
            MalformedError: Not of that form (E_SCHEMA).
        """
        return _node(text)

    @override
    def __str__(self) -> str:
        return f"{self.country}/{self.number}"


@lru_cache(maxsize=_NODES_KEPT)
def _node(text: str) -> NodeId:
    """Read CC/n; the same few names come with every message.

    Raises:
        MalformedError: Not of that form (E_SCHEMA).
    """
    match = _NODE.match(text)
    if match is None:
        raise MalformedError("a node is named CC/n, n from 1 to 999")
    return NodeId(match[1], int(match[2]))


@dataclass(frozen=True, slots=True, order=True)
class MessageId:
    """Sixteen random bytes that name one message of one sender; shown as 32 hex digits.

    A thread is named by the id of its first message.

    Args:
        value: 16 bytes.

    Raises:
        MalformedError: Not 16 bytes (E_SCHEMA).
    """

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != MESSAGE_ID_BYTES:
            raise MalformedError("a message id has 16 bytes")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 32 lower-case hex digits.

        Raises:
            MalformedError: Not of that form (E_SCHEMA).
        """
        if _HEX.match(text) is None:
            raise MalformedError("a message id is written as 32 lower-case hex digits")
        return cls(bytes.fromhex(text))

    @override
    def __str__(self) -> str:
        return self.value.hex()


@dataclass(frozen=True, slots=True, order=True)
class LogOrigin:
    """The name of one generation of one node's log, and the key name of its checkpoints.

    Args:
        node: Whose log.
        generation: 1 to 999,999,999; a log that was given up is followed by a higher one.

    Raises:
        MalformedError: The generation is out of range (E_SCHEMA).

    Source:
        docs/wire-format.md, rule 7; C2SP tlog-checkpoint, origin line.
    """

    node: NodeId
    generation: int

    def __post_init__(self) -> None:
        if not 1 <= self.generation <= MAX_GENERATION:
            raise MalformedError("a log generation lies between 1 and 999,999,999")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a35/CC/n/log/g.

        Raises:
            MalformedError: Not of that form (E_SCHEMA).
        """
        match = _ORIGIN.match(text)
        if match is None:
            raise MalformedError("a log origin is written a35/CC/n/log/g")
        return cls(NodeId(match[1], int(match[2])), int(match[3]))

    @override
    def __str__(self) -> str:
        return f"a35/{self.node}/log/{self.generation}"
