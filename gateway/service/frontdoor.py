"""Everything by which people come in, in one hand: for whoever builds the desk.

Source: docs/desk.md, "Sign-in".
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.accounts import Accounts
from gateway.ports import Clock
from gateway.service.devices import Devices
from gateway.service.passkeys import Authenticator, DeskSignatories, Passkeys
from gateway.service.people import People
from gateway.service.sessions import Sessions
from gateway.service.signin import Passwords, SignIn
from gateway.service.tokens import Tokens
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor:
    """The use cases of people and of coming in.

    Attributes:
        people: Who belongs to the desk.
        sessions: Behind the cookies of pages.
        tokens: Of programs.
        signin: By link or password.
        passkeys: Enrolled and shown.
        devices: Programs that wait to be let in.
        signatories: Who may approve, and by what.
    """

    people: People
    sessions: Sessions
    tokens: Tokens
    signin: SignIn
    passkeys: Passkeys
    devices: Devices
    signatories: DeskSignatories


def _silent(_who: str) -> None:
    """Tell nobody."""


def make_front_door(
    store: Accounts,
    node: NodeId,
    clock: Clock,
    *,
    may_combine: bool = False,
    is_waived: bool = False,
    rules: Authenticator | None = None,
    alarm: Callable[[str], None] = _silent,
    passwords: Passwords | None = None,
) -> FrontDoor:
    """Build the use cases over one store.

    Args:
        store: Where people are kept.
        node: Of the desk.
        clock: Time.
        may_combine: `desk.combined_roles`.
        is_waived: `desk.one_person`.
        rules: Of WebAuthn; None where the library is not installed.
        alarm: Called with who signed in by break-glass.
        passwords: Checks them; at full cost unless given.
    """
    people = People(store=store, node=node, clock=clock, may_combine=may_combine)
    sessions = Sessions(store=store, node=node, clock=clock)
    tokens = Tokens(store=store, node=node, clock=clock)
    signin = SignIn(
        store=store, sessions=sessions, node=node, clock=clock, alarm=alarm, passwords=passwords
    )
    return FrontDoor(
        people=people,
        sessions=sessions,
        tokens=tokens,
        signin=signin,
        passkeys=Passkeys(store=store, sessions=sessions, signin=signin, clock=clock, rules=rules),
        devices=Devices(people=people, tokens=tokens, clock=clock),
        signatories=DeskSignatories(store, signin, is_waived=is_waived),
    )
