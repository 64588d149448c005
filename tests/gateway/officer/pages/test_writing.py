"""Writing, checking and approving on pages: nothing typed is lost, nobody approves their own."""

import asyncio
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.drafting import DraftState, Passkey
from gateway.officer.desk import DeskParts
from gateway.people import Caller, Role, Way
from gateway.service.draft_desk import DraftPorts
from gateway.service.drafting import Drafting
from gateway.storage.draft_parts import FolderParts
from keys.digest import sha256
from tests.gateway.network import Network, Node
from tests.gateway.officer.pages.world import Answer, DeskWorld, Visitor, desk_world
from tests.passkeys import HOST_ORIGIN, SoftPasskey
from tests.protocol.requests.samples import example

PASSWORD = "correct horse battery"  # noqa: S105  of a test
HOSTILE = '"><script>alert(1)</script>\u202e{{ 7*7 }}<img src=x onerror=alert(1)>'
_SELECT = re.compile(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', re.DOTALL)
_CONTROL = re.compile(r"<(input|textarea)\b([^>]*)>(?:\n([^<]*)</textarea>)?", re.DOTALL)


@dataclass
class Staff:
    """Implements drafting.Signatories: everybody has a passkey in software and one password."""

    keys: dict[int, SoftPasskey] = field(default_factory=dict)

    async def exist(self) -> bool:
        """Tell whether any person exists."""
        return True

    async def approves(self, person: int) -> bool:
        """Tell whether somebody is an approver still."""
        return person > 0

    async def passkeys(self, person: int) -> tuple[Passkey, ...]:
        """Return a person's passkey."""
        key = self.keys.setdefault(person, SoftPasskey(credential=b"key %d" % person))
        return (Passkey(credential=key.credential, spki=key.spki),)

    async def password_is(self, person: int, password: str) -> bool:
        """Tell whether this is a person's password."""
        return person > 0 and password == PASSWORD


@dataclass(frozen=True, slots=True)
class Bench:
    """A desk with its drafts, an officer and an approver."""

    desk: DeskWorld
    drafts: Drafting
    staff: Staff
    officer: Visitor
    approver: Visitor

    @property
    def author(self) -> Caller:
        """The officer, as services see them."""
        person = self.officer.person
        assert person is not None
        roles = frozenset({Role.OFFICER})
        who = f"RO/1 officer {person.number}"
        return replace(self.desk.operator, person=person.number, who=who, roles=roles)

    async def digest(self, draft: str) -> str:
        """Return what a page of approval says that it shows."""
        digest = (await self.drafts.get(draft)).row.digest
        return "" if digest is None else digest.hex()

    async def shown(self, address: str) -> dict[str, str]:
        """Return what the buttons of a check page say that it shows."""
        return {"version": str((await self.drafts.get(address[-32:])).row.version)}

    async def begin(self, document: Mapping[str, Any]) -> str:
        """Put a draft of the officer into the book; return its address."""
        row = await self.drafts.create(json.dumps(document).encode(), by=self.author)
        return f"/drafts/{row.id}"

    async def document(self, address: str) -> dict[str, Any]:
        """Return the text of a draft."""
        held = await self.drafts.get(address[-32:])
        return cast("dict[str, Any]", json.loads(held.document))


def bench_test(
    test: Callable[[Bench], Coroutine[Any, Any, None]],
) -> Callable[[Path], None]:
    """Make a scenario at a desk with drafts a test."""

    def run(tmp_path: Path) -> None:
        async def play() -> None:
            staff, made = Staff(), []

            def complete(_net: Network, node: Node, parts: DeskParts) -> DeskParts:
                made.append(drafting(node, staff, tmp_path / "parts"))
                services = replace(parts.services, drafts=made[0])
                return replace(parts, drafts=made[0], services=services)

            async with desk_world(tmp_path, complete=complete) as desk:
                officer = await desk.visitor(Role.OFFICER)
                approver = await desk.visitor(Role.APPROVER)
                await test(Bench(desk, made[0], staff, officer, approver))

        asyncio.run(play())

    # Not `wraps`: pytest would look for the arguments of the scenario.
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    run.__module__, run.__qualname__ = test.__module__, test.__qualname__
    return run


def drafting(node: Node, staff: Staff, folder: Path) -> Drafting:
    """Build the drafts of a node of the test network."""
    return Drafting(
        DraftPorts(
            node=node.id,
            store=node.store,
            parts=FolderParts(folder),
            blobs=node.blobs,
            submit=node.runtime.submit,
            people=staff,
            clock=node.clock,
            randomness=node.runtime._ports.randomness,
            origins=lambda: {HOST_ORIGIN},
        )
    )


def typed(answer: Answer) -> dict[str, str]:
    """Return what a browser would send of the page's main form, before anything is typed."""
    form = answer.text.partition('id="compose"')[2].partition("</form>")[0]
    found: dict[str, str] = {}
    for kind, text, inner in _CONTROL.findall(form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', text))
        name = unescape(attributes.get("name", ""))
        if not name or name == "upload" or kind == "select":
            continue
        if attributes.get("type") in {"checkbox", "radio"} and "checked" not in text.split():
            continue
        value = inner if kind == "textarea" else attributes.get("value", "")
        found[name] = unescape(value).replace("\n", "\r\n")
    for name, options in re.findall(
        r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[unescape(name)] = unescape(chosen[1]) if chosen else ""
    return {name: text for name, text in found.items() if name != "csrf"}


@bench_test
async def test_a_request_is_written_checked_approved_and_sent(bench: Bench) -> None:
    """The whole way, without a script."""
    listed = await bench.officer.get("/drafts")
    assert "There are no drafts." in listed.text
    chosen = await bench.officer.get("/drafts/new")
    assert 'value="preservation_request"' in chosen.text
    begun = await bench.officer.post(
        "/drafts/new", {"type": "preservation_request", "to": "france"}
    )
    assert begun.status == 303
    address = begun.headers["Location"]
    document = await bench.document(address)
    assert document["to"] == "FR"
    assert document["body"]["requesting_authority"]["country"] == "RO"
    text = json.dumps(example("preservation_request") | {"to": "FR"}).encode()
    await bench.drafts.save(address[-32:], text, version=1, by=bench.author)
    shown = await bench.officer.get(address)
    assert shown.status == 200, shown.text
    assert "last ping" in shown.text or "not met yet" in shown.text or "met" in shown.text
    saved = await bench.officer.post(address, typed(shown) | {"action": "check"})
    assert saved.status == 303, saved.text
    assert saved.headers["Location"] == f"{address}/check"
    assert (await bench.document(address)) == example("preservation_request") | {"to": "FR"}


@bench_test
async def test_a_checked_request_is_submitted_approved_and_sent(bench: Bench) -> None:
    """What a second person approves is what is sent."""
    address = await bench.begin(example("preservation_request") | {"to": "FR"})
    checked = await bench.officer.get(f"{address}/check")
    assert checked.status == 200
    assert "Submit for approval" in checked.text
    assert bench.approver.person is not None
    assert bench.approver.person.name in unescape(checked.text)
    assert "Sealed for FR/1" in checked.text
    submitted = await bench.officer.post(f"{address}/submit", await bench.shown(address))
    assert submitted.headers["Location"] == f"{address}/check"
    frozen = await bench.officer.get(address)
    assert (frozen.status, frozen.headers["Location"]) == (303, f"{address}/check")
    await approve(bench, address[-32:])


async def approve(bench: Bench, draft: str) -> None:
    """Let the approver find a draft, read it and approve it."""
    waiting = await bench.approver.get("/approve")
    counted = r'href="/approve"[^>]*>.*?<span class="a35-count">1</span>'
    assert re.search(counted, waiting.text, re.DOTALL)
    assert f"/approve/{draft}" in waiting.text
    page = await bench.approver.get(f"/approve/{draft}")
    assert "Faits" in page.text
    assert "Facts" in page.text
    digest = (await bench.drafts.get(draft)).row.digest
    assert digest is not None
    assert digest.hex() in page.text
    approved = await bench.approver.post(
        f"/approve/{draft}", {"password": PASSWORD, "digest": await bench.digest(draft)}
    )
    assert approved.status == 303, approved.text
    row = (await bench.drafts.get(draft)).row
    assert approved.headers["Location"] == f"/messages/{row.mid}"
    assert row.state is DraftState.SENT
    for place in (f"/approve/{draft}", f"/drafts/{draft}/check"):
        viewer = bench.approver if "approve" in place else bench.officer
        assert (await viewer.get(place)).headers["Location"] == f"/messages/{row.mid}"


@bench_test
async def test_an_empty_form_names_every_field_and_focuses_its_list_of_faults(bench: Bench) -> None:
    """Each fault is tied to its field."""
    begun = await bench.officer.post("/drafts/new", {"type": "preservation_request"})
    address = begun.headers["Location"]
    form = typed(await bench.officer.get(address)) | {"action": "check"}
    answer = await bench.officer.post(address, form)
    assert answer.status == 422
    assert 'data-module="govuk-error-summary"' in answer.text
    targets = re.findall(r'<li><a href="#(f-[^"]*)">', answer.text)
    assert "f-to" in targets
    assert "f-body.facts" in targets
    for target in targets:
        assert f'id="{target}"' in answer.text, target
    again = await bench.officer.get(f"{address}?check=1")
    assert again.status == 200
    assert re.findall(r'<li><a href="#(f-[^"]*)">', again.text) == targets


@bench_test
async def test_a_wrong_form_keeps_everything_that_was_typed(bench: Bench) -> None:
    """Also what cannot be read at all."""
    address = await bench.begin({"type": "preservation_request"})
    form = typed(await bench.officer.get(address))
    wrong = {
        "to": "Atlantis",
        "body.facts": f" two\r\n\r\nlines {HOSTILE}",
        "body.items[0].targets[0].port": "https",
        "body.items[0].targets[0].kind": "ip",
        "body.items[0].targets[0].at~day": "31",
        "body.items[0].targets[0].at~month": "2",
        "body.items[0].targets[0].at~year": "2026",
        "body.items[0].targets[0].at~time": "25:61",
        "body.items[0].targets[0].at~zone": "Moon",
        "body.offences[0].conv_article": "seven",
        "body.urgency_reasons~is~volatility_of_data": "yes",
        "body.confidentiality.keep_confidential": "yes",
        "body.mla_intent": "yes",
    }
    answer = await bench.officer.post(address, form | wrong | {"action": "check"})
    assert answer.status == 422
    shown = typed(answer)
    assert {name: shown.get(name) for name in wrong} == wrong
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    reloaded = typed(await bench.officer.get(address))
    assert {name: reloaded.get(name) for name in wrong} == wrong


@bench_test
async def test_entries_are_added_and_removed_without_a_script(bench: Bench) -> None:
    """By buttons that save what was typed as well."""
    address = await bench.begin({"type": "preservation_request"})
    form = typed(await bench.officer.get(address)) | {"body.facts": "typed before"}
    added = await bench.officer.post(address, form | {"action": "add:body.items"})
    assert added.headers["Location"] == f"{address}#f-body.items[1]"
    body = (await bench.document(address))["body"]
    assert [item["item_id"] for item in body["items"]] == ["1", "2"]
    assert body["facts"] == "typed before"
    form = typed(await bench.officer.get(address))
    await bench.officer.post(address, form | {"action": "remove:body.items[0]"})
    shown = await bench.officer.get(address)
    assert "items" not in (await bench.document(address))["body"]  # what is left is blank
    assert shown.status == 200
    odd = await bench.officer.post(address, typed(shown) | {"action": "add:nowhere"})
    assert odd.headers["Location"] == address


@bench_test
async def test_what_the_form_does_not_know_is_shown_and_removed_by_a_button(bench: Bench) -> None:
    """A draft may come from a program."""
    address = await bench.begin({"type": "note", "mood": HOSTILE, "body": {"text": "x"}})
    shown = await bench.officer.get(address)
    await bench.officer.post(address, typed(shown))
    assert (await bench.document(address))["mood"] == HOSTILE
    await bench.officer.post(address, typed(await bench.officer.get(address)) | {"action": "drop:"})
    assert "mood" not in await bench.document(address)


@bench_test
async def test_the_page_saves_by_itself_and_tells_of_somebody_else(bench: Bench) -> None:
    """Autosave: 204 with the new version, 412 when it is outdated."""
    address = await bench.begin({"type": "note", "body": {"text": "x"}})
    form = typed(await bench.officer.get(address)) | {"body.text": "longer"}
    own = bench.officer.own() | {"X-CSRF-Token": bench.officer.csrf}
    first = await bench.officer.ask("PATCH", address, data=form, headers=own | {"If-Match": '"1"'})
    assert (first.status, first.headers["ETag"]) == (204, '"2"')
    assert (await bench.document(address))["body"] == {"text": "longer"}
    late = await bench.officer.ask("PATCH", address, data=form, headers=own)
    assert late.status == 412
    theirs = await bench.officer.get(f"{address}/theirs")
    assert 'id="theirs"' in theirs.text
    assert "longer" in theirs.text


@bench_test
async def test_two_texts_are_shown_side_by_side_and_either_can_be_kept(bench: Bench) -> None:
    """The second editor loses nothing and destroys nothing."""
    address = await bench.begin({"type": "note", "body": {"text": "first"}})
    form = typed(await bench.officer.get(address))
    await bench.officer.post(address, form | {"body.text": "theirs"})
    answer = await bench.officer.post(address, form | {"body.text": "mine", "urgency": "urgent"})
    assert answer.status == 412
    assert "theirs" in answer.text
    assert "mine" in answer.text
    assert (await bench.document(address))["body"] == {"text": "theirs"}
    kept = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text))
    kept = {unescape(name): unescape(text) for name, text in kept.items() if name != "csrf"}
    again = await bench.officer.post(address, kept | {"action": "save"})
    assert again.status == 303
    assert (await bench.document(address))["body"] == {"text": "mine"}


@bench_test
async def test_a_file_gets_its_entry_and_loses_it_with_its_removal(bench: Bench) -> None:
    """Its role is chosen beside it."""
    address = await bench.begin({"type": "note", "body": {"text": "x"}})
    draft = address[-32:]
    await bench.drafts.begin_file(
        draft, "order.pdf", size_bytes=5, media_type="x/y", by=bench.author
    )
    shown = await bench.officer.get(address)
    assert "Uploaded in part" in shown.text
    await bench.drafts.put_part(draft, 0, 0, b"order", digest=sha256(b"order"), by=bench.author)
    await bench.drafts.complete(draft, 0)
    shown = await bench.officer.get(address)
    assert "sha256" in shown.text
    form = typed(shown) | {"attachments[0].role": "order"}
    await bench.officer.post(address, form)
    assert (await bench.document(address))["attachments"] == [
        {"path": "order.pdf", "role": "order"}
    ]
    form = typed(await bench.officer.get(address)) | {"action": "unfile:0"}
    removed = await bench.officer.post(address, form)
    assert removed.headers["Location"] == f"{address}#files"
    assert "attachments" not in await bench.document(address)
    assert (await bench.drafts.get(draft)).row.files == ()
    form = typed(await bench.officer.get(address)) | {"action": "unfile:7"}
    assert (await bench.officer.post(address, form)).status == 303


@bench_test
async def test_nobody_approves_a_draft_of_their_own(bench: Bench) -> None:
    """Also somebody who is officer and approver."""
    both = await bench.desk.visitor(Role.OFFICER, Role.APPROVER)
    begun = await both.post("/drafts/new", {"type": "preservation_request", "to": "FR"})
    draft = begun.headers["Location"][-32:]
    text = json.dumps(example("preservation_request") | {"to": "FR"}).encode()
    await bench.drafts.save(draft, text, version=1, by=bench.author)
    await both.post(f"/drafts/{draft}/submit", await bench.shown(draft))
    listed = await both.get("/approve")
    assert "somebody else approves it" in listed.text
    page = await both.get(f"/approve/{draft}")
    assert "This draft is yours" in page.text
    assert "Approve with passkey" not in page.text
    refused = await both.post(
        f"/approve/{draft}", {"password": PASSWORD, "digest": await bench.digest(draft)}
    )
    assert refused.status == 403
    assert "Nobody approves a draft of their own." in refused.text
    assert (await bench.drafts.get(draft)).row.approvals == ()


@bench_test
async def test_items_of_the_request_are_chosen_not_typed(bench: Bench) -> None:
    """A name that is typed wrong answers nothing; before opening, nothing of it is shown."""
    mid = str(await bench.desk.received())
    reply = {"type": "preservation_report", "to": "FR", "in_reply_to": mid, "body": {}}
    address = await bench.begin(reply)
    name = "body.items[0].item_id"
    assert (
        f'<select class="govuk-select" id="f-{name}"' not in (await bench.officer.get(address)).text
    )
    await bench.officer.post(f"/messages/{mid}/open")
    shown = (await bench.officer.get(address)).text
    assert f'id="f-{name}" name="{name}"' in shown
    assert '<option value="*"' in shown
    assert "The whole request" in shown
    await bench.officer.post(address, {"version": "1", name: "*"})
    draft = (await bench.drafts.get(address[-32:])).document
    assert json.loads(draft)["body"]["items"][0]["item_id"] == "*"


@bench_test
async def test_a_draft_is_returned_with_a_comment_and_its_changes_are_marked(bench: Bench) -> None:
    """The approver sees at once what is new."""
    address = await bench.begin(example("preservation_request") | {"to": "FR"})
    draft = address[-32:]
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    silent = await bench.approver.post(f"/approve/{draft}/return", {"comment": " "})
    assert silent.status == 422
    assert "Say what is to be changed." in silent.text
    comment, digest = f"Too long {HOSTILE}", await bench.digest(draft)
    stale = {"comment": comment, "digest": "00" * 32}
    other = await bench.approver.post(f"/approve/{draft}/return", stale)
    assert other.status == 403
    assert "The draft has changed." in other.text
    await bench.approver.post(f"/approve/{draft}/return", {"comment": comment, "digest": digest})
    shown = await bench.officer.get(address)
    assert "Too long" in shown.text
    assert "<script>alert" not in shown.text
    await bench.officer.post(address, typed(shown) | {"body.facts": "Short."})
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    page = await bench.approver.get(f"/approve/{draft}")
    assert "What changed since is marked." in page.text
    assert page.text.count("a35-changed") == 1
    assert (await bench.drafts.get(draft)).row.state is DraftState.SUBMITTED


@bench_test
async def test_a_passkey_is_asked_for_these_bytes_and_its_answer_counts(bench: Bench) -> None:
    """The page gives the browser the challenge, and takes back what it signed."""
    address = await bench.begin(example("preservation_request") | {"to": "FR"})
    draft = address[-32:]
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    bad = await bench.approver.post(f"/approve/{draft}", {"assertion": "{}"})
    assert bad.status == 400
    nothing = await bench.approver.post(f"/approve/{draft}")
    assert nothing.status == 422
    wrong = await bench.approver.post(
        f"/approve/{draft}", {"password": "guess", "digest": await bench.digest(draft)}
    )
    assert wrong.status == 403
    asked = await bench.approver.post(
        f"/approve/{draft}/options", {"digest": await bench.digest(draft)}
    )
    options = asked.json()["publicKey"]
    assert options["userVerification"] == "required"
    assertion = signed(bench, options)
    stale = await bench.approver.post(
        f"/approve/{draft}",
        {"assertion": assertion[:-9] + 'AA"}}', "digest": await bench.digest(draft)},
    )
    assert stale.status == 403
    asked = await bench.approver.post(
        f"/approve/{draft}/options", {"digest": await bench.digest(draft)}
    )
    assertion = signed(bench, asked.json()["publicKey"])
    done = await bench.approver.post(
        f"/approve/{draft}", {"assertion": assertion, "digest": await bench.digest(draft)}
    )
    assert done.status == 303, done.text
    assert (await bench.drafts.get(draft)).row.approvals[0].kind == "passkey"


@bench_test
async def test_what_changed_since_it_was_shown_is_not_approved(bench: Bench) -> None:
    """Taken back, changed and submitted anew while the approver reads the earlier text."""
    address = await bench.begin(example("preservation_request") | {"to": "FR"})
    draft = address[-32:]
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    page = await bench.approver.get(f"/approve/{draft}")
    seen = {"digest": await bench.digest(draft)}
    assert page.text.count(f'name="digest" value="{seen["digest"]}"') == 3
    await bench.officer.post(f"{address}/take-back")
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    for sent in (seen, {"digest": ""}, {"digest": "no hex"}):
        assert (await bench.approver.post(f"/approve/{draft}/options", sent)).status in {400, 409}
        refused = await bench.approver.post(f"/approve/{draft}", {"password": PASSWORD} | sent)
        assert refused.status in {400, 403}
    assert (await bench.drafts.get(draft)).row.approvals == ()


def signed(bench: Bench, options: dict[str, Any]) -> str:
    """Return what the approver's browser gives back."""
    assert bench.approver.person is not None
    key = bench.staff.keys[bench.approver.person.number]
    answer = key.answer(urlsafe_b64decode(options["challenge"] + "="))
    assert options["allowCredentials"] == [{"type": "public-key", "id": text64(key.credential)}]
    return json.dumps(
        {
            "rawId": text64(answer.credential),
            "response": {
                "authenticatorData": text64(answer.authenticator_data),
                "clientDataJSON": text64(answer.client_data),
                "signature": text64(answer.signature),
            },
        }
    )


def text64(data: bytes) -> str:
    """Return bytes as browsers write them."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def an_emergency() -> dict[str, Any]:
    """Return a request that may go without a second person."""
    document = example("preservation_request") | {"to": "FR", "urgency": "emergency"}
    document["body"] |= {
        "urgency_reasons": ["threat_to_life_or_limb"],
        "urgency_details": "A life is at risk.",
        "confirmation_contact": {"name": "Officer 3", "telephone": "+40215550142"},
    }
    return document


@bench_test
async def test_an_emergency_is_sent_by_a_lone_officer_with_a_reason(bench: Bench) -> None:
    """At once, and it stands as pending until a second person confirms."""
    document = an_emergency()
    address = await bench.begin(document)
    draft = address[-32:]
    page = await bench.officer.get(f"{address}/check")
    assert "send now, without a second person" in page.text
    silent = await bench.officer.post(f"{address}/override", {"reason": " "})
    assert silent.status == 422
    assert "Give the reason" in silent.text
    shown = await bench.shown(address)
    sent = await bench.officer.post(f"{address}/override", {"reason": "Nobody is here."} | shown)
    mid = (await bench.drafts.get(draft)).row.mid
    assert sent.headers["Location"] == f"/messages/{mid}"
    listed = await bench.officer.get("/drafts")
    assert "second person pending" in listed.text
    waiting = await bench.approver.get(f"/approve/{draft}")
    assert "Confirm with passkey" in waiting.text
    assert "Nobody is here." in waiting.text
    confirmed = await bench.approver.post(
        f"/approve/{draft}", {"password": PASSWORD, "digest": await bench.digest(draft)}
    )
    assert confirmed.headers["Location"] == "/approve"
    assert not (await bench.drafts.get(draft)).row.pending


@bench_test
async def test_what_somebody_changed_after_the_look_is_not_sent(bench: Bench) -> None:
    """Half a sentence of a colleague does not leave; the page is shown anew and says why."""
    document = an_emergency()
    address = await bench.begin(document)
    draft, reason = address[-32:], {"reason": "Nobody is here."}
    seen = versions_on((await bench.officer.get(f"{address}/check")).text)
    assert seen == {"/submit": "1", "/override": "1"}
    text = json.dumps(document | {"body": document["body"] | {"urgency_details": "Half a"}})
    await bench.drafts.save(draft, text.encode(), version=1, by=bench.author)
    for path, form in (
        ("submit", {"version": "1"}),
        ("submit", {}),
        ("submit", {"version": "x"}),
        ("override", reason | {"version": "1"}),
        ("override", reason),
    ):
        anew = await bench.officer.post(f"{address}/{path}", form)
        assert anew.status == 412, (path, form)
        assert "Somebody changed this draft" in anew.text
        assert "Half a" in anew.text
        assert versions_on(anew.text) == {"/submit": "2", "/override": "2"}
    anew = await bench.officer.post(f"{address}/override", reason | {"version": "1"})
    assert reason["reason"] in anew.text  # need not be typed again
    assert (await bench.drafts.get(draft)).row.is_editable
    for _ in range(2):  # pressed twice
        submitted = await bench.officer.post(f"{address}/submit", {"version": "2"})
        assert submitted.headers["Location"] == f"{address}/check"
    assert (
        await bench.officer.post(f"{address}/override", reason | {"version": "1"})
    ).status == 412
    sent = await bench.officer.post(f"{address}/override", reason | await bench.shown(address))
    assert sent.headers["Location"].startswith("/messages/")


def versions_on(page: str) -> dict[str, str]:
    """Return which version each form of a check page names, by the end of its address."""
    form = (
        r'action="/drafts/[0-9a-f]{32}(/[a-z-]+)"(?:(?!</form>).)*?name="version" value="([0-9]+)"'
    )
    return dict(re.findall(form, page, re.DOTALL))


@bench_test
async def test_what_needs_nobody_is_sent_at_once_and_a_draft_can_be_taken_back(
    bench: Bench,
) -> None:
    """Advice is asked without a second person."""
    address = await bench.begin(example("technical_advice_request") | {"to": "FR"})
    page = await bench.officer.get(f"{address}/check")
    assert "Submit for approval" not in page.text
    sent = await bench.officer.post(f"{address}/submit", await bench.shown(address))
    assert sent.headers["Location"].startswith("/messages/")
    address = await bench.begin(example("preservation_request") | {"to": "FR"})
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    refused = await bench.officer.post(f"{address}/send", await bench.shown(address))
    assert refused.status == 409
    back = await bench.officer.post(f"{address}/take-back")
    assert back.headers["Location"] == address
    await bench.officer.post(f"{address}/discard")
    assert (await bench.officer.get(address)).status == 404


@bench_test
async def test_faults_are_listed_on_the_check_page_with_links_into_the_form(bench: Bench) -> None:
    """Whoever opens it by its address sees what is missing."""
    address = await bench.begin({"type": "note", "to": "FR", "body": {}})
    page = await bench.officer.get(f"{address}/check")
    assert f'href="{address}?check=1#f-body.text"' in page.text
    assert "Submit for approval" not in page.text


@bench_test
async def test_every_type_has_a_form_in_every_language(bench: Bench) -> None:
    """Blank, and as its example: whatever stands in it comes back."""
    for path in sorted((Path(__file__).parents[3] / "examples").glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        address = await bench.begin(document)
        shown = await bench.officer.get(f"{address}?language=fr")
        assert shown.status == 200, path.stem
        await bench.officer.post(address, typed(shown))
        assert (await bench.document(address)) == document, path.stem
    blank = await bench.begin({"type": "decision"})
    assert (await bench.officer.get(f"{blank}?language=ar")).status == 200


@bench_test
async def test_only_who_may_write_writes_and_only_who_may_approve_approves(bench: Bench) -> None:
    """The table of roles."""
    address = await bench.begin({"type": "note", "body": {"text": "canary"}})
    draft = address[-32:]
    auditor = await bench.desk.visitor(Role.AUDITOR)
    for visitor in (auditor, bench.approver):
        answer = await visitor.get(address)
        assert answer.status == 403
        assert "canary" not in answer.text
    assert (await bench.officer.get(f"/approve/{draft}")).status == 403
    assert (await auditor.get(f"/approve/{draft}")).status == 403


@bench_test
async def test_a_draft_without_a_type_and_a_type_that_opens_no_case_are_refused(
    bench: Bench,
) -> None:
    """With a page that says what to do."""
    address = await bench.begin({"body": "text"})
    assert (await bench.officer.get(address)).status == 404
    answer = await bench.officer.post("/drafts/new", {"type": "acknowledgement"})
    assert answer.status == 422
    assert "Choose what you want to write." in answer.text


@bench_test
async def test_what_was_typed_into_a_draft_that_was_submitted_meanwhile_is_kept(
    bench: Bench,
) -> None:
    """It is shown beside the submitted text, and can be saved once that is taken back."""
    address = await bench.begin(example("preservation_request") | {"to": "FR"})
    form = typed(await bench.officer.get(address)) | {"body.facts": "typed too late"}
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    answer = await bench.officer.post(address, form)
    assert answer.status == 412
    assert "typed too late" in answer.text
    assert "It was submitted meanwhile" in answer.text
    own = bench.officer.own() | {"X-CSRF-Token": bench.officer.csrf}
    assert (await bench.officer.ask("PATCH", address, data=form, headers=own)).status == 412
    await bench.officer.post(f"{address}/take-back")
    again = await bench.officer.post(address, form)
    kept = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', again.text))
    kept = {unescape(name): unescape(text) for name, text in kept.items() if name != "csrf"}
    assert (await bench.officer.post(address, kept)).status == 303
    assert (await bench.document(address))["body"]["facts"] == "typed too late"


@pytest.mark.filterwarnings("ignore:Sending a large body")
@bench_test
async def test_a_text_that_is_too_large_is_shown_again_with_the_reason(bench: Bench) -> None:
    """To be shortened, not typed anew."""
    address = await bench.begin({"type": "note", "body": {"text": "x"}})
    form = typed(await bench.officer.get(address)) | {"body.text": "x" * 1_100_000}
    answer = await bench.officer.post(address, form)
    assert answer.status == 413
    assert "larger than 1 MiB" in answer.text
    assert typed(answer)["body.text"] == form["body.text"]
    own = bench.officer.own() | {"X-CSRF-Token": bench.officer.csrf}
    assert (await bench.officer.ask("PATCH", address, data=form, headers=own)).status == 413


@bench_test
async def test_one_point_of_contact_is_shown_alone_and_nobody_for_no_address(
    bench: Bench,
) -> None:
    """The card follows what is typed."""
    address = await bench.begin({"type": "note", "to": "FR/1", "body": {"text": "x"}})
    shown = await bench.officer.get(address)
    assert "Either point of contact suffices." not in shown.text
    assert "a35-address" in shown.text
    for nobody in ("ZZ", "francia", 7):
        other = await bench.begin({"type": "note", "to": nobody, "body": {"text": "x"}})
        assert "a35-address" not in (await bench.officer.get(other)).text


def test_a_desk_without_drafts_says_so(tmp_path: Path) -> None:
    """And how to send all the same."""

    async def play() -> None:
        async with desk_world(tmp_path) as desk:
            officer = await desk.visitor(Role.OFFICER)
            answer = await officer.get("/drafts")
            assert answer.status == 404

    asyncio.run(play())


@bench_test
async def test_an_approval_by_password_is_shown_as_the_weaker_kind(bench: Bench) -> None:
    """Until it is sent; the log says so for good."""
    address = await bench.begin(example("preservation_request") | {"to": "FR"})
    await bench.officer.post(f"{address}/submit", await bench.shown(address))
    person = bench.approver.person
    assert person is not None
    by = replace(
        bench.author,
        person=person.number,
        who="RO/1 approver 2",
        roles=frozenset({Role.APPROVER}),
        way=Way.SESSION,
    )
    await bench.drafts.approve(address[-32:], by=by, password=PASSWORD)
    page = await bench.officer.get(f"{address}/check")
    assert "approved by" in page.text
    assert "by password, the weaker kind" in page.text
    seen = versions_on(page.text)["/send"]
    old = await bench.officer.post(f"{address}/send", {"version": str(int(seen) - 1)})
    assert old.status == 412
    sent = await bench.officer.post(f"{address}/send", {"version": seen})
    again = await bench.officer.post(f"{address}/send", {"version": seen})
    assert again.headers["Location"] == sent.headers["Location"]
    assert sent.headers["Location"].startswith("/messages/")
