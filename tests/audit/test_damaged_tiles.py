"""Check 2: hash tiles of every level agree with the tree that the leaves give."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copytree

import pytest

from app.audit.findings import Report
from app.audit.sources import Folder, SourceError
from app.audit.tree import RebuiltTree
from app.ledger.merkle import Tree, leaf_hash, root
from app.ledger.tiles import Tile, tile_bytes
from tests.audit.forging import Export, ForgedBlock, Sound, found_in

LEAVES = "tile/0/000.p/*"


@pytest.fixture(scope="module")
def long_sound(sound: Sound, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of more than 512 leaves: two full tiles and two entries of the level above."""
    blocks = sound.blocks()
    time = blocks[-1].header["time"]
    heartbeats = [ForgedBlock([], {"time": time}) for _ in range(520 - len(sound.leaves))]
    folder = tmp_path_factory.mktemp("long") / "export"
    return Export.copy(sound, folder).forge([*blocks, *heartbeats]).folder


@pytest.fixture
def long(long_sound: Path, sound: Sound, tmp_path: Path) -> Export:
    copytree(long_sound, tmp_path / "long")
    return Export(tmp_path / "long", sound)


@pytest.mark.parametrize("index", [0, 5, -1])
def test_an_altered_hash_of_a_leaf_is_found_at_that_leaf(index: int, export: Export) -> None:
    size = len(export.sound.leaves)

    export.flip(LEAVES, (index % size) * 32 + 7)

    assert export.found() == {("tile-differs", f"leaf {index % size}")}


def test_a_leaf_forged_together_with_its_hash_is_not_the_one_that_was_sealed(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    sealed = [export.only("seals/000.p/*").read_bytes(), export.only("checkpoint").read_bytes()]
    blocks[1].operations[0] = blocks[1].operations[0].replace(b"generator", b"regulator")

    export.forge(blocks)
    export.put(export.name("seals/000.p/*"), sealed[0])
    export.put("checkpoint", sealed[1])

    assert ("root-differs", "height 1") in export.found()
    assert ("root-differs", "height 2") not in export.found()


@pytest.mark.parametrize("cut", [1, 32])
def test_a_tile_of_another_width_than_its_name_says_differs(cut: int, export: Export) -> None:
    export.put(export.name(LEAVES), export.only(LEAVES).read_bytes()[:-cut])

    assert export.found() == {("tile-differs", export.name(LEAVES))}


@pytest.mark.parametrize("data", [b"", b"x" * 32 * 257])
def test_a_tile_of_no_width_or_of_too_much_differs(data: bytes, export: Export) -> None:
    export.put(export.name(LEAVES), data)

    assert export.found() == {("tile-differs", export.name(LEAVES))}


def test_a_missing_tile_makes_the_export_incomplete(export: Export) -> None:
    name = export.name(LEAVES)

    export.only(LEAVES).unlink()

    assert export.found() == {("export-incomplete", name)}


def test_a_log_of_many_tiles_and_seal_bundles_is_sound(long: Export) -> None:
    names = ["tile/0/000", "tile/0/001", "tile/0/002.p/8", "tile/1/000.p/2", "seals/000"]

    assert all((long.folder / name).is_file() for name in names)
    assert long.found() == set()


def test_altered_hashes_are_found_in_every_tile_of_a_long_log(long: Export) -> None:
    for path, at in (("000", 0), ("001", 44), ("002.p/8", 7)):
        long.flip(f"tile/0/{path}", at * 32)

    assert long.found() == {("tile-differs", f"leaf {index}") for index in (0, 300, 519)}


@pytest.mark.parametrize("at", [0, 1])
def test_an_altered_hash_of_the_level_above_is_found_in_its_tile(at: int, long: Export) -> None:
    long.flip("tile/1/000.p/2", at * 32 + 31)

    assert long.found() == {("tile-differs", "tile/1/000.p/2")}


def test_a_missing_tile_of_the_level_above_makes_the_export_incomplete(long: Export) -> None:
    (long.folder / "tile/1/000.p/2").unlink()

    assert long.found() == {("export-incomplete", "tile/1/000.p/2")}


def test_seals_are_read_from_the_full_and_from_the_partial_bundle(long: Export) -> None:
    heights = (0, 255, 256, 300)
    for height in heights:
        number, at = divmod(height, 256)
        path = "seals/000" if number == 0 else "seals/001.p/*"
        lines = long.only(path).read_bytes().split(b"\n")
        lines[at] = lines[at].replace(b"registry.test/eac\\n", b"registry.test/eax\\n")
        long.put(long.name(path), b"\n".join(lines))

    places = {where for _, where in long.found()}

    assert places == {f"height {height}" for height in heights}


def test_the_newest_seal_bundle_of_a_long_log_cannot_be_missing(long: Export) -> None:
    long.only("seals/001.p/*").unlink()

    found = long.found()

    last = len(long.folder.joinpath("seals/000").read_bytes().splitlines())
    assert ("seal-missing", f"height {last}") in found
    assert {code for code, _ in found} == {"seal-missing"}


def test_a_later_entry_bundle_that_is_cut_ends_the_replay(long: Export) -> None:
    name = "tile/entries/001"
    long.put(name, long.only(name).read_bytes()[:-1])

    report = long.audit()

    assert ("export-incomplete", name) in found_in(report)
    assert (report.origin, report.is_replayed) == (long.sound.identity.origin, False)


def test_a_log_that_lacks_an_entry_bundle_is_not_shorter_and_sound(long: Export) -> None:
    long.only("tile/entries/001").unlink()

    codes = {code for code, _ in long.found()}

    assert {"quorum-missing", "checkpoint-differs", "export-incomplete"} & codes


class Tiles:
    """A log of many leaves that gives nothing but its tiles."""

    has_files = True

    def __init__(self, tree: Tree, damaged: Sequence[Tile]) -> None:
        self._tree = tree
        self._damaged = damaged

    def tile(self, tile: Tile) -> bytes:
        data = tile_bytes(tile, self._tree.node)
        return b"x" + data[1:] if tile in self._damaged else data

    def size(self) -> int:
        return self._tree.size

    def leaves(self) -> Iterator[bytes]:
        raise SourceError("leaves", "not asked for")

    def checkpoint(self) -> str:
        raise SourceError("checkpoint", "not asked for")

    def seal(self, height: int) -> str | None:
        raise SourceError(f"{height}", "not asked for")

    def schema(self, name: str) -> bytes:
        raise SourceError(name, "not asked for")

    def policy(self, from_height: int) -> bytes:
        raise SourceError(f"{from_height}", "not asked for")

    def document(self, digest: str) -> bytes | None:
        raise SourceError(digest, "not asked for")

    def readings(self, device: str) -> Iterator[bytes]:
        raise SourceError(device, "not asked for")


@pytest.fixture(scope="module")
def large() -> Tree:
    """A tree whose second level has a full tile and a partial one, and whose third has one hash."""
    return Tree(leaf_hash(b"%d" % number) for number in range(256 * 256 + 2 * 256 + 3))


@pytest.mark.parametrize("is_damaged", [False, True])
def test_tiles_of_three_levels_are_compared_full_and_partial(
    is_damaged: bool,  # noqa: FBT001 - a parameter
    large: Tree,
) -> None:
    upper = [Tile(1, 0, 256), Tile(1, 1, 2), Tile(2, 0, 1)]
    lower = [Tile(0, 17, 256), Tile(0, 258, 3)]
    report = Report()
    rebuilt = RebuiltTree(Tiles(large, [*upper, *lower] if is_damaged else []), large.size)

    for index in range(large.size):
        rebuilt.append(b"%d" % index, index, report)
    rebuilt.check_root(root(large.node(0, index) for index in range(large.size)), "end", report)
    rebuilt.finish(report)

    assert found_in(report) == (
        {("tile-differs", tile.path) for tile in upper}
        | {("tile-differs", f"leaf {tile.number * 256}") for tile in lower}
        if is_damaged
        else set()
    )


def test_a_level_that_ends_with_a_full_tile_has_no_partial_one() -> None:
    whole = Tree(leaf_hash(b"%d" % number) for number in range(256 * 256))
    top = Tile(2, 0, 1)
    report = Report()
    rebuilt = RebuiltTree(Tiles(whole, [top]), whole.size)

    for index in range(whole.size):
        rebuilt.append(b"%d" % index, index, report)
    rebuilt.check_root(whole.node(16, 0), "end", report)
    rebuilt.finish(report)

    assert rebuilt.root == whole.node(16, 0)
    assert found_in(report) == {("tile-differs", top.path)}


def test_a_folder_counts_entries_by_the_widest_partial_bundle(sound: Sound) -> None:
    assert Folder(sound.folder).size() == len(sound.leaves)
