"""What the model says of messages that were taken back, and of those that were lost too late."""

from dataclasses import replace

import pytest

from gateway.simulator.model import Held, Model, Promise, View
from protocol.identifiers import MessageId, NodeId

FR = NodeId("FR", 1)
RO = NodeId("RO", 1)
MID = MessageId(bytes(15) + b"\1")


def held(state: str, *, is_noted: bool = True) -> Held:
    """Return a message as a store holds it."""
    return Held(state=state, told=1, mark="one", may_expire=False, is_noted=is_noted)


def asked() -> Model:
    """Return a model to which one message was promised."""
    model = Model()
    model.ask("one", sender=FR, to=RO, mark="one")
    model.told("one", Promise.QUEUED, MID)
    return model


def wrong(model: Model, here: Held, there: Held | None = None) -> list[str]:
    """Return what is wrong at the end."""
    got = {} if there is None else {(FR, MID): there}
    views = {FR: View(sent={MID: (RO, here)}, got={}), RO: View(sent={}, got=got)}
    return [*model.lost(views), *model.misplaced(views)]


def test_message_that_was_taken_back_and_never_arrived_is_not_lost() -> None:
    """Its author ended it, and was told so."""
    model = asked()
    model.cancel((FR, MID), is_done=True)
    assert wrong(model, held("cancelled")) == []
    assert wrong(model, held("cancelled"), held("accepted")) == []


def test_message_that_nobody_took_back_may_not_be_cancelled() -> None:
    """Nor one whose end nobody was told of."""
    assert wrong(asked(), held("cancelled")) != []
    model = asked()
    model.cancel((FR, MID), is_done=False)
    assert wrong(model, held("cancelled", is_noted=False)) != []
    assert wrong(model, held("cancelled")) == []


def test_late_receipt_of_what_was_taken_back_counts() -> None:
    """What turns out to have arrived stands as its receiver says."""
    model = asked()
    model.cancel((FR, MID), is_done=True)
    assert wrong(model, held("consigned"), held("consigned")) == []
    assert wrong(model, held("cancelled"), held("consigned")) != []


@pytest.mark.parametrize("is_done", [True, False])
def test_promise_to_have_taken_back_is_kept(*, is_done: bool) -> None:
    """A message that goes on queued all the same is a breach; without the promise it is owed."""
    model = asked()
    model.cancel((FR, MID), is_done=is_done)
    found = wrong(model, held("queued"))
    assert any("taken back" in each for each in found) is is_done


def test_message_that_its_receiver_lost_too_late_ends_with_notice() -> None:
    """Its disk went with it, its time was over, and officers were told: only all three excuse."""
    gone = replace(held("consigned"), is_gone=True, may_expire=True)
    assert wrong(asked(), gone) == []
    assert wrong(asked(), replace(gone, may_expire=False)) != []
    assert wrong(asked(), replace(gone, is_gone=False)) != []
    assert wrong(asked(), gone, held("accepted")) != []
