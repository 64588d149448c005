"""Files that a page gives: always as a download, never as something that a browser shows.

A name is made of our own words and numbers; nothing that a peer chose reaches it.
"""

from aiohttp.web import Response

from gateway.officer.pages.layout import SECURITY


def download(data: bytes, name: str, media_type: str) -> Response:
    """Answer with a file.

    Args:
        data: Its bytes.
        name: In ASCII, of ours: `pings-3.csv`.
        media_type: What it is.
    """
    return Response(
        body=data,
        headers={
            **SECURITY,
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Type": media_type,
        },
    )
