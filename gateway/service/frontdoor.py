"""Everything by which people come in, in one hand: for whoever builds the desk.

Source: docs/desk.md, "Sign-in".
"""

from dataclasses import dataclass

from gateway.accounts import Accounts
from gateway.ports import Clock
from gateway.service.people import People
from gateway.service.sessions import Sessions
from gateway.service.tokens import Tokens
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor:
    """The use cases of people and of coming in.

    Attributes:
        people: Who belongs to the desk.
        sessions: Behind the cookies of pages.
        tokens: Of programs.
    """

    people: People
    sessions: Sessions
    tokens: Tokens


def make_front_door(
    store: Accounts, node: NodeId, clock: Clock, *, may_combine: bool = False
) -> FrontDoor:
    """Build the use cases over one store.

    Args:
        store: Where people are kept.
        node: Of the desk.
        clock: Time.
        may_combine: `desk.combined_roles`.
    """
    return FrontDoor(
        people=People(store=store, node=node, clock=clock, may_combine=may_combine),
        sessions=Sessions(store=store, node=node, clock=clock),
        tokens=Tokens(store=store, node=node, clock=clock),
    )
