"""The rules of docs/architecture.md and docs/CONTRIBUTING.md that a program can check.

The import contracts stand in pyproject.toml. That they are kept is checked here, and that they
would notice: breaches are planted in a copy, each must be reported by the contract that forbids it.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("gateway", "protocol", "keys")
MAX_LINES: Final = 400
TOP_LEVEL: Final = frozenset({
    ".gitignore", "LICENSE", "Makefile", "README.md", "node.py", "pyproject.toml",
    "requirements.lock", ".ci", "docs", *PACKAGES, "tests",
})  # fmt: skip

FORBIDDEN: Final = re.compile(r"(?<![\w.~-])/(?:home|root|Users|work|opt)/\w")
"""Places of one machine: they mislead on every other."""

FETCHED_FROM: Final = re.compile(r"index-url|find-links|://")
"""Where packages come from is the business of who installs, never of what is installed."""

INSTALLING: Final = ("Makefile", "pyproject.toml", "requirements.lock", ".ci/dev.lock", ".ci/run")
"""Files that say what to install; `--no-emit-index-url` keeps it out of the locks."""

UNFINISHED: Final = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
"""The usual marks of what was put off; written in two parts, so that this file passes too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module of the product, read once."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its place below the root."""
        return str(self.path.relative_to(ROOT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A line that must not be written, and the contract that says so."""

    place: str
    line: str
    contract: str


BREACHES: Final = (
    Breach(place="keys/digest.py", line="import protocol.errors", contract="the packages"),
    Breach(
        place="gateway/storage/log.py",
        line="import gateway.service.submit",
        contract="floors of gateway",
    ),
    Breach(place="gateway/helpers.py", line="", contract="floors of gateway"),
    Breach(
        place="gateway/officer/client.py",
        line="import gateway.officer.api.messages",
        contract="floors of the officers' side",
    ),
    Breach(
        place="protocol/encoding.py",
        line="import protocol.envelope.header",
        contract="floors of protocol",
    ),
    Breach(
        place="gateway/storage/tables.py",
        line="import gateway.storage.sqlite",
        contract="no circles",
    ),
    Breach(place="gateway/clock.py", line="import node", contract="nobody imports the entry"),
    Breach(
        place="protocol/log/tree.py",
        line="import socket",
        contract="protocol and keys do no input or output",
    ),
    Breach(
        place="gateway/service/act.py", line="import sqlite3", contract="the core sees ports only"
    ),
    Breach(
        place="gateway/service/link.py",
        line="import protocol.log.signing",
        contract="the log is the signature",
    ),
    Breach(place="protocol/receipt.py", line="import keys.signing", contract="signing keys"),
    Breach(place="gateway/assembly.py", line="import keys.keystore", contract="key files"),
    Breach(
        place="gateway/storage/vault.py",
        line="import cryptography",
        contract="cryptography behind keys",
    ),
    Breach(
        place="gateway/runtime.py",
        line="import rfc3161_client",
        contract="RFC 3161 behind one module",
    ),
    Breach(
        place="gateway/officer/adapters/pdf.py",
        line="import weasyprint",
        contract="PDF behind one module",
    ),
    Breach(
        place="protocol/receipt.py", line="import msgpack", contract="msgpack behind one module"
    ),
    Breach(
        place="protocol/receipt.py", line="import pydantic", contract="pydantic where forms are"
    ),
    Breach(
        place="gateway/officer/services.py",
        line="import jinja2",
        contract="templates behind one module",
    ),
    Breach(
        place="gateway/officer/services.py",
        line="import babel",
        contract="languages behind one module",
    ),
    Breach(place="gateway/demo/load.py", line="import sqlite3", contract="SQL behind storage"),
    Breach(place="gateway/runtime.py", line="import tuf", contract="TUF behind directory"),
    Breach(place="gateway/demo/load.py", line="import aiohttp", contract="HTTP at the edges"),
)


@pytest.fixture(scope="module")
def modules() -> tuple[Module, ...]:
    """Return every module of the product."""
    paths = [ROOT / "node.py", *(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))]
    return tuple(
        Module(path=path, text=text, tree=ast.parse(text))
        for path in sorted(paths)
        for text in (path.read_text(encoding="utf-8"),)
    )


def lint(folder: Path) -> tuple[int, str]:
    """Run import-linter over the sources in a folder."""
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(  # noqa: S603 - our own checks of our own sources
        [tool, "--no-cache", "--config", folder / "pyproject.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sources in which breaches may be planted."""
    folder = tmp_path_factory.mktemp("house")
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.json")
        )
    for name in ("pyproject.toml", "node.py"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_every_import_contract_is_kept() -> None:
    """Directions between packages and floors are what lets one part be read without the rest."""
    code, report = lint(ROOT)
    assert code == 0, report
    assert "0 broken" in report


def test_every_contract_has_a_planted_breach() -> None:
    """A contract that nothing was ever seen to break may not check anything."""
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = re.findall(r'\[\[tool\.importlinter\.contracts\]\]\nname = "([^"]+)"', config)
    assert set(contracts) == {breach.contract for breach in BREACHES}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.place}: {breach.line}")
def test_planted_breach_is_reported_by_its_contract(breach: Breach, copy: Path) -> None:
    """The contract must name itself as broken once the forbidden line is there."""
    place = copy / breach.place
    before = place.read_text(encoding="utf-8") if place.exists() else None
    try:
        place.write_text(f"{before or '# new'}\n{breach.line}\n", encoding="utf-8")
        code, report = lint(copy)
    finally:
        if before is None:
            place.unlink()
        else:
            place.write_text(before, encoding="utf-8")
    assert code == 1, report
    assert f"{breach.contract} BROKEN" in report, report


def test_no_module_is_longer_than_four_hundred_lines(modules: tuple[Module, ...]) -> None:
    """What does not fit was two things."""
    long = {each.name: each.text.count("\n") for each in modules}
    assert {name: lines for name, lines in long.items() if lines > MAX_LINES} == {}


def test_first_line_of_every_module_says_its_one_job(modules: tuple[Module, ...]) -> None:
    """One sentence, alone on its line: whoever looks for a place reads nothing else."""
    for each in modules:
        said = ast.get_docstring(each.tree)
        assert said, f"{each.name} does not say what it does"
        first, *rest = said.split("\n")
        assert first.endswith((".", "?")), f"{each.name}: {first}"
        assert not rest or not rest[0], f"{each.name}: the first sentence runs over its line"


def test_what_a_module_exports_by_list_exists_and_stands_there_once(
    modules: tuple[Module, ...],
) -> None:
    """A name in `__all__` that nobody defines breaks only the one who trusts the list."""
    for each in modules:
        listed = _listed(each.tree)
        assert len(set(listed)) == len(listed), each.name
        assert not any(name.startswith("_") for name in listed), each.name
        missing = set(listed) - _bound(each.tree)
        assert not missing, f"{each.name}: {sorted(missing)}"


def test_what_a_module_passes_on_stands_in_its_list(modules: tuple[Module, ...]) -> None:
    """A name taken from a module that itself took it from elsewhere must be meant to be there."""
    by_name = {each.name.removesuffix(".py").replace("/", "."): each for each in modules}
    for each in modules:
        for source, names in _imports(each.tree):
            origin = by_name.get(source)
            if origin is None:
                continue
            passed_on = names & _imported(origin.tree)
            assert passed_on <= set(_listed(origin.tree)), f"{each.name} takes it from {source}"


def test_nobody_uses_what_another_module_keeps_to_itself(modules: tuple[Module, ...]) -> None:
    """A name with an underscore may change without a look around."""
    for each in modules:
        for source, names in _imports(each.tree):
            if source.split(".")[0] in PACKAGES:
                private = {name for name in names if name.startswith("_")}
                assert not private, f"{each.name} takes {private} from {source}"


def test_what_is_installed_names_no_place_that_it_comes_from() -> None:
    """A lock that names a host fails wherever that host cannot be reached."""
    for name in INSTALLING:
        text = (ROOT / name).read_text(encoding="utf-8").replace("--no-emit-index-url", "")
        assert FETCHED_FROM.findall(text) == [], name


def test_sources_hold_no_place_of_one_machine_and_nothing_unfinished() -> None:
    """What is true on one machine only misleads on every other."""
    for path in sources():
        if path.suffix in {".lock", ""} and path.name not in {"Makefile", "run"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern in (FORBIDDEN, UNFINISHED):
            assert pattern.findall(text) == [], path.relative_to(ROOT)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        *((FORBIDDEN, f'see "/{folder}/keys"') for folder in ("home", "root", "opt", "Users")),
        *((UNFINISHED, f"# {mark}ME: later") for mark in ("FIX",)),
    ],
)
def test_forbidden_words_would_be_found(pattern: re.Pattern[str], line: str) -> None:
    """The patterns must match what they are for."""
    assert pattern.search(line)


def test_top_level_holds_nothing_but_what_belongs_there() -> None:
    """A newcomer sees the house at one look; everything else has a room."""
    names = {path.relative_to(ROOT).parts[0] for path in sources()}
    assert names <= TOP_LEVEL, names - TOP_LEVEL
    assert not names & {"uv.lock", "setup.py", "tox.ini"}


def test_every_test_folder_is_a_package() -> None:
    """Without `__init__.py` equal names collide, and tests/protocol can shadow protocol."""
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_entry_stays_small_because_no_contract_can_see_it() -> None:
    """import-linter scans packages; node.py is a module."""
    assert len((ROOT / "node.py").read_text(encoding="utf-8").splitlines()) <= 150


def sources() -> Iterator[Path]:
    """Yield every file of the repository but those that .gitignore leaves out."""
    ignored = [
        line.strip("/\n") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ]
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.name == ".git" or any(fnmatch(path.name, pattern) for pattern in ignored):
                continue
            if path.is_dir():
                waiting.append(path)
            else:
                yield path


def _listed(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            names: list[str] = list(ast.literal_eval(node.value))
            return names
    return []


def _bound(tree: ast.Module) -> set[str]:
    names = _imported(tree)
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.AsyncFunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case _:
                pass
    return names


def _imported(tree: ast.Module) -> set[str]:
    return {name for _, names in _imports(tree) for name in names}


def _imports(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module, {alias.asname or alias.name for alias in node.names}
