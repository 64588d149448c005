"""Who comes to the desk, by which way, and what becomes of those who may not."""

import asyncio
import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from aiohttp.web import AbstractRoute

from gateway.config import DeskSection
from gateway.journal import configure_journal
from gateway.officer.access import ALLOWED, May, need_of
from gateway.people import Role
from tests.gateway.officer.pages.world import Answer, DeskWorld, Visitor, desk_test, desk_world

SECOND_MS = 1_000
_HEX = "0" * 32
_IN_PATH = {"country": "FR", "party": "FR", "cc": "FR", "name": "x", "version": "x"}


def code(answer: Answer) -> tuple[int, str]:
    """Return status and code of a refusal, of the API or a page."""
    if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return answer.status, answer.json()["code"]
    found = re.search(r'"govuk-body-s">(\w+)', answer.text)
    return answer.status, "" if found is None else found[1]


@desk_test
async def test_person_with_a_session_reads_and_a_stranger_does_not(desk: DeskWorld) -> None:
    """The cookie says who asks; without one the API says so and pages lead to sign-in."""
    officer = await desk.visitor(Role.OFFICER)
    mid = await desk.received()
    listed = await officer.get("/api/v1/messages?box=in")
    assert (listed.status, listed.json()["items"][0]["mid"]) == (200, str(mid))
    stranger = await desk.visitor()
    assert code(await stranger.get("/api/v1/messages?box=in")) == (401, "not_signed_in")
    nobody = Visitor(http=desk.http, base=desk.base)
    nobody.cookies[desk.parts.address.cookie] = "x" * 43
    assert code(await nobody.get("/api/v1/me")) == (401, "not_signed_in")
    nobody.cookies[desk.parts.address.cookie] = "x" * 200
    assert code(await nobody.get("/api/v1/me")) == (401, "not_signed_in")


@desk_test
async def test_other_hosts_are_refused_before_anything_is_looked_at(desk: DeskWorld) -> None:
    """A name that somebody lets resolve to this machine reads nothing (DNS rebinding)."""
    officer = await desk.visitor(Role.OFFICER)
    port = desk.parts.address.port
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1:{port}", "localhost", ""):
        for path in ("/api/v1/me", "/settings"):
            refused = await officer.get(path, headers={"Host": host})
            assert code(refused) == (421, "bad_host"), (host, path)
    assert (await officer.get("/healthz", headers={"Host": f"127.0.0.1:{port}"})).status == 200
    assert (await officer.get("/healthz", headers={"Host": "evil.example"})).status == 421


@desk_test
async def test_posts_that_no_page_of_ours_made_are_refused(desk: DeskWorld) -> None:
    """Another origin, another site, no token, somebody else's: each is enough."""
    officer, other = await desk.visitor(Role.OFFICER), await desk.visitor(Role.OFFICER)
    own = officer.own()
    form = {"csrf": officer.csrf, "sound": "off"}
    path = "/settings/sound"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": desk.base.replace("localhost", "127.0.0.1")},
        {"Origin": desk.base, "Sec-Fetch-Site": "cross-site"},
        {"Origin": desk.base, "Sec-Fetch-Site": "same-site"},
        {},
    ):
        refused = await officer.ask("POST", path, data=form, headers=headers)
        assert code(refused) == (403, "csrf"), headers
    for token in ("", "x", "é", other.csrf):
        body = form | {"csrf": token}
        assert code(await officer.ask("POST", path, data=body, headers=own)) == (403, "csrf")
    bare = await officer.ask("POST", path, data=b"x=y", headers=own)
    assert code(bare) == (403, "csrf")
    sent = await officer.ask("PUT", "/api/v1/me/settings", data=b"{}", headers=own)
    assert code(sent) == (403, "csrf")
    assert (await officer.ask("POST", path, data=form, headers=own)).status == 204
    stranger = await desk.visitor()
    login = await stranger.ask(
        "POST", "/sign-in", data={"name": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert code(login) == (403, "csrf")


@desk_test
async def test_cookie_and_token_in_one_request_are_refused(desk: DeskWorld) -> None:
    """One says a page asks, the other a program: nobody can be both."""
    officer, program = await desk.visitor(Role.OFFICER), await desk.program(Role.OFFICER)
    officer.headers.update(program.headers)
    assert code(await officer.get("/api/v1/me")) == (403, "csrf")
    sent = await program.ask("POST", "/api/v1/devices", data=json.dumps({"name": "x"}).encode())
    assert sent.status == 201


@desk_test
async def test_every_answer_carries_the_headers_that_browsers_need(desk: DeskWorld) -> None:
    """Pages, the API, refusals: none may be framed, sniffed or kept."""
    officer = await desk.visitor(Role.OFFICER)
    for path, status in (("/settings", 200), ("/api/v1/me", 200), ("/nothing", 404), ("/", 303)):
        answer = await officer.get(path)
        assert answer.status == status
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    reported = await officer.ask("POST", "/csp", data=b'{"csp-report": {}}')
    assert reported.status == 204


@desk_test
async def test_who_asks_too_often_waits(desk: DeskWorld) -> None:
    """Each session for itself; a second later it goes on."""
    officer, other = await desk.visitor(Role.OFFICER), await desk.visitor(Role.OFFICER)
    answers = [await officer.get("/api/v1/session") for _ in range(201)]
    assert [each.status for each in answers[:200]] == [200] * 200
    assert code(answers[200]) == (429, "rate_limited")
    assert answers[200].headers["Retry-After"] == "1"
    page = await officer.get("/settings")
    assert (page.status, page.headers["Retry-After"]) == (429, "1")
    assert (await officer.get("/healthz")).status == 200
    assert (await other.get("/api/v1/session")).status == 200
    desk.net.clock.ms += SECOND_MS
    assert (await officer.get("/api/v1/session")).status == 200
    unsafe = [await other.send("POST", "/session/stay") for _ in range(41)]
    assert [each.status for each in unsafe[39:]] == [204, 429]


@desk_test
async def test_one_session_follows_events_four_times_at_most(desk: DeskWorld) -> None:
    """A fifth stream waits; one whose reader has gone makes room at once, as pages are turned."""
    officer = await desk.visitor(Role.OFFICER)
    name, secret = next(iter(officer.cookies.items()))
    headers = {"Accept": "text/event-stream", "Cookie": f"{name}={secret}"}
    address = f"{desk.base}/api/v1/events"
    streams = [await desk.http.get(address, headers=headers) for _ in range(4)]
    assert [each.status for each in streams] == [200] * 4
    async with desk.http.get(address, headers=headers) as fifth:
        assert fifth.status == 429
    for _ in range(8):
        streams.pop(0).close()
        streams.append(await desk.http.get(address, headers=headers))
    assert [each.status for each in streams] == [200] * 4
    for each in streams:
        each.close()


def test_proxy_on_this_machine_is_named_in_the_settings(tmp_path: Path) -> None:
    """Its host and origin count; a passkey then belongs to that host."""

    async def play() -> None:
        section = DeskSection(name="desk", origins=("https://desk.example.org",))
        async with desk_world(tmp_path, desk=section) as desk:
            officer = await desk.visitor(Role.OFFICER)
            there = {"Host": "desk.example.org", "Origin": "https://desk.example.org"}
            assert (await officer.get("/api/v1/me", headers=there)).status == 200
            asked = await officer.ask(
                "POST",
                "/api/v1/passkeys/options",
                headers={**there, "X-CSRF-Token": officer.csrf},
            )
            assert json.loads(asked.json()["options"])["rp"]["id"] == "desk.example.org"

    asyncio.run(play())


def routes_of(desk: DeskWorld) -> Iterator[tuple[AbstractRoute, str, May]]:
    """Yield each address of the desk with a path that fits it, and what it needs."""
    for route in desk.app.router.routes():
        if route.method == "HEAD" or route.resource is None:
            continue
        need = need_of(route.handler)
        assert need is not None, f"{route.method} {route.resource.canonical} has no mark"
        yield route, _filled(route.resource.canonical), need


def _filled(path: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        is_number = name in {"n", "k", "i", "number", "generation", "index", "part", "leaf"}
        return "999" if is_number else _IN_PATH.get(name, _HEX)

    return re.sub(r"\{(\w+)\}", value, path)


@desk_test
async def test_every_address_lets_in_the_roles_of_the_table_and_no_other(desk: DeskWorld) -> None:
    """Handler by role: who may not is told so, who may is never refused for the role."""
    people = {role: await desk.person(role) for role in Role}
    seats = {role: await desk.visitor(person=person) for role, person in people.items()}
    stranger = await desk.visitor()
    found = list(routes_of(desk))
    assert len(found) > 100
    for route, path, need in found:
        for role in Role:
            desk.net.clock.ms += 100
            answer = await seats[role].send(route.method, f"{path}?wait=0")
            refused = code(answer) == (403, "forbidden_role")
            allowed = need is May.ANYBODY or role in ALLOWED[need]
            assert refused is not allowed, (route.method, path, role, answer.status)
            assert answer.status != 500, (route.method, path, role, answer.text[-300:])
            if any(word in path for word in ("session", "sign-out", "lock")):
                seats[role] = await desk.visitor(person=people[role])
        if need is not May.ANYBODY:
            told = await stranger.send(route.method, f"{path}?wait=0")
            is_page = not path.startswith("/api/")
            assert told.status == (303 if is_page else 401), (route.method, path)


@desk_test
async def test_operator_and_auditor_get_no_word_of_a_case(desk: DeskWorld) -> None:
    """The canary stands in the content of a message; nothing that they may fetch has it."""
    mid = await desk.received(urgency="emergency")
    officer = await desk.visitor(Role.OFFICER)
    assert (await officer.send("POST", f"/api/v1/messages/{mid}/open")).status == 200
    canary = "A person is being held"
    assert canary in (await officer.get(f"/api/v1/messages/{mid}/content")).text
    for role in (Role.OPERATOR, Role.AUDITOR):
        seat = await desk.visitor(role)
        for route, _, _ in routes_of(desk):
            if route.method != "GET" or route.resource is None:
                continue
            path = route.resource.canonical.replace("{mid}", str(mid)).replace("{id}", str(mid))
            answer = await seat.get(_filled(path.replace("{thread}", str(mid))) + "?wait=0&box=in")
            desk.net.clock.ms += 100
            assert canary not in answer.text, (role, path)


def test_each_refusal_is_noted_without_what_was_sent(tmp_path: Path) -> None:
    """Its code, nothing of the request: an address or a form may hold words of a case."""
    journal = StringIO()
    configure_journal(journal, json=True)

    async def play() -> None:
        async with desk_world(tmp_path) as desk:
            officer = await desk.visitor(Role.OFFICER)
            canary = "canary-of-a-case"
            await officer.get(f"/settings?{canary}", headers={"Host": canary})
            await officer.ask("POST", "/settings", data={"csrf": canary}, headers=officer.own())
            await officer.ask("POST", "/csp", data=canary.encode())
            await officer.post("/admin/users", {"name": canary})
            program = await desk.visitor()
            program.headers["Authorization"] = f"Bearer a35t_{canary}"
            await program.get("/api/v1/me")

    asyncio.run(play())
    told = journal.getvalue()
    assert "canary" not in told
    for code_noted in ("bad_host", "csrf", "forbidden_role", "not_signed_in"):
        assert re.search(rf'"event": "request_refused".*"code": "{code_noted}"', told), code_noted
    assert "page_policy_stopped" in told
