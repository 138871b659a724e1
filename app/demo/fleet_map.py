"""Read our map from each renewable series to the register rows it stands for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.demo.bundle import BundleError, Table, read_table
from app.demo.register import RegisterKey, RegisterRow
from app.layouts.findings import SeriesKey

_KEY = ("POC_Code", "Nwk_Code", "Gen_Code", "Fuel_Code")


@dataclass(frozen=True, slots=True)
class MapEntry:
    """What a series is called, the rows it stands for, and why where that took a judgement."""

    name: str
    rows: tuple[RegisterRow, ...]
    note: str


def read_map(
    *, register: Mapping[RegisterKey, RegisterRow], series: Collection[SeriesKey]
) -> dict[SeriesKey, MapEntry]:
    """Return the bundled map's entries, by series."""
    return resolve_map(table=read_table(name="fleet_map.csv"), register=register, series=series)


def resolve_map(
    *,
    table: Table,
    register: Mapping[RegisterKey, RegisterRow],
    series: Collection[SeriesKey],
) -> dict[SeriesKey, MapEntry]:
    """Return the entries of a map, one for each of `series`. Raises BundleError.

    Refused are: a series twice, not asked for or left out; a row not in force or taken twice; rows
    of different operators under one series.
    """
    free = dict(register)
    entries: dict[SeriesKey, MapEntry] = {}
    for cells in table:
        key = tuple(cells[column] for column in _KEY)
        if key in entries:
            raise BundleError(f"the map has {key} twice")
        rows = _take_rows(cells, free)
        if len({row.operator_code for row in rows}) > 1:
            raise BundleError(f"{key} has several operators")
        entries[key] = MapEntry(cells["name"], rows, cells["note"])
    if entries.keys() != set(series):
        raise BundleError(f"without its counterpart: {sorted(entries.keys() ^ set(series))}")
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
