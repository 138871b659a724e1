"""A month of all devices of a registrant in one request, each answered on its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import TestResponse

from app.ledger.times import format_time
from tests.api.doors import Doors
from tests.api.parties import Party, approval, code, joined, new_device, period, report, with_device
from tests.api.wide import DENMARK, HOURLY, wide_doors
from tests.scenario import DAY_MS, FIRST_DAY, HOUR_MS, MWH

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def wide(database_url: str, tmp_path: Path) -> Iterator[Doors]:
    """A registry of several domains."""
    with wide_doors(database_url, tmp_path / "home") as made:
        yield made


@pytest.fixture
def body(wide: Doors) -> Party:
    """The issuing body."""
    return Party(wide.client, wide.keys["issuing_body"], wide.registry.issuing_body)


@pytest.fixture
def seller(wide: Doors, body: Party) -> Party:
    """A generator without devices, and a measurement body for those that it will have."""
    found = joined(wide.client, body, "generator")
    found.metering = joined(wide.client, body, "measurement_body")
    return found


def device(party: Party, body: Party, *, automatic: bool = True, **more: object) -> str:
    return with_device(party, body, automatic=automatic, **more).device


def reported(party: Party, device: str, **more: Any) -> None:  # noqa: ANN401 - a test's own
    party.reporter.made("/measurement-reports", report(device, **more))


def asked(party: Party, *, key: str | None = None, **more: object) -> Any:  # noqa: ANN401 - JSON
    wanted = {} if "month" in more else period()
    return party.made("/issuances/month", {"account": party.account, **wanted, **more}, key=key)


def by_device(answer: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    return {row["device"]: row for row in answer["outcomes"]}


def pointer(answer: TestResponse) -> str:
    assert answer.json is not None
    found: str = answer.json["errors"][0]["pointer"]
    return found


def test_each_device_has_its_outcome(seller: Party, body: Party) -> None:
    issued, waiting = device(seller, body), device(seller, body, automatic=False)
    little, unmeasured = device(seller, body), device(seller, body)
    for named in (issued, waiting):
        reported(seller, named)
    reported(seller, little, hour_wh=1)

    answer = asked(seller)

    found = by_device(answer)
    assert {named: row["outcome"] for named, row in found.items()} == {
        issued: "issued",
        waiting: "submitted",
        little: "below-face-value",
        unmeasured: "refused",
    }
    assert found[unmeasured]["problem"]["type"] == "/problems/measurement-incomplete"
    assert found[little]["problem"]["status"] == 422
    assert answer["totals"] == {
        "requests": 4,
        "issued": 1,
        "submitted": 1,
        "below_face_value": 1,
        "refused": 1,
        "quantity": 24,
    }
    assert seller.shown(f"/issuances/{found[issued]['id']}")["quantity"] == 24
    assert seller.shown(f"/issuances/{found[waiting]['id']}")["state"] == "submitted"
    assert seller.get(found[issued]["receipt"].removeprefix("/v1")).status_code == 200


def test_the_same_call_again_goes_on_where_it_was(seller: Party, body: Party) -> None:
    first, second = device(seller, body), device(seller, body)
    reported(seller, first)
    before = by_device(asked(seller, key="june"))
    reported(seller, second)

    after = by_device(asked(seller, key="june"))

    assert [before[named]["outcome"] for named in (first, second)] == ["issued", "refused"]
    assert [after[named]["outcome"] for named in (first, second)] == ["issued", "issued"]
    assert after[first] == {**before[first], "replayed": True}
    assert after[second]["replayed"] is False
    other = by_device(asked(seller, key="again"))
    assert {row["problem"]["type"] for row in other.values()} == {"/problems/double-issuance"}


def test_another_account_under_the_same_key_is_refused_device_by_device(
    seller: Party, body: Party
) -> None:
    named = device(seller, body)
    reported(seller, named)
    asked(seller, key="june")
    other = seller.made("/accounts")["id"]

    answer = asked(seller, key="june", account=other)

    problem = by_device(answer)[named]["problem"]
    assert problem["type"] == "/problems/idempotency-key-reused"
    assert seller.shown(f"/accounts/{other}/holdings")["holdings"] == []


def test_devices_may_be_named(wide: Doors, seller: Party, body: Party) -> None:
    first, second = device(seller, body), device(seller, body)
    stranger = with_device(joined(wide.client, body, "generator"), body)
    for named in (first, second):
        reported(seller, named)

    answer = asked(seller, devices=[first, stranger.device, UNKNOWN])

    found = by_device(answer)
    assert found.keys() == {first, stranger.device, UNKNOWN}
    assert found[first]["outcome"] == "issued"
    for named in (stranger.device, UNKNOWN):
        assert found[named]["problem"]["type"] == "/problems/not-found"
        assert (found[named]["id"], found[named]["period_start"]) == (None, None)
    twice = seller.post(
        "/issuances/month",
        {"account": seller.account, **period(), "devices": [first, first]},
    )
    assert (twice.status_code, code(twice), pointer(twice)) == (422, "duplicate-item", "/devices")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, ("invalid-field", "/month")),
        ({"month": "2025-01", **period()}, ("invalid-field", "/month")),
        ({"period_start": format_time(FIRST_DAY)}, ("invalid-field", "/month")),
        ({"month": "2025-13"}, ("invalid-field", "/month")),
        ({"month": "2025-1"}, ("invalid-field", "/month")),
        (
            {"period_start": format_time(FIRST_DAY), "period_end": format_time(FIRST_DAY)},
            ("invalid-interval", "/period_end"),
        ),
        ({"month": "2025-01", "late": "Why?"}, ("invalid-field", "/late")),
        ({"month": "2025-01", "devices": []}, ("invalid-field", "/devices")),
    ],
    ids=["neither", "both", "half", "13th", "short", "empty", "late", "none"],
)
def test_it_is_a_month_or_a_period(
    seller: Party, members: dict[str, object], expected: tuple[str, str]
) -> None:
    answer = seller.post("/issuances/month", {"account": seller.account, **members})

    assert (answer.status_code, code(answer), pointer(answer)) == (422, *expected)


def last_month(timezone: str) -> tuple[str, int, int]:
    """Return the last whole month of a zone that is over in every zone, and its ends."""
    zone = ZoneInfo(timezone)
    first = (datetime.now(UTC) - timedelta(days=2)).replace(day=1)
    before = first - timedelta(days=1)
    start = datetime(before.year, before.month, 1, tzinfo=zone)
    end = datetime(first.year, first.month, 1, tzinfo=zone)
    return f"{before:%Y-%m}", int(start.timestamp()) * 1000, int(end.timestamp()) * 1000


def measured_between(party: Party, device: str, start: int, end: int) -> None:
    """Report hours of 1 MWh."""
    intervals = [
        {
            "start": format_time(at),
            "end": format_time(at + HOUR_MS),
            "energy_wh": MWH,
        }
        for at in range(start, end, HOUR_MS)
    ]
    party.reporter.made("/measurement-reports", {"device": device, "intervals": intervals})


def test_a_month_is_that_of_each_devices_domain(seller: Party, body: Party) -> None:
    here, there = device(seller, body), device(seller, body, domain=DENMARK.code)
    month, *ends = last_month("Pacific/Auckland")
    _, *other_ends = last_month(DENMARK.timezone)
    measured_between(seller, here, *ends)
    measured_between(seller, there, *other_ends)

    answer = asked(seller, month=month)

    found = by_device(answer)
    assert {row["outcome"] for row in found.values()} == {"issued"}
    for named, (start, end) in ((here, ends), (there, other_ends)):
        assert found[named]["quantity"] == (end - start) // HOUR_MS
        assert found[named]["period_start"] == format_time(start)
        assert found[named]["period_end"] == format_time(end)
    months = {(row["domain"], row["month"]) for row in seller.shown("/reports/issued")["issued"]}
    assert months == {("NZ", month), ("DK", month)}


def test_a_month_is_asked_for_as_far_as_the_registration_reaches(
    seller: Party, body: Party
) -> None:
    named = seller.made("/devices", new_device(measurement_body=seller.reporter.id))["id"]
    begins = FIRST_DAY + DAY_MS
    body.made(
        f"/devices/{named}/approve",
        approval(automatic=True, valid_from=format_time(begins)),
    )
    reported(seller, named, first=1, days=2)

    answer = asked(seller, **period(days=3))

    (row,) = answer["outcomes"]
    assert (row["outcome"], row["quantity"]) == ("issued", 48)
    assert row["period_start"] == format_time(begins)


def test_in_a_granular_domain_each_span_is_issued_by_itself(seller: Party, body: Party) -> None:
    named = device(seller, body, domain=HOURLY.code)
    readings: Any = report(named, hour_wh=7)
    readings["intervals"][3]["energy_wh"] = 0
    seller.reporter.made("/measurement-reports", readings)

    answer = asked(seller, key="june")
    again = asked(seller, key="june")
    other = asked(seller, key="july")

    assert answer["totals"]["issued"] == 23
    assert answer["totals"]["quantity"] == 23 * 7
    assert {row["quantity"] for row in answer["outcomes"]} == {7}
    assert [row["period_start"] for row in answer["outcomes"]] == sorted(
        row["period_start"] for row in answer["outcomes"]
    )
    assert again["totals"] == answer["totals"]
    assert {row["replayed"] for row in again["outcomes"]} == {True}
    assert other["totals"]["requests"] == 0
    spans = seller.shown(f"/devices/{named}/spans")["spans"]
    assert len(spans) == 24


def test_a_granular_certificate_has_an_hour_at_most(seller: Party, body: Party) -> None:
    """Row 19."""
    named = device(seller, body, domain=HOURLY.code)
    reported(seller, named, hour_wh=7)
    ask = {"device": named, "account": seller.account}
    hour = {"start": FIRST_DAY + DAY_MS, "end": FIRST_DAY + DAY_MS + HOUR_MS + 1}
    long = {name: format_time(at) for name, at in hour.items()} | {"energy_wh": 1}

    day = seller.post("/issuances", {**ask, **period()})
    reading = seller.reporter.post("/measurement-reports", {"device": named, "intervals": [long]})

    for answer in (day, reading):
        assert (answer.status_code, code(answer)) == (422, "interval-granularity")
    assert pointer(reading) == "/spans/0"


def test_much_energy_needs_two_persons_and_the_preview_says_so(seller: Party, body: Party) -> None:
    named = device(seller, body, automatic=False, domain=DENMARK.code)
    reported(seller, named, days=2)
    ask = {"device": named, "account": seller.account, **period(days=2)}

    preview = seller.made("/issuances/preview", ask)
    request = seller.made("/issuances", ask)["id"]
    alone = body.post(f"/issuances/{request}/approve")
    said = {"outcome": "verified", "reason": "seen"}
    seller.reporter.made(f"/issuances/{request}/review", said)
    approved = body.made(f"/issuances/{request}/approve")

    assert (preview["is_automatic"], preview["needs_second_person"]) == (False, True)
    assert (alone.status_code, code(alone)) == (403, "separation-of-duties")
    assert approved["quantity"] == 48


def test_what_is_refused_leaves_a_row_on_the_trail(seller: Party, body: Party) -> None:
    named = device(seller, body)

    asked(seller)

    (row,) = seller.shown("/refusals")["refusals"]
    assert (row["code"], row["type"]) == ("measurement-incomplete", "issue.request")
    assert by_device(asked(seller)).keys() == {named}


def test_only_generators_ask_and_with_a_key_that_writes(wide: Doors, body: Party) -> None:
    buyer = joined(wide.client, body, "buyer")

    answer = buyer.post("/issuances/month", {"account": buyer.account, "month": "2025-01"})
    nothing = joined(wide.client, body, "generator")

    assert (answer.status_code, code(answer)) == (403, "forbidden-role")
    assert asked(nothing)["totals"]["requests"] == 0
