"""The ceremony's commands one by one: what they print, refuse and leave alone."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typing_extensions import override

from gateway.errors import UsageError
from gateway.main import command_line
from gateway.operator.ceremony import confirm
from keys.digest import sha256
from protocol.directory import PartyEntry, encode_entry

Command = Callable[..., tuple[int, Any]]


def never(options: object) -> NoReturn:
    """Stand where a node would be run; none of these commands does."""
    raise AssertionError(options)


@pytest.fixture
def a35(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return what runs `a35 directory ... --json` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("credential").write_bytes(bytes(range(32)))
    Path("credential").chmod(0o600)

    def command(line: str) -> tuple[int, Any]:
        words = ["directory", *line.split(), "--json"]
        if "--keys-dir" in words:
            words += ["--credential-file", "credential"]
        code = command_line(words, run=never)
        return code, json.loads(capsys.readouterr().out)

    return command


def founded(a35: Command) -> None:
    """Found a directory: one holder of each kind, and RO with two."""
    for line in ("key root 1", "key targets 1", "key online 1", "key party-RO 1", "key party-RO 2"):
        assert a35(f"{line} --keys-dir keys")[0] == 0
    cards = " ".join(f"--card keys/{name}-1.card" for name in ("root", "targets", "online"))
    thresholds = "--root-threshold 1 --targets-threshold 1"
    assert a35(f"draw-root --out pub --sheet r.sheet {cards} {thresholds}")[0] == 0
    party = "--card keys/party-RO-1.card --card keys/party-RO-2.card"
    assert a35(f"draw-targets --out pub --sheet t.sheet --after r.sheet {party}")[0] == 0
    for name in ("r", "t"):
        code, signed = a35(f"sign {name}.sheet --keys-dir keys --yes")
        assert (code, signed["enough"]) == (0, True)
    code, stamped = a35("stamp --out pub --keys-dir keys --sheet t.sheet --sheet r.sheet")
    assert (code, stamped["taken"]) == (0, ["root", "targets"])


def test_a_key_is_shown_in_three_spellings(a35: Command) -> None:
    """Hex for eyes, digits and words for the telephone; and is never made twice."""
    code, made = a35("key root 1 --keys-dir stick")
    assert code == 0
    assert made["card"] == "stick/root-1.card"
    assert (len(made["fingerprint"]), len(made["spoken"].split()), len(made["words"].split())) == (
        64,
        8,
        8,
    )
    assert a35("key root 1 --keys-dir stick")[0] == 78
    assert a35("key snapshot 1 --keys-dir stick")[0] == 64


def test_no_party_is_spoken_for_by_one_person(a35: Command) -> None:
    """Its profile and its keys are changed by two people or not at all."""
    founded(a35)
    party = "--card keys/party-RO-1.card --card keys/party-RO-2.card"
    code, _ = a35(f"draw-targets --out pub --sheet one.sheet {party} --threshold 1")
    assert code == 64
    assert not Path("one.sheet").exists()


def test_a_sheet_is_never_written_over_another(a35: Command) -> None:
    """Signatures would be lost."""
    founded(a35)
    assert a35("draw-targets --out pub --sheet t.sheet")[0] == 78
    code, shown = a35("inspect t.sheet --out pub")
    assert code == 0
    assert shown["standing"] == [{"what": "holders of targets", "have": 1, "threshold": 1}]


def test_nobody_signs_without_being_asked(a35: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked, `--yes` must be said; only the whole word counts."""
    founded(a35)
    code, error = a35("sign r.sheet --keys-dir keys")
    assert (code, error["error"]["code"]) == (64, "usage")

    class Person(io.StringIO):
        """Somebody at a terminal."""

        @override
        def isatty(self) -> bool:
            """Be one."""
            return True

    monkeypatch.setattr("sys.stdin", Person("y\nyes\n"))
    with pytest.raises(UsageError, match="nothing was done"):
        confirm("Sign? ", yes=False)
    confirm("Sign? ", yes=False)


def test_what_is_no_sheet_in_the_inbox_is_named_and_stays(a35: Command) -> None:
    """The stamp goes on without it; what was taken is not taken again."""
    founded(a35)
    Path("inbox").mkdir()
    Path("inbox/bad.sheet").write_bytes(b"{}")
    code, stamped = a35("stamp --out pub --keys-dir keys --inbox inbox")
    assert (code, stamped["taken"]) == (0, [])
    assert list(stamped["refused"]) == ["bad.sheet"]
    assert Path("inbox/bad.sheet").exists()


def test_a_sheet_that_cannot_be_moved_is_published_all_the_same(
    a35: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is out is out: the command says so, and what is left to do."""
    founded(a35)
    pub = Path("pub")
    entry = encode_entry(PartyEntry(party="RO", name="A desk"))
    Path("ro.json").write_bytes(entry)
    assert a35(f"draw-party ro.json --out {pub} --sheet ro.sheet --yes")[0] == 0
    assert a35("sign ro.sheet --keys-dir keys --yes")[0] == 0
    Path("inbox/ro.taken/x").mkdir(parents=True)
    Path("ro.sheet").rename("inbox/ro.sheet")
    capsys.readouterr()
    words = "directory stamp --out pub --keys-dir keys --inbox inbox --credential-file credential"
    assert command_line(words.split(), run=never) == 0
    said = capsys.readouterr()
    assert "taken in: party-RO" in said.out
    assert "take ro.sheet out of the inbox" in said.err


def test_a_party_without_a_usable_entry_is_named_by_the_stamp(
    a35: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads the timer's journal must learn it before the Party's peers do."""
    founded(a35)
    words = "directory stamp --out pub --keys-dir keys --credential-file credential"
    assert command_line(words.split(), run=never) == 0
    assert "left out: RO: delegated, but nothing published yet" in capsys.readouterr().err


def test_a_key_is_revoked_by_its_fingerprint(a35: Command) -> None:
    """As it was written on paper; what is no fingerprint is no command line."""
    founded(a35)
    _, made = a35("key targets 2 --keys-dir other")
    card = json.loads(Path("keys/targets-1.card").read_text())["public"]
    start = sha256(bytes.fromhex(card)).hex()[:16].upper()
    line = f"revoke {start} --out pub --sheet revoke.sheet --card {made['card']}"
    code, drawn = a35(line)
    assert (code, drawn["role"], drawn["version"]) == (0, "root", 2)
    assert a35("revoke 0123 --out pub --sheet x.sheet")[0] == 64
    assert a35(f"revoke {'0' * 64} --out pub --sheet x.sheet")[0] == 66


def test_a_file_that_is_not_there_is_66(a35: Command) -> None:
    """As everywhere."""
    assert a35("inspect nothing.sheet")[0] == 66
