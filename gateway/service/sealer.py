"""Seals what a node sends by itself: orders of a case, pings and their replies.

Documents of officers go through gateway.service.submit, which says what is wrong with them.
"""

from gateway.errors import TransportError
from gateway.ports import Clock, Directory
from gateway.records import StateChange, Submission
from gateway.service.keyring import Keyring
from gateway.service.summary import Summary
from protocol.delivery.urgency import Urgency
from protocol.envelope.content import Content, encode_inner
from protocol.envelope.header import Part
from protocol.envelope.seal import Address, seal
from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.log.statement import Statement, envelope_sent


class Sealer:
    """Makes submissions in the name of one node.

    Args:
        node: This node.
        directory: The version that headers name.
        keyring: Recipient keys.
        clock: Time.
    """

    def __init__(
        self, *, node: NodeId, directory: Directory, keyring: Keyring, clock: Clock
    ) -> None:
        self._node = node
        self._directory = directory
        self._keyring = keyring
        self._clock = clock

    async def submission(
        self,
        content: Content,
        *,
        cls: Urgency,
        exp_ms: int,
        blobs: tuple[Part, ...] = (),
        act: Statement,
        effects: tuple[StateChange, ...] = (),
        request_key: bytes | None = None,
    ) -> Submission | None:
        """Seal a content for its recipient.

        Args:
            content: From this node.
            cls: Its class.
            exp_ms: Until when it may be sent.
            blobs: Its sealed attachments.
            act: Stated with it.
            effects: What is true of other messages from the same moment.
            request_key: Under which it is queued once.

        Returns:
            None as long as there is no directory or no key to seal under.
        """
        stamp = self._directory.stamp()
        if stamp is None:
            return None
        address = Address(
            mid=content.mid,
            sender=self._node,
            recipient=content.recipient,
            t_ms=self._clock.now_ms(),
            exp_ms=exp_ms,
            cls=cls,
            directory=stamp,
            blobs=blobs,
        )
        inner = encode_inner(content.encode())
        try:
            recipient = await self._keyring.recipient(content.recipient)
            envelope = seal(inner, address, [recipient])
        except (LocalProtocolError, RemoteProtocolError, TransportError):
            return None
        return Submission(
            mid=content.mid,
            thread=content.thread,
            to=content.recipient,
            re=content.re,
            cls=cls,
            t_ms=address.t_ms,
            exp_ms=exp_ms,
            header=envelope.header,
            wraps=envelope.wraps,
            body=envelope.body,
            content_key=envelope.content_key,
            statement=envelope_sent(envelope.header, envelope.wraps),
            inner=inner,
            summary=Summary.of(content).encode(),
            acts=(act,),
            effects=effects,
            request_key=request_key,
        )
