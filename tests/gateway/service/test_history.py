"""What became of a Party's entry is told field by field, the newest version first."""

import asyncio
from collections.abc import Sequence

from gateway.service.history import MOST, Change, PartyHistory
from protocol.directory import ContactPoint, PartyEntry, Telephone


def point(number: int, telephone: str, languages: Sequence[str] = ("ro", "en")) -> ContactPoint:
    """Return a point of contact."""
    return ContactPoint(
        number=number,
        name="Desk",
        remit="Everything",
        languages=tuple(languages),
        hours="always",
        time_zone="Europe/Bucharest",
        telephones=(Telephone(number=telephone),),
        equivalent=False,
    )


def entry(*points: ContactPoint, name: str = "Romania") -> bytes:
    """Return an entry as it is kept."""
    return PartyEntry(party="RO", name=name, contact_points=points).model_dump_json().encode()


def history(*kept: bytes | None) -> PartyHistory:
    """Return the history over what was kept, a state each second."""

    async def states(country: str) -> Sequence[tuple[int, bytes | None]]:
        await asyncio.sleep(0)
        assert country == "RO"
        return [(1000 * number, data) for number, data in enumerate(kept)]

    return PartyHistory(states)


def test_fields_that_changed_are_told_with_both_values() -> None:
    """Whoever was called at the old number sees when it changed."""
    first = entry(point(1, "+40215550142"), point(2, "+40215550143"))
    later = entry(point(2, "+40215550143", ("ro",)), name="România")
    newest, oldest = asyncio.run(history(first, later).of("RO"))
    assert (newest.made_ms, oldest.made_ms, oldest.changes) == (1000, 0, ())
    told = {each.path: each for each in newest.changes}
    assert told["name"] == Change(path="name", before="Romania", after="România")
    assert told["contact_points[2].languages"] == Change(
        path="contact_points[2].languages", before="ro, en", after="ro"
    )
    gone = told["contact_points[1].telephones[+40215550142].number"]
    assert (gone.before, gone.after) == ("+40215550142", "")


def test_party_that_was_taken_out_and_came_back_is_told_as_such() -> None:
    """Before its first entry there is nothing to tell."""
    data = entry(point(1, "+40215550142"))
    again, gone, first = asyncio.run(history(None, data, None, data).of("RO"))
    assert (first.changes, first.is_listed, gone.is_listed) == ((), True, False)
    assert {each.after for each in gone.changes} == {""}
    assert {each.before for each in again.changes} == {""}
    assert asyncio.run(history(None).of("RO")) == ()


def test_only_the_newest_versions_are_shown() -> None:
    """A page has an end."""
    kept = [entry(name=f"Romania {number}") for number in range(MOST + 3)]
    assert len(asyncio.run(history(*kept).of("RO"))) == MOST
