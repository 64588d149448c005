"""The operator's commands as scripts call them: exit codes and the JSON that others rely on."""

import json
from errno import EADDRINUSE, EPERM
from pathlib import Path
from typing import Any

import pytest

from gateway.config import load_config
from gateway.main import command_line

Capture = pytest.CaptureFixture[str]
NODE = ("--country", "RO", "--number", "1", "--name", "24/7 desk", "--url")
URL = "https://localhost:9443"


class Place:
    """One home and the commands on it."""

    def __init__(self, folder: Path, capture: Capture) -> None:
        self.folder = folder
        self.home = folder / "ro"
        self._capture = capture
        self.error: OSError | None = None

    def __call__(self, *arguments: str | Path) -> tuple[int, Any]:
        """Run a command with --json; return exit code and document."""
        line = [str(each) for each in (*arguments, "--home", self.home, "--json")]
        self._capture.readouterr()
        code = command_line(line, run=self._start)
        out = self._capture.readouterr().out
        return code, json.loads(out) if out else None

    def init(self, *options: str | Path, url: str = URL) -> tuple[int, Any]:
        """Make a node."""
        return self("init", *NODE, url, "--make-credential", self.folder / "key", *options)

    def _start(self, _options: object) -> int:
        if self.error is not None:
            raise self.error
        return 0


@pytest.fixture
def place(tmp_path: Path, capsys: Capture) -> Place:
    """Return an empty place."""
    return Place(tmp_path, capsys)


def test_init_prints_node_and_fingerprints(place: Place) -> None:
    """What is read over the telephone."""
    code, shown = place.init()
    assert code == 0
    assert shown["node"] == "RO/1"
    assert set(shown["fingerprints"]) == {"tls", "log a35/RO/1/log/1", "kem", "witness"}
    assert shown["spoken"].keys() == shown["fingerprints"].keys()


def test_init_refuses_a_home_in_use(place: Place) -> None:
    """78, and nothing is changed."""
    place.init()
    code, shown = place.init()
    assert (code, shown["error"]["code"]) == (78, "home_exists")


def test_init_takes_a_passphrase_file(place: Place) -> None:
    """For a machine without a terminal."""
    phrase = place.folder / "phrase"
    phrase.write_text("correct horse battery staple\n")
    code, _ = place("init", *NODE, URL, "--passphrase-file", phrase)
    assert code == 0
    assert place("keys", "list", "--passphrase-file", phrase)[0] == 0
    phrase.write_text("another one\n")
    code, shown = place("run", "--passphrase-file", phrase)
    assert (code, shown["error"]["code"]) == (77, "wrong_passphrase")


def test_init_without_a_secret_and_a_terminal_is_77(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never makes keys that nothing protects."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    code, shown = place("init", *NODE, URL)
    assert (code, shown["error"]["code"]) == (77, "no_passphrase")
    assert not place.home.exists()


@pytest.mark.parametrize(
    ("url", "listen"),
    [
        ("https://localhost:9443", "127.0.0.1:9443"),
        ("https://a35.example.org:8443", "0.0.0.0:8443"),
        ("https://a35.example.org", "0.0.0.0:443"),
    ],
)
def test_node_listens_where_its_url_leads(place: Place, url: str, listen: str) -> None:
    """`run` must work right after `init`."""
    place.init(url=url)
    assert load_config(place.home, environ={}).config.peer.listen == listen


def test_directory_and_root_are_taken_together(place: Place) -> None:
    """One without the other cannot be verified."""
    root = place.folder / "given.json"
    root.write_text('{"signed": {}}')
    assert place.init("--directory", "https://d.example")[0] == 64
    assert place.init("--root", root)[0] == 64
    (place.folder / "key").unlink(missing_ok=True)
    assert place.init("--directory", "https://d.example", "--root", root)[0] == 0
    section = load_config(place.home, environ={}).config.directory
    assert (section.url, section.root) == ("https://d.example", "root.json")
    assert (place.home / "root.json").read_text() == '{"signed": {}}'


@pytest.mark.parametrize(("data", "code"), [(None, 66), ("no json", 65), ("[]", 65)])
def test_root_must_be_one(place: Place, data: str | None, code: int) -> None:
    """Refused before any key is drawn."""
    root = place.folder / "given.json"
    if data is not None:
        root.write_text(data)
    assert place.init("--directory", "https://d.example", "--root", root)[0] == code
    assert not place.home.exists()


@pytest.mark.parametrize(
    ("options", "about"),
    [
        (("--country", "ro"), "--country"),
        (("--url", "http://localhost"), "url"),
        (("--url", "https://localhost:99999"), "url"),
        (("--listen", "nowhere"), "peer.listen"),
        (("--number", "0"), "--number"),
    ],
)
def test_option_that_cannot_be_is_64(place: Place, options: tuple[str, str], about: str) -> None:
    """The option is named, the value is not repeated."""
    code, shown = place.init(*options)
    assert code == 64
    assert about in shown["error"]["message"]
    assert not place.home.exists()


def test_duty_contact_goes_into_the_settings(place: Place) -> None:
    """`a35 ack` says whom to call."""
    place.init("--telephone", "+40215550142", "--email", "desk@example.org")
    duty = load_config(place.home, environ={}).config.duty
    assert (duty.telephone, duty.email) == ("+40215550142", "desk@example.org")


def test_join_request_is_the_file_for_the_authority(place: Place) -> None:
    """JSON, whether --json was given or not."""
    place.init()
    code, shown = place("join", "request")
    assert code == 0
    assert (shown["format"], shown["party"], shown["index"]) == ("a35/1/join", "RO", 0)


def test_run_says_when_a_port_is_taken(place: Place) -> None:
    """69 and which setting."""
    place.init()
    place.error = OSError(EADDRINUSE, "in use")
    code, shown = place("run")
    assert (code, shown["error"]["code"]) == (69, "port_in_use")
    place.error = OSError(EPERM, "not permitted")
    assert place("run")[0] == 74


def test_run_without_a_home_is_78(place: Place) -> None:
    """With what to do."""
    code, shown = place("run")
    assert (code, shown["error"]["code"]) == (78, "no_home")


def test_keys_are_listed_without_anything_secret(place: Place) -> None:
    """What each is for, and until when."""
    place.init()
    code, shown = place("keys", "list")
    assert code == 0
    kinds = [key["kind"] for key in shown]
    assert kinds == ["log", "tls", "last-resort", "prekey", "witness", "store"]
    assert shown[3]["until"].endswith("Z")


def test_node_without_a_witness_key_opens_and_gets_one(place: Place) -> None:
    """Made before there were such keys, or restored: the doctor says what to do."""
    place.init()
    (place.home / "keys" / "witness.key").unlink()
    code, shown = place("keys", "list")
    assert code == 0
    assert "witness" not in [key["kind"] for key in shown]
    bad = [each for each in place("doctor")[1]["checks"] if not each["ok"]]
    assert "a35 keys witness" in next(each["fix"] for each in bad if each["name"] == "witness key")
    code, made = place("keys", "witness")
    assert code == 0
    assert made["key"].startswith("a35/RO/1/witness+")
    assert "witness" in [key["kind"] for key in place("keys", "list")[1]]
    request = json.loads(Path(made["file"]).read_bytes())
    assert [*request["node"]["witness"][0]] == ["mldsa44", "not_after", "not_before"]


def test_settings_are_shown_with_their_origin(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why a node does what it does."""
    place.init()
    monkeypatch.setenv("A35_DESK_PORT", "8036")
    code, shown = place("config", "show")
    assert code == 0
    assert shown["desk.port"] == {"value": 8036, "origin": "environment A35_DESK_PORT"}
    assert shown["node"] == {"value": "RO/1", "origin": "node.toml"}
    assert shown["policy.keep_own_copy"]["value"] is True


def test_settings_are_checked_before_anything_starts(place: Place) -> None:
    """An unknown option names the nearest."""
    place.init()
    assert place("config", "check") == (
        0,
        {
            "ok": True,
            "checks": [{"name": "settings", "ok": True, "detail": f"RO/1, {URL}", "fix": ""}],
        },
    )
    with (place.home / "node.toml").open("a") as file:
        file.write("[desc]\nport = 1\n")
    code, shown = place("config", "check")
    assert code == 78
    assert "desk.port" in shown["checks"][0]["fix"]


def test_doctor_says_what_is_missing(place: Place) -> None:
    """A new node has no directory yet."""
    place.init()
    code, shown = place("doctor")
    assert (code, shown["ok"]) == (78, False)
    assert [each["name"] for each in shown["checks"] if not each["ok"]] == ["directory"]


def test_people_see_lines(place: Place, capsys: Capture) -> None:
    """The same, to read."""
    line = [*("init", *NODE, URL, "--make-credential", str(place.folder / "key"))]
    assert command_line([*line, "--home", str(place.home)], run=lambda _options: 0) == 0
    assert "node RO/1 made in" in capsys.readouterr().out
    home = ["--home", str(place.home)]
    assert command_line(["doctor", *home], run=lambda _options: 0) == 78
    assert "BAD  directory: " in capsys.readouterr().out
    assert command_line(["config", "show", *home], run=lambda _options: 0) == 0
    assert "peer.listen\t127.0.0.1:9443\tnode.toml" in capsys.readouterr().out
    assert command_line(["join", "request", *home], run=lambda _options: 0) == 0
    assert "compare fingerprints" in capsys.readouterr().err
    assert command_line(["keys", "list", *home], run=lambda _options: 0) == 0
    assert "signs the checkpoints of a35/RO/1/log/1" in capsys.readouterr().out
