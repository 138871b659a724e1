"""Meter files over HTTP: checked, imported once, each value accounted for (Part D, 4 to 26)."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.http.limits import BODY_BYTES_MAX
from app.layouts.shipped import SHIPPED
from app.ledger.times import format_time
from app.reporting.operations import list_operations
from tests.api.doors import Doors
from tests.api.meter_exports import GZIP, Exports, at, exports, hours
from tests.api.parties import Party, code, joined
from tests.api.wide import HOURLY, wide_doors
from tests.layouts.meters import ABSENT, DATA
from tests.scenario import FIRST_DAY, HOUR_MS, MWH, gsrn

REPLAYED = "Idempotency-Replayed"
CHECK = "/measurement-files/check"


@pytest.fixture
def bench(doors: Doors) -> Exports:
    made = exports(doors)
    made.install()
    return made


def reports(bench: Exports) -> int:
    """Return how many reports are on the log."""
    found = list_operations(
        bench.doors.registry.storage, viewer=None, types=["measure"], cursor=None, limit=100
    )
    return len(found)


def of(told: Any, bench: Exports) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what became of the device."""
    found: dict[str, Any] = told["devices"][bench.device]
    return found


def refusals(party: Party) -> list[tuple[str, str | None, int]]:
    """Return what is on a party's trail."""
    found = party.shown("/refusals")["refusals"]
    return [(item["code"], item["type"], item["status"]) for item in found]


def pointers(answer: Any) -> list[str]:  # noqa: ANN401 - a response
    return [item["pointer"] for item in answer.json.get("errors", ())]


def test_everybody_may_see_which_layouts_are_installed(bench: Exports) -> None:
    (bench.doors.registry.settings.home / "layouts/broken.json").write_text("{")

    found = Party(bench.doors.client, "").shown("/layouts")["layouts"]

    assert [item["name"] for item in found] == sorted([*SHIPPED, "hours"])
    assert all(item["reads"] for item in found)


def test_a_check_says_what_would_be_read_and_records_nothing(bench: Exports) -> None:
    answer = bench.send(hours(5, "", "x", 7), "hours", path=CHECK)

    assert answer.status_code == 200
    assert answer.json is not None
    file = answer.json["file"]
    assert (file["lines"], file["heading"], file["rows"]) == (5, 1, 4)
    assert file["energies"] == {"production": {"readings": 2, "energy_wh": 12, "remainder_wh": "0"}}
    assert file["refused"] == {"missing": 1, "not-a-number": 1}
    assert file["is_balanced"] is True
    assert [item["line"] for item in file["first_findings"]][:2] == [3, 4]
    assert (reports(bench), refusals(bench.body)) == (0, [])


def test_a_check_needs_no_idempotency_key_and_a_reading_key_is_enough(bench: Exports) -> None:
    answer = bench.doors.client.post(
        "/v1/measurement-files/check?layout=hours",
        data=hours(5),
        content_type="text/csv",
        headers=bench.doors.header("auditor"),
    )

    assert answer.status_code == 200


def test_an_import_reports_a_day_and_says_what_became_of_it(bench: Exports) -> None:
    answer = bench.send(hours(*[MWH] * 24), "hours", device=bench.device)

    assert answer.status_code == 200
    assert REPLAYED not in answer.headers
    assert of(answer.json, bench) == {
        "series": [["A"]],
        "operations": 1,
        "spans": 2,
        "readings": 24,
        "given_wh": 24 * MWH,
        "drawn_wh": 0,
        "energy_wh": 24 * MWH,
        "gaps": 0,
        "findings": {},
        "left_out": {},
        "aside": {},
        "refused": [],
    }
    assert sum(span["energy_wh"] for span in bench.spans()) == 24 * MWH


def test_a_device_may_go_by_its_number(bench: Exports) -> None:
    number = bench.generator.shown(f"/devices/{bench.device}")["gsrn"]

    told = bench.imported(hours(5), "hours", device=number)

    assert of(told, bench)["energy_wh"] == 5


def test_a_compressed_file_says_the_same(bench: Exports) -> None:
    data = gzip.compress(hours(5, 6))

    for media_type in (GZIP, "text/csv"):
        checked = bench.send(data, "hours", path=CHECK, media_type=media_type)
        assert checked.json is not None
        assert checked.json["file"]["energies"]["production"]["energy_wh"] == 11
    told = bench.send(data, "hours", device=bench.device, media_type=GZIP)

    assert of(told.json, bench)["energy_wh"] == 11


def test_a_shipped_layout_reads_its_file(bench: Exports) -> None:
    data = (DATA / "production_year_days.csv.gz").read_bytes()

    answer = bench.send(data, "nz-generation-long", path=CHECK, media_type=GZIP)

    assert answer.json is not None
    assert answer.json["file"]["readings"] == 672


def test_series_are_the_meters_that_are_known_and_others_are_listed(bench: Exports) -> None:
    bench.body.send(
        "PUT", f"/devices/{bench.device}/meters", {"meters": [{"layout": "hours", "series": ["B"]}]}
    )
    data = hours(1, 2) + hours(3, 4, meter="B", is_first=False)

    answer = bench.send(data, "hours")

    assert answer.json is not None
    assert of(answer.json, bench)["energy_wh"] == 7
    assert answer.json["unknown_meters"] == [{"series": ["A"], "readings": 2}]


def test_a_meter_that_becomes_known_is_reported_when_its_file_is_sent_again(
    bench: Exports,
) -> None:
    data = hours(1, 2)
    first = bench.send(data, "hours")
    meters = {"meters": [{"layout": "hours", "series": ["A"]}]}
    bench.body.send("PUT", f"/devices/{bench.device}/meters", meters)

    second, third = bench.send(data, "hours"), bench.send(data, "hours")

    assert first.json is not None
    assert first.json["devices"] == {}
    assert of(second.json, bench)["energy_wh"] == 3
    assert (third.status_code, code(third)) == (409, "duplicate-report")


def test_the_same_file_is_imported_once_whatever_its_key(bench: Exports) -> None:
    data = hours(5, 6)
    first = bench.send(data, "hours", device=bench.device, key="march")

    replayed = bench.send(data, "hours", device=bench.device, key="march")
    again = bench.send(data, "hours", device=bench.device, key="april")

    assert replayed.headers[REPLAYED] == "true"
    assert replayed.json == first.json
    assert (again.status_code, code(again)) == (409, "duplicate-report")
    assert reports(bench) == 1
    assert refusals(bench.body) == [("duplicate-report", None, 409)]


def test_another_organisation_may_send_the_same_file(bench: Exports, doors: Doors) -> None:
    other = exports(doors)
    other.install()
    data = hours(5)

    told = [one.imported(data, "hours") for one in (bench, other)]

    assert [of(item, one)["energy_wh"] for item, one in zip(told, (bench, other), strict=True)] == [
        5,
        5,
    ]


def test_a_month_so_far_is_sent_day_by_day(bench: Exports) -> None:
    for count in (5, 24, 30):
        told = bench.imported(hours(*range(count)), "hours")
        assert of(told, bench)["refused"] == []

    left_out = of(told, bench)["left_out"]
    assert left_out["measurement-overlap"]["readings"] == 24
    assert sum(span["energy_wh"] for span in bench.spans()) == sum(range(30))


def test_a_device_of_another_body_is_not_there(bench: Exports, doors: Doors) -> None:
    stranger = joined(doors.client, bench.issuing_body, "measurement_body")

    known = bench.send(hours(5), "hours", device=bench.device, by=stranger)
    unknown = bench.send(hours(5), "hours", device=gsrn(77), by=stranger)

    assert (known.status_code, code(known), pointers(known)) == (404, "not-found", ["/device"])
    assert known.json is not None
    assert unknown.json is not None
    assert {**known.json, "instance": ""} == {**unknown.json, "instance": ""}
    assert reports(bench) == 0


def test_a_meter_of_another_body_is_an_unknown_one(bench: Exports, doors: Doors) -> None:
    meters = {"meters": [{"layout": "hours", "series": ["A"]}]}
    bench.body.send("PUT", f"/devices/{bench.device}/meters", meters)
    stranger = joined(doors.client, bench.issuing_body, "measurement_body")

    answer = bench.send(hours(5), "hours", by=stranger)

    assert answer.json is not None
    assert answer.json["devices"] == {}
    assert answer.json["unknown_meters"] == [{"series": ["A"], "readings": 1}]


def test_several_series_are_not_one_device(bench: Exports) -> None:
    data = hours(1) + hours(2, meter="B", is_first=False)

    answer = bench.send(data, "hours", device=bench.device)

    assert (answer.status_code, code(answer)) == (422, "invalid-field")
    assert pointers(answer) == ["/device"]
    assert reports(bench) == 0


def test_an_empty_file_is_nothing_to_report(bench: Exports) -> None:
    told = bench.imported(b"meter,at,Wh\n", "hours")

    assert told["devices"] == {}
    assert told["file"]["readings"] == 0


def test_a_refused_report_is_told_and_stands_on_the_trail(bench: Exports) -> None:
    bench.imported(hours(1), "hours")

    told = bench.imported(hours(2, first=100), "hours")

    (refused,) = of(told, bench)["refused"]
    assert (refused["code"], refused["readings"], refused["given_wh"]) == ("measurement-gap", 1, 2)
    assert refusals(bench.body) == [("measurement-gap", "measure", 422)]


def test_a_layout_that_is_not_installed_or_broken_is_not_there(bench: Exports) -> None:
    (bench.doors.registry.settings.home / "layouts/broken.json").write_text("{")

    for name in ("no-such", "broken"):
        for path in (CHECK, "/measurement-files"):
            answer = bench.send(hours(5), name, path=path)
            assert (answer.status_code, code(answer)) == (404, "not-found")
            assert pointers(answer) == ["/layout"]


@pytest.mark.parametrize("query", ["", "layout=../hours", "layout=hours&device=me", "layout=A"])
def test_a_query_that_cannot_be_meant_is_refused(bench: Exports, query: str) -> None:
    answer = bench.doors.client.post(
        f"/v1/measurement-files?{query}",
        data=hours(5),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {bench.body.key}", "Idempotency-Key": "k"},
    )

    assert (answer.status_code, code(answer)) == (400, "invalid-query")


def test_a_write_names_its_key(bench: Exports) -> None:
    answer = bench.doors.client.post(
        "/v1/measurement-files?layout=hours",
        data=hours(5),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {bench.body.key}"},
    )

    assert (answer.status_code, code(answer)) == (400, "idempotency-key-required")


def test_another_media_type_is_refused(bench: Exports) -> None:
    for path in (CHECK, "/measurement-files"):
        answer = bench.send(hours(5), "hours", path=path, media_type="application/json")

        assert (answer.status_code, code(answer)) == (415, "unsupported-media-type")


BOMB = gzip.compress(b"meter,at,Wh\n" + b"A,2024-03-01T00:00:00Z,1\n" * 400_000)
MALFORMED = {
    "no header": (b"A,2024-03-01T00:00:00Z,5\n", "header: line 1, column 1"),
    "too few fields": (hours(5) + b"A,1\n", "field-count: line 3"),
    "an open quote": (hours(5) + b'A,"1,2\n', "not-csv: line 3"),
    "no text": (hours(5) + b"\xff\xfe,1,2\n", "encoding: line "),
    "a cut off gzip": (gzip.compress(hours(*range(500)))[:-20], "not-gzip: line 1"),
    "a bomb": (BOMB, "decompression-ratio: line 1"),
    "a long line": (hours(5) + b"A" * 70_000 + b",1,2\n", "line-too-long: line 3"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_file_that_cannot_be_read_changes_nothing(bench: Exports, name: str) -> None:
    data, expected = MALFORMED[name]

    answers = [
        bench.send(data, "hours", path=path, device=device)
        for path, device in ((CHECK, None), ("/measurement-files", bench.device))
    ]

    for answer in answers:
        assert (answer.status_code, code(answer)) == (400, "malformed-csv")
        assert answer.json is not None
        assert answer.json["detail"].startswith(expected)
    assert reports(bench) == 0


def test_row_4_a_body_above_the_limit_is_refused(bench: Exports) -> None:
    answer = bench.send(b"x" * (BODY_BYTES_MAX + 1), "hours")

    assert (answer.status_code, code(answer)) == (413, "payload-too-large")


def test_row_16_less_than_a_watt_hour_is_counted_and_not_reported(bench: Exports) -> None:
    bench.install("kwh", unit="kWh")

    told = bench.imported(hours("1.001", "1.0005", "0.9999999"), "kwh")

    assert told["file"]["refused"] == {"sub-watt-hour-precision": 2}
    assert of(told, bench)["energy_wh"] == 1001


def test_row_17_what_is_no_time_is_counted_and_not_reported(bench: Exports) -> None:
    data = b"meter,at,Wh\n" + b"".join(
        f"A,{stamp},1\n".encode()
        for stamp in (
            "2024-02-30T00:00:00Z",
            "2024-03-01T23:59:60Z",
            "2024-03-01T25:00:00Z",
            "2024-03-01T00:00:00",
            at(0),
        )
    )

    told = bench.imported(data, "hours")

    assert told["file"]["refused"] == {"not-a-time": 4}
    assert of(told, bench)["readings"] == 1


def test_row_29_a_local_time_that_was_twice_or_never_is_counted_and_not_reported(
    bench: Exports,
) -> None:
    bench.install("local", time={"zone": "Europe/Copenhagen", "interval": 3600, "stamp": "at"})
    stamps = ("2024-03-31 02:00", "2024-10-27 02:00", "2024-10-27 04:00")
    data = b"meter,at,Wh\n" + b"".join(f"A,{stamp},1\n".encode() for stamp in stamps)

    answer = bench.send(data, "local", path=CHECK)

    assert answer.json is not None
    assert answer.json["file"]["refused"] == {"ambiguous-local-time": 2}
    assert answer.json["file"]["readings"] == 1


def test_row_19_an_interval_shorter_than_a_minute_is_counted_and_not_reported(
    bench: Exports,
) -> None:
    start = FIRST_DAY
    ends = (start + 59_000, start + 2 * 60_000)
    starts = (start, start + 59_000)
    rows = [
        f"{bench.device},{format_time(first)},{format_time(last)},5,"
        for first, last in zip(starts, ends, strict=True)
    ]
    data = "\n".join(["device,start,end,energy_wh,gap", *rows]) + "\n"

    told = bench.imported(data.encode(), "energy-csv")

    assert of(told, bench)["left_out"] == {
        "interval-granularity": {"readings": 1, "given_wh": 5, "drawn_wh": 0}
    }
    assert of(told, bench)["readings"] == 1


def test_row_19_in_a_granular_domain_more_than_an_hour_is_counted_and_not_reported(
    database_url: str, tmp_path: Path
) -> None:
    with wide_doors(database_url, tmp_path / "home") as doors:
        bench = exports(doors, domain=HOURLY.code)
        rows = [f"{bench.device},{at(hour)},{at(hour + 2)},5," for hour in (0, 2)]
        rows.append(f"{bench.device},{at(4)},{at(5)},7,")
        data = "\n".join(["device,start,end,energy_wh,gap", *rows]) + "\n"

        told = bench.imported(data.encode(), "energy-csv")

        assert of(told, bench)["left_out"]["interval-granularity"]["readings"] == 2
        assert of(told, bench)["energy_wh"] == 7


def test_row_20_what_is_not_over_is_counted_and_may_be_reported_later(bench: Exports) -> None:
    now_hour = int(datetime.now(UTC).timestamp() * 1000 - FIRST_DAY) // HOUR_MS
    data = hours(1, 2, 4, 8, first=now_hour - 2)

    told, again = (bench.send(data, "hours", device=bench.device) for _ in range(2))

    left = of(told.json, bench)["left_out"]["future-production"]
    assert (left["readings"], left["given_wh"]) == (2, 12)
    assert of(told.json, bench)["energy_wh"] == 3
    assert again.status_code == 200


def test_row_21_what_was_before_the_registration_is_counted_and_not_reported(
    bench: Exports,
) -> None:
    begun = -365 * 24

    told = bench.imported(hours(1, 2, 4, 8, first=begun - 2), "hours")

    assert of(told, bench)["left_out"] == {
        "outside-operation-period": {"readings": 2, "given_wh": 3, "drawn_wh": 0}
    }
    assert of(told, bench)["energy_wh"] == 12


def test_row_22_what_is_measured_already_is_counted_and_stays_as_it_was(bench: Exports) -> None:
    bench.imported(hours(1, 2, 4), "hours")
    before = bench.spans()

    told = bench.imported(hours(9, 9, 9), "hours")

    assert of(told, bench)["left_out"] == {
        "measurement-overlap": {"readings": 3, "given_wh": 27, "drawn_wh": 0}
    }
    assert bench.spans() == before


def test_row_25_a_reading_over_the_capacity_is_a_finding_and_waits(bench: Exports) -> None:
    told = bench.imported(hours(10 * MWH, 10 * MWH + 1), "hours")

    assert of(told, bench)["findings"] == {"over-capacity": 1}
    assert [span["is_accepted"] for span in bench.spans()] == [False]


def test_row_26_a_register_that_goes_back_is_counted_and_gives_nothing(bench: Exports) -> None:
    ending = {"zone": "UTC", "interval": 3600, "stamp": "at", "form": "iso", "marks": "end"}
    bench.install("register", kind="counter", time=ending)

    told = bench.imported(hours(100, 130, 90, 95), "register")

    assert told["file"]["refused"] == {"meter-reading-decreased": 1, "register-start": 1}
    assert of(told, bench)["given_wh"] == 30 + 5


def test_both_directions_of_a_point_are_netted(bench: Exports) -> None:
    columns = ({"column": "out", "direction": "export"}, {"column": "in", "direction": "import"})
    bench.install("both", value=ABSENT, direction=ABSENT, values=list(columns))
    data = f"meter,at,out,in\nA,{at(0)},5,0\nA,{at(1)},1,4\nA,{at(2)},9,1\n".encode()

    told = bench.imported(data, "both")

    found = of(told, bench)
    assert (found["given_wh"], found["drawn_wh"], found["energy_wh"]) == (15, 5, 10)


def test_negative_values_are_findings_where_the_layout_takes_them_as_nothing(
    bench: Exports,
) -> None:
    bench.install("zeroed", negative="zero")

    told = bench.imported(hours(5, -3), "zeroed")

    assert of(told, bench)["findings"] == {"negative": 1}
    assert told["file"]["negative_wh"] == "-3"
