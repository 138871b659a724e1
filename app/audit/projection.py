"""The projection that a replay gives, kept row by row, to be compared with a database's tables."""

from collections.abc import Iterable
from typing import Any, Protocol

from app.audit.findings import Report
from app.registry.ranges import Bundle
from app.registry.state import Entity, Rows

FINDINGS_PER_TABLE = 20


class Tables(Protocol):
    """The database's own rows, as values: where an audit reads a projection from."""

    def kinds(self) -> Iterable[type[Any]]:
        """Return the kinds of value that have tables."""

    def entities(self, kind: type[Any]) -> Iterable[Any]:
        """Yield every row of a kind as its value; a row that is no such value as None."""

    def bundles(self) -> Iterable[tuple[Bundle, int | None]]:
        """Yield every bundle, open or closed, with the height at which it was closed."""


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


def _report(table: str, differences: list[str], report: Report) -> None:
    for detail in differences[:FINDINGS_PER_TABLE]:
        report.add("table-differs", f"table {table}", detail)
    if len(differences) > FINDINGS_PER_TABLE:
        more = len(differences) - FINDINGS_PER_TABLE
        report.add("table-differs", f"table {table}", f"and {more} rows more")
