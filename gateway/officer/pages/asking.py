"""What a draft answers: the items of that request, to be chosen from and not to be typed.

Source: docs/desk.md, "Writing a request".
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.errors import GatewayError
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms.nodes import Choice
from gateway.officer.pages.naming import subject_of
from gateway.officer.pages.replying import items_of
from protocol.errors import MalformedError
from protocol.identifiers import MessageId
from protocol.requests.replies import WHOLE_REQUEST

_REPLY: Final = "in_reply_to"
_WHOLE: Final = message("The whole request")


async def items_asked(desk: Desk, document: Mapping[str, Any], language: str) -> tuple[Choice, ...]:
    """Return the items of the request that a draft answers, to be chosen from.

    Args:
        desk: Whose message that is.
        document: Of the draft.
        language: Of the page.

    Returns:
        Them and the whole request; none where that message cannot be read here.
    """
    try:
        mid = MessageId.parse(str(document.get(_REPLY, "")))
        asked = (await desk.services.consult.content(mid)).document
    except (MalformedError, GatewayError):
        return ()
    body = asked.get("body")
    entries = body.get("items") if isinstance(body, Mapping) else None
    about = {
        str(each["item_id"]): str(subject_of({"body": {"items": [each]}}, language).striptags())
        for each in (entries if isinstance(entries, list) else ())
        if isinstance(each, Mapping) and "item_id" in each
    }
    names = dict.fromkeys((*items_of(asked), WHOLE_REQUEST))
    about[WHOLE_REQUEST] = desk.templates.languages.say(language, _WHOLE)
    return tuple(Choice(value=name, about=about.get(name, "")) for name in names)
