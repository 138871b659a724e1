"""A real year of metered generation: its file, the fleet behind it, and plain sums of it."""

import csv
import gzip
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from subprocess import run
from typing import Any

from flask.testing import FlaskClient

from app.registry.presets import domain_of
from app.services.founding import Founding
from app.settings import Settings
from tests.api.parties import Party, joined, new_device
from tests.house.sources import ROOT
from tests.scenario import AUTHORITIES, ORIGIN

YEAR = Path(__file__).parent / "data" / "production_year.csv.gz"
LAYOUT = "nz-generation-long"
READINGS = 677_752

Key = tuple[str, ...]
SOURCES = {
    "ELE": ("F01050100", "T020000"),
    "Geo": ("F01040200", "T050000"),
    "GEO": ("F01040200", "T050000"),
    "HYD": ("F01050200", "T030000"),
    "Hydro": ("F01050200", "T030000"),
    "SOL": ("F01040100", "T010000"),
    "Solar": ("F01040100", "T010000"),
    "Wind": ("F01050100", "T020000"),
    "Wood": ("F01010300", "T050000"),
}

FOUNDING = Founding(
    origin=ORIGIN,
    engine="poa",
    authorities=AUTHORITIES,
    domains=(
        domain_of(
            {
                "scheme": "go",
                "code": "NZ",
                "country": "NZ",
                "timezone": "Pacific/Auckland",
                "issuer_prefix": "942900000",
                "transfer_months": 240,
                "retire_months": 246,
                "issue_windows": [{"days": 3660}],
                "second_person_w": 10**12,
                "second_person_wh": 10**15,
            }
        ),
    ),
)


WEIGHED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
"""Between two processes: what a process had before it became another one counts as its own."""

PERIOD = {
    "period_start": "2023-12-31T11:00:00.000Z",
    "period_end": "2024-12-31T11:00:00.000Z",
}


def energies() -> tuple[dict[Key, int], dict[Key, int]]:
    """Return the sum and the largest half-hour of each unit, in kWh, by counting alone."""
    total: dict[Key, int] = defaultdict(int)
    largest: dict[Key, int] = defaultdict(int)
    with gzip.open(YEAR, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        for *series, _, _, kwh in rows:
            total[tuple(series)] += int(kwh)
            largest[tuple(series)] = max(largest[tuple(series)], int(kwh))
    return total, largest


def fleet(
    client: FlaskClient,
    issuing_body: Party,
    checked: dict[str, Any],
    largest_kwh: dict[Key, int],
    table: Path,
) -> tuple[Party, Party]:
    """Register every unit for the time it has readings, and write which series it is."""
    generator = joined(client, issuing_body, "generator")
    metering = joined(client, issuing_body, "measurement_body")
    rows = []
    for item in checked["file"]["series"]:
        series = tuple(item["series"])
        source, technology = SOURCES[series[3]]
        described = new_device(
            energy_source=source,
            technology=technology,
            capacity_w=max(2000 * largest_kwh[series], 1),
            name=" ".join(series),
            measurement_body=metering.id,
        )
        device = generator.made("/devices", described)["id"]
        validity = {"valid_from": item["from"], "valid_until": item["until"]}
        issuing_body.made(f"/devices/{device}/approve", {**validity, "automatic_wh": 10**14})
        rows.append([*series, device])
    with table.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["POC_Code", "Nwk_Code", "Gen_Code", "Fuel_Code", "device"])
        writer.writerows(rows)
    return generator, metering


def command(settings: Settings, *words: str) -> dict[str, Any]:
    """Run `eac … --json`; return what it says."""
    return measured(settings, *words)[0]


def measured(settings: Settings, *words: str) -> tuple[dict[str, Any], int]:
    """Run `eac … --json`; return what it says, and how much memory it had at most, in kB."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("EAC_")}
    environment["EAC_HOME"] = str(settings.home)
    environment["EAC_DATABASE_URL"] = settings.database_url
    done = run(
        [sys.executable, "-c", WEIGHED, sys.executable, "-m", "app.cli", *words, "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), int(done.stderr.splitlines()[-1])
