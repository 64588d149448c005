"""Serve a published folder to this machine: for the demo, for tests, and behind a web server.

Does: answers GET for the names that a directory may have (gateway.directory.layout), with the
bytes that lie there at that moment, and nothing else: no lists, no drafts, no links. Leaves TLS
and the outside world to a web server; what is served is signed, so a plain one is enough.
"""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar, Final, cast

from typing_extensions import override

from gateway.directory.repository import FolderFiles
from gateway.errors import NoInputError, StorageError, UnavailableError

HOST: Final = "127.0.0.1"
READ_TIMEOUT_S: Final = 10.0


class FolderServer:
    """A server over one folder, in a thread of its own.

    Args:
        folder: Holds metadata/ and targets/.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def start(self, port: int = 0) -> str:
        """Begin to answer.

        Args:
            port: TCP port on 127.0.0.1; 0 lets the system choose.

        Returns:
            The directory's address, `http://127.0.0.1:PORT/`.

        Raises:
            NoInputError: There is no directory in the folder.
            UnavailableError: The port is taken.
        """
        files = FolderFiles(self._folder)
        if not any(True for _ in files):
            raise NoInputError("there is no directory in this folder", hint="name it with --out")
        try:
            self._server = _Server(files, port)
        except OSError as error:
            raise UnavailableError(
                f"port {port} cannot be used", hint="take another one, or 0 for any"
            ) from error
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()
        return f"http://{HOST}:{self._server.server_port}/"

    def stop(self) -> None:
        """Answer no more; returns when the port is free."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    """The socket, and the files that every request looks into."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, files: FolderFiles, port: int) -> None:
        self.files = files
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One request, one answer, then the connection ends."""

    timeout: ClassVar[float | None] = READ_TIMEOUT_S
    server_version = "a35"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a file, or with 404."""
        files = cast("_Server", self.server).files
        try:
            data = files.get(self.path.removeprefix("/"))
        except (StorageError, ValueError):
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        if data is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: requests name only public files, and a pipe may be full."""
