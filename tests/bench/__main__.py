"""`python -m tests.bench [--quick] [--json]`: what things cost on this machine.

Figures are in microseconds of one piece, ratios say how many times one takes the other, taken in
one run. Compare ratios between machines and releases, never figures.
"""

import json
import os
import platform
import sqlite3
import ssl
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from tests.bench import commits, primitives, whole
from tests.bench.measure import Figure

LIBRARIES: Final = ("aiohttp", "cryptography", "msgpack", "pynacl", "pydantic")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure everything and print it.

    Args:
        argv: Without the program; the process's own unless given.

    Returns:
        0.
    """
    parser = ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a smaller load")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args(argv)
    rounds, messages = (9, 500) if options.quick else (31, 5000)
    result = measured(rounds=rounds, messages=messages)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.write(table(result))
    return 0


def measured(*, rounds: int, messages: int) -> dict[str, dict[str, object]]:
    """Return what `--json` prints.

    Args:
        rounds: Turns of each piece.
        messages: Envelopes of the load; 0 leaves it out.
    """
    tell("primitives ...")
    found, compared = primitives.measure(rounds=rounds)
    tell("commits ...")
    durable, grouped = commits.measure(rounds=rounds * 5)
    figures: dict[str, object] = {
        name: figure.as_json() for name, figure in {**found, **durable}.items()
    }
    ratios: dict[str, object] = {**compared, **grouped}
    if messages:
        tell(f"load of {messages} ...")
        load, compared = whole.measure(messages=messages)
        figures["load"] = load
        ratios |= compared
        ratios["load_over_seal_and_open"] = over_cryptography(load, found)
    return {"machine": machine(), "ratios": ratios, "figures": figures}


def over_cryptography(load: dict[str, float], found: dict[str, Figure]) -> float:
    """Return how many times a message costs what sealing and opening it alone cost.

    Args:
        load: Figures of the load.
        found: Figures of the primitives.
    """
    alone = found["seal_4k"].us + found["open_4k"].us
    return round(load["cpu_us_per_message"] / alone, 2)


def machine() -> dict[str, object]:
    """Return what the figures were taken on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version(name) for name in LIBRARIES},
        "a35": version("a35-gateway"),
    }


def processor() -> str:
    """Return the processor's name, as Linux tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - no path of ours
            names = [line.partition(":")[2] for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0].strip() if names else platform.machine()


def table(result: dict[str, dict[str, object]]) -> str:
    """Return the result for people.

    Args:
        result: As `measured` returned it.
    """
    lines = [f"{key:<28} {value}" for key, value in result["machine"].items()]
    lines.append("")
    for name, figure in result["figures"].items():
        if isinstance(figure, dict) and "us" in figure:
            lines.append(f"{name:<28} {figure['us']:>12.1f} us   +-{figure['spread'] * 50:.0f} %")
        else:
            lines.append(f"{name:<28} {figure}")
    lines.append("")
    lines += [f"{name:<28} {value:>12}" for name, value in result["ratios"].items()]
    return "\n".join((*lines, ""))


def tell(text: str) -> None:
    """Say how far it is, on standard error."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
