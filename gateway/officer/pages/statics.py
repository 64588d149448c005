"""What the browser loads besides pages: style, script, from the package, under hashed names.

The address of each file carries a hash over all of them: `/static/3f9c.../js/desk.js`. So a file
may be kept for ever by who loaded it, files may name each other by plain relative addresses, and
no page mixes the script of one version with the style of another.

Only what was found at start is served: an address is looked up, never turned into a path.
"""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp.web import HTTPNotFound, Request, Response, RouteDef, get

from gateway.officer.access import May, may
from keys.digest import sha256

TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""What is served; every other file in the folder is not for browsers."""

PREFIX: Final = "/static"
_HASH_DIGITS: Final = 16
_KEEP: Final = "public, max-age=31536000, immutable"


class Statics:
    """The static files of the package, read once.

    Args:
        content: The bytes of each file by its place below the folder, such as `js/desk.js`.
    """

    __slots__ = ("_content", "_version")

    def __init__(self, content: dict[str, bytes]) -> None:
        self._content = content
        parts = sorted((name, sha256(data)) for name, data in content.items())
        tree = b"".join(name.encode() + b"\x00" + digest for name, digest in parts)
        self._version = sha256(tree).hex()[:_HASH_DIGITS]

    @classmethod
    def load(cls) -> "Statics":
        """Read the files that are part of the package."""
        return cls(dict(_walk(files("gateway.officer.pages").joinpath("static"), "")))

    def address(self, name: str) -> str:
        """Return where a file is served.

        Args:
            name: Its place below the folder.

        Raises:
            KeyError: There is none: a page would show without its style.
        """
        if name not in self._content:
            raise KeyError(name)
        return f"{PREFIX}/{self._version}/{name}"

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [get(PREFIX + "/{version}/{name:.+}", self.serve)]

    @may(May.ANYBODY)
    async def serve(self, request: Request) -> Response:
        """Give a file.

        Raises:
            HTTPNotFound: There is none, or it is of another version.
        """
        name = request.match_info["name"]
        if request.match_info["version"] != self._version or name not in self._content:
            raise HTTPNotFound
        return Response(
            body=self._content[name],
            content_type=TYPES[name[name.rindex(".") :]],
            charset="utf-8",
            headers={
                "Cache-Control": _KEEP,
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )


def _walk(folder: Traversable, place: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = place + entry.name
        if entry.is_dir():
            yield from _walk(entry, name + "/")
        elif name[name.rfind(".") :] in TYPES:
            yield name, entry.read_bytes()
