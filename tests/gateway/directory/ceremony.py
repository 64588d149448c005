"""A ceremony in one folder: media of single keys, and a directory that they founded."""

from dataclasses import dataclass
from pathlib import Path

from gateway.directory.cards import KeyCard, card_of
from gateway.directory.drawing import draw_party, draw_root, draw_targets, with_sheets
from gateway.directory.repository import Repository
from gateway.directory.sheet import Sheet, sign_sheet
from gateway.directory.signers import KeyFolder
from gateway.directory.stamping import Stamped, stamp
from protocol.directory import NodeState, PartyEntry
from protocol.joining import verify_join_request
from tests.gateway.directory.world import SECRET
from tests.protocol.entries import join_request, node_keys

NOW_MS = 1_800_000_000_000


@dataclass(frozen=True)
class Table:
    """Where the holders meet; `stick-root-1` is the medium of root-1."""

    folder: Path

    @property
    def out(self) -> Path:
        """The published folder."""
        return self.folder / "out"

    def medium(self, name: str) -> KeyFolder:
        """Return a holder's medium."""
        return KeyFolder(self.folder / f"stick-{name}", SECRET)

    def key(self, role: str, number: int) -> KeyCard:
        """Let a holder make a key; return its card."""
        return card_of(role, number, self.medium(f"{role}-{number}").add(role, number))

    def keys(self, role: str, *numbers: int) -> list[KeyCard]:
        """Let holders make keys; return their cards."""
        return [self.key(role, number) for number in numbers]

    def signed(self, sheet: Sheet, *names: str) -> Sheet:
        """Let holders sign a sheet."""
        for name in names:
            sheet = sign_sheet(sheet, self.medium(name).all())
        return sheet

    def state(self, *sheets: Sheet) -> Repository:
        """Return what is published, with sheets that come before."""
        return with_sheets(Repository(self.out), sheets)

    def stamp(self, *sheets: Sheet, online: str = "online-1", now_ms: int = NOW_MS) -> Stamped:
        """Publish."""
        return stamp(self.out, self.medium(online), sheets=sheets, now_ms=now_ms)

    def found(self, *countries: str) -> None:
        """Found a directory: root 2 of 3, targets 1 of 1, Parties 1 of 2."""
        cards = [*self.keys("root", 1, 2, 3), self.key("targets", 1), self.key("online", 1)]
        root = draw_root(self.state(), cards, {"root": 2, "targets": 1}, now_ms=NOW_MS)
        parties = [card for each in countries for card in self.keys(f"party-{each}", 1, 2)]
        targets = draw_targets(self.state(root), cards=parties, threshold=1, now_ms=NOW_MS)
        self.stamp(self.signed(targets, "targets-1"), self.signed(root, "root-1", "root-3"))

    def party(self, entry: PartyEntry, *, now_ms: int = NOW_MS) -> Sheet:
        """Return a Party's sheet, signed by its first holder."""
        sheet = draw_party(self.state(), entry, now_ms=now_ms)
        return self.signed(sheet, f"party-{entry.party}-1")


def entry_of(name: str, *, named: str = "A desk") -> PartyEntry:
    """Return the entry of a Party with one node."""
    request = join_request(node_keys(name), NOW_MS)
    node = verify_join_request(request, now_ms=NOW_MS).request.node
    active = node.model_copy(update={"state": NodeState.ACTIVE})
    return PartyEntry(party=name[:2], name=named, nodes=(active,))
