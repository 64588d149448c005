"""Drafts of a desk: written, frozen, approved by somebody else, sent as they were approved."""

from dataclasses import replace
from io import BytesIO
from json import dumps, loads
from pathlib import Path

import pytest

from gateway.drafting import ApprovalKind, DraftState, Need
from gateway.errors import AccessDeniedError, DataError, GatewayError, NoInputError, StorageError
from gateway.people import Role, Way
from gateway.service.draft import DocumentRefusedError
from gateway.service.draft_needs import needs_of
from gateway.service.draft_uploads import PartSource
from gateway.service.unapproved import Unapproved
from gateway.shelving import PartPlace
from keys.digest import sha256
from protocol.cases.ladder import MessageState
from protocol.envelope.content import Content, decode_inner, officer_digest
from protocol.log.deed import Act
from tests.gateway.network import DAY_MS
from tests.gateway.service.drafts import (
    BOTH,
    CHIEF,
    DESK,
    PASSWORD,
    POP,
    STAN,
    Bureau,
    answered,
    bureau,
    person,
)
from tests.gateway.service.test_guard import guarded
from tests.gateway.service.world import (
    acknowledgement,
    ask,
    decision,
    request,
    scenario,
    send,
    sent_by,
    until_state,
)
from tests.passkeys import SoftPasskey

PART = 4 * 1024 * 1024


def acts(here: Bureau) -> list[Act]:
    """Return the acts in the node's log, oldest first."""
    rows = ask(
        here.node,
        "SELECT p.bytes FROM leaf l JOIN preimage p ON p.generation = l.generation AND p.i = l.i"
        " WHERE l.kind = 9 ORDER BY l.i",
    )
    return [Act.decode(row[0]) for row in rows]


async def refused(code: str, call: object) -> None:
    """Expect a refusal with a code."""
    with pytest.raises(GatewayError) as caught:
        await call  # type: ignore[misc]
    assert caught.value.code == code


@scenario
async def test_what_was_approved_is_what_is_sent(tmp_path: Path) -> None:
    """Mid and content bytes are fixed at the submission; header and leaf come with the sending."""
    async with bureau(tmp_path, run=["FR/1", "RO/1"]) as here:
        row = await here.submitted()
        assert (row.state, row.needs, row.why) == (
            DraftState.SUBMITTED,
            1,
            frozenset({Need.POLICY}),
        )
        here.net.clock.ms += 60_000
        await refused("not_approved", here.drafting.send(row.id, by=POP, request_key=None))
        row = await here.drafting.approve(
            row.id, by=STAN, assertion=await here.assertion(row.id), comment="lawful"
        )
        assert row.state is DraftState.APPROVED
        (given,) = row.approvals
        assert (given.who, given.kind, given.comment) == (
            STAN.who,
            ApprovalKind.PASSKEY,
            "lawful",
        )
        sent = await here.drafting.send(row.id, by=POP, request_key="k")
        assert (sent.mid, sent.thread, sent.repeated) == (row.mid, row.thread, False)
        inner = await here.node.store.inner(here.node.id, sent.mid)
        assert inner is not None
        content = decode_inner(inner).content
        assert officer_digest(content) == row.digest
        (message,) = await sent_by(here.node)
        assert message.t_ms - Content.decode(content).t_ms == 60_000
        told = [(act.act, act.who) for act in acts(here)]
        assert told == [("submitted", POP.who), ("approved", STAN.who), ("sent", POP.who)]
        assert {act.ref for act in acts(here)} == {sent.mid}
        assert {act.subject for act in acts(here)} == {row.digest}
        approval = acts(here)[1].approval
        assert approval is not None
        assert approval.check(row.digest or b"")
        await until_state(here.node, sent.mid, MessageState.CONSIGNED)


@scenario
async def test_draft_that_was_sent_leads_to_its_message(tmp_path: Path) -> None:
    """Sent again, it is the same message; nothing else can be done with it."""
    async with bureau(tmp_path) as here:
        here.staff.is_there = False
        row = await here.submitted()
        sent = await here.drafting.send(row.id, by=POP, request_key=None)
        again = await here.drafting.send(row.id, by=POP, request_key="other")
        assert (again.mid, again.repeated) == (sent.mid, True)
        assert await here.drafting.list(POP) == ()
        held = await here.drafting.get(row.id)
        assert (held.document, held.row.state, held.row.mid) == (b"{}", DraftState.SENT, sent.mid)
        await refused("already_sent", here.drafting.discard(row.id, by=POP))
        await refused("already_sent", here.drafting.submit(row.id, by=POP))


@scenario
async def test_frozen_and_approved_bytes_survive_a_restart(tmp_path: Path) -> None:
    """What is kept in memory alone is the challenge: the approver begins again."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        early = await here.assertion(row.id)
        await here.reopened().open()
        await refused("approval_stale", here.drafting.approve(row.id, by=STAN, assertion=early))
        assert (await here.drafting.submit(row.id, by=POP)).digest == row.digest
        await here.drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))
        here.reopened()
        sent = await here.drafting.send(row.id, by=POP, request_key=None)
        assert sent.mid == row.mid


@scenario
async def test_answer_of_a_passkey_counts_for_its_bytes_and_once(tmp_path: Path) -> None:
    """Other bytes, an old answer, a challenge that ended, another passkey: each refused."""
    async with bureau(tmp_path) as here:
        row, other = await here.submitted(), await here.submitted(request(2))
        drafting = here.drafting
        for_other = await here.assertion(other.id)
        await drafting.approval_options(row.id, by=STAN)
        await refused("approval_stale", drafting.approve(row.id, by=STAN, assertion=for_other))
        used = await here.assertion(row.id)
        await drafting.approve(row.id, by=STAN, assertion=used)
        await refused("approval_stale", drafting.approve(row.id, by=STAN, assertion=used))
        late = await here.assertion(other.id)
        here.net.clock.ms += 601_000
        await refused("approval_stale", drafting.approve(other.id, by=STAN, assertion=late))
        options = await drafting.approval_options(other.id, by=STAN)
        foreign = answered(here.staff.keys[6], options.challenge)
        await refused("approval_stale", drafting.approve(other.id, by=STAN, assertion=foreign))
        options = await drafting.approval_options(other.id, by=STAN)
        posing = replace(answered(here.staff.keys[6], options.challenge), credential=b"key 4")
        await refused("approval_stale", drafting.approve(other.id, by=STAN, assertion=posing))


@scenario
async def test_changed_draft_must_be_approved_anew(tmp_path: Path) -> None:
    """Neither an approval nor an answer that was under way counts for the new bytes."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        drafting = here.drafting
        under_way = await here.assertion(row.id)
        await refused("not_allowed", drafting.save(row.id, b"{}", version=row.version, by=POP))
        row = await drafting.take_back(row.id, by=POP)
        assert (row.state, row.frozen_ms, row.digest) == (DraftState.EDITING, None, None)
        document = dumps(request(7)).encode()
        row = await drafting.save(row.id, document, version=row.version, by=POP)
        await refused("not_allowed", drafting.approve(row.id, by=STAN, assertion=under_way))
        await refused("not_allowed", drafting.send(row.id, by=POP, request_key=None))
        row = await drafting.submit(row.id, by=POP)
        await refused("approval_stale", drafting.approve(row.id, by=STAN, assertion=under_way))
        await drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))
        back = await drafting.take_back(row.id, by=POP)
        assert back.approvals == ()


@scenario
async def test_bytes_frozen_for_a_day_count_no_more(tmp_path: Path) -> None:
    """Neither for approving nor for sending; a new submission makes new ones."""
    async with bureau(tmp_path) as here:
        row, other = await here.submitted(), await here.submitted(request(2))
        drafting = here.drafting
        await drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))
        here.net.clock.ms += DAY_MS
        await refused("approval_stale", drafting.send(row.id, by=POP, request_key=None))
        await refused("approval_stale", drafting.approval_options(other.id, by=STAN))
        here.net.clock.ms += 3_600_000
        await refused("approval_stale", drafting.approve(other.id, by=STAN, password=PASSWORD))
        fresh = await drafting.submit(row.id, by=POP)
        assert fresh.mid != row.mid
        assert fresh.approvals == ()
        await refused("not_approved", drafting.send(row.id, by=POP, request_key=None))


@scenario
async def test_nobody_approves_what_they_wrote(tmp_path: Path) -> None:
    """Neither the author nor who saved a word of it, nor who holds no such role."""
    async with bureau(tmp_path) as here:
        drafting = here.drafting
        row = await drafting.create(dumps(request()).encode(), by=BOTH)
        await drafting.submit(row.id, by=BOTH)
        await refused("own_draft", drafting.approval_options(row.id, by=BOTH))
        await refused("own_draft", drafting.approve(row.id, by=BOTH, password="x"))  # noqa: S106
        row = await drafting.create(dumps(request()).encode(), by=POP)
        await drafting.submit(row.id, by=BOTH)
        await refused("own_draft", drafting.approval_options(row.id, by=BOTH))
        row = await drafting.create(b"{}", by=POP)
        row = await drafting.save(row.id, dumps(request()).encode(), version=1, by=BOTH)
        await drafting.submit(row.id, by=POP)
        await refused("own_draft", drafting.give_back(row.id, by=BOTH, comment="No"))
        for nobody in (POP, CHIEF, DESK):
            await refused("forbidden_role", drafting.approval_options(row.id, by=nobody))


@scenario
async def test_password_is_the_weaker_kind_and_a_token_alone_is_none(tmp_path: Path) -> None:
    """The act has no answer of a passkey; a program cannot approve at all."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        drafting = here.drafting
        token = replace(STAN, way=Way.TOKEN)
        for by, password in ((STAN, None), (token, PASSWORD), (STAN, "wrong")):
            await refused(
                "fresh_sign_in_needed", drafting.approve(row.id, by=by, password=password)
            )
        row = await drafting.approve(row.id, by=STAN, password=PASSWORD)
        assert row.approvals[0].kind is ApprovalKind.PASSWORD
        assert (acts(here)[-1].act, acts(here)[-1].approval) == ("approved", None)
        await drafting.send(row.id, by=POP, request_key=None)


@scenario
async def test_returned_draft_goes_back_to_its_author_with_a_comment(tmp_path: Path) -> None:
    """The comment stands in no log: it may quote the case."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        await refused("invalid_body", here.drafting.give_back(row.id, by=STAN, comment="  "))
        await refused("invalid_body", here.drafting.give_back(row.id, by=STAN, comment="x" * 5_001))
        row = await here.drafting.give_back(row.id, by=STAN, comment="Which port?")
        assert (row.state, row.comment, row.commented_by) == (
            DraftState.RETURNED,
            "Which port?",
            STAN.who,
        )
        assert (acts(here)[-1].act, acts(here)[-1].why) == ("returned", "")
        await refused("not_allowed", here.drafting.take_back(row.id, by=POP))
        assert (await here.drafting.submit(row.id, by=POP)).state is DraftState.SUBMITTED


@scenario
async def test_what_is_returned_is_what_was_shown(tmp_path: Path) -> None:
    """A comment on other words than those that are frozen now would mislead their author."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        drafting = here.drafting
        stale = drafting.give_back(row.id, by=STAN, comment="No", shown=bytes(32))
        await refused("approval_stale", stale)
        assert (await drafting.get(row.id)).row.state is DraftState.SUBMITTED
        back = await drafting.give_back(row.id, by=STAN, comment="No", shown=row.digest)
        assert back.state is DraftState.RETURNED


@scenario
async def test_who_lost_the_role_has_approved_nothing(tmp_path: Path) -> None:
    """The roles of the moment of sending count; another approver may take their place."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        drafting = here.drafting
        await drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))
        assert STAN.person is not None
        here.staff.former.add(STAN.person)
        await refused("not_approved", drafting.send(row.id, by=POP, request_key=None))
        shown = (await drafting.get(row.id)).row
        assert (shown.state, shown.approvals) == (DraftState.SUBMITTED, ())
        here.staff.keys[BOTH.person or 0] = SoftPasskey(credential=b"another")
        answer = await here.assertion(row.id, by=BOTH)
        again = await drafting.approve(row.id, by=BOTH, assertion=answer)
        assert (again.state, [one.who for one in again.approvals]) == (
            DraftState.APPROVED,
            [BOTH.who],
        )
        await drafting.send(row.id, by=POP, request_key=None)


@scenario
async def test_lone_officer_sends_an_emergency_and_a_second_person_confirms(
    tmp_path: Path,
) -> None:
    """With a typed reason, at once; it stands as pending until somebody else confirms."""
    async with bureau(tmp_path) as here:
        drafting = here.drafting
        plain = await here.submitted()
        await refused(
            "not_approved",
            drafting.override(plain.id, by=POP, reason="hurry", request_key=None),
        )
        row = await here.submitted(request(2, urgency="emergency"))
        assert row.why == {Need.EMERGENCY, Need.POLICY}
        await refused(
            "invalid_body", drafting.override(row.id, by=BOTH, reason=" ", request_key=None)
        )
        program = replace(BOTH, is_program=True)
        await refused(
            "not_approved",
            drafting.override(row.id, by=program, reason="a life", request_key=None),
        )
        sent = await drafting.override(row.id, by=BOTH, reason="a life", request_key=None)
        again = await drafting.override(row.id, by=BOTH, reason="a life", request_key=None)
        assert (again.mid, again.repeated) == (sent.mid, True)
        (pending, _) = await drafting.list(POP)
        assert (pending.pending, pending.override, pending.mid) == (True, "a life", sent.mid)
        assert (acts(here)[-1].act, acts(here)[-1].why) == ("override", "a life")
        await refused("own_draft", drafting.approval_options(row.id, by=BOTH))
        here.net.clock.ms += 2 * DAY_MS
        confirmed = await drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))
        assert confirmed.pending is False
        assert acts(here)[-1].act == "confirmed"
        await refused("not_allowed", drafting.approval_options(row.id, by=STAN))
        assert [one.id for one in await drafting.list(POP)] == [plain.id]


@scenario
async def test_desk_without_people_sends_as_ever(tmp_path: Path) -> None:
    """Nobody must approve where nobody can."""
    async with bureau(tmp_path) as here:
        here.staff.is_there = False
        row = await here.drafting.create(dumps(request()).encode(), by=DESK)
        row = await here.drafting.submit(row.id, by=DESK)
        assert (row.needs, row.why) == (0, frozenset())
        await here.drafting.send(row.id, by=DESK, request_key=None)
        later = await here.drafting.create(dumps(request(2)).encode(), by=DESK)
        await here.drafting.submit(later.id, by=DESK)
        here.staff.is_there = True
        await refused("not_approved", here.drafting.send(later.id, by=POP, request_key=None))


@scenario
async def test_policy_is_the_supervisors(tmp_path: Path) -> None:
    """What always needs a second person needs one whatever the policy says."""
    async with bureau(tmp_path) as here:
        drafting = here.drafting
        policy = await drafting.policy()
        kind = "subscriber_information_request"
        assert policy.version == 0
        assert {policy.types[name] for name in (kind, "decision")} == {True}
        assert not any(policy.types[name] for name in ("acknowledgement", "reminder", "note"))
        await refused("invalid_body", drafting.set_policy({"x": True}, version=0, by=CHIEF))
        policy = await drafting.set_policy({kind: False}, version=0, by=CHIEF)
        assert (policy.version, policy.types[kind]) == (1, False)
        await refused("draft_changed", drafting.set_policy({kind: True}, version=0, by=CHIEF))
        assert acts(here)[-1].why == f"{kind}: one person"
        row = await here.submitted()
        assert row.needs == 0
        await drafting.send(row.id, by=POP, request_key=None)
        urgent = await here.submitted(request(2, urgency="emergency"))
        assert urgent.why == {Need.EMERGENCY}


@scenario
async def test_two_editors_are_told_of_each_other(tmp_path: Path) -> None:
    """The second sees who was there; nothing is overwritten."""
    async with bureau(tmp_path) as here:
        row = await here.drafting.create(b"{}", by=POP)
        await here.drafting.save(row.id, b'{"type": "note"}', version=1, by=BOTH)
        await refused("draft_changed", here.drafting.save(row.id, b"{}", version=1, by=POP))
        held = await here.drafting.get(row.id)
        assert (loads(held.document), held.row.editor_who) == ({"type": "note"}, BOTH.who)
        for wrong in (b"[]", b"{", b"[" * 100_000, b'"' + b"x" * 1024 * 1024 + b'"'):
            with pytest.raises(DataError):
                await here.drafting.create(wrong, by=POP)


@scenario
async def test_titles_are_for_who_may_read_contents(tmp_path: Path) -> None:
    """An operator sees ids and states."""
    async with bureau(tmp_path) as here:
        body = {"case_reference": "RO-26-1"}
        row = await here.drafting.create(dumps({"body": body}).encode(), by=POP)
        assert (await here.drafting.list(POP))[0].title == "RO-26-1"
        (seen,) = await here.drafting.list(person(9, Role.OPERATOR))
        assert (seen.id, seen.title) == (row.id, "")


@scenario
async def test_draft_is_checked_as_it_is(tmp_path: Path) -> None:
    """Complete or not, alone or as the answer to something."""
    async with bureau(tmp_path, run=["FR/1", "RO/1"]) as here:
        drafting = here.drafting
        row = await drafting.create(b'{"type": "note"}', by=POP)
        checked = await drafting.check(row.id)
        assert checked.errors
        with pytest.raises(DocumentRefusedError):
            await drafting.submit(row.id, by=POP)
        row = await drafting.create(dumps(request()).encode(), by=POP)
        assert (await drafting.check(row.id)).errors == ()
        asked = request(3)
        sent = await send(here.net["RO/1"], asked | {"to": "FR"})
        await until_state(here.net["RO/1"], sent.mid, MessageState.CONSIGNED)
        answer = decision(asked, sent.mid, to="RO", refuse=True)
        row = await drafting.create(dumps(answer).encode(), by=POP)
        assert row.why == {Need.REFUSAL, Need.POLICY}
        await drafting.check(row.id)
        taken = acknowledgement(asked, sent.mid, to="RO") | {"urgency": "emergency"}
        row = await drafting.create(dumps(taken).encode(), by=POP)
        assert row.needs == 0


@scenario
async def test_file_of_several_parts_arrives_as_it_was(tmp_path: Path) -> None:
    """Parts out of order and twice, a restart between; never more than one in memory."""
    async with bureau(tmp_path) as here:
        data = bytes(range(256)) * 40_000
        asked = with_files(request(), ("order.pdf", "note.txt"))
        row = await here.drafting.create(dumps(asked).encode(), by=POP)
        file = await here.drafting.begin_file(
            row.id, "order.pdf", size_bytes=len(data), media_type="", by=POP
        )
        assert (file.parts, file.held, file.media_type) == (3, 0, "application/octet-stream")
        await put(here, (row.id, file.n), data, 2)
        await put(here, (row.id, file.n), data, 0)
        await put(here, (row.id, file.n), data, 0)
        await refused("incomplete", here.drafting.complete(row.id, file.n))
        await refused("incomplete", here.drafting.submit(row.id, by=POP))
        here.reopened()
        same = await here.drafting.begin_file(
            row.id, "order.pdf", size_bytes=len(data), media_type="", by=POP
        )
        assert (same.n, same.held) == (file.n, 2)
        assert await here.drafting.parts(row.id, file.n) == (0, 2)
        await put(here, (row.id, file.n), data, 1)
        assert await here.drafting.complete(row.id, file.n) == sha256(data)
        await here.upload(row.id, "note.txt", b"")
        row = await here.drafting.submit(row.id, by=POP)
        assert [one.is_complete for one in row.files] == [True, True]
        await here.drafting.approve(row.id, by=STAN, assertion=await here.assertion(row.id))
        sent = await here.drafting.send(row.id, by=POP, request_key=None)
        inner = await here.node.store.inner(here.node.id, sent.mid)
        assert inner is not None
        files = Content.decode(decode_inner(inner).content).files
        assert [(one.name, one.size_bytes, one.digest) for one in files] == [
            ("order.pdf", len(data), sha256(data)),
            ("note.txt", 0, sha256(b"")),
        ]
        assert not (here.folder / row.id).exists()


@scenario
async def test_complete_file_stays_as_it_is(tmp_path: Path) -> None:
    """The same part again changes nothing, another one is refused."""
    async with bureau(tmp_path) as here:
        row = await here.drafting.create(dumps(request()).encode(), by=POP)
        n = await here.upload(row.id, "order.pdf", b"order")
        assert await here.drafting.complete(row.id, n) == sha256(b"order")
        await here.drafting.put_part(row.id, n, 0, b"order", digest=sha256(b"order"), by=POP)
        call = here.drafting.put_part(row.id, n, 0, b"other", digest=sha256(b"other"), by=POP)
        await refused("not_allowed", call)


def with_files(document: dict[str, object], names: tuple[str, ...]) -> dict[str, object]:
    """Return a document that names attachments."""
    listed = [{"path": name, "role": "other", "media_type": "application/pdf"} for name in names]
    return document | {"attachments": listed}


async def put(here: Bureau, place: tuple[str, int], data: bytes, k: int) -> None:
    """Send one part of a file."""
    part = data[k * PART : (k + 1) * PART]
    await here.drafting.put_part(*place, k, part, digest=sha256(part), by=POP)


@scenario
async def test_file_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """Names, sizes, numbers, digests; a full disk; another file of the same name."""
    async with bureau(tmp_path) as here:
        drafting = here.drafting
        row = await drafting.create(dumps(request()).encode(), by=POP)

        async def begin(name: str, size: int = 9, kind: str = "a/b") -> int:
            file = await drafting.begin_file(row.id, name, size_bytes=size, media_type=kind, by=POP)
            return file.n

        for name, size, kind, code in (
            ("", 9, "a/b", "invalid_body"),
            ("x" * 256, 9, "a/b", "invalid_body"),
            ("a\nb", 9, "a/b", "invalid_body"),
            ("a", 9, "é", "invalid_body"),
            ("a", 9, "x" * 128, "invalid_body"),
            ("a", -1, "a/b", "too_large"),
            ("a", 2**40, "a/b", "too_large"),
        ):
            await refused(code, begin(name, size, kind))
        n = await begin("a")
        await refused("not_allowed", begin("a", 10))
        nine = b"x" * 9
        await refused(
            "digest_mismatch", drafting.put_part(row.id, n, 0, nine, digest=bytes(32), by=POP)
        )
        for k, part in ((1, nine), (0, nine[1:])):
            await refused(
                "invalid_body", drafting.put_part(row.id, n, k, part, digest=sha256(part), by=POP)
            )
        await refused("not_found", drafting.parts(row.id, 7))
        disk = guarded(here.node, 60)
        await refused("disk_full", begin("b"))
        await refused(
            "disk_full", drafting.put_part(row.id, n, 0, nine, digest=sha256(nine), by=POP)
        )
        disk.free = 10_000
        here.node.runtime._guard.look()
        await refused("disk_full", begin("large", 5_000))
        await drafting.remove_file(row.id, n, by=POP)
        assert await begin("a", 10) == n + 1
        for number in range(63):
            await begin(f"f{number}")
        await refused("too_many_attachments", begin("more"))


@scenario
async def test_damaged_part_is_not_sent(tmp_path: Path) -> None:
    """Lost, or another one than was completed: nothing is frozen, no sealed file is left."""
    async with bureau(tmp_path) as here:
        asked = with_files(request(), ("order.pdf",))
        row = await here.drafting.create(dumps(asked).encode(), by=POP)
        n = await here.upload(row.id, "order.pdf", b"order")
        key = await here.node.store.draft_key(row.id)
        place = PartPlace(draft=row.id, n=n, k=0)
        async with here.drafting._ports.parts.arriving(place, key) as part:
            part.write(b"other")
            await part.keep()
        with pytest.raises(StorageError, match="not the one that was completed"):
            await here.drafting.submit(row.id, by=POP)
        (here.folder / row.id / str(n) / "0").unlink()
        with pytest.raises(StorageError, match="not held whole"):
            await here.drafting.submit(row.id, by=POP)
        assert not list((here.node.home / "blobs").glob("*/*"))


@scenario
async def test_what_will_not_be_sent_leaves_nothing(tmp_path: Path) -> None:
    """Sealed files of a draft that was taken back, frozen anew or discarded."""
    async with bureau(tmp_path) as here:
        asked = with_files(request(), ("order.pdf",))
        row = await here.drafting.create(dumps(asked).encode(), by=POP)
        await here.upload(row.id, "order.pdf", b"order")
        blobs = here.node.home / "blobs"
        await here.drafting.submit(row.id, by=POP)
        (first,) = blobs.glob("*/*")
        here.net.clock.ms += DAY_MS
        await here.drafting.submit(row.id, by=POP)
        (second,) = blobs.glob("*/*")
        assert second != first
        await here.drafting.take_back(row.id, by=POP)
        assert not list(blobs.glob("*/*"))
        await here.drafting.submit(row.id, by=POP)
        await here.drafting.discard(row.id, by=POP)
        assert not list(blobs.glob("*/*"))
        assert not (here.folder / row.id).exists()
        with pytest.raises(NoInputError):
            await here.drafting.get(row.id)


@scenario
async def test_parts_of_no_draft_are_swept_at_the_start(tmp_path: Path) -> None:
    """A crash came between the row and the files."""
    async with bureau(tmp_path) as here:
        row = await here.drafting.create(b"{}", by=POP)
        await here.upload(row.id, "a", b"a")
        (here.folder / ("0f" * 16) / "0").mkdir(parents=True)
        await here.drafting.open()
        assert [path.name for path in here.folder.iterdir()] == [row.id]


@scenario
async def test_case_that_moved_on_stops_a_frozen_answer(tmp_path: Path) -> None:
    """What its state does not allow any more is not sent, though it was approved."""
    async with bureau(tmp_path, run=["FR/1", "RO/1"]) as here:
        asked = request(3)
        sent = await send(here.net["RO/1"], asked | {"to": "FR"})
        await until_state(here.net["RO/1"], sent.mid, MessageState.CONSIGNED)
        here.staff.is_there = False
        answer = dumps(decision(asked, sent.mid, to="RO", refuse=True)).encode()
        rows = [await here.drafting.create(answer, by=POP) for _ in range(2)]
        for row in rows:
            await here.drafting.submit(row.id, by=POP)
        await here.drafting.send(rows[0].id, by=POP, request_key=None)
        with pytest.raises(DataError):
            await here.drafting.send(rows[1].id, by=POP, request_key=None)


@scenario
async def test_refusals_of_access_end_commands_with_77(tmp_path: Path) -> None:
    """As scripts expect."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        with pytest.raises(AccessDeniedError) as caught:
            await here.drafting.send(row.id, by=POP, request_key=None)
        assert caught.value.exit_code == 77


@scenario
async def test_what_needs_nobody_is_sent_at_once_and_names_who_sent_it(tmp_path: Path) -> None:
    """A reminder, an acknowledgement; what takes two persons is refused on every way."""
    async with bureau(tmp_path) as here:
        at_once = Unapproved(here.node.runtime.submit, here.drafting, here.staff)
        asked = dumps(request()).encode()
        await refused("not_approved", at_once.queue(asked, request_key=None, who=POP.who))
        await refused("not_approved", at_once.begin(asked, file_sizes={}))
        kind = "subscriber_information_request"
        await here.drafting.set_policy({kind: False}, version=0, by=CHIEF)
        await at_once.queue(asked, request_key="k", who=POP.who)
        assert (acts(here)[-1].act, acts(here)[-1].who) == ("submitted", POP.who)
        with_file = dumps(with_files(request(2), ("a.txt",))).encode()
        draft = await at_once.begin(with_file, file_sizes={"a.txt": 1})
        await at_once.attach(draft.id, 0, BytesIO(b"a"))
        await at_once.send(draft.id, request_key=None, who=STAN.who)
        assert acts(here)[-1].who == STAN.who


@scenario
async def test_oldest_of_many_challenges_is_forgotten(tmp_path: Path) -> None:
    """Memory is bounded: whoever asked first asks again."""
    async with bureau(tmp_path) as here:
        row = await here.submitted()
        early = await here.assertion(row.id)
        key = here.staff.keys[4]
        for number in range(1000, 1256):
            here.staff.keys[number] = key
            await here.drafting.approval_options(row.id, by=person(number, Role.APPROVER))
        await refused("approval_stale", here.drafting.approve(row.id, by=STAN, assertion=early))


@scenario
async def test_file_of_a_draft_reads_like_any_other(tmp_path: Path) -> None:
    """Whole, in pieces of any length, and into a buffer."""
    async with bureau(tmp_path) as here:
        data = bytes(range(256)) * (PART // 256) + b"end"
        row = await here.drafting.create(b"{}", by=POP)
        await here.upload(row.id, "a", data)
        (file,) = (await here.node.store.draft(row.id)).files
        key = await here.node.store.draft_key(row.id)
        parts = here.drafting._ports.parts
        source = PartSource(parts, row.id, file, key)
        assert source.readable()
        begun = b"".join(source.read(size) for size in (1, 70_000, 5))
        assert begun == data[: len(begun)]
        assert (begun + source.read(), source.read(5)) == (data, b"")
        assert PartSource(parts, row.id, file, key).read() == data
        buffer = bytearray(9)
        assert PartSource(parts, row.id, file, key).readinto(memoryview(buffer)) == 9
        assert bytes(buffer) == data[:9]


@pytest.mark.parametrize("body", [None, [], {"items": 1}, {"items": [1, {"outcome": "granted"}]}])
def test_decision_that_refuses_nothing_is_no_refusal(body: object) -> None:
    """Complete or not, of whatever form."""
    found = needs_of({"type": "decision", "body": body}, {})
    assert found == frozenset()
    assert needs_of({"type": ["decision"]}, {}) == frozenset()
