"""Ways round the second person, each of them closed."""

from io import BytesIO
from json import dumps
from pathlib import Path

import pytest

from gateway.drafting import DraftState
from gateway.errors import DataError, GatewayError
from gateway.people import Role
from gateway.service.unapproved import Unapproved
from keys.digest import sha256
from protocol.cases.ladder import MessageState
from tests.gateway.service.drafts import (
    BOTH,
    CHIEF,
    DESK,
    PASSWORD,
    POP,
    STAN,
    Bureau,
    bureau,
    person,
)
from tests.gateway.service.world import (
    acknowledgement,
    decision,
    request,
    scenario,
    send,
    until_state,
)

KIND = "subscriber_information_request"


async def refused(code: str, call: object) -> None:
    """Expect a call to be refused with a code."""
    with pytest.raises(GatewayError) as caught:
        await call  # type: ignore[misc]
    assert caught.value.code == code


async def own(here: Bureau, draft: str) -> None:
    """Submit a draft, and see that whoever holds both roles may not approve it."""
    await here.drafting.submit(draft, by=POP)
    await refused("own_draft", here.drafting.approval_options(draft, by=BOTH))


def with_file(document: dict[str, object], name: str = "a.txt") -> bytes:
    """Return a document that names a file."""
    listed = [{"path": name, "role": "other", "media_type": "text/plain"}]
    return dumps(document | {"attachments": listed}).encode()


@scenario
async def test_whoever_announced_a_file_wrote_the_draft(tmp_path: Path) -> None:
    """What is attached is sent as well: nobody attaches and approves it."""
    async with bureau(tmp_path) as here:
        row = await here.drafting.create(with_file(request()), by=POP)
        file = await here.drafting.begin_file(row.id, "a.txt", size_bytes=1, media_type="", by=BOTH)
        await here.drafting.put_part(row.id, file.n, 0, b"a", digest=sha256(b"a"), by=POP)
        await here.drafting.complete(row.id, file.n)
        await own(here, row.id)


@scenario
async def test_whoever_sent_a_part_of_a_file_wrote_the_draft(tmp_path: Path) -> None:
    """A colleague announced it; its bytes are somebody else's."""
    async with bureau(tmp_path) as here:
        row = await here.drafting.create(with_file(request()), by=POP)
        file = await here.drafting.begin_file(row.id, "a.txt", size_bytes=1, media_type="", by=POP)
        await here.drafting.put_part(row.id, file.n, 0, b"a", digest=sha256(b"a"), by=BOTH)
        await here.drafting.put_part(row.id, file.n, 0, b"a", digest=sha256(b"a"), by=DESK)
        await here.drafting.complete(row.id, file.n)
        await own(here, row.id)
        refusal = here.drafting.put_part(row.id, file.n, 0, b"b", digest=sha256(b"b"), by=STAN)
        await refused("not_allowed", refusal)
        await refused("not_allowed", here.drafting.remove_file(row.id, file.n, by=STAN))
        await here.drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))


@scenario
async def test_whoever_removed_a_file_wrote_the_draft(tmp_path: Path) -> None:
    """What is left out changes what is sent."""
    async with bureau(tmp_path) as here:
        row = await here.drafting.create(dumps(request()).encode(), by=POP)
        n = await here.upload(row.id, "a.txt", b"a")
        await here.drafting.remove_file(row.id, n, by=BOTH)
        await own(here, row.id)


@scenario
async def test_a_document_begun_under_another_policy_is_judged_when_it_goes(tmp_path: Path) -> None:
    """Begun while one person was enough; two are asked for when it is sent."""
    async with bureau(tmp_path) as here:
        await here.drafting.set_policy({KIND: False}, version=0, by=CHIEF)
        at_once = Unapproved(here.node.runtime.submit, here.drafting, here.staff)
        begun = await at_once.begin(with_file(request()), file_sizes={"a.txt": 1})
        await at_once.attach(begun.id, 0, BytesIO(b"a"))
        await here.drafting.set_policy({KIND: True}, version=1, by=CHIEF)
        await refused("not_approved", at_once.send(begun.id, request_key=None, who=POP.who))
        here.staff.is_there = False
        sent = await at_once.send(begun.id, request_key=None, who=POP.who)
        again = await at_once.send(begun.id, request_key=None, who=POP.who)
        assert (again.mid, again.repeated) == (sent.mid, True)


@scenario
async def test_no_key_of_a_request_passes_for_the_sending_of_a_draft(tmp_path: Path) -> None:
    """Who names `draft ID` as their key would make a draft look sent that is not."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        await here.drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))
        asked = request(2) | {"urgency": "routine"}
        other = await here.node.runtime.submit.queue(
            dumps(asked).encode(), request_key=f"draft {row.id}"
        )
        sent = await here.drafting.send(row.id, by=POP, request_key=None)
        assert sent.mid == row.mid != other.mid
        assert (await here.drafting.get(row.id)).row.state is DraftState.SENT


@scenario
async def test_a_file_is_no_longer_and_no_shorter_than_was_announced(tmp_path: Path) -> None:
    """The room on the disk and the rules were checked with its announced length."""
    async with bureau(tmp_path) as here:
        submit = here.node.runtime.submit
        begun = await submit.begin(with_file(request()), file_sizes={"a.txt": 3})
        for data in (b"four", b"12", bytes(200_000)):
            with pytest.raises(DataError, match="another length"):
                await submit.attach(begun.id, 0, BytesIO(data))
        own_blobs = here.node.home.rglob("*.part")
        assert not list(own_blobs)
        await submit.attach(begun.id, 0, BytesIO(b"123"))
        await submit.send(begun.id, request_key=None)


@scenario
async def test_refusal_takes_two_whatever_the_policy_says(tmp_path: Path) -> None:
    """The desk may let one person decide; not one person refuse."""
    async with bureau(tmp_path, run=["FR/1", "RO/1"]) as here:
        asked = request() | {"to": "FR"}
        sent = await send(here.net["RO/1"], asked)
        await until_state(here.node, sent.mid, MessageState.CONSIGNED)
        await here.node.runtime.act.open(sent.mid, who=POP.who)
        await here.drafting.set_policy({"decision": False}, version=0, by=CHIEF)
        at_once = Unapproved(here.node.runtime.submit, here.drafting, here.staff)
        answer = dumps(decision(asked, sent.mid, to="RO", refuse=True)).encode()
        await refused("not_approved", at_once.queue(answer, request_key=None, who=POP.who))
        row = await here.drafting.create(answer, by=POP)
        await here.drafting.submit(row.id, by=POP)
        await refused("not_approved", here.drafting.send(row.id, by=POP, request_key=None))
        taken = dumps(acknowledgement(asked, sent.mid, to="RO")).encode()
        await at_once.queue(taken, request_key=None, who=POP.who)


@scenario
async def test_lists_of_drafts_show_no_word_to_who_may_not_read(tmp_path: Path) -> None:
    """A comment of an approver and the reason of an override are words of the case."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        await here.drafting.approve(
            row.id, by=STAN, assertion=await here.assertion(row.id), comment="Which port?"
        )
        lone = await here.submitted(request(2, urgency="emergency"))
        await here.drafting.override(lone.id, by=POP, reason="a child is held", request_key=None)
        for role, reason, kind in (
            (Role.OPERATOR, "", ""),
            (Role.AUDITOR, "a child is held", KIND),
            (Role.SUPERVISOR, "a child is held", KIND),
        ):
            rows = {one.id: one for one in await here.drafting.list(person(9, role))}
            reads = role is Role.SUPERVISOR
            assert rows[row.id].approvals[0].comment == ("Which port?" if reads else "")
            assert (rows[row.id].type, bool(rows[row.id].why)) == (kind, bool(kind))
            assert rows[row.id].override is None
            assert (rows[lone.id].override, rows[lone.id].pending) == (reason, True)


@scenario
async def test_approval_is_of_what_was_shown(tmp_path: Path) -> None:
    """Submitted anew while somebody reads: neither a password nor a passkey counts for that."""
    async with bureau(tmp_path) as here:
        drafting = here.drafting
        row = await here.submitted()
        await drafting.take_back(row.id, by=POP)
        fresh = await drafting.submit(row.id, by=POP)
        assert fresh.digest != row.digest
        stale = drafting.approve(row.id, by=STAN, password=PASSWORD, shown=row.digest)
        await refused("approval_stale", stale)
        asked = drafting.approval_options(row.id, by=STAN, shown=row.digest)
        await refused("approval_stale", asked)
        await drafting.approve(row.id, by=STAN, password=PASSWORD, shown=fresh.digest)
