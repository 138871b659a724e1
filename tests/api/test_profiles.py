"""Profiles over HTTP: when certificates were produced, to the Wh, for who may know it."""

import csv
from io import StringIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.ledger.times import format_time
from tests.api.doors import Doors
from tests.api.officers import named, officer, withdrawing, withdrawn
from tests.api.parties import Party, code, joined, period, report, retiring, with_device
from tests.scenario import DAY_MS, FIRST_DAY, HOUR_MS, MWH

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


@pytest.fixture
def seller(doors: Doors, body: Party) -> Party:
    """A generator whose hours give 1, 2, 3 … 24 times 100 kWh, day after day."""
    found = with_device(joined(doors.client, body, "generator"), body)
    for first in range(3):
        day: Any = report(found.device, first=first)
        for at, item in enumerate(day["intervals"], 1):
            item["energy_wh"] = at * 100_000 + first
        found.reporter.made("/measurement-reports", day)
    return found


def issue(party: Party, *, first: int = 0, days: int = 1) -> str:
    asked = {"device": party.device, "account": party.account, **period(first=first, days=days)}
    answer = party.made("/issuances", asked)
    assert answer["state"] == "issued"
    found: str = answer["id"]
    return found


def profile(party: Party, issuance: str, query: str = "") -> Any:  # noqa: ANN401 - JSON
    return party.shown(f"/issuances/{issuance}/profile{query}")


def refused(party: Party, issuance: str, query: str = "") -> tuple[int, str]:
    answer = party.get(f"/issuances/{issuance}/profile{query}")
    return answer.status_code, code(answer)


def hour(at: int) -> str:
    return format_time(FIRST_DAY + at * HOUR_MS)


def lines(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.reader(StringIO(answer.text)))


def test_a_certificate_covers_its_wh_of_the_readings_in_order(seller: Party) -> None:
    issuance = issue(seller)

    first, third = (
        profile(seller, issuance, "?last=1"),
        profile(seller, issuance, "?first=3&last=3"),
    )

    assert first["profile"] == [
        {"start": hour(0), "end": hour(1), "energy_wh": 100_000, "carried": False},
        {"start": hour(1), "end": hour(2), "energy_wh": 200_000, "carried": False},
        {"start": hour(2), "end": hour(3), "energy_wh": 300_000, "carried": False},
        {"start": hour(3), "end": hour(4), "energy_wh": 400_000, "carried": False},
    ]
    assert [(item["start"], item["energy_wh"]) for item in third["profile"]] == [
        (hour(5), 100_000),
        (hour(6), 700_000),
        (hour(7), 200_000),
    ]
    assert (third["first"], third["last"], third["energy_wh"]) == (3, 3, MWH)


def test_profiles_add_up_to_the_certificates_exactly(seller: Party) -> None:
    issuance = issue(seller)
    whole = profile(seller, issuance)

    parts = [profile(seller, issuance, f"?first={at}&last={at}") for at in range(1, 31)]

    assert whole["energy_wh"] == 30 * MWH == sum(item["energy_wh"] for item in whole["profile"])
    assert {sum(item["energy_wh"] for item in part["profile"]) for part in parts} == {MWH}
    by_hour: dict[str, int] = {}
    for part in parts:
        for item in part["profile"]:
            by_hour[item["start"]] = by_hour.get(item["start"], 0) + item["energy_wh"]
    assert by_hour == {item["start"]: item["energy_wh"] for item in whole["profile"]}


def test_carried_energy_comes_first_with_the_hours_it_was_produced_in(seller: Party) -> None:
    """A day gives 30,000,024 Wh more or less: what is over is produced in its last hour."""
    issue(seller)
    issue(seller, first=1)
    third = issue(seller, first=2)

    carried, *own = profile(seller, third, "?last=1")["profile"]
    later = profile(seller, third, "?first=2&last=2")["profile"]

    assert carried == {"start": hour(47), "end": hour(48), "energy_wh": 24, "carried": True}
    assert own[0] == {"start": hour(48), "end": hour(49), "energy_wh": 100_002, "carried": False}
    assert not any(item["carried"] for item in later)
    assert sum(item["energy_wh"] for item in (carried, *own)) == MWH


def test_what_carried_it_over_is_passed_over_where_it_was_withdrawn(
    seller: Party, body: Party
) -> None:
    """The second day's issuance is taken back before the third's: nothing comes from it."""
    first, second = officer(body), officer(body)
    issue(seller)
    issue(seller, first=1)
    gone = seller.shown("/reports/issuances")["issuances"]
    (taken,) = (row for row in gone if row["period_start"] == hour(24))
    withdrawn(first, second, withdrawing(named(taken["id"], 1, taken["quantity"])))
    third = issue(seller, first=2)

    found = profile(seller, third, "?last=1")["profile"]

    assert taken["carried_out_wh"] == 24
    assert [item["carried"] for item in found].count(True) == 0
    assert refused(seller, taken["id"]) == (409, "profile-not-kept")
    answer = seller.get(f"/issuances/{taken['id']}/intervals")
    assert (answer.status_code, code(answer)) == (409, "profile-not-kept")


def test_what_carried_it_over_and_was_withdrawn_since_is_not_told(
    seller: Party, body: Party
) -> None:
    first, second = officer(body), officer(body)
    issue(seller)
    source = issue(seller, first=1)
    third = issue(seller, first=2)
    quantity = seller.shown(f"/issuances/{source}")["quantity"]

    withdrawn(first, second, withdrawing(named(source, 1, quantity)))

    assert refused(seller, third, "?last=1") == (409, "profile-not-kept")
    assert sum(item["energy_wh"] for item in profile(seller, third, "?first=2")["profile"]) == (
        29 * MWH
    )


def test_a_partly_withdrawn_issuance_has_its_profile_still(seller: Party, body: Party) -> None:
    first, second = officer(body), officer(body)
    issuance = issue(seller)
    before = profile(seller, issuance)

    withdrawn(first, second, withdrawing(named(issuance, 1, 29)))

    assert profile(seller, issuance) == before


def test_a_range_is_of_the_issuance(seller: Party) -> None:
    issuance = issue(seller)

    for query in ("?first=2&last=1", "?last=31", "?first=31", "?first=40&last=50"):
        assert (query, refused(seller, issuance, query)) == (
            query,
            (422, "invalid-number-range"),
        )
    for query in ("?first=0", "?last=x", "?first=1.5", "?format=xml", "?colour=red"):
        assert (query, refused(seller, issuance, query)) == (query, (400, "invalid-query"))
    assert refused(seller, UNKNOWN) == (404, "not-found")


def test_a_request_has_no_profile(seller: Party) -> None:
    asked = {"device": seller.device, "account": seller.account, **period(), "draft": True}
    draft = seller.made("/issuances", asked)["id"]

    assert refused(seller, draft) == (404, "not-found")


def test_who_holds_a_part_sees_when_that_part_was_produced(
    doors: Doors, seller: Party, body: Party
) -> None:
    issuance = issue(seller)
    buyer = joined(doors.client, body, "buyer")
    buyer.send("PUT", f"/accounts/{buyer.account}/whitelist/{seller.account}")
    items = [named(issuance, 3, 5), named(issuance, 9, 9)]
    seller.made("/transfers", {"from": seller.account, "to": buyer.account, "items": items})
    buyer.made("/retirements", retiring(buyer.account, items=[named(issuance, 4, 4)]))

    own = profile(buyer, issuance, "?first=3&last=5")

    assert own == profile(seller, issuance, "?first=3&last=5")
    assert profile(buyer, issuance, "?first=9&last=9")["energy_wh"] == MWH
    for query in ("", "?first=3&last=9", "?first=5&last=6", "?first=2&last=3", "?first=9&last=99"):
        assert (query, refused(buyer, issuance, query)) == (query, (403, "not-holder"))
    for query in ("?first=1&last=2", "?first=6&last=8", "?first=31&last=31", "?first=5&last=4"):
        assert (query, refused(buyer, issuance, query)) == (query, (404, "not-found"))
    assert buyer.get(f"/issuances/{issuance}/intervals").status_code == 404


def test_strangers_see_nothing_and_supervisors_and_the_measurement_body_all(
    doors: Doors, seller: Party, body: Party
) -> None:
    issuance = issue(seller)
    stranger = joined(doors.client, body, "buyer")
    auditor = Party(doors.client, doors.keys["auditor"])

    whole = [profile(party, issuance) for party in (seller, body, auditor, seller.reporter)]

    assert all(found == whole[0] for found in whole)
    assert refused(stranger, issuance) == (404, "not-found")
    assert doors.client.get(f"/v1/issuances/{issuance}/profile").status_code == 401


def test_csv_has_the_same_slices(seller: Party) -> None:
    issuance = issue(seller)
    path = f"/issuances/{issuance}/profile"

    asked = seller.get(f"{path}?last=2&format=csv")
    accepted = seller.get(f"{path}?last=2", Accept="text/csv")
    overruled = seller.get(f"{path}?last=2&format=json", Accept="text/csv")

    shown = profile(seller, issuance, "?last=2")["profile"]
    assert lines(asked) == [
        ["start", "end", "energy_wh", "carried"],
        *([row["start"], row["end"], str(row["energy_wh"]), "false"] for row in shown),
    ]
    assert asked.data == accepted.data
    assert f"profile-{issuance}.csv" in asked.headers["Content-Disposition"]
    assert overruled.mimetype == "application/json"


def test_intervals_tell_readings_with_quality_netting_and_report(seller: Party) -> None:
    gap = {
        "start": format_time(FIRST_DAY + 3 * DAY_MS),
        "end": format_time(FIRST_DAY + 3 * DAY_MS + HOUR_MS),
        "reason": "meter-fault",
    }
    day: Any = report(seller.device, first=3)
    day["intervals"][5]["drawn_wh"] = 250_000
    said = {**day, "intervals": day["intervals"][1:], "gaps": [gap], "quality": "corrected"}
    reported = seller.reporter.made("/measurement-reports", said)
    issuance = issue(seller, first=3)

    found = seller.shown(f"/issuances/{issuance}/intervals")

    spans = found["spans"]
    readings = [item for span in spans for item in span["readings"]]
    assert (found["energy_wh"], found["carried_in_wh"]) == (23 * MWH - 250_000, 0)
    assert sum(item["energy_wh"] for item in readings) == found["energy_wh"]
    assert readings[4] == {"start": hour(77), "end": hour(78), "energy_wh": 750_000}
    assert (spans[0]["gap"], spans[0]["readings"], spans[0]["netting"]) == ("meter-fault", [], None)
    assert {span["report"] for span in spans} == {reported["id"]}
    assert {span["quality"] for span in spans[1:]} == {"corrected"}
    (netting,) = (span["netting"] for span in spans if span["netting"])
    assert netting["gross_wh"] - netting["deducted_wh"] == next(
        span["energy_wh"] for span in spans if span["netting"]
    )
    table = lines(seller.get(f"/issuances/{issuance}/intervals?format=csv"))
    assert table[0] == ["start", "end", "energy_wh", "quality", "span", "report"]
    assert len(table) == 24
    assert sum(int(row[2]) for row in table[1:]) == found["energy_wh"]


def test_intervals_name_the_correction_that_they_come_from(seller: Party, body: Party) -> None:
    intervals = report(seller.device)["intervals"]
    made = seller.reporter.made(
        f"/devices/{seller.device}/corrections", {"intervals": intervals, "reason": "again"}
    )
    body.made(f"/measurement-reports/{made['id']}/accept", {"reason": "seen"})

    spans = seller.shown(f"/issuances/{issue(seller)}/intervals")["spans"]

    assert {span["report"] for span in spans} == {made["id"]}
    assert {item["energy_wh"] for span in spans for item in span["readings"]} == {MWH}
