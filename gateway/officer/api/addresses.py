"""What every address of the API takes and gives, for its description (`openapi`).

A row is a method and a path; a test compares the rows with the routes. What an address is for
stands in the first line of its handler, what it needs in its mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from gateway.officer.shapes import casework as c
from gateway.officer.shapes import drafts as d
from gateway.officer.shapes import models as m
from gateway.officer.shapes import people as p
from gateway.officer.shapes import pings as g
from gateway.officer.shapes.backup import BackupRequest, BackupStep
from gateway.officer.shapes.cancel import CancelAnswer, CancelRequest
from gateway.officer.shapes.delivery import ExplainView, PeerList
from gateway.officer.shapes.entries import EntryItem, EntryList
from gateway.officer.shapes.evidence import EvidenceRequest, ForkList
from gateway.officer.shapes.exports import ExportRequest
from gateway.officer.shapes.finding import PartyHistoryView, PartyList, PartyView, PointList
from gateway.officer.shapes.hold import HoldAnswer, HoldRequest
from gateway.officer.shapes.keychange import (
    AcceptedKeysView,
    AcceptKeysRequest,
    ConfirmKeysRequest,
    KeyOptionsRequest,
    WaitingView,
)
from gateway.officer.shapes.operations import OperationList, OperationView
from gateway.officer.shapes.recovery import AcceptedView, ReasonRequest, RecoveryView
from gateway.officer.shapes.refer import ReferRequest
from gateway.officer.shapes.revocations import RevokedView, RevokeRequest
from gateway.officer.shapes.searching import HitList, SearchRequest
from gateway.officer.shapes.statistics import StatisticsView
from gateway.officer.shapes.verifying import ComparisonRequest, ComparisonView
from gateway.officer.shapes.witnesses import WitnessList

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
PDF: Final = "application/pdf"
BYTES: Final = "application/octet-stream"
STREAM: Final = "text/event-stream"
TEXT: Final = "text/plain"
ZIP: Final = "application/zip"


@dataclass(frozen=True, slots=True)
class Row:
    """What one address takes and gives.

    Args:
        takes: The body that it reads; None for none.
        gives: The body of its success; None where that is no JSON or nothing.
        status: Of its success.
        query: Names of its parameters.
        media: Of its success, where several or no JSON.
        raw: The media type of a body that it reads as bytes.
        headers: Names of headers that it reads.
        later: What is given with 202 where whoever asks would rather not wait.
        unwell: Its success is also given with 503, where the node is not well.
        silent: It may also end well with 204 and no body.
    """

    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    status: int = 200
    query: tuple[str, ...] = ()
    media: tuple[str, ...] = (JSON,)
    raw: str | None = None
    headers: tuple[str, ...] = ()
    unwell: bool = False
    later: type[BaseModel] | None = None
    silent: bool = False


_KEY: Final = ("Idempotency-Key",)
_MATCH: Final = ("If-Match",)
_LISTS: Final = ("box", "state", "party", "type", "overdue", "seen", "limit", "before")
_POINTS: Final = ("q", "country", "function", "article", "language", "available")
_NOTHING: Final = Row(status=204, media=())
_SENT: Final = Row(gives=m.SentAnswer, status=201, headers=_KEY)

ROWS: Final[Mapping[str, Row]] = {
    "GET /healthz": Row(gives=m.HealthView, unwell=True),
    "GET /readyz": Row(gives=m.HealthView, unwell=True),
    "GET /metrics": Row(media=(TEXT,)),
    "GET /openapi.json": Row(),
    "POST /uploads": Row(m.UploadRequest, m.UploadAnswer, 201),
    "PUT /uploads/{id}/files/{n}": Row(status=204, media=(), raw=BYTES),
    "POST /uploads/{id}/send": _SENT,
    "POST /messages": Row(gives=m.SentAnswer, status=201, raw=JSON, headers=_KEY),
    "GET /messages": Row(gives=m.MessageList, query=_LISTS),
    "GET /messages/{mid}": Row(gives=m.MessageView),
    "POST /messages/{mid}/open": Row(gives=m.ContentView),
    "POST /messages/{mid}/acknowledge": Row(m.AcknowledgeRequest, m.SentAnswer, 201, headers=_KEY),
    "GET /messages/{mid}/content": Row(gives=m.ContentView),
    "GET /messages/{mid}/files/{n}": Row(media=(BYTES,)),
    "GET /messages/{mid}/attempts": Row(gives=ExplainView),
    "GET /messages/{mid}/seen": Row(gives=c.SeenList),
    "POST /messages/{mid}/refer": Row(ReferRequest, m.SentAnswer, 201, headers=_KEY),
    "POST /messages/{mid}/cancel": Row(CancelRequest, CancelAnswer),
    "POST /messages/{mid}/evidence": Row(EvidenceRequest, media=(ZIP,)),
    "POST /messages/{mid}/pdf": Row(media=(PDF,)),
    "GET /codes/{code}": Row(gives=m.MessageList),
    "GET /threads/{mid}": Row(gives=m.ThreadView),
    "GET /threads/{thread}/hold": Row(gives=HoldAnswer),
    "POST /threads/{thread}/hold": Row(HoldRequest, HoldAnswer),
    "GET /threads/{thread}/desk": Row(gives=c.CaseDeskView),
    "GET /threads/{thread}/notes": Row(gives=c.NoteList),
    "POST /threads/{thread}/notes": Row(c.NoteRequest, c.NoteItem, 201, headers=_KEY),
    "POST /threads/{thread}/oral": Row(c.NoteRequest, c.NoteItem, 201, headers=_KEY),
    "POST /threads/{thread}/assign": Row(c.AssignRequest, c.AssignmentView),
    "POST /threads/{thread}/close": Row(c.CloseRequest, c.FiledView),
    "GET /threads/{thread}/access-record": Row(gives=c.AccessList),
    "GET /duty": Row(gives=c.DutyView),
    "PUT /duty": Row(c.DutyRequest, c.DutyView),
    "POST /duty/hand-over": Row(c.HandOverRequest, c.HandOverView, 201),
    "POST /searches": Row(SearchRequest, HitList),
    "GET /statistics": Row(gives=StatisticsView, query=("from", "to", "by")),
    "POST /exports": Row(
        ExportRequest, media=("text/csv", JSON), headers=("Prefer",), later=OperationView
    ),
    "GET /exports/{id}": Row(media=("text/csv", JSON)),
    "GET /events": Row(gives=m.EventList, query=("after", "wait"), media=(JSON, STREAM)),
    "GET /types": Row(gives=m.TypeList),
    "GET /types/{type}/schema": Row(),
    "POST /checks": Row(m.CheckRequest, m.CheckAnswer),
    "GET /directory": Row(gives=m.DirectoryView),
    "GET /directory/parties": Row(gives=PartyList),
    "GET /directory/parties/{country}": Row(gives=PartyView),
    "GET /directory/parties/{country}/history": Row(gives=PartyHistoryView),
    "GET /directory/search": Row(gives=PointList, query=_POINTS),
    "GET /peers": Row(gives=PeerList),
    "POST /peers/{country}/{number}/accept": Row(ReasonRequest, AcceptedView),
    "GET /log": Row(gives=m.LogView),
    "GET /log/proof/{i}": Row(media=(TEXT,)),
    "POST /log/verifications": Row(
        gives=m.VerificationStep,
        query=("origin",),
        media=(LINES,),
        raw=BYTES,
        headers=("Prefer",),
        later=OperationView,
    ),
    "POST /log/comparisons": Row(ComparisonRequest, ComparisonView),
    "GET /log/witnesses": Row(gives=WitnessList),
    "GET /log/entries": Row(gives=EntryList, query=("before", "limit")),
    "GET /log/entries/{i}": Row(gives=EntryItem),
    "GET /log/acts": Row(gives=EntryList, query=("before", "limit")),
    "GET /operations": Row(gives=OperationList),
    "GET /operations/{id}": Row(gives=OperationView),
    "DELETE /operations/{id}": Row(gives=OperationView),
    "GET /recovery": Row(gives=RecoveryView),
    "POST /recovery/keep-log": Row(ReasonRequest, RecoveryView),
    "GET /forks": Row(gives=ForkList),
    "POST /forks/{country}/{number}/{generation}/evidence": Row(media=(ZIP,)),
    "POST /backups": Row(BackupRequest, BackupStep, media=(LINES,)),
    "GET /pings": Row(gives=g.RoundList),
    "POST /pings": Row(g.PingRequest, g.RoundView),
    "GET /pings/asked": Row(gives=g.AskedList),
    "POST /pings/answers": Row(g.PingAnswerRequest, g.PingAnswered),
    "GET /pings/{number}": Row(gives=g.RoundView),
    "POST /pings/{number}/pause": Row(gives=g.RoundView),
    "POST /pings/{number}/resume": Row(gives=g.RoundView),
    "POST /pings/{number}/close": Row(gives=g.RoundView),
    "GET /availability": Row(gives=g.AvailabilityView, query=("days",)),
    "GET /keys/waiting": Row(gives=WaitingView),
    "POST /keys/waiting/{country}/accept": Row(AcceptKeysRequest, AcceptedKeysView),
    "POST /keys/waiting/{country}/approval-options": Row(KeyOptionsRequest, d.OptionsView),
    "POST /keys/waiting/{country}/approvals": Row(ConfirmKeysRequest, AcceptedKeysView),
    "POST /keys/revocations": Row(RevokeRequest, RevokedView),
    "GET /me": Row(gives=p.MeView),
    "GET /me/settings": Row(gives=p.SettingsView),
    "PUT /me/settings": Row(p.SettingsView, p.SettingsView),
    "PUT /me/password": Row(p.PasswordRequest, status=204, media=()),
    "GET /session": Row(gives=p.SessionView),
    "POST /session": Row(p.SignInRequest, p.SessionView, 201),
    "DELETE /session": _NOTHING,
    "POST /session/lock": _NOTHING,
    "POST /session/unlock": Row(p.UnlockRequest, status=204, media=()),
    "POST /session/passkey-options": Row(gives=p.PasskeyOptions),
    "POST /session/passkey": Row(p.PasskeyAnswer, p.SessionView, 201, silent=True),
    "POST /passkeys/options": Row(gives=p.PasskeyOptions),
    "POST /passkeys": Row(p.EnrolRequest, p.PasskeyItem, 201),
    "GET /sessions": Row(gives=p.SessionList),
    "DELETE /sessions/{number}": _NOTHING,
    "GET /passkeys": Row(gives=p.PasskeyList),
    "DELETE /passkeys/{number}": _NOTHING,
    "GET /tokens": Row(gives=p.TokenList),
    "POST /tokens": Row(p.TokenRequest, p.TokenMade, 201),
    "DELETE /tokens/this": _NOTHING,
    "DELETE /tokens/{number}": _NOTHING,
    "POST /devices": Row(p.DeviceRequest, p.DeviceView, 201),
    "POST /devices/token": Row(p.DeviceTake, p.DeviceToken),
    "POST /devices/confirm": Row(p.DeviceConfirm, p.DeviceConfirmed),
    "GET /users": Row(gives=p.UserList),
    "POST /users": Row(p.UserRequest, p.UserAdded, 201),
    "GET /users/{number}": Row(gives=p.UserView),
    "POST /users/{number}/roles": Row(p.RolesRequest, p.UserView),
    "POST /users/{number}/lock": Row(gives=p.UserView),
    "POST /users/{number}/unlock": Row(gives=p.UserView),
    "POST /users/{number}/link": Row(gives=p.LinkView, status=201),
    "DELETE /users/{number}/password": _NOTHING,
    "GET /users/{number}/tokens": Row(gives=p.TokenList),
    "GET /drafts": Row(gives=d.DraftList),
    "POST /drafts": Row(d.DraftRequest, d.DraftView, 201, headers=_KEY),
    "GET /drafts/{id}": Row(gives=d.DraftView),
    "PATCH /drafts/{id}": Row(d.DraftRequest, d.DraftView, headers=_MATCH),
    "DELETE /drafts/{id}": _NOTHING,
    "POST /drafts/{id}/check": Row(gives=d.DraftCheck),
    "POST /drafts/{id}/submit": Row(gives=d.DraftView, headers=_MATCH),
    "POST /drafts/{id}/take-back": Row(gives=d.DraftView),
    "POST /drafts/{id}/send": _SENT,
    "POST /drafts/{id}/files": Row(d.FileRequest, d.DraftFileView, 201),
    "GET /drafts/{id}/files/{n}": Row(gives=d.PartList),
    "DELETE /drafts/{id}/files/{n}": _NOTHING,
    "PUT /drafts/{id}/files/{n}/parts/{k}": Row(
        status=204, media=(), raw=BYTES, headers=("Content-Digest",)
    ),
    "POST /drafts/{id}/files/{n}/complete": Row(gives=d.FileDone),
    "POST /drafts/{id}/approval-options": Row(gives=d.OptionsView),
    "POST /drafts/{id}/approvals": Row(d.ApprovalRequest, d.DraftView),
    "POST /drafts/{id}/override": Row(
        d.OverrideRequest, m.SentAnswer, 201, headers=(*_KEY, *_MATCH)
    ),
    "GET /policies": Row(gives=d.PolicyView),
    "PATCH /policies": Row(d.PolicyRequest, d.PolicyView, headers=_MATCH),
}
