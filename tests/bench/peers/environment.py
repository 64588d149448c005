"""Environments of the programs that ours is compared with: each its own, pinned by hashes."""

import subprocess
import sys
from pathlib import Path
from typing import Final

PLACE: Final = Path(__file__).parents[3] / ".venv" / "peers"
"""Beside what the project itself is installed in: `make clean` takes both away."""


def python_of(name: str) -> Path:
    """Return the interpreter of one program's environment; made when it is first asked for.

    Args:
        name: Of a lock file in this folder.

    Raises:
        subprocess.CalledProcessError: It cannot be made, for example without a package index.
    """
    lock = Path(__file__).with_name(f"{name}.lock")
    folder = PLACE / name
    made = folder / "made"
    python = folder / "bin" / "python"
    if made.exists() and made.read_bytes() == lock.read_bytes():
        return python
    sys.stderr.write(f"Making an environment for {name} ...\n")
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)  # noqa: S603
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*command, "--require-hashes", "-r", str(lock)], check=True)  # noqa: S603
    made.write_bytes(lock.read_bytes())
    return python
