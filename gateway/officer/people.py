"""People of the desk for programs: administration, who acts, and letting a program in."""

from gateway.officer.connection import Connection
from gateway.officer.shapes.people import (
    DeviceRequest,
    DeviceTake,
    DeviceToken,
    DeviceView,
    LinkView,
    MeView,
    RolesRequest,
    TokenList,
    UserAdded,
    UserList,
    UserRequest,
    UserView,
)
from gateway.people import Role


class PeopleDesk:
    """The resources /me, /users, /tokens and /devices.

    Every method raises GatewayError: what the node refused with, of its family.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def me(self) -> MeView:
        """Return who acts."""
        return await self._connection.get("/me", MeView)

    async def all(self) -> UserList:
        """Return everybody."""
        return await self._connection.get("/users", UserList)

    async def named(self, name: str) -> UserView | None:
        """Return the person who is called so, or has this number; None if nobody does."""
        items = (await self.all()).items
        return next((one for one in items if name in {one.name, str(one.number)}), None)

    async def add(
        self, name: str, roles: tuple[Role, ...], *, is_service: bool = False
    ) -> UserAdded:
        """Add a person, with a one-time link, or a program, with its token."""
        body = UserRequest(name=name, roles=roles, service=is_service)
        return await self._connection.post("/users", body, UserAdded)

    async def set_roles(self, number: int, roles: tuple[Role, ...]) -> UserView:
        """Give a person other roles."""
        body = RolesRequest(roles=roles)
        return await self._connection.post(f"/users/{number}/roles", body, UserView)

    async def set_locked(self, number: int, *, on: bool) -> UserView:
        """Let a person in no more, or again."""
        verb = "lock" if on else "unlock"
        return await self._connection.post(f"/users/{number}/{verb}", None, UserView)

    async def link(self, number: int) -> LinkView:
        """Make a one-time link."""
        return await self._connection.post(f"/users/{number}/link", None, LinkView)

    async def tokens(self) -> TokenList:
        """Return the tokens of whoever acts."""
        return await self._connection.get("/tokens", TokenList)

    async def end_this(self) -> None:
        """Let the token that acts count no more."""
        async with self._connection.call("DELETE", "/tokens/this"):
            pass

    async def ask_in(self, name: str) -> DeviceView:
        """Ask to be let in; a person confirms the code on their page."""
        return await self._connection.post("/devices", DeviceRequest(name=name), DeviceView)

    async def take(self, secret: str) -> str:
        """Return the token, once the code was confirmed; NotYetError before."""
        body = DeviceTake(secret=secret)
        return (await self._connection.post("/devices/token", body, DeviceToken)).token
