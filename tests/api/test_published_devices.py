"""Published devices: rows as registers publish them are taken or refused by name, each of them."""

from collections import Counter
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


def registering(party: Party, items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Register all in one request; return what came of each, and its id."""
    answered = party.made("/operations", items)["outcomes"]
    assert len(answered) == len(items)
    return [(reason(outcome), outcome["id"]) for outcome in answered]


def reason(outcome: dict[str, Any]) -> str:
    """Return "taken", or the code and the pointer by which something was refused."""
    if outcome["status"] == 201:
        return "taken"
    problem = outcome["problem"]
    pointers = [error["pointer"] for error in problem.get("errors", ())]
    return " ".join((problem["type"].removeprefix("/problems/"), *pointers))


AS_THEY_STAND: dict[str, dict[str, int]] = {
    "devices.csv": {
        "invalid-coordinates /latitude": 1,
        "invalid-device-data /capacity_w": 2,
        "invalid-device-data /storage_wh": 1,
        "invalid-quantity /capacity_w": 4,
        "invalid-timestamp /commissioned_on": 5,
        "missing-field /capacity_w": 9,
        "missing-field /commissioned_on": 13,
        "source-not-eligible /energy_source": 1,
        "taken": 7,
    },
    "devices_eu_eic.csv": {
        "invalid-device-data /capacity_w": 3,
        "invalid-device-data /storage_wh": 3,
        "missing-field /commissioned_on": 30,
        "missing-field /energy_source": 2,
        "taken": 8,
    },
}
WITH_A_FIRST_DAY: dict[str, dict[str, int]] = {
    "devices.csv": {
        "invalid-coordinates /latitude": 2,
        "invalid-device-data /capacity_w": 2,
        "invalid-device-data /storage_wh": 1,
        "invalid-quantity /capacity_w": 4,
        "invalid-timestamp /commissioned_on": 5,
        "missing-field /capacity_w": 9,
        "source-not-eligible /energy_source": 1,
        "taken": 19,
    },
    "devices_eu_eic.csv": {
        "invalid-device-data /capacity_w": 3,
        "invalid-device-data /storage_wh": 6,
        "missing-field /energy_source": 2,
        "source-not-eligible /energy_source": 3,
        "taken": 32,
    },
}
APPROVED: dict[str, dict[str, int]] = {
    "devices.csv": {
        "separation-of-duties": 3,
        "taken": 16,
    },
    "devices_eu_eic.csv": {
        "near-duplicate /reviewed": 4,
        "separation-of-duties": 15,
        "taken": 13,
    },
}
"""Units of one plant stand in one place; from 100 MW on somebody else verifies first."""


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"])


@pytest.fixture
def party(doors: Doors, body: Party) -> Party:
    """A generator."""
    return joined(doors.client, body, "generator")


@pytest.mark.parametrize("name", AS_THEY_STAND)
def test_each_row_is_taken_or_refused_by_name(party: Party, name: str) -> None:
    asked = [body_of(row, 700_000 + at) for at, row in enumerate(rows(name))]

    found = registering(party, asked)

    assert Counter(why for why, _ in found) == AS_THEY_STAND[name]
    listed = party.shown("/devices?limit=200")["devices"]
    assert {row["id"] for row in listed} == {id_ for why, id_ in found if why == "taken"}


@pytest.mark.parametrize("name", WITH_A_FIRST_DAY)
def test_a_row_whose_first_day_the_registrant_knows_is_taken_or_refused_for_the_rest(
    party: Party, body: Party, name: str
) -> None:
    known = {"commissioned_on": "1999-12-31"}
    asked = [{**known, **body_of(row, 700_000 + at)} for at, row in enumerate(rows(name))]
    found = registering(party, asked)
    taken = [id_ for why, id_ in found if why == "taken"]

    decided = registering(
        body, [{"type": "device.approve", "device": id_, **approval()} for id_ in taken]
    )

    assert Counter(why for why, _ in found) == WITH_A_FIRST_DAY[name]
    assert Counter(why for why, _ in decided) == APPROVED[name]
    states = Counter(row["state"] for row in party.shown("/devices?limit=200")["devices"])
    assert states["approved"] == APPROVED[name]["taken"]
    assert states.total() == len(taken)
