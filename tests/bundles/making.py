"""Makes two bundles of one small network: disclosed, with an attachment each, and stamped."""

import asyncio
import time
from pathlib import Path
from typing import Final

from gateway.evidence.attestations import HeldAttestations
from gateway.evidence.material import Variant
from gateway.evidence.stamped import KeptStamps
from tests.gateway.evidence.test_stamped import Wired, stamping_of
from tests.gateway.evidence.world import Book, acknowledged, exported
from tests.gateway.network import START_MS, Network, Wire, network
from tests.gateway.timestamp.local import OPENSSL, LocalAuthority

FIRST: Final = "first.zip"
SECOND: Final = "second.zip"
ROOT: Final = "ROOT.json"
AUTHORITIES: Final = "authorities.pem"


def make(folder: Path, work: Path) -> None:
    """Write FIRST, SECOND and ROOT; AUTHORITIES as well where openssl can stamp.

    Args:
        folder: Where they go.
        work: Where the nodes' homes may lie; empty.
    """
    asyncio.run(_made(folder, work))


async def _made(folder: Path, work: Path) -> None:
    # Readers go by the machine's clock: nothing may come from its future.
    start_ms = min(START_MS, time.time_ns() // 1_000_000 - 60_000)
    async with network(work, ["FR/1", "RO/1"], Wire(), start_ms=start_ms) as net:
        book, here = Book.of(net, work / "directory"), net["FR/1"]
        mids = [
            await acknowledged(net, files={"note.pdf": letter * 30_000}) for letter in (b"p", b"q")
        ]
        await _stamp(net, folder, work)
        attestations = HeldAttestations([KeptStamps(here.store)])
        for name, mid in zip((FIRST, SECOND), mids, strict=True):
            data, _ = await exported(here, book, mid, Variant.DISCLOSED, attestations=attestations)
            (folder / name).write_bytes(data)
        (folder / ROOT).write_bytes(book.root)


async def _stamp(net: Network, folder: Path, work: Path) -> None:
    if OPENSSL is None:
        return
    (work / "tsa").mkdir()
    authority = LocalAuthority(work / "tsa", "local")
    await stamping_of(net["FR/1"], Wired(authority)).look()
    (folder / AUTHORITIES).write_bytes((work / "tsa" / "root.pem").read_bytes())
