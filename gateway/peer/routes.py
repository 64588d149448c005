"""Every path of the peer port, exactly as spelled; nothing is decoded, joined or looked up.

Source: docs/wire-format.md, rule 25.
"""

from dataclasses import dataclass
from enum import Enum, auto
from re import Match
from re import compile as pattern
from types import MappingProxyType
from typing import Final

from protocol.limits import MAX_INDEX

OFFSET_HEADER: Final = "A35-Offset"
"""Bytes of a blob held durably, in answers to HEAD and PUT."""

TEXT_TYPE: Final = "text/plain; charset=utf-8"
"""Media type of a signed note; only `GET /v1/logs/` answers with it."""

BLOB_PATH: Final = "/v1/blobs/"
NOTE_PATH: Final = "/v1/logs/"
DIRECTORY_PATH: Final = "/v1/dir/"
WITNESS_PATH: Final = "/v1/witness/add-checkpoint"
"""C2SP tlog-witness; its answers have media types of their own."""

REVOCATION_PATH: Final = "/v1/revocations"


class Resource(Enum):
    """What a path names."""

    ENVELOPES = auto()
    RECEIPTS = auto()
    KEYS = auto()
    LOG_EPOCH = auto()
    LOG_PROOF = auto()
    LOG_NOTE = auto()
    RECEIPTS_OF = auto()
    SEALING_OF = auto()
    BLOB = auto()
    DIRECTORY = auto()
    WITNESS = auto()
    REVOCATIONS = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """A path that exists, with what stands in it.

    Args:
        resource: What it names.
        words: The variable parts, checked for form.
    """

    resource: Resource
    words: tuple[str, ...] = ()


_METHODS: Final = MappingProxyType(
    {
        Resource.ENVELOPES: frozenset({"POST"}),
        Resource.RECEIPTS: frozenset({"POST"}),
        Resource.KEYS: frozenset({"GET"}),
        Resource.LOG_EPOCH: frozenset({"GET"}),
        Resource.LOG_PROOF: frozenset({"GET"}),
        Resource.LOG_NOTE: frozenset({"GET"}),
        Resource.RECEIPTS_OF: frozenset({"GET"}),
        Resource.SEALING_OF: frozenset({"GET"}),
        Resource.BLOB: frozenset({"HEAD", "PUT"}),
        Resource.DIRECTORY: frozenset({"GET"}),
        Resource.WITNESS: frozenset({"POST"}),
        Resource.REVOCATIONS: frozenset({"POST"}),
    }
)

_EXACT: Final = MappingProxyType(
    {
        "/v1/envelopes": Target(Resource.ENVELOPES),
        "/v1/receipts": Target(Resource.RECEIPTS),
        "/v1/keys": Target(Resource.KEYS),
        "/v1/log/epoch": Target(Resource.LOG_EPOCH),
        WITNESS_PATH: Target(Resource.WITNESS),
        REVOCATION_PATH: Target(Resource.REVOCATIONS),
    }
)

_NUMBER: Final = "(0|[1-9][0-9]{0,15})"
_NUMBERED: Final = frozenset({Resource.LOG_PROOF, Resource.LOG_NOTE})
_ORIGIN: Final = "(a35/[A-Z]{2}/[1-9][0-9]{0,2}/log/[1-9][0-9]{0,8})"
_METADATA: Final = (
    r"metadata/(?:timestamp|[1-9][0-9]{0,9}\.(?:root|snapshot|targets|party-[A-Z]{2}))\.json"
)
_ENTRY: Final = r"targets/parties/[A-Z]{2}/[0-9a-f]{64}\.party\.json"
_FORMS: Final = (
    (pattern(rf"/v1/log/proof\?old={_NUMBER}&new={_NUMBER}\Z"), Resource.LOG_PROOF),
    (
        pattern(rf"/v1/logs/{_ORIGIN}\Z"),
        Resource.LOG_NOTE,
    ),
    (pattern(rf"/v1/logs/{_ORIGIN}\?size={_NUMBER}\Z"), Resource.LOG_NOTE),
    (pattern(r"/v1/receipts/([0-9a-f]{32})\Z"), Resource.RECEIPTS_OF),
    (pattern(r"/v1/sealings/([0-9a-f]{32})\Z"), Resource.SEALING_OF),
    (pattern(r"/v1/blobs/([0-9a-f]{64})\Z"), Resource.BLOB),
    (pattern(rf"/v1/dir/({_METADATA}|{_ENTRY})\Z"), Resource.DIRECTORY),
)


def target_of(raw_path: str) -> Target | None:
    """Read a request's path and query as they came.

    Args:
        raw_path: The request target, not decoded.

    Returns:
        What it names, None if there is no such path.
    """
    exact = _EXACT.get(raw_path)
    if exact is not None:
        return exact
    for form, resource in _FORMS:
        match = form.match(raw_path)
        if match is not None:
            return _target(resource, match)
    return None


def allows(target: Target, method: str) -> bool:
    """Tell whether a path takes a method."""
    return method in _METHODS[target.resource]


def _target(resource: Resource, match: Match[str]) -> Target | None:
    words = match.groups()
    numbers = [int(word) for word in words if word.isdigit()]
    if resource in _NUMBERED and max(numbers, default=0) > MAX_INDEX:
        return None
    return Target(resource, words)
