"""The command that tries webhooks, against a program on loopback and against nobody."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import cast

from typing_extensions import override

from gateway.home import Home
from keys.webhook import WebhookSecret
from tests.gateway.demo.process import Ended, call_a35

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of a published example


class Desk(HTTPServer):
    """A program that is called; keeps what came."""

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.status = status
        self.came: list[tuple[dict[str, str], bytes]] = []


class Taking(BaseHTTPRequestHandler):
    """One call."""

    def do_POST(self) -> None:
        """Keep it and answer."""
        desk = cast("Desk", self.server)
        headers = {name.lower(): value for name, value in self.headers.items()}
        desk.came.append((headers, self.rfile.read(int(headers["content-length"]))))
        self.send_response(desk.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, *_told: object) -> None:
        """Say nothing."""


@contextmanager
def desk_of(status: int) -> Iterator[Desk]:
    """Serve on loopback."""
    with Desk(status) as desk:
        thread = threading.Thread(target=desk.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield desk
        finally:
            desk.shutdown()
            thread.join()


def tried(folder: Path, *ports: int) -> Ended:
    """Run the command on a home with receivers at these ports."""
    home = Home(folder)
    hooks = [
        f'[[webhook]]\nurl = "http://127.0.0.1:{port}/a35"\nsecret_file = "hook.secret"\n'
        for port in ports
    ]
    text = 'node = "FR/1"\nname = "Desk"\nurl = "https://localhost:24443"\n'
    home.config_file.write_text(text + "".join(hooks), encoding="utf-8")
    secret = home.path_of("hook.secret")
    secret.write_text(f"{SECRET}\n", encoding="ascii")
    secret.chmod(0o600)
    return call_a35("webhook", "test", "--home", folder, "--json")


def test_signed_event_goes_to_each_receiver_and_its_answer_is_told(tmp_path: Path) -> None:
    """Whoever sets up a receiver must see that signatures fit before an emergency shows it."""
    with desk_of(204) as desk:
        done = tried(tmp_path, desk.server_port)
    assert done.code == 0, done.err
    (told,) = cast("list[dict[str, object]]", json.loads(done.out))
    assert (told["number"], told["status"], told["taken"]) == (1, 204, True)
    ((headers, body),) = desk.came
    assert json.loads(body)["type"] == "webhook.test"
    assert json.loads(body)["data"] == {"node": "FR/1"}
    signature = WebhookSecret.parse(SECRET).sign(
        headers["webhook-id"], int(headers["webhook-timestamp"]), body
    )
    assert headers["webhook-signature"] == signature


def test_receiver_that_refuses_or_is_away_ends_with_69_and_the_others_are_tried(
    tmp_path: Path,
) -> None:
    """One number each, as in node.toml; for people in words."""
    with socket.socket() as closed, desk_of(401) as refusing:
        closed.bind(("127.0.0.1", 0))
        done = tried(tmp_path, closed.getsockname()[1], refusing.server_port)
    assert done.code == 69
    told = cast("list[dict[str, object]]", json.loads(done.out))
    assert [(one["status"], one["taken"]) for one in told] == [(None, False), (401, False)]
    assert "whsec" not in done.out + done.err
    with desk_of(500) as failing:
        tried(tmp_path, failing.server_port)
        said = call_a35("webhook", "test", "--home", tmp_path)
    assert "not taken: it answered 500" in said.out


def test_home_without_webhooks_says_what_to_add(tmp_path: Path) -> None:
    """Nothing was sent, and that is no success."""
    done = tried(tmp_path)
    assert done.code == 78
    assert "[[webhook]]" in done.err
