"""Measurement reports: readings as JSON or CSV become spans of the domain's local days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import TestResponse

from app.ledger.times import format_time, parse_time
from tests.api.doors import Doors
from tests.api.parties import Party, code, joined, new_device, period, report
from tests.scenario import DAY_MS, DOMAIN, FIRST_DAY, HOUR_MS, MWH

ZONE = ZoneInfo(DOMAIN.timezone)
SUNDAY = 7
COLUMNS = "device,start,end,energy_wh,gap"
LAST_YEAR = datetime.now(UTC).year - 1


def first_sunday_of_april() -> date:
    """Return when clocks last went back before this year: 25 hours."""
    found = date(LAST_YEAR, 4, 1)
    return found + timedelta(days=SUNDAY - found.isoweekday())


def last_sunday_of_september() -> date:
    """Return when clocks last went forward before this year: 23 hours."""
    found = date(LAST_YEAR, 9, 30)
    return found - timedelta(days=found.isoweekday() % SUNDAY)


def last_change_of_clocks() -> tuple[date, int]:
    """Return the last day of 25 or 23 hours that is over, which no issue window has closed on."""
    today = datetime.now(UTC).date()
    days = (today - timedelta(days=at) for at in range(3, 365))
    return next((day, length) for day in days if (length := hours_of(day)) != 24)


def hours_of(day: date) -> int:
    return (midnight(day + timedelta(days=1)) - midnight(day)) // HOUR_MS


def midnight(day: date) -> int:
    """Return when a day begins in the domain, in UTC milliseconds."""
    began = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return int(began.timestamp()) * 1000


def local_days(first: date, count: int) -> dict[str, Any]:
    """Return readings of whole local days, one an hour."""
    start, end = midnight(first), midnight(first + timedelta(days=count))
    hours = range(start, end, HOUR_MS)
    return {"intervals": [reading(at, at + HOUR_MS) for at in hours]}


def reading(start: int, end: int, energy_wh: int = MWH) -> dict[str, object]:
    return {"start": format_time(start), "end": format_time(end), "energy_wh": energy_wh}


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"])


@pytest.fixture
def party(doors: Doors, body: Party) -> Party:
    """A generator with a device that a measurement body reports on, for years."""
    return metered(joined(doors.client, body, "generator"), body)


def metered(party: Party, body: Party) -> Party:
    party.metering = joined(party.client, body, "measurement_body")
    party.device = party.made("/devices", new_device(measurement_body=party.metering.id))["id"]
    valid = {
        "valid_from": format_time(FIRST_DAY - 1095 * DAY_MS),
        "valid_until": format_time(FIRST_DAY + 365 * DAY_MS),
    }
    body.made(f"/devices/{party.device}/approve", {**valid, "automatic_wh": 1000 * MWH})
    return party


def sent(party: Party, body: dict[str, Any], *, key: str | None = None) -> TestResponse:
    return party.reporter.post("/measurement-reports", {"device": party.device, **body}, key=key)


def as_csv(party: Party, *lines: str, header: str = COLUMNS, end: str = "\n") -> str:
    """Return a report whose lines are given without the device."""
    return end.join([header, *(f"{party.device},{line}" for line in lines)]) + end


def sent_csv(party: Party, text: str | bytes, *, media_type: str = "text/csv") -> TestResponse:
    headers = {"Authorization": f"Bearer {party.reporter.key}", "Idempotency-Key": str(uuid4())}
    return party.client.post(
        "/v1/measurement-reports", data=text, content_type=media_type, headers=headers
    )


def hours(count: int, *, first: int = 0) -> list[str]:
    """Return lines of hours from FIRST_DAY, without the device."""
    starts = range(FIRST_DAY + first * HOUR_MS, FIRST_DAY + (first + count) * HOUR_MS, HOUR_MS)
    return [f"{format_time(at)},{format_time(at + HOUR_MS)},{MWH}," for at in starts]


def spans(party: Party) -> list[dict[str, Any]]:
    found: Any = party.get(f"/devices/{party.device}/spans").json
    listed: list[dict[str, Any]] = found["spans"]
    return listed


def lengths(party: Party) -> list[int]:
    """Return how many hours each span has."""
    return [
        (parse_time(span["end"]) - parse_time(span["start"])) // HOUR_MS for span in spans(party)
    ]


def pointer(answer: TestResponse) -> str:
    assert answer.json is not None
    found: str = answer.json["errors"][0]["pointer"]
    return found


def test_a_local_day_is_one_span(party: Party) -> None:
    day = datetime.fromtimestamp(FIRST_DAY / 1000, ZONE).date()

    answer = sent(party, local_days(day, 1))

    assert answer.status_code == 201
    assert answer.json is not None
    assert (answer.json["readings"], answer.json["energy_wh"]) == (24, 24 * MWH)
    (span,) = spans(party)
    assert (span["start"], span["count"]) == (format_time(midnight(day)), 24)
    assert (span["is_accepted"], span["gap"], span["issuance"]) == (True, "", None)


def test_a_day_of_another_zone_is_parted_at_local_midnight(party: Party) -> None:
    party.reporter.made("/measurement-reports", report(party.device))

    offset = datetime.fromtimestamp(FIRST_DAY / 1000, ZONE).utcoffset()

    assert offset is not None
    hours_before = 24 - offset // timedelta(hours=1)
    assert lengths(party) == [hours_before, 24 - hours_before]


def test_days_are_as_long_as_clocks_make_them(party: Party) -> None:
    autumn, spring = first_sunday_of_april(), last_sunday_of_september()

    for changed in (autumn, spring):
        days = local_days(changed - timedelta(days=1), 3)
        gap = {"reason": "not-connected"}
        if changed is spring:
            gap |= {
                "start": format_time(midnight(autumn + timedelta(days=2))),
                "end": format_time(midnight(spring - timedelta(days=1))),
            }
            days["gaps"] = [gap]
        assert sent(party, days).status_code == 201

    found = lengths(party)
    assert found[:3] == [24, 25, 24]
    assert found[-3:] == [24, 23, 24]
    assert spans(party)[3]["gap"] == "not-connected"


def test_days_over_a_change_of_clocks_are_issued_whole(party: Party) -> None:
    first, hours_of_day = last_change_of_clocks()
    first -= timedelta(days=1)
    sent(party, local_days(first, 3))
    ends = {
        "period_start": format_time(midnight(first)),
        "period_end": format_time(midnight(first + timedelta(days=3))),
    }

    issued = party.made("/issuances", {"device": party.device, "account": party.account, **ends})

    assert issued["quantity"] == 24 + hours_of_day + 24


def test_a_gap_within_a_report_has_to_be_declared(party: Party) -> None:
    missing = (FIRST_DAY + 2 * HOUR_MS, FIRST_DAY + 3 * HOUR_MS)
    readings = [
        reading(FIRST_DAY, missing[0]),
        reading(missing[1], missing[1] + HOUR_MS),
    ]
    gap = {"start": format_time(missing[0]), "end": format_time(missing[1]), "reason": "fault"}

    undeclared = sent(party, {"intervals": readings})
    elsewhere = sent(
        party, {"intervals": readings, "gaps": [{**gap, "end": format_time(missing[1] - 1)}]}
    )
    declared = sent(party, {"intervals": readings, "gaps": [gap]})

    assert (undeclared.status_code, code(undeclared)) == (422, "measurement-gap")
    assert (elsewhere.status_code, code(elsewhere)) == (422, "measurement-gap")
    assert pointer(undeclared) == "/intervals/1"
    assert declared.status_code == 201
    assert [span["gap"] for span in spans(party)] == ["", "fault", ""]


def test_a_gap_to_the_report_before_has_to_be_declared(party: Party) -> None:
    party.reporter.made("/measurement-reports", report(party.device))
    later = report(party.device, first=2)
    gap = {
        "start": format_time(FIRST_DAY + DAY_MS),
        "end": format_time(FIRST_DAY + 2 * DAY_MS),
        "reason": "fault",
    }

    undeclared = party.reporter.post("/measurement-reports", later)
    declared = party.reporter.post("/measurement-reports", {**later, "gaps": [gap]})

    assert (code(undeclared), declared.status_code) == ("measurement-gap", 201)


def test_readings_are_in_order_and_do_not_overlap(party: Party) -> None:
    hour = [reading(FIRST_DAY + at * HOUR_MS, FIRST_DAY + (at + 1) * HOUR_MS) for at in range(3)]
    long = reading(FIRST_DAY, FIRST_DAY + HOUR_MS + 1)

    answers = {
        "unsorted": sent(party, {"intervals": [hour[0], hour[2], hour[1]]}),
        "reversed": sent(party, {"intervals": hour[::-1]}),
        "twice": sent(party, {"intervals": [hour[0], hour[0]]}),
        "overlapping": sent(party, {"intervals": [long, hour[1]]}),
    }

    assert {name: code(answer) for name, answer in answers.items()} == {
        "unsorted": "measurement-gap",
        "reversed": "measurement-overlap",
        "twice": "measurement-overlap",
        "overlapping": "measurement-overlap",
    }
    assert all(pointer(answer) == "/intervals/1" for answer in answers.values())
    assert spans(party) == []


def test_a_reading_ends_after_it_starts(party: Party) -> None:
    for end in (FIRST_DAY, FIRST_DAY - 1):
        answer = sent(party, {"intervals": [reading(FIRST_DAY, end)]})

        assert (code(answer), pointer(answer)) == ("invalid-interval", "/intervals/0/end")


def test_what_was_reported_before_is_not_reported_twice(party: Party) -> None:
    first = party.reporter.post("/measurement-reports", report(party.device), key="day")

    other = party.reporter.post("/measurement-reports", report(party.device), key="day-again")
    again = party.reporter.post("/measurement-reports", report(party.device), key="day")
    altered = sent(party, report(party.device, hour_wh=1), key="day")
    part = sent(party, {"intervals": [reading(FIRST_DAY + 1, FIRST_DAY + 2)]})

    assert (other.status_code, code(other)) == (409, "measurement-overlap")
    assert (again.status_code, again.data) == (201, first.data)
    assert code(altered) == "idempotency-key-reused"
    assert (part.status_code, code(part)) == (409, "measurement-overlap")


def test_what_is_not_over_is_not_reported(party: Party) -> None:
    tomorrow = FIRST_DAY + 61 * DAY_MS

    for end in (tomorrow + DAY_MS, tomorrow + 2 * DAY_MS):
        answer = sent(party, {"intervals": [reading(end - HOUR_MS, end)]})

        assert (answer.status_code, code(answer)) == (422, "future-production")


def test_a_reading_over_capacity_waits_until_the_issuing_body_accepts_it(
    party: Party, body: Party
) -> None:
    over = report(party.device, hour_wh=12 * MWH)
    recorded = party.reporter.made("/measurement-reports", over)
    asked = {"device": party.device, "account": party.account, **period()}

    early = party.post("/issuances", asked)
    by_itself = party.post(
        f"/measurement-reports/{recorded['id']}/accept", {"reason": "checked-on-site"}
    )
    accepted = body.made(
        f"/measurement-reports/{recorded['id']}/accept", {"reason": "checked-on-site"}
    )
    again = body.post(
        f"/measurement-reports/{recorded['id']}/accept", {"reason": "checked-on-site"}
    )
    issued = party.made("/issuances", asked)

    assert [finding["code"] for finding in recorded["findings"]] == ["over-capacity"] * 2
    assert sum(finding["count"] for finding in recorded["findings"]) == 24
    assert (early.status_code, code(early)) == (409, "finding-open")
    assert (by_itself.status_code, code(by_itself)) == (403, "forbidden-role")
    assert accepted["spans"] == [finding["start"] for finding in recorded["findings"]]
    assert (again.status_code, code(again)) == (409, "no-open-finding")
    assert issued["quantity"] == 24 * 12
    shown: Any = party.get(f"/measurement-reports/{recorded['id']}").json
    assert [span["is_accepted"] for span in shown["spans"]] == [True, True]
    assert {span["issuance"] for span in shown["spans"]} == {issued["id"]}


def test_a_report_without_findings_has_nothing_to_accept(party: Party, body: Party) -> None:
    recorded = party.reporter.made("/measurement-reports", report(party.device))

    answer = body.post(f"/measurement-reports/{recorded['id']}/accept", {"reason": "checked"})
    unknown = body.post(f"/measurement-reports/{uuid4()}/accept", {"reason": "checked"})

    assert (answer.status_code, code(answer)) == (409, "no-open-finding")
    assert (unknown.status_code, code(unknown)) == (404, "not-found")


def test_the_device_of_another_is_not_there(doors: Doors, party: Party, body: Party) -> None:
    other = joined(doors.client, body, "generator")

    answer = other.post("/measurement-reports", report(party.device))

    assert (answer.status_code, code(answer)) == (404, "not-found")
    assert pointer(answer) == "/device"


def test_a_device_that_is_not_approved_is_not_measured(party: Party) -> None:
    device = party.made("/devices", new_device())["id"]

    answer = party.post("/measurement-reports", report(device))

    assert (answer.status_code, code(answer)) == (409, "device-not-eligible")


def test_energy_is_whole_watt_hours(party: Party) -> None:
    for energy in (1.5, 1.0, "1000", True, None, -1, 2**53, 2**63):
        answer = sent(
            party, {"intervals": [{**reading(FIRST_DAY, FIRST_DAY + 1), "energy_wh": energy}]}
        )

        assert (energy, code(answer)) == (energy, "invalid-quantity")
        assert pointer(answer) == "/intervals/0/energy_wh"


def test_the_sum_of_a_day_has_to_fit_as_well(party: Party) -> None:
    most = 2**53 - 1
    readings = [reading(FIRST_DAY + at, FIRST_DAY + at + 1, most) for at in range(2)]

    answer = sent(party, {"intervals": readings})

    assert (answer.status_code, code(answer)) == (422, "invalid-quantity")


def test_no_energy_is_energy(party: Party) -> None:
    answer = sent(party, {"intervals": [reading(FIRST_DAY, FIRST_DAY + HOUR_MS, 0)]})

    assert answer.status_code == 201


def test_a_report_has_so_many_readings_and_days(party: Party) -> None:
    minute = 60_000
    begin = FIRST_DAY - 300 * DAY_MS
    many = [reading(begin + at * minute, begin + (at + 1) * minute, 1) for at in range(10_001)]
    days = [reading(begin + at * DAY_MS, begin + (at + 1) * DAY_MS, 1) for at in range(101)]

    over = sent(party, {"intervals": many})
    most = sent(party, {"intervals": many[:-1]})
    long = sent(party, {"intervals": days})

    assert (over.status_code, pointer(over)) == (422, "/intervals")
    assert most.status_code == 201
    assert (long.status_code, code(long)) == (422, "too-many-spans")


def test_csv_records_what_json_records(doors: Doors, party: Party, body: Party) -> None:
    other = metered(joined(doors.client, body, "generator"), body)
    party.reporter.made("/measurement-reports", report(party.device))

    answer = sent_csv(other, as_csv(other, *hours(24)))

    assert answer.status_code == 201
    assert [span["root"] for span in spans(other)] == [span["root"] for span in spans(party)]


FORMS: dict[str, Callable[[str], str]] = {
    "line feeds": lambda text: text,
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "no end of the last line": lambda text: text.rstrip("\n"),
    "a byte-order mark": lambda text: "\ufeff" + text,
    "quotes": lambda text: text.replace(f",{MWH},", f',"{MWH}",""'),
}


def test_csv_may_be_written_as_other_programs_write_it(party: Party) -> None:
    for at, (name, form) in enumerate(FORMS.items()):
        text = form(as_csv(party, *hours(24, first=24 * at)))

        answer = sent_csv(party, text, media_type="text/csv; charset=utf-8")

        assert (name, answer.status_code) == (name, 201)


def test_the_column_of_gaps_may_be_left_out(party: Party) -> None:
    lines = [line.rstrip(",") for line in hours(24)]

    answer = sent_csv(party, as_csv(party, *lines, header=COLUMNS.removesuffix(",gap")))

    assert answer.status_code == 201


def test_csv_declares_gaps(party: Party) -> None:
    before, missing, after = hours(3)
    declared = missing.replace(f"{MWH},", ",meter-fault")

    answer = sent_csv(party, as_csv(party, before, declared, after))

    assert answer.status_code == 201
    assert [span["gap"] for span in spans(party)] == ["", "meter-fault", ""]


def test_a_wrong_line_of_csv_is_named_by_its_number(party: Party) -> None:
    good = hours(3)
    wrong = {
        "no number": good[2].replace(f"{MWH},", "many,"),
        "a fraction": good[2].replace(f"{MWH},", "1.5,"),
        "an exponent": good[2].replace(f"{MWH},", "1e6,"),
        "a sign": good[2].replace(f"{MWH},", "+5,"),
        "a leading zero": good[2].replace(f"{MWH},", "05,"),
        "other digits": good[2].replace(f"{MWH},", "\u0661,"),
        "thousands": good[2].replace(f"{MWH},", '"1,000",'),
        "a formula": good[2].replace(f"{MWH},", "=1+1,"),
        "a space": good[2].replace(f"{MWH},", f" {MWH},"),
        "nothing": good[2].replace(f"{MWH},", ","),
        "energy in a gap": f"{good[2]}fault",
        "one column less": good[2].rstrip(","),
        "one column more": f"{good[2]},",
        "an open quote": f'"{good[2]}',
        "text behind a quote": good[2].replace(f"{MWH},", f'"{MWH}"0,'),
        "a long cell": f"{good[2]}{'x' * 300}",
    }

    for name, line in wrong.items():
        answer = sent_csv(party, as_csv(party, *good[:2], line))

        assert (name, answer.status_code, code(answer)) == (name, 400, "malformed-csv")
        assert answer.json is not None
        assert (name, answer.json["detail"].split(":")[0]) == (name, "Line 4")
    assert spans(party) == []


def test_a_csv_is_of_one_device(party: Party) -> None:
    text = as_csv(party, *hours(2)) + f"{uuid4()},{hours(3)[2]}\n"

    answer = sent_csv(party, text)

    assert (code(answer), answer.status_code) == ("malformed-csv", 400)
    assert answer.json is not None
    assert answer.json["detail"].startswith("Line 4: ")


HEADERS = {
    "nothing": b"",
    "no header": b"x",
    "columns of another name": b"device,from,to,energy_wh\n",
    "columns in another order": b"start,device,end,energy_wh,gap\n",
    "semicolons": b"device;start;end;energy_wh;gap\n",
    "capitals": b"Device,Start,End,Energy_Wh,Gap\n",
    "UTF-16": (COLUMNS + "\n").encode("utf-16"),
    "Latin-1": COLUMNS.encode() + b"\n\xe9\n",
    "a zero byte": b"\x00" + COLUMNS.encode() + b"\n",
}


def test_a_csv_begins_with_its_columns(party: Party) -> None:
    for name, data in HEADERS.items():
        answer = sent_csv(party, data)

        assert (name, answer.status_code, code(answer)) == (name, 400, "malformed-csv")
        assert answer.json is not None
        assert answer.json["detail"].startswith("Line 1: ")

    empty = sent_csv(party, f"{COLUMNS}\n")
    blank = sent_csv(party, f"{COLUMNS}\n\n")
    assert [code(answer) for answer in (empty, blank)] == ["malformed-csv"] * 2


def test_cells_of_csv_are_read_by_the_rules_of_members(party: Party) -> None:
    start, end, *_ = hours(1)[0].split(",")
    local = start.replace("Z", "+13:00")
    cases = {
        f"{local},{end},1,": ("invalid-timestamp", "/intervals/0/start"),
        f"{start},{end[:-1]},1,": ("invalid-timestamp", "/intervals/0/end"),
        f"{start},{end},-1,": ("invalid-quantity", "/intervals/0/energy_wh"),
        f"{start},{end},{2**53},": ("invalid-quantity", "/intervals/0/energy_wh"),
        f"{start},{end},,=cmd": ("invalid-field", "/intervals"),
        f"{start},{end},,meter-fault": ("invalid-field", "/intervals"),
        f"=1+1,{end},1,": ("invalid-timestamp", "/intervals/0/start"),
    }

    for line, expected in cases.items():
        answer = sent_csv(party, as_csv(party, line))
        assert answer.status_code == 422
        assert (line, code(answer), pointer(answer)) == (line, *expected)

    formula = sent_csv(party, as_csv(party, *hours(1), f"{start},{end},,=cmd"))
    assert (code(formula), pointer(formula)) == ("invalid-field", "/gaps/0/reason")
    nobody = sent_csv(party, f"{COLUMNS}\n=1+1,{hours(1)[0]}\n")
    assert (code(nobody), pointer(nobody)) == ("invalid-id", "/device")


def test_a_csv_has_so_many_lines(party: Party) -> None:
    begin = FIRST_DAY - 100 * DAY_MS
    lines = [
        f"{format_time(begin + at * 60_000)},{format_time(begin + (at + 1) * 60_000)},1,"
        for at in range(10_001)
    ]

    answer = sent_csv(party, as_csv(party, *lines))

    assert (answer.status_code, pointer(answer)) == (422, "/intervals")
