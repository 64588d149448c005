"""Coming in and going out on the pages, and what is a person's own."""

import asyncio
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

from gateway.config import DeskSection
from gateway.officer.desk import DeskParts
from gateway.people import Role
from gateway.service.sessions import IDLE_MS
from tests.gateway.officer.pages.world import Answer, DeskWorld, Visitor, desk_test, desk_world

PASSWORD = "violet tractor under rain"  # noqa: S105  of a test


def leads_to(answer: Answer) -> str:
    """Return where a page leads."""
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


async def csrf(visitor: Visitor) -> None:
    """Read the token of the session that a visitor has now."""
    visitor.csrf = (await visitor.get("/api/v1/session")).json()["csrf"]


@desk_test
async def test_link_leads_in_by_one_click_and_to_the_first_passkey(desk: DeskWorld) -> None:
    """The code comes from the fragment by script; the page itself never sees it in a GET."""
    person = await desk.person(Role.OFFICER)
    link = await desk.door.people.link(person.number, by=desk.operator)
    visitor = await desk.visitor()
    shown = await visitor.get("/enter")
    assert shown.status == 200
    assert "data-from-hash" in shown.text
    assert leads_to(await visitor.post("/enter", {"code": link.code})).startswith("/settings?first")
    assert (await visitor.get("/settings?first=yes")).status == 200
    assert "Secure" in str(visitor.cookies) or next(iter(visitor.cookies)).startswith("__Host-a35-")
    await csrf(visitor)
    again = await visitor.post("/enter", {"code": link.code})
    assert again.status == 403
    assert "does not count" in again.text


@desk_test
async def test_stranger_is_led_to_sign_in_and_back(desk: DeskWorld) -> None:
    """To pages of this desk alone, whatever the address says."""
    person = await desk.person(Role.OFFICER, name="duty1")
    await desk.door.signin.set_password(person, PASSWORD, by=desk.operator)
    stranger = await desk.visitor()
    assert leads_to(await stranger.get("/settings")) == "/sign-in?next=/settings"
    assert leads_to(await stranger.get("/")) == "/sign-in"
    assert (await stranger.get("/sign-in?next=/settings")).status == 200
    right = {"name": "duty1", "password": PASSWORD}
    wrong = await stranger.post("/sign-in", right | {"password": "something else"})
    assert (wrong.status, "did not let you in" in wrong.text) == (403, True)
    visitor = stranger
    for asked, led in (
        ("/settings", "/settings"),
        ("//evil.example/", "/inbox"),
        ("/\\evil.example/", "/inbox"),
        ("https://evil.example/", "/inbox"),
    ):
        visitor = await desk.visitor()
        assert leads_to(await visitor.post("/sign-in", right | {"next": asked})) == led
    assert leads_to(await visitor.get("/sign-in?next=/login")) == "/login"
    assert leads_to(await visitor.get("/")) == "/inbox"


@desk_test
async def test_guessing_is_slowed_down_on_the_page_too(desk: DeskWorld) -> None:
    """With the time to wait."""
    stranger = await desk.visitor()
    for _ in range(5):
        answer = await stranger.post("/sign-in", {"name": "x", "password": "y"})
        assert answer.status == 403
    slowed = await stranger.post("/sign-in", {"name": "x", "password": "y"})
    assert (slowed.status, slowed.headers["Retry-After"]) == (429, "30")


@desk_test
async def test_locked_screen_hides_content_and_goes_on_where_it_was(desk: DeskWorld) -> None:
    """Emergencies stay in sight, without a word of their content."""
    officer = await desk.visitor(Role.OFFICER)
    assert officer.person is not None
    assert leads_to(await officer.get("/locked")) == "/inbox"
    await desk.received(urgency="emergency")
    desk.net.clock.ms += IDLE_MS
    assert leads_to(await officer.get("/settings")) == "/locked?next=/settings"
    shown = await officer.get("/locked?next=/settings")
    assert (shown.status, "EMERGENCY" in shown.text) == (200, True)
    assert 'href="/inbox"' not in shown.text
    for word in ("subscriber", "art. ", "(fr/1)"):
        assert word not in shown.text.lower()
    stays = await officer.ask("POST", "/session/stay", headers=officer.own())
    assert stays.status == 403
    await desk.door.signin.set_password(officer.person, PASSWORD, by=desk.operator)
    assert "Unlock with the password" in (await officer.get("/locked")).text
    wrong = await officer.post("/locked", {"password": "no", "next": "/settings"})
    assert wrong.status == 403
    right = await officer.post("/locked", {"password": PASSWORD, "next": "/settings"})
    assert leads_to(right) == "/settings"
    assert (await officer.send("POST", "/session/stay")).status == 204
    assert leads_to(await officer.post("/lock")) == "/locked"
    assert leads_to(await officer.post("/sign-out")) == "/sign-in"
    assert leads_to(await officer.get("/locked")) == "/sign-in"
    assert leads_to(await officer.post("/locked")) == "/sign-in"


@desk_test
async def test_page_that_refreshes_itself_does_not_hold_the_lock_off(desk: DeskWorld) -> None:
    """Parts of pages are fetched at every event: a screen that nobody looks at would stay open."""
    officer = await desk.visitor(Role.OFFICER)
    desk.net.clock.ms += IDLE_MS - 1_000
    assert (await officer.get("/inbox", headers={"Sec-Fetch-Dest": "empty"})).status == 200
    desk.net.clock.ms += 1_000
    assert leads_to(await officer.get("/settings")) == "/locked?next=/settings"


@desk_test
async def test_settings_are_kept_for_the_person_and_the_browser(desk: DeskWorld) -> None:
    """Language and theme at once, and on the pages before signing in."""
    officer = await desk.visitor(Role.OFFICER)
    assert officer.person is not None
    chosen = {"language": "fr", "theme": "dark", "sound": "yes"}
    led = leads_to(await officer.post("/settings", chosen))
    shown = await officer.get(led)
    assert 'lang="fr"' in shown.text
    assert officer.cookies["a35-theme"] == "dark"
    kept = (await desk.door.people.get(officer.person.number)).settings
    assert (kept.language, kept.sound, kept.shortcuts) == ("fr", True, False)
    assert (await officer.post("/settings/sound", {"sound": "off"})).status == 204
    assert (await desk.door.people.get(officer.person.number)).settings.sound is False
    assert (await officer.post("/settings", {"language": "xx"})).status == 422


@desk_test
async def test_password_tokens_and_sessions_are_kept_in_hand(desk: DeskWorld) -> None:
    """Each is set, shown once where it is secret, and taken away by its owner."""
    person = await desk.person(Role.OFFICER, Role.APPROVER)
    officer, other = await desk.visitor(person=person), await desk.visitor(person=person)
    weak = await officer.post("/settings/password", {"password": "passwordpassword"})
    assert (weak.status, "tried first" in weak.text) == (422, True)
    assert leads_to(await officer.post("/settings/password", {"password": PASSWORD}))
    assert "You have one." in (await officer.get("/settings")).text
    assert leads_to(await officer.post("/settings/password", {"remove": "yes"}))
    bad = await officer.post("/settings/tokens", {"token": ""})
    assert bad.status == 422
    made = await officer.post("/settings/tokens", {"token": "filing", "roles": "officer"})
    found = re.search(r"a35t_[A-Za-z0-9_-]{43}", made.text)
    assert found is not None
    assert found[0] not in (await officer.get("/settings")).text
    (token,) = await desk.door.tokens.of(person.number)
    assert leads_to(await officer.post(f"/settings/tokens/{token.number}/revoke"))
    assert await desk.door.tokens.of(person.number) == ()
    newest = (await desk.door.sessions.of(person.number))[0]
    assert leads_to(await officer.post(f"/settings/sessions/{newest.number}/end"))
    assert leads_to(await other.get("/settings")) == "/sign-in?next=/settings"
    assert (await officer.post("/settings/sessions/999/end")).status == 404


@desk_test
async def test_program_is_let_in_after_the_code_was_compared(desk: DeskWorld) -> None:
    """Two steps: who it is, then yes; a code that nobody shows lets nobody in."""
    officer = await desk.visitor(Role.OFFICER)
    assert (await officer.get("/login")).status == 200
    secret, waiting = desk.door.devices.begin("a35 on <desk-2>")
    wrong = await officer.post("/login", {"code": "BBBB-BBBB"})
    assert wrong.status == 422
    asked = await officer.post("/login", {"code": waiting.code})
    assert "a35 on &lt;desk-2&gt;" in asked.text
    done = await officer.post("/login", {"code": waiting.code, "confirm": "yes"})
    assert "may act for you" in done.text
    token = await desk.door.devices.take(secret)
    program = await desk.visitor()
    program.headers["Authorization"] = f"Bearer {token}"
    assert (await program.get("/api/v1/me")).status == 200
    assert (await program.get("/settings")).status == 403


@desk_test
async def test_operator_administers_people_and_an_auditor_reads(desk: DeskWorld) -> None:
    """Link and token are shown once; nobody else finds the page."""
    operator = await desk.visitor(Role.OPERATOR)
    added = await operator.post("/admin/users", {"name": "duty1", "roles": "officer"})
    found = re.search(rf"{desk.base}/enter#[A-Za-z0-9_-]+", unescape(added.text))
    assert found is not None
    visitor = await desk.visitor()
    assert leads_to(await visitor.post("/enter", {"code": found[0].partition("#")[2]}))
    person = await desk.door.people.named("duty1")
    again = await operator.post("/admin/users", {"name": "duty1", "roles": "officer"})
    assert (again.status, "called so" in again.text) == (422, True)
    mixed = await operator.post(f"/admin/users/{person.number}/roles", {"version": "1"})
    assert mixed.status == 422
    form = {"roles": "auditor", "version": "1"}
    assert leads_to(await operator.post(f"/admin/users/{person.number}/roles", form))
    assert leads_to(await operator.post(f"/admin/users/{person.number}/lock"))
    assert "Let in again" in (await operator.get("/admin/users")).text
    assert leads_to(await operator.post(f"/admin/users/{person.number}/unlock"))
    linked = await operator.post(f"/admin/users/{person.number}/link")
    assert "/enter#" in linked.text
    robot = {"name": "robot", "roles": "officer", "service": "yes"}
    assert "a35t_" in (await operator.post("/admin/users", robot)).text
    auditor = await desk.visitor(Role.AUDITOR)
    seen = await auditor.get("/admin/users")
    assert (seen.status, "Add somebody" in seen.text) == (200, False)
    assert (await auditor.post("/admin/users", robot)).status == 403
    officer = await desk.visitor(Role.OFFICER)
    assert (await officer.get("/admin/users")).status == 403


@desk_test
async def test_break_glass_is_told_to_whoever_must_know(desk: DeskWorld) -> None:
    """For a day, above their pages, by number."""
    person = await desk.person(Role.OFFICER, name="duty1")
    await desk.door.signin.set_password(person, PASSWORD, by=desk.operator)
    stranger = await desk.visitor()
    assert leads_to(await stranger.post("/sign-in", {"name": "duty1", "password": PASSWORD}))
    words = "RO/1 officer 1 came in by the break-glass password"
    for role, is_told in ((Role.OPERATOR, True), (Role.SUPERVISOR, True), (Role.OFFICER, False)):
        visitor = await desk.visitor(role)
        assert (words in (await visitor.get("/settings")).text) is is_told
    desk.net.clock.ms += 25 * 3600 * 1000
    operator = await desk.visitor(Role.OPERATOR)
    assert words not in (await operator.get("/settings")).text


@desk_test
async def test_approvers_hear_of_every_link_that_lets_somebody_approve(desk: DeskWorld) -> None:
    """An operator who gives one to himself cannot take that away."""
    approver = await desk.person(Role.APPROVER)
    await desk.door.people.link(approver.number, by=desk.operator)
    officer = await desk.person(Role.OFFICER)
    await desk.door.people.link(officer.number, by=desk.operator)
    words = "RO/1 approver 1 may approve or supervise, and was given a way in"
    for role, is_told in ((Role.APPROVER, True), (Role.SUPERVISOR, True), (Role.OPERATOR, False)):
        visitor = await desk.visitor(role)
        page = (await visitor.get("/settings")).text
        assert (words in page) is is_told
        assert "RO/1 officer 2 may" not in page
    desk.net.clock.ms += 7 * 24 * 3600 * 1000 + 1
    assert words not in (await (await desk.visitor(Role.APPROVER)).get("/settings")).text


def test_demo_says_that_nobody_approves(tmp_path: Path) -> None:
    """On every page, together with what the keys are for."""

    async def play() -> None:
        section = DeskSection(name="desk", demo=True, one_person=True, combined_roles=True)

        def demo(_net: object, _node: object, parts: DeskParts) -> DeskParts:
            return replace(parts, is_demo=True)

        async with desk_world(tmp_path, desk=section, complete=demo) as desk:
            person = await desk.person(Role.OFFICER, Role.OPERATOR)
            link = await desk.door.people.link(person.number, by=desk.operator)
            visitor = await desk.visitor()
            assert leads_to(await visitor.post("/enter", {"code": link.code})) == "/inbox"
            shown = (await visitor.get("/settings")).text
            assert "DEMO" in shown
            assert "this demo is for one person" in shown
            assert "lets one person be operator" in (await visitor.get("/admin/users")).text

    asyncio.run(play())


@desk_test
async def test_flood_from_another_site_keeps_nobody_from_signing_in(desk: DeskWorld) -> None:
    """A page of somebody else, open in an officer's browser, asks this desk all day."""
    stranger = await desk.visitor()
    other = {"Sec-Fetch-Site": "cross-site"}
    statuses = [(await stranger.get("/sign-in", headers=other)).status for _ in range(230)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert (await stranger.get("/sign-in", headers={"Sec-Fetch-Site": "none"})).status == 200


@desk_test
async def test_form_that_cannot_be_read_is_refused(desk: DeskWorld) -> None:
    """Whoever says an unknown character set, or sends half a form, meets no bug."""
    for visitor in (await desk.visitor(), await desk.visitor(Role.OFFICER)):
        for kind, data in (
            ("application/x-www-form-urlencoded; charset=nope", b"a=b"),
            ("application/x-www-form-urlencoded", b"a=\xff"),
            ("multipart/form-data", b"a"),
        ):
            headers = {**visitor.own(), "Content-Type": kind}
            sent = await visitor.ask("POST", "/sign-in", data=data, headers=headers)
            assert sent.status == 400, (kind, sent.text)
