"""The directory in use as revocations see it: what it lists, who signs for a Party, what ends.

Source: docs/wire-format.md, rule 32.
"""

from collections.abc import Mapping
from contextlib import suppress

from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    Signature,
)
from tuf.api.metadata import Key  # type: ignore[attr-defined]  # public, but not marked so

from gateway.directory.trusted import TrustedDirectory, end_keys
from protocol.directory import NodeEntry
from protocol.identifiers import NodeId
from protocol.revoking import ByRole, RevokedKey, signed_digest


class RevocableDirectory:
    """Implements gateway.service.revocations.Listings over the directory in use.

    Args:
        directory: In use.
    """

    def __init__(self, directory: TrustedDirectory) -> None:
        self._directory = directory

    def listed(self, node: NodeId) -> NodeEntry | None:
        """Return a node's entry as its Party signed it, with keys that wait or were revoked."""
        view = self._directory.view
        party = None if view is None else view.verified.entries.get(node.country)
        nodes = () if party is None else party.nodes
        return next((each for each in nodes if each.node_id == node), None)

    def counting(self, node: NodeId) -> NodeEntry | None:
        """Return what of a node's entry counts now."""
        return self._directory.node(node)

    def has_signed(self, country: str, deed: bytes, word: ByRole) -> bool:
        """Tell whether a key that is trusted to sign for a Party signed a revocation.

        Args:
            country: The Party whose key is revoked.
            deed: Bytes of the revocation.
            word: As told.

        Raises:
            StorageError: What is trusted cannot be read.
        """
        signers = self._directory.quarantine.signers(country)
        fields = None if signers is None else signers["keys"].get(word.key_id)
        if fields is None:
            return False
        with suppress(UnverifiedSignatureError, VerificationError):
            signature = Signature(word.key_id, word.signature.hex())
            Key.from_dict(word.key_id, dict(fields)).verify_signature(
                signature, signed_digest(deed)
            )
            return True
        return False

    def end(self, ended: Mapping[RevokedKey, int]) -> bool:
        """Let keys count no more; see gateway.directory.trusted."""
        return end_keys(self._directory, ended)
