"""Cases at a desk over the API: notes, calls, who has one, duty; and who sees nothing of a case."""

from pathlib import Path
from typing import Any

from gateway.accounts import Person
from gateway.officer.access import ALLOWED, May, need_of
from gateway.officer.server import api_routes
from gateway.people import Role
from keys.digest import new_salt
from protocol.cases.ladder import MessageState
from protocol.log.statement import Act, officer_act
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.office import office, services_of
from tests.gateway.service.world import Json, request, scenario, send, until_state

NAMES = ["FR/1", "RO/1"]
CANARY = "zylophage"
OFFICER = somebody(Role.OFFICER, person=1)
SUPERVISOR = somebody(Role.SUPERVISOR, person=2)


def asked_document() -> Json:
    """Return a request with a word in it that nobody may see who may not read content."""
    document = request()
    document["body"]["case_reference"] = f"{CANARY}-1"
    document["body"]["requesting_authority"]["unit"] = CANARY
    return document


async def people(node: Node, *roles: Role) -> list[Person]:
    """Add somebody for each role, numbered from 1."""
    added = []
    for number, role in enumerate(roles, start=1):
        act = Act(act="added", who="RO/1 desk", ref=None, subject=None, why="", t_ms=1)
        added.append(
            await node.store.add_person(
                f"Person {number}",
                frozenset({role}),
                officer_act(act.encode(), new_salt()),
                is_service=False,
                now_ms=1,
            )
        )
    return added


async def received(net: Network) -> str:
    """Let FR/1 send a request to RO/1; return its id."""
    sent = await send(net["FR/1"], asked_document())
    await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
    return str(sent.mid)


@scenario
async def test_notes_and_calls_stand_beside_a_case_in_order(tmp_path: Path) -> None:
    """A night desk leaves the day desk what it learned by telephone."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = await received(net)
        async with office(services_of(net["RO/1"]), OFFICER) as ask:
            status, note = await ask("POST", f"/threads/{mid}/notes", {"text": " wait for FR "})
            assert (status, note["kind"], note["text"]) == (201, "note", "wait for FR")
            status, call = await ask("POST", f"/threads/{mid}/oral", {"text": "called +33"})
            assert (status, call["kind"], call["by"]["person"]) == (201, "call", 1)
            status, held = await ask("GET", f"/threads/{mid}/notes")
            assert held["items"] == [note, call]
            for path in ("notes", "oral"):
                say = ("POST", f"/threads/{mid}/{path}", {"text": "again"})
                first = await ask(*say, **{"Idempotency-Key": "k1"})
                assert await ask(*say, **{"Idempotency-Key": "k1"}) == first
                assert (await ask(*say, **{"Idempotency-Key": "k2"}))[1] != first[1]
            for text in ("   ", "", "x" * 5001):
                status, problem = await ask("POST", f"/threads/{mid}/notes", {"text": text})
                assert (status, problem["code"]) == (400, "invalid_body")
            nobody = "00" * 16
            for method, path, body in (
                ("POST", "notes", {"text": "x"}),
                ("POST", "close", {}),
                ("POST", "assign", {"person": None}),
                ("GET", "notes", None),
                ("GET", "desk", None),
                ("GET", "access-record", None),
            ):
                status, problem = await ask(method, f"/threads/{nobody}/{path}", body)
                assert (status, problem["code"]) == (404, "not_found"), path


@scenario
async def test_case_is_taken_given_and_put_away(tmp_path: Path) -> None:
    """An officer takes a case; only a supervisor gives it to somebody else."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = await received(net)
        node = net["RO/1"]
        await people(node, Role.OFFICER, Role.SUPERVISOR, Role.OFFICER, Role.AUDITOR)
        services = services_of(node)
        async with office(services, OFFICER) as ask:
            _, empty = await ask("GET", f"/threads/{mid}/desk")
            assert (empty["assignment"], empty["filed"]) == (None, None)
            earlier = {"on": True, "newest": empty["newest"] - 1}
            assert (await ask("POST", f"/threads/{mid}/close", earlier))[1]["closed"] is False
            shown = {"on": True, "newest": empty["newest"]}
            assert (await ask("POST", f"/threads/{mid}/close", shown))[1]["closed"] is True
            assert (await ask("POST", f"/threads/{mid}/close", {"on": False}))[0] == 200
            status, given = await ask("POST", f"/threads/{mid}/assign", {"person": 1})
            assert (status, given["person"], given["by"]["who"]) == (200, 1, OFFICER.who)
            status, problem = await ask("POST", f"/threads/{mid}/assign", {"person": 3})
            assert (status, problem["code"]) == (403, "forbidden_role")
            assert (await ask("POST", f"/threads/{mid}/assign", {"person": None}))[0] == 200
            status, filed = await ask("POST", f"/threads/{mid}/close", {"on": True})
            assert (status, filed["closed"]) == (200, True)
        async with office(services, SUPERVISOR) as ask:
            assert (await ask("POST", f"/threads/{mid}/assign", {"person": 3}))[1]["person"] == 3
            for number in (4, 9):
                status, problem = await ask("POST", f"/threads/{mid}/assign", {"person": number})
                assert (status, problem["code"]) == (404, "not_found")
            _, desk = await ask("GET", f"/threads/{mid}/desk")
            assert (desk["assignment"]["person"], desk["filed"]["closed"]) == (3, True)
        async with office(services, OFFICER) as ask:
            status, problem = await ask("POST", f"/threads/{mid}/assign", {"person": None})
            assert (status, problem["code"]) == (403, "forbidden_role")


@scenario
async def test_whoever_downloads_a_file_has_read_the_message(tmp_path: Path) -> None:
    """By a command as on the page; what cannot be read leaves no name."""
    async with network(tmp_path, NAMES, Wire()) as net:
        listed = [{"path": "order.txt", "role": "other", "media_type": "text/plain"}]
        asked = asked_document() | {"attachments": listed}
        sent = await send(net["FR/1"], asked, files={"order.txt": b"order"})
        await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
        services = services_of(net["RO/1"])
        async with office(services, SUPERVISOR) as ask:
            assert (await ask("GET", f"/messages/{sent.mid}/files/0"))[0] == 409
            assert (await ask("GET", f"/messages/{sent.mid}/seen"))[1]["items"] == []
            await net["RO/1"].runtime.act.open(sent.mid, who=OFFICER.who)
            assert await ask("GET", f"/messages/{sent.mid}/files/0") == (200, "order")
            _, seen = await ask("GET", f"/messages/{sent.mid}/seen")
            assert [one["by"]["name"] for one in seen["items"]] == [SUPERVISOR.name]


@scenario
async def test_access_record_names_acts_and_readings(tmp_path: Path) -> None:
    """Whoever reads content leaves their number; whose case it is may look it up."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = await received(net)
        services = services_of(net["RO/1"])
        async with office(services, OFFICER) as ask:
            status, problem = await ask("GET", f"/threads/{mid}/access-record")
            assert (status, problem["code"]) == (403, "forbidden_role")
            assert (await ask("POST", f"/messages/{mid}/open"))[0] == 200
            _, record = await ask("GET", f"/threads/{mid}/access-record")
            whats = [(one["who"], one["what"], one["log"] is None) for one in record["items"]]
            assert sorted(whats) == [(OFFICER.who, "opened", False), (OFFICER.who, "read", True)]
        async with office(services, SUPERVISOR) as ask:
            assert (await ask("GET", f"/messages/{mid}/content"))[0] == 200
            _, seen = await ask("GET", f"/messages/{mid}/seen")
            assert [one["by"]["name"] for one in seen["items"]] == ["Person 1", "Person 2"]
        async with office(services, somebody(Role.AUDITOR, person=4)) as ask:
            status, record = await ask("GET", f"/threads/{mid}/access-record")
            assert (status, len(record["items"])) == (200, 3)


@scenario
async def test_duty_is_set_by_supervisors_and_handed_over_by_those_who_read(
    tmp_path: Path,
) -> None:
    """Who is on duty stands on every page; what they leave is for readers of content."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        node = net["RO/1"]
        await people(node, Role.OFFICER)
        services = services_of(node)
        shifts = [
            {"person": 1, "begins": "2026-11-22T02:00:00Z", "ends": "2026-11-22T08:00:00Z"},
            {"person": 1, "begins": "2026-11-23T02:00:00+01:00", "ends": "2026-11-23T08:00:00Z"},
        ]
        async with office(services, SUPERVISOR) as ask:
            status, duty = await ask("PUT", "/duty", {"shifts": shifts})
            assert (status, len(duty["now"]), len(duty["coming"])) == (200, 1, 1)
            assert duty["now"][0]["name"] == "Person 1"
            assert duty["coming"][0]["begins"] == "2026-11-23T01:00:00.000Z"
            for wrong in (
                {"begins": "2026-11-22T09:00:00Z"},
                {"ends": "soon"},
                {"ends": "0001-01-01T00:00:00Z"},
            ):
                status, problem = await ask("PUT", "/duty", {"shifts": [shifts[0] | wrong]})
                assert (status, problem["code"]) == (400, "invalid_body")
            status, problem = await ask("PUT", "/duty", {"shifts": [shifts[0] | {"person": 7}]})
            assert (status, problem["code"]) == (404, "not_found")
        async with office(services, OFFICER) as ask:
            status, note = await ask("POST", "/duty/hand-over", {"text": "call FR at 8"})
            assert (status, note["text"]) == (201, "call FR at 8")
        async with office(services, somebody(Role.OPERATOR)) as ask:
            _, duty = await ask("GET", "/duty")
            assert duty["handover"]["text"] is None
            assert (await ask("PUT", "/duty", {"shifts": []}))[0] == 403


@scenario
async def test_operator_and_auditor_are_given_no_word_of_a_case(tmp_path: Path) -> None:
    """D10: the canary stands in reference and body, and in no answer to them."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = await received(net)
        services = services_of(net["RO/1"])
        paths = [
            "/messages",
            "/messages?box=out",
            f"/messages/{mid}",
            f"/messages/{mid}/content",
            f"/messages/{mid}/files/0",
            f"/messages/{mid}/attempts",
            f"/messages/{mid}/seen",
            f"/threads/{mid}",
            f"/threads/{mid}/desk",
            f"/threads/{mid}/notes",
            f"/threads/{mid}/access-record",
            "/events",
            "/duty",
            "/statistics",
        ]
        async with office(services, OFFICER) as ask:
            await ask("POST", f"/messages/{mid}/open")
            await ask("POST", f"/threads/{mid}/notes", {"text": CANARY})
            assert CANARY in str(await ask("GET", f"/messages/{mid}"))
        for role in (Role.OPERATOR, Role.AUDITOR):
            async with office(services, somebody(role)) as ask:
                for path in paths:
                    status, body = await ask("GET", path)
                    assert CANARY not in str(body), path
                    assert status < 500, path
                assert (await ask("POST", "/searches", {"q": CANARY}))[0] == 403
                _, item = await ask("GET", f"/messages/{mid}")
                assert item["reference"] is None
                assert (item["type"] is None) == (role is Role.OPERATOR)
                _, thread = await ask("GET", f"/threads/{mid}")
                assert (thread["requests"] == []) == (role is Role.OPERATOR)


@scenario
async def test_every_address_is_refused_to_every_role_that_the_table_leaves_out(
    tmp_path: Path,
) -> None:
    """D10: handler by handler, from the one table."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        services = services_of(net["RO/1"])
        routes = api_routes(services)
        for role in Role:
            async with office(services, somebody(role)) as ask:
                for route in routes:
                    need = need_of(route.handler)
                    assert need is not None, route.path
                    if need is May.ANYBODY or role in ALLOWED[need]:
                        continue
                    path = _filled(route.path.removeprefix("/api/v1"))
                    status, body = await ask(route.method, path, {})
                    assert (status, body["code"]) == (403, "forbidden_role"), (route.path, role)


def _filled(path: str) -> str:
    parts: dict[str, Any] = {"mid": "00" * 16, "thread": "00" * 16}
    pieces = [
        parts.get(piece[1:-1], "1") if piece.startswith("{") else piece for piece in path.split("/")
    ]
    return "/".join(pieces)


def test_marks_of_reading_exclude_those_who_never_read() -> None:
    """The table and the tests speak of the same roles."""
    assert ALLOWED[May.READ_CONTENT].isdisjoint({Role.OPERATOR, Role.AUDITOR})
