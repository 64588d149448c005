"""The states of the directory for a bundle, from the copy that the node trusts and its archive."""

import asyncio
from collections.abc import Mapping, Sequence

from gateway.directory.trusted import TrustedDirectory
from gateway.evidence.attestations import HeldAttestations
from gateway.evidence.cosigned import KeptCosignatures
from gateway.evidence.export import Export
from gateway.evidence.stamped import KeptStamps
from gateway.outfit import Ports


class ArchivedStates:
    """The port over a node's directory.

    Args:
        directory: That the node goes by.
    """

    def __init__(self, directory: TrustedDirectory) -> None:
        self._directory = directory

    async def held(self, digests: Sequence[bytes]) -> Mapping[bytes, Mapping[str, bytes]]:
        """Return the newest state and those of the digests that are held.

        Raises:
            StorageError: One is held and cannot be read.
        """
        view = self._directory.view
        if view is None:
            return {}
        found = {view.verified.stamp.digest: view.verified.files}
        for digest in digests:
            if digest not in found:
                files = await asyncio.to_thread(self._directory.archive.load, digest)
                if files is not None:
                    found[digest] = files
        return found


def export_over(
    directory: TrustedDirectory, ports: Ports, *, policy: bytes | None = None
) -> Export:
    """Return the use case of a running node.

    Args:
        directory: That the node goes by.
        ports: Its others.
        policy: The node's policy file, None for none.
    """
    return Export(
        store=ports.store,
        blobs=ports.blobs,
        states=ArchivedStates(directory),
        clock=ports.clock,
        attestations=HeldAttestations([KeptStamps(ports.store), KeptCosignatures(ports.store)]),
        policy=policy,
    )
