"""The bundled files: where they come from and which month they hold."""

from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files

import pytest

from app.demo.bundle import (
    MONTH_END_AT,
    MONTH_START_AT,
    BundleError,
    check_in_month,
    days_of,
)
from app.layouts.shipped import shipped

DATA = files("app.demo") / "data"
COPIES = {
    "consumption.csv",
    "devices_nz_fleet.csv",
    "poc_nsp_table.csv",
    "production_A.csv",
}


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def test_the_copies_have_the_digests_that_the_attribution_names() -> None:
    text = (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")

    pairs = [line.split() for line in text.splitlines() if line.startswith("    ")]
    named = {name: digest for digest, name in pairs}

    assert named == {name: sha256((DATA / name).read_bytes()).hexdigest() for name in COPIES}


def test_the_attribution_names_the_provider_the_licence_and_every_data_file() -> None:
    text = (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")
    tables = {item.name for item in DATA.iterdir() if item.name.endswith(".csv")}

    assert "provided by the Electricity Authority (New Zealand)" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    assert tables == COPIES | {"fleet_map.csv"}
    assert all(f"`{name}`" in text for name in tables)


def test_the_month_starts_in_summer_time_and_ends_in_standard_time() -> None:
    assert utc_ms("2024-04-01T00:00:00+13:00") == MONTH_START_AT
    assert utc_ms("2024-05-01T00:00:00+12:00") == MONTH_END_AT


@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2024, 5, 1)])
def test_a_day_outside_the_month_is_our_mistake(day: date) -> None:
    check_in_month(day=date(2024, 4, 1))
    check_in_month(day=date(2024, 4, 30))

    with pytest.raises(BundleError, match=day.isoformat()):
        check_in_month(day=day)


@pytest.mark.parametrize("cell", ["-1", "0.0001", "x"])
def test_a_bundled_file_with_anything_but_missing_readings_is_our_mistake(cell: str) -> None:
    layout = shipped(name="nz-generation-wide")
    header = (DATA / "production_A.csv").read_text(encoding="utf-8").splitlines()[0]
    labels = "ARA,ARA2201,MRPL,aratiatia,Hydro,Hydro,2024-04-02"
    blank = f"{header}\n{labels},7{',' * 49}\n".encode()
    wrong = f"{header}\n{labels},7,{cell}{',' * 48}\n".encode()

    (day,) = days_of(data=blank, layout=layout)

    assert day.energy_wh == 7000
    with pytest.raises(BundleError, match="nz-generation-wide finds"):
        days_of(data=wrong, layout=layout)
