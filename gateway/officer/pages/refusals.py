"""Refusals in the words of the pages: the titles of `shapes.problems`, to be translated.

What an error says besides is English, written for whoever reads the journal; a page shows it as
such.
"""

from collections.abc import Mapping
from typing import Final

from gateway.officer.adapters.languages import message

TITLES: Final[Mapping[str, str]] = {
    "invalid_body": message("The request does not have the expected form"),
    "invalid_request": message("The document breaks a rule"),
    "unknown_party": message("The directory names no such receiver"),
    "too_large": message("Too large"),
    "not_allowed": message("Not possible in this state"),
    "not_opened": message("Nobody has opened this message yet"),
    "content_erased": message("Its content was erased under retention"),
    "already_sent": message("This draft was sent already"),
    "not_found": message("No such thing here"),
    "wrong_method": message("This address does not take this method"),
    "unavailable": message("Cannot be had now"),
    "starting": message("The node is starting"),
    "directory_expired": message("The directory is too old to send by"),
    "bug": message("A fault of this program"),
    "storage": message("The disk or the database failed"),
    "disk_full": message("The disk is full"),
    "recovering": message("The node is comparing its log with its peers"),
    "not_yet": message("Not yet"),
    "not_permitted": message("Not permitted"),
    "forbidden_role": message("Your role does not allow this"),
    "fresh_sign_in_needed": message("This needs a fresh sign-in"),
    "own_draft": message("Nobody approves a draft of their own"),
    "csrf": message("The request did not come from a page of this desk"),
    "not_approved": message("A second person has not approved this draft yet"),
    "approval_stale": message("The approval does not cover these bytes"),
    "draft_changed": message("Somebody else changed this draft"),
    "rate_limited": message("Too many requests"),
    "bad_host": message("The request names another host"),
}
"""The title of each refusal that a page shows; others are shown in English."""
