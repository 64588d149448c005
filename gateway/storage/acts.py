"""Finds the acts on a case in our own log, for its access record."""

import sqlite3

from gateway.casework import Access
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin
from protocol.log.deed import Act


def acts_on(reader: sqlite3.Connection, mids: set[bytes]) -> list[Access]:
    """Return the officers' acts on some messages, from every generation of our log.

    Args:
        reader: A connection that reads.
        mids: The ids of the messages.
    """
    rows = reader.execute(
        "SELECT g.origin, l.i, p.bytes FROM leaf l JOIN log g ON g.generation = l.generation"
        " JOIN preimage p ON p.generation = l.generation AND p.i = l.i WHERE l.kind = 9"
    )
    found: list[Access] = []
    for origin, index, preimage in rows:
        # The id stands in the bytes as it is: looking for it is a hundred times faster than
        # reading every act.
        if not any(mid in preimage for mid in mids):
            continue
        try:
            act = Act.decode(preimage)
        except MalformedError:
            continue
        if act.ref is not None and act.ref.value in mids:
            found.append(
                Access(
                    at_ms=act.t_ms,
                    who=act.who,
                    what=act.act,
                    mid=act.ref,
                    origin=LogOrigin.parse(origin),
                    index=index,
                )
            )
    return found
