"""What a node takes to start, and has in memory when nothing happens, without and with the desk.

A node is headless where the extra `desk` is not installed: its packages are hidden from the first
process. Each runs as `a35 run` does (tests.bench.starting); the log is as short as it is at first.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from gateway.demo.network import build

HIDDEN: Final = ("jinja2", "babel", "webauthn", "weasyprint")
_TIMES: Final = 3
_CODE: Final = """
import sys
for name in sys.argv.pop().split():
    sys.modules[name] = None
from tests.bench.starting import main
main(*sys.argv[1:])
"""
Found = tuple[dict[str, object], dict[str, float]]


def measure(*, tell: Callable[[str], None]) -> Found:
    """Start nodes and read their memory.

    Args:
        tell: Told what is being done.

    Returns:
        Figures, by name; no ratio.
    """
    figures: dict[str, object] = {}
    with TemporaryDirectory(prefix="a35-b-") as folder:
        network = build(Path(folder))
        home = network.nodes[0].home.path
        for name, hidden in (("idle_headless", " ".join(HIDDEN)), ("idle_desk", "")):
            tell(f"{name}: {_TIMES} starts")
            runs = [_started(home, network.credential, hidden) for _ in range(_TIMES)]
            figures[name] = {key: median(run[key] for run in runs) for key in runs[0]}
    return figures, {}


def _started(home: Path, credential: Path, hidden: str) -> dict[str, float]:
    command = [sys.executable, "-c", _CODE, str(home), str(credential), hidden]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found
