"""The part of the store from which evidence of one message is made."""

from gateway.exhibits import Exhibit
from gateway.storage.core import StorePart
from gateway.storage.exhibits import ExhibitReader
from protocol.identifiers import MessageId, NodeId


class ExhibitPart(StorePart):
    """Implements exhibits.Exhibits."""

    async def exhibit(self, sender: NodeId, mid: MessageId) -> Exhibit | None:
        """Return what is held of one message, None if there is none or it is not sealed here.

        Raises:
            LogDamagedError: A proof of our own log does not hold.
            StorageError: The key of the content does not open.
        """
        core = self._core
        return ExhibitReader(core.reader, core.vault, core.log).exhibit(sender, mid)
