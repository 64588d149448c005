"""A process that has loaded A35 once and becomes `a35 ...` again and again: one fork a command.

Loading everything costs more than a node's whole start, and a kill point needs two or three
starts. Each child runs the command line as the program does, from its first line; only the
loading is shared. Commands come as JSON lines on standard input; what became of them goes out
as JSON lines. When standard input ends, every child is killed.
"""

import ctypes
import gc
import json
import os
import selectors
import signal
import sys
from importlib import import_module
from typing import Final, NoReturn

STARTED: Final = "started"
ENDED: Final = "ended"
_STANDARD: Final = (0, 1, 2)
_CANNOT_COUNT: Final = 71
_BUG: Final = 70
_HANDLES_MOST: Final = 1024


def main() -> None:
    """Serve until standard input ends."""
    _load()
    children: dict[int, int] = {}
    with selectors.DefaultSelector() as ready, os.fdopen(0, "rb", buffering=0) as orders:
        ready.register(orders, selectors.EVENT_READ)
        _tell({"ready": os.getpid()})
        rest = b""
        while True:
            for key, _ in ready.select():
                if key.fileobj is orders:
                    data = os.read(orders.fileno(), 65536)
                    if not data:
                        _end(children)
                        return
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        pid = _begin(json.loads(line))
                        handle = os.pidfd_open(pid)
                        children[pid] = handle
                        ready.register(handle, selectors.EVENT_READ, pid)
                else:
                    ready.unregister(key.fd)
                    os.close(key.fd)
                    del children[key.data]
                    _, status = os.waitpid(key.data, 0)
                    _tell({ENDED: key.data, "code": os.waitstatus_to_exitcode(status)})


def _load() -> None:
    """Import what any command would, and keep the collector from touching it in children."""
    import_module("node")
    import_module("gateway.assembly")
    table = import_module("gateway.main").COMMANDS
    for entry in table.values():
        import_module(entry.module)
    gc.collect()
    gc.freeze()


def _begin(order: dict[str, object]) -> int:
    """Fork a child for one command and tell that it runs."""
    pid = os.fork()
    if pid == 0:
        _become(order)
    _tell({STARTED: order["id"], "pid": pid})
    return pid


def _become(order: dict[str, object]) -> NoReturn:
    """Run one command in this child and leave with its exit code."""
    code = _BUG
    try:
        _take_over(str(order["journal"]), str(order["out"]))
        if order["control"] is not None:
            attach = ctypes.CDLL(None).kill_point_attach
            if attach(str(order["control"]).encode()) != 0:
                os._exit(_CANNOT_COUNT)
        arguments = [str(each) for each in _list(order["arguments"])]
        sys.argv = ["a35", *arguments]
        node = import_module("node")
        code = import_module("gateway.main").command_line(arguments, run=node._run)
        sys.stdout.flush()
    except BaseException as fault:  # noqa: BLE001  the outermost line of a process
        sys.stderr.write(f"a35: the process ended by {type(fault).__name__}: {fault}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _take_over(journal: str, out: str) -> None:
    """Give this child its own standard streams, and nothing else of the parent's."""
    places = (
        os.open(os.devnull, os.O_RDONLY),
        os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
    )
    for standard, place in zip(_STANDARD, places, strict=True):
        os.dup2(place, standard)
    os.closerange(len(_STANDARD), _HANDLES_MOST)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _end(children: dict[int, int]) -> None:
    for handle in children.values():
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)


def _tell(news: dict[str, object]) -> None:
    os.write(1, json.dumps(news).encode() + b"\n")


if __name__ == "__main__":
    main()
