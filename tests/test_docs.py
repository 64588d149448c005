"""What the documentation says is what the program does.

Tables that are marked as checked are compared with the code, output that is shown with real output,
links and citations with what they point at.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from typer import Context
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from gateway.config import NodeConfig, load_config, write_config
from gateway.errors import GatewayError
from gateway.main import COMMANDS, app
from gateway.metrics import Metrics
from gateway.officer.shapes.problems import KINDS
from protocol.requests.catalogue import TYPES
from protocol.requests.codes import COUNTRIES, LANGUAGES
from protocol.requests.faults import FaultCode
from tests.gateway.demo.process import Ended, run_a35

ROOT: Final = Path(__file__).parent.parent
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
SOURCES: Final = sorted(
    [
        ROOT / "node.py",
        *(path for name in ("gateway", "protocol", "keys") for path in (ROOT / name).rglob("*.py")),
    ]
)
Row = tuple[str, ...]


def page(name: str) -> str:
    """Return the text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, head: str) -> str:
    """Return what stands below a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(head)}$", text, re.MULTILINE)
    assert found is not None, head
    level = len(found[1])
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[Row]:
    """Return the rows of every table in a text, without heads and rules."""
    found = [
        tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
        for line in text.splitlines()
        if line.startswith("|")
    ]
    rules = [number for number, row in enumerate(found) if set("".join(row)) <= set("-: ")]
    heads = {number - 1 for number in rules}
    return [row for number, row in enumerate(found) if number not in heads | set(rules)]


def ticked(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def operations(head: str) -> list[Row]:
    """Return the rows of one part of the operator's page."""
    return rows(section(page("operations.md"), head))


# ------------------------------------------------------------------ README


def masked(line: str) -> str:
    """Replace every number: what differs from run to run."""
    return re.sub(r"\d+(?:\.\d+)?", "N", line.rstrip())


def sessions() -> dict[str, list[str]]:
    """Return the commands that the README shows, each with the output that it shows."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {}
    for block in re.findall(r"^```console\n\$ (.*?)^```", readme, re.MULTILINE | re.DOTALL):
        command, *output = block.splitlines()
        shown[command] = output
    return shown


def test_readme_shows_two_commands() -> None:
    """Two are enough to see that it works."""
    assert list(sessions()) == [
        "make demo ARGS=--check",
        ".venv/bin/a35 check gateway/demo/examples/decision.json",
    ]


def test_readme_shows_what_the_demo_really_prints(demo_check: Ended) -> None:
    """Every line, in order; numbers differ."""
    shown = sessions()["make demo ARGS=--check"]
    real = [line for line in demo_check.err.splitlines() if "4 KiB" not in line]
    said = [masked(line) for line in real if "accepted and settled" not in line]
    assert said == [masked(line) for line in shown]


def test_readme_shows_what_the_check_really_prints(tmp_path: Path) -> None:
    """The document that it names is there and valid."""
    command = ".venv/bin/a35 check gateway/demo/examples/decision.json"
    _, verb, file = shlex.split(command)
    ended = run_a35(verb, ROOT / file, folder=tmp_path)
    assert (ended.code, ended.out.splitlines()) == (0, sessions()[command])


def test_readme_says_what_it_is_in_three_sentences() -> None:
    """Whoever does not want it should know at once."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = readme.split("\n\n")[1].replace("\n", " ")
    assert len(re.findall(r"\.(?: |$)", first)) == 3


# ------------------------------------------------------------------ links


def anchors(text: str) -> set[str]:
    """Return the names of a page's headings as links give them."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(path: Path) -> None:
    """A dead link in a manual is found in the worst moment."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if re.match(r"[a-z]+://", target):
            continue
        name, _, anchor = target.partition("#")
        place = path if not name else (path.parent / name).resolve()
        assert place.exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor in anchors(place.read_text(encoding="utf-8")), f"{path.name}: {target}"


def test_every_page_stands_in_the_index() -> None:
    """A page that nobody links is not read."""
    linked = set(re.findall(r"\]\(([^)]+)\)", page("index.md")))
    assert {path.name for path in DOCS.glob("*.md")} - {"index.md"} <= linked


# ------------------------------------------------------------------ citations


def citations() -> Iterator[tuple[str, str, str]]:
    """Yield (module, page, what stands behind it up to the end of the sentence)."""
    for path in SOURCES:
        text = re.sub(r"\s*\n\s*(?:# )?", " ", path.read_text(encoding="utf-8"))
        for found in re.finditer(
            r"docs/([\w-]+(?:/[\w-]+)*\.md)((?:(?!docs/|\"\"\").){0,200})", text
        ):
            yield str(path.relative_to(ROOT)), found[1], found[2]


def test_every_page_that_code_cites_exists() -> None:
    """A source that is not there is none."""
    cited = {(module, name) for module, name, _ in citations()}
    assert len(cited) > 50
    assert {pair for pair in cited if not (DOCS / pair[1]).exists()} == set()


def test_every_rule_that_code_cites_exists() -> None:
    """Rules of the wire format and of delivery are cited by number."""
    wire = set(re.findall(r"^#+ Rule (\d+[a-z]?)\b", page("wire-format.md"), re.MULTILINE))
    carried = set(
        re.findall(r"^(\d+)\. ", section(page("delivery.md"), "Delivery in rules"), re.MULTILINE)
    )
    for module, name, behind in citations():
        listed = re.match(
            r",(?: \"[^\"]+\",)? rules? ([\da-z, ]+(?:(?:and|to) \d+[a-z]?)*)", behind
        )
        if listed is None or name not in {"wire-format.md", "delivery.md"}:
            continue
        known = wire if name == "wire-format.md" else carried
        assert set(re.findall(r"\d+[a-z]?", listed[1])) <= known, f"{module}: {listed[1]}"


def test_every_section_that_code_cites_exists() -> None:
    """By number in the page on documents, by name elsewhere."""
    numbers = set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", page("domain.md"), re.MULTILINE))
    for module, name, behind in citations():
        if name == "domain.md":
            listed = re.match(r", sections? ([\d., and to()\"\w;]+)", behind)
            if listed is None:
                continue  # the page as a whole
            first = re.findall(r"\b\d+(?:\.\d+)?\b", listed[1].split(";")[0])
            assert {number for number in first if number not in numbers} == set(), module
        elif (named := re.match(r", \"([^\"]+)\"", behind)) is not None:
            assert named[1].lower() in {_plain(head) for head in _heads(name)}, module


def _heads(name: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", page(name), re.MULTILINE)


def _plain(head: str) -> str:
    return head.replace("`", "").lower()


# ------------------------------------------------------------------ operations.md


def test_settings_are_those_of_the_program(tmp_path: Path) -> None:
    """Every key, its name in the environment and its default."""
    config = NodeConfig.model_validate({"node": "RO/1", "name": "x", "url": "https://x"})
    write_config(tmp_path, config)
    options = load_config(tmp_path, environ={}).origins
    table = {ticked(row[0])[0]: row for row in operations("Settings")}
    assert list(table) == list(options)
    for key, row in table.items():
        assert ticked(row[1]) == [f"A35_{key.upper().replace('.', '_')}"]
        value: object = config
        for name in key.split("."):
            value = getattr(value, name)
        if key not in {"node", "name", "url"}:
            shown = (
                "-"
                if value is None or value == ()
                else f"`{str(value).replace('True', 'true').replace('False', 'false')}`"
            )
            assert row[2] == shown, key


def leaves(group: object, name: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Yield every command below a group with its whole name."""
    if isinstance(group, TyperGroup):
        if group.invoke_without_command:
            yield name, group
        context = Context(group)
        for each in group.list_commands(context):
            yield from leaves(group.get_command(context, each), f"{name} {each}")
    else:
        assert isinstance(group, TyperCommand)
        yield name, group


def test_commands_are_those_of_the_program() -> None:
    """Each one stands in the table, in the order of `a35 --help`, with exit codes that exist."""
    table = {ticked(row[0])[0]: row for row in operations("Commands") if row[0].startswith("`a35")}
    real = dict(leaves(get_command(app), "a35"))
    assert set(table) == set(real)
    first = [name.split()[1] for name in table]
    assert list(dict.fromkeys(first)) == list(COMMANDS)
    known = {row[0] for row in operations("Commands") if row[0].isdigit()}
    for name, row in table.items():
        codes = row[3].split(", ")
        assert codes == sorted(set(codes), key=int), name
        assert set(codes) <= known, name


def test_every_command_has_an_example() -> None:
    """What --help ends with is what people copy."""
    for name, command in leaves(get_command(app), "a35"):
        assert (command.epilog or "").startswith(f"Example: {name}"), name


def test_help_says_nothing_of_the_code() -> None:
    """What a function raises is for who changes it, and stands in the page's exit codes."""
    for name, command in leaves(get_command(app), "a35"):
        assert not re.search(r"\b(Args|Returns|Raises):", command.help or ""), name


@pytest.mark.parametrize("extra", ["desk", "pdf"])
def test_extras_are_explained_where_installing_is(extra: str) -> None:
    """Refusals name an extra; the page says what it brings and how it is installed."""
    page = (DOCS / "operations.md").read_text("utf-8")
    assert f"| `{extra}` |" in page
    assert f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text("utf-8")


def test_exit_codes_are_those_of_the_program() -> None:
    """Every one that an error of ours has."""
    families = {GatewayError, *_below(GatewayError)}
    real = {str(family.exit_code) for family in families if hasattr(family, "exit_code")}
    table = {row[0] for row in operations("Commands") if row[0].isdigit()}
    assert table == real | {"0", "130"}


def _below(family: type[GatewayError]) -> Iterator[type[GatewayError]]:
    for each in family.__subclasses__():
        yield each
        yield from _below(each)


def test_metrics_are_those_of_the_program() -> None:
    """Each one with its labels; those that nothing counts are marked so."""
    table = {ticked(row[0])[0]: row for row in operations("Metrics") if row[0].startswith("`a35_")}
    rendered = Metrics().render().decode()
    real = {
        name
        for name in re.findall(r"^# TYPE (a35_\w+) ", rendered, re.MULTILINE)
        if not name.endswith("_created")
    }
    assert set(table) == real
    called = _called_on_metrics()
    for name, row in table.items():
        method = _METHODS.get(name, name.removeprefix("a35_").removesuffix("_total"))
        assert ("*not counted yet*" in row[2]) == (method not in called), name


_METHODS: Final = {
    "a35_frame_bytes_total": "frames",
    "a35_peer_connections": "connections",
    "a35_commit_operations": "commits",
    "a35_commit_seconds": "commits",
    "a35_directory_age_seconds": "directory_age",
    "a35_backup_age_seconds": "backup_age",
    "a35_stamp_age_seconds": "stamp_age",
}


def _called_on_metrics() -> set[str]:
    called = set()
    for path in SOURCES:
        if path.name == "metrics.py":
            continue
        text = path.read_text(encoding="utf-8")
        called |= set(re.findall(r"metrics\s*\.(\w+)\(", text))
    return called


def journal_events() -> dict[str, set[str]]:
    """Return every event that the code writes, with its levels."""
    events: dict[str, set[str]] = {}
    levels = {"info": "info", "warning": "warning", "alarm": "alarm", "bug": "error"}
    for path in SOURCES:
        if path.name == "journal.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr=level), args=[ast.Constant(value=str(event)), *_]
                ) if level in levels:
                    events.setdefault(event, set()).add(levels[level])
                case _:
                    pass
    return events


def test_journal_events_are_those_of_the_program() -> None:
    """Each one with its level; an event that nobody can look up is noise."""
    table = {ticked(row[0])[0]: set(row[1].split(", ")) for row in operations("Journal")}
    assert table == journal_events()


def test_journal_events_are_written_in_one_way() -> None:
    """Words in small letters with underscores: what a search or an alarm rule is made of."""
    assert [each for each in journal_events() if not re.fullmatch(r"[a-z]+(_[a-z]+)*", each)] == []


def test_error_codes_are_those_of_the_program() -> None:
    """Exit code and status of the table of problems; every other code is named."""
    text = section(page("operations.md"), "Error codes")
    served = {ticked(row[0])[0]: row for row in rows(text) if len(row) == 5}
    assert list(served) == list(KINDS)
    for code, kind in KINDS.items():
        assert served[code][1:3] == (str(kind.exit_code), str(kind.status)), code
    named = set(ticked(text))
    missing = {code for code in _codes_in_sources() if code not in named}
    assert missing == set()


def _codes_in_sources() -> set[str]:
    """Return every code that the code gives an error, but those of the protocol (E_...)."""
    codes = set()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if "gateway" in path.parts:
            codes |= set(re.findall(r"\bcode=\"([a-z_]+)\"", text))
            codes |= set(re.findall(r"\bdefault_code(?:: ClassVar\[str\])? = \"([a-z_]+)\"", text))
            codes |= set(re.findall(r"KeyFileReason\.\w+: \(\s*\"([a-z_]+)\"", text))
            codes |= set(re.findall(r"Failure\(\w+, \"([a-z_]+)\"", text))
    return codes


def test_home_is_as_the_page_draws_it() -> None:
    """Names only; the modes are looked at where a node runs (tests/operations)."""
    names = {name for row in operations("The home") for name in ticked(row[0])}
    assert {"node.toml", "keys/", "store.db", "blobs/", "directory/", "control"} <= names


# ------------------------------------------------------------------ domain.md


def test_every_type_field_code_and_list_of_the_documents_page_exists() -> None:
    """The page is what officers' programs are written from."""
    text = page("domain.md")
    known = set(ticked(text)) | {word for tick in ticked(text) for word in tick.split()}
    assert {name for name in TYPES if name not in known} == set()
    assert {code.value for code in FaultCode if code.value not in known} == set()
    assert set(COUNTRIES) <= known
    assert set(LANGUAGES) <= known


# ------------------------------------------------------------------ tests that pages name


def test_every_test_that_a_page_names_exists() -> None:
    """A promise whose test is gone is only a promise."""
    named = {
        (path.name, place)
        for path in PAGES
        for place in re.findall(r"`(tests/[\w/]+\.py::\w+)`", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 50
    for where, place in named:
        file, _, test = place.partition("::")
        assert (ROOT / file).is_file(), f"{where}: {place}"
        found = re.search(
            rf"^ *(?:async )?def {test}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE
        )
        assert found is not None, f"{where}: {place}"


def test_every_row_of_the_threat_model_names_a_test() -> None:
    """No sentence without one."""
    for row in rows(page("threat-model.md")):
        assert re.match(r"`tests/[\w/]+\.py::test_\w+`", row[-1]), row


def test_every_situation_names_its_test_and_every_test_is_named() -> None:
    """What operators are told was tried."""
    path = ROOT / "tests" / "operations" / "test_situations.py"
    tests = set(re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE))
    named = [ticked(row[3])[0] for row in operations("Situations")]
    assert len(named) == len(set(named))
    assert set(named) <= tests
    assert tests - set(named) <= {"test_home_of_a_running_node_looks_as_the_page_says"}


def test_makefile_targets_are_those_of_the_page() -> None:
    """`make` without a target names them too."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    targets = set(phony[1].split()) - {"help", "check-python"}
    text = page("CONTRIBUTING.md")
    table = {name for row in rows(text) for name in ticked(row[0]) if name.isalpha()}
    assert targets - {"demo"} <= table
    for target in targets:
        assert re.search(rf"\b{target}\b", makefile.split("help:")[1].split("\n\n")[0]), target
