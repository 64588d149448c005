"""Drafts over HTTP: versions in headers, parts with digests, roles, answers of passkeys."""

from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from json import dumps
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler
from aiohttp.web import Application, Request, StreamResponse, middleware

from gateway.drafting import Assertion
from gateway.errors import DataError
from gateway.journal import get_journal
from gateway.officer.access import CALLER
from gateway.officer.api.approvals import ApprovalApi, PolicyApi
from gateway.officer.api.draftfiles import DraftFileApi, digest_of
from gateway.officer.api.drafts import DraftApi, merged
from gateway.officer.api.reply import BASE, problems
from gateway.people import Role
from keys.digest import sha256
from tests.gateway.service.drafts import CHIEF, POP, STAN, Bureau, bureau, person
from tests.gateway.service.world import request, scenario

CALLERS = {"pop": POP, "stan": STAN, "chief": CHIEF, "operator": person(9, Role.OPERATOR)}
PART = 4 * 1024 * 1024


@middleware
async def identify(request: Request, handler: Handler) -> StreamResponse:
    """Let a test say who asks."""
    request[CALLER] = CALLERS[request.headers.get("X-Test-Caller", "pop")]
    return await handler(request)


class Api:
    """The addresses of drafts, and who asks."""

    def __init__(self, client: Any, here: Bureau) -> None:  # noqa: ANN401  aiohttp's generic
        self.client = client
        self.here = here

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str = "pop",
        **headers: str,
    ) -> tuple[int, Any, str | None]:
        """Return status, body and ETag."""
        data = None if body is None else BytesIO(_written(body))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(
            method, BASE + path, data=data, headers={"X-Test-Caller": by, **named}
        ) as response:
            text = await response.read()
            shown = await response.json(content_type=None) if text else None
            return response.status, shown, response.headers.get("ETag")


def _written(body: object) -> bytes:
    return body if isinstance(body, bytes) else dumps(body).encode()


@asynccontextmanager
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """Serve the addresses of a desk's drafts."""
    async with bureau(tmp_path) as here:
        app = Application(middlewares=[problems(get_journal("test")), identify])
        for part in (DraftApi, DraftFileApi, ApprovalApi, PolicyApi):
            app.add_routes(part(here.drafting).routes())
        async with TestClient(TestServer(app)) as client:
            yield Api(client, here)


@scenario
async def test_draft_is_changed_by_the_version_it_was_read_at(tmp_path: Path) -> None:
    """If-Match of an older one is refused with who was there."""
    async with api(tmp_path) as desk:
        created = await desk.ask("POST", "/drafts", {"document": {"a": 1, "b": 2}})
        assert (created[0], created[2]) == (201, '"1"')
        path = f"/drafts/{created[1]['id']}"
        change = {"document": {"a": None, "c": {"d": 3}}}
        status, shown, tag = await desk.ask("PATCH", path, change, If_Match='"1"')
        assert (status, shown["document"], tag) == (200, {"b": 2, "c": {"d": 3}}, '"2"')
        status, refused, _ = await desk.ask("PATCH", path, change, If_Match='W/"1"')
        assert (status, refused["code"]) == (412, "draft_changed")
        assert POP.who in refused["detail"]
        for header in ("", "x", "1" * 16):
            status, refused, _ = await desk.ask("PATCH", path, change, If_Match=header)
            assert (status, refused["code"]) == (400, "invalid_body")
        assert (await desk.ask("GET", path))[1]["version"] == 2
        listed = (await desk.ask("GET", "/drafts"))[1]["items"]
        assert [one["id"] for one in listed] == [created[1]["id"]]
        checked = (await desk.ask("POST", f"{path}/check"))[1]
        assert (checked["valid"], bool(checked["errors"])) == (False, True)
        assert (await desk.ask("DELETE", path))[0] == 204
        assert (await desk.ask("GET", path))[0] == 404


@scenario
async def test_creation_repeated_under_its_key_creates_once(tmp_path: Path) -> None:
    """The answer was lost; of another person the same word is another key."""
    async with api(tmp_path) as desk:
        asked: dict[str, object] = {"document": {}}
        ids = [
            (await desk.ask("POST", "/drafts", asked, Idempotency_Key=key))[1]["id"]
            for key in ("k", "k", "other")
        ]
        assert ids[0] == ids[1] != ids[2]


@scenario
async def test_draft_goes_from_hand_to_hand(tmp_path: Path) -> None:
    """Written, submitted, approved by a passkey on the page, sent."""
    async with api(tmp_path) as desk:
        row = (await desk.ask("POST", "/drafts", {"document": request()}))[1]
        path = f"/drafts/{row['id']}"
        status, shown, _ = await desk.ask("POST", f"{path}/submit")
        assert (status, shown["state"], shown["why"]) == (200, "submitted", ["policy"])
        status, refused, _ = await desk.ask("POST", f"{path}/send")
        assert (status, refused["code"]) == (409, "not_approved")
        assert (await desk.ask("POST", f"{path}/approval-options"))[0] == 403
        options = (await desk.ask("POST", f"{path}/approval-options", by="stan"))[1]
        assert options["digest"] == shown["digest"]
        assert options["allow_credentials"] == [{"type": "public-key", "id": text(b"key 4")}]
        key = desk.here.staff.keys[4]
        padded = options["challenge"] + "=" * (-len(options["challenge"]) % 4)
        answer = key.answer(urlsafe_b64decode(padded))
        approval = {
            "decision": "approve",
            "comment": "lawful",
            "assertion": browser(Assertion(**{n: getattr(answer, n) for n in FIELDS})),
        }
        status, shown, _ = await desk.ask("POST", f"{path}/approvals", approval, by="stan")
        assert (status, shown["state"]) == (200, "approved")
        assert shown["approvals"][0]["kind"] == "passkey"
        status, sent, _ = await desk.ask("POST", f"{path}/send")
        assert (status, sent["mid"]) == (201, shown["mid"])
        again = await desk.ask("POST", f"{path}/send")
        assert again[1]["repeated"] is True


FIELDS = ("credential", "authenticator_data", "client_data", "signature")


def text(data: bytes) -> str:
    """Return base64url as browsers write it."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def browser(assertion: Assertion) -> dict[str, object]:
    """Return an assertion as a browser's toJSON writes it."""
    return {
        "id": text(assertion.credential),
        "rawId": text(assertion.credential),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": {
            "authenticatorData": text(assertion.authenticator_data),
            "clientDataJSON": text(assertion.client_data),
            "signature": text(assertion.signature),
            "userHandle": None,
        },
    }


@scenario
async def test_returned_taken_back_overridden(tmp_path: Path) -> None:
    """The other ways a submitted draft can go."""
    async with api(tmp_path) as desk:
        document = {"document": request(urgency="emergency")}
        path = f"/drafts/{(await desk.ask('POST', '/drafts', document))[1]['id']}"
        await desk.ask("POST", f"{path}/submit")
        back = {"decision": "return", "comment": "Which port?"}
        status, shown, _ = await desk.ask("POST", f"{path}/approvals", back, by="stan")
        assert (status, shown["state"], shown["comment"]) == (200, "returned", "Which port?")
        await desk.ask("POST", f"{path}/submit")
        assert (await desk.ask("POST", f"{path}/take-back"))[1]["state"] == "editing"
        await desk.ask("POST", f"{path}/submit")
        for body, code in (
            ({"decision": "approve"}, 401),
            ({"decision": "approve", "password": "wrong"}, 401),
            ({"decision": "approve", "assertion": {"rawId": "A"}}, 400),
            ({"decision": "approve", "assertion": odd()}, 400),
        ):
            assert (await desk.ask("POST", f"{path}/approvals", body, by="stan"))[0] == code
        reason = {"reason": "a life"}
        status, sent, _ = await desk.ask("POST", f"{path}/override", reason)
        assert status == 201
        (listed,) = (await desk.ask("GET", "/drafts"))[1]["items"]
        assert (listed["pending"], listed["mid"]) == (True, sent["mid"])


@scenario
async def test_what_is_submitted_is_what_was_looked_at(tmp_path: Path) -> None:
    """`If-Match` may name the version, at the submission and at the override; any is any."""
    async with api(tmp_path) as desk:
        document = {"document": request(urgency="emergency")}
        _, made, first = await desk.ask("POST", "/drafts", document)
        path = f"/drafts/{made['id']}"
        assert first is not None
        change = {"document": {"body": {"case_reference": "RO-2"}}}
        _, _, second = await desk.ask("PATCH", path, change, If_Match=first)
        assert second is not None
        status, refused, _ = await desk.ask("POST", f"{path}/submit", If_Match=first)
        assert (status, refused["code"]) == (412, "draft_changed")
        assert (await desk.ask("POST", f"{path}/submit", If_Match="x"))[0] == 400
        for header in (second, second, "*"):  # again is harmless
            status, shown, _ = await desk.ask("POST", f"{path}/submit", If_Match=header)
            assert (status, shown["state"]) == (200, "submitted")
        third = (await desk.ask("GET", path))[2]
        assert third is not None
        reason = {"reason": "a life"}
        status, refused, _ = await desk.ask("POST", f"{path}/override", reason, If_Match=first)
        assert (status, refused["code"]) == (412, "draft_changed")
        assert (await desk.ask("POST", f"{path}/override", reason, If_Match=third))[0] == 201


def odd() -> dict[str, object]:
    """Return an assertion of which a field has a length that no base64url has."""
    response = {"authenticatorData": "AAAAA", "clientDataJSON": "", "signature": ""}
    return {"rawId": "AAAA", "response": response}


@scenario
async def test_file_comes_in_parts_with_digests(tmp_path: Path) -> None:
    """What is held is listed, so that an upload goes on after a break."""
    async with api(tmp_path) as desk:
        path = f"/drafts/{(await desk.ask('POST', '/drafts', {'document': {}}))[1]['id']}/files"
        data = b"x" * (PART + 3)
        asked = {"name": "order.pdf", "size_bytes": len(data), "media_type": "application/pdf"}
        status, file, _ = await desk.ask("POST", path, asked)
        assert (status, file["n"], file["parts"], file["held"]) == (201, 0, 2, 0)
        parts = (data[:PART], data[PART:])
        for k in (1, 0, 0):
            status, _, _ = await desk.ask(
                "PUT", f"{path}/0/parts/{k}", parts[k], Content_Digest=header_of(parts[k])
            )
            assert status == 204
        assert (await desk.ask("GET", f"{path}/0"))[1] == {"parts": [0, 1], "part_bytes": PART}
        done = (await desk.ask("POST", f"{path}/0/complete"))[1]
        assert done == {"sha256": sha256(data).hex()}
        for body, header, status in (
            (parts[1], "", 400),
            (parts[1], header_of(b"other"), 422),
            (b"x" * (PART + 1), header_of(b""), 413),
        ):
            answer = await desk.ask("PUT", f"{path}/0/parts/1", body, Content_Digest=header)
            assert answer[0] == status
        assert (await desk.ask("DELETE", f"{path}/0"))[0] == 204
        assert (await desk.ask("GET", f"{path}/0"))[0] == 404


def header_of(data: bytes) -> str:
    """Return the Content-Digest of a part."""
    return f"sha-512=:AA==:, sha-256=:{b64encode(sha256(data)).decode()}:"


@scenario
async def test_policy_is_shown_to_all_and_changed_by_supervisors(tmp_path: Path) -> None:
    """By the version it was read at."""
    async with api(tmp_path) as desk:
        status, shown, tag = await desk.ask("GET", "/policies", by="operator")
        assert (status, shown["version"], tag) == (200, 0, '"0"')
        assert shown["second_person"]["decision"] is True
        change = {"second_person": {"note": True}}
        assert (await desk.ask("PATCH", "/policies", change, If_Match='"0"'))[0] == 403
        status, shown, tag = await desk.ask(
            "PATCH", "/policies", change, by="chief", If_Match='"0"'
        )
        assert (status, shown["second_person"]["note"], tag) == (200, True, '"1"')
        answer = await desk.ask("PATCH", "/policies", change, by="chief", If_Match='"0"')
        assert (answer[0], answer[1]["code"]) == (412, "draft_changed")


@scenario
async def test_operator_sees_no_text_of_a_draft(tmp_path: Path) -> None:
    """Ids and states only."""
    async with api(tmp_path) as desk:
        body = {"document": {"body": {"case_reference": "RO-1"}}}
        path = f"/drafts/{(await desk.ask('POST', '/drafts', body))[1]['id']}"
        assert (await desk.ask("GET", path, by="operator"))[0] == 403
        (listed,) = (await desk.ask("GET", "/drafts", by="operator"))[1]["items"]
        assert (listed["title"], listed["state"]) == ("", "editing")


@pytest.mark.parametrize(
    ("target", "change", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_is_that_of_the_standard(target: object, change: object, result: object) -> None:
    """RFC 7396, appendix A, whole."""
    assert merged(target, change) == result


@pytest.mark.parametrize("header", ["", "sha-256=x", "sha-256=:!:", "md5=:AA==:"])
def test_digest_of_another_form_is_refused(header: str) -> None:
    """RFC 9530: an algorithm, a byte sequence between colons."""
    with pytest.raises(DataError):
        digest_of(header)
