"""Read our map from each renewable series to the register rows it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.demo.bundle import BundleError, Table, read_table
from app.demo.register import RegisterKey, RegisterRow
from app.layouts.trading_periods import SeriesKey

_KEY = ("POC_Code", "Nwk_Code", "Gen_Code", "Fuel_Code")


@dataclass(frozen=True, slots=True)
class MapEntry:
    """What a series is called, the rows it stands for, and why where that took a judgement."""

    name: str
    rows: tuple[RegisterRow, ...]
    note: str


def read_map(*, register: Mapping[RegisterKey, RegisterRow]) -> dict[SeriesKey, MapEntry]:
    """Return the bundled map's entries, by series."""
    return resolve_map(table=read_table(name="fleet_map.csv"), register=register)


def resolve_map(
    *, table: Table, register: Mapping[RegisterKey, RegisterRow]
) -> dict[SeriesKey, MapEntry]:
    """Return the entries of a map. Raises BundleError.

    Refused are: a series twice, a row that is not in force, a row taken twice, and rows of
    different operators under one series.
    """
    free = dict(register)
    entries: dict[SeriesKey, MapEntry] = {}
    for cells in table:
        series = tuple(cells[column] for column in _KEY)
        if series in entries:
            raise BundleError(f"the map has {series} twice")
        rows = _take_rows(cells, free)
        if len({row.operator_code for row in rows}) > 1:
            raise BundleError(f"{series} has several operators")
        entries[series] = MapEntry(cells["name"], rows, cells["note"])
    return entries


def _take_rows(
    cells: Mapping[str, str], free: dict[RegisterKey, RegisterRow]
) -> tuple[RegisterRow, ...]:
    rows: list[RegisterRow] = []
    for text in filter(None, cells["register_rows"].split(";")):
        key = _read_key(text, cells["POC_Code"])
        if key not in free:
            raise BundleError(f"{key} is not in force or is taken twice")
        rows.append(free.pop(key))
    return tuple(rows)


def _read_key(text: str, own_point: str) -> RegisterKey:
    """Return the key of `PlantName|UnitCode` or `PlantName|UnitCode@point`."""
    plant, _, unit = text.partition("|")
    unit, _, point = unit.partition("@")
    return plant, unit, point or own_point
