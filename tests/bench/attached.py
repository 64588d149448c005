"""`python -m tests.bench.attached [--bytes N] [--kills N] [--json]`: one large attachment.

Two real nodes, each a process of its own. The file goes in parts through the sender's API into a
draft, is sealed, goes in ranges to the other node, is verified and stored there, and is fetched
out again by its officer. First once whole, with what each side's memory grew by and how fast it
was beside chunked encryption alone; then once more with both nodes killed at random bytes. With
`--desk` it goes in through the page of a real Chromium instead, and once through the commands:
what the acceptance check D15 asks (docs/desk.md).
"""

import asyncio
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from cryptography.cobblestone import Cobblestone256Encryptor

from gateway.demo.network import DemoNetwork, DemoNode, build
from keys.body import encrypt_stream, new_content_key
from tests.bench.__main__ import machine, tell
from tests.bench.journey import FROM, TO, Journey, Watch, journey, kills_at

MOST_EXTRA_MIB: Final = 16.0
LEAST_SHARE: Final = 0.15
_READ_BYTES: Final = 64 * 1024
_BLOCK_BYTES: Final = 1024 * 1024
_ALONE_BYTES: Final = 256 * 1024 * 1024
_WARM_BYTES: Final = 5 * 1024 * 1024
_ROUNDS: Final = 3


class Nowhere:
    """Takes what is written and keeps nothing."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""
        return len(data)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print what was found.

    Args:
        argv: Without the program; the process's own unless given.

    Returns:
        0 if every digest was equal and the memory held, else 1.
    """
    options = _options(argv)
    with TemporaryDirectory(prefix="a35-b-", dir=options.dir) as folder:
        if options.desk:
            # Loaded here: only this needs a browser.
            from tests.bench.attached_desk import measured as at_desk  # noqa: PLC0415

            found = asyncio.run(at_desk(Path(folder), size=options.bytes))
        else:
            found = asyncio.run(measured(Path(folder), options))
    result = {"machine": machine(), **found}
    sys.stdout.write(json.dumps(result) + "\n" if options.json else table(result))
    return 0 if found["held"] else 1


async def measured(folder: Path, options: Namespace) -> dict[str, Any]:
    """Run both journeys.

    Args:
        folder: An empty folder on the disk that is to be measured.
        options: Of the command line.
    """
    file = folder / "attached.bin"
    digest = await asyncio.to_thread(made, file, options.bytes)
    alone = await asyncio.to_thread(encryption_alone, file)
    async with two_nodes(folder / "net") as network:
        tell("warming up ...")
        warm = folder / "warm.bin"
        await journey(network, warm, made(warm, _WARM_BYTES), Watch(network, warm))
        tell(f"{options.bytes} bytes ...")
        whole = await journey(network, file, digest, Watch(network, file, tell=tell))
        again = await asyncio.to_thread(encryption_alone, file)
        alone = {name: median([alone[name], again[name]]) for name in alone}
        killed: Journey | None = None
        if options.kills:
            plan = kills_at(Random(options.seed), options.bytes, options.kills)  # noqa: S311
            tell(f"the same with {options.kills} kills ...")
            killed = await journey(network, file, digest, Watch(network, file, plan, tell=tell))
    return _found(options.bytes, alone, whole, killed)


def _found(
    size: int, alone: Mapping[str, float], whole: Journey, killed: Journey | None
) -> dict[str, Any]:
    speed = size / whole.stored_s / 1e6
    shares = {
        "stored_over_encryption": round(speed / alone["encryption"], 3),
        "stored_over_cipher": round(speed / alone["cipher"], 3),
        "sent_over_encryption": round(size / whole.legs["sent"] / 1e6 / alone["encryption"], 3),
        "fetched_over_encryption": round(size / whole.total_s / 1e6 / alone["encryption"], 3),
    }
    equal = whole.equal and (killed is None or killed.equal)
    return {
        "bytes": size,
        "alone_mb_per_s": {name: round(value, 1) for name, value in alone.items()},
        "whole": whole.as_json(),
        "ratios": shares,
        "killed": None if killed is None else killed.as_json(),
        "held": equal and max(whole.extra_mib.values()) <= MOST_EXTRA_MIB,
    }


@asynccontextmanager
async def two_nodes(folder: Path, *, four_eyes: bool = False) -> AsyncIterator[DemoNetwork]:
    """Run sender, receiver and directory for the time of a block.

    Args:
        folder: Made; the nodes' homes and journals lie in it.
        four_eyes: Whether second persons must approve, where the policy asks for them.
    """
    await asyncio.to_thread(folder.mkdir)
    network = await asyncio.to_thread(build, folder, four_eyes=four_eyes)
    nodes: list[DemoNode] = [node for node in network.nodes if node.name in {FROM, TO}]
    network = replace(network, nodes=nodes)
    try:
        await network.start()
        yield network
    finally:
        await network.stop()


def made(file: Path, size: int) -> str:
    """Make a file of random bytes; return its SHA-256, in hex.

    Args:
        file: Where.
        size: How many bytes.
    """
    hasher = sha256()
    with file.open("wb") as target:
        for at in range(0, size, _BLOCK_BYTES):
            block = os.urandom(min(_BLOCK_BYTES, size - at))
            hasher.update(block)
            target.write(block)
    return hasher.hexdigest()


def encryption_alone(file: Path) -> dict[str, float]:
    """Return how fast a file is encrypted in chunks, and how fast the bare cipher is, in MB/s.

    Encryption is what a node does to a file before it leaves: chunks under the committing cipher,
    with both digests, of which one is the sealed file's name. Nothing of it is written.

    Args:
        file: Read as far as 256 MiB; nothing is written.
    """
    found: dict[str, list[float]] = {"encryption": [], "cipher": []}
    for _ in range(_ROUNDS):
        for name, work in (("encryption", _encrypted), ("cipher", _ciphered)):
            began = perf_counter()
            found[name].append(work(file) / (perf_counter() - began) / 1e6)
    return {name: median(speeds) for name, speeds in found.items()}


def _ciphered(file: Path) -> int:
    encryptor, size = Cobblestone256Encryptor(new_content_key(), b"bench"), 0
    with file.open("rb") as source:
        while size < _ALONE_BYTES and (piece := source.read(_READ_BYTES)):
            encryptor.update(piece)
            size += len(piece)
    return size


def _encrypted(file: Path) -> int:
    with file.open("rb") as source:
        bounded = _Bounded(source.read)
        return encrypt_stream(new_content_key(), b"bench", bounded, Nowhere()).plain_bytes


class _Bounded:
    """The first bytes of a file."""

    def __init__(self, read: Any) -> None:  # noqa: ANN401  of a file
        self._read = read
        self._left = _ALONE_BYTES

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        piece: bytes = self._read(min(size, self._left))
        self._left -= len(piece)
        return piece


def table(result: Mapping[str, Any]) -> str:
    """Return the result for people.

    Args:
        result: As `main` prints it as JSON.
    """
    lines = [f"{key:<36} {value}" for key, value in result["machine"].items()]
    for name, value in result.items():
        if name == "machine":
            continue
        if isinstance(value, Mapping):
            lines += ["", name, *(f"  {key:<34} {inner}" for key, inner in value.items())]
        else:
            lines.append(f"{name:<36} {value}")
    return "\n".join((*lines, ""))


def _options(argv: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.bench.attached", description=__doc__)
    parser.add_argument("--bytes", type=int, default=None, help="size of the file")
    parser.add_argument("--kills", type=int, default=5, help="of both nodes, at random bytes")
    parser.add_argument("--seed", type=int, default=35, help="says at which bytes")
    parser.add_argument("--dir", type=Path, default=None, help="on which disk; five times the file")
    parser.add_argument("--desk", action="store_true", help="through a page and the commands")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args(argv)
    if options.bytes is None:
        options.bytes = 500_000_000 if options.desk else 2 * 1024**3
    return options


if __name__ == "__main__":
    sys.exit(main())
