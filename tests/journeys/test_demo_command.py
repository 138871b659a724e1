"""`eac demo`: real data in, certificates out, totals that anybody can recompute, no secret told."""

import hmac
import json
import sqlite3
from base64 import b64decode, b64encode, urlsafe_b64encode
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.commands import Ran, ran
from tests.databases import PostgresqlDatabases
from tests.journeys.demo_run import DemoRun
from tests.journeys.raw_files import Expected, expected

KEYS = {
    "devices",
    "refused_series",
    "readings",
    "energy_wh",
    "certificates_issued",
    "certificates_retired",
    "carried_wh",
    "operations",
    "blocks",
    "genesis",
    "audit",
    "database",
    "export",
}
FACE_VALUE_WH = 1_000_000
DIFFERS = {"genesis", "database", "export"}
"""What no two demos have in common."""


@pytest.fixture(scope="module")
def raw() -> Expected:
    return expected()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def dump(home: Path) -> str:
    """Return a digest of every row of a database."""
    digest = sha256()
    with closing(sqlite3.connect(home / "registry.db")) as connection:
        for line in connection.iterdump():
            digest.update(line.encode())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def again(demo: DemoRun) -> tuple[Ran, dict[str, bytes], str]:
    """The demo run once more in the same home, and what was there before."""
    before = {**contents(demo.home / "export"), **contents(demo.home / "keys")}
    rows = dump(demo.home)
    return ran("demo", "--home", str(demo.home), "--json", folder=demo.home), before, rows


def test_the_demo_prints_one_json_object_with_exactly_these_members(demo: DemoRun) -> None:
    assert demo.lines == 1
    assert demo.printed.keys() == KEYS
    assert demo.printed["audit"] == {"ok": True, "anchored": True, "findings": []}
    assert demo.printed["database"] == demo.url
    assert demo.printed["export"] == str(demo.home / "export")


@pytest.mark.parametrize("name", list(Expected.__dataclass_fields__))
def test_a_total_is_what_the_published_files_add_up_to(
    name: str, demo: DemoRun, raw: Expected
) -> None:
    assert demo.printed[name] == getattr(raw, name)


def test_every_watt_hour_is_in_a_certificate_or_carried(demo: DemoRun) -> None:
    printed = demo.printed

    assert printed["energy_wh"] == (
        printed["certificates_issued"] * FACE_VALUE_WH + printed["carried_wh"]
    )


def test_the_export_proves_itself_to_whoever_knows_the_genesis_hash(demo: DemoRun) -> None:
    genesis = str(demo.printed["genesis"])

    report = ran("audit", "export", "--genesis", genesis, "--json", folder=demo.home)

    plain = report.json
    assert (report.status, plain["verdict"], plain["findings"]) == (0, "sound", [])
    assert plain["operations"] == demo.printed["operations"]
    assert plain["height"] + 1 == demo.printed["blocks"]
    assert plain["issued"] == demo.printed["certificates_issued"]
    assert plain["certificates"]["retired"] == demo.printed["certificates_retired"]
    assert sum(plain["certificates"].values()) == plain["issued"]


def test_the_database_holds_what_the_log_gives(demo: DemoRun) -> None:
    report = ran("audit", demo.url, "--json", folder=demo.home)

    assert (report.status, report.json["findings"]) == (0, [])


def secrets(home: Path) -> dict[str, bytes]:
    """Return every seed and key, and the salts that are derived from the vault's."""
    files = [home / "keys/log.key", *(home / "keys/authorities").glob("*.key")]
    found = {path.name: b64decode(json.loads(path.read_bytes())["seed"]) for path in files}
    vault = b64decode((home / "keys/vault.key").read_bytes())
    labels = ("organisation/DEMO-SUPPLIER-A", "beneficiary/TWI2201/NZAS")
    salts = {label: hmac.digest(vault, label.encode(), "sha256") for label in labels}
    return {**found, "vault": vault, **salts}


def spellings(secret: bytes) -> list[bytes]:
    return [
        secret,
        b64encode(secret).rstrip(b"="),
        urlsafe_b64encode(secret).rstrip(b"="),
        secret.hex().encode(),
        secret.hex().upper().encode(),
    ]


def test_there_are_as_many_secrets_as_keys_and_salts(demo: DemoRun) -> None:
    found = secrets(demo.home)

    assert len(set(found.values())) == len(found) == 8
    assert {len(secret) for secret in found.values()} == {32}


def told(home: Path) -> dict[str, bytes]:
    """Return all that a home holds but its keys: the export, the database, the mark."""
    return {name: data for name, data in contents(home).items() if not name.startswith("keys/")}


def test_no_seed_salt_or_key_leaves_its_file(demo: DemoRun) -> None:
    places = told(demo.home)

    leaks = [
        (name, file)
        for name, secret in secrets(demo.home).items()
        for file, data in places.items()
        for spelling in spellings(secret)
        if spelling in data
    ]

    assert leaks == []
    assert {"registry.db", "high-water.json", "export/checkpoint"} <= places.keys()


@pytest.mark.parametrize("name", [b"Demo Supplier A", b"Demo Auditor", b"TIWAI POINT"])
def test_no_name_of_a_party_can_be_read_outside_the_vault(name: bytes, demo: DemoRun) -> None:
    assert [file for file, data in told(demo.home).items() if name in data] == []


def test_key_files_are_open_to_nobody_else(demo: DemoRun) -> None:
    files = [path for path in (demo.home / "keys").rglob("*") if path.is_file()]

    assert len(files) == 6
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert demo.home.stat().st_mode & 0o777 == 0o700


def test_the_demo_run_again_prints_the_same(
    demo: DemoRun, again: tuple[Ran, dict[str, bytes], str]
) -> None:
    done, _, _ = again

    assert (done.status, done.json) == (0, demo.printed)


def test_the_demo_run_again_changes_no_file_and_no_row(
    demo: DemoRun, again: tuple[Ran, dict[str, bytes], str]
) -> None:
    _, before, rows = again

    assert {**contents(demo.home / "export"), **contents(demo.home / "keys")} == before
    assert dump(demo.home) == rows


def test_the_demo_tells_a_person_the_same_and_how_to_go_on(
    demo: DemoRun, again: tuple[Ran, dict[str, bytes], str]
) -> None:
    assert again[0].status == 0

    told = ran("demo", "--home", str(demo.home), folder=demo.home)

    assert told.status == 0
    for name in ("devices", "readings", "certificates_issued", "operations", "blocks"):
        assert f" {demo.printed[name]:,} " in told.out
    assert f" audit {demo.home}/export --genesis {demo.printed['genesis']}\n" in told.out
    assert f"{demo.printed['refused_series']} fossil series refused by the rules" in told.out


def test_the_demo_on_postgresql_gives_the_same_totals(
    demo: DemoRun, postgresql_databases: PostgresqlDatabases, tmp_path: Path
) -> None:
    url = postgresql_databases.empty(tmp_path)

    done = ran("demo", "--home", "home", "--json", folder=tmp_path, EAC_DATABASE_URL=url)

    assert done.status == 0, done.err
    assert {name: item for name, item in done.json.items() if name not in DIFFERS} == {
        name: item for name, item in demo.printed.items() if name not in DIFFERS
    }
    assert done.json["database"].startswith("postgresql://")
    assert not (tmp_path / "home/registry.db").exists()
    report = ran("audit", url, "--genesis", done.json["genesis"], "--json", folder=tmp_path)
    assert (report.status, report.json["verdict"]) == (0, "sound")
    postgresql_databases.drop(url)
