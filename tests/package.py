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
from json import loads
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parent.parent
NAMES: Final = ("gateway", "protocol", "keys", "node.py")
TESTS: Final = ("tests/test_packaging.py", "tests/transcripts", "tests/gateway/demo")
"""What is run against the wheel: the package's own checks, officers' sessions, the demo."""

PIP: Final = ("-I", "-m", "pip", "--disable-pip-version-check", "--quiet", "install")

PROOF_FAILED: Final = 76
"""Exit code of `a35 verify` for a bundle that does not hold."""

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
        run([inside, "-I", "-m", "pip", "check"], folder)
        verified = verify_alone(inside, folder / "evidence")
        add_tools(inside, folder)
        away = copy_tests(folder / "away")
        closing = try_out(inside, away)
    sys.stdout.write(f"package: evidence verified {verified}\n")
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
    """Make an environment from the lock alone, and put the wheel into it; nothing else.

    Args:
        python: The interpreter to make it with.
        venv: Where.
        wheel: As built.

    Returns:
        The environment's interpreter.
    """
    run([python, "-m", "venv", str(venv)], ROOT)
    inside = str(venv / "bin" / "python")
    run([inside, *PIP, "--require-hashes", "-r", str(ROOT / "requirements.lock")], ROOT)
    run([inside, *PIP, "--no-deps", str(wheel)], ROOT)
    return inside


def add_tools(inside: str, folder: Path) -> None:
    """Put what the tests themselves need into the environment.

    Args:
        inside: The environment's interpreter.
        folder: Takes a lock.
    """
    tools = folder / "tools.lock"
    tools.write_text(tool_lock((ROOT / ".ci" / "dev.lock").read_text(encoding="utf-8")), "utf-8")
    run([inside, *PIP, "--require-hashes", "-r", str(tools)], ROOT)


def verify_alone(inside: str, folder: Path) -> str:
    """Verify a bundle where there is the package, the bundle and ROOT.json, and nothing else.

    No node, no home, no variable of the environment; no network where the system lets a process
    give it up. Then change the bundle in every way (tests/bundles/tampering.py).

    Args:
        inside: The environment's interpreter.
        folder: A new folder.

    Returns:
        What was done, in words.
    """
    folder.mkdir()
    run([sys.executable, "-I", "-m", "tests.bundles", "make", str(folder)], ROOT)
    shutil.copy(ROOT / "tests" / "bundles" / "tampering.py", folder)
    offline = without_network()
    a35 = str(Path(inside).with_name("a35"))
    whole = [*offline, a35, "verify", "first.zip", "--root", "ROOT.json"]
    if (folder / "authorities.pem").exists():
        whole += ["--authorities", "authorities.pem"]
    run(whole, folder, bare=True)
    changed = bytearray((folder / "first.zip").read_bytes())
    changed[len(changed) // 2] ^= 1
    (folder / "changed.zip").write_bytes(changed)
    command = [*offline, a35, "verify", "changed.zip", "--root", "ROOT.json"]
    run(command, folder, bare=True, expected=PROOF_FAILED)
    bundles = ["first.zip", "second.zip", "ROOT.json"]
    shown = run([*offline, inside, "-I", "tampering.py", *bundles], folder, bare=True)
    counts = {kind: each["tried"] for kind, each in loads(shown).items() if isinstance(each, dict)}
    tried = ", ".join(f"{number} {kind}" for kind, number in counts.items())
    return f"{'offline' if offline else 'WITH A NETWORK THAT IT DID NOT NEED'}; found: {tried}"


def without_network() -> list[str]:
    """Return what takes the network from a command, nothing where that is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    command = [unshare, "--map-root-user", "--net", "--"]
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)  # noqa: S603 - ours
    return command if tried.returncode == 0 else []


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


def run(command: Sequence[str], folder: Path, *, bare: bool = False, expected: int = 0) -> str:
    """Run one step; end with its output if it fails.

    Args:
        command: Program and arguments.
        folder: Where.
        bare: Without any variable of the environment.
        expected: The exit code that is no failure.

    Returns:
        What it printed.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={} if bare else None,
    )
    if done.returncode != expected:
        sys.exit(f"package: this failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
