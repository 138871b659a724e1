"""The log of transparency-dev/tessera as it grew from 0 to 15 entries, byte for byte."""

from pathlib import Path

import pytest

from app.ledger.merkle import Tree, leaf_hash, root
from app.ledger.notes import Checkpoint, Note, VerifierKey, is_line_valid
from app.ledger.tiles import Tile, join_entries, split_entries, split_tile, tile_bytes, tiles

LOG = Path(__file__).parents[1] / "vectors" / "c2sp_tessera_log"
KEY = VerifierKey.parse((LOG / "PUBLIC_KEY.txt").read_text(encoding="utf-8").strip())
LEAVES = split_entries((LOG / "tile/entries/000.p/15").read_bytes())
CHECKPOINTS = ["checkpoint", *(f"checkpoint.{size}" for size in range(16))]
SIZES = range(1, 16)


def test_the_log_has_15_entries_of_plain_words() -> None:
    words = b"one two three four five six seven eit nain ten ileven twelf threeten fourten fivten"

    assert words.split() == LEAVES


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_published_checkpoint_is_read_verified_and_written_byte_for_byte(name: str) -> None:
    text = (LOG / name).read_bytes().decode()

    note = Note.parse(text)
    checkpoint = Checkpoint.parse(note.text)

    (line,) = note.lines
    assert is_line_valid(line, KEY, note.text)
    assert str(Note(str(checkpoint), note.lines)) == text
    assert checkpoint.origin == KEY.name
    assert checkpoint.size == int(name.partition(".")[2] or 15)
    assert checkpoint.root == root(map(leaf_hash, LEAVES[: checkpoint.size]))


@pytest.mark.parametrize("size", SIZES)
def test_a_published_entry_bundle_is_split_and_joined_byte_for_byte(size: int) -> None:
    data = (LOG / f"tile/entries/000.p/{size}").read_bytes()

    assert split_entries(data) == LEAVES[:size]
    assert join_entries(LEAVES[:size]) == data


@pytest.mark.parametrize("size", SIZES)
def test_a_published_hash_tile_is_made_byte_for_byte_under_its_path(size: int) -> None:
    tree = Tree(map(leaf_hash, LEAVES[:size]))

    (tile,) = tiles(size)

    data = (LOG / tile.path).read_bytes()
    assert tile == Tile(0, 0, size)
    assert tile_bytes(tile, tree.node) == data
    assert split_tile(data) == [leaf_hash(leaf) for leaf in LEAVES[:size]]


def test_every_published_file_is_used() -> None:
    files = {path.relative_to(LOG).as_posix() for path in LOG.rglob("*") if path.is_file()}

    entries = {f"tile/entries/000.p/{size}" for size in SIZES}
    hashes = {f"tile/0/000.p/{size}" for size in SIZES}
    assert files == {"PUBLIC_KEY.txt", *CHECKPOINTS, *entries, *hashes}
    assert len(CHECKPOINTS) == 17
