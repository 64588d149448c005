"""The example network: the members and points of contact that were published in July 2023.

Example data, and marked as such wherever it is shown: names of authorities are those that were
published, everything that was not published is visibly made up (a telephone number of the country
code 999, which no country has). Nothing is said of treaties, keys or people.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from gateway.config import NodeConfig
from gateway.directory.draft import Drafts
from gateway.directory.founding import delegate
from gateway.directory.signers import KeyFolder
from protocol.directory import ContactPoint, PartyEntry, Telephone
from protocol.directory_values import MAX_LINE

MARK: Final = "example data"
"""Stands in the remit of every point of contact and in the remark of every telephone number."""

_NO_NUMBER: Final = "+999{number:07}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of the network as published: its code, its name, its points of contact."""

    party: str
    name: str
    contact_points: tuple[ContactPoint, ...]

    def entry(self) -> PartyEntry:
        """Return the Party's entry, without nodes: those ask to be admitted."""
        return PartyEntry(party=self.party, name=self.name, contact_points=self.contact_points)


@cache
def members() -> tuple[Member, ...]:
    """Return the 65 members, in order of their codes; 30 points of contact in 26 of them."""
    text = files("gateway.demo").joinpath("members.json").read_text("utf-8")
    return tuple(
        Member(
            party=party["party"],
            name=party["name"],
            contact_points=tuple(
                _point(point["number"], point["authority"], point.get("organisation"))
                for point in party["contact_points"]
            ),
        )
        for party in json.loads(text)["parties"]
    )


def draft_members(
    folder: Path, keys: KeyFolder, *, now_ms: int, listed: Sequence[Member] | None = None
) -> int:
    """Delegate to every member that has no part yet, and draft its entry.

    Nodes that stand in a draft already stay in it.

    Args:
        folder: A published directory.
        keys: The authority's; keys of Parties are made in it.
        now_ms: Milliseconds since 1970, UTC.
        listed: Which members; all if not given.

    Returns:
        How many entries were drafted; with the next publication they are listed.

    Raises:
        GatewayError: The folder holds no directory, or a key does not open.
    """
    drafts = Drafts(folder)
    chosen = members() if listed is None else listed
    for member in chosen:
        delegate(folder, keys, member.party, now_ms=now_ms)
        known = drafts.load(member.party)
        entry = member.entry()
        if known is not None:
            entry = entry.model_copy(update={"nodes": known.nodes})
        drafts.save(entry)
    return len(chosen)


def draft_desk(published: Path, config: NodeConfig) -> None:
    """Draft the entry of a Party with its desk, so that others find a telephone number.

    One that is drafted already, as those of the example network are, stays.

    Args:
        published: The directory's folder.
        config: Of its node.
    """
    drafts, node, duty = Drafts(published), config.node_id, config.duty
    if duty.telephone is None or drafts.load(node.country) is not None:
        return
    point = ContactPoint(
        number=node.number,
        name=config.name,
        remit="Article 35, an example",
        hours="24 hours a day, 7 days a week",
        time_zone=duty.time_zone or "UTC",
        languages=duty.languages,
        telephones=(Telephone(number=duty.telephone.replace(" ", "")),),
        email=duty.email,
        equivalent=True,
    )
    drafts.save(PartyEntry(party=node.country, name=config.name, contact_points=(point,)))


def _point(number: int, authority: str, organisation: str | None) -> ContactPoint:
    within = "" if organisation is None else f"; {organisation}"
    return ContactPoint(
        number=number,
        name=_shortened(authority),
        remit=_shortened(f"Article 35, {MARK}{within}"),
        hours="24 hours a day, 7 days a week",
        time_zone="UTC",
        languages=("en",),
        telephones=(Telephone(number=_NO_NUMBER.format(number=number), remark=MARK),),
        equivalent=True,
    )


def _shortened(text: str) -> str:
    """Return a line of at most 200 characters."""
    return text if len(text) <= MAX_LINE else f"{text[: MAX_LINE - 4]} ..."
