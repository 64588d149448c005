"""What is installed is whole, and its names are ours alone.

Runs twice: in `make test` against the sources as installed for development, and in `make package`
against the wheel in an environment of its own, far from the sources (tests/package.py).
"""

import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import distribution, entry_points, packages_distributions, requires
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

DISTRIBUTION: Final = "a35-gateway"
NAMES: Final = ("gateway", "protocol", "keys", "node")
PACKAGES: Final = NAMES[:3]


def test_four_import_names_belong_to_us_alone() -> None:
    """They are everyday words: another distribution that brings one would shadow ours."""
    owners = packages_distributions()
    for name in NAMES:
        assert set(owners.get(name, [DISTRIBUTION])) == {DISTRIBUTION}


def test_every_import_name_comes_from_one_place() -> None:
    """Half from the wheel and half from a folder that lies about would be neither."""
    homes = {Path(str(importlib.import_module(name).__file__)).parent for name in PACKAGES}
    assert len({home.parent for home in homes}) == 1
    assert {home.name for home in homes} == set(PACKAGES)


def test_every_module_can_be_imported() -> None:
    """A module that is missing from the package is found by whoever needs it first, else."""
    names = [
        module.name
        for name in PACKAGES
        for module in pkgutil.walk_packages(_package(name).__path__, f"{name}.")
    ]
    assert len(names) > 200
    for name in names:
        importlib.import_module(name)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_says_that_it_is_typed(name: str) -> None:
    """Without the marker a type checker takes everything from us as Any."""
    assert files(name).joinpath("py.typed").is_file()


def test_examples_of_the_demo_are_packed() -> None:
    """`a35 demo` needs them on a machine that has no sources."""
    examples = files("gateway.demo.examples")
    names = {entry.name for entry in examples.iterdir() if entry.name.endswith(".json")}
    assert {"preservation_request.json", "emergency_disclosure_request.json"} <= names
    assert any(examples.joinpath("attachments").iterdir())


def test_pages_are_packed_with_their_style_and_words() -> None:
    """Nobody who installs has npm, and nobody compiles catalogues."""
    pages = files("gateway.officer.pages")
    for place in (
        "templates/base.html",
        "static/desk.css",
        "static/desk.js",
        "static/vendor/govuk/ltr.css",
        "static/vendor/govuk/rtl.css",
        "static/vendor/govuk/LICENSE.txt",
        "locale/fr/LC_MESSAGES/ui.po",
        "locale/ar/LC_MESSAGES/ui.po",
    ):
        assert pages.joinpath(place).is_file(), place


def test_command_a35_is_installed_and_says_its_version() -> None:
    """The one command that everybody calls."""
    (script,) = entry_points(group="console_scripts", name="a35")
    assert script.value == "node:main"
    done = subprocess.run(  # noqa: S603 - our own command
        [Path(sys.executable).with_name("a35"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == distribution(DISTRIBUTION).version


def test_no_command_is_called_node() -> None:
    """A script of that name would hide the JavaScript engine of the same name."""
    assert {entry.name for entry in entry_points(group="console_scripts", name="node")} == set()


def test_every_lower_bound_is_met_by_what_is_installed() -> None:
    """The lock and pyproject are written apart: they must not drift."""
    for line in requires(DISTRIBUTION) or ():
        if "extra ==" in line:
            continue
        found = re.match(r"([A-Za-z0-9_.-]+)>=([0-9.]+)|([A-Za-z0-9_.-]+)<", line)
        assert found is not None, line
        name = found[1] or found[3]
        bound = re.search(r">=([0-9.]+)", line)
        assert bound is not None, line
        assert _numbers(distribution(name).version) >= _numbers(bound[1]), line


def _package(name: str) -> ModuleType:
    return importlib.import_module(name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])
