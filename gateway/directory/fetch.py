"""Fetch the files of a directory: from a web server, from this machine, or from a folder.

Does: three kinds of address, `https://`, `http://` to this machine alone, and `file://` for a
folder such as a USB stick; a time limit for each read and for a whole file. Leaves to python-tuf:
how long a file may be, and whether it is the right one; nothing fetched here is trusted.

Every fault becomes DownloadError at this edge. Redirects are not followed, proxies and
environment are not asked, nothing is decompressed.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from socket import SHUT_RDWR
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface
from typing_extensions import override

from gateway.directory.files import PIECE_BYTES, read_pieces
from gateway.errors import ConfigError

CONNECT_TIMEOUT_S: Final = 4.0
"""Longest wait for a connection: below the 5 s in which a node stops."""

READ_TIMEOUT_S: Final = 10.0
"""Longest silence of a server."""

FILE_TIMEOUT_S: Final = 60.0
"""Longest time for one file, however often a few bytes come."""

RUN_TIMEOUT_S: Final = 300.0
"""Longest time for one whole update."""

_OK: Final = 200
_NOT_FOUND: Final = 404


def check_url(url: str) -> str:
    """Check the address of a directory.

    Args:
        url: `https://host/path`, `http://localhost:port/path` or `file:///folder`.

    Returns:
        The address, ending in a slash.

    Raises:
        ConfigError: Another scheme, plain http to another machine, a name and password, a
            query, or a relative folder.
    """
    hint = "use https://, file:/// for a folder, or http:// on this machine"
    try:
        parts = urlsplit(url)
        plain = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ConfigError("the directory's address cannot be read", hint=hint) from error
    if not plain or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError("the directory's address has more than host, port and path", hint=hint)
    if not _is_allowed(parts):
        raise ConfigError("this kind of address is not allowed for a directory", hint=hint)
    return url if url.endswith("/") else f"{url}/"


def _is_allowed(parts: SplitResult) -> bool:
    if parts.scheme == "file":
        return not parts.netloc and parts.path.startswith("/")
    if parts.scheme == "https":
        return parts.hostname is not None
    return parts.scheme == "http" and _is_this_machine(parts.hostname)


def _climbs(parts: SplitResult) -> bool:
    """Tell whether an address leads out of its folder.

    Of a folder here the whole decoded path is looked at, because it is opened as it is. A web
    server gets what python-tuf quoted: `..%2Fname` is one name there, `%2e%2e` is not.
    """
    if parts.scheme == "file":
        return ".." in unquote(parts.path)
    return any(unquote(segment) == ".." for segment in parts.path.split("/"))


def _is_this_machine(host: str | None) -> bool:
    if host is None:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class DirectoryFetcher(FetcherInterface):
    """Fetches below one base address, and nowhere else.

    Args:
        base_url: The directory's address, from `check_url`.
        monotonic_s: The clock's monotonic seconds.
    """

    def __init__(self, base_url: str, monotonic_s: Callable[[], float]) -> None:
        self._base_url = base_url
        self._monotonic_s = monotonic_s
        self._deadline_s = monotonic_s() + RUN_TIMEOUT_S
        self._connection: HTTPConnection | None = None
        self._is_closed = False

    def close(self) -> None:
        """Break off what is being fetched, from any thread; nothing more can be fetched."""
        self._is_closed = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):  # it may have ended meanwhile
                connection.sock.shutdown(SHUT_RDWR)

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        """Yield a file's bytes in pieces.

        Args:
            url: Where; below the base address.

        Raises:
            DownloadError: Any fault; DownloadHTTPError says that there is no such file.
            SlowRetrievalError: The file did not come in time; a DownloadError.
        """
        parts = urlsplit(url)
        if not url.startswith(self._base_url) or _climbs(parts):
            raise DownloadError("outside the directory")
        pieces = self._read_folder(parts) if parts.scheme == "file" else self._read_http(parts)
        deadline_s = min(self._monotonic_s() + FILE_TIMEOUT_S, self._deadline_s)
        for piece in pieces:
            self._check_open()
            if self._monotonic_s() > deadline_s:
                raise SlowRetrievalError("the directory's server is too slow")
            yield piece
        self._check_open()  # a connection that `close` shut down looks like the end of the file

    def _check_open(self) -> None:
        if self._is_closed:
            raise DownloadError("the node is stopping")

    @staticmethod
    def _read_folder(parts: SplitResult) -> Iterator[bytes]:
        try:
            yield from read_pieces(Path(unquote(parts.path)))
        except FileNotFoundError as error:
            raise DownloadHTTPError("no such file", _NOT_FOUND) from error
        except (OSError, ValueError) as error:
            raise DownloadError("a file of the folder cannot be read") from error

    def _read_http(self, parts: SplitResult) -> Iterator[bytes]:
        try:
            with closing(_connect(parts)) as connection:
                self._connection = connection
                connection.request("GET", parts.path, headers={"Accept-Encoding": "identity"})
                with connection.getresponse() as response:
                    _check_response(response)
                    while piece := response.read1(PIECE_BYTES):
                        yield piece
        except (OSError, HTTPException, ValueError) as error:
            raise DownloadError("the directory's server was not reached") from error


def _connect(parts: SplitResult) -> HTTPConnection:
    """Open a connection; connecting is bounded more tightly, because it cannot be broken off."""
    host = parts.hostname or ""
    connection: HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = HTTPSConnection(host, parts.port, timeout=CONNECT_TIMEOUT_S, context=context)
    else:
        connection = HTTPConnection(host, parts.port, timeout=CONNECT_TIMEOUT_S)
    connection.connect()
    connection.sock.settimeout(READ_TIMEOUT_S)
    return connection


def _check_response(response: HTTPResponse) -> None:
    if response.status != _OK:
        raise DownloadHTTPError("the directory's server refused", response.status)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise DownloadError("the directory's server sent something compressed")
