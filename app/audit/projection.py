"""The projection that a replay gives, kept row by row, to be compared with a database's tables."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Any, Protocol

from app.audit.findings import Report
from app.ledger.blocks import Block, Head
from app.ledger.leaves import HeaderLeaf, OperationLeaf, header_hash
from app.ledger.tiles import TILE_WIDTH, tiles
from app.registry.ranges import Bundle
from app.registry.state import Entity, Rows

FINDINGS_PER_TABLE = 20

EntryRow = tuple[int, int, str | None, str | None, str | None]
"""Index, height, and the operation's id, type and `by`; a header has none of these."""


class Tables(Protocol):
    """The database's own rows, as values: where an audit reads a projection from."""

    def kinds(self) -> Iterable[type[Any]]:
        """Return the kinds of value that have tables."""

    def entities(self, kind: type[Any]) -> Iterable[Any]:
        """Yield every row of a kind as its value; a row that is no such value as None."""

    def bundles(self) -> Iterable[tuple[Bundle, int | None]]:
        """Yield every bundle, open or closed, with the height at which it was closed."""

    def head_row(self) -> Head | None:
        """Return the row that says where the log ends."""

    def entry_rows(self) -> Iterable[EntryRow]:
        """Yield what stands beside every leaf, in order."""

    def party_rows(self) -> Iterable[tuple[str, int]]:
        """Yield every organisation with the index of each leaf that concerns it, in order."""

    def block_rows(self) -> Iterable[Block]:
        """Yield every block's row, in order."""

    def tile_rows(self) -> Iterable[tuple[int, int]]:
        """Yield level and number of every stored tile."""


class LogRows:
    """What the log's own rows must say beside the leaves: who, what, and in which block."""

    def __init__(self) -> None:
        """Begin empty."""
        self._entries: list[EntryRow] = []
        self._blocks: list[Block] = []
        self._parties: dict[str, array[int]] = {}

    def concern(self, parties: Sequence[str], index: int) -> None:
        """Take in whom an operation concerns; its leaf stands at an index."""
        for organisation in parties:
            self._parties.setdefault(organisation, array("q")).append(index)

    def take(
        self, entries: Sequence[tuple[int, OperationLeaf]], header: HeaderLeaf, data: bytes
    ) -> None:
        """Take in a block."""
        for index, leaf in entries:
            named = leaf.operation
            self._entries.append(
                (index, header.height, named.get("id"), named.get("type"), named.get("by"))
            )
        self._entries.append((header.index, header.height, None, None, None))
        self._blocks.append(
            Block(
                header.height,
                header.first,
                header.count,
                header.time_ms,
                header.leader,
                header_hash(data),
                "",
            )
        )

    def compare(self, tables: Tables, head: Head, report: Report) -> None:
        """Report each row that is altered, missing or too many."""
        full = (tile for tile in tiles(head.size) if tile.width == TILE_WIDTH)
        stored = sorted((tile.level, tile.number) for tile in full)
        blocks = (replace(block, checkpoint="") for block in tables.block_rows())
        for name, expected, found in (
            ("head", [head], [tables.head_row()]),
            ("leaf", self._entries, tables.entry_rows()),
            ("block", self._blocks, blocks),
            ("tile", stored, sorted(tables.tile_rows())),
        ):
            _report(name, _differences(expected, found), report)
        _report("party", self._party_differences(tables.party_rows()), report)

    def _party_differences(self, found: Iterable[tuple[str, int]]) -> Iterator[str]:
        """Yield the rows that stand on one side only, one organisation after another."""
        missing = dict(self._parties)
        for organisation, rows in groupby(found, key=itemgetter(0)):
            indexes = [index for _, index in rows]
            expected = missing.pop(organisation, array("q")).tolist()
            if indexes != expected:
                for index in sorted({*indexes} ^ {*expected}, key=str):
                    fault = "is missing" if index in expected else "is not what the log gives"
                    yield f"row {organisation} of leaf {index} {fault}"
        for organisation, kept in missing.items():
            yield from (f"row {organisation} of leaf {index} is missing" for index in kept)


def _differences(expected: Iterable[Any], found: Iterable[Any]) -> Iterator[str]:
    for number, (one, other) in enumerate(zip_longest(expected, found)):
        if one != other:
            yield f"row {number}: {other} is not what the log gives"


class Projection:
    """Rows that the log gives."""

    def __init__(self) -> None:
        """Begin empty."""
        self._entities: dict[type[Any], dict[Any, Entity]] = {}
        self._bundles: dict[tuple[str, int, int], tuple[Bundle, int | None]] = {}

    def take(self, rows: Rows, height: int) -> None:
        """Take in what a block changed."""
        for entity in rows.puts:
            self._entities.setdefault(type(entity), {})[entity.key] = entity
        for bundle in rows.closed:
            self._bundles[_key(bundle)] = (bundle, height)
        for bundle in rows.opened:
            self._bundles[_key(bundle)] = (bundle, None)

    def compare(self, tables: Tables, report: Report) -> None:
        """Report each row that is altered, missing or too many."""
        for kind in tables.kinds():
            expected = dict(self._entities.get(kind, {}))
            differences: list[str] = []
            for entity in tables.entities(kind):
                key = None if entity is None else entity.key
                if expected.pop(key, None) != entity or entity is None:
                    differences.append(f"row {key} is not what the log gives")
            differences += [f"row {key} is missing" for key in expected]
            _report(kind.__name__.lower(), differences, report)
        self._compare_bundles(tables, report)

    def _compare_bundles(self, tables: Tables, report: Report) -> None:
        expected = dict(self._bundles)
        differences = []
        for found in tables.bundles():
            if expected.pop(_key(found[0]), None) != found:
                bundle = found[0]
                differences.append(
                    f"row {bundle.issuance}:{bundle.first}-{bundle.last} is not what the log gives"
                )
        differences += [f"row {key} is missing" for key in expected]
        _report("bundle", differences, report)


def _key(bundle: Bundle) -> tuple[str, int, int]:
    return bundle.issuance, bundle.first, bundle.from_height


def _report(table: str, differences: Iterable[str], report: Report) -> None:
    count = 0
    for count, detail in enumerate(differences, 1):
        if count <= FINDINGS_PER_TABLE:
            report.add("table-differs", f"table {table}", detail)
    if count > FINDINGS_PER_TABLE:
        more = count - FINDINGS_PER_TABLE
        report.add("table-differs", f"table {table}", f"and {more} rows more")
