"""Read the fleet register: the plants and units in force throughout the bundled month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from app.demo.bundle import (
    LAST_DAY,
    MONTH_END_AT,
    MONTH_START_AT,
    BundleError,
    Table,
    read_table,
)

RegisterKey = tuple[str, str, str]
"""Plant, unit and connection point."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND_MS = 1000
_W_PER_MW = 1_000_000


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A unit of a plant at a connection point.

    `commissioned_on` is an ISO date; the register knows the year and writes 1 January for it.
    """

    plant: str
    unit: str
    point: str
    fuel: str
    operator_code: str
    operator_name: str
    commissioned_on: str | None
    capacity_w: int


def read_register() -> dict[RegisterKey, RegisterRow]:
    """Return the bundled register's rows in force all month."""
    return rows_in_force(table=read_table(name="devices_nz_fleet.csv"))


def rows_in_force(*, table: Table) -> dict[RegisterKey, RegisterRow]:
    """Return the rows in force all month, not decommissioned by its end. Raises BundleError."""
    rows: dict[RegisterKey, RegisterRow] = {}
    for cells in table:
        if not _is_in_force(cells):
            continue
        row = _read_row(cells)
        key = (row.plant, row.unit, row.point)
        if key in rows:
            raise BundleError(f"two rows in force are {key}")
        rows[key] = row
    return rows


def _is_in_force(cells: Mapping[str, str]) -> bool:
    decommissioned_on = _read_date(cells["DateDecommissioned"])
    if decommissioned_on is not None and decommissioned_on <= LAST_DAY:
        return False
    starts_at = _instant_ms(cells["EffectiveStartDate"])
    ends_at = _instant_ms(cells["EffectiveEndDate"]) + _LAST_SECOND_MS
    return starts_at <= MONTH_START_AT and ends_at >= MONTH_END_AT


def _read_row(cells: Mapping[str, str]) -> RegisterRow:
    commissioned_on = _read_date(cells["DateCommissioned"])
    return RegisterRow(
        plant=cells["PlantName"],
        unit=cells["UnitCode"],
        point=cells["PointOfConnectionCode"],
        fuel=cells["FuelDescription"],
        operator_code=cells["PlantOperatorCode"],
        operator_name=cells["PlantOperatorDescription"],
        commissioned_on=None if commissioned_on is None else commissioned_on.isoformat(),
        capacity_w=_read_capacity_w(cells["NameplateMegawatts"]),
    )


def _read_capacity_w(megawatts: str) -> int:
    watts = Decimal(megawatts) * _W_PER_MW
    if watts != int(watts):
        raise BundleError(f"{megawatts} MW is no whole number of watts")
    return int(watts)


def _read_date(text: str) -> date | None:
    """Return the date of `31/12/2004`, or None for a blank."""
    if not text:
        return None
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def _instant_ms(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)
