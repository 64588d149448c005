"""How a second person shows that they approve exactly some bytes: by a passkey, or the password.

The challenge of a passkey is of the digest of the bytes and of a nonce that counts once within
ten minutes; it is kept in memory, so that after a restart the second person begins again. What is
kept is the passkey's own answer, in the act that says so.

Source: docs/desk.md, "Drafts and second persons".
"""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from gateway.drafting import Assertion, Signatories
from gateway.errors import AccessDeniedError, DataError
from gateway.people import Caller, Way
from gateway.ports import Clock
from keys.approval import approval_challenge, new_nonce
from keys.digest import same
from protocol.errors import NotProvenError
from protocol.log.passkey import PasskeyApproval

_TRY_S: Final = 600.0
_TRIES_KEPT: Final = 256


class ApprovalStaleError(DataError):
    """What was approved are not, or not any more, the bytes that are frozen."""

    default_code = "approval_stale"

    def __init__(self, text: str) -> None:
        super().__init__(text, hint="look at it again, then approve it")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """One challenge that was given out."""

    nonce: bytes
    digest: bytes
    ends_s: float


class SecondHand:
    """Gives challenges, and checks what comes back.

    Args:
        people: Who may approve, and by what.
        clock: Time.
        origins: The pages of this desk, on which a passkey may answer.
    """

    def __init__(
        self, people: Signatories, clock: Clock, origins: Callable[[], Collection[str]]
    ) -> None:
        self._people = people
        self._clock = clock
        self._origins = origins
        self._tries: OrderedDict[tuple[str, int], _Try] = OrderedDict()

    async def begin(self, what: str, person: int, digest: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        """Begin an approval with a passkey.

        Args:
            what: Names what is approved; an earlier challenge for it ends.
            person: Number of who approves.
            digest: Of the frozen bytes, 32 bytes.

        Returns:
            The challenge, and the ids of this person's passkeys.
        """
        nonce = new_nonce()
        ends_s = self._clock.monotonic_s() + _TRY_S
        self._tries[what, person] = _Try(nonce=nonce, digest=digest, ends_s=ends_s)
        if len(self._tries) > _TRIES_KEPT:
            self._tries.popitem(last=False)
        passkeys = await self._people.passkeys(person)
        return approval_challenge(nonce, digest), tuple(one.credential for one in passkeys)

    async def shown(
        self,
        what: str,
        digest: bytes,
        *,
        by: Caller,
        assertion: Assertion | None,
        password: str | None,
    ) -> PasskeyApproval | None:
        """Check how somebody shows that they approve; each challenge counts for one answer.

        Args:
            what: Names what is approved.
            digest: Of the frozen bytes.
            by: A person.
            assertion: What their passkey answered.
            password: Theirs, instead of it: on a page alone.

        Returns:
            What the passkey signed; None for a password, the weaker kind.

        Raises:
            AccessDeniedError: Neither passkey nor password, or a wrong one
                (`fresh_sign_in_needed`).
            ApprovalStaleError: The answer is to no challenge that counts, of other bytes, or by
                another passkey.
        """
        person = by.person or 0
        if assertion is not None:
            return await self._signed(what, person, digest, assertion)
        if password is None or by.way is not Way.SESSION:
            raise AccessDeniedError(
                "an approval needs the approver's passkey, or their password on the page",
                code="fresh_sign_in_needed",
                hint="approve on the page of this desk",
            )
        if not await self._people.password_is(person, password):
            raise AccessDeniedError("the password is not right", code="fresh_sign_in_needed")
        return None

    async def _signed(
        self, what: str, person: int, digest: bytes, assertion: Assertion
    ) -> PasskeyApproval:
        given = self._tries.pop((what, person), None)
        if given is None or given.ends_s < self._clock.monotonic_s():
            raise ApprovalStaleError("the answer of the passkey came too late, or twice")
        passkeys = {one.credential: one for one in await self._people.passkeys(person)}
        passkey = passkeys.get(assertion.credential)
        if passkey is None or given.digest != digest:
            raise ApprovalStaleError(
                "the answer is of another passkey, or of bytes that were changed since"
            )
        signed = PasskeyApproval(
            nonce=given.nonce,
            authenticator_data=assertion.authenticator_data,
            client_data=assertion.client_data,
            signature=assertion.signature,
            spki=passkey.spki,
        )
        try:
            signed.check(digest, origins=self._origins())
        except NotProvenError as error:
            raise ApprovalStaleError(
                "the answer of the passkey does not approve these bytes"
            ) from error
        return signed


def check_shown(digest: bytes, shown: bytes | None) -> None:
    """Refuse to decide on other bytes than those that were shown.

    Args:
        digest: Of the bytes that are frozen now.
        shown: Of those that somebody looked at; None where that is not known.

    Raises:
        ApprovalStaleError: They were exchanged meanwhile.
    """
    if shown is not None and not same(shown, digest):
        raise ApprovalStaleError("other bytes are frozen now than those that were shown")
