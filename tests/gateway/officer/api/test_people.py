"""People, sessions, tokens and programs over the API, at a real desk."""

from json import dumps

from gateway.people import Role
from gateway.service.attempts import OF_ALL, OF_ONE
from gateway.service.people import LINK_MS
from gateway.service.sessions import END_MS, FRESH_MS, IDLE_MS, MOST
from tests.gateway.officer.pages.world import DeskWorld, Visitor, desk_test

PASSWORD = "violet tractor under rain"  # noqa: S105  of a test
SECOND_MS = 1_000


async def enter(desk: DeskWorld, code: str) -> Visitor:
    """Come in by a one-time code."""
    visitor = await desk.visitor()
    answer = await visitor.send("POST", "/api/v1/session", {"code": code})
    assert answer.status == 201, answer.text
    visitor.csrf = answer.json()["csrf"]
    return visitor


def code_of(link: str) -> str:
    """Return what stands behind the # of a link."""
    return link.partition("#")[2]


@desk_test
async def test_operator_adds_people_and_nobody_else_does(desk: DeskWorld) -> None:
    """Everybody is listed with what they hold; a link is given once, to be handed over."""
    operator = await desk.visitor(Role.OPERATOR)
    asked = {"name": "duty1", "roles": ["officer"]}
    added = await operator.send("POST", "/api/v1/users", asked)
    assert added.status == 201
    assert added.json()["user"]["who"] == "RO/1 officer 2"
    assert added.json()["link"].startswith(f"{desk.base}/enter#")
    again = await operator.send("POST", "/api/v1/users", asked)
    assert (again.status, again.json()["code"]) == (409, "not_allowed")
    officer = await enter(desk, code_of(added.json()["link"]))
    refused = await officer.send("POST", "/api/v1/users", {"name": "x", "roles": ["officer"]})
    assert (refused.status, refused.json()["code"]) == (403, "forbidden_role")
    assert (await officer.get("/api/v1/users")).status == 403
    listed = (await operator.get("/api/v1/users")).json()["items"]
    assert [(one["name"], one["sessions"]) for one in listed][1] == ("duty1", 1)
    shown = await operator.get("/api/v1/users/2")
    assert shown.json() == listed[1]
    assert (await operator.get("/api/v1/users/77")).status == 404


@desk_test
async def test_link_counts_once_and_for_ten_minutes(desk: DeskWorld) -> None:
    """A link that somebody found in a history lets nobody in."""
    person = await desk.person(Role.OFFICER)
    link = await desk.door.people.link(person.number, by=desk.operator)
    await enter(desk, link.code)
    stranger = await desk.visitor()
    second = await stranger.send("POST", "/api/v1/session", {"code": link.code})
    assert (second.status, second.json()["code"]) == (403, "not_permitted")
    late = await desk.door.people.link(person.number, by=desk.operator)
    desk.net.clock.ms += LINK_MS
    expired = await stranger.send("POST", "/api/v1/session", {"code": late.code})
    assert (expired.status, expired.json()["code"]) == (403, "not_permitted")
    assert (await stranger.send("POST", "/api/v1/session", {})).status == 400
    assert (await stranger.send("POST", "/api/v1/session", {"code": "é"})).status == 403


@desk_test
async def test_screen_locks_when_idle_and_ends_after_twelve_hours(desk: DeskWorld) -> None:
    """Nobody reads on at a screen that was left; what the page fetches by itself is no use."""
    officer = await desk.visitor(Role.OFFICER)
    assert officer.person is not None
    desk.net.clock.ms += IDLE_MS - SECOND_MS
    before = (await officer.get("/api/v1/session")).json()
    assert before["signed_in"] is True
    assert before["locked"] is False
    desk.net.clock.ms += SECOND_MS
    refused = await officer.get("/api/v1/messages?box=in")
    assert (refused.status, refused.json()["code"]) == (401, "session_locked")
    state = (await officer.get("/api/v1/session")).json()
    assert (state["locked"], state["lock_at"]) == (True, None)
    await desk.door.signin.set_password(officer.person, PASSWORD, by=desk.operator)
    wrong = await officer.send("POST", "/api/v1/session/unlock", {"password": "something else"})
    assert wrong.status == 403
    opened = await officer.send("POST", "/api/v1/session/unlock", {"password": PASSWORD})
    assert opened.status == 204, opened.text
    assert (await officer.get("/api/v1/messages?box=in")).status == 200
    assert (await officer.send("POST", "/api/v1/session/lock")).status == 204
    assert (await officer.get("/api/v1/me")).json()["code"] == "session_locked"
    desk.net.clock.ms += END_MS
    assert (await officer.get("/api/v1/me")).json()["code"] == "not_signed_in"
    assert await desk.door.sessions.sweep() == 1


@desk_test
async def test_cookie_dies_with_sign_out_role_change_and_lock(desk: DeskWorld) -> None:
    """Whoever stole a cookie has nothing once its owner is out, or is another one."""
    person = await desk.person(Role.OFFICER, Role.APPROVER)
    first = await desk.visitor(person=person)
    stolen = Visitor(http=first.http, base=first.base, cookies=dict(first.cookies))
    assert (await stolen.get("/api/v1/me")).json()["name"] == person.name
    assert (await first.send("DELETE", "/api/v1/session")).status == 204
    assert (await stolen.get("/api/v1/me")).json()["code"] == "not_signed_in"
    assert (await first.send("DELETE", "/api/v1/session")).status == 401
    second, program = await desk.visitor(person=person), await desk.program(person=person)
    operator = await desk.visitor(Role.OPERATOR)
    address = f"/api/v1/users/{person.number}"
    changed = await operator.send("POST", f"{address}/roles", {"roles": ["auditor"]})
    assert changed.json()["roles"] == ["auditor"]
    for one in (second, program):
        assert (await one.get("/api/v1/me")).json()["code"] == "not_signed_in"
    stale = await operator.send("POST", f"{address}/roles", {"roles": ["officer"], "version": 1})
    assert (stale.status, stale.json()["code"]) == (412, "draft_changed")
    third = await desk.visitor(person=await desk.door.people.get(person.number))
    locked = await operator.send("POST", f"{address}/lock")
    assert locked.json()["locked"] is True
    assert (await third.get("/api/v1/me")).json()["code"] == "not_signed_in"
    assert (await operator.send("POST", f"{address}/link")).status == 409
    assert (await operator.send("POST", f"{address}/unlock")).json()["locked"] is False
    assert (await operator.send("POST", f"{address}/link")).status == 201


@desk_test
async def test_five_sessions_of_one_person_and_each_can_be_ended(desk: DeskWorld) -> None:
    """The one longest unused makes room; nobody ends another's."""
    person = await desk.person(Role.OFFICER)
    seats = []
    for _ in range(MOST + 1):
        desk.net.clock.ms += SECOND_MS
        seats.append(await desk.visitor(person=person))
    assert (await seats[0].get("/api/v1/me")).status == 401
    listed = (await seats[1].get("/api/v1/sessions")).json()["items"]
    assert [one["is_this"] for one in listed] == [False] * 4 + [True]
    other = await desk.visitor(Role.OFFICER)
    address = f"/api/v1/sessions/{listed[0]['number']}"
    assert (await other.send("DELETE", address)).status == 404
    assert (await seats[1].send("DELETE", address)).status == 204
    assert (await seats[-1].get("/api/v1/me")).status == 401


@desk_test
async def test_break_glass_password_lets_in_is_stated_and_slows_down_whoever_guesses(
    desk: DeskWorld,
) -> None:
    """Five wrong ones, then a wait; never a lock for good."""
    person = await desk.person(Role.OFFICER, name="duty1")
    officer = await desk.visitor(person=person)
    short = await officer.send("PUT", "/api/v1/me/password", {"password": "short"})
    assert short.status == 422
    kept = await officer.send("PUT", "/api/v1/me/password", {"password": PASSWORD})
    assert kept.status == 204
    stranger = await desk.visitor()
    wrong = {"name": "duty1", "password": "not the right words at all"}
    for _ in range(5):
        assert (await stranger.send("POST", "/api/v1/session", wrong)).status == 403
    right = {"name": "duty1", "password": PASSWORD}
    slowed = await stranger.send("POST", "/api/v1/session", right)
    assert (slowed.status, slowed.headers["Retry-After"]) == (429, "30")
    nobody = {"name": "nobody", "password": PASSWORD}
    assert (await stranger.send("POST", "/api/v1/session", nobody)).status == 403
    desk.net.clock.ms += 30 * SECOND_MS
    size = desk.node.store.size
    assert (await stranger.send("POST", "/api/v1/session", right)).status == 201
    assert desk.node.store.size == size + 1
    operator = await desk.visitor(Role.OPERATOR)
    gone = await operator.send("DELETE", f"/api/v1/users/{person.number}/password")
    assert gone.status == 204
    desk.net.clock.ms += 30 * SECOND_MS
    assert (await stranger.send("POST", "/api/v1/session", right)).status == 403


@desk_test
async def test_stranger_who_fails_keeps_nobody_out(desk: DeskWorld) -> None:
    """Neither by links nor by passwords: others have their links, and their browsers."""
    person = await desk.person(Role.OFFICER, name="duty1")
    await desk.door.signin.set_password(person, PASSWORD, by=desk.operator)
    own = await desk.visitor()
    link = await desk.door.people.link(person.number, by=desk.operator)
    assert (await own.send("POST", "/api/v1/session", {"code": link.code})).status == 201
    session = own.cookies.pop(desk.parts.address.cookie)
    assert own.cookies.keys() == {desk.parts.address.known_cookie}
    stranger = await desk.visitor()
    for number in range(OF_ALL):
        desk.net.clock.ms += SECOND_MS
        guess = {"name": f"duty{number}", "password": "not the right words"}
        assert (await stranger.send("POST", "/api/v1/session", {"code": "x" * 22})).status == 403
        assert (await stranger.send("POST", "/api/v1/session", guess)).status == 403
    right = {"name": "duty1", "password": PASSWORD}
    assert (await stranger.send("POST", "/api/v1/session", {"code": "x" * 22})).status == 429
    assert (await stranger.send("POST", "/api/v1/session", right)).status == 429
    other = await desk.door.people.link(person.number, by=desk.operator)
    fresh = await desk.visitor()
    assert (await fresh.send("POST", "/api/v1/session", {"code": other.code})).status == 201
    assert (await own.send("POST", "/api/v1/session", right)).status == 201
    own.cookies[desk.parts.address.cookie] = session
    own.csrf = (await own.get("/api/v1/session")).json()["csrf"]
    await own.send("POST", "/api/v1/session/lock")
    again = await own.send("POST", "/api/v1/session/unlock", {"password": PASSWORD})
    assert again.status == 204


@desk_test
async def test_browser_that_is_known_is_held_off_for_its_own_failures(desk: DeskWorld) -> None:
    """A colleague's browser guesses no better than a stranger's."""
    person = await desk.person(Role.OFFICER, name="duty1")
    await desk.door.signin.set_password(person, PASSWORD, by=desk.operator)
    right = {"name": "duty1", "password": PASSWORD}
    browser = await desk.visitor()
    for password, status in ((PASSWORD, 201), *[("no", 403)] * OF_ONE):
        answer = await browser.send("POST", "/api/v1/session", right | {"password": password})
        assert answer.status == status
        browser.cookies.pop(desk.parts.address.cookie, None)
    assert (await browser.send("POST", "/api/v1/session", right)).status == 429
    assert (await (await desk.visitor()).send("POST", "/api/v1/session", right)).status == 201


@desk_test
async def test_token_is_at_most_its_owner_and_makes_no_other(desk: DeskWorld) -> None:
    """A stolen token ends with a click, and leaves nothing behind."""
    person = await desk.person(Role.OFFICER, Role.APPROVER)
    officer = await desk.visitor(person=person)
    made = await officer.send("POST", "/api/v1/tokens", {"name": "filing", "roles": ["officer"]})
    assert made.status == 201
    token = made.json()["token"]
    assert token.startswith("a35t_")
    program = await desk.visitor()
    program.headers["Authorization"] = f"Bearer {token}"
    me = (await program.get("/api/v1/me")).json()
    assert (me["way"], me["roles"], me["who"]) == ("token", ["officer"], "RO/1 officer 1")
    more = await program.send("POST", "/api/v1/tokens", {"name": "more"})
    assert (more.status, more.json()["code"]) == (403, "forbidden_role")
    too_much = {"name": "x", "roles": ["operator"]}
    assert (await officer.send("POST", "/api/v1/tokens", too_much)).status == 422
    assert (await officer.send("POST", "/api/v1/tokens", {"name": "\n"})).status == 422
    (held,) = (await officer.get("/api/v1/tokens")).json()["items"]
    assert (held["name"], held["used_at"] is None) == ("filing", False)
    auditor = await desk.visitor(Role.AUDITOR)
    seen = await auditor.get(f"/api/v1/users/{person.number}/tokens")
    assert seen.json()["items"] == [held]
    address = f"/api/v1/tokens/{held['number']}"
    assert (await program.send("DELETE", address)).status == 204
    assert (await program.get("/api/v1/me")).status == 401
    assert (await officer.send("DELETE", address)).status == 404
    nonsense = await desk.visitor()
    nonsense.headers["Authorization"] = "Basic a35t_x"
    assert (await nonsense.get("/healthz")).status == 401


@desk_test
async def test_token_ends_after_ninety_days(desk: DeskWorld) -> None:
    """A forgotten program stops."""
    program = await desk.program(Role.OFFICER)
    assert (await program.get("/api/v1/me")).status == 200
    desk.net.clock.ms += 90 * 24 * 3600 * SECOND_MS
    assert (await program.get("/api/v1/me")).status == 401


@desk_test
async def test_program_is_let_in_by_the_code_on_its_screen(desk: DeskWorld) -> None:
    """Once, by who is signed in on a page, within ten minutes."""
    program, officer = await desk.visitor(), await desk.visitor(Role.OFFICER)
    begun = (await program.send("POST", "/api/v1/devices", {"name": "a35 on desk-2"})).json()
    assert begun["page"] == f"{desk.base}/login"
    wait = {"secret": begun["secret"]}
    early = await program.send("POST", "/api/v1/devices/token", wait)
    assert (early.status, early.json()["code"]) == (503, "not_yet")
    wrong = await officer.send("POST", "/api/v1/devices/confirm", {"code": "BBBB-BBBB"})
    assert wrong.status == 404
    typed = {"code": begun["code"].lower().replace("-", " ")}
    confirmed = await officer.send("POST", "/api/v1/devices/confirm", typed)
    assert confirmed.json() == {"name": "a35 on desk-2"}
    token = (await program.send("POST", "/api/v1/devices/token", wait)).json()["token"]
    assert (await program.send("POST", "/api/v1/devices/token", wait)).status == 404
    program.headers["Authorization"] = f"Bearer {token}"
    assert officer.person is not None
    assert (await program.get("/api/v1/me")).json()["name"] == officer.person.name


@desk_test
async def test_service_account_gets_its_token_once_and_has_no_page(desk: DeskWorld) -> None:
    """A program never approves, never signs in on a page."""
    operator = await desk.visitor(Role.OPERATOR)
    asked = {"name": "filing", "roles": ["officer"], "service": True}
    added = (await operator.send("POST", "/api/v1/users", asked)).json()
    assert (added["link"], added["token"][:5]) == (None, "a35t_")
    approver = {"name": "robot", "roles": ["approver"], "service": True}
    assert (await operator.send("POST", "/api/v1/users", approver)).status == 422
    link = await operator.send("POST", f"/api/v1/users/{added['user']['number']}/link")
    assert link.status == 409
    program = await desk.visitor()
    program.headers["Authorization"] = f"Bearer {added['token']}"
    assert (await program.get("/api/v1/me")).json()["roles"] == ["officer"]


@desk_test
async def test_settings_are_a_persons_own(desk: DeskWorld) -> None:
    """They are kept, and what is not offered is refused."""
    officer = await desk.visitor(Role.OFFICER)
    chosen = {"language": "fr", "theme": "dark", "sound": False, "shortcuts": False}
    assert (await officer.send("PUT", "/api/v1/me/settings", chosen)).json() == chosen
    assert (await officer.get("/api/v1/me/settings")).json() == chosen
    assert (await officer.get("/api/v1/me")).json()["language"] == "fr"
    odd = await officer.send("PUT", "/api/v1/me/settings", chosen | {"language": "xx"})
    assert odd.status == 400


@desk_test
async def test_what_the_script_fetches_does_not_keep_the_screen_open(desk: DeskWorld) -> None:
    """Parts of pages come by themselves, for hours; a person clicks or types."""
    officer = await desk.visitor(Role.OFFICER)
    desk.net.clock.ms += IDLE_MS - SECOND_MS
    fetched = await officer.get("/settings", headers={"Sec-Fetch-Dest": "empty"})
    assert fetched.status == 200
    desk.net.clock.ms += SECOND_MS
    assert (await officer.get("/api/v1/me")).json()["code"] == "session_locked"


@desk_test
async def test_what_the_script_tries_again_does_not_keep_the_screen_open(desk: DeskWorld) -> None:
    """A save that fails every 15 seconds would keep an empty room signed in all night."""
    officer = await desk.visitor(Role.OFFICER)
    chosen = {"language": "fr", "theme": "dark", "sound": False, "shortcuts": False}
    body = dumps(chosen).encode()

    def script(visitor: Visitor, **further: str) -> dict[str, str]:
        own = {**visitor.own(), "X-CSRF-Token": visitor.csrf}
        return own | {"Content-Type": "application/json", "Sec-Fetch-Dest": "empty"} | further

    again = script(officer, **{"X-A35-Unasked": "yes"})
    desk.net.clock.ms += IDLE_MS - SECOND_MS
    tried = await officer.ask("PUT", "/api/v1/me/settings", data=body, headers=again)
    assert tried.status == 200, tried.text
    desk.net.clock.ms += SECOND_MS
    assert (await officer.get("/api/v1/me")).json()["code"] == "session_locked"
    other = await desk.visitor(Role.OFFICER)
    desk.net.clock.ms += IDLE_MS - SECOND_MS
    saved = await other.ask("PUT", "/api/v1/me/settings", data=body, headers=script(other))
    assert saved.status == 200, saved.text
    desk.net.clock.ms += SECOND_MS
    assert (await other.get("/api/v1/me")).status == 200


@desk_test
async def test_name_of_a_visit_is_short(desk: DeskWorld) -> None:
    """It is kept in memory for minutes: five hundred of two megabytes each would fill it."""
    stranger = await desk.visitor()
    for visit in ("", "x" * 65):
        refused = await stranger.post("/sign-in/options", {"visit": visit})
        assert refused.status == 403
    assert (await stranger.post("/sign-in/options", {"visit": "x" * 64})).status == 200


@desk_test
async def test_whoever_has_no_page_is_led_to_one(desk: DeskWorld) -> None:
    """A token does what programs do, a form carries no file, a stranger unlocks nothing."""
    program, officer = await desk.program(Role.OFFICER), await desk.visitor(Role.OFFICER)
    assert (await program.send("PUT", "/api/v1/me/password", {"password": None})).status == 403
    assert (await program.get("/settings")).status == 403
    assert (await program.send("POST", "/lock")).status == 303
    stranger = await desk.visitor()
    unlocked = await stranger.send("POST", "/api/v1/session/unlock", {"password": "x"})
    assert unlocked.status == 401
    assert (await stranger.post("/sign-out")).status == 303
    assert (await stranger.get("/api/v1/session")).json()["signed_in"] is False
    assert (await officer.send("DELETE", "/api/v1/tokens/this")).status == 404
    boundary = "x"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{officer.csrf}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="language"; filename="a"\r\n'
        f"Content-Type: text/plain\r\n\r\nx\r\n--{boundary}--\r\n"
    )
    headers = {**officer.own(), "Content-Type": f"multipart/form-data; boundary={boundary}"}
    sent = await officer.ask("POST", "/settings", data=body.encode(), headers=headers)
    assert sent.status == 400


@desk_test
async def test_by_what_somebody_comes_in_is_changed_only_afresh(desk: DeskWorld) -> None:
    """Whoever finds a screen open does not stay for good: the person shows again who they are."""
    officer = await desk.visitor(Role.OFFICER)
    assert officer.person is not None
    await desk.door.signin.set_password(officer.person, PASSWORD, by=desk.operator)
    for _ in range(2):
        desk.net.clock.ms += FRESH_MS // 2
        assert (await officer.get("/settings")).status == 200
    assert "unlock it first" in (await officer.get("/settings")).text
    for method, path, body in (
        ("PUT", "/me/password", {"password": PASSWORD}),
        ("POST", "/passkeys/options", None),
        ("POST", "/tokens", {"name": "x"}),
        ("POST", "/devices/confirm", {"code": "BBBB-BBBB"}),
    ):
        refused = await officer.send(method, f"/api/v1{path}", body)
        assert (refused.status, refused.json()["code"]) == (401, "fresh_sign_in_needed")
    _, waiting = desk.door.devices.begin("x")
    for path, form in (
        ("/settings/password", {"password": PASSWORD}),
        ("/settings/passkeys/options", {}),
        ("/settings/tokens", {"token": "x", "roles": "officer"}),
        ("/login", {"code": waiting.code, "confirm": "yes"}),
    ):
        assert (await officer.post(path, form)).status == 401
    assert (await officer.send("POST", "/api/v1/session/lock")).status == 204
    unlocked = await officer.send("POST", "/api/v1/session/unlock", {"password": PASSWORD})
    assert unlocked.status == 204
    assert (await officer.send("POST", "/api/v1/tokens", {"name": "x"})).status == 201
    assert "unlock it first" not in (await officer.get("/settings")).text
