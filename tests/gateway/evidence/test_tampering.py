"""Whatever is changed in a bundle is found, named, and never ends the program."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from gateway.evidence.material import Variant
from gateway.evidence.report import Report
from gateway.evidence.verify import verify_bundle
from protocol.evidence.naming import BODY, CONTENT_KEY, HEADER, MANIFEST
from tests.gateway.evidence.world import Book, acknowledged, exported, packed, unpacked
from tests.gateway.network import Wire, network

NAMES = ["FR/1", "RO/1"]


@dataclass(frozen=True)
class Two:
    """Two bundles of one network, with all that verifies them."""

    first: bytes
    second: bytes
    root: bytes
    now_ms: int

    def verify(self, data: bytes) -> Report:
        """Verify any bytes."""
        return verify_bundle(BytesIO(data), self.root, now_ms=self.now_ms)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    """Return two disclosed bundles with an attachment each."""

    async def made(folder: Path) -> Two:
        async with network(folder, NAMES, Wire()) as net:
            book = Book.of(net, folder / "directory")
            mids = [
                await acknowledged(net, files={"note.pdf": letter * 30_000})
                for letter in (b"p", b"q")
            ]
            bundles = [
                (await exported(net["FR/1"], book, mid, Variant.DISCLOSED))[0] for mid in mids
            ]
            return Two(bundles[0], bundles[1], book.root, net.clock.ms)

    return asyncio.run(made(tmp_path_factory.mktemp("two")))


def flipped(data: bytes, place: int, bit: int) -> bytes:
    """Return the same bytes but for one bit."""
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def flips(two: Two, count: int, seed: int) -> None:
    """Check that every flip is found."""
    chance = Random(seed)  # noqa: S311  which places are tried is no secret
    for _ in range(count):
        place, bit = chance.randrange(len(two.first)), chance.randrange(8)
        report = two.verify(flipped(two.first, place, bit))
        assert not report.is_valid, (place, bit)


def test_bundles_verify_as_they_are(two: Two) -> None:
    """Else the rest shows nothing."""
    for data in (two.first, two.second):
        report = two.verify(data)
        assert (report.faults, report.document is not None) == ((), True)
        assert packed(unpacked(data)) == data
        assert packed(unpacked(data), manifest=True) == data


def test_flipped_bit_is_found_wherever_it_is(two: Two) -> None:
    """Files, names, dates and lists alike; at 2,000 places: tests/bundles, in `make package`."""
    flips(two, 200, seed=20261122)


def test_flipped_bit_of_a_file_is_found_even_if_the_zip_is_made_anew(two: Two) -> None:
    """Then the manifest tells, with the name of the file."""
    files = unpacked(two.first)
    chance = Random(3)  # noqa: S311  which places are tried is no secret
    for name in sorted(files):
        changed = flipped(files[name], chance.randrange(len(files[name])), chance.randrange(8))
        report = two.verify(packed(files | {name: changed}))
        assert not report.is_valid
        if name != MANIFEST:
            assert name in {fault.file for fault in report.faults}


def proves(name: str) -> bool:
    """Tell whether a file proves something by itself."""
    return name.startswith(("envelope/", "statements/", "checkpoints/", "directory/"))


def test_flipped_bit_is_found_even_if_the_manifest_is_made_anew(two: Two) -> None:
    """Whoever rewrites all that can be rewritten still cannot make up a proof."""
    files = unpacked(two.first)
    chance = Random(4)  # noqa: S311  which places are tried is no secret
    for name in filter(proves, sorted(files)):
        for _ in range(4):
            place, bit = chance.randrange(len(files[name])), chance.randrange(8)
            changed = flipped(files[name], place, bit)
            report = two.verify(packed(files | {name: changed}, manifest=True))
            assert not report.is_valid, (name, place, bit)


def test_dropped_file_is_named(two: Two) -> None:
    """Each of them."""
    files = unpacked(two.first)
    for name in files:
        report = two.verify(packed({each: files[each] for each in files if each != name}))
        assert name in {fault.file for fault in report.faults}


def test_files_of_two_bundles_do_not_pass_for_each_other(two: Two) -> None:
    """Neither with the manifest of one, nor with a new one."""
    files, others = unpacked(two.first), unpacked(two.second)
    both = [name for name in files if name in others and files[name] != others[name]]
    assert {HEADER, BODY, CONTENT_KEY, MANIFEST} <= set(both)
    for name in both:
        assert not two.verify(packed(files | {name: others[name]})).is_valid, name
        if name != MANIFEST and proves(name):
            swapped = packed(files | {name: others[name]}, manifest=True)
            assert not two.verify(swapped).is_valid, name
    folder = "statements/002-receipt/"
    whole = {name: others[name] for name in others if name.startswith(folder)}
    report = two.verify(packed(files | whole, manifest=True))
    assert "statements/002-receipt" in {fault.file for fault in report.faults}


def test_key_of_another_content_is_refused(two: Two) -> None:
    """It commits to one body."""
    files = unpacked(two.first)
    report = two.verify(packed(files | {CONTENT_KEY: bytes(32)}, manifest=True))
    assert [(fault.file, fault.what) for fault in report.faults] == [
        (CONTENT_KEY, "a body that does not open")
    ]
    assert report.document is None


def test_variant_that_is_stated_must_be_the_one_that_is_there(two: Two) -> None:
    """A disclosure that nobody stated is as wrong as one that is missing."""
    files = unpacked(two.first)
    without = {name: data for name, data in files.items() if name != CONTENT_KEY}
    assert {x.file for x in two.verify(packed(without, manifest=True)).faults} == {CONTENT_KEY}


def test_surplus_file_is_refused(two: Two) -> None:
    """Of a name that bundles have, and that nobody asked for."""
    files = unpacked(two.first)
    (state,) = {name.split("/")[1] for name in files if name.startswith("directory/")}
    for name in (
        "policy.txt",
        "statements/900-receipt/salt.bin",
        "envelope/blobs/063.bin",
        "checkpoints/FR-1-1-0000000000000001.note",
        "consistency/FR-1-1-0000000000000001-0000000000000002.txt",
        "cosignatures/FR-1-1-0000000000000001.sig",
        "stamps/FR-1-1-0000000000000001.01.tsr",
        "sightings/001/salt.bin",
        f"directory/{state}/metadata/9.party-XX.json",
        f"directory/{'0' * 64}/metadata/timestamp.json",
    ):
        report = two.verify(packed(files | {name: b"x"}, manifest=True))
        assert not report.is_valid, name


def test_manifest_in_a_second_spelling_is_refused(two: Two) -> None:
    """Blanks, another order, a number as text."""
    files = unpacked(two.first)
    text = files[MANIFEST].decode()
    for changed in (
        text.replace(",", ", ", 1),
        text.replace('"redacted":false', '"redacted":0'),
        text.rstrip("\n"),
        text.replace('"size":', '"size":0', 1),
        "[" * 200_000,
        "{}",
        "",
        "9" * 5000,
        text.replace("a35/1/", "a35/2/"),
    ):
        report = two.verify(packed(files | {MANIFEST: changed.encode()}))
        assert {fault.file for fault in report.faults} == {MANIFEST}
