"""Exporting: the log, its seals and what belongs beside it as static files that outlive us."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from app.audit.files import policy_text
from app.audit.identity import LogIdentity
from app.audit.sources import seal_line
from app.ledger.tiles import bundles, join_entries, numbered, tile_bytes, tiles
from app.registry.devices import Device, Registration
from app.registry.operations import schema_files
from app.services.ports import Log

Progress = Callable[[int, int], None]
MARK = "checkpoint"
PARTS = {MARK, "tile", "seals", "schema", "policy", "attributes", "readings"}


class ExportError(Exception):
    """A folder that cannot take an export."""


def export(
    log: Log,
    folder: Path,
    *,
    progress: Progress = lambda done, of: None,  # noqa: ARG005 - silent by default
) -> int:
    """Write an export into a folder; return the log's size.

    The folder is new, empty, or an earlier export, which is replaced as a whole once the new one
    is complete. Raises ExportError where it holds anything else.
    """
    if folder.exists() and not _may_be_replaced(folder):
        raise ExportError(f"{folder} holds something that is no export")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        size = _write(log, beside, progress)
        beside.chmod(0o755)
        _swap(beside, folder)
    except BaseException:
        rmtree(beside, ignore_errors=True)
        raise
    return size


def _may_be_replaced(folder: Path) -> bool:
    """Say whether a folder is empty or holds an earlier export and nothing else."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    return not names or {MARK, "tile"} <= names <= PARTS


def _swap(beside: Path, folder: Path) -> None:
    if folder.exists():
        old = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        folder.replace(old)
        beside.replace(folder)
        rmtree(old)
    else:
        beside.replace(folder)


def _write(log: Log, folder: Path, progress: Progress) -> int:
    size = log.size()
    _write_entries(log, folder, size, progress)
    for tile in tiles(size):
        _put(folder, tile.path, tile_bytes(tile, log.node))
    _write_seals(log, folder)
    for name, content in schema_files().items():
        _put(folder, f"schema/{name}", content)
    identity = LogIdentity.read(next(iter(log.range(0, 1))))
    policy = policy_text(log_key=identity.log_key, authority_set=identity.authority_set)
    _put(folder, f"policy/{identity.authority_set.from_height}", policy.encode())
    _write_beside(log, folder)
    _put(folder, MARK, log.checkpoint().encode())
    return size


def _write_entries(log: Log, folder: Path, size: int, progress: Progress) -> None:
    leaves = iter(log.leaves())
    done = 0
    for number, width in bundles(size):
        _put(folder, f"tile/entries/{numbered(number, width)}", join_entries(islice(leaves, width)))
        done += width
        progress(done, size)


def _write_seals(log: Log, folder: Path) -> None:
    for number, width in bundles(log.head.height + 1):
        first = number * 256
        lines = (
            seal_line(block.height, block.checkpoint)
            for block in log.blocks(after=first - 1, limit=width)
        )
        _put(folder, f"seals/{numbered(number, width)}", b"".join(lines))


def _write_beside(log: Log, folder: Path) -> None:
    """Write the attribute documents and readings of every device."""
    for digest in sorted({item.attributes for item in log.entities(Registration)}):
        document = log.document(digest)
        if document is not None:
            _put(folder, f"attributes/{digest}.json", document)
    for device in sorted(item.id for item in log.entities(Device)):
        lines = b"".join(line + b"\n" for line in log.readings(device))
        if lines:
            _put(folder, f"readings/{device}.jsonl", lines)


def _put(folder: Path, path: str, content: bytes) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
