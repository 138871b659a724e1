"""A peer's export of a month of hours becomes 77,375 certificates of 1 Wh, each of its hour."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.application import create_app
from app.ledger.times import format_time
from app.settings import Settings
from tests.api.parties import Party, joined, new_device
from tests.cli.commands import Ran, ran
from tests.scenario import DAY_MS, HOUR_MS

Eac = Callable[..., Ran]

ENERGY_WH, HOURS = 77_375, 744
DAYS_OF_MONTH = 31
DOMAIN = {
    "scheme": "granular",
    "code": "PEER",
    "country": "GB",
    "timezone": "Etc/UTC",
    "issuer_prefix": "506000001",
}
COLUMNS = (
    "device_id",
    "interval_start_datetime",
    "interval_end_datetime",
    "interval_usage",
    "gross_net_indicator",
)
LAYOUT = {
    "name": "peer-hours",
    "title": "Hours of devices in Wh, as a granular registry exports them",
    "form": "long",
    "sorted": True,
    "series": ["device_id"],
    "only": [{"column": "gross_net_indicator", "values": ["NET"]}],
    "time": {
        "zone": "UTC",
        "start": "interval_start_datetime",
        "end": "interval_end_datetime",
        "form": "iso",
    },
    "value": "interval_usage",
    "unit": "Wh",
    "direction": "production",
}


def last_long_month(today: date) -> date:
    """Return the first day of the newest month of 31 days that is over."""
    first = today.replace(day=1)
    while True:
        last = first - timedelta(days=1)
        first = last.replace(day=1)
        if last.day == DAYS_OF_MONTH:
            return first


MONTH = last_long_month(datetime.now(UTC).date())
START_MS = int(datetime(MONTH.year, MONTH.month, 1, tzinfo=UTC).timestamp()) * 1000


def energies() -> list[int]:
    """Return what each hour gave: uneven, more than nothing, and the month's sum in all."""
    weights = [1 + hour * 37 % 89 for hour in range(HOURS)]
    reached = accumulate(weights, initial=0)
    shares = (ENERGY_WH * weight // sum(weights) for weight in reached)
    return [after - before for before, after in pairwise(shares)]


def export(device: str) -> str:
    """Return the file as the peer gives it."""
    rows = (
        f"{device},{stamp(hour)},{stamp(hour + 1)},{energy_wh},NET"
        for hour, energy_wh in enumerate(energies())
    )
    return "\n".join([",".join(COLUMNS), *rows]) + "\n"


def stamp(hour: int) -> str:
    return format_time(START_MS + hour * HOUR_MS).replace(".000Z", "+00:00")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def eac(tmp_path: Path, home: Path) -> Eac:
    """Run a command on this registry, which must succeed."""

    def run(*arguments: str) -> Ran:
        done = ran(*arguments, folder=tmp_path, EAC_HOME=str(home))
        assert done.status == 0, done.err
        return done

    return run


@pytest.fixture
def founded(eac: Eac, tmp_path: Path) -> dict[str, Any]:
    """Found a registry with one granular domain."""
    (tmp_path / "domain.json").write_text(json.dumps(DOMAIN))
    found: dict[str, Any] = eac("init", "--domain", "domain.json", "--json").json
    return found


@pytest.fixture
def client(founded: dict[str, Any], home: Path) -> Iterator[FlaskClient]:
    assert founded["new"]
    settings = replace(Settings.of(home=home), public_rate_per_minute=0)
    app = create_app(settings=settings, start_replay=lambda _: None)
    yield app.test_client()
    app.extensions["eac-context"].close()


def equipped(client: FlaskClient, founded: dict[str, Any]) -> Party:
    """Return a generator with an approved device, on which another reports."""
    issuing_body = Party(client, founded["api_keys"]["issuing body"])
    generator = joined(client, issuing_body, "generator")
    generator.metering = joined(client, issuing_body, "measurement_body")
    described = new_device(domain="PEER", measurement_body=generator.metering.id)
    generator.device = generator.made("/devices", described)["id"]
    approval = {
        "valid_from": format_time(START_MS - DAY_MS),
        "valid_until": format_time(START_MS + 365 * DAY_MS),
        "automatic_wh": ENERGY_WH,
    }
    issuing_body.made(f"/devices/{generator.device}/approve", approval)
    return generator


def bundles(party: Party) -> list[dict[str, Any]]:
    """Return all that a party holds, page by page."""
    shown = party.shown("/bundles?limit=100")
    found: list[dict[str, Any]] = shown["bundles"]
    while shown["next"]:
        shown = party.shown(f"/bundles?limit=100&cursor={shown['next']}")
        found += shown["bundles"]
    return found


def test_the_months_hours_become_certificates_of_a_watt_hour_each_of_one_hour(
    eac: Eac, founded: dict[str, Any], client: FlaskClient, tmp_path: Path
) -> None:
    generator = equipped(client, founded)
    body = generator.reporter.id
    (tmp_path / "peer.csv").write_text(export("unit-7"))
    (tmp_path / "peer.json").write_text(json.dumps(LAYOUT))
    (tmp_path / "devices.csv").write_text(f"device_id,device\nunit-7,{generator.device}\n")

    read = eac(
        *("measurements", "import", "peer.csv", "--layout", "peer.json", "--by", body),
        *("--devices", "devices.csv", "--json"),
    ).json
    month = {"account": generator.account, "month": f"{MONTH:%Y-%m}"}
    issued = generator.made("/issuances/month", month)

    (told,) = read["devices"].values()
    assert (told["spans"], told["energy_wh"], told["refused"]) == (HOURS, ENERGY_WH, [])
    assert issued["totals"] == {
        "requests": HOURS,
        "issued": HOURS,
        "submitted": 0,
        "below_face_value": 0,
        "refused": 0,
        "quantity": ENERGY_WH,
    }
    assert [outcome["quantity"] for outcome in issued["outcomes"]] == energies()
    starts = [outcome["period_start"] for outcome in issued["outcomes"]]
    ends = [outcome["period_end"] for outcome in issued["outcomes"]]
    hours = [format_time(START_MS + hour * HOUR_MS) for hour in range(HOURS + 1)]
    assert (starts, ends) == (hours[:-1], hours[1:])
    held = bundles(generator)
    assert sum(bundle["quantity"] for bundle in held) == ENERGY_WH
    assert len({bundle["issuance"] for bundle in held}) == HOURS
    eac("export", "--to", "export")
    report = eac("audit", "export", "--genesis", founded["genesis"], "--json").json
    assert (report["ok"], report["anchored"], report["findings"]) == (True, True, [])
    assert report["issued"] == ENERGY_WH
    assert report["certificates"] == {"active": ENERGY_WH}
