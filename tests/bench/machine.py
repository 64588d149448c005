"""What figures were taken on, and how much of it others used meanwhile."""

import os
import platform
import sqlite3
import ssl
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Final

LIBRARIES: Final = ("aiohttp", "cryptography", "msgpack", "pynacl", "pydantic", "sqlite-utils")
BUSY: Final = 0.1
"""Above this share of the processor used by others, figures are not to be believed."""

_LOOK_S: Final = 0.5


def machine() -> dict[str, object]:
    """Return what the figures are taken on, and how busy it is before we begin."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "load": round(os.getloadavg()[0], 2),
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
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.machine()


def busy_by_others() -> float | None:
    """Return which share of all cores is used while we do nothing for a moment.

    Returns:
        0 to 1; None where the system does not say.
    """
    before = _ticks()
    Event().wait(_LOOK_S)
    after = _ticks()
    if before is None or after is None:
        return None
    whole = after[0] - before[0]
    return round((after[1] - before[1]) / whole, 2) if whole else 0.0


def stolen_s() -> float | None:
    """Return the seconds of all cores that the machine's host gave to others since its start."""
    ticks = _kinds()
    return None if ticks is None else round(ticks[7] / os.sysconf("SC_CLK_TCK"), 2)


def _ticks() -> tuple[int, int] | None:
    """Return ticks of all cores so far, and those of them that somebody used."""
    ticks = _kinds()
    if ticks is None:
        return None
    idle = ticks[3] + ticks[4]
    return sum(ticks), sum(ticks) - idle


def _kinds() -> list[int] | None:
    """Return ticks of all cores so far, by kind."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return None
    return [int(word) for word in first.split()[1:9]]  # guests are within user
