"""The high-water mark: the last sealed size, kept outside the database to show an old backup."""

import os
from pathlib import Path
from threading import Lock
from time import monotonic

import orjson

from app.ledger.merkle import Frontier, read_edge
from app.ledger.notes import Checkpoint
from app.services.ports import Log

WRITE_EVERY_S = 1.0


class BehindError(Exception):
    """The database is older than, or other than, what was sealed before."""


class HighWaterMark:
    """A file that remembers (size, root); written after commit, at most once a second."""

    def __init__(self, path: Path) -> None:
        """Take the file's path."""
        self._path = path
        self._lock = Lock()
        self._written_at = -WRITE_EVERY_S
        self._latest: Checkpoint | None = None

    def note(self, sealed: Checkpoint | None) -> None:
        """Remember a sealed checkpoint."""
        with self._lock:
            self._latest = sealed or self._latest
            if monotonic() - self._written_at >= WRITE_EVERY_S:
                self._write()

    def flush(self) -> None:
        """Write what was not written yet."""
        with self._lock:
            self._write()

    def reset(self, sealed: Checkpoint) -> None:
        """Accept the database as it is, on the operator's word."""
        with self._lock:
            self._latest = sealed
            self._write(is_forced=True)

    def read(self) -> tuple[int, str] | None:
        """Return the size and hex root that were remembered; None where there is no file."""
        if not self._path.exists():
            return None
        try:
            content = orjson.loads(self._path.read_bytes())
            return int(content["size"]), str(content["root"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise BehindError(f"{self._path} cannot be read") from error

    def check(self, log: Log, seen: tuple[int, str] | None) -> None:
        """Refuse a database that is behind or beside the mark. Raises BehindError.

        `seen` is what `read` gave before the log was opened: another process may go on meanwhile.
        """
        if seen is None:
            return
        size, root = seen
        if log.size() < size:
            raise BehindError(f"the log has {log.size()} leaves, {size} were sealed: `eac recover`")
        if root_at(log, size) != root:
            raise BehindError(f"the log has another root at size {size}: `eac recover`")

    def _write(self, *, is_forced: bool = False) -> None:
        if self._latest is None:
            return
        seen = None if is_forced else self.read()
        if seen is not None and seen[0] > self._latest.size:
            return
        content = {"size": self._latest.size, "root": self._latest.root.hex()}
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        beside.write_bytes(orjson.dumps(content) + b"\n")
        beside.replace(self._path)
        self._written_at = monotonic()


def root_at(log: Log, size: int) -> str:
    """Return the hex root of the log at an earlier size."""
    return Frontier(size, read_edge(size, log.node)).root().hex()
