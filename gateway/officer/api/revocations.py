"""A Party's revocation, given to the running node by somebody at its desk."""

from base64 import b64decode

from aiohttp.web import Request, Response, RouteDef, post

from gateway.errors import DataError, ProofError
from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.services import RevocationService
from gateway.officer.shapes.revocations import RevokedView, RevokeRequest
from protocol.errors import MalformedError, RemoteProtocolError
from protocol.revoking import ToldRevocation


class RevocationApi:
    """The resource /keys/revocations.

    Args:
        service: The use case.
    """

    __slots__ = ("_service",)

    def __init__(self, service: RevocationService) -> None:
        self._service = service

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [post(f"{BASE}/keys/revocations", self.take)]

    @may(May.ADMINISTER)
    async def take(self, request: Request) -> Response:
        """Take a revocation.

        Raises:
            DataError: It is none.
            ProofError: It proves nothing: not by a key of that Party, or of a key not listed.
        """
        asked = await read(request, RevokeRequest)
        try:
            body = b64decode(asked.told, validate=True)
            key = ToldRevocation.decode(body).key
        except (ValueError, MalformedError) as error:
            raise DataError("not a revocation", code="invalid_body") from error
        try:
            await self._service.take(body, by=None)
        except RemoteProtocolError as error:
            raise ProofError(
                f"this revocation is refused: {error.code.value}",
                hint="it counts for a key that the directory lists, by the word of its own Party",
            ) from error
        return answer(
            RevokedView(node=str(key.node), kind=key.kind.value, fingerprint=key.digest.hex())
        )
