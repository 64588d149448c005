"""Vectors of receipts and key sets: what nodes state besides envelopes."""

from collections.abc import Iterator

from protocol.encoding import Value, decode
from protocol.keyset import KeySet, KeySetAnswer, PrekeyEntry
from protocol.receipt import Receipt, Stage
from tests.protocol.samples import DAY_MS, FR, MID, NOW_MS, RO, STAMP, secret
from tests.vectors.case_file import Vector
from tests.vectors.envelope_cases import accepted, changed, lacking, refused

NOTE = "a35/FR/2/log/1\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 name AAAA\n"


def statement_cases() -> Iterator[Vector]:
    """Yield all cases of this module."""
    yield from _receipts()
    yield from _reasons()
    yield from _key_sets()
    yield from _choices()
    yield from _key_set_answers()


def receipt(stage: Stage = Stage.ACCEPTED, why: str | None = None) -> Receipt:
    """Return a receipt that FR/2 gives RO/1."""
    return Receipt(
        stage=stage,
        mid=MID,
        header_digest=b"\xaa" * 32,
        envelope_digest=b"\xbb" * 32,
        by=FR,
        for_=RO,
        t_ms=NOW_MS + 1500,
        why=why,
        directory=STAMP,
    )


def prekey(number: int, *, day: int = 0) -> PrekeyEntry:
    """Return a prekey for 14 days, from so many days after now."""
    return PrekeyEntry(
        public=secret(number).public,
        not_before_ms=NOW_MS + day * DAY_MS,
        expires_ms=NOW_MS + (day + 14) * DAY_MS,
    )


def key_set(*keys: PrekeyEntry) -> KeySet:
    """Return a key set of FR/2 that counts for 21 days."""
    return KeySet(
        node=FR,
        version=9,
        not_before_ms=NOW_MS,
        expires_ms=NOW_MS + 21 * DAY_MS,
        keys=keys,
    )


def key_set_answer() -> KeySetAnswer:
    """Return a key set with a proof in the right form."""
    return KeySetAnswer(
        key_set=key_set(prekey(1)).encode(),
        index=5,
        path=(b"\x01" * 32, b"\x02" * 32),
        at=7,
        note=NOTE.encode(),
    )


def _receipts() -> Iterator[Vector]:
    place = ("receipt", "receipt")
    for stage in Stage:
        why = "E_OPEN" if stage is Stage.REJECTED else None
        data = receipt(stage, why).encode()
        yield accepted(place, stage.value, f"Stage {stage}.", data=data, read=Receipt.decode)
    good = receipt().encode()
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 2}),
        ("other-type", "A header is no receipt.", {"typ": "env"}),
        ("unknown-key", "Rule 5.", {"sig": b""}),
        ("unknown-stage", "The stages are a closed list.", {"ev": "read"}),
        ("upper-case-stage", "Each stage has one spelling.", {"ev": "ACCEPTED"}),
        ("short-mid", "A message id has 16 bytes.", {"mid": bytes(15)}),
        ("short-header-digest", "SHA-256 has 32 bytes.", {"hdr": bytes(31)}),
        ("long-envelope-digest", "SHA-256 has 32 bytes.", {"env": bytes(33)}),
        ("lower-case-node", "A node has one spelling.", {"by": "fr/2"}),
        ("time-as-text", "Times are integers.", {"t": "2026-09-21T00:00:00Z"}),
        ("stamp-nil", "Every receipt says its directory.", {"dir": None}),
        ("accepted-with-why", "Only a rejection says why.", {"why": "E_OPEN"}),
        ("rejected-without-why", "A rejection says why.", {"ev": "rejected"}),
    ]
    for name, comment, entry in entries:
        yield refused(place, name, comment, data=changed(good, **entry))
    yield refused(place, "no-for", "No key may be missing.", data=lacking(good, "for"))
    one = bytes.fromhex("a3776879c0")
    twice = bytes([good[0] + 1]) + good[1:] + one
    yield refused(place, "repeated-key", "why twice.", data=twice, expect="E_CANON")


def _reasons() -> Iterator[Vector]:
    place = ("receipt", "receipt")
    base = receipt(Stage.REJECTED, "E_PAD").encode()
    for name, why in (
        ("schema", "E_SCHEMA"),
        ("schema-path", "E_SCHEMA subjects/0/identifiers/2/value"),
        ("internal", "internal"),
    ):
        data = changed(base, why=why)
        yield accepted(place, f"why-{name}", "A reason.", data=data, read=Receipt.decode)
    for name, why in (
        ("unknown-code", "E_NONE"),
        ("empty", ""),
        ("words", "could not be read"),
        ("two-blanks", "E_SCHEMA  a"),
        ("blank-in-path", "E_SCHEMA a b"),
        ("no-path", "E_SCHEMA "),
        ("path-after-other-code", "E_OPEN a"),
        ("path-not-ascii", "E_SCHEMA nom\u00e9"),
        ("line-end-in-path", "E_SCHEMA a\n"),
        ("257-bytes", "E_SCHEMA " + "a" * 248),
    ):
        data = changed(base, why=why)
        yield refused(place, f"why-{name}", "Neither a code nor internal.", data=data)


def _key_sets() -> Iterator[Vector]:
    place = ("keyset", "keyset")
    one, two = key_set(prekey(1)), key_set(prekey(1), prekey(2, day=7))
    empty = key_set()
    good = one.encode()
    yield accepted(place, "one", "One prekey.", data=good, read=KeySet.decode)
    yield accepted(place, "two", "Two, overlapping.", data=two.encode(), read=KeySet.decode)
    yield accepted(place, "none", "Use the last resort.", data=empty.encode(), read=KeySet.decode)
    entry = _entry(good)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 2}),
        ("other-type", "A receipt is no key set.", {"typ": "rcp"}),
        ("unknown-key", "Rule 5.", {"x": {}}),
        ("negative-version", "ver is not negative.", {"ver": -1}),
        ("ends-at-once", "exp lies after nbf.", {"exp": NOW_MS}),
        ("foreign-key-id", "k follows from p.", {"kem": [{**entry, "k": bytes(16)}]}),
        ("long-key-id", "k has 16 bytes.", {"kem": [{**entry, "k": bytes(17)}]}),
        ("short-key", "An X-Wing key has 1216 bytes.", {"kem": [{**entry, "p": bytes(1215)}]}),
        ("key-ends-at-once", "exp lies after nbf.", {"kem": [{**entry, "exp": NOW_MS}]}),
        ("key-twice", "Each key once.", {"kem": [entry, entry]}),
        ("nine-keys", "At most 8.", {"kem": [entry] * 9}),
        ("kem-nil", "An array, also when empty.", {"kem": None}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-node", "No key may be missing.", data=lacking(good, "node"))
    long = changed(good, kem=[{**entry, "p": bytes(2100)}] * 8)
    yield refused(place, "long", "At most 16 KiB.", data=long, expect="E_SIZE")


def _choices() -> Iterator[Vector]:
    keys = key_set(prekey(1), prekey(2, day=7), prekey(3, day=7))
    latest = max(prekey(2).key_id, prekey(3).key_id)
    for name, day, chosen in (
        ("first", 0, prekey(1).key_id),
        ("newer-wins", 7, latest),
        ("after-the-set", 21, None),
        ("before-the-set", -1, None),
    ):
        yield Vector(
            folder="keyset",
            name=f"choice-{name}",
            what="choice",
            expect="ok",
            comment="Which key a sender takes at `now`; none: the last-resort key.",
            content={
                "input": keys.encode().hex(),
                "now": NOW_MS + day * DAY_MS,
                "output": None if chosen is None else chosen.hex(),
            },
        )


def _key_set_answers() -> Iterator[Vector]:
    place = ("keyset", "keyset-answer")
    good = key_set_answer().encode()
    yield accepted(place, "good", "GET /v1/keys.", data=good, read=KeySetAnswer.decode)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("unknown-key", "Rule 5.", {"x": {}}),
        ("note-as-bytes", "A note is text.", {"cp": NOTE.encode()}),
        ("note-nil", "The proof leads to a note.", {"cp": None}),
        ("short-digest", "Digests have 32 bytes.", {"p": [bytes(31)]}),
        ("65-digests", "A path has at most 64.", {"p": [bytes(32)] * 65}),
        ("negative-index", "Indices are not negative.", {"i": -1}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))


def _entry(data: bytes) -> dict[str, Value]:
    value = decode(data, max_bytes=len(data))
    assert isinstance(value, dict)
    keys = value["kem"]
    assert isinstance(keys, list)
    entry = keys[0]
    assert isinstance(entry, dict)
    return entry
