"""Valid documents of every type, made up by hypothesis from the descriptions of the forms.

Each field is filled in by its kind; what rules between fields ask for is mended afterwards
(tests.protocol.requests.mending). Everything is written as it is kept (NFC, telephone numbers as
digits, addresses in RFC 5952 form), so that a document read and written again is itself.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from ipaddress import IPv6Address
from typing import Any, Final
from unicodedata import normalize
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from protocol.requests.catalogue import TYPES
from protocol.requests.consultation import DRAFTED
from protocol.requests.document import Document
from protocol.requests.forms import FieldKind, FormField, form_fields
from protocol.requests.kinds import DocumentType, Family, Thread
from protocol.requests.part import Part
from protocol.requests.times import TIME_RULES, TimeRule
from tests.protocol.requests.mending import ALL_TARGETS, Setting, mend
from tests.protocol.requests.samples import TODAY

Json = dict[str, Any]

_KEYS: Final = ("item_id", "provider_id", "person_id", "question_id")
_SHARE_OF_OPTIONAL: Final = 3
_MOST_ENTRIES: Final = 3
_ZONES: Final = ("UTC", "Europe/Paris", "Asia/Tokyo", "America/St_Johns", "Pacific/Apia")
_EARLIEST: Final = date(1970, 1, 3)
_LATEST: Final = date(2100, 12, 29)

_LETTERS: Final = st.characters(
    exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), max_codepoint=0x1FFFF
)
_PLAIN: Final = st.sampled_from("abcxyzABC0189-._")


def _line(limit: int = 30) -> st.SearchStrategy[str]:
    return (
        st.text(_LETTERS, min_size=1, max_size=limit)
        .map(lambda text: normalize("NFC", text).strip())
        .filter(bool)
    )


def _paragraphs() -> st.SearchStrategy[str]:
    return st.lists(_line(), min_size=1, max_size=2).map("\n\t".join)


def _id() -> st.SearchStrategy[str]:
    return st.text(_PLAIN, min_size=1, max_size=12).map(lambda text: f"a{text}")


@st.composite
def _day(draw: st.DrawFn, rule: TimeRule | None) -> date:
    earliest, latest = _EARLIEST, _LATEST
    if rule is TimeRule.NOT_FUTURE:
        latest = TODAY
    elif rule is not None:
        earliest = TODAY + timedelta(days=2)
    return draw(st.dates(min_value=earliest, max_value=latest))


@st.composite
def _instant(draw: st.DrawFn, rule: TimeRule | None, zone: str | None = None) -> str:
    day = draw(_day(rule))
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment += timedelta(seconds=draw(st.integers(0, 86_399)))
    if draw(st.booleans()):
        moment += timedelta(microseconds=draw(st.integers(0, 999_999)))
    if draw(st.booleans()):
        return moment.isoformat().replace("+00:00", "Z")
    place: Any = timezone(timedelta(minutes=draw(st.integers(-700, 840)))) if zone is None else None
    there = moment.astimezone(place or ZoneInfo(str(zone)))
    offset = there.utcoffset() or timedelta()
    if offset % timedelta(minutes=1):  # local mean time, which has seconds
        return moment.isoformat().replace("+00:00", "Z")
    return there.isoformat()


@st.composite
def periods(draw: st.DrawFn, setting: Setting) -> Json:
    """Make up a period on its side of today."""
    zone = draw(st.sampled_from(_ZONES))
    rules = (None, TimeRule.AFTER_TODAY) if setting.looks_ahead else (TimeRule.NOT_FUTURE, None)
    moments = [draw(_instant(rule, zone)) for rule in rules]
    start, end = sorted(moments, key=datetime.fromisoformat)
    period: Json = {"start": start, "end": end, "time_zone": zone}
    if draw(st.booleans()):
        period["precision"] = draw(st.sampled_from(["second", "day"]))
    return period


def _target_value(kind: str) -> st.SearchStrategy[str]:
    word = st.text(st.sampled_from("abcxyz019"), min_size=1, max_size=10)
    host = st.builds("{}.{}.example".format, word, word)
    values: dict[str, st.SearchStrategy[str]] = {
        "ip": st.one_of(
            st.ip_addresses(v=4).map(str),
            st.ip_addresses(v=6)
            .filter(lambda each: isinstance(each, IPv6Address) and each.ipv4_mapped is None)
            .map(str),
        ),
        "email": st.builds("{}@{}".format, word, host),
        "phone": _phone(),
        "domain": host,
        "url": st.builds("https://{}/{}".format, host, word),
    }
    return values.get(kind, _line())


def _phone() -> st.SearchStrategy[str]:
    return st.integers(1_000_000, 999_999_999_999_999).map("+{}".format)


@st.composite
def targets(draw: st.DrawFn, setting: Setting) -> Json:
    """Make up a target of any kind."""
    kind = draw(st.sampled_from(ALL_TARGETS))
    target: Json = {"kind": kind, "value": draw(_target_value(kind))}
    if kind == "account":
        target["platform"] = draw(_line())
    if kind == "ip" and draw(st.booleans()):
        target |= {"port": draw(st.integers(1, 65_535)), "protocol": "tcp", "precision": "second"}
    if setting.lone_targets or draw(st.booleans()):
        target["at"] = draw(_instant(None))
    return target


@cache
def _texts() -> dict[FieldKind, st.SearchStrategy[str]]:
    """Return values of the kinds of text that depend on nothing else."""
    country = st.sampled_from(["RO", "FR", "JP", "AX", "ZW"])
    return {
        FieldKind.LINE: _line(),
        FieldKind.TEXT: _paragraphs(),
        FieldKind.SHORT: _paragraphs(),
        FieldKind.REF: st.text(_PLAIN, min_size=1, max_size=64),
        FieldKind.ID: _id(),
        FieldKind.ITEM: _id(),
        FieldKind.MESSAGE: st.text(st.sampled_from("0123456789abcdef"), min_size=32, max_size=32),
        FieldKind.NODE: st.builds("{}{}".format, country, st.sampled_from(["", "/1", "/999"])),
        FieldKind.PHONE: _phone(),
        FieldKind.EMAIL: _target_value("email"),
        FieldKind.COUNTRY: country,
        FieldKind.LANGUAGE: st.sampled_from(["en", "fr", "ro", "zu"]),
        FieldKind.ZONE: st.sampled_from([*_ZONES, "+05:30", "-12:00"]),
    }


def _text(field: FormField, setting: Setting) -> st.SearchStrategy[str]:
    """Return values of a field that is a text."""
    rule = TIME_RULES.get(field.name)
    match field.kind:
        case FieldKind.ATTACHMENT:
            paths = setting.data_paths if field.name == "files" else setting.paths
            return st.sampled_from(paths)
        case FieldKind.DATE:
            return _day(rule).map(date.isoformat)
        case FieldKind.INSTANT:
            return _instant(rule)
        case FieldKind.WHEN:
            return st.one_of(_day(rule).map(date.isoformat), _instant(rule))
        case kind:
            return _texts()[kind]


def _one(field: FormField, setting: Setting) -> st.SearchStrategy[Any]:
    """Return single values of a field."""
    match field.kind:
        case FieldKind.FORM if field.form is not None:
            return _made(field.form, setting)
        case FieldKind.CHOICE:
            return st.sampled_from(field.values)
        case FieldKind.NUMBER:
            return st.integers(field.least, field.most)
        case FieldKind.FLAG:
            return st.booleans()
        case FieldKind.STATEMENT:
            return st.just(value=True)
        case _:
            return _text(field, setting)


def _made(form: type[Part], setting: Setting) -> st.SearchStrategy[Json]:
    match form.__name__:
        case "Period":
            return periods(setting)
        case "Target" | "LoneTarget":
            return targets(setting)
        case _:
            return forms(form, setting)


def _values(field: FormField, setting: Setting) -> st.SearchStrategy[Any]:
    one = _one(field, setting)
    if field.may_be_null:
        one = st.one_of(st.none(), one)
    if not field.many:
        return one
    if field.form is not None:
        names = {each.name for each in form_fields(field.form)}
        key = next((name for name in _KEYS if name in names), None)
        named = None if key is None else (lambda entry: entry.get(key, id(entry)))
        return st.lists(one, min_size=1, max_size=_MOST_ENTRIES, unique_by=named)
    return st.lists(one, min_size=1, max_size=_MOST_ENTRIES, unique=True)


@st.composite
def forms(draw: st.DrawFn, form: type[Part], setting: Setting) -> Json:
    """Make up one form."""
    values: Json = {}
    for field in form_fields(form):
        wanted = field.required or draw(st.integers(1, _SHARE_OF_OPTIONAL)) == 1
        if wanted and not (field.kind is FieldKind.ATTACHMENT and not setting.paths):
            values[field.name] = draw(_values(field, setting))
    return mend(form, values, setting, draw)


@st.composite
def bodies(draw: st.DrawFn, kind: DocumentType, setting: Setting) -> Json:
    """Make up the body of a type."""
    if kind.name != "pre_consultation":
        return draw(forms(kind.model, setting))
    drafted = DRAFTED[draw(st.sampled_from(sorted(DRAFTED)))]
    whole = draw(bodies(drafted, setting.of(drafted)))
    required = {field.name for field in form_fields(drafted.model) if field.required}
    left_out = draw(st.sets(st.sampled_from(sorted(required))))
    draft = {name: value for name, value in whole.items() if name not in left_out}
    values: Json = {
        field.name: draw(_values(field, setting))
        for field in form_fields(kind.model)
        if field.required and field.kind is not FieldKind.CHOSEN
    }
    values |= {"draft_type": drafted.name, "draft": draft}
    return mend(kind.model, values, setting, draw)


@st.composite
def _attachments(draw: st.DrawFn, kind: DocumentType) -> list[Json]:
    roles = draw(st.lists(st.sampled_from(["translation", "other", "statute"]), max_size=2))
    if kind.required_roles:
        roles.append(draw(st.sampled_from(kind.required_roles)))
    if kind.name == "data_delivery":
        roles.append("data")
    files: list[Json] = [
        {"path": f"file-{number}.bin", "role": role} for number, role in enumerate(roles)
    ]
    for file in files:
        if draw(st.booleans()):
            others = [each["path"] for each in files if each is not file]
            file["translation_of"] = draw(st.sampled_from(["body", *others]))
    return files


@st.composite
def documents(draw: st.DrawFn, name: str) -> Json:
    """Make up a valid document of a type, on the day of the samples."""
    kind = TYPES[name]
    urgency = draw(st.sampled_from(["routine", "urgent", "emergency"]))
    files = draw(_attachments(kind))
    setting = Setting(
        kind=kind,
        urgency="emergency" if kind.emergency else urgency,
        paths=tuple(each["path"] for each in files),
        data_paths=tuple(each["path"] for each in files if each["role"] == "data"),
    )
    left_out = {"type", "body", "urgency", "attachments", "in_reply_to", "supersedes"}
    document: Json = {"type": name, "urgency": setting.urgency}
    for field in form_fields(Document):
        if field.name not in left_out and (field.required or draw(st.booleans())):
            document[field.name] = draw(_values(field, setting))
    if document["handling_code"] == "H3":
        document["handling_text"] = draw(_line())
    if kind.copies_required:
        document["copies_to"] = [
            {
                "authority": {"organisation": "Office", "kind": "ministry"},
                "sent_on": "2026-11-20",
                "channel": "post",
            }
        ]
    if files:
        document["attachments"] = files
    document["body"] = draw(bodies(kind, setting))
    return document | _place(kind, document["body"], draw)


def _place(kind: DocumentType, body: Json, draw: st.DrawFn) -> Json:
    """Return where the document stands in its thread."""
    mid = "0123456789abcdef" * 2
    place: Json = {}
    thread = kind.thread
    if kind.name == "spontaneous_information":
        thread = Thread.STARTS if body["step"] == "offer" else thread
        thread = Thread.JOINS if body["step"] == "content" and "conditions" in body else thread
    if thread is Thread.JOINS or (thread is Thread.STARTS_OR_JOINS and draw(st.booleans())):
        place["in_reply_to"] = mid
    if kind.family is Family.REQUEST and draw(st.booleans()):
        place["supersedes"] = mid[::-1]
    return place
