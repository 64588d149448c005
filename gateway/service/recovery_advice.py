"""What a node that does not sign its log says to its operator: where it stands, what to do."""

from collections.abc import Mapping
from typing import Final, assert_never

from gateway.service.claims import Told
from gateway.service.recover import Outlook, Phase

_ADVICE: Final[Mapping[Phase, tuple[str, ...]]] = {
    Phase.SIGNING: (),
    Phase.ASKING: ("Nothing: it goes on by itself within half a minute.",),
    Phase.RECOVERING: (
        "Nothing is lost by waiting: officers can read and queue, peers try again.",
        "If a newer copy of the home exists, stop the node and put that back.",
        "If you know that these files are the newest: a35 recover --keep-log REASON",
    ),
    Phase.UNLISTED: (
        "Send renew.json to the directory authority; compare the fingerprints by telephone.",
        "The node goes on by itself once the directory lists the new log.",
    ),
    Phase.ENDED: (
        "If a newer copy of the home exists, stop the node and put that back.",
        "Else stop the node and say: a35 recover --new-generation REASON",
        "Keep this home as it is until then: what is in it is evidence.",
    ),
}


def describe(outlook: Outlook) -> str:
    """Return in one sentence where the node stands with its log.

    Args:
        outlook: From `Recovery.outlook`.
    """
    match outlook.phase:
        case Phase.SIGNING:
            return f"signing, {outlook.size} leaves"
        case Phase.ASKING:
            return f"waiting for the first answer of a peer, at most 30 s; {_answers(outlook)}"
        case Phase.RECOVERING:
            return f"recovering, since {outlook.why}; {_answers(outlook)}"
        case Phase.UNLISTED:
            return "waiting until the directory lists the new generation of this log"
        case Phase.ENDED:
            return f"this log is never signed again by these files: {outlook.why}"
        case _:
            assert_never(outlook.phase)


def advice(outlook: Outlook) -> tuple[str, ...]:
    """Return what the operator can do, sentence by sentence, the best first.

    Args:
        outlook: From `Recovery.outlook`.
    """
    return _ADVICE[outlook.phase]


def _answers(outlook: Outlook) -> str:
    if outlook.peers is None:
        return "there is no directory yet, so nobody can be asked"
    needed = "none" if outlook.needed is None else str(outlook.needed)
    silent = sorted(
        str(node)
        for node, holding in outlook.holdings.items()
        if holding.told in {Told.UNREACHED, Told.UNPROVEN}
    )
    still = f"; no answer from {', '.join(silent)}" if silent else ""
    return f"{outlook.answered} of {outlook.peers} peers have answered, {needed} needed{still}"
