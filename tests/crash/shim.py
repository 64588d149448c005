"""The other end of kill_shim.c: compiles it, says at which call a process dies, reads what it did.

The control block is a file mapped by both. Numbers and layout must be those of the C source.
"""

import mmap
import shutil
import struct
import subprocess
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

from typing_extensions import override

CALLS_MOST: Final = 16384
_HEAD: Final = struct.Struct("=6Q")
_CALL: Final = struct.Struct("=BBHI")
_BYTES: Final = _HEAD.size + CALLS_MOST * _CALL.size
_SOURCE: Final = Path(__file__).with_name("kill_shim.c")


class ToolMissingError(Exception):
    """A program of the system that the kill points need is not there; the text names it."""


class Mode(IntEnum):
    """When a process dies: before the call, after half of its bytes, or after the call."""

    COUNT_ONLY = 0
    BEFORE = 1
    TORN = 2
    AFTER = 3


class Kind(IntEnum):
    """What a call does."""

    WRITE = 1
    SYNC = 2
    TRUNCATE = 3
    RENAME = 4
    REMOVE = 5
    CREATE = 6
    SEND = 7


class Place(IntEnum):
    """Where a call does it. `WAKE` is what a process sends to itself."""

    OTHER = 0
    DATABASE = 1
    WAL = 2
    WAL_INDEX = 3
    ANCHOR = 4
    ATTACHMENT = 5
    PEER = 6
    OFFICER = 7
    WAKE = 8
    FOLDER = 9


class Call(NamedTuple):
    """One counted call."""

    kind: Kind
    place: Place
    bytes: int

    @override
    def __str__(self) -> str:
        """Return it as reports name it."""
        return f"{self.kind.name.lower()} {self.place.name.lower()}"


class Control:
    """The control block of one process, from before its start.

    Args:
        path: A file, made anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("w+b") as file:
            file.truncate(_BYTES)
            self._block = mmap.mmap(file.fileno(), _BYTES)

    def arm(self, *, mode: Mode = Mode.COUNT_ONLY, target: int = 0) -> None:
        """Count from now on, and die at a call.

        Args:
            mode: How.
            target: At which call, from 1; 0 for never.
        """
        self._put(0, 0)
        for place, value in enumerate((mode, target, 0, 0, 0), 1):
            self._put(place, value)
        self._put(0, 1)

    def disarm(self) -> None:
        """Count no more and let the process live."""
        self._put(0, 0)

    @property
    def counted(self) -> int:
        """Calls since `arm`."""
        return self._get(3)

    @property
    def fired(self) -> int:
        """The call at which the process died, 0 if it did not."""
        return self._get(4)

    @property
    def is_torn(self) -> bool:
        """Whether it died after half of the bytes of that call."""
        return bool(self._get(5))

    def calls(self) -> list[Call]:
        """Return the calls since `arm`, in order."""
        data = self._block[_HEAD.size : _HEAD.size + self.counted * _CALL.size]
        return [
            Call(Kind(kind), Place(place), size) for kind, place, _, size in _CALL.iter_unpack(data)
        ]

    def close(self) -> None:
        """Let go of the mapping."""
        self._block.close()

    def _get(self, place: int) -> int:
        (value,) = struct.unpack_from("=Q", self._block, 8 * place)
        return int(value)

    def _put(self, place: int, value: int) -> None:
        struct.pack_into("=Q", self._block, 8 * place, value)


def compile_shim(folder: Path) -> Path:
    """Compile the library that counts and kills.

    Args:
        folder: Where to put it.

    Returns:
        The library, for LD_PRELOAD.

    Raises:
        ToolMissingError: There is no C compiler, or it refuses.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise ToolMissingError("kill points need a C compiler (Debian: apt-get install gcc)")
    library = folder / "kill_shim.so"
    done = subprocess.run(  # noqa: S603 - our own source
        [compiler, "-O2", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ToolMissingError(f"the C compiler refuses kill_shim.c: {done.stderr.strip()}")
    return library
