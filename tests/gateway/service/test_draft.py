"""Drafts: checked, addressed by the directory and the thread, their files sealed as they come."""

from io import BytesIO
from json import dumps
from pathlib import Path

import pytest

from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.service.case import NotAllowedNowError
from gateway.service.draft import DocumentRefusedError
from protocol.cases.ladder import MessageState
from protocol.directory import DEFAULT_BLOB_BYTES
from protocol.identifiers import NodeId
from tests.gateway.network import Network, Wire, message_id, network
from tests.gateway.service.world import (
    Json,
    acknowledgement,
    request,
    scenario,
    send,
    until_state,
)

NAMES = ["FR/1", "FR/2", "RO/1", "RO/2"]


async def addressed(net: Network, name: str, document: Json) -> str:
    """Return to which node a document would go."""
    draft = await net[name].runtime.submit.begin(dumps(document).encode(), file_sizes={})
    return str(draft.to)


@scenario
async def test_country_means_its_first_active_node_and_a_node_itself(tmp_path: Path) -> None:
    """An officer writes to a Party; the directory says where that is."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        assert await addressed(net, "FR/1", request(to="RO")) == "RO/1"
        assert await addressed(net, "FR/1", request(to="RO/2")) == "RO/2"
        del net.entries[NodeId("RO", 1)]
        assert await addressed(net, "FR/1", request(to="RO")) == "RO/2"


@scenario
async def test_answer_goes_to_the_node_that_has_the_thread(tmp_path: Path) -> None:
    """Two points of contact of a Party fail apart: the case stays where it began."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request(to="RO/2")
        mid = (await send(net["FR/2"], asked)).mid
        await until_state(net["RO/2"], mid, MessageState.CONSIGNED)
        assert await addressed(net, "RO/2", acknowledgement(asked, mid, to="FR")) == "FR/2"
        del net.entries[NodeId("FR", 2)]
        with pytest.raises(NotAllowedNowError):
            await addressed(net, "RO/2", acknowledgement(asked, mid, to="FR"))


@pytest.mark.parametrize("to", ["JP", "RO/9", "FR/1"])
def test_what_the_directory_does_not_name_cannot_be_written_to(to: str, tmp_path: Path) -> None:
    """Neither an unknown Party or node, nor this node itself."""

    @scenario
    async def run(folder: Path) -> None:
        async with network(folder, ["FR/1", "RO/1"], Wire(), run=[]) as net:
            with pytest.raises(UnavailableError, match="no other active node"):
                await addressed(net, "FR/1", request(to=to))

    run(tmp_path)


@scenario
async def test_own_party_means_its_other_node(tmp_path: Path) -> None:
    """Two desks of one Party may write to each other; nobody writes to itself."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        document = request(to="FR")
        assert await addressed(net, "FR/1", document) == "FR/2"


@scenario
async def test_document_that_breaks_rules_is_refused_with_every_fault(tmp_path: Path) -> None:
    """All faults at once, and nothing is kept."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        broken = request() | {"urgency": "whenever", "language": "xx"}
        with pytest.raises(DocumentRefusedError) as caught:
            await addressed(net, "FR/1", broken)
        assert {finding.path for finding in caught.value.findings} == {"urgency", "language"}
        assert not net["FR/1"].runtime.submit._drafts._drafts


@scenario
async def test_reply_to_a_message_that_is_not_here_is_refused(tmp_path: Path) -> None:
    """A mistyped id must not open a thread of its own."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        with pytest.raises(NoInputError, match="names no message"):
            await addressed(net, "RO/1", acknowledgement(request(), message_id(5)))


@scenario
async def test_files_are_attached_by_the_index_of_their_path(tmp_path: Path) -> None:
    """What the document does not name is not sealed; all of them must come before it is sent."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        names = ["a/one.pdf", "b/two.pdf"]
        document = request() | {"attachments": [{"path": n, "role": "other"} for n in names]}
        sizes = dict.fromkeys(names, 3)
        draft = await submit.begin(dumps(document).encode(), file_sizes=sizes)
        assert list(draft.files) == names
        for index in (-1, 2):
            with pytest.raises(NoInputError, match="no such attachment"):
                await submit.attach(draft.id, index, BytesIO(b"one"))
        await submit.attach(draft.id, 1, BytesIO(b"two"))
        with pytest.raises(NoInputError, match="was not given"):
            await submit.send(draft.id, request_key=None)
        await submit.attach(draft.id, 0, BytesIO(b"one"))
        await submit.send(draft.id, request_key=None)
        opened = await net["FR/1"].runtime.act.open(draft.mid, who="FR/1 officer 1")
        assert [view.name for view in opened.files] == ["one.pdf", "two.pdf"]
        target = BytesIO()
        assert await net["FR/1"].runtime.act.file(draft.mid, 1, target) == "two.pdf"
        assert target.getvalue() == b"two"
        assert {view.media_type for view in opened.files} == {"application/octet-stream"}


@scenario
async def test_more_attachments_than_an_envelope_names_are_refused(tmp_path: Path) -> None:
    """Before anything of them is sealed."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        names = [f"{number}.pdf" for number in range(65)]
        document = request() | {"attachments": [{"path": n, "role": "other"} for n in names]}
        with pytest.raises(DataError):
            await net["FR/1"].runtime.submit.begin(
                dumps(document).encode(), file_sizes=dict.fromkeys(names, 1)
            )


@scenario
async def test_attachment_larger_than_its_addressee_takes_is_refused_here(tmp_path: Path) -> None:
    """Not sealed, queued and refused there for ever; one of the full size goes."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        document = request() | {"attachments": [{"path": "a.bin", "role": "other"}]}
        text, submit = dumps(document).encode(), net["FR/1"].runtime.submit
        with pytest.raises(DataError, match="larger than RO/1 takes") as caught:
            await submit.begin(text, file_sizes={"a.bin": DEFAULT_BLOB_BYTES + 1})
        assert caught.value.code == "too_large"
        draft = await submit.begin(text, file_sizes={"a.bin": DEFAULT_BLOB_BYTES})
        assert draft.files == ("a.bin",)


@scenario
async def test_oldest_of_too_many_drafts_is_forgotten(tmp_path: Path) -> None:
    """Nobody was told that it is queued; it is begun again."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        submit = net["FR/1"].runtime.submit
        document = dumps(request()).encode()
        drafts = [await submit.begin(document, file_sizes={}) for _ in range(257)]
        with pytest.raises(NoInputError, match="no such draft"):
            await submit.send(drafts[0].id, request_key=None)
        assert (await submit.send(drafts[1].id, request_key=None)).mid == drafts[1].mid
