"""Bytes on this process's connections as the kernel counts them: HTTP and TLS, both directions.

Headers of TCP and IP are not in it. Stands alone, so that it runs in an environment of any peer.
"""

import os
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path

Counts = dict[int, tuple[int, int]]
"""Bytes sent and received of each connection, by a number of the kernel's own."""

_OFFSET = 120  # of tcpi_bytes_acked in struct tcp_info (linux/tcp.h); tcpi_bytes_received follows
_SIZE = 256


def counts(is_counted: Callable[[int, int], bool]) -> Counts:
    """Read the counters of the connections that are open now.

    Args:
        is_counted: Told a connection's own port and that of the other end.
    """
    found: Counts = {}
    for descriptor in Path("/proc/self/fd").iterdir():
        line = line_of(int(descriptor.name))
        if line is not None and is_counted(*line[1]):
            found[line[0]] = line[2]
    return found


def line_of(descriptor: int) -> tuple[int, tuple[int, int], tuple[int, int]] | None:
    """Return the number, the ports and the bytes of a connection, None if it is none."""
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISSOCK(about.st_mode):
            return None  # a copy that is no socket would stay open
        with socket.socket(fileno=os.dup(descriptor)) as line:
            if line.family == socket.AF_UNIX:
                return None
            ports = line.getsockname()[1], line.getpeername()[1]
            info = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    except (OSError, IndexError):
        return None  # closed meanwhile, listening, or no socket at all
    sent, received = struct.unpack_from("<QQ", info, _OFFSET)
    return about.st_ino, ports, (sent, received)


def between(before: Counts, after: Counts) -> tuple[int, int]:
    """Return bytes sent and received between two readings."""
    sent = received = 0
    for number, (out, back) in after.items():
        early = before.get(number, (0, 0))
        sent += out - early[0]
        received += back - early[1]
    return sent, received


def ports_of(pid: int) -> set[int]:
    """Return the own ports of a process's connections."""
    numbers = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            numbers.add(str(descriptor.readlink()))
        except OSError:
            continue
    ports = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for words in map(str.split, lines[1:]):
            if f"socket:[{words[9]}]" in numbers:
                ports.add(int(words[1].rpartition(":")[2], 16))
    return ports
