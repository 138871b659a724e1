"""An audit of a log with heartbeats in it: sound as it is, and found out where one is forged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.audit.sources import Folder
from app.audit.walk import Anchor, audit
from app.factory import open_registry
from app.ledger.encoding import decode
from app.ledger.leaves import OperationLeaf, header_hash, parse_leaf
from app.ledger.merkle import leaf_hash, verify_inclusion
from app.ledger.notes import Checkpoint, Note
from app.services.export import export as write_export
from app.services.founding import load_keys
from app.services.integrity import check_range
from app.services.prove import receipt
from app.settings import Settings
from tests.audit.forging import Export, ForgedBlock, Sound
from tests.audit.story import tell
from tests.databases import SqliteDatabases
from tests.scenario import account, organisation

EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def tell_with_heartbeats(settings: Settings) -> Sound:
    """Record a story between heartbeats, one, two in a row and one at the end; export it."""
    folder = settings.home.parent / "sound"
    with open_registry(settings) as registry:
        registry.heartbeat(None, every_s=0)
        story = tell(registry)
        for _ in range(2):
            registry.heartbeat(None, every_s=0)
        account(registry, organisation(registry, "buyer"))
        registry.heartbeat(None, every_s=0)
        with registry.storage.log() as log:
            write_export(log, folder)
            leaves = tuple(log.leaves())
        return Sound(
            folder=folder,
            sealer=load_keys(settings.keys),
            identity=registry.identity,
            genesis=header_hash(leaves[0]),
            leaves=leaves,
            story=story,
        )


@pytest.fixture(scope="session")
def beaten(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A story's export with heartbeats, made once."""
    home = tmp_path_factory.mktemp("beaten") / "home"
    return tell_with_heartbeats(sqlite_databases.founded(home))


@pytest.fixture
def export(beaten: Sound, tmp_path: Path) -> Export:
    """A copy of it, to be damaged."""
    return Export.copy(beaten, tmp_path / "export")


@pytest.fixture
def blocks(beaten: Sound) -> list[ForgedBlock]:
    """Its blocks, to be forged."""
    return beaten.blocks()


def beats(blocks: list[ForgedBlock]) -> Iterator[int]:
    """Yield the heights of heartbeats."""
    return (height for height, block in enumerate(blocks) if not block.operations)


def test_a_log_with_heartbeats_is_sound_in_its_database_and_its_export(
    settings: Settings,
) -> None:
    sound = tell_with_heartbeats(settings)

    anchor = Anchor(genesis=sound.genesis)
    with open_registry(settings) as registry, registry.storage.log() as log:
        of_database = audit(log, anchor=anchor, tables=log)
        of_range = check_range(log, 0, log.head.height)
    of_export = audit(Folder(sound.folder), anchor=anchor)
    assert (of_database.findings, of_range.findings, of_export.findings) == ([], [], [])
    assert of_database.verdict == of_export.verdict == "sound"
    assert len(list(beats(sound.blocks()))) == 4
    assert sum(of_export.certificates.values()) == of_export.issued > 0


def test_receipts_between_heartbeats_verify(settings: Settings) -> None:
    tell_with_heartbeats(settings)

    proven = 0
    with open_registry(settings) as registry, registry.storage.log() as log:
        for block in log.blocks(after=-1, limit=1_000):
            for index in range(block.first, block.size):
                (leaf,) = log.range(index, index + 1)
                proof = receipt(log, index=index, height=block.height)
                checkpoint = Checkpoint.parse(Note.parse(proof.checkpoint).text)
                verify_inclusion(
                    index=index,
                    size=checkpoint.size,
                    hashed=leaf_hash(leaf),
                    proof=proof.hashes,
                    head=checkpoint.root,
                )
                proven += isinstance(parse_leaf(leaf), OperationLeaf)

    assert proven > 10


def test_a_heartbeat_is_forged_without_a_forgery(export: Export, blocks: list[ForgedBlock]) -> None:
    assert export.forge(blocks).found() == set()
    leaves = [decode(leaf) for leaf in export.sound.leaves]
    empty = [leaf for leaf in leaves if leaf["kind"] == "block" and leaf["count"] == 0]
    assert {leaf["operations_root"] for leaf in empty} == {EMPTY_ROOT}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("count", 1),
        ("first", 0),
        ("operations_root", "0" * 64),
        ("previous", "0" * 64),
        ("leader", "nobody"),
        ("height", 0),
    ],
)
@pytest.mark.parametrize("number", [0, -1])
def test_a_heartbeat_that_says_otherwise_than_the_chain_is_broken(
    number: int,
    member: str,
    value: int | str,
    export: Export,
    blocks: list[ForgedBlock],
) -> None:
    height = list(beats(blocks))[number]
    blocks[height].header[member] = value

    found = export.forge(blocks).found()

    assert ("header-broken", f"height {height}") in found


def test_a_block_that_says_it_is_a_heartbeat_and_is_none_is_broken(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height = next(at for at, block in enumerate(blocks) if at and block.operations)
    blocks[height].header |= {"count": 0, "operations_root": EMPTY_ROOT}

    found = export.forge(blocks).found()

    assert ("header-broken", f"height {height}") in found


def test_a_heartbeat_whose_time_is_before_the_block_before_it_is_broken(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height = list(beats(blocks))[-1]
    blocks[height].header["time"] = blocks[0].header["time"]

    assert export.forge(blocks).found() == {("header-broken", f"height {height}")}


def test_a_cut_heartbeat_is_missed_by_whoever_kept_its_checkpoint(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    kept = Checkpoint.parse(Note.parse(export.seals()[-1]).text)

    found = export.forge(blocks[:-1]).found(Anchor(checkpoint=kept))

    assert ("anchor-differs", f"size {kept.size - 1}") in found
