"""Faults that neither a kill nor the simulator shows, each with the check that does."""

from typing import Final

from tests.crash.planted import PLANTS, Edit
from tests.crash.world import Side
from tests.planted.faults import Fault, KillPoints, Synced, Tested

KILLED: Final = tuple(
    Fault(name=plant.name, edits=tuple(plant.edits), check=KillPoints(plant=plant))
    for plant in PLANTS
)

_ONE_DIRECTORY: Final = "a simulated node has a directory without signatures"
_NO_FORGER: Final = "a lying peer of the simulator signs nothing that its own node does not"

UNSYNCED: Final = (
    Fault(
        name="commits are not synced: synchronous=NORMAL",
        edits=(
            Edit(
                "gateway/storage/connection.py",
                '    ("synchronous", "FULL", 2),\n',
                '    ("synchronous", "NORMAL", 1),\n',
            ),
        ),
        check=Synced(side=Side.RECEIVER),
        often=True,
    ),
    Fault(
        name="syncing is turned off after the settings were confirmed",
        edits=(
            Edit(
                "gateway/storage/group.py",
                "        guard(self._connection)\n",
                '        self._connection.execute("PRAGMA synchronous = OFF")\n'
                "        guard(self._connection)\n",
            ),
        ),
        check=Synced(side=Side.SENDER),
    ),
)

TESTED: Final = (
    Fault(
        name="an older directory is accepted",
        edits=(
            Edit(
                "gateway/directory/trusted.py",
                "        if offered.timestamp_version < held.timestamp_version:\n"
                '            raise ProofError("the directory that was offered is older than the one'
                ' in use")\n',
                "",
            ),
        ),
        check=Tested(module="gateway/directory/test_trusted.py", why=_ONE_DIRECTORY),
    ),
    Fault(
        name="one signature line is enough",
        edits=(
            Edit(
                "keys/note.py",
                "        self._check_mldsa44(message, signature)\n        return timestamp_s\n",
                "        return timestamp_s\n",
            ),
        ),
        check=Tested(module="keys/test_note.py", why=_NO_FORGER),
        often=True,
    ),
    Fault(
        name="any consistency proof is accepted",
        edits=(
            Edit(
                "protocol/log/linking.py",
                "    check_joined(position.head, offered, proof)\n",
                "",
            ),
        ),
        check=Tested(module="protocol/log/test_linking.py", why=_NO_FORGER),
        often=True,
    ),
    Fault(
        name="a receipt settles without its proof",
        edits=(
            Edit(
                "gateway/service/settle.py",
                "        believe(StatementKind.RECEIPT_GIVEN, digest, proof, head)\n",
                "",
            ),
        ),
        check=Tested(module="gateway/service/test_settle.py", why=_NO_FORGER),
    ),
    Fault(
        name="a receipt settles whatever header it names",
        edits=(
            Edit(
                "gateway/service/receipting.py",
                "        and receipt.header_digest == stated.header_digest\n",
                "",
            ),
            Edit(
                "gateway/service/receipting.py",
                "        and receipt.envelope_digest in stated.sealings\n",
                "",
            ),
        ),
        check=Tested(module="gateway/service/test_settle.py", why=_NO_FORGER),
    ),
    Fault(
        name="a lease counts whatever its fence",
        edits=(
            Edit(
                "gateway/storage/leases.py",
                "        return lease is not None and lease.fence == fence and item not in"
                " self._ending\n",
                "        return lease is not None and item not in self._ending\n",
            ),
        ),
        check=Tested(
            module="gateway/storage/test_sqlite.py",
            why="a proven receipt counts whoever brings it: the outcome is the same",
        ),
    ),
    Fault(
        name="what is leased is claimed again",
        edits=(
            Edit(
                "gateway/storage/leases.py",
                "        return self._of_lane.get(node, ())\n",
                "        return ()\n",
            ),
        ),
        check=Tested(
            module="gateway/storage/test_sqlite.py",
            why="a repeat is answered with the receipt that there is: it costs, and changes"
            " nothing",
        ),
    ),
    Fault(
        name="a contact wakes no lane",
        edits=(
            Edit(
                "gateway/delivery/engine.py",
                "        self._contacts.heard(node)\n        self.hasten(node)\n",
                "        self._contacts.heard(node)\n",
            ),
        ),
        check=Tested(
            module="gateway/delivery/test_engine.py",
            why="seeds ask what arrives and not when; `simulate --waits` asks, for minutes",
        ),
    ),
    Fault(
        name="no lane goes while another one waits after a failure",
        edits=(
            Edit(
                "gateway/delivery/engine.py",
                "        lane.gathered(now_s + GRAIN_S)\n        for job in lane.wants(now_s):\n",
                "        lane.gathered(now_s + GRAIN_S)\n"
                "        others = [one for one in self._lanes.values() if one is not lane]\n"
                "        if any(one.state.circuit.failures for one in others):\n"
                "            return\n"
                "        for job in lane.wants(now_s):\n",
            ),
        ),
        check=Tested(
            module="gateway/delivery/test_engine.py",
            why="seeds ask what arrives and not when",
        ),
    ),
    Fault(
        name="a number that still waits is named void",
        edits=(
            Edit(
                "gateway/storage/tables_numbers.py",
                "        DELETE FROM ended WHERE node = new.node AND q = new.q;\n",
                "        INSERT INTO ended (node, q, message) VALUES (new.node, new.q, new.message)"
                "\n        ON CONFLICT (node, q) DO UPDATE SET message = excluded.message;\n",
            ),
        ),
        check=Tested(
            module="gateway/storage/test_sqlite.py",
            why="its receiver takes it all the same when it comes",
        ),
    ),
    Fault(
        name="an envelope that came before is admitted as if it were new",
        edits=(
            Edit(
                "gateway/storage/inbox.py",
                ' ON CONFLICT (mid, sender) DO NOTHING"',
                '"',
            ),
            Edit("gateway/storage/tables.py", "UNIQUE (mid, sender)", "UNIQUE (id, mid, sender)"),
        ),
        check=Tested(
            module="gateway/service/test_repeats.py",
            why="a seed with it did not end within half a minute",
        ),
    ),
    Fault(
        name="a checkpoint of a peer is joined by a proof from any size",
        edits=(
            Edit(
                "protocol/log/linking.py",
                "    if old != position.size:\n"
                '        raise LogPositionError("the proof does not start at our head",'
                " size=position.size)\n",
                "",
            ),
        ),
        check=Tested(
            module="protocol/log/test_linking.py",
            why="proofs of honest logs hold wherever they start, or fail and are asked for anew",
        ),
    ),
    Fault(
        name="what others tell of third logs is not heard",
        edits=(
            Edit(
                "gateway/service/hearsay.py",
                "            if fit_of(place, head) is not Fit.KNOWN:\n",
                "            if fit_of(place, head) is not Fit.KNOWN and not head.size:\n",
            ),
        ),
        check=Tested(
            module="gateway/service/test_gossip.py",
            why="a seed in which no peer meets the history that it did not see is rare;"
            " the measure other-history finds it in each fourth",
        ),
    ),
    Fault(
        name="a restored node signs at once",
        edits=(
            Edit(
                "gateway/storage/opening.py",
                "    return Gate(decision if loss is None else _ended(loss), loss=loss)\n",
                "    return Gate(decide_start(finding.PREFIX, size=size, restored=False),"
                " is_open=True)\n",
            ),
        ),
        check=Tested(
            module="gateway/service/test_recover.py",
            why="the simulator exempts whatever a restored log signs above the size of the copy",
        ),
    ),
    Fault(
        name="the anchor is not written",
        edits=(
            Edit(
                "gateway/storage/group.py",
                "            self._anchor.write(newest)\n",
                "            pass\n",
            ),
        ),
        check=Tested(
            module="gateway/storage/test_anchor.py",
            why="the simulator exempts whatever a restored log signs above the size of the copy",
        ),
    ),
    Fault(
        name="a leaf is left out of the log, and what is signed is not read back",
        edits=(
            Edit(
                "gateway/storage/sequence.py",
                "one.kind, one.digest) for i, one in enumerate(statements, first)],\n",
                "one.kind, one.digest) for i, one in enumerate(statements, first)"
                " if i % 50 != 49],\n",
            ),
            Edit(
                "gateway/storage/sequence.py",
                "        again = self._signed.copy()\n",
                "        again = frontier.copy()\n",
            ),
        ),
        check=Tested(
            module="gateway/storage/test_log.py",
            why="a seed with it did not end within half a minute",
        ),
    ),
    Fault(
        name="a message expires without a word to its officers",
        edits=(
            Edit(
                "gateway/storage/outbox.py",
                "    if raise_state(session, message, MessageState.EXPIRED, now_ms=now_ms):\n",
                "    raise_state(session, message, MessageState.EXPIRED, now_ms=now_ms)\n"
                "    if False:\n",
            ),
        ),
        check=Tested(
            module="gateway/delivery/test_engine.py",
            why="no message of six seeds with outages expired",
        ),
    ),
    Fault(
        name="an operation that failed is not undone",
        edits=(Edit("gateway/storage/group.py", '            execute("ROLLBACK TO one")\n', ""),),
        check=Tested(
            module="gateway/storage/test_group.py",
            why="no operation of three seeds failed alone",
        ),
    ),
    Fault(
        name="a node that is not reached puts off every lane",
        edits=(
            Edit(
                "gateway/delivery/engine.py",
                "            await self._keeper.failed(lane)\n",
                "            for each in tuple(self._lanes.values()):\n"
                "                await self._keeper.failed(each)\n",
            ),
        ),
        check=Tested(
            module="gateway/delivery/test_engine.py",
            why="in a simulated outage every lane comes through in the end",
        ),
    ),
)

HOLES: Final[tuple[Fault, ...]] = ()
"""What nothing finds. Whoever closes one moves it to the others."""
