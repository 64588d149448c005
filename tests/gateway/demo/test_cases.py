"""The two whole cases of the demo, played by commands on running nodes."""

import asyncio
import re
from io import StringIO
from pathlib import Path

from gateway.demo.cases import CasePlays
from gateway.demo.network import running
from gateway.demo.story import load_examples
from gateway.terminal import Terminal


async def _played(folder: Path, shown: StringIO) -> None:
    terminal = Terminal(json=False, out=shown, err=shown)
    async with running(folder) as network:
        plays = CasePlays(network, terminal, load_examples([]))
        await plays.preservation()
        await plays.emergency()


def test_preservation_and_emergency_run_to_their_ends_with_their_clocks_shown(
    tmp_path: Path,
) -> None:
    """Request, grant, report, extension, hold, disclosure, release; and the same in an hour."""
    shown = StringIO()
    asyncio.run(_played(tmp_path, shown))
    text = shown.getvalue()
    steps = [
        "srv-traffic: preserved, preserved until",
        "end of preservation of srv-traffic: running, in 89 d",
        "srv-traffic: extended, preserved until",
        "end of preservation of srv-traffic: running, in 179 d",
        "srv-traffic: held_pending_decision\n",
        "end of preservation of srv-traffic: held",
        "stored_data_request: executed",
        "srv-traffic: released\n",
        "captor-traffic: delivered",
    ]
    places = [text.find(step) for step in steps]
    assert -1 not in places, steps[places.index(-1)]
    assert re.search(r"acknowledged by a person: running, in 1[0-4] min", text)
    assert "no effect" not in text
