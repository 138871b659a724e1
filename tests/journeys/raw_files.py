"""What the bundled files add up to, with nothing but csv and Decimal: none of our code."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).parents[2] / "app/demo/data"
FOSSIL = {"Coal", "Diesel", "Gas"}
HOUSE_LOAD = {
    "BEN2202",
    "HRP2201",
    "KOE1101",
    "LTN2201",
    "MAN2201",
    "TWC2201",
    "WDV1101",
    "WVY1101",
    "WWD1102",
    "WWD1103",
}
"""Points at which a station itself draws from the grid."""

Series = tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """The demo's totals."""

    devices: int
    refused_series: int
    readings: int
    energy_wh: int
    certificates_issued: int
    certificates_retired: int
    carried_wh: int


def expected() -> Expected:
    """Compute the totals from the files as they were published."""
    energy_kwh: dict[Series, Decimal] = defaultdict(Decimal)
    readings: dict[Series, int] = defaultdict(int)
    names = ("POC_Code", "Nwk_Code", "Gen_Code", "Fuel_Code")
    for series, values in _rows("production_A.csv", names):
        energy_kwh[series] += sum(values)
        readings[series] += len(values)
    devices = {series: energy for series, energy in energy_kwh.items() if series[3] not in FOSSIL}
    whole = {series: energy // 1000 for series, energy in devices.items()}
    drawn_kwh: dict[Series, Decimal] = defaultdict(Decimal)
    for pair, values in _rows("consumption.csv", ("POC", "Nwk_Code")):
        drawn_kwh[pair] += sum(values)
    return Expected(
        devices=len(devices),
        refused_series=len(energy_kwh) - len(devices),
        readings=sum(readings[series] for series in devices),
        energy_wh=_wh(sum(devices.values(), Decimal(0))),
        certificates_issued=int(sum(whole.values())),
        certificates_retired=int(
            sum(drawn // 1000 for pair, drawn in drawn_kwh.items() if pair[0] not in HOUSE_LOAD)
        ),
        carried_wh=_wh(
            sum((devices[series] - whole[series] * 1000 for series in devices), Decimal(0))
        ),
    )


def _rows(name: str, labels: tuple[str, ...]) -> list[tuple[Series, list[Decimal]]]:
    """Return each row's series and its half-hours in kWh; a blank is no reading."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [
            (
                tuple(row[label] for label in labels),
                [
                    Decimal(row[f"TP{period}"])
                    for period in range(1, 51)
                    if row[f"TP{period}"] != ""
                ],
            )
            for row in csv.DictReader(file)
        ]


def _wh(kwh: Decimal) -> int:
    assert kwh * 1000 == int(kwh * 1000)
    return int(kwh * 1000)
