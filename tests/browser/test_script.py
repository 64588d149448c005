"""The script of the pages: live by one stream, no typed word lost, and heard when it matters."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.async_api import Dialog, FilePayload, Locator, Page, Route, expect

from tests.browser.axe import faults, is_too_wide
from tests.browser.engine import PATIENCE_MS, Engine, Person, browsing
from tests.browser.stage import Stage, open_stage

CUT = "503 (Service Unavailable)"
LIVE = "[data-live-state]"
SOUND = re.compile("^Sound")


async def opened(person: Person, stage: Stage, query: str = "?language=en") -> Page:
    """Open the page and wait until its script has begun."""
    tab = await person.page()
    await tab.goto(f"{stage.url}/stage{query}")
    await expect(tab.locator("body.govuk-frontend-supported")).to_be_visible()
    return tab


async def until(stage: Stage, is_so: Callable[[], bool]) -> None:
    """Wait for what the server sees."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not is_so():
            stage.happened.clear()
            await stage.happened.wait()


async def stays(tab: Page) -> None:
    """Try to leave a page, be asked whether to, and stay."""
    asked: asyncio.Future[Dialog] = asyncio.get_running_loop().create_future()
    tab.once("dialog", lambda dialog: asked.set_result(dialog))  # noqa: PLW0108  it marks functions
    leaving = asyncio.ensure_future(tab.evaluate("location.reload()"))
    dialog = await asyncio.wait_for(asked, PATIENCE_MS / 1000)
    assert dialog.type == "beforeunload"
    await dialog.dismiss()
    leaving.cancel()


def a_key() -> str:
    """Return a fresh private key, as the browser's stand-in for a passkey takes it."""
    key = generate_private_key(SECP256R1())
    return b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def rang(tab: Page) -> Locator:
    """Return the page if it has sounded."""
    return tab.locator("body[data-rang]")


@browsing
async def test_ten_tabs_share_one_stream_and_the_next_takes_over(engine: Engine) -> None:
    """Browsers allow six connections a host: the seventh tab would stand still."""
    async with open_stage() as stage, engine.person() as person:
        tabs = [await opened(person, stage) for _ in range(10)]
        await until(stage, lambda: len(stage.streams) == 1)
        stage.tell("message.received")
        for tab in tabs:
            await expect(tab.locator("#count")).to_have_text("1")
            await expect(tab.locator("[data-polite]")).to_have_text("A message has arrived")
        await tabs.pop(0).close()
        stage.tell("message.received")
        for tab in tabs:
            await expect(tab.locator("#count")).to_have_text("2")
            await expect(tab.locator(LIVE)).to_have_text("live")


@browsing
async def test_cut_stream_is_said_and_polled_around(engine: Engine) -> None:
    """Nothing is lost, nothing comes twice, and the page comes back by itself."""
    async with open_stage() as stage, engine.person() as person:
        person.expect(CUT)
        person.expect("ERR_INCOMPLETE_CHUNKED_ENCODING")
        tab = await opened(person, stage)
        await until(stage, lambda: len(stage.streams) == 1)
        stage.cut()
        await expect(tab.locator(LIVE)).to_have_text("Not live, checking every 15 s")
        stage.tell("message.received")
        await expect(tab.locator("#count")).to_have_text("1")
        stage.is_cut = False
        await expect(tab.locator(LIVE)).to_have_text("live")
        stage.tell("receipt")
        await expect(tab.locator("[data-polite]")).to_have_text("A receipt has arrived")
        await expect(tab.locator("#count")).to_have_text("1")


@browsing
async def test_what_happened_while_pages_could_not_be_fetched_is_shown_afterwards(
    engine: Engine,
) -> None:
    """The stream tells each thing once: no later event may be needed to see it."""
    async with open_stage() as stage, engine.person() as person:
        person.expect(CUT)
        tab = await opened(person, stage)
        await until(stage, lambda: len(stage.streams) == 1)
        stage.is_busy = True
        stage.happened.clear()
        stage.tell("message.received")
        await stage.happened.wait()  # asked, and refused
        await expect(tab.locator("[data-polite]")).to_have_text("A message has arrived")
        await expect(tab.locator("#count")).to_have_text("0")
        stage.is_busy = False
        await expect(tab.locator("#count")).to_have_text("1")


@browsing
async def test_list_keeps_its_rows_until_somebody_asks(engine: Engine) -> None:
    """A row that moves under the hand is opened in place of another."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        for _ in range(2):
            stage.tell("message.received")
            await expect(tab.locator("#count")).to_have_text(str(stage.received))
        rows = tab.locator("#list tbody tr")
        await expect(rows.nth(2).locator("td").last).to_have_text("0")
        await tab.get_by_role("button", name="New: 2. Show them").click()
        await expect(rows.nth(2).locator("td").last).to_have_text("2")
        await expect(tab.locator(".a35-fresh")).to_have_count(0)
        await expect(tab.locator("#list")).to_be_focused()


@browsing
async def test_emergency_is_shown_counted_heard_and_muted(engine: Engine) -> None:
    """In one tab alone, for this person alone, and never with its content."""
    async with open_stage() as stage, engine.person() as person:
        first, second = await opened(person, stage), await opened(person, stage)
        await first.locator("h1").click()
        await expect(first.locator("[data-sound-toggle]")).to_have_text("Sound on")
        stage.emergencies = 1
        stage.tell("message.received")
        for tab in (first, second):
            await expect(tab.locator("[data-emergency]")).to_have_count(1)
            await expect(tab).to_have_title("(1) Inbox - RO duty desk")
            await expect(tab.locator("[data-assertive]")).to_have_text(
                "A35: an emergency request is waiting"
            )
        await expect(rang(first)).to_have_count(1)
        await expect(rang(second)).to_have_count(0)
        await first.get_by_role("button", name="Mute for me").click()
        await expect(first.get_by_text("muted for you")).to_be_visible()
        assert stage.muted == {"0" * 32}
        await first.get_by_role("button", name="Sound on").click()
        await expect(first.locator("[data-sound-toggle]")).to_have_text("Sound off")
        await expect(second.locator("[data-sound-toggle]")).to_have_text("Sound off")


@browsing
async def test_what_one_tab_switches_off_is_silent_in_the_tab_that_rings(engine: Engine) -> None:
    """Whoever presses a button cannot know which of ten tabs sounds."""
    async with open_stage() as stage, engine.person() as person:
        first, second = await opened(person, stage), await opened(person, stage)
        await first.locator("h1").click()  # it holds the sound
        stage.emergencies = 1
        stage.tell("message.received")
        for tab in (first, second):
            await expect(tab.locator("[data-emergency]")).to_have_count(1)
        await expect(rang(first)).to_have_count(1)
        await second.get_by_role("button", name="Mute for me").click()
        await expect(first.get_by_text("muted for you")).to_be_visible()
        await second.get_by_role("button", name=SOUND).click()
        await expect(first.locator("[data-sound-toggle]")).to_have_text("Sound off")
        await second.get_by_role("button", name=SOUND).click()
        await expect(first.locator("[data-sound-toggle]")).to_have_text("Sound on")


@browsing
async def test_answer_to_a_form_stays_live_and_leads_to_the_lock(engine: Engine) -> None:
    """Its address has no GET: an emergency must be seen and heard on it all the same."""
    async with open_stage() as stage, engine.person() as person:
        person.expect("422 (Unprocessable Entity)")
        tab = await opened(person, stage)
        stage.is_refusing = True
        await tab.get_by_role("button", name="Close").last.click()
        await tab.wait_for_url("**/posted")
        await until(stage, lambda: len(stage.streams) == 1)
        await tab.locator("h1").click()
        stage.emergencies = 1
        stage.tell("message.received")
        await expect(tab.locator("[data-emergency]")).to_have_count(1)
        await expect(rang(tab)).to_have_count(1)
        await expect(tab).to_have_title("(1) Inbox - RO duty desk")
        await expect(tab.locator("#list")).to_be_visible()
        stage.is_locked = True
        stage.tell("message.received")
        await tab.wait_for_url("**/locked")


@browsing
async def test_tab_hears_what_was_told_while_it_loaded(engine: Engine) -> None:
    """The tab that holds the stream told the others before this one listened."""
    async with open_stage() as stage, engine.person() as person:
        first = await opened(person, stage)
        await until(stage, lambda: len(stage.streams) == 1)
        second, gate = await person.page(), asyncio.Event()

        async def hold(route: Route) -> None:
            await gate.wait()
            await route.continue_()

        await second.route("**/static/**/live*.js", hold)
        loading = asyncio.ensure_future(second.goto(f"{stage.url}/stage?language=en"))
        await expect(second.locator("#count")).to_have_text("0")
        stage.tell("message.received")
        await expect(first.locator("#count")).to_have_text("1")
        gate.set()
        await loading
        await expect(second.locator("#count")).to_have_text("1")
        await expect(second.locator("[data-polite]")).to_have_text("A message has arrived")


@browsing
async def test_part_is_not_renewed_under_the_hand_that_uses_it(engine: Engine) -> None:
    """A typed code and an opened explanation outlast what happens meanwhile."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        told, field = tab.locator("#receipts"), tab.locator("#f-typed")
        await tab.locator("#calm").evaluate("part => { part.isOld = true; }")
        await tab.locator("#part summary").click()
        await field.press_sequentially("12")
        stage.tell("receipt")
        stage.tell("message.received")
        await expect(tab.locator("#count")).to_have_text("1")
        await expect(told).to_have_text("0")
        await expect(field).to_be_focused()
        await field.fill("")
        await tab.locator("#f-note").focus()
        await expect(told).to_have_text("1")
        assert await tab.locator("#part details").evaluate("each => each.open")
        await tab.locator("#f-typed").press_sequentially("34")
        await tab.locator("#f-note").focus()
        stage.tell("receipt")
        stage.tell("message.received")
        await expect(tab.locator("#count")).to_have_text("2")
        await expect(field).to_have_value("34")
        assert await tab.locator("#calm").evaluate("part => part.isOld")


@browsing
async def test_page_that_leads_elsewhere_is_not_taken_for_the_lock(engine: Engine) -> None:
    """What was typed stays, and the frame is live from then on."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        await until(stage, lambda: len(stage.streams) == 1)
        await tab.locator("#f-note").fill("typed")
        stage.is_moved = True
        stage.emergencies = 1
        stage.tell("message.received")
        await expect(tab.locator("[data-emergency]")).to_have_count(1)
        await expect(tab.locator("#f-note")).to_have_value("typed")
        await expect(tab.locator("main")).to_be_visible()
        assert tab.url == f"{stage.url}/stage?language=en"


RECORD = """
  Object.defineProperty(document, "hidden", { get: () => true });
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      const { dataset } = document.body;
      dataset.told = (dataset.told ?? "") + title + JSON.stringify(options);
    }
  };
"""
"""A tab in the background, and a note of what its browser is asked to show."""


@browsing
async def test_notification_of_the_system_says_that_and_not_what(engine: Engine) -> None:
    """It stands on a screen that anybody may look at, and in what the system keeps of it."""
    async with open_stage() as stage, engine.person() as person:
        await person.context.grant_permissions(["notifications"])
        await person.context.add_init_script(RECORD)
        tab = await opened(person, stage)
        stage.emergencies = 1
        stage.tell("message.received")
        body, told = tab.locator("body"), 'A35: an emergency request is waiting{"tag":"a35"}'
        await expect(body).to_have_attribute("data-told", told)
        stage.tell("receipt")
        await expect(tab.locator("[data-polite]")).to_have_text("A receipt has arrived")
        await expect(body).to_have_attribute("data-told", told)


@browsing
async def test_draft_is_saved_while_it_is_typed_and_when_the_page_is_left(engine: Engine) -> None:
    """A killed browser loses two seconds, a click on a link loses nothing."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        await tab.locator("#f-facts").fill("first words")
        await expect(tab.locator("[data-saved]")).to_contain_text("Saved ")
        assert stage.saved[-1]["facts"] == "first words"
        assert "csrf" not in stage.saved[-1]
        await tab.locator("#f-facts").fill("last words")
        await tab.goto(f"{stage.url}/stage?elsewhere")
        await until(stage, lambda: stage.saved[-1]["facts"] == "last words")


@browsing
async def test_draft_that_cannot_be_saved_stays_and_says_since_when(engine: Engine) -> None:
    """The node is away: the words are not, and whoever leaves is asked."""
    async with open_stage() as stage, engine.person() as person:
        person.expect(CUT)
        tab = await opened(person, stage)
        stage.is_cut = True
        await tab.locator("#f-facts").fill("typed while it was away")
        await tab.locator("#f-reference").focus()
        await expect(tab.locator("[data-saved]")).to_contain_text("Not saved since ")
        await stays(tab)
        stage.is_cut = False
        await tab.locator("#f-facts").press("End")
        await tab.locator("#f-reference").focus()
        await expect(tab.locator("[data-saved]")).to_contain_text("Saved ")
        assert stage.saved[-1]["facts"] == "typed while it was away"


@browsing
async def test_form_waits_for_the_save_under_way_and_names_its_version(engine: Engine) -> None:
    """Else whoever types and presses a button at once would be in conflict with themselves."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        stage.gate.clear()
        await tab.locator("#f-facts").fill("typed")
        await tab.locator("#f-reference").focus()
        await until(stage, lambda: stage.is_saving)
        await tab.locator("#draft").get_by_role("button", name="Done").click()
        assert stage.posted == []
        stage.gate.set()
        await until(stage, lambda: len(stage.posted) == 1)
        assert (stage.posted[0]["version"], stage.posted[0]["facts"]) == ("2", "typed")


@browsing
async def test_draft_that_another_saved_shows_both_texts(engine: Engine) -> None:
    """Nobody's words are written over."""
    async with open_stage() as stage, engine.person() as person:
        person.expect("412 (Precondition Failed)")
        tab = await opened(person, stage)
        stage.is_overtaken = True
        await tab.locator("#f-facts").fill("mine")
        await tab.locator("#f-reference").focus()
        await expect(tab.locator("[data-saved]")).to_contain_text("Somebody else has changed")
        await expect(tab.locator("#theirs")).to_have_text("written by Officer 2")
        await expect(tab.locator("#f-facts")).to_have_value("mine")
        assert stage.saved == []


@browsing
async def test_keys_go_through_rows_and_never_act_inside_fields(engine: Engine) -> None:
    """An officer types names that hold every letter."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        await tab.locator("#f-facts").fill("")
        await tab.keyboard.type("jk?cr/")
        await expect(tab.locator("#f-facts")).to_have_value("jk?cr/")
        await tab.locator("h1").click()
        await tab.keyboard.press("j")
        await tab.keyboard.press("j")
        await expect(tab.locator("[data-row='/stage?second']")).to_be_focused()
        await tab.keyboard.press("k")
        await tab.keyboard.press("?")
        await expect(tab.locator("[data-keys-dialog]")).to_be_visible()
        await tab.keyboard.press("Escape")
        await expect(tab.locator("[data-row='/stage?first']")).to_be_focused()
        await tab.keyboard.press("Enter")
        await tab.wait_for_url("**/stage?first")
        await tab.keyboard.press("c")
        await tab.wait_for_url("**/stage?composed")


@browsing
async def test_upload_goes_on_with_the_parts_that_are_missing(
    engine: Engine, tmp_path: Path
) -> None:
    """500 MB are not begun anew because the line broke."""
    async with open_stage() as stage, engine.person() as person:
        person.expect(CUT)
        tab = await opened(person, stage)
        stage.most_parts = 2
        file = tmp_path / "order.pdf"
        await asyncio.to_thread(file.write_bytes, b"x" * (9 << 20))
        await tab.locator("#f-file").set_input_files(file)
        said = tab.locator("#draft [role=status]:not([data-saved])")
        await expect(said).to_have_text("The upload stopped. Press Resume to go on.")
        stage.most_parts = 9
        await tab.get_by_role("button", name="Resume").click()
        await expect(said).to_have_text("Uploaded, checked")
        assert stage.parts == [0, 1, 2]


@browsing
async def test_session_that_is_about_to_lock_asks_first(engine: Engine) -> None:
    """Two minutes before; and the server's time counts."""
    async with open_stage() as stage, engine.person() as person:
        stage.lock_s = 60
        tab = await opened(person, stage)
        dialog = tab.locator("[data-lock-dialog]")
        await expect(dialog).to_be_visible()
        await tab.get_by_role("button", name="Stay signed in").click()
        assert await faults(tab) == []


@browsing
async def test_use_of_one_tab_holds_the_lock_off_in_all(engine: Engine) -> None:
    """There is one session: a tab that nobody looks at must not lead away from what it shows."""
    async with open_stage() as stage, engine.person() as person:
        await person.context.clock.install()
        first, second = await opened(person, stage), await opened(person, stage)
        await second.clock.fast_forward((stage.lock_s - 60) * 1000)
        for tab in (first, second):
            await expect(tab.locator("[data-lock-dialog]")).to_be_visible()
        await second.get_by_role("button", name="Stay signed in").click()
        for tab in (first, second):
            await expect(tab.locator("[data-lock-dialog]")).to_be_hidden()
        assert stage.looks == 0


@browsing
async def test_page_is_not_left_while_the_server_holds_the_session_open(engine: Engine) -> None:
    """Another browser window, or a program, may have used it."""
    async with open_stage() as stage, engine.person() as person:
        await person.context.clock.install()
        tab = await opened(person, stage)
        await tab.evaluate("window.isOld = true")
        await tab.clock.fast_forward((stage.lock_s + 10) * 1000)
        await until(stage, lambda: stage.looks == 1)
        await expect(tab.locator("[data-lock-dialog]")).to_be_hidden()
        await tab.clock.run_for(10_000)
        assert stage.looks == 1
        assert await tab.evaluate("window.isOld")


@browsing
async def test_what_no_draft_saves_is_kept_by_the_lock_as_well(engine: Engine) -> None:
    """A note, an answer, a code: hidden until somebody unlocks, then there again."""
    async with open_stage() as stage, engine.person() as person:
        person.expect("401 (Unauthorized)")
        await person.context.clock.install()
        tab = await opened(person, stage)
        await tab.locator("#f-note").fill("typed as it locked")
        stage.is_locked = True
        await tab.clock.fast_forward((stage.lock_s + 10) * 1000)
        await expect(tab.locator("[data-unlock]")).to_be_visible()
        await expect(tab.locator("main")).to_be_hidden()
        stage.is_locked = False
        await tab.clock.run_for(5_000)
        await expect(tab.locator("#f-note")).to_be_visible()
        await expect(tab.locator("#f-note")).to_have_value("typed as it locked")


@browsing
async def test_whoever_leaves_during_an_upload_is_asked(engine: Engine) -> None:
    """The parts that are missing are in this tab alone."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        stage.gate.clear()
        await tab.locator("h1").click()
        file = FilePayload(name="order.pdf", mimeType="application/pdf", buffer=b"x")
        await tab.locator("#f-file").set_input_files(file)
        await expect(tab.locator("progress[aria-label='order.pdf']")).to_be_visible()
        await stays(tab)
        stage.gate.set()
        said = tab.locator("#draft [role=status]:not([data-saved])")
        await expect(said).to_have_text("Uploaded, checked")


@browsing
async def test_text_that_the_lock_overtook_is_hidden_and_saved_afterwards(engine: Engine) -> None:
    """The page of the lock answers well to every request: that is not taken for a save."""
    async with open_stage() as stage, engine.person() as person:
        person.expect("401 (Unauthorized)")
        await person.context.clock.install()
        tab = await opened(person, stage)
        await until(stage, lambda: len(stage.streams) == 1)
        stage.is_locked = True
        await tab.locator("#f-facts").fill("typed as it locked")
        await tab.locator("#f-reference").focus()
        await expect(tab.locator("[data-saved]")).to_contain_text("Not saved since ")
        await tab.clock.fast_forward(stage.lock_s * 1000)
        await expect(tab.locator("[data-unlock]")).to_be_visible()
        await expect(tab.locator("main")).to_be_hidden()
        stage.is_locked = False
        await tab.clock.fast_forward(5_000)
        await expect(tab.locator("#f-facts")).to_be_visible()
        await expect(tab.locator("#f-facts")).to_have_value("typed as it locked")
        await tab.clock.fast_forward(15_000)
        await until(stage, lambda: bool(stage.saved))
        assert stage.saved[-1]["facts"] == "typed as it locked"


@browsing
async def test_passkey_is_asked_for_and_its_answer_posted(engine: Engine) -> None:
    """By the browser's own readers of options; a refusal is said in words."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        session = await person.context.new_cdp_session(tab)
        await session.send("WebAuthn.enable")
        held = await session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                    "hasUserVerification": True, "isUserVerified": True,
                }
            },
        )  # fmt: skip
        key = tab.locator("#key")
        stage.options = {"challenge": "AAAA", "rpId": "elsewhere.example"}
        await key.get_by_role("button").click()
        await expect(key.locator("[data-passkey-problem]")).to_have_text(
            "The passkey was not accepted. Try again."
        )
        await session.send(
            "WebAuthn.addCredential",
            {
                "authenticatorId": held["authenticatorId"],
                "credential": {
                    "credentialId": "AAECAw==", "isResidentCredential": True, "rpId": "localhost",
                    "privateKey": a_key(), "userHandle": "AQ==", "signCount": 1,
                },
            },
        )  # fmt: skip
        stage.options = {"challenge": "AAAA", "rpId": "localhost", "userVerification": "required"}
        # Not a click: a button that was pressed twice within a second counts once.
        await key.evaluate("form => form.requestSubmit(form.querySelector('button'))")
        await until(stage, lambda: bool(stage.posted))
        assert '"type":"public-key"' in stage.posted[0]["assertion"]
        assert stage.posted[0]["by"] == "key"


@browsing
async def test_times_are_echoed_in_utc_also_when_clocks_change(engine: Engine) -> None:
    """03:30 in Bucharest stands twice in that night; the day after it is two hours."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage)
        echo = tab.locator("[data-zoned-utc]")
        await expect(echo).to_have_text("= 2026-10-25 02:30 UTC")
        await tab.get_by_label("Time zone").select_option("Europe/Bucharest")
        await expect(echo).to_have_text("= 2026-10-24 23:30 UTC")
        await tab.get_by_label("Day, as 2026-11-21").fill("2026-10-26")
        await expect(echo).to_have_text("= 2026-10-26 00:30 UTC")
        await tab.get_by_label("Day, as 2026-11-21").fill("soon")
        await expect(echo).to_have_text("")


@browsing
async def test_one_time_code_leaves_the_address(engine: Engine) -> None:
    """It is not left in the history for who comes next."""
    async with open_stage() as stage, engine.person() as person:
        tab = await opened(person, stage, "#CODE")
        await expect(tab.locator("#code")).to_have_value("CODE")
        assert tab.url == f"{stage.url}/stage"


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "ar")])
@browsing
async def test_every_part_is_accessible(engine: Engine, theme: str, language: str) -> None:
    """WCAG 2.2 AA in both themes and directions, with faults shown, wide and narrow."""
    async with open_stage() as stage, engine.person() as person:
        stage.emergencies = 2
        stage.muted = {"0" * 32}
        tab = await opened(person, stage, f"?theme={theme}&language={language}&wrong")
        await tab.set_viewport_size({"width": 1280, "height": 900})
        await expect(tab.locator(".govuk-error-summary")).to_be_focused()
        await tab.evaluate("scrollTo(0, 0)")  # what lies under the bar cannot be judged
        assert await faults(tab) == []
        await tab.set_viewport_size({"width": 320, "height": 800})
        assert not await is_too_wide(tab)
        assert "violations" not in await faults(tab)
