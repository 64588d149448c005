"""The way to witnesses: nodes over the pinned transport, others by HTTPS as C2SP has it.

For a witness outside the network certificates are checked against the system's authorities; no
redirect is followed and no proxy used. What it answers is believed by its signature alone.

Source: C2SP tlog-witness, section add-checkpoint.
"""

from typing import Final

from gateway.outside import OutsideCalls
from gateway.peer.transport import HttpTransport
from gateway.witnessing import Outsider
from protocol.identifiers import NodeId
from protocol.limits import MAX_NOTE_BYTES
from protocol.witness.answer import RawAnswer

CALL_S: Final = 20.0


class WitnessCaller(OutsideCalls):
    """Implements gateway.witnessing.WitnessLine, for the time of an `async with`.

    Args:
        nodes: The way to nodes.
    """

    def __init__(self, nodes: HttpTransport) -> None:
        super().__init__("a witness", wait_s=CALL_S)
        self._nodes = nodes

    async def add_checkpoint(self, witness: NodeId | Outsider, body: bytes) -> RawAnswer:
        """POST a request; return the answer as HTTP carried it.

        Args:
            witness: Who is asked.
            body: Of C2SP tlog-witness, `add-checkpoint`.

        Raises:
            TransportError: It was not reached, or its answer is longer than any.
        """
        if isinstance(witness, NodeId):
            return await self._nodes.add_checkpoint(witness, body)
        url = f"{witness.url.rstrip('/')}/add-checkpoint"
        found = await self.send(url, body, headers={}, max_bytes=MAX_NOTE_BYTES)
        return RawAnswer(status=found.status, content_type=found.content_type, body=found.body)
