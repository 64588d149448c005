"""Shows that the package is whole: `python -I -m tests.package` builds, installs and tries it.

The wheel is installed into an environment of its own, made from requirements.lock alone, and the
tests are copied to where no sources are. What only works because the sources lie beside it fails
here. `make package` runs this, and so does `make test`.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parent.parent
NAMES: Final = ("gateway", "protocol", "keys", "node.py")
TESTS: Final = ("tests/test_packaging.py", "tests/transcripts", "tests/gateway/demo")
"""What is run against the wheel: the package's own checks, officers' sessions, the demo."""

TOOLS: Final = frozenset({
    "colorama", "hypothesis", "iniconfig", "packaging", "pluggy", "pygments", "pytest",
    "pytest-randomly", "sortedcontainers",
})  # fmt: skip
"""What the tests themselves need; the rest of the development lock stays out."""


def main(python: str = sys.executable) -> int:
    """Build, install and try the package.

    Args:
        python: The interpreter to make the environment with.

    Returns:
        0 if everything holds.
    """
    with TemporaryDirectory(prefix="a35-package-") as name:
        folder = Path(name)
        wheel = build(folder / "dist")
        check_contents(wheel)
        inside = install(python, folder / "venv", wheel)
        away = copy_tests(folder / "away")
        run([inside, "-I", "-m", "pip", "check"], away)
        closing = try_out(inside, away)
    sys.stdout.write(f"package: {wheel.name} is whole; away from the sources: {closing}\n")
    return 0


def build(target: Path) -> Path:
    """Build the wheel.

    Args:
        target: The folder it goes into.
    """
    run([sys.executable, "-I", "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], ROOT)
    (wheel,) = target.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Compare the wheel with the sources: all of the product, and nothing else.

    Args:
        wheel: As built.
    """
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        str(path.relative_to(ROOT))
        for name in NAMES
        for path in (ROOT / name, *(ROOT / name).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    if packed != expected:
        sys.exit(f"package: the wheel differs from the sources in {sorted(packed ^ expected)}")


def install(python: str, venv: Path, wheel: Path) -> str:
    """Make an environment from the lock alone, and put the wheel and the test tools into it.

    Args:
        python: The interpreter to make it with.
        venv: Where.
        wheel: As built.

    Returns:
        The environment's interpreter.
    """
    run([python, "-m", "venv", str(venv)], ROOT)
    inside = str(venv / "bin" / "python")
    pip = [inside, "-I", "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    tools = venv / "tools.lock"
    tools.write_text(tool_lock((ROOT / ".ci" / "dev.lock").read_text(encoding="utf-8")), "utf-8")
    run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], ROOT)
    run([*pip, "--no-deps", str(wheel)], ROOT)
    run([*pip, "--require-hashes", "-r", str(tools)], ROOT)
    return inside


def tool_lock(lock: str) -> str:
    """Return the part of the development lock that the tests themselves need.

    Args:
        lock: The whole of it.
    """
    entries = re.split(r"\n(?=\S)", lock)
    return "\n".join(
        entry for entry in entries if re.split(r"[=;\s]", entry, maxsplit=1)[0] in TOOLS
    )


def copy_tests(away: Path) -> Path:
    """Copy the tests to where no sources are.

    Args:
        away: A new folder.
    """
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tests", away / "tests", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", away)
    return away


def try_out(inside: str, away: Path) -> str:
    """Run the tests against the wheel.

    Args:
        inside: The environment's interpreter.
        away: Where the tests are.

    Returns:
        What pytest said at the end.
    """
    # The tests import each other as `tests`; there is nothing else in this folder.
    shown = run([inside, "-I", "-m", "pytest", "-q", "-o", "pythonpath=.", *TESTS], away)
    return shown.rstrip().rpartition("\n")[2].strip("= ")


def run(command: Sequence[str], folder: Path) -> str:
    """Run one step; end with its output if it fails.

    Args:
        command: Program and arguments.
        folder: Where.

    Returns:
        What it printed.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"package: this failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
