"""The part of the local API's client that finds points of contact."""

from urllib.parse import urlencode

from gateway.officer.connection import Connection
from gateway.officer.shapes.finding import PointList


class DirectoryReader:
    """The directory as one node has it.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def search(
        self,
        words: str = "",
        *,
        country: str | None = None,
        function: str | None = None,
        article: str | None = None,
        language: str | None = None,
        available: bool = False,
    ) -> PointList:
        """Find points of contact; what is not given is left open.

        Args:
            words: In the names or the remit, each of them.
            country: The Party's code.
            function: A capability of the profile, or a word of the remit.
            article: As officers write it: 29, 35(1)(c), 2ap 9.
            language: ISO 639-1.
            available: Whether it is to be there now.
        """
        asked = {
            "q": words or None,
            "country": country,
            "function": function,
            "article": article,
            "language": language,
            "available": "true" if available else None,
        }
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return await self._connection.get(f"/directory/search?{query}", PointList)
