"""Messages as pages: opening tells the sender, reading does not; each role sees what it may."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from gateway.casework import Hit, SearchQuery
from gateway.errors import DataError
from gateway.evidence.export import Exported
from gateway.evidence.material import Variant
from gateway.people import Caller, Role
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.peers import PeerState
from gateway.service.ways import Way
from protocol.cases.ladder import MessageState
from protocol.encoding import Value
from protocol.envelope.content import Content
from protocol.identifiers import MessageId
from tests.gateway.officer.pages.papers import written_desk
from tests.gateway.officer.pages.world import DeskWorld, Visitor, desk_test
from tests.gateway.officer.world import FR, World, content_of, file_named, mid, received, row_of
from tests.gateway.service.world import until_state

CANARY = "Bellerophon"
PLACES = ("/inbox", "/outbox", "/closed")


def plain(text: str) -> str:
    """Return a page without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", text))


@desk_test
async def test_opening_is_a_button_that_says_whom_it_tells(desk: DeskWorld) -> None:
    """D12: no page that is fetched makes a receipt; the button does, once, and then it is read."""
    officer, mid_ = await desk.visitor(Role.OFFICER), await desk.received(urgency="urgent")
    before = await officer.get(f"/messages/{mid_}")
    assert "This tells FR/1 that you have opened it." in plain(before.text)
    assert "Data relation" not in before.text
    for path in (*PLACES, f"/messages/{mid_}", f"/cases/{mid_}", f"/cases/{mid_}/access"):
        assert (await officer.get(path)).status in {200, 403}
    (row,) = await desk.node.store.message(mid_)
    assert row.state is MessageState.CONSIGNED

    assert (await officer.get(f"/messages/{mid_}/open")).status == 405
    assert (await officer.post(f"/messages/{mid_}/open", csrf="no")).status == 403
    (row,) = await desk.node.store.message(mid_)
    assert row.state is MessageState.CONSIGNED

    opened = await officer.post(f"/messages/{mid_}/open")
    assert (opened.status, opened.headers["Location"]) == (303, f"/messages/{mid_}")
    await until_state(desk.peer, mid_, MessageState.OPENED)
    page = await officer.get(f"/messages/{mid_}")
    assert "H1" in page.text
    assert "requesting authority" in plain(page.text).lower()
    assert officer.person is not None
    assert officer.person.name in page.text  # seen by
    listed = plain((await officer.get("/inbox")).text)
    assert officer.person.name in listed
    assert "Opened" in listed

    for path in (f"/messages/{mid(9)}", "/messages/xyz", f"/cases/{mid(9)}", "/inbox?after=x"):
        answer = await officer.get(path)
        assert answer.status in {400, 404}, path
        assert "<h1" in answer.text
    assert (await officer.get(f"/messages/{mid_}/files/a")).status == 404
    assert (await officer.post(f"/messages/{mid_}/evidence")).status == 404  # none taken here


@desk_test
async def test_page_that_renews_itself_has_read_nothing(desk: DeskWorld) -> None:
    """It stood open in an empty room when a colleague opened the message."""
    officer, away = await desk.visitor(Role.OFFICER), await desk.visitor(Role.OFFICER)
    mid_ = await desk.received()
    await officer.post(f"/messages/{mid_}/open")
    seen = f"/api/v1/messages/{mid_}/seen"
    before = (await officer.get(seen)).json()["items"]
    for path in (f"/messages/{mid_}", f"/messages/{mid_}/paper"):
        renewed = await away.get(path, headers={"Sec-Fetch-Dest": "empty"})
        assert "H1" not in renewed.text, path
        assert (await officer.get(seen)).json()["items"] == before, path
    assert 'id="state"' in (await away.get(f"/messages/{mid_}")).text
    after = (await officer.get(seen)).json()["items"]
    assert away.person is not None
    assert [one["by"]["person"] for one in after[len(before) :]] == [away.person.number]


@desk_test
async def test_emergency_is_on_every_page_and_muted_for_one_person_alone(desk: DeskWorld) -> None:
    """One tired colleague does not silence the desk."""
    mid_ = await desk.received(urgency="emergency")
    first, second = await desk.visitor(Role.OFFICER), await desk.visitor(Role.OFFICER)
    assert f'data-emergency="{mid_}"' in (await first.get("/closed")).text
    assert (await first.post(f"/messages/{mid_}/mute")).status == 303
    assert "muted for you" in (await first.get("/inbox")).text
    assert "muted for you" not in (await second.get("/inbox")).text
    await second.post(f"/messages/{mid_}/open")
    assert "data-emergency=" not in (await first.get("/inbox")).text


def test_who_may_not_read_content_receives_none_of_it(tmp_path: Path) -> None:
    """The canary: no list, message or case gives it to an auditor or an operator."""

    async def play() -> None:
        world = World()
        put_secret(world)
        async with written_desk(tmp_path, world) as desk:
            pages = (*PLACES, f"/messages/{mid(1)}", f"/cases/{mid(1)}")
            officer = await desk.visitor(Role.OFFICER)
            seen = [(await officer.get(path)).text for path in pages]
            assert sum(CANARY in text for text in seen) >= 3
            for role in (Role.AUDITOR, Role.OPERATOR):
                visitor = await desk.visitor(role)
                for path in pages:
                    answer = await visitor.get(path)
                    assert (answer.status, CANARY in answer.text) == (200, False), path
                assert (await visitor.get(f"/messages/{mid(1)}/files/0")).status == 403
                assert (await visitor.post(f"/messages/{mid(1)}/open")).status == 403
            operator = await desk.visitor(Role.OPERATOR)
            listed = (await operator.get("/inbox?article=31&state=overdue")).text
            assert str(mid(1)) in listed  # a filter must not answer what a list may not say
            assert "subscriber" not in listed.lower()

    asyncio.run(play())


class Bundles:
    """Evidence, as a test takes it."""

    forks = None

    def __init__(self) -> None:
        self.taken: list[tuple[Variant, str]] = []

    async def export(
        self, wanted: MessageId, variant: Variant, target: BinaryIO, *, who: str
    ) -> Exported:
        """Write a bundle."""
        del wanted
        self.taken.append((variant, who))
        target.write(b"PK")
        return cast("Exported", None)  # what it counts stands in the bundle itself


def test_evidence_is_taken_by_whoever_may_and_its_key_by_readers_alone(tmp_path: Path) -> None:
    """An auditor proves that something was said, and still does not read it."""

    async def play() -> None:
        world, bundles = World(), Bundles()
        world.evidence = bundles
        row = put_secret(world)
        world.book.put(replace(row, mid=mid(2), erased_ms=1))
        world.book.put(replace(row, mid=mid(3)))  # its content is not readable here
        async with written_desk(tmp_path, world) as desk:
            auditor, officer = await desk.visitor(Role.AUDITOR), await desk.visitor(Role.OFFICER)
            here = f"/messages/{mid(1)}/evidence"
            assert (await auditor.post(here, {"variant": "disclosed"})).status == 403
            refused = await auditor.send("POST", f"/api/v1{here}", {"variant": "disclosed"})
            assert (refused.status, refused.json()["code"]) == (403, "forbidden_role")
            assert "disclosed" not in (await auditor.get(f"/messages/{mid(1)}")).text
            taken = await auditor.post(here, {"variant": "redacted"})
            assert (taken.status, taken.text) == (200, "PK")
            for path in (here, f"/api/v1{here}"):
                other = await officer.send("POST", path, {"variant": "sealed"})
                assert (other.status, len(bundles.taken)) == (403, 1), (
                    "a case that was never theirs"
                )
            chief = await desk.visitor(Role.SUPERVISOR)
            assert (await chief.post(here, {"variant": "disclosed"})).status == 200
            assert (await chief.post(here)).status == 200
            assert [variant for variant, _ in bundles.taken] == ["redacted", "disclosed", "sealed"]
            assert bundles.taken[0][1].startswith("RO/1 auditor")
            assert CANARY in (await officer.get("/inbox")).text
            for gone in (2, 3):
                page = plain((await officer.get(f"/messages/{mid(gone)}")).text)
                assert "The content cannot be read here" in page

    asyncio.run(play())


class Index:
    """An index that a test fills."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def warm(self) -> None:
        """Hold nothing."""

    async def search(self, query: SearchQuery, *, viewer: Caller) -> tuple[Hit, ...]:
        """Find one hit for every place, nothing for `none`, and refuse one letter."""
        del viewer
        self.asked.append(query.words)
        if len(query.words) < 2:
            raise DataError("too short", code="invalid_body")
        if query.words == "none":
            return ()
        return tuple(
            Hit(mid=mid(1), thread=mid(1), sender=FR, where=where, snippet="<b>\u202ex", t_ms=1)
            for where in ("text", "files", "reference")
        )


def test_search_keeps_its_words_out_of_every_address(tmp_path: Path) -> None:
    """D22: who may not read content cannot search; what is found is inert."""

    async def play() -> None:
        world, index = World(), Index()
        async with written_desk(tmp_path, world, searching=index) as desk:
            officer = await desk.visitor(Role.OFFICER)
            assert 'href="/search"' in (await officer.get("/inbox")).text
            assert (await officer.get("/search")).status == 200
            found = await officer.post("/search", {"words": " warehouse "})
            assert (found.status, "Location" in found.headers) == (200, False)
            assert "name of a file" in plain(found.text)
            assert "&lt;b&gt;" in found.text
            assert "\u202e" not in found.text
            none = plain((await officer.post("/search", {"words": "none"})).text)
            assert "Nothing that this desk sent or opened" in none
            assert (await officer.post("/search", {"words": "x"})).status == 422
            assert (await officer.post("/search", {"words": ""})).status == 200
            assert index.asked == ["warehouse", "none", "x"]
            for role in (Role.AUDITOR, Role.OPERATOR):
                other = await desk.visitor(role)
                assert (await other.post("/search", {"words": "warehouse"})).status == 403
                assert 'href="/search"' not in (await other.get("/inbox")).text

    asyncio.run(play())


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "\u202egnp.exe \u2066x\u2069",
    "nul\x00 esc\x1b[31m crlf\r\nX-Header: 1",
    "\U0001f469\u200d\U0001f4bb \u0e01\u0e33",
    "../../../../etc/passwd",
    "x" * 10_000,
)


def test_hostile_text_is_inert_in_every_field(tmp_path: Path) -> None:
    """D8: markup, script URLs, bidi overrides, NUL, ten thousand signs, in text and file names."""

    async def play() -> None:
        world = World()
        for number, text in enumerate(HOSTILE, start=1):
            put_hostile(world, number, text)
        async with written_desk(tmp_path, world) as desk:
            officer = await desk.visitor(Role.OFFICER)
            for number in range(1, len(HOSTILE) + 1):
                for path in (f"/messages/{mid(number)}", f"/cases/{mid(number)}", "/inbox"):
                    await check_inert(officer, path)
                world.act.name = HOSTILE[number - 1]
                file = await officer.get(f"/messages/{mid(number)}/files/0")
                assert file.headers["Content-Security-Policy"] == "sandbox"
                assert re.fullmatch(
                    r"attachment; filename\*=UTF-8''[A-Za-z0-9%._~-]{1,2000}",
                    file.headers["Content-Disposition"],
                )
                assert "%2F" not in file.headers["Content-Disposition"]
                assert "%00" not in file.headers["Content-Disposition"]

    asyncio.run(play())


async def check_inert(officer: Visitor, path: str) -> None:
    """Fetch a page and look for what would do something."""
    answer = await officer.get(path)
    assert answer.status == 200, path
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert 'href="javascript:' not in answer.text
    assert "49{%" not in answer.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", answer.text)


def test_lists_are_filtered_paged_and_say_what_does_not_fit(tmp_path: Path) -> None:
    """Fifty rows, the rest on the next page; an empty answer says how to see all."""

    async def play() -> None:
        world = World()
        for number in range(1, 61):
            received(world, number)
        async with written_desk(tmp_path, world) as desk:
            officer = await desk.visitor(Role.OFFICER)
            first = (await officer.get("/inbox?country=fr")).text
            assert first.count("data-row=") == 50
            assert "1 to 50 of 60" in first
            assert "country=fr&amp;after=50" in first
            second = (await officer.get("/inbox?country=fr&after=50")).text
            assert second.count("data-row=") == 10
            assert "country=fr&amp;after=0" in second
            none = plain((await officer.get("/inbox?country=XX&state=opened&article=29")).text)
            assert "No message fits this filter." in none

    asyncio.run(play())


def test_frozen_lane_is_told_on_every_page(tmp_path: Path) -> None:
    """Fork: all roles see it, and what to do."""

    async def play() -> None:
        world = World()
        received(world, 1)
        world.others.states = (
            PeerState(
                node=FR,
                way=Way(node=FR),
                waiting=(0, 0, 0, 0),
                their_log=3,
                our_log=3,
                is_forked=True,
                offset_ms=None,
                silent_since_ms=None,
            ),
        )
        async with written_desk(tmp_path, world) as desk:
            operator = await desk.visitor(Role.OPERATOR)
            for path in ("/inbox", f"/messages/{mid(1)}", f"/cases/{mid(1)}"):
                assert "two histories" in (await operator.get(path)).text

    asyncio.run(play())


def put_secret(world: World) -> MessageRow:
    """Put an opened message into the book, with a canary in each field."""
    content = replace(
        content_of(
            mid(1),
            reference=CANARY,
            body={
                "case_reference": CANARY,
                "facts": CANARY,
                "items": [{"item_id": CANARY, "data_category": "other", "description": CANARY}],
            },
        ),
        files=(file_named(f"{CANARY}.pdf"),),
    )
    return put(world, 1, content)


def put_hostile(world: World, number: int, text: str) -> None:
    """Put an opened message into the book in which every text is hostile."""
    value: Value = text
    body: dict[str, Value] = {
        "case_reference": value,
        "facts": value,
        "items": [{"item_id": value, "targets": [{"kind": value, "value": value}]}],
        text[:200]: value,
    }
    content = content_of(mid(number), reference=text, body=body)
    files = (replace(file_named(text[:200]), media_type=text[:200]),)
    put(world, number, replace(content, files=files))


def put(world: World, number: int, content: Content) -> MessageRow:
    """Put an opened message into the book."""
    row = row_of(mid(number), Direction.IN, state=MessageState.OPENED, content=content)
    world.book.put(row, content)
    return row
