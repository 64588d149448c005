"""The frame of every page: who sees which parts, what it says, and the headers it goes out with."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import make_mocked_request
from aiohttp.web import Request, Response

from gateway.officer.adapters.languages import LANGUAGES, Languages
from gateway.officer.adapters.templates import Templates
from gateway.officer.pages.layout import (
    SECURITY,
    Alert,
    Frame,
    Notice,
    Notices,
    Status,
    Theme,
    language_of,
    page,
    places,
    theme_of,
)
from gateway.officer.pages.statics import Statics
from gateway.people import Caller, Role, Way

NOW = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)
POP = Caller(
    person=1,
    name="Officer 3",
    who="RO/1 officer 1",
    roles=frozenset({Role.OFFICER}),
    way=Way.SESSION,
    session=1,
    csrf="token",
    language="fr",
)
STATUS = Status(
    is_ready=True,
    directory_at=NOW - timedelta(hours=2),
    signed=3,
    signers=4,
    reached=74,
    peers=76,
    entries=8812,
    verified_at=NOW - timedelta(minutes=5),
)
FRAME = Frame(
    desk="RO duty desk",
    node="RO/1",
    caller=POP,
    language="en",
    theme=Theme.SYSTEM,
    now=NOW,
    zone="Europe/Bucharest",
    alerts=(Alert(mid="9f2c", article="Art. 9", party="JP", due=NOW + timedelta(minutes=11)),),
    counts={"/inbox": 7},
    notices=(Notice(kind=Notices.DANGER, text="The log of FR has forked."),),
    status=STATUS,
    on_duty="Officer 3",
    duty_until=NOW + timedelta(hours=4),
    lock_at=NOW + timedelta(minutes=15),
    is_demo=True,
)
BARE = Frame(
    desk="RO duty desk",
    node="RO/1",
    caller=None,
    language="en",
    theme=Theme.DARK,
    now=NOW,
    zone="UTC",
)


@pytest.fixture(scope="module")
def templates() -> Templates:
    """Return the templates of the package."""
    return Templates(Languages.load(), Statics.load().address)


def asked(path: str = "/inbox", **headers: str) -> Request:
    """Return a request for a page."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", path, headers=named)


def shown(templates: Templates, frame: Frame, path: str = "/inbox") -> tuple[Response, str]:
    """Answer with the bare frame."""
    answer = page(asked(path), templates, "base.html", frame)
    return answer, answer.text or ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        BARE,
        replace(FRAME, is_locked=True),
        replace(
            FRAME,
            on_duty="",
            alerts=(replace(FRAME.alerts[0], is_muted=True),),
            status=replace(STATUS, is_ready=False, directory_at=None, verified_at=None),
            shortcuts=False,
            sound=False,
            lock_at=None,
        ),
    ],
    ids=["whole", "nobody signed in", "locked", "little known"],
)
def test_frame_renders_in_every_language(templates: Templates, frame: Frame, language: str) -> None:
    """Whatever is known of the node and the person."""
    _, text = shown(templates, replace(frame, language=language))
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in text
    assert ("rtl.css" if language == "ar" else "ltr.css") in text
    assert text.count("<main") == text.count("</main>") == 1


def test_frame_shows_what_a_tired_officer_needs(templates: Templates) -> None:
    """The emergency first, the time, who has the duty, what the node says of itself."""
    _, text = shown(templates, FRAME)
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert re.search(r"<title>\(1\) .* - RO duty desk</title>", text)
    for words in (
        "EMERGENCY 1", "14:03 UTC / 16:03 Bucharest", "on duty: Officer 3", "until 20:03",
        "EMERGENCY Art. 9 from JP acknowledge in 11 min", "Inbox 7", "DEMO, test keys",
        "directory 2 h old, 3 of 4 signed", "peers 74 of 76", "log 8812 entries, verified 15:58",
        "The log of FR has forked.",
    ):  # fmt: skip
        assert words in plain, words
    assert 'data-csrf="token"' in text
    assert 'aria-current="page"' in text


def test_answer_in_an_emergency_asks_for_no_acknowledgement(templates: Templates) -> None:
    """A decision sounds as a request does, but there is no clock that could be late."""
    answer = Alert(mid="9f2c", article="Art. 9", party="JP", due=None)
    _, text = shown(templates, replace(FRAME, alerts=(answer,)))
    assert '<span class="a35-emergency__due">Nobody has opened this message yet</span>' in text


def test_page_below_a_part_marks_the_part(templates: Templates) -> None:
    """Where one is stays visible."""
    _, text = shown(templates, FRAME, "/drafts/12")
    assert text.count('aria-current="true"') == 2  # the part, and the language


def test_parts_are_those_of_the_roles() -> None:
    """What somebody may not see is not offered."""
    of = {
        role: [
            place.path
            for place in places(replace(FRAME, caller=replace(POP, roles=frozenset({role}))))
        ]
        for role in Role
    }
    assert "/drafts" in of[Role.OFFICER]
    assert "/approve" not in of[Role.OFFICER]
    assert "/approve" in of[Role.APPROVER]
    assert "/admin" in of[Role.OPERATOR]
    assert "/drafts" not in of[Role.OPERATOR]
    assert places(BARE) == places(replace(FRAME, is_locked=True)) == []
    assert FRAME.may("compose")
    assert not FRAME.may("approve")
    assert not BARE.may("compose")
    assert not BARE.csrf


def test_answer_carries_the_headers_of_the_desk(templates: Templates) -> None:
    """Scripts from elsewhere, frames, caches and text as markup are all refused."""
    answer, _ = shown(templates, FRAME)
    assert answer.content_type == "text/html"
    for name, value in SECURITY.items():
        assert answer.headers[name] == value
    policy = SECURITY["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert "unsafe" not in policy
    assert not answer.cookies


def test_language_is_what_was_chosen_then_what_is_asked_for() -> None:
    """A choice outlives the page, a person's setting outweighs the browser's."""
    assert language_of(asked("/?language=ar"), POP) == "ar"
    assert language_of(asked("/?language=xx", Cookie="a35-language=ar"), POP) == "ar"
    assert language_of(asked(Accept_Language="ar"), POP) == "fr"
    assert language_of(asked(Accept_Language="ar"), None) == "ar"
    assert language_of(asked(), None) == "en"


def test_look_is_what_was_chosen() -> None:
    """The system decides where nobody chose."""
    assert theme_of(asked("/?theme=dark")) is Theme.DARK
    assert theme_of(asked(Cookie="a35-theme=light")) is Theme.LIGHT
    assert theme_of(asked("/?theme=pink")) is Theme.SYSTEM


def test_choices_are_kept_in_cookies_that_say_nothing_else(templates: Templates) -> None:
    """No case data lies in a browser's profile."""
    answer = page(asked("/inbox?language=fr&theme=dark"), templates, "base.html", FRAME, status=422)
    assert answer.status == 422
    assert {name: morsel.value for name, morsel in answer.cookies.items()} == {
        "a35-language": "fr",
        "a35-theme": "dark",
    }
    assert all(morsel["samesite"] == "Strict" for morsel in answer.cookies.values())
