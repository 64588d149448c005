"""New keys of a Party count at once only if two persons of this desk say so, each for themselves.

One proposes, another confirms the same keys by a passkey or (weaker) the password, as a draft is
approved; names that somebody types are nobody's word where people have accounts. A proposal is
kept in memory for a day: a restart asks to propose again, and nothing has counted by it.

On a node without people, whoever holds the control socket names the two.

Source: docs/wire-format.md, rule 29; docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.drafting import FROZEN_MS, ApprovalOptions, Assertion, Signatories
from gateway.errors import AccessDeniedError, NoInputError
from gateway.people import Caller, Role
from gateway.ports import Clock
from gateway.service.keychange import PROPOSE_KEYS, keys_act, subject_of
from gateway.service.second_hand import ApprovalStaleError, SecondHand, check_shown
from gateway.store import LogBook
from protocol.errors import NotAllowedError
from protocol.log.passkey import PasskeyApproval

_MAY_CONFIRM: Final = frozenset({Role.APPROVER, Role.OPERATOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """That somebody wants new keys of a Party to count.

    Attributes:
        country: The Party.
        names: Of the keys: node, kind, fingerprint; exactly these are confirmed.
        reason: With whom they were compared, and why not wait.
        who: "RO/1 operator 2".
        person: Their number; None for the control socket.
        at_ms: When.
    """

    country: str
    names: tuple[str, ...]
    reason: str
    who: str
    person: int | None
    at_ms: int

    @property
    def digest(self) -> bytes:
        """What is confirmed: the digest of the names, 32 bytes."""
        return subject_of(self.names)


class Change(Protocol):
    """What lets keys count; implemented by gateway.service.keychange."""

    def waiting(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of the keys that wait, in order, by Party."""

    async def accept(
        self,
        country: str,
        *,
        people: tuple[str, str],
        reason: str,
        approval: PasskeyApproval | None = None,
    ) -> int:
        """Let the keys of a Party count."""


class KeyApproval:
    """The use case.

    Args:
        change: Lets keys count.
        log: Takes the act of a proposal.
        people: Whether there are any, and by what they approve.
        clock: Time.
        origins: The pages of this desk, on which a passkey may answer.
    """

    def __init__(
        self,
        change: Change,
        *,
        log: LogBook,
        people: Signatories,
        clock: Clock,
        origins: Callable[[], Collection[str]],
    ) -> None:
        self._change = change
        self._log = log
        self._people = people
        self._clock = clock
        self._hand = SecondHand(people, clock, origins)
        self._proposed: dict[str, Proposal] = {}

    def waiting(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of the keys that wait, in order, by Party."""
        return self._change.waiting()

    def proposed(self) -> Mapping[str, Proposal]:
        """Return what waits for a second person, by Party: of keys that still wait, for a day."""
        waiting, now_ms = self._change.waiting(), self._clock.now_ms()
        self._proposed = {
            country: one
            for country, one in self._proposed.items()
            if waiting.get(country) == one.names and now_ms < one.at_ms + FROZEN_MS
        }
        return self._proposed

    async def must_confirm(self) -> bool:
        """Tell whether a second person must confirm by themselves: there are people."""
        return await self._people.exist()

    async def accept(
        self, country: str, *, by: Caller, people: tuple[str, str], reason: str
    ) -> int:
        """Let the keys of a Party count, or propose it where there are people.

        Args:
            country: The Party.
            by: Who asks.
            people: Who compared the fingerprints, on a node without people; else not looked at.
            reason: With whom, and why not wait; stated in the log.

        Returns:
            How many keys count now: none as long as a second person must confirm.

        Raises:
            NotAllowedError: None of its keys waits, or one person was named twice.
            StorageError: Nothing was changed.
        """
        if not await self._people.exist():
            return await self._change.accept(country, people=people, reason=reason)
        names = self._change.waiting().get(country, ())
        if not names:
            raise NotAllowedError("no key of this Party waits")
        proposal = Proposal(
            country=country,
            names=names,
            reason=reason,
            who=by.who,
            person=by.person,
            at_ms=self._clock.now_ms(),
        )
        act = keys_act(PROPOSE_KEYS, by.who, names, reason, now_ms=proposal.at_ms)
        await self._log.state([act], must_leave=False)
        self._proposed[country] = proposal
        return 0

    async def options(self, country: str, *, by: Caller, shown: bytes) -> ApprovalOptions:
        """Begin a confirmation with a passkey; the challenge is bound to these keys.

        Args:
            country: The Party.
            by: The second person.
            shown: Digest of the keys that they were shown.

        Raises:
            NoInputError: Nothing of this Party is proposed.
            AccessDeniedError: They may not confirm, or proposed it themselves (`own_draft`).
            DataError: Other keys were shown (`approval_stale`).
        """
        proposal, person = self._waits(country, by)
        check_shown(proposal.digest, shown)
        challenge, credentials = await self._hand.begin(_what(country), person, proposal.digest)
        return ApprovalOptions(
            challenge=challenge,
            credentials=credentials,
            digest=proposal.digest,
            until_ms=proposal.at_ms + FROZEN_MS,
        )

    async def confirm(
        self,
        country: str,
        *,
        by: Caller,
        shown: bytes,
        assertion: Assertion | None = None,
        password: str | None = None,
    ) -> int:
        """Confirm what somebody else proposed: the keys count from now on.

        Args:
            country: The Party.
            by: The second person.
            shown: Digest of the keys that they were shown.
            assertion: What their passkey answered.
            password: Theirs, instead of it.

        Returns:
            How many keys count now.

        Raises:
            NoInputError: Nothing of this Party is proposed.
            AccessDeniedError: They may not confirm, or proposed it themselves (`own_draft`);
                neither passkey nor password, or a wrong one (`fresh_sign_in_needed`).
            ApprovalStaleError: The answer is to another challenge, of other keys, or too late.
            NotAllowedError: Other keys came meanwhile.
            StorageError: Nothing was changed.
        """
        proposal, _ = self._waits(country, by)
        check_shown(proposal.digest, shown)
        signed = await self._hand.shown(
            _what(country), proposal.digest, by=by, assertion=assertion, password=password
        )
        if self._proposed.get(country) is not proposal:
            raise ApprovalStaleError("the proposal was exchanged, or confirmed, meanwhile")
        accepted = await self._change.accept(
            country, people=(proposal.who, by.who), reason=proposal.reason, approval=signed
        )
        self._proposed.pop(country, None)
        return accepted

    def _waits(self, country: str, by: Caller) -> tuple[Proposal, int]:
        """Return what somebody may confirm, and their number.

        Raises:
            NoInputError: Nothing of this Party is proposed.
            AccessDeniedError: They may not confirm, or proposed it themselves.
        """
        if by.person is None or by.is_program or by.roles.isdisjoint(_MAY_CONFIRM):
            raise AccessDeniedError(
                "your role does not allow this",
                code="forbidden_role",
                hint="a second operator confirms it, or an approver, on the page of this desk",
            )
        proposal = self.proposed().get(country)
        if proposal is None:
            raise NoInputError(
                "nothing of this Party is proposed, or no more", hint="a35 keys accept CC"
            )
        # The socket does not tell which operator it was: then only somebody else's role will do.
        is_own = by.person == proposal.person or (
            proposal.person is None and Role.OPERATOR in by.roles
        )
        if is_own:
            raise AccessDeniedError(
                "nobody confirms what they proposed themselves",
                code="own_draft",
                hint="ask an approver of this desk",
            )
        return proposal, by.person


def _what(country: str) -> str:
    return f"keys {country}"
