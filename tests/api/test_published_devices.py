"""Published devices: rows as registers publish them are taken or refused by name, each of them."""

from collections import Counter
from collections.abc import Iterator
from csv import DictReader
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from tests.api.doors import Doors
from tests.api.parties import Party, approval, joined
from tests.scenario import DOMAIN, gsrn

DATA = Path(__file__).parent / "data"
Row = dict[str, str]
Codes = tuple[str, str] | None

GPPD_CODES: dict[str, Codes] = {
    "Biomass": ("F01010000", "T050000"),
    "Geothermal": ("F01040200", "T050000"),
    "Hydro": ("F01050200", "T030000"),
    "Solar": ("F01040100", "T010000"),
    "Storage": ("F00000000", "T070000"),
    "Waste": ("F02010400", "T050000"),
    "Wind": ("F01050100", "T020000"),
}
JRC_CODES: dict[str, Codes] = {
    "Biomass": ("F01010000", "T050000"),
    "Fossil Gas": ("F02030100", "T050000"),
    "Hydro Pumped Storage": ("F01050200", "T030400"),
    "Hydro Run-of-river and poundage": ("F01050200", "T030100"),
    "Hydro Water Reservoir": ("F01050200", "T030200"),
    "Other": None,
    "Solar": ("F01040100", "T010000"),
    "Waste": ("F02010400", "T050000"),
    "Wind Offshore": ("F01050100", "T020000"),
    "Wind Onshore": ("F01050100", "T020000"),
}
STORES = {"Storage", "Hydro Pumped Storage"}


def rows(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(DictReader(lines))


def watts(megawatts: str) -> object:
    """Return whole W; what is not whole is handed on as it stands, for the door to refuse."""
    try:
        exact = Decimal(megawatts) * 1_000_000
    except InvalidOperation:
        return None
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def first_day(year: str) -> str | None:
    """Return the first day of a year; what is no year is handed on as it stands."""
    text = year.removesuffix(".0")
    return f"{text}-01-01" if text.isdigit() else text or None


def body_of(row: Row, number: int) -> dict[str, Any]:
    """Return what a registrant would send of a row; what the row does not say is left out."""
    if "gppd_idnr" in row:
        kind, codes, name = row["primary_fuel"], GPPD_CODES, row["name"]
        said = (row["capacity_mw"], row["commissioning_year"], row["latitude"], row["longitude"])
    else:
        kind, codes, name = row["type_g"], JRC_CODES, row["name_g"]
        said = (row["capacity_g"], row["year_commissioned"], row["lat"], row["lon"])
    capacity, year, latitude, longitude = said
    source, technology = codes[kind] or (None, None)
    found = {
        "type": "device.register",
        "domain": DOMAIN.code,
        "gsrn": gsrn(number),
        "kind": "storage" if kind in STORES else "production",
        "name": name,
        "energy_source": source,
        "technology": technology,
        "capacity_w": watts(capacity),
        "commissioned_on": first_day(year),
        "latitude": latitude or None,
        "longitude": longitude or None,
    }
    return {member: value for member, value in found.items() if value is not None}


def outcomes(party: Party, name: str) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Register every row of a file in one request; yield each with what came of it."""
    read = rows(name)
    asked = [body_of(row, 700_000 + at) for at, row in enumerate(read)]
    answered = party.made("/operations", asked)["outcomes"]
    yield from zip(read, answered, strict=True)


def reason(outcome: dict[str, Any]) -> str:
    """Return "taken", or the code and the pointer by which a row was refused."""
    if outcome["status"] == 201:
        return "taken"
    problem = outcome["problem"]
    (error,) = problem["errors"]
    return f"{problem['type'].removeprefix('/problems/')} {error['pointer']}"


TALLIES = {
    "devices.csv": {},
    "devices_eu_eic.csv": {},
}


@pytest.fixture
def party(doors: Doors) -> Party:
    """A generator whose readings a measurement body reports."""
    body = Party(doors.client, doors.keys["issuing_body"])
    return joined(doors.client, body, "generator")


@pytest.mark.parametrize("name", TALLIES)
def test_each_row_is_taken_or_refused_by_name(party: Party, name: str) -> None:
    found = list(outcomes(party, name))

    tally = Counter(reason(outcome) for _, outcome in found)

    assert tally == TALLIES[name]
    taken = [outcome for _, outcome in found if outcome["status"] == 201]
    assert sum(tally.values()) == len(rows(name))
    listed = party.shown("/devices?limit=200")["devices"]
    assert {row["id"] for row in listed} == {outcome["id"] for outcome in taken}
