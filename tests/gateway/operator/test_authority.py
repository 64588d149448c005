"""The commands of the authority: one document each, exit codes, a server that ends."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NoReturn

import pytest

from gateway.main import command_line
from protocol.joining import encode_join_request
from tests.protocol.entries import join_request, node_keys

Command = Callable[..., tuple[int, Any]]


def never(options: object) -> NoReturn:
    """Stand where a node would be run; none of these commands does."""
    raise AssertionError(options)


@pytest.fixture
def a35(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs `a35 directory ...` and gives exit code and document."""
    credential = tmp_path / "credential"
    credential.write_bytes(bytes(range(32)))
    credential.chmod(0o600)

    def command(*arguments: str, keys: bool = True, json_output: bool = True) -> tuple[int, Any]:
        line = ["directory", *arguments, "--out", str(tmp_path / "out")]
        if keys:
            line += ["--keys-dir", str(tmp_path / "keys"), "--credential-file", str(credential)]
        if json_output:
            line.append("--json")
        code = command_line(line, run=never)
        out = capsys.readouterr().out
        return code, json.loads(out) if json_output else out

    return command


def founded(a35: Command, tmp_path: Path, *names: str) -> None:
    """Make a directory with these nodes."""
    assert a35("new-root", "--threshold", "1", "--keys", "2")[0] == 0
    for name in names:
        request = join_request(node_keys(name), int(time.time() * 1000))
        path = tmp_path / "join.json"
        path.write_bytes(encode_join_request(request))
        assert a35("delegate", name[:2])[0] == 0
        assert a35("admit", str(path), keys=False)[0] == 0
    assert a35("publish")[0] == 0


def test_the_whole_way_from_a_new_root_to_a_listed_node(a35: Command, tmp_path: Path) -> None:
    """What the demo and the manual do, each step one document."""
    code, root = a35("new-root", "--threshold", "2", "--keys", "3")
    assert code == 0
    assert Path(root["root"]).read_bytes()
    assert (root["threshold"], root["keys"], root["version"]["timestamp"]) == (2, 3, 1)
    assert len(root["fingerprint"]) == 64
    assert a35("delegate", "RO") == (0, {"party": "RO", "changed": True})
    assert a35("delegate", "RO") == (0, {"party": "RO", "changed": False})
    path = tmp_path / "join.json"
    request = join_request(node_keys("RO/1"), int(time.time() * 1000))
    path.write_bytes(encode_join_request(request))
    code, admitted = a35("admit", str(path), keys=False)
    assert code == 0
    assert (admitted["node"], admitted["state"], admitted["new"]) == ("RO/1", "active", True)
    assert admitted["fingerprints"]["tls"] == node_keys("RO/1").tls.spki.hex()
    assert set(admitted["spoken"]) == set(admitted["fingerprints"])
    code, published = a35("publish")
    assert code == 0
    assert (published["signed"], published["left_out"]) == (["RO"], {})
    code, shown = a35("show", keys=False)
    assert code == 0
    assert shown["version"] == published["version"]
    assert [each["node"] for each in shown["parties"][0]["nodes"]] == ["RO/1"]
    assert shown["parties"][0]["nodes"][0]["fingerprints"] == admitted["fingerprints"]
    assert shown["roles"]["root"]["threshold"] == 2


def test_people_read_the_same_in_words(a35: Command, tmp_path: Path) -> None:
    """Tables in a pipe are columns; every command says what to do next."""
    assert "SHA-256" in a35("new-root", json_output=False)[1]
    assert "RO is delegated" in a35("delegate", "RO", json_output=False)[1]
    request = join_request(node_keys("RO/1"), int(time.time() * 1000))
    path = tmp_path / "join.json"
    path.write_bytes(encode_join_request(request))
    said = a35("admit", str(path), "--candidate", keys=False, json_output=False)[1]
    assert "candidate" in said
    assert node_keys("RO/1").tls.spki.hex() in said
    assert "signed: RO" in a35("publish", json_output=False)[1]
    a35("delegate", "FR", json_output=False)
    shown = a35("show", keys=False, json_output=False)[1]
    assert "RO/1  candidate  https://localhost:8443" in shown
    assert "FR  delegated, to be published" in shown


def test_renewing_signs_everything_again(a35: Command, tmp_path: Path) -> None:
    """The yearly work of the key holders."""
    founded(a35, tmp_path, "RO/1")
    assert a35("publish")[1]["signed"] == []
    assert a35("publish", "--renew")[1]["signed"] == ["RO"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("new-root",), (78, "configuration")),
        (("new-root", "--threshold", "3", "--keys", "2"), (78, "configuration")),
        (("delegate", "ro"), (64, "usage")),
        (("publish", "--no-such-option"), (64, "usage")),
    ],
)
def test_every_fault_has_its_exit_code(
    a35: Command, tmp_path: Path, arguments: tuple[str, ...], expected: tuple[int, str]
) -> None:
    """Scripts decide by them."""
    founded(a35, tmp_path)
    found, document = a35(*arguments)
    assert (found, document["error"]["code"]) == expected
    assert document["error"]["message"]


def test_a_join_request_is_refused_with_its_own_exit_code(a35: Command, tmp_path: Path) -> None:
    """66 no such file, 65 no request, 76 no proof, 64 absurdly long."""
    founded(a35, tmp_path, "RO/1")
    path = tmp_path / "join.json"
    path.unlink()
    assert a35("admit", str(path), keys=False)[0] == 66
    path.write_bytes(b"{}")
    assert a35("admit", str(path), keys=False)[0] == 65
    path.write_bytes(b" " * 1_000_000)
    assert a35("admit", str(path), keys=False)[0] == 64
    assert a35("admit", str(tmp_path), keys=False)[0] == 74
    now_ms = int(time.time() * 1000)
    good = encode_join_request(join_request(node_keys("RO/1"), now_ms))
    path.write_bytes(good.replace(b'"index":0', b'"index":7'))
    assert a35("admit", str(path), keys=False)[0] == 76


def test_a_wrong_secret_is_not_permitted(a35: Command, tmp_path: Path) -> None:
    """Exit code 77, whether it is wrong, open to others or not given at all."""
    founded(a35, tmp_path)
    credential = tmp_path / "credential"
    credential.write_bytes(bytes(32))
    assert a35("publish")[0] == 77
    credential.chmod(0o644)
    assert a35("publish")[0] == 77
    place = ("--keys-dir", str(tmp_path / "keys"))
    assert a35("publish", *place, keys=False)[0] == 77


def test_a_passphrase_file_opens_the_keys_too(a35: Command, tmp_path: Path) -> None:
    """But only one of the two is taken."""
    founded(a35, tmp_path)
    path = tmp_path / "passphrase"
    path.write_text("wrong\n")
    place = ("--keys-dir", str(tmp_path / "keys"), "--passphrase-file", str(path))
    assert a35("publish", *place, keys=False)[0] == 77
    assert a35("publish", "--passphrase-file", str(path))[0] == 64


def test_without_a_directory_there_is_nothing_to_show(a35: Command) -> None:
    """Exit code 66, and the hint says how to make one."""
    code, document = a35("show", keys=False)
    assert code == 66
    assert "new-root" in document["error"]["hint"]
    assert a35("serve", keys=False)[0] == 66


def test_serving_says_where_and_ends_on_sigterm(a35: Command, tmp_path: Path) -> None:
    """The demo starts it as a process of its own and waits for the first line."""
    founded(a35, tmp_path, "RO/1")
    program = "import sys; from gateway.main import command_line as c; sys.exit(c(run=id))"
    arguments = ["directory", "serve", "--out", str(tmp_path / "out"), "--port", "0", "--json"]
    with subprocess.Popen(  # noqa: S603 - this interpreter, arguments of our own
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready["ready"] is True
            port = int(ready["url"].split(":")[2].strip("/"))
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/metadata/timestamp.json")
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
