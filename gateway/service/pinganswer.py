"""Whether a content answers a ping of ours: held against its code where it is opened, and counted.

Source: docs/domain.md, section 12.
"""

from protocol.envelope.content import Content
from protocol.requests.ping import PING, PING_REPLY, read_ping, read_reply


def answered(asked: Content, said: Content) -> bool | None:
    """Tell what a reply says of the details of its desk.

    Args:
        asked: A content of ours, of any type.
        said: What the node answered to it; its form was checked where it was opened.

    Returns:
        None if it is no answer to a ping, or not with its code.
    """
    if asked.type != PING or said.type != PING_REPLY:
        return None
    ping, reply = read_ping(asked.body), read_reply(said.body)
    return reply.details_valid if reply.code == ping.code else None


def note_of(said: Content) -> str:
    """Return what a desk wrote with its answer to a ping; empty if nothing.

    Args:
        said: What the node answered; its form was checked where it was opened.
    """
    return (read_reply(said.body).note or "") if said.type == PING_REPLY else ""
