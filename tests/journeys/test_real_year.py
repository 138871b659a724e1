"""A real year: 677,752 half-hours of 43 units are imported and issued in one go."""

from pathlib import Path

from app.application import create_app
from app.factory import establish, first_keys
from app.settings import Settings
from tests.api.parties import Party
from tests.journeys.real_year import (
    FOUNDING,
    LAYOUT,
    PERIOD,
    READINGS,
    YEAR,
    command,
    energies,
    fleet,
    measured,
)
from tests.scenario import MWH

MEMORY_KB_MOST = 400_000
"""The file is 25 MB of text; what is kept of it at once is some days of one unit."""


def test_a_year_of_real_readings_is_imported_and_issued_to_the_watt_hour(tmp_path: Path) -> None:
    kwh, largest_kwh = energies()
    settings = Settings.of(home=tmp_path / "home")
    establish(settings, FOUNDING)
    checked = command(settings, "measurements", "check", str(YEAR), "--layout", LAYOUT)
    app = create_app(settings=settings)
    client = app.test_client()
    issuing_body = Party(client, first_keys(settings)["issuing body"])
    generator, metering = fleet(client, issuing_body, checked, largest_kwh, tmp_path / "map.csv")

    imported, memory_kb = measured(
        settings,
        "measurements",
        "import",
        str(YEAR),
        *("--layout", LAYOUT, "--by", metering.id, "--devices", str(tmp_path / "map.csv")),
    )
    issued = generator.made(
        "/issuances/month",
        {"account": generator.account, **PERIOD},
    )
    app.extensions["eac-context"].close()

    total_wh = 1000 * sum(kwh.values())
    assert checked["file"]["readings"] == READINGS
    assert sum(item["readings"] for item in imported["devices"].values()) == READINGS
    assert sum(item["energy_wh"] for item in imported["devices"].values()) == total_wh
    assert not any(item["refused"] or item["left_out"] for item in imported["devices"].values())
    assert issued["totals"]["requests"] == len(kwh)
    assert issued["totals"]["quantity"] == sum(1000 * value // MWH for value in kwh.values())
    assert issued["totals"]["below_face_value"] == sum(value < 1000 for value in kwh.values())
    assert issued["totals"]["refused"] == issued["totals"]["submitted"] == 0
    assert memory_kb < MEMORY_KB_MOST
