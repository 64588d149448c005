"""When a node is called although nothing waits for it: every quarter of an hour or so.

An empty frame is link, sign of life and gossip in one. It is left out when there was an exchange
meanwhile, whoever began it; but once an hour we call ourselves, since a node that reaches us
need not be one that we reach.

Source: docs/delivery.md, "Delivery in rules", 21; docs/wire-format.md, rule 9b.
"""

from dataclasses import dataclass
from typing import Final

PING_S: Final = 15 * 60.0
"""Without any exchange a node is called after this time at the latest."""

JITTER: Final = 0.2
"""Up to so large a part of it is drawn off, so that many nodes do not call together."""

OWN_CALL_S: Final = 60 * 60.0
"""So long at most is a node's own calling enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanges:
    """The last exchanges with one node, in monotonic seconds.

    Args:
        heard_s: When it called us last.
        reached_s: When it answered us last.
        asked_s: When we called it last without work, answered or not.
    """

    heard_s: float = float("-inf")
    reached_s: float = float("-inf")
    asked_s: float = float("-inf")


def ping_at_s(exchanges: Exchanges, *, draw: float) -> float:
    """Return when the node is to be called.

    Args:
        exchanges: What was exchanged so far.
        draw: A number from 0 (included) to 1 (excluded), the same for one node until it is called.

    Returns:
        Monotonic seconds; minus infinity before the first exchange.
    """
    wait_s = PING_S * (1 - JITTER * draw)
    anyhow_s = max(exchanges.reached_s, exchanges.asked_s) + OWN_CALL_S * (1 - JITTER * draw)
    last_s = max(exchanges.heard_s, exchanges.reached_s, exchanges.asked_s)
    return min(last_s + wait_s, anyhow_s)
