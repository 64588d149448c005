"""Fetching: three kinds of address, nothing followed, one family of errors, bounded waits."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    SlowRetrievalError,
)

from gateway.directory.fetch import FILE_TIMEOUT_S, RUN_TIMEOUT_S, DirectoryFetcher, check_url
from gateway.errors import ConfigError


class Hands:
    """Seconds that move on with every look at them."""

    def __init__(self, step: float = 0.0) -> None:
        self.seconds = 0.0
        self.step = step

    def __call__(self) -> float:
        """Return the seconds, then move on."""
        self.seconds += self.step
        return self.seconds


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one connection at a time with raw bytes; yield the address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    answer(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def says(data: bytes) -> Callable[[socket.socket], None]:
    """Return a server's part that sends these bytes and hangs up."""
    return lambda connection: connection.sendall(data)


def fetch(base: str, name: str, *, limit: int = 100, hands: Hands | None = None) -> bytes:
    """Fetch one file below an address."""
    fetcher = DirectoryFetcher(base, Hands() if hands is None else hands)
    return fetcher.download_bytes(base + name, limit)


def test_a_file_comes_as_it_is() -> None:
    """The plain case."""
    with server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) as base:
        assert fetch(base, "metadata/timestamp.json") == b"hello"


def test_a_folder_is_an_address_too(tmp_path: Path) -> None:
    """A USB stick, where there is no network."""
    (tmp_path / "sp ace").mkdir()
    (tmp_path / "sp ace" / "file.json").write_bytes(b"hello")
    base = (tmp_path / "sp ace").as_uri() + "/"
    assert fetch(base, "file.json") == b"hello"
    with pytest.raises(DownloadHTTPError) as caught:
        fetch(base, "other.json")
    assert caught.value.status_code == 404


def test_a_link_on_a_stick_is_not_followed(tmp_path: Path) -> None:
    """It might lead to a file of this machine."""
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "file.json").symlink_to(tmp_path / "secret")
    with pytest.raises(DownloadError) as caught:
        fetch(tmp_path.as_uri() + "/", "file.json")
    assert not isinstance(caught.value, DownloadHTTPError)


@pytest.mark.parametrize("name", ["../file", "a/%2e%2e/b", "a/..%2fb"])
def test_nothing_outside_the_address_is_fetched(tmp_path: Path, name: str) -> None:
    """However the name is written."""
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(DownloadError):
        fetch((tmp_path / "folder").as_uri() + "/", name)


def test_another_address_is_not_asked(tmp_path: Path) -> None:
    """Not even if the library wanted it."""
    fetcher = DirectoryFetcher(tmp_path.as_uri() + "/", Hands())
    with pytest.raises(DownloadError):
        fetcher.download_bytes("http://127.0.0.1:9/file", 10)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 503),
    ],
)
def test_every_answer_but_200_is_refused_and_no_redirect_followed(
    answer: bytes, status: int
) -> None:
    """The address in node.toml is the only one."""
    with server(says(answer)) as base, pytest.raises(DownloadHTTPError) as caught:
        fetch(base, "file")
    assert caught.value.status_code == status


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_http_is_one_kind_of_error(answer: bytes) -> None:
    """No other library's error gets out."""
    with server(says(answer)) as base, pytest.raises(DownloadError):
        fetch(base, "file")


def test_more_bytes_than_allowed_are_not_taken() -> None:
    """Endless data end at the limit."""

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1000)

    with server(endless) as base, pytest.raises(DownloadLengthMismatchError):
        fetch(base, "file", limit=10_000)


def test_a_server_that_drips_is_left() -> None:
    """Slow retrieval: a few bytes now and then keep no update for ever."""
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    with server(says(data)) as base, pytest.raises(SlowRetrievalError):
        fetch(base, "file", hands=Hands(step=FILE_TIMEOUT_S + 1))


def test_a_whole_update_is_bounded_too(tmp_path: Path) -> None:
    """Many files, each just in time."""
    (tmp_path / "file").write_bytes(b"x")
    hands = Hands()
    fetcher = DirectoryFetcher(tmp_path.as_uri() + "/", hands)
    assert fetcher.download_bytes(tmp_path.as_uri() + "/file", 10) == b"x"
    hands.seconds = RUN_TIMEOUT_S + 1
    with pytest.raises(SlowRetrievalError):
        fetcher.download_bytes(tmp_path.as_uri() + "/file", 10)


def test_nobody_listening_is_one_kind_of_error() -> None:
    """The usual outage."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DownloadError):
        fetch(f"http://127.0.0.1:{port}/", "file")


def test_https_asks_for_a_certificate_of_the_public_kind() -> None:
    """A server without one is not spoken to."""
    with server(says(b"not TLS")) as base, pytest.raises(DownloadError):
        fetch(base.replace("http:", "https:"), "file")


def test_closing_breaks_off_what_runs() -> None:
    """A node stops in five seconds, whatever the directory's server does."""
    asked = threading.Event()
    released = threading.Event()

    def hang(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        asked.set()
        released.wait(10)

    with server(hang) as base:
        fetcher = DirectoryFetcher(base, Hands())
        errors: list[Exception] = []

        def update() -> None:
            try:
                fetcher.download_bytes(base + "file", 100)
            except DownloadError as error:
                errors.append(error)

        thread = threading.Thread(target=update)
        thread.start()
        assert asked.wait(10)
        fetcher.close()
        thread.join(5)
        released.set()
        assert not thread.is_alive()
        assert len(errors) == 1


def test_a_closed_fetcher_fetches_nothing(tmp_path: Path) -> None:
    """Closing before anything runs is fine too."""
    (tmp_path / "file").write_bytes(b"x")
    fetcher = DirectoryFetcher(tmp_path.as_uri() + "/", Hands())
    fetcher.close()
    with pytest.raises(DownloadError):
        fetcher.download_bytes(tmp_path.as_uri() + "/file", 10)


@pytest.mark.parametrize(
    "url",
    [
        "https://directory.example/a35",
        "https://directory.example:8443/",
        "http://localhost:8080/",
        "http://127.0.0.1:1/x/",
        "http://[::1]:8080",
        "file:///media/stick/a35",
    ],
)
def test_an_address_of_an_allowed_kind_ends_in_a_slash(url: str) -> None:
    """Names are put behind it."""
    assert check_url(url) == (url if url.endswith("/") else url + "/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "directory.example",
        "ftp://directory.example/",
        "http://directory.example/",
        "http://127.0.0.1.example/",
        "http:///x",
        "https:///x",
        "https://user:secret@directory.example/",
        "https://directory.example/?x=1",
        "https://directory.example/#x",
        "https://directory.example:0/",
        "https://directory.example:99999/",
        "https://[::1/",
        "file://server/share",
        "file:relative",
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    """Plain http goes no further than this machine."""
    with pytest.raises(ConfigError):
        check_url(url)
