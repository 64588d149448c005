"""Signing sheets: one version of one role on its way from holder to holder.

Does: the file that is carried; which keys must sign it; adding one holder's signature; whether
enough have signed. A sheet is signed at one medium after another, on machines without a network,
and changes nothing until it is published. Leaves to gateway.directory.drawing: what stands in it;
to gateway.directory.stamping: taking it into the directory.

What a sheet says about who must sign is a help for its holders. Whether it counts is decided by
the directory alone.

Source: docs/directory-ceremony.md; docs/wire-format.md, rule 28; TUF specification, section 4.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from json import dumps, loads
from typing import Final, TypeAlias

from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
)
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Targets,
)

from gateway.directory.layout import MAX_TARGETS_BYTES, ROOT, TARGETS, party_of_role
from gateway.errors import DataError

MAX_SHEET_BYTES: Final = 2 * MAX_TARGETS_BYTES
_FORMAT: Final = "a35/1/signing-sheet"
_BROKEN: Final = "this is no signing sheet"

Signable: TypeAlias = Root | Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One group of keys of which enough must sign.

    Attributes:
        what: What the group is, for people.
        key_ids: TUF's ids of the keys.
        threshold: How many of them.
    """

    what: str
    key_ids: tuple[str, ...]
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One version of a role with the signatures that it has so far.

    Attributes:
        role: `root`, `targets` or a Party's role.
        metadata: TUF's JSON.
        needs: Who must sign, as whoever drew it up saw it.
        entry: The entry that a Party's role lists; None for the authority's roles.
    """

    role: str
    metadata: bytes
    needs: tuple[Need, ...]
    entry: bytes | None = None

    @property
    def signed(self) -> Signable:
        """What is signed."""
        return self._read().signed

    @property
    def signers(self) -> frozenset[str]:
        """Ids of the keys that signed, verified or not."""
        return frozenset(self._read().signatures)

    def _read(self) -> Metadata[Root] | Metadata[Targets]:
        if self.role == ROOT:
            return Metadata[Root].from_bytes(self.metadata)
        return Metadata[Targets].from_bytes(self.metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far one group has signed."""

    need: Need
    have: int

    @property
    def missing(self) -> int:
        """How many signatures it lacks."""
        return max(0, self.need.threshold - self.have)


def standing(sheet: Sheet) -> tuple[Standing, ...]:
    """Tell how far each group has signed."""
    return tuple(
        Standing(need=need, have=len(sheet.signers & set(need.key_ids))) for need in sheet.needs
    )


def sign_sheet(sheet: Sheet, signers: Sequence[CryptoSigner]) -> Sheet:
    """Add the signatures of one medium.

    Args:
        sheet: As it came.
        signers: The keys of the medium; those that the sheet does not ask for are not used.

    Returns:
        The sheet with their signatures; one given before is replaced by itself.

    Raises:
        DataError: It asks for none of these keys.
    """
    asked = {key_id for need in sheet.needs for key_id in need.key_ids}
    able = [signer for signer in signers if signer.public_key.keyid in asked]
    if not able:
        raise DataError(
            "none of the keys here is asked to sign this sheet",
            hint="bring the medium of a holder whom the sheet names",
        )
    metadata = sheet._read()  # noqa: SLF001  the sheet's own reader
    for signer in able:
        metadata.sign(signer, append=True)
    return replace(sheet, metadata=metadata.to_bytes())


def encode_sheet(sheet: Sheet) -> bytes:
    """Write a sheet: one JSON document."""
    document: dict[str, object] = {
        "format": _FORMAT,
        "role": sheet.role,
        "metadata": sheet.metadata.decode("utf-8"),
        "needs": [
            {"what": need.what, "keys": list(need.key_ids), "threshold": need.threshold}
            for need in sheet.needs
        ],
    }
    if sheet.entry is not None:
        document["entry"] = sheet.entry.decode("utf-8")
    return dumps(document, sort_keys=True, indent=1).encode("ascii") + b"\n"


def parse_sheet(data: bytes) -> Sheet:
    """Read a sheet; nothing in it is believed yet.

    Raises:
        DataError: It is none, or too long.
    """
    if len(data) > MAX_SHEET_BYTES:
        raise DataError(_BROKEN)
    try:
        return _parse(data)
    except Exception as error:  # the one edge at which a carried file is parsed
        raise DataError(_BROKEN, hint="take the file that was drawn up or signed last") from error


def _parse(data: bytes) -> Sheet:
    document = loads(data)
    entry = document.get("entry")
    sheet = Sheet(
        role=document["role"],
        metadata=document["metadata"].encode(),
        needs=tuple(
            Need(
                what=str(need["what"]),
                key_ids=tuple(str(each) for each in need["keys"]),
                threshold=int(need["threshold"]),
            )
            for need in document["needs"]
        ),
        entry=None if entry is None else entry.encode(),
    )
    kind = Root if sheet.role == ROOT else Targets
    is_party = party_of_role(sheet.role) is not None
    if document["format"] != _FORMAT or not (is_party or sheet.role in {ROOT, TARGETS}):
        raise ValueError(_BROKEN)
    # It is shown to whoever signs: nothing in it may write anywhere else on the screen.
    if not all(need.what.isprintable() for need in sheet.needs):
        raise ValueError(_BROKEN)
    if not isinstance(sheet.signed, kind) or is_party == (sheet.entry is None):
        raise ValueError(_BROKEN)
    return sheet
