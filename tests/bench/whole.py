"""The whole way of a message: `a35 demo --load`, three processes, TLS, two disks, receipts."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from tests.gateway.demo.process import run_a35


class LoadFailedError(Exception):
    """The demo did not come through; nothing was measured."""


def measure(*, messages: int) -> tuple[dict[str, float], dict[str, float]]:
    """Run the demo with a load.

    Args:
        messages: How many envelopes.

    Returns:
        Figures and ratios, by name.

    Raises:
        LoadFailedError: Something was lost, or a node did not start.
    """
    with TemporaryDirectory(prefix="a35-b-") as folder:
        ended = run_a35("demo", "--check", "--json", "--load", str(messages), folder=Path(folder))
    if ended.code:
        raise LoadFailedError(ended.err.rstrip().rpartition("\n")[2])
    result = ended.document()
    load = cast("dict[str, float]", result["load"])
    figures = {
        "messages": load["messages"],
        "per_second": load["per_second"],
        "cpu_us_per_message": round(load["cpu_seconds"] / load["messages"] * 1e6, 1),
        "p50_ms": cast("float", result["p50_ms"]),
        "p99_ms": cast("float", result["p99_ms"]),
    }
    return figures, {
        "messages_per_frame": round(load["messages"] / load["batches"], 2),
        "per_cpu_second": round(load["messages"] / load["cpu_seconds"], 1),
    }
