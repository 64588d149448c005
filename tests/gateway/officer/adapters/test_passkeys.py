"""Passkeys at a real desk, answered by a device in software: enrolled, shown, refused."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.people import Role
from gateway.service.passkeys import LIFE_MS, DeskSignatories
from gateway.service.sessions import IDLE_MS
from keys.digest import sha256
from tests.gateway.officer.pages.world import Answer, DeskWorld, Visitor, desk_test


def text(data: bytes) -> str:
    """Write bytes as a browser does."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(written: str) -> bytes:
    """Read what a browser wrote."""
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))


@dataclass(kw_only=True)
class Device:
    """A device with one key, and the browser in front of it."""

    origin: str
    credential: bytes = b"credential 1 of a test"
    flags: int = 0x05
    count: int = 0
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def enrol(self, options: dict[str, Any]) -> str:
        """Make a key, as `navigator.credentials.create` does."""
        numbers = self.key.public_key().public_numbers()
        x, y = (each.to_bytes(32, "big") for each in (numbers.x, numbers.y))
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        held = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cose
        data = self._data(options["rp"]["id"], flags=self.flags | 0x40) + held
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        response = {"clientDataJSON": text(client), "attestationObject": text(attestation)}
        return self._answer(response)

    def show(self, options: dict[str, Any]) -> str:
        """Sign a challenge, as `navigator.credentials.get` does."""
        data = self._data(options["rpId"], flags=self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + sha256(client), ECDSA(SHA256()))
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(data),
            "signature": text(signature),
            "userHandle": text(bytes(8)),
        }
        return self._answer(response)

    def _data(self, host: str, *, flags: int) -> bytes:
        return sha256(host.encode()) + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps(
            {
                "id": text(self.credential),
                "rawId": text(self.credential),
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )


async def enrolled(desk: DeskWorld, visitor: Visitor, **about: Any) -> Device:  # noqa: ANN401  fields
    """Let a device make a key for whoever sits there."""
    device = Device(origin=desk.base, **about)
    asked = await visitor.send("POST", "/api/v1/passkeys/options")
    answer = device.enrol(json.loads(asked.json()["options"]))
    kept = await visitor.send("POST", "/api/v1/passkeys", {"answer": answer, "name": "my laptop"})
    assert kept.status == 201, kept.text
    return device


async def shown(visitor: Visitor, device: Device) -> Answer:
    """Sign in, or unlock, by a device."""
    asked = (await visitor.send("POST", "/api/v1/session/passkey-options")).json()
    answer = device.show(json.loads(asked["options"]))
    body = {"visit": asked["visit"], "answer": answer}
    return await visitor.send("POST", "/api/v1/session/passkey", body)


@desk_test
async def test_passkey_lets_its_person_in_and_unlocks_their_screen(desk: DeskWorld) -> None:
    """On this desk alone, until it is removed."""
    officer = await desk.visitor(Role.OFFICER)
    assert officer.person is not None
    device = await enrolled(desk, officer)
    stranger = await desk.visitor()
    device.count = 3
    came = await shown(stranger, device)
    assert came.status == 201, came.text
    stranger.csrf = came.json()["csrf"]
    assert (await stranger.get("/api/v1/me")).json()["name"] == officer.person.name
    desk.net.clock.ms += IDLE_MS
    assert (await stranger.get("/api/v1/session")).json()["locked"] is True
    device.count = 4
    assert (await shown(stranger, device)).status == 204
    (held,) = (await stranger.get("/api/v1/passkeys")).json()["items"]
    assert (held["name"], held["used_at"] is None) == ("my laptop", False)
    (signatory,) = await desk.door.signatories.passkeys(officer.person.number)
    assert signatory.credential == device.credential
    gone = await stranger.send("DELETE", f"/api/v1/passkeys/{held['number']}")
    assert gone.status == 204
    again = await stranger.send("DELETE", f"/api/v1/passkeys/{held['number']}")
    assert again.status == 404
    assert (await shown(await desk.visitor(), device)).status == 403


@desk_test
async def test_passkey_pages_enrol_and_let_in(desk: DeskWorld) -> None:
    """As the script of the pages posts them."""
    officer = await desk.visitor(Role.OFFICER)
    device = Device(origin=desk.base)
    options = json.loads((await officer.post("/settings/passkeys/options")).text)
    bad = await officer.post("/settings/passkeys", {"assertion": "{}", "name": "x"})
    assert bad.status == 422
    options = json.loads((await officer.post("/settings/passkeys/options")).text)
    kept = await officer.post("/settings/passkeys", {"assertion": device.enrol(options)})
    assert kept.status == 303
    assert "passkey" in (await officer.get("/settings")).text
    stranger, form = await desk.visitor(), dict[str, str]()
    for _ in range(2):
        asked = await stranger.post("/sign-in/options", {"visit": "visit-1"})
        form = {"visit": "visit-1", "assertion": device.show(json.loads(asked.text))}
        came = await stranger.post("/sign-in", form)
        assert came.status == 303
        stranger = await desk.visitor()
    used = await stranger.post("/sign-in", form)
    assert used.status == 403
    await officer.post("/lock")
    asked = await officer.post("/sign-in/options", {"visit": "visit-2"})
    assert json.loads(asked.text)["allowCredentials"]
    form = {"visit": "visit-2", "assertion": device.show(json.loads(asked.text))}
    assert (await officer.post("/locked", form)).status == 303
    assert officer.person is not None
    (row,) = await desk.door.passkeys.of(officer.person.number)
    assert (await officer.post(f"/settings/passkeys/{row.number}/remove")).status == 303


@desk_test
async def test_answers_that_do_not_fit_are_refused(desk: DeskWorld) -> None:
    """Another page, nobody verified, another key, too late, twice, not an answer at all."""
    officer = await desk.visitor(Role.OFFICER)
    device = await enrolled(desk, officer)
    stranger = await desk.visitor()
    wrong = (
        Device(origin="https://evil.example", key=device.key),
        Device(origin=desk.base, key=device.key, flags=0x01),
        Device(origin=desk.base),
        Device(origin=desk.base, key=device.key, credential=b"of nobody"),
    )
    for each in wrong:
        assert (await shown(stranger, each)).status == 403
    for answer in ("{}", "[]", "nonsense", '{"id": 1}', "x" * 16_000):
        asked = (await stranger.send("POST", "/api/v1/session/passkey-options")).json()
        body = {"visit": asked["visit"], "answer": answer}
        assert (await stranger.send("POST", "/api/v1/session/passkey", body)).status == 403
    asked = (await stranger.send("POST", "/api/v1/session/passkey-options")).json()
    desk.net.clock.ms += LIFE_MS
    body = {"visit": asked["visit"], "answer": device.show(json.loads(asked["options"]))}
    assert (await stranger.send("POST", "/api/v1/session/passkey", body)).status == 403
    other = await desk.visitor(Role.OFFICER)
    assert (await other.send("POST", "/api/v1/session/lock")).status == 204
    assert (await shown(other, device)).status == 403
    assert (await shown(stranger, device)).status == 201


@desk_test
async def test_copied_device_is_noticed_by_its_count(desk: DeskWorld) -> None:
    """A count that does not rise says that two devices hold one key."""
    officer = await desk.visitor(Role.OFFICER)
    device = await enrolled(desk, officer)
    device.count = 9
    assert (await shown(await desk.visitor(), device)).status == 201
    device.count = 8
    assert (await shown(await desk.visitor(), device)).status == 403


@desk_test
async def test_enrolling_takes_a_name_and_a_verified_person(desk: DeskWorld) -> None:
    """A key without the person verified is none; a name fits on a line."""
    officer = await desk.visitor(Role.OFFICER)
    for about, name in (({"flags": 0x01}, "x"), ({}, "two\nlines")):
        asked = await officer.send("POST", "/api/v1/passkeys/options")
        device = Device(origin=desk.base, **about)  # type: ignore[arg-type]
        answer = device.enrol(json.loads(asked.json()["options"]))
        refused = await officer.send("POST", "/api/v1/passkeys", {"answer": answer, "name": name})
        assert refused.status in {403, 422}
    program = await desk.program(Role.OFFICER)
    assert (await program.send("POST", "/api/v1/passkeys/options")).status == 403


@desk_test
async def test_locked_person_does_not_come_in_by_a_passkey(desk: DeskWorld) -> None:
    """Nor do passwords of those who are not there."""
    officer = await desk.visitor(Role.OFFICER)
    assert officer.person is not None
    device = await enrolled(desk, officer)
    await desk.door.people.set_locked(officer.person.number, on=True, by=desk.operator)
    assert (await shown(await desk.visitor(), device)).status == 403
    signatories = desk.door.signatories
    assert await signatories.exist()
    assert not await signatories.password_is(officer.person.number, "x")
    assert not await signatories.password_is(99, "x")
    approver = await desk.person(Role.APPROVER)
    assert await signatories.approves(approver.number)
    await desk.door.people.set_locked(approver.number, on=True, by=desk.operator)
    for number in (approver.number, officer.person.number, 99):
        assert not await signatories.approves(number)
    waived = DeskSignatories(desk.node.store, desk.door.signin, is_waived=True)
    assert not await waived.exist()
