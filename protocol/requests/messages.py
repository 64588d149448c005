"""The sentence that an officer reads for each code: what is wrong, and how to mend it.

`{name}` stands for the field. A rule with more to say brings its own sentence in the fault.
"""

from typing import Final

from protocol.requests.faults import Fault, FaultCode, Finding, Path, path_text

MESSAGES: Final[dict[FaultCode, str]] = {
    FaultCode.BAD_JSON: (
        "This is no readable document: it must be one JSON object in UTF-8, without repeated "
        "names. Correct the file with an editor that checks JSON."
    ),
    FaultCode.TOO_LARGE: (
        "The document is larger than 1 MiB. Move long texts and data into attachments."
    ),
    FaultCode.TOO_DEEP: (
        "Objects and lists are nested more than 7 levels deep, which no form asks for. "
        "Compare the document with the form of its type."
    ),
    FaultCode.UNKNOWN_TYPE: (
        "There is no document of this type. Take one that `a35 schema list` names."
    ),
    FaultCode.NOT_SENDABLE: (
        "This is made by the node itself and cannot be sent. Use a type that "
        "`a35 schema list` names."
    ),
    FaultCode.UNKNOWN_FIELD: (
        "The form has no field `{name}` here. Remove it, or correct its name."
    ),
    FaultCode.MISSING: "`{name}` is required here. Fill it in.",
    FaultCode.NOT_ALLOWED_HERE: (
        "`{name}` does not go with the other entries. Remove it, or change what it depends on."
    ),
    FaultCode.WRONG_TYPE: (
        "`{name}` is of another kind than the form asks for (text, whole number, true or false, "
        "list, object). Write it as the form shows, without or with quotation marks."
    ),
    FaultCode.EMPTY: "`{name}` is blank. Write something, or leave the field out if optional.",
    FaultCode.EMPTY_LIST: "The list `{name}` is empty. Add an entry, or leave the list out.",
    FaultCode.TOO_MANY: (
        "The list `{name}` has too many entries. Send the rest in a second document."
    ),
    FaultCode.TOO_LONG: "`{name}` is too long. Shorten it, or attach the full text as a file.",
    FaultCode.BAD_CHARACTER: (
        "`{name}` holds a character that may not stand here (a line break, a control or an "
        "invisible character). Delete it and type the text again."
    ),
    FaultCode.BAD_FORMAT: "`{name}` is not written in the form that it must have. Correct it.",
    FaultCode.NOT_ALLOWED_VALUE: (
        "`{name}` has a value that is not admitted here. Take one from the form's list, "
        "in exactly its spelling."
    ),
    FaultCode.DUPLICATE: "`{name}` repeats an earlier entry. Remove it, or give it another name.",
    FaultCode.OUT_OF_RANGE: "`{name}` is outside the range that is admitted. Correct the number.",
    FaultCode.BAD_DATE: (
        "`{name}` is no day of the calendar. Write it as YYYY-MM-DD, year 1970 to 2100."
    ),
    FaultCode.BAD_TIME: (
        "`{name}` is no moment. Write it as 2026-11-20T17:40:00+02:00, or with Z for UTC."
    ),
    FaultCode.NAIVE_TIME: (
        "`{name}` does not say in which time zone it is meant. Add Z for UTC, or the offset, "
        "such as +02:00."
    ),
    FaultCode.UNKNOWN_ZONE: (
        "`{name}` is no known time zone. Write its IANA name, such as Europe/Paris, UTC, or an "
        "offset between -12:00 and +14:00."
    ),
    FaultCode.OFFSET_ZONE_MISMATCH: (
        "Start or end has an offset that this time zone did not have at that moment. Correct "
        "the offset or the zone: a wrong hour names the wrong subscriber."
    ),
    FaultCode.END_BEFORE_START: "`{name}` lies before the beginning. Exchange or correct them.",
    FaultCode.IN_THE_FUTURE: (
        "`{name}` lies in the future, but tells of something that has happened. Correct the date."
    ),
    FaultCode.IN_THE_PAST: (
        "`{name}` lies in the past, but tells of something still to come. Correct the date."
    ),
    FaultCode.UNKNOWN_COUNTRY: (
        "`{name}` is no assigned country code. Write ISO 3166-1 alpha-2, such as RO or FR "
        "(the United Kingdom is GB)."
    ),
    FaultCode.UNKNOWN_LANGUAGE: (
        "`{name}` is no language code. Write ISO 639-1 in lower case, such as en or fr."
    ),
    FaultCode.BAD_IP: (
        "`{name}` is no single IP address. Write one IPv4 or IPv6 address, without prefix "
        "length, port or zone."
    ),
    FaultCode.UNKNOWN_REFERENCE: (
        "`{name}` names no provider of this document. Write the provider_id of one of them, "
        "or add the provider."
    ),
    FaultCode.UNKNOWN_ATTACHMENT: (
        "`{name}` names no fitting attachment of this document. Add the file to the "
        "attachments, or correct the path."
    ),
    FaultCode.ATTACHMENT_MISSING: (
        "There is no such file in the document's folder. Put it there, or correct the path."
    ),
    FaultCode.UNKNOWN_ITEM: (
        "The request has no item of this name. Write the item_id as the request has it."
    ),
    FaultCode.ANSWER_NOT_ALLOWED: (
        "The request does not admit an answer of this type. Choose one that the form of the "
        "request names."
    ),
    FaultCode.WRONG_REQUEST_TYPE: (
        "`{name}` is not the type of the request that is answered. Write the request's own type."
    ),
    FaultCode.GROUND_NOT_ALLOWED: (
        "This ground is not admitted for this type of request. Choose one that its article "
        "allows, or grant in part or under conditions."
    ),
    FaultCode.RESERVATION_MISSING: (
        "This ground is open only to a Party that has made the declaration. Choose another "
        "ground, or check with your own Party's profile (--party-profile)."
    ),
    FaultCode.BELOW_LEGAL_FLOOR: (
        "Preservation lasts at least 60 days (see Article 29(7)). Set a later end."
    ),
    FaultCode.TREATY_NOT_IN_FORCE: (
        "The treaty that this rests on is not in force between the two Parties. Use another "
        "legal basis or another channel."
    ),
    FaultCode.UNKNOWN_POC: (
        "That Party has no point of contact of this number. Write only the country code, or "
        "a number that the directory shows."
    ),
    FaultCode.DECLARED_OUT: (
        "That Party has declared that it gives no subscriber information alone under "
        "Article 9. Use a subscriber information request, or ask for other data too."
    ),
    FaultCode.CHANNEL_NOT_DECLARED: (
        "That Party has not declared that such requests may come through its point of contact. "
        "Send it through the central authorities."
    ),
    FaultCode.LANGUAGE_NOT_ACCEPTED: (
        "That Party does not accept documents in this language. Write in one of its languages, "
        "or attach a translation of the body."
    ),
    FaultCode.OVER_PARTY_MAXIMUM: (
        "That Party cannot preserve for so long. Ask for an earlier end, and for an extension "
        "later."
    ),
    FaultCode.PORT_ADVISED: (
        "Many subscribers share one IPv4 address. Add the source port, if it is known."
    ),
    FaultCode.SHORT_PRESERVATION: (
        "This is less than 60 days away, the least that is given anyway (see Article 29(7)). Ask "
        "for a later end."
    ),
    FaultCode.MAY_BE_REFUSED: (
        "That Party reserves dual criminality under Article 29(4). Say for each offence which "
        "article of the Convention (2 to 11) it falls under, if any."
    ),
    FaultCode.CAPABILITY_NONE: (
        "That point of contact does not do this. Expect a referral, or ask another authority."
    ),
    FaultCode.CAPABILITY_FACILITATE: (
        "That point of contact only passes this on to another authority. Expect it to take longer."
    ),
}


def finding_of(fault: Fault) -> Finding:
    """Return what is shown of a fault.

    Args:
        fault: With its path from the document's root.
    """
    text = fault.message or MESSAGES[fault.code].replace("{name}", _name(fault.path))
    return Finding(path=path_text(fault.path), code=fault.code, message=text)


def _name(path: Path) -> str:
    """Return the last step that is a name, with the indexes after it."""
    for at in range(len(path) - 1, -1, -1):
        if isinstance(path[at], str):
            return path_text(path[at:])
    return "document"
