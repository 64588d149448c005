"""Who is asked to cosign this node's log: the witnesses of a policy, or a few that are drawn.

Source: docs/evidence.md, "Witnesses".
"""

from dataclasses import dataclass
from typing import Final

from gateway.ports import Clock, Directory
from gateway.witnessing import Outsider
from keys.cosigner import Cosigner
from keys.digest import sha256
from protocol.directory import witness_keys
from protocol.identifiers import LogOrigin, NodeId
from protocol.witness.naming import node_of_witness
from protocol.witness.policy import Policy, PolicyWitness

DRAWN: Final = 3
"""Witnesses of a node whose settings name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A witness of this node.

    Attributes:
        cosigner: Its key.
        place: Where it is asked.
    """

    cosigner: Cosigner
    place: NodeId | Outsider


class Roster:
    """The witnesses of one node.

    Without a policy those are a few active nodes of other States, drawn by a digest over the log
    and their names: the work is spread evenly, and everybody can compute who should have asked
    whom.

    Args:
        node: This node.
        directory: Whose keys there are.
        policy: Of the settings; None draws.
        clock: Time.
    """

    def __init__(
        self, *, node: NodeId, directory: Directory, policy: Policy | None, clock: Clock
    ) -> None:
        self._node = node
        self._directory = directory
        self._policy = policy
        self._clock = clock

    def of(self, origin: LogOrigin) -> tuple[Assigned, ...]:
        """Return who is asked now.

        Args:
            origin: The log that is to be cosigned.

        Returns:
            Those of the policy that can be reached: nodes of the directory that list this very
            key, and others that the policy gives an address of.
        """
        if self._policy is None:
            return self._drawn(origin)
        found = [self._named(each) for each in self._policy.witnesses]
        return tuple(each for each in found if each is not None)

    def is_enough(self, cosigners: tuple[Cosigner, ...]) -> bool:
        """Tell whether these are enough: for the policy, or one node of a third State.

        Args:
            cosigners: Who cosigned.
        """
        if self._policy is not None:
            return bool(cosigners) and self._policy.is_met(cosigners)
        return any(self._is_third(node_of_witness(each.key.name)) for each in cosigners)

    def _named(self, witness: PolicyWitness) -> Assigned | None:
        cosigner = witness.cosigner
        node = node_of_witness(cosigner.key.name)
        if node is not None and node != self._node and cosigner in self._keys(node):
            return Assigned(cosigner=cosigner, place=node)
        if node is None and witness.url is not None:
            return Assigned(cosigner=cosigner, place=Outsider(url=witness.url.decode("ascii")))
        return None

    def _drawn(self, origin: LogOrigin) -> tuple[Assigned, ...]:
        found = []
        for entry in self._directory.nodes():
            keys = self._keys(entry.node_id)
            if keys and self._is_third(entry.node_id):
                found.append(Assigned(cosigner=keys[0], place=entry.node_id))
        found.sort(key=lambda each: sha256(f"{origin}\n{each.cosigner.key.name}".encode()))
        return tuple(found[:DRAWN])

    def _keys(self, node: NodeId) -> tuple[Cosigner, ...]:
        entry = self._directory.node(node)
        if entry is None or not entry.is_active:
            return ()
        return witness_keys(entry, at_ms=self._clock.now_ms())

    def _is_third(self, node: NodeId | None) -> bool:
        return node is not None and node.country != self._node.country
