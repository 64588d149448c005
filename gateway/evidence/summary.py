"""The pages of a bundle that people read: a summary as HTML and as text, and how to verify.

They state what the exporting node holds, and prove nothing: whoever changes a bundle can write
other pages. So they hold nothing of the message's content and no text of the other side, say
themselves that only `a35 verify` proves, and carry no script, no link and nothing that is loaded.

Source: docs/evidence.md, "The bundle".
"""

from collections.abc import Sequence
from html import escape
from typing import Final, TypeAlias

from gateway.evidence.material import Variant
from gateway.evidence.moment import moment, moment_or_none
from gateway.exhibits import HeldStatement
from protocol.evidence.ladder import ROWS
from protocol.evidence.reading import Matter, Said

Lines: TypeAlias = Sequence[tuple[HeldStatement, Said]]

_WARNING: Final = (
    "This page proves nothing. It repeats what the node held that made it; only the other files "
    "of this bundle, verified against a directory root that you have from elsewhere, do."
)
_OWN_WORD: Final = (
    "Each time is the word of the node in the column before it. What bounds it from outside, if "
    "anything does, a35 verify says."
)
_CONTENT: Final = {
    Variant.SEALED: "The content is here as ciphertext only.",
    Variant.DISCLOSED: "The content is here, with the key that opens it: treat it accordingly.",
    Variant.REDACTED: "The content is not here; nor are attachments and officers' acts.",
}
_HEADS: Final = ("statement", "stated by", "at", "log", "leaf", "event of EN 319 522")
_STYLE: Final = (
    "body{font-family:sans-serif;margin:2em;max-width:70em}"
    "table{border-collapse:collapse}td,th{border:1px solid;padding:.3em .6em;text-align:left}"
)


def summary_text(matter: Matter, lines: Lines, variant: Variant) -> str:
    """Return the summary as plain text.

    Args:
        matter: The message.
        lines: Every statement with what it says, in the order of the bundle.
        variant: How much of the message the bundle holds.
    """
    rows = [_HEADS, *(_cells(one, said) for one, said in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADS))]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    facts = [f"{name}: {value}" for name, value in _facts(matter)]
    return "\n".join(
        [_title(matter), "", _WARNING, "", *facts, _CONTENT[variant], "", *table, "", _OWN_WORD, ""]
    )


def summary_html(matter: Matter, lines: Lines, variant: Variant) -> str:
    """Return the summary as one page of HTML without script and without anything to load.

    Args:
        matter: The message.
        lines: Every statement with what it says, in the order of the bundle.
        variant: How much of the message the bundle holds.
    """
    title = escape(_title(matter))
    facts = "".join(f"<li>{escape(name)}: {escape(value)}</li>\n" for name, value in _facts(matter))
    head = "".join(f"<th>{escape(each)}</th>" for each in _HEADS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(one, said)) + "</tr>\n"
        for one, said in lines
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"<p><strong>{escape(_WARNING)}</strong></p>\n<ul>\n{facts}</ul>\n"
        f"<p>{escape(_CONTENT[variant])}</p>\n"
        f"<table>\n<tr>{head}</tr>\n{body}</table>\n<p>{escape(_OWN_WORD)}</p>\n</body>\n</html>\n"
    )


def readme(matter: Matter, variant: Variant) -> str:
    """Return what a reader does with the bundle.

    Args:
        matter: The message.
        variant: How much of the message the bundle holds.
    """
    opened = " --show-content" if variant is Variant.DISCLOSED else ""
    return f"""Evidence of message {matter.header.mid}, from {matter.header.sender} to \
{matter.header.recipient}.

To verify it you need this file as it is, the program a35, and the root of the directory
(ROOT.json), which you must have from the directory's authority and not from whoever gave you this
file. No node, no network and no account are needed:

    pip install a35-gateway
    a35 verify FILE.zip --root ROOT.json{opened}
    a35 verify FILE.zip --root ROOT.json --json

It ends with 0 if every file is what the logs and the directory say it is, else with 76 and the
name of each file at fault. For each statement it says what is proven, and what is not. With
--policy FILE (C2SP tlog-policy) your own choice of witnesses decides what counts as witnessed; with
--authorities FILE (certificates in PEM) time stamps are verified too.

The zip must stay as it is: unpacked and packed again it is refused. To check it by hand, unpack a
copy:

    envelope/       header, body (ciphertext), attachments, and the key if it is disclosed
    statements/     what each side said: the bytes, the salt, and a C2SP tlog-proof each
    checkpoints/    the signed heads of both logs (C2SP tlog-checkpoint)
    consistency/    proofs that one head grew out of another
    cosignatures/, sightings/, stamps/    what others saw, and when
    directory/      the TUF metadata and entries with the keys of all logs
    manifest.json   SHA-256 and size of every file

The digest of a statement is SHA-256 of its label, a zero byte, the salt if there is one, and the
preimage; the leaf is one byte for its kind and that digest. How to go on with openssl and a
verifier of tlog-proofs stands in docs/evidence.md of the project.
"""


def _title(matter: Matter) -> str:
    return f"Evidence of message {matter.header.mid}"


def _facts(matter: Matter) -> list[tuple[str, str]]:
    header = matter.header
    return [
        ("from", str(header.sender)),
        ("to", str(header.recipient)),
        ("sealed, as its sender says", moment(header.t_ms)),
        ("SHA-256 of the header", matter.digest.hex()),
        ("SHA-256 of the sealed body", header.body.digest.hex()),
        ("attachments", str(len(header.blobs))),
    ]


def _cells(one: HeldStatement, said: Said) -> tuple[str, ...]:
    # The word of an act is its node's own text: only a rung is shown by name.
    what = said.what if said.rung is not None or ":" not in said.what else said.what.split(":")[0]
    event = None if said.rung is None else ROWS[said.rung].event
    return (
        what,
        str(one.origin.node),
        moment_or_none(said.at_ms) or "-",
        str(one.origin),
        str(one.index),
        "-" if event is None else event.value,
    )
