"""`eac measurements`: meter files are looked at and imported by a layout, and nothing twice."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.factory import Registry
from app.layouts.shipped import SHIPPED
from app.registry.operations.measure import Measure
from app.reporting.operations import list_operations
from app.services.meters import Meters
from app.storage.meters import MeterTable
from tests.cli.commands import Ran
from tests.cli.conftest import Eac
from tests.layouts.meters import DATA, members
from tests.scenario import new_id, person
from tests.services.imports import (
    CAPACITY_W,
    audited,
    device_of,
    hourly_lines,
    lines,
    metering_body,
    reports_on_log,
    stored,
)

YEAR = str(DATA / "production_year_days.csv.gz")
SERIES = (("ARI1101", "MRPL", "arapuni", "Hydro"), ("ASB0661", "EASH", "highbank", "Hydro"))
COLUMNS = "POC_Code,Nwk_Code,Gen_Code,Fuel_Code,device"
HOURS = {
    "name": "hours",
    "time": {"zone": "UTC", "interval": 3600, "stamp": "at", "form": "iso"},
    "value": "Wh",
    "unit": "Wh",
}


@dataclass
class Bench:
    """A registry, who reports, and the command in a folder of files."""

    registry: Registry
    eac: Eac
    folder: Path
    body: str
    device: str

    def run(self, *arguments: str) -> Ran:
        settings = self.registry.settings
        return self.eac(
            "measurements",
            *arguments,
            EAC_HOME=str(settings.home),
            EAC_DATABASE_URL=settings.database_url,
        )

    def imported(self, *arguments: str) -> Ran:
        return self.run("import", *arguments, "--by", self.body)

    def file(self, name: str, *rows: str, header: str = "meter,at,Wh") -> str:
        path = self.folder / name
        path.write_bytes(lines(*rows, header=header))
        return str(path)

    def layout(self, name: str = "hours", **changes: object) -> str:
        path = self.folder / f"{name}-layout.json"
        path.write_text(json.dumps(members(**{**HOURS, "name": name, **changes})))
        return str(path)


@pytest.fixture
def bench(registry: Registry, eac: Eac, tmp_path: Path) -> Bench:
    body = metering_body(registry)
    return Bench(registry, eac, tmp_path, body, device_of(registry, body))


def told(ran: Ran) -> dict[str, Any]:
    """Return what was printed as JSON by a command that succeeded."""
    assert ran.status == 0, ran.err
    found: dict[str, Any] = ran.json
    return found


def test_every_layout_says_what_it_reads(bench: Bench) -> None:
    found = bench.run("layouts")

    assert found.status == 0
    assert [line.partition(":")[0] for line in found.out.splitlines()] == list(SHIPPED)


def test_a_layout_in_the_home_is_installed(bench: Bench) -> None:
    folder = bench.registry.settings.home / "layouts"
    folder.mkdir()
    (folder / "own.json").write_text(json.dumps(members(**{**HOURS, "name": "own"})))
    file = bench.file("a.csv", *hourly_lines("A", 5))

    listed = bench.run("layouts")
    checked = bench.run("check", file, "--layout", "own", "--json")

    assert "own: " in listed.out
    assert told(checked)["file"]["energies"]["production"]["energy_wh"] == 5


def test_a_check_shows_what_would_be_read_and_records_nothing(bench: Bench) -> None:
    shown = bench.run("check", YEAR, "--layout", "nz-generation-long")
    plain = bench.run("check", YEAR, "--layout", "nz-generation-long", "--json")

    found = told(plain)["file"]
    assert shown.status == 0
    assert "673 lines: 1 of heading" in shown.out
    assert f"{found['series'][0]['energies']['production']['energy_wh']:,} Wh" in shown.out
    assert (found["readings"], found["cells"], found["is_balanced"]) == (672, 672, True)
    assert reports_on_log(bench.registry) == []


def test_a_file_is_imported_by_a_table_of_devices(bench: Bench) -> None:
    devices = [bench.device, device_of(bench.registry, bench.body)]
    rows = [",".join((*series, device)) for series, device in zip(SERIES, devices, strict=True)]
    table = bench.file("devices.csv", *rows, header=COLUMNS)

    done = bench.imported(YEAR, "--layout", "nz-generation-long", "--devices", table, "--json")

    found = told(done)
    assert {device: item["spans"] for device, item in found["devices"].items()} == dict.fromkeys(
        devices, 7
    )
    assert (
        sum(item["energy_wh"] for item in found["devices"].values())
        == (found["file"]["energies"]["production"]["energy_wh"])
    )
    assert found["unknown_meters"] == []
    audited(bench.registry)


def test_a_person_sees_tables_and_what_stayed_out(bench: Bench) -> None:
    other = device_of(bench.registry, metering_body(bench.registry))
    table = bench.file("t.csv", f"A,{bench.device}", f"C,{other}", header="meter,device")
    rows = [*hourly_lines("A", 5, CAPACITY_W + 1), "A,2022-12-31T23:00:00Z,7"]
    rows += [*hourly_lines("B", 6, 6), *hourly_lines("C", 6), "A,garbage,3"]
    file = bench.file("a.csv", *rows)

    done = bench.imported(file, "--layout", bench.layout(), "--devices", table)

    assert done.status == 0
    assert "what was reported" in done.out
    for line in (
        "  not-a-time: 1",
        "    line 8, column 2: not-a-time, ",
        f"  {bench.device}: outside-operation-period, 1 readings of 7 Wh",
        "  no device for B: 2 readings",
        f"  {other} from 2024-03-01T00:00:00.000Z: reporter-not-authorised, ",
    ):
        assert line in done.out


def test_what_does_not_count_at_a_point_is_told(bench: Bench) -> None:
    device = device_of(bench.registry, bench.body, first=2016, last=2020)
    file = str(DATA / "steel_kr_days.csv")

    done = bench.imported(file, "--layout", "steel-kr-quarter-hourly", "--device", device)

    assert done.status == 0
    assert f"  {device}: consumption does not count, " in done.out
    assert stored(bench.registry, device) == []


def test_the_meters_that_the_registry_knows_need_no_table(bench: Bench) -> None:
    meters = Meters(MeterTable(bench.registry.storage.database))
    meters.name(layout="nz-generation-long", series=SERIES[1], device=bench.device)

    done = bench.imported(YEAR, "--layout", "nz-generation-long", "--json")

    found = told(done)
    assert found["devices"][bench.device]["readings"] == 336
    assert found["unknown_meters"] == [{"series": list(SERIES[0]), "readings": 336}]


@pytest.mark.parametrize("series", [[], ["meter"]], ids=["no label", "one label"])
def test_the_one_series_of_a_file_is_the_device_that_is_named(
    bench: Bench, series: list[str]
) -> None:
    file = bench.file("a.csv", *hourly_lines("A", 5, 6))
    layout = bench.layout(series=series, ignored=[] if series else ["meter"])

    done = bench.imported(file, "--layout", layout, "--device", bench.device, "--json")

    assert told(done)["devices"][bench.device]["energy_wh"] == 11


def test_several_series_are_not_one_device(bench: Bench) -> None:
    done = bench.imported(YEAR, "--layout", "nz-generation-long", "--device", bench.device)

    assert (done.status, done.out) == (2, "")
    assert "the file has 2 series" in done.err
    assert reports_on_log(bench.registry) == []


def test_a_device_that_nobody_knows_is_told_before_anything_is_recorded(bench: Bench) -> None:
    table = bench.file("t.csv", f"A,{bench.device}", f"B,{new_id()}", header="meter,device")
    file = bench.file("a.csv", *hourly_lines("A", 5), *hourly_lines("B", 5))

    done = bench.imported(file, "--layout", bench.layout(), "--devices", table)

    assert done.status == 2
    assert done.refusal.startswith("not-found: no such device: ")
    assert reports_on_log(bench.registry) == []


def test_the_same_file_is_imported_once(bench: Bench) -> None:
    asked = (bench.file("a.csv", *hourly_lines("A", 5, 6)), "--layout", bench.layout())
    first = bench.imported(*asked, "--device", bench.device, "--json")

    again = bench.imported(*asked, "--device", bench.device, "--json")

    assert told(first)["devices"][bench.device]["operations"] == 1
    assert (again.status, again.refusal) == (
        2,
        "duplicate-report: this file was imported before",
    )
    assert len(reports_on_log(bench.registry)) == 1


def test_a_file_of_which_something_is_left_goes_on_when_it_is_imported_again(
    bench: Bench,
) -> None:
    file = bench.file("a.csv", *hourly_lines("A", 5, 6), *hourly_lines("B", 7))
    asked = (file, "--layout", bench.layout(), "--devices")
    other = device_of(bench.registry, bench.body)
    one = bench.file("one.csv", f"A,{bench.device}", header="meter,device")
    both = bench.file("both.csv", f"A,{bench.device}", f"B,{other}", header="meter,device")
    bench.imported(*asked, one)

    found = told(bench.imported(*asked, both, "--json"))["devices"]

    assert found[other]["energy_wh"] == 7
    assert found[bench.device]["operations"] == 0
    assert found[bench.device]["left_out"]["measurement-overlap"]["given_wh"] == 11
    assert bench.imported(*asked, both).refusal.startswith("duplicate-report")


def test_what_the_point_drew_is_deducted(bench: Bench) -> None:
    file = bench.file("given.csv", *hourly_lines("A", 50, 60, 70))
    drawn = bench.file("drawn.csv", *hourly_lines("A", 5, 90, 0))
    drawn_layout = bench.layout("drawn", direction="consumption")

    done = bench.imported(
        *(file, "--layout", bench.layout(), "--device", bench.device),
        *("--deduct", drawn, "--deduct-layout", drawn_layout, "--json"),
    )

    found = told(done)["devices"][bench.device]
    assert (found["given_wh"], found["drawn_wh"], found["energy_wh"]) == (180, 95, 85)
    assert [span.energy_wh for span in stored(bench.registry, bench.device)] == [85]
    audited(bench.registry)


def test_what_is_deducted_may_have_its_own_table(bench: Bench) -> None:
    file = bench.file("given.csv", *hourly_lines("A", 50, 60))
    drawn = bench.file("drawn.csv", *hourly_lines("X", 5, 1), *hourly_lines("Y", 2, 2))
    table = bench.file("t.csv", f"X,{bench.device}", f"Y,{bench.device}", header="meter,device")

    done = bench.imported(
        *(file, "--layout", bench.layout(), "--device", bench.device, "--deduct", drawn),
        *("--deduct-layout", bench.layout("drawn"), "--deduct-devices", table, "--json"),
    )

    assert told(done)["devices"][bench.device]["drawn_wh"] == 10


def test_whoever_acts_for_the_body_is_on_the_log(bench: Bench) -> None:
    who = person(bench.registry, bench.body)
    file = bench.file("a.csv", *hourly_lines("A", 5))

    bench.imported(file, "--layout", bench.layout(), "--device", bench.device, "--person", who)

    (row,) = list_operations(
        bench.registry.storage, viewer=None, types=[Measure.type], cursor=None, limit=9
    )
    assert json.loads(row["leaf"])["operation"]["person"] == who


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a layout that is none": (("--layout", "no-such-layout"), "neither a file nor one of"),
    "a broken layout": (("--layout", "broken.json"), "eac: /: this is no JSON"),
    "a layout that is no text": (("--layout", "binary.json"), "binary.json is not UTF-8"),
    "another layout": (("--layout", "nz-generation-wide"), "eac: line 1, column"),
    "a device and a table": (
        ("--layout", "good.json", "--device", "0", "--devices", "a.csv"),
        "--device or --devices, not both",
    ),
    "a table without devices": (
        ("--layout", "good.json", "--devices", "a.csv"),
        "a.csv has no column 'device'",
    ),
    "a table that is no text": (("--layout", "good.json", "--devices", "binary.json"), "UTF-8"),
    "a deduction without its layout": (
        ("--layout", "good.json", "--deduct", "a.csv"),
        "--deduct and --deduct-layout go together",
    ),
    "a layout of no deduction": (
        ("--layout", "good.json", "--deduct-layout", "good.json"),
        "--deduct and --deduct-layout go together",
    ),
    "a file that is not there": (("--layout", "good.json", "--deduct", "x.csv"), "does not exist"),
    "somebody who is no id": (("--layout", "good.json", "--by", "me"), "invalid-id"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_is_said_in_a_line_and_nothing_is_recorded(
    bench: Bench, case: str
) -> None:
    arguments, expected = WRONG[case]
    file = bench.file("a.csv", *hourly_lines("A", 5))
    Path(bench.layout("good")).rename(bench.folder / "good.json")
    (bench.folder / "broken.json").write_text("{")
    (bench.folder / "binary.json").write_bytes(b"\xff\xfe\x00")
    who = () if "--by" in arguments else ("--by", bench.body)

    done = bench.run("import", file, *arguments, *who)

    assert (done.status, done.out) == (2, "")
    assert expected in done.err
    assert "Traceback" not in done.err
    assert reports_on_log(bench.registry) == []
