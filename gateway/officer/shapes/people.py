"""The bodies of the local API about people and by what they come in. No secret is shown twice."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.officer.shapes.models import Shape
from gateway.people import Role

Name = Annotated[str, Field(min_length=1, max_length=60)]
Answered = Annotated[str, Field(min_length=2, max_length=16 * 1024)]
Password = Annotated[str, Field(max_length=400)]
Secret = Annotated[str, Field(min_length=1, max_length=128)]


class MeView(Shape):
    """GET /me: who asks, and what they may act as."""

    person: int | None
    name: str
    who: str
    roles: tuple[Role, ...]
    way: Literal["socket", "session", "token"]
    node: str
    desk: str
    lock_at: str | None
    language: str


class SettingsView(Shape):
    """What a person chose for their pages; also the body that changes it."""

    language: Literal["", "en", "fr", "ar"]
    theme: Literal["", "light", "dark"]
    sound: bool
    shortcuts: bool


class SessionView(Shape):
    """GET /session: where somebody stands; also answers signing in."""

    signed_in: bool
    locked: bool
    name: str
    csrf: str
    lock_at: str | None
    ends_at: str | None


class SignInRequest(Shape):
    """POST /session: by a one-time code, or by name and break-glass password."""

    code: Secret | None = None
    name: Name | None = None
    password: Password | None = None


class UnlockRequest(Shape):
    """POST /session/unlock: by password; by passkey see /session/passkey."""

    password: Password


class PasskeyAnswer(Shape):
    """What the browser's passkey answered, as JSON text, to the options of a visit."""

    visit: Secret
    answer: Answered


class PasskeyOptions(Shape):
    """Options for the browser, as JSON text; the answer comes back with the same visit."""

    visit: str
    options: str


class EnrolRequest(Shape):
    """POST /passkeys: what the browser answered, and how its owner calls the key."""

    answer: Answered
    name: Annotated[str, Field(max_length=60)] = ""


class PasskeyItem(Shape):
    """A passkey of the person who asks."""

    number: int
    name: str
    made_at: str
    used_at: str | None


class PasskeyList(Shape):
    """GET /passkeys."""

    items: tuple[PasskeyItem, ...]


class SessionItem(Shape):
    """A session of the person who asks."""

    number: int
    means: Literal["link", "passkey", "password"]
    agent: str
    made_at: str
    seen_at: str
    ends_at: str
    locked: bool
    is_this: bool


class SessionList(Shape):
    """GET /sessions."""

    items: tuple[SessionItem, ...]


class TokenRequest(Shape):
    """POST /tokens: for which program, with which of one's own roles."""

    name: Name
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=5)] | None = None


class TokenItem(Shape):
    """A bearer token of a person; never the token itself."""

    number: int
    name: str
    roles: tuple[Role, ...]
    made_at: str
    ends_at: str
    used_at: str | None


class TokenList(Shape):
    """GET /tokens."""

    items: tuple[TokenItem, ...]


class TokenMade(Shape):
    """The token, this once, and what is kept of it."""

    token: str
    item: TokenItem


class DeviceRequest(Shape):
    """POST /devices: what the program calls itself."""

    name: Name


class DeviceView(Shape):
    """A secret that only the program knows, and the code that its screen shows."""

    secret: str
    code: str
    page: str
    ends_at: str


class DeviceTake(Shape):
    """POST /devices/token: 503 `not_yet` until somebody has confirmed the code."""

    secret: Secret


class DeviceToken(Shape):
    """The token of a program that was let in, once."""

    token: str


class DeviceConfirm(Shape):
    """POST /devices/confirm: the code that the program's screen shows."""

    code: Annotated[str, Field(min_length=8, max_length=20)]


class DeviceConfirmed(Shape):
    """Which program was let in."""

    name: str


class PasswordRequest(Shape):
    """PUT /me/password: None takes the break-glass password away."""

    password: Password | None


class UserRequest(Shape):
    """POST /users."""

    name: Name
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=5)]
    service: bool = False


class UserView(Shape):
    """A person of the desk, or a program with an account of its own."""

    number: int
    name: str
    who: str
    roles: tuple[Role, ...]
    service: bool
    locked: bool
    passkeys: int
    password: bool
    sessions: int
    tokens: int
    made_at: str
    version: int


class UserList(Shape):
    """GET /users."""

    items: tuple[UserView, ...]


class UserAdded(Shape):
    """A person with a one-time link, or a program with its token; neither is shown again."""

    user: UserView
    link: str | None
    token: str | None
    ends_at: str


class RolesRequest(Shape):
    """POST /users/{number}/roles."""

    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=5)]
    version: int | None = None


class LinkView(Shape):
    """A one-time link."""

    link: str
    ends_at: str
