"""Vectors of what a node shows of the past: how its log begins, how it accepted an envelope."""

from collections.abc import Iterator

from protocol.encoding import Value
from protocol.log.beginning import BeginningAnswer
from protocol.log.sealing import SealingAnswer
from tests.vectors.case_file import Vector
from tests.vectors.envelope_cases import accepted, changed, lacking, refused
from tests.vectors.statement_cases import NOTE

FOLDER = "frame"
HASH = b"\x01" * 32


def past_cases() -> Iterator[Vector]:
    """Yield all cases of this module."""
    yield from _beginnings()
    yield from _sealings()


def beginning() -> BeginningAnswer:
    """Return an answer whose epoch and note nobody has read."""
    return BeginningAnswer(epoch=b"epoch", path=(HASH,), note=NOTE.encode())


def sealing() -> SealingAnswer:
    """Return an answer whose wraps and note nobody has read."""
    return SealingAnswer(wraps=b"wraps", index=5, path=(HASH,), note=NOTE.encode())


def _beginnings() -> Iterator[Vector]:
    place = (FOLDER, "beginning")
    good = beginning().encode()
    yield accepted(place, "good", "GET /v1/log/epoch.", data=good, read=BeginningAnswer.decode)
    alone = changed(good, p=[])
    yield accepted(place, "alone", "A log of one leaf.", data=alone, read=BeginningAnswer.decode)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 2}),
        ("unknown-key", "Rule 5.", {"i": 0}),
        ("note-as-bytes", "A note is text.", {"cp": NOTE.encode()}),
        ("note-nil", "Never nil here.", {"cp": None}),
        ("epoch-as-text", "A map as bytes (rule 3).", {"ep": "epoch"}),
        ("short-digest", "Digests have 32 bytes.", {"p": [bytes(31)]}),
        ("65-digests", "At most 64.", {"p": [bytes(32)] * 65}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-path", "Empty, not missing.", data=lacking(good, "p"))


def _sealings() -> Iterator[Vector]:
    place = (FOLDER, "sealing")
    good = sealing().encode()
    yield accepted(place, "good", "GET /v1/sealings/{mid}.", data=good, read=SealingAnswer.decode)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 0}),
        ("unknown-key", "Rule 5.", {"h": b""}),
        ("negative-index", "Leaves are counted from 0.", {"i": -1}),
        ("index-above-2-53", "Rule 4.", {"i": 2**53}),
        ("long-wraps", "At most 5 KiB.", {"w": bytes(5121)}),
        ("note-nil", "Never nil here.", {"cp": None}),
        ("short-digest", "Digests have 32 bytes.", {"p": [bytes(33)]}),
        ("65-digests", "At most 64.", {"p": [bytes(32)] * 65}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-index", "No key may be missing.", data=lacking(good, "i"))
