"""`python -m tests.bench.directory [--json] [--quick]`: what the directory costs a node.

Two directories: 65 Parties with an entry and a node each, followed by the node's own directory
client; and 10,000 target files spread over those Parties' roles, followed by the same TUF client
under the same limits. For each: bytes and seconds of the first sync, of a refresh without a change,
and after one Party changed; and how much the process grew. Files come from a folder: no network is
measured. Build and measurement are processes of their own, so that memory is the client's alone.
"""

import json
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    TargetFile,
    Targets,
)
from tuf.ngclient.fetcher import FetcherInterface
from typing_extensions import override

from gateway.directory.chain import VerifiedDirectory, verify_chain
from gateway.directory.client import download
from gateway.directory.draft import Drafts
from gateway.directory.fetch import DirectoryFetcher
from gateway.directory.layout import TARGETS_FOLDER, party_role
from gateway.directory.signers import KeyFolder
from gateway.directory.updating import make_updater
from protocol.directory import parse_entry
from tests.bench.__main__ import machine
from tests.gateway.directory.forge import Forger
from tests.gateway.directory.world import SECRET, Authority

PARTIES: Final = 65
TARGET_FILES: Final = 10_000
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def main(argv: Sequence[str] | None = None) -> int:
    """Build, measure and print.

    Args:
        argv: Without the program; the process's own unless given.

    Returns:
        0.
    """
    parser = ArgumentParser(prog="python -m tests.bench.directory", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--quick", action="store_true", help="5 Parties, 100 files")
    parser.add_argument("--step", nargs=3, metavar=("NAME", "FOLDER", "COUNT"))
    options = parser.parse_args(argv)
    if options.step:
        name, folder, count = options.step
        print(json.dumps(STEPS[name](Path(folder), int(count))))  # noqa: T201
        return 0
    found = measured(*((5, 100) if options.quick else (PARTIES, TARGET_FILES)))
    if options.json:
        print(json.dumps(found))  # noqa: T201
        return 0
    for directory, figures in found.items():
        for name, value in figures.items():
            print(f"{directory:10} {name:24} {value}")  # noqa: T201
    return 0


def measured(parties: int, files: int) -> dict[str, dict[str, object]]:
    """Return every figure.

    Args:
        parties: How many Parties.
        files: How many target files over their roles.
    """
    with TemporaryDirectory() as folder:
        _step("build", folder, parties)
        entries = {"parties": parties, **_step("entries", folder, parties)}
        _step("spread", folder, files)
        targets = {"files": files, **_step("targets", folder, files)}
    return {"machine": machine(), "entries": entries, "targets": targets}


def _step(name: str, folder: str, count: int) -> dict[str, object]:
    """Run one step in a process of its own; memory is its own."""
    line = [sys.executable, "-m", "tests.bench.directory", "--step", name, folder, str(count)]
    done = subprocess.run(line, capture_output=True, check=True, text=True)  # noqa: S603
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def codes(count: int) -> list[str]:
    """Return so many codes of Parties, none of them another's."""
    return [f"{_LETTERS[place // 26]}{_LETTERS[place % 26]}" for place in range(count)]


def build(folder: Path, parties: int) -> dict[str, object]:
    """Publish a directory of so many Parties, a node each."""
    now_ms = int(time.time() * 1000)
    authority = Authority.found(folder, now_ms, parties=tuple(codes(parties)))
    authority.admit(*(f"{code}/1" for code in codes(parties)))
    authority.publish()
    return {}


def spread(folder: Path, files: int) -> dict[str, object]:
    """List target files in the Parties' roles, each as a file of 1 KB."""
    forger = _forger(folder)
    parties = sorted(path.name for path in (folder / "out" / TARGETS_FOLDER / "parties").iterdir())
    for place, country in enumerate(parties):
        mine = range(place, files, len(parties))
        forger.party(country, partial(_list, forger, country, mine))
    forger.online(*map(party_role, parties))
    return {}


def _list(forger: Forger, country: str, numbers: Sequence[int], targets: Targets) -> None:
    for number in numbers:
        data = f"{number}\n".encode().ljust(1024, b".")
        info = TargetFile.from_data(f"parties/{country}/{number}.bin", data, ["sha256"])
        targets.targets[info.path] = info
        forger.write(
            f"{TARGETS_FOLDER}/parties/{country}/{info.hashes['sha256']}.{number}.bin", data
        )


def entries(folder: Path, parties: int) -> dict[str, object]:
    """Follow the directory as a node does: fetch, and verify the whole once more."""
    authority = _authority(folder)
    counting = Counting(authority.url)
    held: list[VerifiedDirectory] = []

    def sync() -> None:
        home = folder / "home"
        files = download(home, url=authority.url, anchor=authority.root, fetcher=counting)
        held[:] = [verify_chain(authority.root, files, at_ms=authority.now_ms)]

    before_kib = _peak_kib()
    figures = counting.measure("first", sync)
    figures["grown_kib"] = _peak_kib() - before_kib
    figures |= counting.measure("unchanged", sync)
    _change_one(authority)
    figures |= counting.measure("one_change", sync)
    assert (len(held[0].entries), held[0].left_out) == (parties, {})
    figures["state_bytes"] = sum(map(len, held[0].files.values()))
    return figures


def _change_one(authority: Authority) -> None:
    """Let one Party sign another entry, as it does each year or so."""
    data = Forger(authority.folder, authority.keys).repository.entry(codes(1)[0])
    assert data is not None
    changed = parse_entry(data).model_copy(update={"name": "Another name"})
    Drafts(authority.folder).save(changed)
    authority.publish()


def targets(folder: Path, files: int) -> dict[str, object]:
    """Fetch every target file with the node's TUF client, then again, then after one change."""
    forger = _forger(folder)
    root = (folder / "out" / "metadata" / "1.root.json").read_bytes()
    parties = sorted(path.name for path in (folder / "out" / TARGETS_FOLDER / "parties").iterdir())
    names = [f"parties/{parties[each % len(parties)]}/{each}.bin" for each in range(files)]
    here = folder / "targets-client"
    (here / "metadata").mkdir(parents=True)
    (here / "files").mkdir()
    counting = Counting(folder.as_uri() + "/")

    def sync() -> None:
        updater = make_updater(
            here / "metadata",
            anchor=root,
            metadata_url=(folder / "out" / "metadata").as_uri() + "/",
            fetcher=counting,
            targets=here / "files",
            targets_url=(folder / "out" / TARGETS_FOLDER).as_uri() + "/",
        )
        updater.refresh()
        for name in names:
            info = updater.get_targetinfo(name)
            assert info is not None
            if updater.find_cached_target(info) is None:
                updater.download_target(info)

    before_kib = _peak_kib()
    figures = counting.measure("first", sync)
    figures["grown_kib"] = _peak_kib() - before_kib
    figures |= counting.measure("unchanged", sync)
    forger.party(parties[0], partial(_list, forger, parties[0], [files]))
    forger.online(party_role(parties[0]))
    names.append(f"parties/{parties[0]}/{files}.bin")
    figures |= counting.measure("one_change", sync)
    sizes = {path.name: path.stat().st_size for path in (here / "metadata").glob("*.json")}
    figures["largest_role_bytes"] = max(size for name, size in sizes.items() if "party" in name)
    figures["snapshot_bytes"] = sizes["snapshot.json"]
    return figures


class Counting(FetcherInterface):
    """Fetches from folders below an address, and counts.

    Args:
        base_url: The address.
    """

    def __init__(self, base_url: str) -> None:
        self._inner = DirectoryFetcher(base_url, lambda: 0.0)
        self._bytes = 0
        self._files = 0

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        for piece in self._inner.fetch(url):
            self._bytes += len(piece)
            yield piece
        self._files += 1

    def measure(self, name: str, work: Callable[[], None]) -> dict[str, object]:
        """Return what some work fetched and how long it took."""
        self._bytes = self._files = 0
        began = time.perf_counter()
        work()
        seconds = round(time.perf_counter() - began, 3)
        return {f"{name}_bytes": self._bytes, f"{name}_files": self._files, f"{name}_s": seconds}


def _authority(folder: Path) -> Authority:
    keys = KeyFolder(folder / "keys", SECRET)
    return Authority(folder / "out", keys, int(time.time() * 1000))


def _forger(folder: Path) -> Forger:
    authority = _authority(folder)
    return Forger(authority.folder, authority.keys)


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


STEPS: Final[dict[str, Callable[[Path, int], dict[str, object]]]] = {
    "build": build,
    "entries": entries,
    "spread": spread,
    "targets": targets,
}

if __name__ == "__main__":
    sys.exit(main())
