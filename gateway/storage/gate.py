"""The gate before the signature: whether heads of our own log may be signed.

It stands in the committer, so that nothing can go around it. It opens with a commit and closes
at once; leaves are committed whether it is open or not.

Source: docs/wire-format.md, rule 8.
"""

from gateway.continuity import Loss
from protocol.log.recovery import Start, StartDecision


class Gate:
    """Whether the writer may sign. Read by its thread and by the loop's.

    Args:
        decision: How the start is to be taken.
        is_open: Open from the beginning: a log that was made just now.
        loss: What was found before, in these files.
    """

    def __init__(
        self, decision: StartDecision, *, is_open: bool = False, loss: Loss | None = None
    ) -> None:
        self._decision = decision
        self._loss = loss
        self._is_ended = loss is not None or decision.start is Start.NEVER
        self._is_open = is_open and not self._is_ended

    @property
    def decision(self) -> StartDecision:
        """How the start is to be taken."""
        return self._decision

    @property
    def loss(self) -> Loss | None:
        """What ended this generation, None if nothing did."""
        return self._loss

    @property
    def is_open(self) -> bool:
        """Whether heads may be signed."""
        return self._is_open

    @property
    def is_ended(self) -> bool:
        """Whether this generation is never signed again by these files."""
        return self._is_ended

    def open(self) -> None:
        """Let heads be signed from now on; nothing happens after the end."""
        self._is_open = not self._is_ended

    def end(self, loss: Loss) -> None:
        """Sign nothing more in this generation; the first loss found counts."""
        self._is_open = False
        self._is_ended = True
        if self._loss is None:
            self._loss = loss
