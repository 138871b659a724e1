"""LogSource, the port an audit reads through, and the folder of an export behind it."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from app.ledger.encoding import EncodingError, decode_document, encode_document
from app.ledger.tiles import (
    TILE_WIDTH,
    Tile,
    TileError,
    bundles,
    numbered,
    split_entries,
)


class SourceError(Exception):
    """A part of the log that is missing or cannot be read; its text names which."""

    def __init__(self, where: str, detail: str) -> None:
        """Take the place and what is wrong with it."""
        self.where = where
        self.detail = detail
        super().__init__(f"{where}: {detail}")


class NotALogError(Exception):
    """There is no log here at all."""


class LogSource(Protocol):
    """Where an audit reads a log from. Methods raise SourceError for what cannot be read."""

    @property
    def has_files(self) -> bool:
        """Say whether schemas and policies are part of what is audited."""

    def size(self) -> int:
        """Return how many leaves are here."""

    def leaves(self) -> Iterator[bytes]:
        """Yield every leaf in order."""

    def checkpoint(self) -> str:
        """Return the newest sealed checkpoint."""

    def seal(self, height: int) -> str | None:
        """Return the sealed checkpoint of a block; None where there is none."""

    def tile(self, tile: Tile) -> bytes | None:
        """Return a hash tile's bytes; None where this source keeps no such tile."""

    def schema(self, name: str) -> bytes:
        """Return a schema file."""

    def policy(self, from_height: int) -> bytes:
        """Return the policy of the authority set in force from a height."""

    def document(self, digest: str) -> bytes | None:
        """Return an attribute document; None where it is not given."""

    def readings(self, device: str) -> Iterator[bytes]:
        """Yield the interval leaves of a device's spans, a JSON array each, in order of time."""


class Folder:
    """An export in a folder: static files, readable without any server."""

    has_files = True

    def __init__(self, folder: Path) -> None:
        """Take the folder. Raises NotALogError where it holds no export."""
        if not (folder / "checkpoint").is_file() or not (folder / "tile" / "entries").is_dir():
            raise NotALogError(f"{folder} holds no export")
        self._folder = folder
        self._size = self._count()

    def size(self) -> int:
        """Count the entries that the bundles' names promise."""
        return self._size

    def leaves(self) -> Iterator[bytes]:
        """Yield every leaf of the entry bundles."""
        for number, width in bundles(self._size):
            path = f"tile/entries/{numbered(number, width)}"
            try:
                leaves = split_entries(self._read(path))
            except TileError as error:
                raise SourceError(path, str(error)) from error
            if len(leaves) != width:
                raise SourceError(path, f"holds {len(leaves)} entries instead of {width}")
            yield from leaves

    def checkpoint(self) -> str:
        """Return the file `checkpoint`."""
        return self._text("checkpoint")

    def seal(self, height: int) -> str | None:
        """Return a line of the seal bundles; the newest may be partial."""
        number, at = divmod(height, TILE_WIDTH)
        path, lines = self._seal_bundle(number)
        if at >= len(lines):
            return None
        return _parse_seal(lines[at], height, f"{path}:{at + 1}")

    def tile(self, tile: Tile) -> bytes | None:
        """Return a tile's file."""
        return self._read(tile.path)

    def schema(self, name: str) -> bytes:
        """Return a schema's file."""
        return self._read(f"schema/{name}")

    def policy(self, from_height: int) -> bytes:
        """Return a policy's file."""
        return self._read(f"policy/{from_height}")

    def document(self, digest: str) -> bytes | None:
        """Return an attribute document's file."""
        return self._read(f"attributes/{digest}.json")

    def readings(self, device: str) -> Iterator[bytes]:
        """Yield the lines of a device's readings; none where they are not public."""
        path = f"readings/{device}.jsonl"
        if (self._folder / path).exists():
            yield from self._lines(path)

    def _count(self) -> int:
        size = 0
        entries = self._folder / "tile" / "entries"
        while (entries / numbered(size // TILE_WIDTH, TILE_WIDTH)).is_file():
            size += TILE_WIDTH
        partial = entries / (numbered(size // TILE_WIDTH, TILE_WIDTH) + ".p")
        widths = [int(path.name) for path in partial.glob("*") if path.name.isdecimal()]
        return size + max(widths, default=0)

    @lru_cache(maxsize=4)  # noqa: B019 - lives as long as one audit
    def _seal_bundle(self, number: int) -> tuple[str, list[bytes]]:
        whole = f"seals/{numbered(number, TILE_WIDTH)}"
        if (self._folder / whole).is_file():
            return whole, self._lines(whole, most=TILE_WIDTH)
        widths = [
            int(path.name)
            for path in (self._folder / f"{whole}.p").glob("*")
            if path.name.isdecimal()
        ]
        if not widths:
            return whole, []
        path = f"{whole}.p/{max(widths)}"
        return path, self._lines(path, most=max(widths))

    def _lines(self, path: str, *, most: int | None = None) -> list[bytes]:
        data = self._read(path)
        if not data.endswith(b"\n"):
            raise SourceError(path, "does not end with a line feed")
        lines = data[:-1].split(b"\n")
        if most is not None and len(lines) > most:
            raise SourceError(path, f"holds {len(lines)} lines instead of {most}")
        return lines

    def _read(self, path: str) -> bytes:
        try:
            return (self._folder / path).read_bytes()
        except OSError as error:
            raise SourceError(path, error.strerror or "cannot be read") from error

    def _text(self, path: str) -> str:
        try:
            return self._read(path).decode()
        except UnicodeDecodeError as error:
            raise SourceError(path, "is not UTF-8") from error


def seal_line(height: int, checkpoint: str) -> bytes:
    """Return the line of a seal bundle, with its line feed."""
    return encode_document({"height": height, "checkpoint": checkpoint}) + b"\n"


def _parse_seal(line: bytes, height: int, where: str) -> str:
    try:
        value = decode_document(line)
    except EncodingError as error:
        raise SourceError(where, f"no seal: {error}") from error
    if type(value) is not dict or value.keys() != {"height", "checkpoint"}:
        raise SourceError(where, "a seal has exactly height and checkpoint")
    if type(value["height"]) is not int or type(value["checkpoint"]) is not str:
        raise SourceError(where, "a seal has a height and a text")
    if value["height"] != height:
        raise SourceError(where, f"not the seal of block {height}")
    checkpoint: str = value["checkpoint"]
    return checkpoint
