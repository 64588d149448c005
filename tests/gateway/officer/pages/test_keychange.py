"""The page of the second person of a key change, with a real desk around it."""

import asyncio
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import replace
from json import dumps
from pathlib import Path

from gateway.officer.desk import DeskParts
from gateway.people import Role
from gateway.service.keyapproval import KeyApproval
from gateway.service.keychange import subject_of
from tests.gateway.network import Network, Node
from tests.gateway.officer.pages.test_writing import PASSWORD, Staff, text64
from tests.gateway.officer.pages.world import DeskWorld, Visitor, desk_world
from tests.gateway.operator.test_newkeys import NAMES, Waiting, change
from tests.passkeys import HOST_ORIGIN

DIGEST = subject_of(sorted(NAMES)).hex()
FORM = {"reason": "both read them", "first": "A", "second": "B"}


def with_keys(keys: Waiting, staff: Staff) -> Callable[[Network, Node, DeskParts], DeskParts]:
    """Return what adds keys that wait to a desk."""

    def complete(_net: Network, node: Node, parts: DeskParts) -> DeskParts:
        service = KeyApproval(
            change(node, keys),
            log=node.store,
            people=staff,
            clock=node.clock,
            origins=lambda: frozenset({HOST_ORIGIN}),
        )
        return replace(parts, services=replace(parts.services, keychange=service))

    return complete


async def signed(visitor: Visitor, staff: Staff) -> str:
    """Let somebody's passkey answer what the page asks; return what the script sends."""
    assert visitor.person is not None
    asked = await visitor.post("/keys/FR/options", {"digest": DIGEST})
    challenge = urlsafe_b64decode(asked.json()["publicKey"]["challenge"] + "=")
    answer = staff.keys[visitor.person.number].answer(challenge)
    response = {
        "authenticatorData": text64(answer.authenticator_data),
        "clientDataJSON": text64(answer.client_data),
        "signature": text64(answer.signature),
    }
    return dumps({"rawId": text64(answer.credential), "response": response})


async def story(desk: DeskWorld, keys: Waiting, staff: Staff) -> None:
    """Propose, refuse whoever proposed, confirm as somebody else."""
    operator = await desk.visitor(Role.OPERATOR)
    approver = await desk.visitor(Role.APPROVER)
    officer = await desk.visitor(Role.OFFICER)
    assert "No keys wait" in (await approver.get("/keys")).text
    assert (await approver.post("/keys/FR", {"digest": DIGEST})).status == 422
    page = await operator.get("/admin/peers")
    assert "A second person must confirm it" in page.text
    assert "First person who compared" not in page.text
    answer = await operator.post("/admin/keys/FR/accept", FORM)
    assert (answer.status, answer.headers["Location"]) == (303, "/keys")
    assert keys.renewed == 0
    assert "somebody else must confirm it" in (await operator.get("/keys")).text
    own = await operator.post("/keys/FR", {"digest": DIGEST, "password": PASSWORD})
    assert own.status == 403
    assert "Nobody confirms what they proposed themselves." in own.text
    assert (await officer.get("/keys")).status == 403
    assert "wait for a second person" in (await approver.get("/approve")).text
    shown = await approver.get("/keys")
    assert re.findall(r'name="digest" value="([0-9a-f]*)"', shown.text) == [DIGEST, DIGEST]
    other = await approver.post("/keys/FR", {"digest": "00" * 32, "password": PASSWORD})
    assert "Other keys are proposed now." in other.text
    sent = await signed(approver, staff)
    done = await approver.post("/keys/FR", {"digest": DIGEST, "assertion": sent})
    assert (done.status, done.headers["Location"]) == (303, "/directory/FR/keys")
    assert keys.renewed == 1
    again = await approver.post("/keys/FR", {"digest": DIGEST, "password": "x"})
    assert again.status == 404


def test_keys_are_confirmed_on_the_page_by_somebody_else(tmp_path: Path) -> None:
    """By a passkey, of exactly the keys that the page shows."""
    keys, staff = Waiting(), Staff()

    async def scene() -> None:
        async with desk_world(tmp_path, complete=with_keys(keys, staff)) as desk:
            await story(desk, keys, staff)

    asyncio.run(scene())


def test_keys_are_confirmed_by_the_api_too(tmp_path: Path) -> None:
    """What waits names who proposed it; keys that came meanwhile are told on the page."""
    keys, staff = Waiting(), Staff()

    async def scene() -> None:
        async with desk_world(tmp_path, complete=with_keys(keys, staff)) as desk:
            operator = await desk.visitor(Role.OPERATOR)
            approver = await desk.visitor(Role.APPROVER)
            path = "/api/v1/keys/waiting"
            asked = await operator.send("POST", f"{path}/FR/accept", {"reason": "compared"})
            assert asked.json() == {"party": "FR", "accepted": 0}
            (party,) = (await operator.get(path)).json()["items"]
            assert party["proposed"]["digest"] == DIGEST
            assert party["proposed"]["who"] == "RO/1 operator 1"
            body = {"digest": DIGEST}
            options = await approver.send("POST", f"{path}/FR/approval-options", body)
            assert options.json()["digest"] == DIGEST
            body["password"] = PASSWORD
            done = await approver.send("POST", f"{path}/FR/approvals", body)
            assert done.json() == {"party": "FR", "accepted": 2}

    asyncio.run(scene())


def test_desk_without_these_keys_says_so(tmp_path: Path) -> None:
    """A part that was not built in is told, never a fault."""

    async def scene() -> None:
        async with desk_world(tmp_path) as desk:
            approver = await desk.visitor(Role.APPROVER)
            assert (await approver.get("/keys")).status == 503

    asyncio.run(scene())
