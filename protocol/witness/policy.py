"""When a checkpoint counts as witnessed: C2SP policy files as values, written and evaluated.

Does: the value, its rules, and the question whether a set of witnesses is enough. Reading the
file is in `protocol.witness.policyfile`.

A policy names keys, not promises: that a witness is neither party of an exchange is looked at by
`protocol.evidence`, which takes the parties' own out before it asks.

Source: C2SP tlog-policy; docs/evidence.md, "Policy".
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from keys.cosigner import Cosigner
from keys.note import LogVerifier
from keys.vkey import VerifierKey
from protocol.errors import MalformedError

MAX_LOGS: Final = 256
"""Logs in one policy: four for each Party of the Convention."""

MAX_WITNESSES: Final = 256
"""Witnesses in one policy; C2SP asks readers for 32."""

MAX_GROUPS: Final = 64
"""Groups in one policy; C2SP asks readers for 32."""

NONE: Final = b"none"
"""The predefined quorum that asks for no witness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLog:
    """A log that the policy accepts.

    Attributes:
        key: One of its keys, named by its origin.
        url: Of the log, opaque; None if not given.
    """

    key: VerifierKey
    url: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWitness:
    """A witness of the policy.

    Attributes:
        name: Within the policy file, opaque bytes without blanks.
        cosigner: Its key.
        url: Below which it takes `add-checkpoint`, opaque; None if not given.
    """

    name: bytes
    cosigner: Cosigner
    url: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some of which a number must have witnessed.

    Attributes:
        name: Within the policy file.
        threshold: How many, 1 to the number of members.
        members: Names of witnesses and of groups that stand before this one.
    """

    name: bytes
    threshold: int
    members: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which logs count, and which witnesses must have cosigned.

    Args:
        logs: Accepted logs; none for a policy that leaves them to its reader.
        witnesses: All that are named.
        groups: In the order in which they may refer to each other.
        quorum: Name of the witness or group that must have witnessed; `none` for nobody.

    Raises:
        MalformedError: A name twice, unknown or reserved; a key twice; a member in two groups; a
            threshold out of range; more of anything than the limits.
    """

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[Group, ...]
    quorum: bytes

    def __post_init__(self) -> None:
        if (
            len(self.logs) > MAX_LOGS
            or len(self.witnesses) > MAX_WITNESSES
            or len(self.groups) > MAX_GROUPS
        ):
            raise MalformedError("more logs, witnesses or groups than a policy may have")
        _check_once((log.key.public for log in self.logs), "a log's key")
        _check_once((each.cosigner.key.public for each in self.witnesses), "a witness's key")
        _check_once((name for group in self.groups for name in group.members), "a member")
        known = [each.name for each in self.witnesses]
        _check_once((*known, *(group.name for group in self.groups), NONE), "a name")
        for group in self.groups:
            if not 1 <= group.threshold <= len(group.members):
                raise MalformedError("a threshold that no group of this size has")
            if not set(group.members) <= set(known):
                raise MalformedError("a member that is not defined before its group")
            known.append(group.name)
        if self.quorum != NONE and self.quorum not in known:
            raise MalformedError("a quorum that is not defined")

    def is_met(self, cosigners: Collection[Cosigner]) -> bool:
        """Tell whether these witnesses are enough.

        Args:
            cosigners: Those that signed; who is not named by the policy does not count.

        Returns:
            True for `quorum none` whoever signed, even nobody.
        """
        if self.quorum == NONE:
            return True
        signed = frozenset(each.key for each in cosigners)
        met = {each.name for each in self.witnesses if each.cosigner.key in signed}
        for group in self.groups:
            if sum(name in met for name in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum in met

    def accepts(self, verifier: LogVerifier) -> bool:
        """Tell whether a log that is verified by this pair of keys is one of the policy's.

        The caller has verified both signatures of the pair, so that either key may be the listed.

        Args:
            verifier: As the directory gives it.

        Returns:
            True also if the policy lists no log.
        """
        keys = {verifier.ed25519, verifier.mldsa44}
        return not self.logs or any(
            log.key.name == verifier.name and log.key.public in keys for log in self.logs
        )


def _check_once(values: Iterable[bytes], what: str) -> None:
    """Refuse a value that is there twice.

    Raises:
        MalformedError: One is.
    """
    seen: set[bytes] = set()
    for value in values:
        if value in seen:
            raise MalformedError(f"{what} that is there twice or reserved")
        seen.add(value)
