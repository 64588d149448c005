"""What a message still waits for: the steps that it has taken, and whether a person must act."""

from gateway.rows import MessageRow
from gateway.service.summary import Summary
from protocol.cases.ladder import MessageState, is_over, reached
from protocol.delivery.escalation import Step
from protocol.errors import MalformedError
from protocol.requests.catalogue import TYPES
from protocol.requests.ping import is_network_type


def is_request(row: MessageRow) -> bool:
    """Tell whether a person must acknowledge and answer it; unread: whether it opens a thread."""
    summary = summary_of(row)
    if summary is not None and is_network_type(summary.type):
        return False  # a round of pings has an end of its own, and nothing of it is escalated
    kind = None if summary is None else TYPES.get(summary.type)
    return row.re is None if kind is None else kind.is_request


def met_steps(state: MessageState) -> frozenset[Step]:
    """Return the steps that a message has taken, or will not take any more."""
    return frozenset(
        step for step in Step if is_over(state) or reached(state, MessageState(step.value))
    )


def summary_of(row: MessageRow) -> Summary | None:
    """Read a summary; one of a later version shows as not known, the message stays in its list."""
    if row.summary is None:
        return None
    try:
        return Summary.decode(row.summary)
    except MalformedError:
        return None
