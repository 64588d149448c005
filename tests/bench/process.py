"""What another process used so far, as Linux tells it."""

import os
from contextlib import suppress
from pathlib import Path


def cpu_of(pid: int) -> float:
    """Return the processor time of a process and its ended children so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def rss_of(pid: int) -> float:
    """Return the memory of a process now, in KiB."""
    return _memory(pid, "VmRSS:")


def peak_of(pid: int) -> float:
    """Return the largest memory of a process, in KiB, since its start or `forget_peak`."""
    return _memory(pid, "VmHWM:")


def forget_peak(pid: int) -> None:
    """Let a process's largest memory be measured from now on, where the system allows it."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def _memory(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(status.partition(name)[2].split()[0])
