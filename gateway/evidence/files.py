"""From what is held to the files of a bundle: names and bytes, the same for the same material.

Leaves attachments, the manifest and the zip to `gateway.evidence.write`.

Source: docs/evidence.md, "The bundle".
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence

from gateway.errors import ProofError
from gateway.evidence.material import Attested, Material, Variant
from gateway.evidence.summary import readme, summary_html, summary_text
from gateway.exhibits import HeldStatement
from protocol.errors import MalformedError, NotAllowedError, NotProvenError
from protocol.evidence.naming import (
    BODY,
    CONTENT_KEY,
    HEADER,
    NOTE,
    POLICY,
    PREIMAGE,
    PROOF,
    README,
    SALT,
    SUMMARY_HTML,
    SUMMARY_TEXT,
    WRAPS,
    checkpoint_file,
    consistency_file,
    cosignature_file,
    directory_file,
    sighting_folder,
    stamp_file,
    statement_folder,
)
from protocol.evidence.reading import Matter, Said, Spoken, read_spoken
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead
from protocol.log.deed import Act
from protocol.log.proof import format_tlog_proof
from protocol.log.statement import StatementKind, receipt_given

EXPORTED_ACT = "exported"
"""Word of the act that states an export; it is about the bundle, not about the message."""

PRINTED_ACT = "printed"
"""Word of the act that states that a message was printed or set as PDF."""

_OF_COPIES = frozenset({EXPORTED_ACT, PRINTED_ACT})


def chosen(material: Material) -> tuple[HeldStatement, ...]:
    """Return the statements that go into the bundle, in order.

    An act names an officer and may give reasons: a redacted bundle has none.
    """
    return tuple(
        one
        for one in material.exhibit.statements
        if one.kind is not StatementKind.ACT
        or (material.variant is not Variant.REDACTED and not _is_export(one))
    )


def small_files(material: Material) -> dict[str, bytes]:
    """Return every file but the manifest and attachments.

    Args:
        material: What the bundle is written from.

    Raises:
        ProofError: What the store holds contradicts itself.
    """
    exhibit = material.exhibit
    files = {HEADER: exhibit.header}
    if material.variant is not Variant.REDACTED:
        files[BODY] = exhibit.body
    if material.variant is Variant.DISCLOSED and exhibit.content_key is not None:
        files[CONTENT_KEY] = exhibit.content_key
    statements = chosen(material)
    for number, one in enumerate(statements, 1):
        files |= _statement(statement_folder(number, one.kind), one)
    for digest, published in material.states.items():
        files |= {directory_file(digest, name): data for name, data in published.items()}
    for name, data in _attested(material, statements):
        files.setdefault(name, data)
    if material.policy is not None:
        files[POLICY] = material.policy
    try:
        matter = Matter.of(exhibit.header)
        said = tuple(zip(statements, _said(statements, matter), strict=True))
    except (MalformedError, NotAllowedError, NotProvenError) as error:
        raise ProofError("what is held of this message contradicts itself") from error
    files[SUMMARY_TEXT] = summary_text(matter, said, material.variant).encode()
    files[SUMMARY_HTML] = summary_html(matter, said, material.variant).encode()
    files[README] = readme(matter, material.variant).encode()
    return files


def _said(statements: Sequence[HeldStatement], matter: Matter) -> Iterator[Said]:
    receipts = {
        receipt_given(one.preimage).digest
        for one in statements
        if one.kind is StatementKind.RECEIPT_GIVEN
    }
    for one in statements:
        spoken = Spoken(kind=one.kind, preimage=one.preimage, wraps=one.wraps, node=one.origin.node)
        yield read_spoken(spoken, matter, receipts=receipts)


def _statement(folder: str, one: HeldStatement) -> dict[str, bytes]:
    files = {
        f"{folder}/{PREIMAGE}": one.preimage,
        f"{folder}/{PROOF}": format_tlog_proof(one.index, one.path, one.note).encode(),
    }
    if one.salt is not None:
        files[f"{folder}/{SALT}"] = one.salt
    if one.wraps is not None:
        files[f"{folder}/{WRAPS}"] = one.wraps
    return files


def _attested(
    material: Material, statements: Sequence[HeldStatement]
) -> Iterator[tuple[str, bytes]]:
    """Yield the heads that matter and what others made of them."""
    heads = {head_of_note(one.note): one.note for one in statements}
    for head, note in heads.items():
        yield checkpoint_file(head), note
    number = 0
    for origin in sorted(material.attested):
        own = [head for head in heads if head.origin == origin]
        for each in material.attested[origin]:
            head = head_of_note(each.note)
            yield checkpoint_file(head), each.note
            yield from _shown(head, each)
            yield from _joins(material, head, own, each)
            for seen in each.seen:
                number += 1
                folder = sighting_folder(number)
                yield f"{folder}/{NOTE}", seen.note
                yield f"{folder}/{SALT}", seen.salt
                yield f"{folder}/{PROOF}", seen.proof.encode()


def _shown(head: TreeHead, each: Attested) -> Iterator[tuple[str, bytes]]:
    if each.cosignatures:
        yield cosignature_file(head), each.cosignatures
    for number, stamp in enumerate(each.stamps, 1):
        yield stamp_file(head, number), stamp


def _joins(
    material: Material, head: TreeHead, own: Iterable[TreeHead], each: Attested
) -> Iterator[tuple[str, bytes]]:
    for other in own:
        low, high = sorted((head, other), key=lambda one: one.size)
        if low.size == high.size:
            continue
        path = material.joins.get((head.origin, low.size, high.size), each.joined)
        if path is not None:
            lines = [b64encode(one) + b"\n" for one in path]
            yield consistency_file(low, high), b"".join(lines)


def head_of_note(note: bytes) -> TreeHead:
    """Return the head of a signed note that is held.

    Raises:
        ProofError: It is none.
    """
    try:
        return ClaimedCheckpoint.parse(note).head
    except MalformedError as error:
        raise ProofError("a checkpoint that is held does not read") from error


def _is_export(one: HeldStatement) -> bool:
    try:
        return Act.decode(one.preimage).act in _OF_COPIES
    except MalformedError:
        return False
