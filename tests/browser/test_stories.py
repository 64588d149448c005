"""What people do at the desk, from one end to the other, at real nodes."""

import asyncio
import re
from html import unescape
from http import HTTPStatus
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.browser.cases import emergency
from tests.browser.engine import Engine, browsing
from tests.browser.house import House, come_in
from tests.browser.keyboard import Keyboard, passkey
from tests.browser.story import FACTS, WIDE, begun, write_request

REFUSED = "422 (Unprocessable Entity)"
MOST_LINKS = 200
LINK = re.compile(r'href="(/(?!static/)[^"#]*)')
LOCKED = re.compile(r"/locked\b")
MESSAGE = re.compile(r"/messages/[0-9a-f]{32}$")


@browsing
async def test_request_is_written_corrected_approved_and_sent_by_keyboard_alone(
    engine: Engine, house: House
) -> None:
    """D3, D11, D20: by two people; the second one's screen is locked and unlocked in between."""
    seat = house["RO/1"]
    links = await seat.a_link("author", "officer", "approver"), await seat.a_link("2nd", "approver")
    async with engine.person(viewport=WIDE) as author, engine.person(viewport=WIDE) as second:
        author.expect(REFUSED)
        second.expect("pubKeyCredParams is missing")  # RSA, which we do not take
        page, keys = await enter_by_keyboard(await author.page(), links[0])
        await page.goto(f"{seat.api}/inbox")
        await write_request(page, keys)
        draft = page.url.split("/")[-2]
        other, others = await enter_by_keyboard(await second.page(), links[1])
        await other.goto(f"{seat.api}/settings")
        await enrol(other, others)
        await lock_and_unlock(other, others)
        await page.goto(f"{seat.api}/approve/{draft}")
        await expect(page.get_by_text("This draft is yours")).to_be_visible()
        await expect(page.locator("[data-passkey=approve]")).to_have_count(0)
        await page.goto(f"{seat.api}/help")  # the page of a draft leaves by itself once it is sent
        await other.goto(f"{seat.api}/approve")
        await other.keyboard.press("j")
        await other.keyboard.press("Enter")
        await other.wait_for_url(f"**/approve/{draft}")
        await others.press("[data-passkey=approve] button")
        await other.wait_for_url(MESSAGE)
        mid = other.url.rpartition("/")[2]
        await page.goto(f"{seat.api}/cases/{mid}")
        await expect(page.locator("#timeline")).to_contain_text(
            re.compile("approved", re.IGNORECASE)
        )
        await shortcuts_off(page, keys, seat.api)
    assert keys.unseen == []
    assert others.unseen == []


async def enter_by_keyboard(page: Page, link: str) -> tuple[Page, Keyboard]:
    """Come in by a link, with one key."""
    keys = Keyboard(page)
    await page.goto(link)
    await keys.press("main form button")
    await page.wait_for_url(lambda url: "/enter" not in url)
    return page, keys


async def enrol(page: Page, keys: Keyboard) -> None:
    """Set up a passkey, of a kind that our log's readers can check: no RSA."""
    await passkey(page)
    await keys.write("#f-name", "the virtual one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("the virtual one")).to_be_visible()


async def lock_and_unlock(page: Page, keys: Keyboard) -> None:
    """Leave the desk for a moment: no case stands on the screen meanwhile."""
    home = page.url.partition("/settings")[0]
    await keys.press("form[action='/lock'] button")
    await page.wait_for_url(LOCKED)
    await page.goto(f"{home}/approve")
    await page.wait_for_url(LOCKED)
    await expect(page.get_by_text("RO-2026-00041")).to_have_count(0)
    await keys.press("[data-passkey=signin] button")
    await page.wait_for_url(lambda url: "/locked" not in url)


async def shortcuts_off(page: Page, keys: Keyboard, home: str) -> None:
    """Who steers by voice says letters: off means off."""
    await page.goto(f"{home}/settings")
    await keys.press("#f-shortcuts", "Space")
    await keys.press("form[action='/settings'] button")
    await expect(page.locator("body")).to_have_attribute("data-shortcuts", "off")
    await page.goto(f"{home}/inbox")
    await page.keyboard.press("c")
    await page.keyboard.press("?")
    assert page.url.endswith("/inbox")
    await expect(page.locator("[data-keys-dialog]")).not_to_be_visible()


@browsing
async def test_no_typed_word_is_lost(engine: Engine, house: House) -> None:
    """D4: empty and wrong forms, somebody who types without a pause, a browser that dies."""
    seat = house["RO/1"]
    async with engine.person(viewport=WIDE) as person:
        person.expect(REFUSED)
        page = await come_in(person, await seat.a_link("writer", "officer"))
        draft = seat.api + await begun(page, seat.api, "preservation_request")
        check = page.locator("button[name=action][value=check]")
        await check.click()
        await expect(page.locator(".govuk-error-summary")).to_be_focused()
        await faults_are_tied(page)
        wrong = {"request_date~day": "31", "request_date~month": "2", "necessity": FACTS}
        for name, text in wrong.items():
            await field(page, name).fill(text)
        await check.click()
        await expect(page.locator("a[href^='#f-body.request_date']")).to_have_count(1)
        for name, text in wrong.items():
            await expect(field(page, name)).to_have_value(text)
        await page.goto(draft)
        saves: list[str] = []
        page.on("request", lambda one: saves.append(one.method))
        await field(page, "facts").press_sequentially(FACTS, delay=80)
        assert "PATCH" in saves, "whoever types without a pause is saved too"
        async with page.expect_response(lambda one: "Nomore." in (one.request.post_data or "")):
            await field(page, "facts").press_sequentially(" Nomore.")
        await killed(page)
        again = await person.page()
        await again.goto(draft)
        await expect(field(again, "facts")).to_have_value(f"{FACTS} Nomore.")


def field(page: Page, name: str) -> Locator:
    """Return a field of the body by its name."""
    return page.locator(f"[id='f-body.{name}']")


async def killed(page: Page) -> None:
    """End a tab as a crash does: nothing of it runs any more."""
    session = await page.context.new_cdp_session(page)
    async with page.expect_event("crash"):
        asking = asyncio.create_task(session.send("Page.crash"))
    asking.cancel()


async def faults_are_tied(page: Page) -> None:
    """See that each fault leads to its place, and that the place says it as well."""
    alone = await page.locator(".govuk-error-summary a").evaluate_all(
        """links => links.filter(link => {
          const place = document.getElementById(link.hash.slice(1));
          const group = place?.closest(".govuk-form-group--error") ?? place;
          return !group?.parentElement.querySelector(".govuk-error-message");
        }).map(link => link.hash)"""
    )
    assert alone == []


@browsing
async def test_emergency_is_seen_heard_counted_and_muted_for_oneself(
    engine: Engine, house: House, waiting: str, tmp_path: Path
) -> None:
    """D7: on any page, without a word of the case; muted by one, it still calls the other."""
    seat = house["RO/1"]
    banner = f"[data-emergency='{waiting}']"
    async with engine.person() as person, engine.person() as colleague:
        page = await come_in(person, await seat.a_link("ear", "officer"))
        other = await come_in(colleague, await seat.a_link("other ear", "officer"))
        await page.goto(f"{seat.api}/statistics")
        await expect(page.locator(banner)).to_contain_text("EMERGENCY")
        text = await page.locator(banner).text_content() or ""
        assert "Kidnapping" not in text
        assert "JP-CAD" not in text
        before = int((await page.title()).partition(")")[0].removeprefix("("))
        await page.locator("h1").click()
        await expect(page.locator("body[data-rang]")).to_have_count(1)
        await page.locator(banner).get_by_role("button", name="Mute for me").click()
        await expect(page.locator(banner)).to_contain_text("muted for you")
        await other.goto(f"{seat.api}/inbox")
        await expect(other.locator(banner)).not_to_contain_text("muted for you")
        mid = await asyncio.to_thread(house["JP/1"].sends, emergency(to="RO"), tmp_path)
        await expect(page.locator(f"[data-emergency='{mid}']")).to_be_visible()
        await expect(page).to_have_title(re.compile(rf"^\({before + 1}\) "))


@browsing
async def test_looking_is_no_act(engine: Engine, house: House, waiting: str) -> None:
    """D12: every link that an officer finds is followed; nothing is noted, nobody is told."""
    seat = house["RO/1"]
    async with engine.person() as person:
        page = await come_in(person, await seat.a_link("crawler", "officer", "supervisor"))
        ask = page.context.request

        async def known() -> tuple[object, object, object]:
            acts, shown = [
                await (await ask.get(f"{seat.api}/api/v1/{each}")).json()
                for each in ("log/acts", f"messages/{waiting}")
            ]
            return acts, shown["state"], shown["thread"]

        before = await known()
        seen = set[str]()
        left = ["/inbox", f"/messages/{waiting}"]
        while left and len(seen) < MOST_LINKS:
            path = left.pop(0)
            seen.add(path)
            answer = await ask.get(seat.api + path, max_redirects=0)
            assert answer.status < HTTPStatus.INTERNAL_SERVER_ERROR, path
            if "text/html" in answer.headers.get("content-type", ""):
                found = map(unescape, LINK.findall(await answer.text()))
                left += {each for each in found if each not in seen and each not in left}
        assert f"/cases/{before[2]}" in seen
        assert await known() == before  # how late it is goes on by itself
