"""Forging: rebuild tiles, headers and seals of an export from other leaves, with given signers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from app.audit.findings import Report
from app.audit.identity import LogIdentity
from app.audit.sources import Folder, seal_line
from app.audit.walk import Anchor, audit
from app.consensus.engines import engine_of
from app.ledger.encoding import decode, decode_document, encode
from app.ledger.leaves import NO_HASH, header_hash
from app.ledger.merkle import Frontier, Tree, leaf_hash, root
from app.ledger.notes import Checkpoint, Note
from app.ledger.tiles import bundles, join_entries, numbered, tile_bytes, tiles
from app.ledger.times import format_time, parse_time
from app.services.seal import Sealer
from tests.audit.story import Story

Found = set[tuple[str, str]]
"""What an audit found: codes and places."""

Seal = Callable[[int, Checkpoint], str]
"""From a height and its checkpoint to the note that is kept for it."""


@dataclass(slots=True)
class ForgedBlock:
    """Operation leaves, and what its header says otherwise than the chain gives it."""

    operations: list[bytes]
    header: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sound:
    """An export in which nothing is to be found, and all the keys that made it."""

    folder: Path
    sealer: Sealer
    identity: LogIdentity
    genesis: str
    leaves: tuple[bytes, ...]
    story: Story

    def blocks(self) -> list[ForgedBlock]:
        """Return its blocks, each with its own time, to be forged."""
        made = []
        operations: list[bytes] = []
        for leaf in self.leaves:
            value = decode(leaf)
            if value["kind"] == "block":
                made.append(ForgedBlock(operations, {"time": value["time"]}))
                operations = []
            else:
                operations.append(leaf)
        return made

    def where(self, type: str, number: int = 0) -> tuple[int, int]:
        """Return height and place in its block of an operation of a type."""
        return [
            (height, at)
            for height, block in enumerate(self.blocks())
            for at, leaf in enumerate(block.operations)
            if decode(leaf)["operation"]["type"] == type
        ][number]

    def index(self, type: str, number: int = 0) -> int:
        """Return the leaf index of an operation of a type."""
        return [
            index
            for index, leaf in enumerate(self.leaves)
            if decode(leaf).get("operation", {}).get("type") == type
        ][number]


@dataclass(frozen=True)
class Export:
    """A test's own copy of a sound export."""

    folder: Path
    sound: Sound

    @classmethod
    def copy(cls, sound: Sound, folder: Path) -> "Export":
        copytree(sound.folder, folder)
        return cls(folder, sound)

    def only(self, pattern: str) -> Path:
        """Return the one file that a pattern names."""
        (path,) = self.folder.glob(pattern)
        return path

    def name(self, pattern: str) -> str:
        """Return the name, in the export, of the one file that a pattern names."""
        return str(self.only(pattern).relative_to(self.folder))

    def flip(self, pattern: str, offset: int, *, by: int = 1) -> None:
        """Change one byte of the one file that a pattern names."""
        path = self.only(pattern)
        data = bytearray(path.read_bytes())
        data[offset] ^= by
        path.write_bytes(data)

    def replace(self, pattern: str, old: bytes, new: bytes) -> None:
        """Put other bytes in place of what stands once in a file."""
        path = self.only(pattern)
        data = path.read_bytes()
        assert data.count(old) == 1
        path.write_bytes(data.replace(old, new))

    def audit(self, anchor: Anchor | None = None) -> Report:
        return audit(Folder(self.folder), anchor=anchor or Anchor())

    def found(self, anchor: Anchor | None = None) -> Found:
        """Audit; return what was found, once each."""
        return found_in(self.audit(anchor))

    def seals(self) -> list[str]:
        """Return the sealed checkpoints of the one seal bundle, by height."""
        lines = self.only("seals/000.p/*").read_bytes().splitlines()
        return [decode_document(line)["checkpoint"] for line in lines]

    def put_seals(self, notes: Sequence[str]) -> None:
        """Write the one seal bundle anew."""
        lines = (seal_line(height, note) for height, note in enumerate(notes))
        self.only("seals/000.p/*").write_bytes(b"".join(lines))

    def put_seal(self, height: int, note: str) -> None:
        """Put another note in the place of a block's; the newest also stands as checkpoint."""
        notes = self.seals()
        notes[height] = note
        self.put_seals(notes)
        if height == len(notes) - 1:
            self.put("checkpoint", note.encode())

    def put(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def forge(self, blocks: Sequence[ForgedBlock], seal: Seal | None = None) -> "Export":
        """Rebuild the log from blocks, chained, and sealed with all keys unless said otherwise."""
        leaves, ends = chained(blocks, self.sound.identity)
        self.rebuild(leaves, ends, seal)
        return self

    def rebuild(
        self, leaves: Sequence[bytes], ends: Sequence[int], seal: Seal | None = None
    ) -> None:
        """Write entries, tiles, seals and checkpoint for leaves; a block ends at each size."""
        for name in ("tile", "seals"):
            rmtree(self.folder / name)
        for number, width in bundles(len(leaves)):
            part = leaves[number * 256 : number * 256 + width]
            self.put(f"tile/entries/{numbered(number, width)}", join_entries(part))
        tree = Tree(map(leaf_hash, leaves))
        for tile in tiles(len(leaves)):
            self.put(tile.path, tile_bytes(tile, tree.node))
        notes = self._sealed(leaves, ends, seal or self.seal)
        for number, width in bundles(len(notes)):
            first = number * 256
            lines = (seal_line(height, notes[height]) for height in range(first, first + width))
            self.put(f"seals/{numbered(number, width)}", b"".join(lines))
        self.put("checkpoint", notes[-1].encode())

    def seal(self, height: int, checkpoint: Checkpoint) -> str:
        """Seal as the registry does."""
        return str(self.sound.sealer.seal(checkpoint, time_ms=1_700_000_000_000 + height))

    def _sealed(self, leaves: Sequence[bytes], ends: Sequence[int], seal: Seal) -> list[str]:
        origin = self.sound.identity.origin
        frontier = Frontier()
        notes: list[str] = []
        for leaf in leaves:
            frontier.append(leaf_hash(leaf))
            if frontier.size in ends:
                notes.append(seal(len(notes), Checkpoint(origin, frontier.size, frontier.root())))
        return notes


def found_in(report: Report) -> Found:
    return {(finding.code, finding.where) for finding in report.findings}


def chained(blocks: Sequence[ForgedBlock], identity: LogIdentity) -> tuple[list[bytes], list[int]]:
    """Return the leaves of blocks, each closed by the header that the chain gives, and ends."""
    authority_set = identity.authority_set
    leaves: list[bytes] = []
    ends: list[int] = []
    previous = NO_HASH
    for height, block in enumerate(blocks):
        header = {
            "kind": "block",
            "v": 1,
            "origin": identity.origin,
            "height": height,
            "previous": previous,
            "first": len(leaves),
            "count": len(block.operations),
            "operations_root": root(map(leaf_hash, block.operations)).hex(),
            "authorities": authority_set.digest,
            "leader": engine_of(authority_set).leader(authority_set, height),
            **block.header,
        }
        leaf = encode(header)
        previous = header_hash(leaf)
        leaves += [*block.operations, leaf]
        ends.append(len(leaves))
    return leaves, ends


def edited(leaf: bytes, **members: Any) -> bytes:  # noqa: ANN401 - whatever is to be forged
    """Return an operation leaf with other members of its operation; None takes one away."""
    value = decode(leaf)
    operation = {**value["operation"], **members}
    value["operation"] = {name: item for name, item in operation.items() if item is not None}
    return encode(value)


def operation_leaf(operation: dict[str, Any], **members: Any) -> bytes:  # noqa: ANN401 - to be forged
    """Return the leaf of an operation, with change or cause where they are given."""
    return encode({"kind": "operation", "v": 1, "operation": operation, **members})


def later(time: str, ms: int) -> str:
    """Return a time so much later, as it stands in a leaf."""
    return format_time(parse_time(time) + ms)


def note_lines(note: str) -> tuple[str, list[str]]:
    """Return the text of a note, with its blank line, and its signature lines."""
    text, _, signatures = note.rpartition("\n\n")
    return f"{text}\n\n", signatures.splitlines(keepends=True)


def checkpoint_of(note: str) -> Checkpoint:
    return Checkpoint.parse(Note.parse(note).text)
