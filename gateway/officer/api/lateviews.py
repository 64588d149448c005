"""From late messages, lanes and peers to the bodies of the API."""

from gateway.lateness import CopyRow, EscalationRow
from gateway.officer.shapes.delivery import LaneShape, PeerItem
from gateway.officer.shapes.models import (
    CardView,
    CopyView,
    LateView,
    LogRef,
    StageView,
    TelephoneView,
)
from gateway.officer.shapes.moments import instant, instant_or_none
from gateway.service.advice import Card, Late
from gateway.service.peers import PeerState
from gateway.service.ways import Way


def late_view(late: Late) -> LateView:
    """Return how late a message is."""
    return LateView(
        missing=late.step.value,
        stage=late.stage.value,
        due=instant(late.due_ms),
        since=instant(late.at_ms),
    )


def stage_view(row: EscalationRow) -> StageView:
    """Return a stage that was told."""
    has_leaf = row.origin is not None and row.index is not None
    return StageView(
        at=instant(row.at_ms),
        missing=row.step.value,
        stage=row.stage.value,
        due=instant(row.due_ms),
        log=LogRef(origin=row.origin or "", index=row.index or 0) if has_leaf else None,
    )


def card_view(card: Card) -> CardView:
    """Return a telephone card."""
    return CardView(
        node=str(card.node),
        name=card.name,
        remit=card.remit,
        hours=card.hours,
        time_zone=card.time_zone,
        languages=card.languages,
        telephones=tuple(
            TelephoneView(number=number, remark=remark) for number, remark in card.telephones
        ),
        email=card.email,
        is_other=card.is_other,
    )


def copy_view(row: CopyRow) -> CopyView:
    """Return a message and its copy."""
    return CopyView(
        original=str(row.original),
        original_to=str(row.original_to),
        copied=str(row.copy),
        copied_to=str(row.copy_to),
        withdrawal=None if row.withdrawal is None else str(row.withdrawal),
    )


def lane_shape(way: Way) -> LaneShape:
    """Return the way to a node."""
    return LaneShape(
        node=str(way.node),
        circuit=way.phase.value,
        failures=way.failures,
        due_in_ms=way.due_in_ms,
        last_contact=instant_or_none(way.last_contact_ms),
        why=way.why,
    )


def peer_item(state: PeerState) -> PeerItem:
    """Return one other node."""
    return PeerItem(
        node=str(state.node),
        last_contact=instant_or_none(state.way.last_contact_ms),
        circuit=state.way.phase.value,
        failures=state.way.failures,
        due_in_ms=state.way.due_in_ms,
        why=state.way.why,
        waiting=state.waiting,
        their_log=state.their_log,
        our_log=state.our_log,
        forked=state.is_forked,
        clock_offset_ms=state.offset_ms,
        silent_since=instant_or_none(state.silent_since_ms),
    )
