"""Two people of this node let a Party's new keys count before their day of waiting is over.

Both have read the fingerprints over the telephone with somebody of that Party whom they know. Who
they were, why, and over which keys is an act in the log, stated before anything counts.

Source: docs/wire-format.md, rule 29; docs/operations.md, "Keys over time".
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from gateway.ports import Clock
from gateway.store import LogBook
from keys.digest import new_salt, sha256
from protocol.errors import NotAllowedError
from protocol.log.deed import Act
from protocol.log.passkey import PasskeyApproval
from protocol.log.statement import Statement, officer_act

ACCEPT_KEYS: Final = "accept_keys"
"""The act by which two people end the wait."""

PROPOSE_KEYS: Final = "propose_keys"
"""The act by which the first of them asks for it, at a desk with people."""


class WaitingKeys(Protocol):
    """The keys that wait, as the directory in use has them."""

    def waiting(self) -> Mapping[str, frozenset[str]]:
        """Return the names of the keys that wait, by Party: node, kind, fingerprint."""

    def accept(self, country: str) -> None:
        """Let a Party's keys count; raises StorageError, nothing was changed."""


class KeyChange:
    """The use case behind `a35 keys waiting` and `a35 keys accept`.

    Args:
        log: Takes the act.
        keys: Those that wait.
        clock: Time.
        renewed: Called after keys began to count, to renew what rests on the directory.
    """

    def __init__(
        self,
        *,
        log: LogBook,
        keys: WaitingKeys,
        clock: Clock,
        renewed: Callable[[], Awaitable[None]],
    ) -> None:
        self._log = log
        self._keys = keys
        self._clock = clock
        self._renewed = renewed

    def waiting(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of the keys that wait, in order, by Party."""
        return {country: tuple(sorted(names)) for country, names in self._keys.waiting().items()}

    async def accept(
        self,
        country: str,
        *,
        people: tuple[str, str],
        reason: str,
        approval: PasskeyApproval | None = None,
    ) -> int:
        """Let the keys of a Party count.

        Args:
            country: The Party.
            people: The two who compared fingerprints, by name or number.
            reason: Why; stated in the log.
            approval: What the passkey of the second of them signed.

        Returns:
            How many keys count now.

        Raises:
            NotAllowedError: None of its keys waits, one person was named twice, or other keys came
                while the act was stated, which nobody compared; nothing counts.
            StorageError: Nothing was changed.
        """
        names = self.waiting().get(country, ())
        if not names:
            raise NotAllowedError("no key of this Party waits")
        first, second = (person.strip() for person in people)
        if not first or not second or first.casefold() == second.casefold():
            raise NotAllowedError("two people compare fingerprints, not one")
        now_ms, who = self._clock.now_ms(), f"{first}; {second}"
        act = keys_act(ACCEPT_KEYS, who, names, reason, now_ms=now_ms, approval=approval)
        await self._log.state([act], must_leave=False)
        if self.waiting().get(country, ()) != names:
            raise NotAllowedError("other keys wait now: compare again")
        self._keys.accept(country)
        await self._renewed()
        return len(names)


def subject_of(names: Sequence[str]) -> bytes:
    """Return what two people agree on: the digest of the names of keys, 32 bytes.

    Args:
        names: Node, kind, fingerprint of each, in order.
    """
    return sha256("\n".join(names).encode("ascii"))


def keys_act(
    word: str,
    who: str,
    names: Sequence[str],
    reason: str,
    *,
    now_ms: int,
    approval: PasskeyApproval | None = None,
) -> Statement:
    """Return the statement that somebody did something about keys that wait.

    Args:
        word: What.
        who: Who did.
        names: Of the keys, in order.
        reason: Why.
        now_ms: Milliseconds since 1970, UTC.
        approval: What a passkey signed over these names.
    """
    act = Act(
        act=word,
        who=who,
        ref=None,
        subject=subject_of(names),
        why=reason,
        t_ms=now_ms,
        approval=approval,
    )
    return officer_act(act.encode(), new_salt())
