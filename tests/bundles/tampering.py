"""Changes a bundle in every way there is, and sees that each change is found.

Needs nothing but the installed package and the standard library, so that it runs as a file in an
environment of its own: `python tampering.py FIRST.zip SECOND.zip ROOT.json [FLIPS [SEED]]`. Prints
one JSON object; ends with 0 if every change was found and nothing crashed.

What is counted as found: the report has a fault. Anything raised is a crash.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZipFile

from gateway.evidence.container import measured, tail_of
from gateway.evidence.report import Report
from gateway.evidence.verify import verify_bundle

MANIFEST = "manifest.json"


@dataclass
class Count:
    """How many changes of one kind were tried, and what became of them."""

    tried: int = 0
    found: int = 0
    missed: tuple[str, ...] = ()
    crashed: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether every change was found."""
        return self.found == self.tried > 0


class Tampering:
    """Two bundles and what verifies them.

    Args:
        first: The one that is changed.
        second: Where other files come from.
        root: The directory's root.
        now_ms: The reader's clock.
    """

    def __init__(self, first: bytes, second: bytes, root: bytes, *, now_ms: int) -> None:
        self.first = first
        self._root = root
        self._now_ms = now_ms
        self.files = unpacked(first)
        self.others = unpacked(second)

    def verify(self, data: bytes) -> Report:
        """Verify any bytes."""
        return verify_bundle(BytesIO(data), self._root, now_ms=self._now_ms)

    def flips(self, count: int, seed: int) -> Count:
        """Flip one bit of the bundle at each of so many places, chosen by the seed."""
        return self._counted(self._flipped(count, seed))

    def drops(self) -> Count:
        """Drop each file, the manifest as it was."""
        return self._counted(
            (
                f"without {name}",
                packed({each: self.files[each] for each in self.files if each != name}),
            )
            for name in self.files
        )

    def swaps(self) -> Count:
        """Put in each file of the other bundle that differs, the manifest as it was."""
        return self._counted(
            (f"other {name}", packed(self.files | {name: self.others[name]}))
            for name in self.files
            if name in self.others and self.others[name] != self.files[name]
        )

    def _flipped(self, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
        chance = Random(seed)  # noqa: S311 - which places are tried is no secret
        for _ in range(count):
            place, bit = chance.randrange(len(self.first)), chance.randrange(8)
            changed = bytearray(self.first)
            changed[place] ^= 1 << bit
            yield f"bit {bit} of byte {place}", bytes(changed)

    def _counted(self, changes: Iterator[tuple[str, bytes]]) -> Count:
        count = Count()
        for what, data in changes:
            count.tried += 1
            try:
                is_valid = self.verify(data).is_valid
            except Exception as error:  # noqa: BLE001 - any of them is what is looked for
                count.crashed += (f"{what}: {error!r}",)
                continue
            if is_valid:
                count.missed += (what,)
            else:
                count.found += 1
        return count


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the files of a bundle as any zip tool sees them."""
    with ZipFile(BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """Write files as a bundle in its one spelling."""
    entries = [measured(name, files[name])[0] for name in sorted(files)]
    parts = [entry.local + files[entry.name] for entry in entries]
    return b"".join((*parts, tail_of(entries)))


def examined(tampering: Tampering, *, flips: int, seed: int) -> dict[str, object]:
    """Try everything.

    Returns:
        What was tried and found, as JSON; `is_good` says whether all is well.
    """
    began = time.perf_counter()
    whole = tampering.verify(tampering.first)
    counts = {
        "flipped bits": tampering.flips(flips, seed),
        "dropped files": tampering.drops(),
        "files of another bundle": tampering.swaps(),
    }
    return {
        "bundle_bytes": len(tampering.first),
        "files": len(tampering.files),
        "statements": len(whole.findings),
        "seed": seed,
        "verifies": whole.is_valid,
        **{name: asdict(count) for name, count in counts.items()},
        "seconds": round(time.perf_counter() - began, 1),
        "is_good": whole.is_valid and all(count.is_good for count in counts.values()),
    }


def main(arguments: list[str]) -> int:
    """Examine the bundles of the command line; print what came of it."""
    first, second, root, *numbers = arguments
    flips, seed = (*map(int, numbers), *(2_000, 20261122)[len(numbers) :])
    tampering = Tampering(
        Path(first).read_bytes(),
        Path(second).read_bytes(),
        Path(root).read_bytes(),
        now_ms=time.time_ns() // 1_000_000,
    )
    shown = examined(tampering, flips=flips, seed=seed)
    sys.stdout.write(json.dumps(shown) + "\n")
    return 0 if shown["is_good"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
