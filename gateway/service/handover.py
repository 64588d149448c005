"""The act by which a point of contact hands a request over inside its Party.

It is stated with the notice that tells the requester, in one commit, whichever way the notice was
written. It names kind of authority, date and number of items: never a name, never the scope.

Source: docs/domain.md, section 6.1; Convention on Cybercrime, Articles 27(9) and 35(2)(b).
"""

from keys.digest import new_salt
from protocol.identifiers import MessageId
from protocol.log.statement import Act, Statement, officer_act
from protocol.requests.document import Document
from protocol.requests.progress import ReferralNotice

HANDED_OVER = "handed_over"


def handed_over(
    document: Document, *, who: str, request: MessageId | None, subject: bytes, t_ms: int
) -> tuple[Statement, ...]:
    """Return the act of handing over, if a document is the notice of one.

    Args:
        document: About to be sent.
        who: The person, as "RO/1 officer 3": never a name.
        request: The message that it replies to.
        subject: Digest of the notice's content, 32 bytes.
        t_ms: Milliseconds since 1970, UTC.
    """
    body = document.body
    if not isinstance(body, ReferralNotice):
        return ()
    until = "" if body.expected_decision_by is None else f" until {body.expected_decision_by}"
    items = "" if body.item_ids is None else f", {len(body.item_ids)} items"
    act = Act(
        act=HANDED_OVER,
        who=who,
        ref=request,
        subject=subject,
        why=f"to {body.referred_to.kind}{until}{items}",
        t_ms=t_ms,
    )
    return (officer_act(act.encode(), new_salt()),)
