"""Second persons: approvals of frozen bytes, returns, overrides; the policy that asks for them."""

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, patch, post

from gateway.drafting import Assertion, DeskDrafts
from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.drafts import shown, version_named, version_of
from gateway.officer.api.draftviews import options_view
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.api.uploads import request_key, sent
from gateway.officer.shapes.drafts import (
    ApprovalRequest,
    AssertionBody,
    OverrideRequest,
    PolicyRequest,
    PolicyView,
)

_DRAFT: Final = f"{BASE}/drafts/{{id}}"


class ApprovalApi:
    """What second persons do with /drafts/{id}, and the override.

    Args:
        drafts: The use case.
    """

    __slots__ = ("_drafts",)

    def __init__(self, drafts: DeskDrafts) -> None:
        self._drafts = drafts

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            post(f"{_DRAFT}/approval-options", self.options),
            post(f"{_DRAFT}/approvals", self.decide),
            post(f"{_DRAFT}/override", self.override),
        ]

    @may(May.APPROVE)
    async def options(self, request: Request) -> Response:
        """Give what the browser asks the approver's passkey."""
        options = await self._drafts.approval_options(
            request.match_info["id"], by=caller_of(request)
        )
        return answer(options_view(options))

    @may(May.APPROVE)
    async def decide(self, request: Request) -> Response:
        """Approve the frozen bytes, or return the draft with a comment."""
        draft, by = request.match_info["id"], caller_of(request)
        asked = await read(request, ApprovalRequest)
        seen = None if asked.digest is None else bytes.fromhex(asked.digest)
        if asked.decision == "return":
            await self._drafts.give_back(draft, by=by, comment=asked.comment, shown=seen)
        else:
            await self._drafts.approve(
                draft,
                by=by,
                assertion=None if asked.assertion is None else assertion_of(asked.assertion),
                password=asked.password,
                comment=asked.comment,
                shown=seen,
            )
        return await shown(self._drafts, draft)

    @may(May.COMPOSE)
    async def override(self, request: Request) -> Response:
        """Send an emergency without a second person; one must confirm it afterwards."""
        asked = await read(request, OverrideRequest)
        submitted = await self._drafts.override(
            request.match_info["id"],
            by=caller_of(request),
            reason=asked.reason,
            request_key=request_key(request),
            version=version_named(request),
        )
        return answer(sent(submitted), status=201)


class PolicyApi:
    """The resource /policies: when a second person must approve.

    Args:
        drafts: The use case.
    """

    __slots__ = ("_drafts",)

    def __init__(self, drafts: DeskDrafts) -> None:
        self._drafts = drafts

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [get(f"{BASE}/policies", self.show), patch(f"{BASE}/policies", self.change)]

    @may(May.SEE_LISTS)
    async def show(self, _request: Request) -> Response:
        """Show the policy in force."""
        return await self._shown()

    @may(May.SUPERVISE)
    async def change(self, request: Request) -> Response:
        """Change it for some types; stated in the log."""
        version = version_of(request)
        asked = await read(request, PolicyRequest)
        by = caller_of(request)
        await self._drafts.set_policy(asked.second_person, version=version, by=by)
        return await self._shown()

    async def _shown(self) -> Response:
        policy = await self._drafts.policy()
        response = answer(
            PolicyView(version=policy.version, second_person=dict(sorted(policy.types.items())))
        )
        response.headers["ETag"] = f'"{policy.version}"'
        return response


def assertion_of(body: AssertionBody) -> Assertion:
    """Read what a browser wrote.

    Raises:
        DataError: Not base64url.
    """
    return Assertion(
        credential=_from_base64url(body.rawId),
        authenticator_data=_from_base64url(body.response.authenticatorData),
        client_data=_from_base64url(body.response.clientDataJSON),
        signature=_from_base64url(body.response.signature),
    )


def _from_base64url(text: str) -> bytes:
    """Decode base64url, padded or not.

    Raises:
        DataError: It is none.
    """
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except Base64Error as error:
        raise DataError(
            "the answer of the passkey is not base64url", code="invalid_body"
        ) from error
