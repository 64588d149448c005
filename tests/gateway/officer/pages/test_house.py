"""Pages of the house for every role: what they show, what they refuse, what they change."""

import asyncio
import csv
import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

from gateway.casework import Shift
from gateway.officer.services import KeyChangeService, RecoveryService
from gateway.officer.shapes.cells import BOM
from gateway.people import Role
from gateway.sections import WebhookSection
from gateway.service.contact import Contact
from gateway.service.roster import MAX_SHIFTS
from protocol.directory import ContactPoint, PartyEntry
from protocol.errors import NotAllowedError
from protocol.identifiers import NodeId
from protocol.requests.profile import Profile
from tests.gateway.officer.pages.house import house_test
from tests.gateway.officer.pages.test_writing import Staff, drafting
from tests.gateway.officer.pages.world import DeskWorld, Visitor, desk_world

SEEN_BY_ALL = (
    "/pings", "/pings/availability", "/directory", "/directory/FR", "/directory/FR/keys",
    "/directory/keys", "/log", "/help", "/duty", "/statistics",
)  # fmt: skip
RESTRICTED = {
    "/audit": {Role.SUPERVISOR, Role.AUDITOR},
    "/admin": {Role.OPERATOR, Role.AUDITOR},
    "/admin/peers": {Role.OPERATOR, Role.AUDITOR},
    "/admin/webhooks": {Role.OPERATOR, Role.AUDITOR},
    "/directory/FR/wrong": {Role.OFFICER},
}
POSTED = {
    "/pings": {Role.SUPERVISOR, Role.OPERATOR},
    "/pings/answers": {Role.OFFICER},
    "/duty/shifts": {Role.SUPERVISOR},
    "/duty/shifts/1/remove": {Role.SUPERVISOR},
    "/duty/handover": {Role.OFFICER, Role.APPROVER, Role.SUPERVISOR},
    "/policy": {Role.SUPERVISOR},
    "/audit/acts.csv": {Role.SUPERVISOR, Role.AUDITOR},
    "/admin/peers/FR/1/accept": {Role.OPERATOR},
    "/admin/keys/FR/accept": {Role.OPERATOR},
}
HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "javascript:alert(document.cookie)",
    "FR\u202e11-62\u2066x\u200f",
    '=HYPERLINK("https://x.example")',
    "../../../etc/passwd",
    "\x1b[2J\x07\x9b31m",
    "A" * 10_000,
    "{{ 7*7 }}{% raw %}",
)


def _contact(desk: DeskWorld) -> Contact:
    contact = desk.parts.services.contact
    assert contact is not None
    return contact


async def _acts(desk: DeskWorld) -> list[str]:
    leafing = desk.parts.services.leafing
    assert leafing is not None
    return [leaf.what for leaf in (await leafing.acts()).items]


@house_test
async def test_every_role_sees_the_pages_of_the_house(desk: DeskWorld) -> None:
    """Lists, log and directory are for everybody who signed in, in every language."""
    for role in Role:
        visitor = await desk.visitor(role)
        for path in SEEN_BY_ALL:
            answer = await visitor.get(f"{path}?language={'fr' if role is Role.AUDITOR else 'ar'}")
            assert answer.status == 200, (path, role)


@house_test
async def test_what_is_restricted_is_refused_to_every_other_role(desk: DeskWorld) -> None:
    """The table of roles decides, page by page; a stranger is sent to sign in."""
    stranger = await desk.visitor()
    for path in (*SEEN_BY_ALL, *RESTRICTED):
        assert (await stranger.get(path)).status == 303
    for role in Role:
        visitor = await desk.visitor(role)
        for path, allowed in RESTRICTED.items():
            assert (await visitor.get(path)).status == (200 if role in allowed else 403), path
        for path, allowed in POSTED.items():
            status = (await visitor.post(path)).status
            assert (status == 403) is (role not in allowed), (path, role, status)


@house_test
async def test_no_look_at_a_page_is_an_act(desk: DeskWorld) -> None:
    """Who crawls every link has told nobody anything."""
    officer = await desk.visitor(*(set(Role) - {Role.OPERATOR}))
    before = await _acts(desk)
    for path in (*SEEN_BY_ALL, *RESTRICTED):
        await officer.get(path)
    assert await _acts(desk) == before


@house_test
async def test_campaign_is_begun_followed_and_reported(desk: DeskWorld) -> None:
    """Both legs stand apart; the report is a table, or the bytes that the log states."""
    supervisor = await desk.visitor(Role.SUPERVISOR)
    form = {"campaign": "=autumn <b>", "nodes": "fr", "hours": "24"}
    begun = await supervisor.post("/pings", form)
    assert (begun.status, begun.headers["Location"]) == (303, "/pings/1")
    shown = await supervisor.get("/pings/1")
    assert "FR/1" in shown.text
    assert "=autumn &lt;b&gt;" in shown.text
    assert "Telephone list: 1 desk" in shown.text
    table = await supervisor.get("/pings/1/report.csv")
    assert table.text.encode().startswith(BOM)
    rows = list(csv.reader(StringIO(table.text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows] == ["node", "FR/1"]
    report = await supervisor.get("/pings/1/report.json")
    assert json.loads(report.text)[0]["node"] == "FR/1"
    assert report.headers["Content-Disposition"] == 'attachment; filename="pings-1.json"'
    assert (await supervisor.get("/pings/99")).status == 404


@house_test
async def test_campaign_is_paused_resumed_and_ended(desk: DeskWorld) -> None:
    """By whoever may begin one; the others see that it stands still."""
    supervisor, officer = await desk.visitor(Role.SUPERVISOR), await desk.visitor(Role.OFFICER)
    await supervisor.post("/pings", {"campaign": "autumn", "nodes": "fr", "hours": "24"})
    paused = await supervisor.post("/pings/1/pause")
    assert (paused.status, paused.headers["Location"]) == (303, "/pings/1")
    assert "Paused: nobody further is asked." in (await officer.get("/pings/1")).text
    assert "/pings/1/resume" not in (await officer.get("/pings/1")).text
    assert ">paused<" in (await officer.get("/pings")).text
    await supervisor.post("/pings/1/resume")
    assert "/pings/1/pause" in (await supervisor.get("/pings/1")).text
    await supervisor.post("/pings/1/close")
    assert ">closed<" in (await officer.get("/pings")).text
    assert "/pings/1/close" not in (await supervisor.get("/pings/1")).text
    assert (await officer.post("/pings/1/pause")).status == 403
    assert (await supervisor.post("/pings/99/close")).status == 404


@house_test
async def test_campaign_that_makes_no_sense_is_said_at_its_field(desk: DeskWorld) -> None:
    """Nothing that was typed is lost, and the summary leads to the field."""
    supervisor = await desk.visitor(Role.SUPERVISOR)
    for nodes, hours, words in (
        ("", "0", "from 1 to 168"),
        ("", "x", "from 1 to 168"),
        ("ZZ", "2", "no active node of this name"),
        ("RO/1", "2", "no active node of this name"),
    ):
        form = {"nodes": nodes, "hours": hours, "campaign": "kept"}
        answer = await supervisor.post("/pings", form)
        assert answer.status == 422
        assert words in answer.text
        assert 'value="kept"' in answer.text


@house_test
async def test_ping_stands_on_every_page_until_a_person_answers_it(desk: DeskWorld) -> None:
    """The human leg: a code that somebody read, and a word on our details."""
    asking = desk.peer.runtime.contact
    await asking.pings.begin([desk.node.id], name="spring", open_ms=3_600_000, who="FR/1 x")
    await _asked(desk)
    officer, auditor = await desk.visitor(Role.OFFICER), await desk.visitor(Role.AUDITOR)
    shown = await officer.get("/help")
    assert "Ping from FR/1" in shown.text
    assert "Ping from FR/1" not in (await auditor.get("/help")).text
    wrong = await officer.post("/pings/answers", {"code": "x"})
    assert wrong.status == 422
    assert "No ping that waits has this code" in wrong.text
    [asked] = await _contact(desk).desk.asked()
    long = await officer.post("/pings/answers", {"code": asked.code, "note": "x\u202ey"})
    assert long.status == 422
    code = f"{asked.code[:3]} {asked.code[3:]}"
    done = await officer.post("/pings/answers", {"code": code, "details": "change", "note": "+1"})
    assert done.status == 303
    shown = await officer.get(done.headers["Location"])
    assert "Your answer to FR/1 is kept and on its way." in shown.text
    assert (await officer.get("/pings?answered=x")).status == 200
    assert "Ping from FR/1" not in (await officer.get("/help")).text
    assert await _contact(desk).desk.asked() == ()


@house_test
async def test_availability_is_a_table_of_days(desk: DeskWorld) -> None:
    """Who was called how often, and answered how often."""
    counted = _contact(desk).availability
    for answered in (True, False):
        counted.called(NodeId("JP", 1), answered=answered)
    officer = await desk.visitor(Role.OFFICER)
    assert "1/2" in (await officer.get("/pings/availability")).text


@house_test
async def test_directory_is_searched_by_every_filter(desk: DeskWorld) -> None:
    """At night one looks for whoever does article 29, in a language one speaks."""
    officer = await desk.visitor(Role.OFFICER)
    party = desk.net.parties["FR"]
    profile = Profile.model_validate_json(
        json.dumps(
            {
                "party": "FR", "convention": "in_force", "second_protocol": "not_party",
                "languages": ["fr", "en"], "max_preservation_days": 90,
                "capabilities": dict.fromkeys(
                    ("technical_advice", "preservation", "evidence", "legal_information",
                     "location"), "direct"),
                "points_of_contact": [1], "reservation_29_4": False,
                "no_subscriber_only_9_1_b": False, "followup_9_5": "none",
                "poc_channel_10_9": False, "notify_7_5": False,
            }
        )
    )  # fmt: skip
    desk.net.parties["FR"] = party.model_copy(update={"profile": profile})
    for query, found in (
        ("q=police", None),
        ("country=fr", True),
        ("country=RO", False),
        ("article=29&spoken=fr", True),
        ("function=preservation&country=FR", True),
        ("available=yes&country=JP", False),
    ):
        answer = await officer.get(f"/directory?{query}")
        assert answer.status == 200
        if found is not None:
            assert ('id="party-FR"' in answer.text) is found, query
    assert "in force" in (await officer.get("/directory/FR")).text
    assert (await officer.get("/directory/JP")).status == 404


@house_test
async def test_fingerprints_stand_as_words_digits_and_hex(desk: DeskWorld) -> None:
    """Two people compare them by telephone, whatever language they share."""
    officer = await desk.visitor(Role.OFFICER)
    text = (await officer.get("/directory/FR/keys")).text
    assert re.search(r">[bdfghjklmnprstvz][aiou][a-z]{3}( [a-z]{5}){7}<", text)
    assert re.search(r">[0-9]{5}( [0-9]{5}){7}<", text)
    assert re.search(r">[0-9a-f]{64}<", text)
    assert "The next date of this node" in (await officer.get("/directory/keys")).text


@house_test
async def test_hostile_names_are_inert(desk: DeskWorld) -> None:
    """Whatever a Party calls itself, a page shows it and does nothing with it."""
    officer, operator = await desk.visitor(Role.OFFICER), await desk.visitor(Role.OPERATOR)
    party = desk.net.parties["FR"]
    for text in HOSTILE:
        # No directory holds such names; a page must not rest on that.
        points = tuple(
            ContactPoint.model_construct(
                **{**dict(point), "name": text, "remit": text, "hours": text}
            )
            for point in party.contact_points
        )
        desk.net.parties["FR"] = PartyEntry.model_construct(
            **{**dict(party), "name": text, "contact_points": points}
        )
        for path in ("/directory", "/directory/FR", "/directory/FR/wrong"):
            await _inert(officer, path)
        await _inert(operator, "/admin/peers")
    searched = await officer.get("/directory?q=%3Cscript%3Ealert(1)%3C/script%3E%00")
    assert "<script>alert" not in searched.text


async def _inert(visitor: Visitor, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status == 200
    for sign in ("<script>alert", "<img src=x", "\u202e", "\u2066", "\x1b", "\x9b", "\x00"):
        assert sign not in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@house_test
async def test_changes_of_a_party_are_shown_version_by_version(desk: DeskWorld) -> None:
    """Whoever wonders about a number sees since when it stands there."""
    officer = await desk.visitor(Role.OFFICER)
    assert "/directory/FR/history" in (await officer.get("/directory/FR")).text
    shown = await officer.get("/directory/RO/history")
    assert "The first entry that this node knows." in shown.text
    assert "&lt;b&gt;Romania" in shown.text
    assert "<b>Romania" not in shown.text
    for country in ("JP", "ZZ"):
        assert (await officer.get(f"/directory/{country}/history")).status == 404


@house_test
async def test_log_is_compared_with_a_node_that_is_called_now(desk: DeskWorld) -> None:
    """In words, with how far each holds the other's."""
    officer = await desk.visitor(Role.OFFICER)
    await desk.received()
    assert "Compare with another node" in (await officer.get("/log")).text
    shown = await officer.post("/log/peers", {"node": "FR/1"})
    assert shown.status == 200
    assert "both logs fit together" in shown.text
    for node in ("", "x", "JP/1"):
        assert (await officer.post("/log/peers", {"node": node})).status == 404


@house_test
async def test_log_is_shown_proven_and_verified(desk: DeskWorld) -> None:
    """Each leaf says what it is; a proof is a file; verifying tells how much it looked at."""
    mid = await desk.received()
    officer = await desk.visitor(Role.OFFICER)
    shown = await officer.get("/log")
    assert str(mid)[:8] in shown.text
    assert "Nobody has verified the log" in shown.text
    proof = await officer.get("/log/proof/0")
    assert proof.text.startswith("c2sp.org/tlog-proof@v1")
    assert proof.headers["Content-Disposition"] == 'attachment; filename="RO-1-log-0.tlog-proof"'
    assert (await officer.get("/log/proof/99999")).status == 404
    done = await officer.post("/log/verifications")
    assert (done.status, done.headers["Location"]) == (303, "/log#verification")
    verified = await officer.get("/log")
    async with asyncio.timeout(120):
        while "0 faults" not in verified.text:  # the page answers before the log is through
            verified = await officer.get("/log")
    assert "verified" in verified.text
    older = await officer.get("/log?at=1")
    assert "#1<" in older.text
    assert "#2<" not in older.text
    assert (await officer.get("/log?before=x")).status == 200


@house_test
async def test_log_is_compared_with_what_somebody_else_holds(desk: DeskWorld) -> None:
    """A note of another log shows nothing, and says so at its field."""
    await desk.received()
    officer = await desk.visitor(Role.OFFICER)
    view = await desk.parts.services.prove.show()
    assert view.head is not None
    held = view.head.note.decode()
    done = await officer.post("/log/comparisons", {"note": held.replace("\n", "\r\n")})
    assert done.status == 303
    assert "0 faults" in (await officer.get("/log")).text
    for note in ("", "no note", "\u202e"):
        bad = await officer.post("/log/comparisons", {"note": note})
        assert bad.status == 422
        assert "no checkpoint of our log" in bad.text


@house_test
async def test_acts_are_found_by_who_and_what_and_given_as_a_table(desk: DeskWorld) -> None:
    """An auditor looks for what one person did, and takes it along."""
    mid = await desk.received()
    await desk.node.runtime.act.open(mid, who="RO/1 officer 3")
    auditor = await desk.visitor(Role.AUDITOR)
    shown = await auditor.get("/audit?who=officer+3&act=opened")
    assert "RO/1 officer 3" in shown.text
    assert "RO/1 operator" not in shown.text
    nothing = await auditor.get("/audit?act=exported")
    assert "No act fits" in nothing.text
    assert (await auditor.get("/audit/acts.csv?act=opened")).status == 405
    size = desk.node.store.size
    table = await auditor.post("/audit/acts.csv?act=opened")
    [_, row] = csv.reader(StringIO(table.text.removeprefix("\ufeff")))
    assert row[2:5] == ["RO/1 officer 3", "opened", str(mid)]
    assert desk.node.store.size == size + 1
    stated = await auditor.get("/audit?act=exported")
    assert "RO/1 auditor" in stated.text
    assert "csv: 1 acts, who: any, act: opened" in stated.text
    unknown = await auditor.get(f"/audit?thread={'0' * 32}")
    assert unknown.status in {200, 422}
    bad = await auditor.get("/audit?thread=x")
    assert bad.status == 422
    thread = (await desk.parts.services.consult.show(mid)).line.row.thread
    record = await auditor.get(f"/audit?thread={thread}")
    assert "Access record of the case" in record.text


@house_test
async def test_acts_are_paged(desk: DeskWorld) -> None:
    """Fifty at a time, older ones behind a link."""
    for _ in range(60):
        await desk.person(Role.OFFICER)
    auditor = await desk.visitor(Role.AUDITOR)
    first = await auditor.get("/audit")
    found = re.search(r'href="(/audit\?[^"]*before=[0-9]+)"', first.text)
    assert found is not None
    older = await auditor.get(found[1].replace("&amp;", "&"))
    assert "person_added" in older.text
    log = await auditor.get("/log")
    assert re.search(r'href="/log\?before=[0-9]+"', log.text)


@house_test
async def test_statistics_are_drawn_tabled_and_given_as_a_file(desk: DeskWorld) -> None:
    """The same numbers three ways."""
    await desk.received()
    officer = await desk.visitor(Role.OFFICER)
    shown = await officer.get("/statistics?by=party")
    assert "<svg" in shown.text
    assert "<rect" in shown.text
    for query in ("by=type", "by=nothing", "from=2026-01-01&to=2026-12-31"):
        assert (await officer.get(f"/statistics?{query}")).status == 200
    for query in ("from=2026-12-31&to=2026-01-01", "from=x", "to=9999-12-31&from=9999-12-30"):
        bad = await officer.get(f"/statistics?{query}")
        assert bad.status == 422
        assert "The first day must come before the last" in bad.text
    table = await officer.get("/statistics.csv?by=article&from=2026-12-31&to=2026-01-01")
    rows = list(csv.reader(StringIO(table.text.removeprefix("\ufeff"))))
    assert rows[-1][0] == "all"
    assert int(rows[-1][2]) == 1


@house_test
async def test_roster_is_kept_by_supervisors_and_notes_by_those_who_read(desk: DeskWorld) -> None:
    """Who has the duty stands on every page; what was left is for those who read cases."""
    officer = await desk.visitor(Role.OFFICER)
    supervisor = await desk.visitor(Role.SUPERVISOR)
    assert officer.person is not None
    shift = {
        "person": str(officer.person.number),
        "from.day": "2020-01-01", "from.time": "08:00", "from.zone": "UTC",
        "until.day": "2099-01-01", "until.time": "20:00", "until.zone": "UTC",
    }  # fmt: skip
    for wrong in ({"person": "99"}, {"from.day": "x"}, {"until.day": "2019-01-01"},
                  {"from.zone": "No/Where"}):  # fmt: skip
        assert (await supervisor.post("/duty/shifts", {**shift, **wrong})).status == 422
    assert (await supervisor.post("/duty/shifts", shift)).status == 303
    shown = await officer.get("/help")
    assert "on duty:" in shown.text
    for text, status in (("", 422), ("x" * 10_001, 422), ("<b>Call FR</b>", 303)):
        assert (await officer.post("/duty/handover", {"text": text})).status == status
    assert "&lt;b&gt;Call FR&lt;/b&gt;" in (await officer.get("/duty")).text
    operator = await desk.visitor(Role.OPERATOR)
    assert "Call FR" not in (await operator.get("/duty")).text
    duty = await desk.parts.services.roster.duty()  # type: ignore[union-attr]
    assert (await supervisor.post(f"/duty/shifts/{duty.now[0].number}/remove")).status == 303
    assert "nobody on duty" in (await officer.get("/duty")).text


@house_test
async def test_full_roster_is_said(desk: DeskWorld) -> None:
    """The supervisor hears that nothing was added."""
    supervisor = await desk.visitor(Role.SUPERVISOR)
    assert supervisor.person is not None
    person = supervisor.person.number
    roster = desk.parts.services.roster
    assert roster is not None
    now_ms = desk.net.clock.ms
    shifts = [
        Shift(
            number=0, person=person, name="", from_ms=now_ms + n, until_ms=now_ms + n + 10_000_000
        )
        for n in range(MAX_SHIFTS)
    ]
    await roster.set_duty(shifts, by=desk.operator)
    one = {
        "person": str(person),
        "from.day": "2098-01-01", "from.time": "08:00", "from.zone": "UTC",
        "until.day": "2099-01-01", "until.time": "20:00", "until.zone": "UTC",
    }  # fmt: skip
    answer = await supervisor.post("/duty/shifts", one)
    assert answer.status == 422
    assert "the roster is full" in answer.text


class _Takes:
    """Recovery and keys that wait, as much as the pages ask of them."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, ...]] = []

    def waiting(self) -> dict[str, tuple[str, ...]]:
        """One key of France waits."""
        return {"FR": ("FR/1 kem 00ff",)}

    def proposed(self) -> dict[str, object]:
        """Nobody proposes anything."""
        return {}

    async def must_confirm(self) -> bool:
        """Whoever holds the node names the two."""
        return False

    async def accept(self, *what: object, who: str = "", **more: object) -> int:
        """Take note; Japan has nothing to be accepted."""
        if "JP" in str(what[0]):
            raise NotAllowedError("nothing waits")
        self.accepted.append((str(what[0]), who, str(more.get("people", ""))))
        return 1


def test_operator_accepts_what_two_people_compared_and_nothing_else(tmp_path: Path) -> None:
    """A reason is asked for, who did it is named, and what cannot be accepted is said."""
    takes = _Takes()

    async def scene() -> None:
        async with desk_world(
            tmp_path,
            change=lambda services: replace(
                services,
                recovery=cast("RecoveryService", takes),
                keychange=cast("KeyChangeService", takes),
            ),
        ) as desk:
            operator = await desk.visitor(Role.OPERATOR)
            assert "FR/1 kem 00ff" in (await operator.get("/admin/peers")).text
            people = {"reason": "compared", "first": "A", "second": "B"}
            for path, form, status in (
                ("/admin/peers/FR/1/accept", {"reason": ""}, 422),
                ("/admin/peers/JP/1/accept", {"reason": "told"}, 422),
                ("/admin/peers/FR/1/accept", {"reason": "told by telephone"}, 303),
                ("/admin/keys/FR/accept", {"reason": "x" * 501}, 422),
                ("/admin/keys/JP/accept", people, 422),
                ("/admin/keys/FR/accept", people, 303),
            ):
                assert (await operator.post(path, form)).status == status, (path, form)
            officer = await desk.visitor(Role.OFFICER)
            keys = await officer.get("/directory/FR/keys")
            assert "wait for two people" in keys.text

    asyncio.run(scene())
    assert [who for _, who, _ in takes.accepted] == ["RO/1 operator 1", ""]


def test_pages_of_a_desk_without_these_services_say_so(tmp_path: Path) -> None:
    """A part that was not built in is told, never a fault."""

    async def scene() -> None:
        async with desk_world(
            tmp_path, change=lambda services: replace(services, contact=None, leafing=None)
        ) as desk:
            visitor = await desk.visitor(*(set(Role) - {Role.OPERATOR}))
            for path in ("/pings", "/directory", "/log", "/audit", "/statistics", "/duty",
                         "/policy"):  # fmt: skip
                assert (await visitor.get(path)).status == 503, path
            mid = await desk.received()
            await desk.node.runtime.act.open(mid, who="RO/1 officer 3")
            assert (await visitor.post(f"/messages/{mid}/print")).status == 503

    asyncio.run(scene())


def test_policy_is_changed_by_a_supervisor_and_stands_in_the_log(tmp_path: Path) -> None:
    """Where the law asks for a second person the box is no way around it."""

    async def scene() -> None:
        async with desk_world(
            tmp_path,
            complete=lambda _net, node, parts: replace(
                parts, drafts=drafting(node, Staff(), tmp_path / "parts")
            ),
        ) as desk:
            supervisor = await desk.visitor(Role.SUPERVISOR)
            assert (await supervisor.get("/policy")).status == 200
            drafts = desk.parts.drafts
            assert drafts is not None
            policy = await drafts.policy()
            free = next(name for name, must in policy.types.items() if not must)
            on = [name for name, must in policy.types.items() if must]
            for version, types, status in (
                ("999", [*on, free], 422),
                (str(policy.version), on, 303),
                (str(policy.version), [*on, free], 303),
            ):
                form = [("csrf", supervisor.csrf), ("version", version)]
                form += [("types", name) for name in types]
                body = urlencode(form).encode()
                headers = {**supervisor.own(), "Content-Type": "application/x-www-form-urlencoded"}
                answer = await supervisor.ask("POST", "/policy", data=body, headers=headers)
                assert answer.status == status, answer.text[-1500:]
            assert (await drafts.policy()).types[free]

    asyncio.run(scene())


async def _asked(desk: DeskWorld) -> None:
    """Return when a ping waits for a person here."""
    async with asyncio.timeout(120):
        while not await _contact(desk).desk.asked():
            store = desk.node.store
            await store.wait_for_events(store.newest_event, 1.0)


def test_programs_that_are_told_are_listed_with_how_they_fare(tmp_path: Path) -> None:
    """An operator sees at once which of them takes no calls; secrets are on no page."""
    hook = WebhookSection(url="https://hook.example/a", secret_file="hook.secret")  # noqa: S106  a name

    async def scene() -> None:
        async with desk_world(
            tmp_path,
            change=lambda services: replace(
                services, config=services.config.model_copy(update={"webhook": (hook,)})
            ),
        ) as desk:
            operator = await desk.visitor(Role.OPERATOR)
            shown = await operator.get("/admin/webhooks")
            assert "https://hook.example/a" in shown.text
            assert "hook.secret" not in shown.text
            assert "a35 webhook test" in shown.text

    asyncio.run(scene())
