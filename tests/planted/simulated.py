"""Faults that the simulator must find.

Seeds and kinds are the fewest that showed them: see docs/planted-faults.md for how to look anew.
"""

from typing import Final

from tests.crash.planted import Edit
from tests.planted.faults import Fault, Simulated

SIMULATED: Final = (
    Fault(
        name="officers are told anew of an envelope that came again",
        edits=(
            Edit(
                "gateway/storage/inbox.py",
                "        leaf = restate_receipt(session, number, receipt,"
                " origin=origin, index=index)\n",
                "        leaf = restate_receipt(session, number, receipt,"
                " origin=origin, index=index)\n"
                "        session.tell(\n"
                "            Event(at_ms=now_ms, kind=KIND_RECEIVED, message=row,\n"
                "                  what=MessageState.ACCEPTED.value, by=sender)\n"
                "        )\n",
            ),
        ),
        check=Simulated(shows=frozenset({"twice"}), kinds=("answer_lost",)),
        often=True,
    ),
    Fault(
        name="a claim is not leased",
        edits=(
            Edit(
                "gateway/storage/leases.py",
                "            self._leases[item] = Lease(self._fence, node, until_ms)\n",
                "            del item\n",
            ),
        ),
        check=Simulated(shows=frozenset({"lost"}), kinds=("delay",)),
    ),
    Fault(
        name="a repeated attempt sends other bytes",
        edits=(
            Edit(
                "gateway/storage/claiming.py",
                "    return replace(claimed, header=row[6], wraps=row[7], body=row[8])\n",
                "    body = row[8][::-1] if claimed.attempts else row[8]\n"
                "    return replace(claimed, header=row[6], wraps=row[7], body=body)\n",
            ),
        ),
        check=Simulated(shows=frozenset({"lost"}), seeds=3, kinds=("answer_lost",)),
    ),
    Fault(
        name="what was put off is never due again",
        edits=(
            Edit(
                "gateway/storage/settling.py",
                "    next_ms = deferred.next_ms or 0\n",
                "    next_ms = 2**61\n",
            ),
        ),
        check=Simulated(shows=frozenset({"lost"}), kinds=("answer_lost",)),
    ),
    Fault(
        name="contents are stored as they are",
        edits=(
            Edit(
                "gateway/storage/vault.py",
                "return seal_at_rest(key, plain, _context(column, sender, mid, month))\n",
                "return plain\n",
            ),
            Edit(
                "gateway/storage/vault.py",
                "            return open_at_rest(self._key(month), sealed,"
                " _context(column, sender, mid, month))\n",
                "            return sealed\n",
            ),
        ),
        check=Simulated(shows=frozenset({"I7"}), kinds=("delay",)),
        often=True,
    ),
    Fault(
        name="a receipt is kept without saying so in the log",
        edits=(
            Edit(
                "gateway/storage/receipts.py",
                "            session.state(receipt.statement, must_leave=False),\n",
                "            0,\n",
            ),
        ),
        check=Simulated(shows=frozenset({"I2"}), kinds=("delay",)),
    ),
    Fault(
        name="the state of a message falls when a receipt comes late",
        edits=(
            Edit(
                "gateway/storage/steps.py",
                "    if advance(message.state, state) is message.state:\n",
                "    if message.state is state:\n",
            ),
        ),
        check=Simulated(shows=frozenset({"I4", "lost"}), kinds=("reordering",)),
    ),
    Fault(
        name="what a restored node lost is not sent to it again",
        edits=(
            Edit(
                "gateway/service/shortfall.py",
                "        if reading.lost:\n",
                "        if False:\n",
            ),
        ),
        check=Simulated(shows=frozenset({"lost"}), start=79, kinds=("restored_copy",)),
    ),
)
