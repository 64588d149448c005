"""The people of the demo: a duty officer at each desk, and links by which they come in once.

Programs of the demo act by a token of their own, which lies in each home as `a35 login` would put
it there: commands of whoever looks around act as an officer.
"""

from dataclasses import dataclass

from gateway.demo.network import DemoNetwork, DemoNode
from gateway.officer.cli.session import write_token
from gateway.officer.client import Client
from gateway.people import Role

_OFFICER = (Role.OFFICER, Role.SUPERVISOR)
_PROGRAM = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Somebody who may sit down at a desk of the demo.

    Attributes:
        node: CC/n.
        role: What they mainly do there.
        link: Lets them in once.
    """

    node: str
    role: Role
    link: str


async def seat_people(network: DemoNetwork, *, four_eyes: bool) -> list[Seat]:
    """Add people to every desk; each node's `page` is its officer's link from then on.

    Args:
        network: A running network without people.
        four_eyes: Whether second persons must approve, so that each desk has one.

    Raises:
        GatewayError: A node refused.
    """
    seats: list[Seat] = []
    for node in network.nodes:
        seats += await _seat(node, four_eyes=four_eyes)
    return seats


async def _seat(node: DemoNode, *, four_eyes: bool) -> list[Seat]:
    async with Client(node.home.path) as desk:
        officer = await desk.people.add("Duty officer", _OFFICER)
        seats = [Seat(node=node.name, role=Role.OFFICER, link=officer.link or "")]
        if four_eyes:
            second = await desk.people.add("Second person", (Role.APPROVER,))
            seats.append(Seat(node=node.name, role=Role.APPROVER, link=second.link or ""))
        program = await desk.people.add(_PROGRAM, _OFFICER, is_service=True)
    write_token(node.home.login, program.token or "")
    node.page = seats[0].link
    return seats
