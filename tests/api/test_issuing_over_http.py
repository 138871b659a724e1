"""Issuing over HTTP: drafts, previews, reviews, two persons, and all that is not issued."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.ledger.times import format_time
from tests.api.doors import Doors
from tests.api.officers import adjusted, adjusting, officer
from tests.api.parties import (
    Party,
    approval,
    code,
    issued,
    joined,
    new_device,
    period,
    report,
    with_device,
)
from tests.scenario import DAY_MS, FIRST_DAY, HOUR_MS, MWH

UNKNOWN = "00000000-0000-4000-8000-000000000000"
Told = tuple[int, str, str]


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


@pytest.fixture
def seller(doors: Doors, body: Party) -> Party:
    """A generator whose requests wait; a measurement body has reported a day: 24 certificates."""
    found = joined(doors.client, body, "generator")
    found.metering = joined(doors.client, body, "measurement_body")
    with_device(found, body, automatic=False)
    found.reporter.made("/measurement-reports", report(found.device))
    return found


def told(answer: TestResponse) -> Told:
    """Return status, code and the first pointer of a refusal."""
    assert answer.json is not None
    pointer = answer.json.get("errors", [{"pointer": ""}])[0]["pointer"]
    return answer.status_code, code(answer), pointer


def asking(party: Party, **more: object) -> dict[str, object]:
    return {"device": party.device, "account": party.account, **period(), **more}


def reviewing(outcome: str) -> dict[str, object]:
    return {"outcome": outcome, "reason": "meter-read"}


def state(party: Party, issuance: str) -> str:
    found: str = party.shown(f"/issuances/{issuance}")["state"]
    return found


# ---- drafts, submission, review


def test_a_draft_waits_until_it_is_submitted(seller: Party, body: Party) -> None:
    draft = seller.made("/issuances", asking(seller, draft=True))

    early = body.post(f"/issuances/{draft['id']}/approve")
    submitted = seller.made(f"/issuances/{draft['id']}/submit")
    approved = body.made(f"/issuances/{draft['id']}/approve")

    assert draft["state"] == "draft"
    assert told(early) == (409, "request-already-decided", "")
    assert (submitted["state"], submitted["issue"]) == ("submitted", None)
    assert (approved["state"], approved["quantity"]) == ("issued", 24)


def test_a_draft_of_an_automatic_device_is_issued_when_it_is_submitted(
    doors: Doors, body: Party
) -> None:
    seller = with_device(joined(doors.client, body, "generator"), body)
    draft = seller.made("/issuances", asking(seller, draft=True))
    unmeasured = seller.post(f"/issuances/{draft['id']}/submit")
    seller.reporter.made("/measurement-reports", report(seller.device))

    answer = seller.made(f"/issuances/{draft['id']}/submit")

    assert told(unmeasured) == (409, "measurement-incomplete", "")
    assert (answer["state"], answer["quantity"]) == ("issued", 24)
    assert state(seller, draft["id"]) == "issued"


def test_a_request_is_referred_back_and_submitted_again(seller: Party, body: Party) -> None:
    asked = seller.made("/issuances", asking(seller))["id"]

    referred = body.made(f"/issuances/{asked}/review", reviewing("referred"))
    waiting = body.post(f"/issuances/{asked}/approve")
    again = seller.made(f"/issuances/{asked}/submit")
    verified = seller.reporter.made(f"/issuances/{asked}/review", reviewing("verified"))
    approved = body.made(f"/issuances/{asked}/approve")

    states = [answer["state"] for answer in (referred, again, verified, approved)]
    assert states == ["referred", "submitted", "verified", "issued"]
    assert told(waiting) == (409, "request-already-decided", "")


def test_a_rejected_request_may_be_submitted_again(seller: Party, body: Party) -> None:
    asked = seller.made("/issuances", asking(seller))["id"]
    body.made(f"/issuances/{asked}/reject", {"reason": "meter-in-doubt"})

    answer = seller.made(f"/issuances/{asked}/submit")

    assert answer["state"] == "submitted"
    assert state(body, asked) == "submitted"


def test_the_measurement_body_sees_what_it_reviews_and_nothing_else(
    doors: Doors, seller: Party, body: Party
) -> None:
    asked = seller.made("/issuances", asking(seller))["id"]
    other = joined(doors.client, body, "measurement_body")

    seen = seller.reporter.shown("/issuances")["issuances"]
    unseen = other.post(f"/issuances/{asked}/review", reviewing("verified"))
    unknown = other.post(f"/issuances/{UNKNOWN}/review", reviewing("verified"))

    assert [row["id"] for row in seen] == [asked]
    assert other.shown("/issuances")["issuances"] == []
    assert other.get(f"/issuances/{asked}").status_code == 404
    assert told(unseen) == told(unknown) == (404, "not-found", "/issuance")


def test_who_reports_its_own_readings_verifies_nothing(doors: Doors, body: Party) -> None:
    """Row 45: a registrant that is its own measurement body."""
    seller = joined(doors.client, body, "generator", "measurement_body")
    with_device(seller, body, automatic=False)
    seller.made("/measurement-reports", report(seller.device))
    asked = seller.made("/issuances", asking(seller))["id"]

    verified = seller.post(f"/issuances/{asked}/review", reviewing("verified"))
    automatic = body.send(
        "PUT",
        f"/devices/{seller.device}/automatic",
        {"automatic_wh": 1},
        headers={"If-Match": seller.get(f"/devices/{seller.device}").headers["ETag"]},
    )

    assert told(verified) == (403, "separation-of-duties", "")
    assert told(automatic) == (403, "separation-of-duties", "/automatic_wh")


def test_a_measurement_body_refers_nothing_back(seller: Party) -> None:
    asked = seller.made("/issuances", asking(seller))["id"]

    answer = seller.reporter.post(f"/issuances/{asked}/review", reviewing("referred"))

    assert told(answer) == (403, "separation-of-duties", "")


def test_nobody_approves_what_the_same_person_has_verified(seller: Party, body: Party) -> None:
    """Row 45: requester, verifier and approver are three."""
    asked = seller.made("/issuances", asking(seller))["id"]
    first, second = officer(body), officer(body)
    first.made(f"/issuances/{asked}/review", reviewing("verified"))

    alone = first.post(f"/issuances/{asked}/approve")
    together = second.made(f"/issuances/{asked}/approve")

    assert told(alone) == (403, "separation-of-duties", "")
    assert together["state"] == "issued"


def test_a_reason_and_an_outcome_are_words_that_are_known(seller: Party, body: Party) -> None:
    asked = seller.made("/issuances", asking(seller))["id"]

    answers = [
        body.post(f"/issuances/{asked}/review", {"outcome": "approved", "reason": "fine"}),
        body.post(f"/issuances/{asked}/review", {"outcome": "verified", "reason": "Fine!"}),
        body.post(f"/issuances/{asked}/review", {"outcome": "verified"}),
    ]

    assert [told(answer) for answer in answers] == [
        (422, "invalid-field", "/outcome"),
        (422, "invalid-field", "/reason"),
        (422, "missing-field", "/reason"),
    ]


# ---- preview


def preview(party: Party, **more: object) -> Any:  # noqa: ANN401 - JSON
    return party.made("/issuances/preview", asking(party, **more))


def test_a_preview_says_who_would_decide(seller: Party) -> None:
    found = preview(seller)

    assert found == {
        "energy_wh": 24 * MWH,
        "carried_in_wh": 0,
        "carried_out_wh": 0,
        "face_value_wh": MWH,
        "quantity": 24,
        "transfer_until": found["transfer_until"],
        "retire_until": found["retire_until"],
        "findings": [],
        "is_automatic": False,
        "needs_second_person": False,
    }
    assert found["transfer_until"] < found["retire_until"]


def test_a_preview_names_the_findings_that_are_open(seller: Party, body: Party) -> None:
    reported = seller.reporter.made(
        "/measurement-reports", report(seller.device, first=1, hour_wh=12 * MWH)
    )

    open_now = preview(seller, **period(days=2))
    refused = seller.post("/issuances", asking(seller, **period(days=2)))
    body.made(f"/measurement-reports/{reported['id']}/accept", {"reason": "seen"})
    later = preview(seller, **period(days=2))

    starts = [finding["start"] for finding in reported["findings"]]
    assert [span["start"] for span in open_now["findings"]] == starts
    assert sum(span["energy_wh"] for span in open_now["findings"]) == 24 * 12 * MWH
    assert open_now["quantity"] == later["quantity"] == 24 * 13
    assert told(refused) == (409, "finding-open", "")
    assert later["findings"] == []


def test_an_automatic_device_needs_nobody_until_a_finding_is_open(
    doors: Doors, body: Party
) -> None:
    seller = with_device(joined(doors.client, body, "generator"), body)
    seller.reporter.made("/measurement-reports", report(seller.device))
    seller.reporter.made("/measurement-reports", report(seller.device, first=1, hour_wh=12 * MWH))

    assert preview(seller)["is_automatic"] is True
    assert preview(seller, **period(days=2))["is_automatic"] is False
    assert preview(seller, late="meter-exchanged")["needs_second_person"] is True


def test_a_preview_writes_nothing(seller: Party, body: Party) -> None:
    size = body.shown("/health")["size"]

    preview(seller)
    preview(seller, draft=True)

    assert body.shown("/health")["size"] == size
    assert seller.shown("/issuances")["issuances"] == []


def test_a_late_request_says_why_and_needs_two_persons(doors: Doors, body: Party) -> None:
    """Row 44: production older than the issue window."""
    seller = joined(doors.client, body, "generator")
    seller.metering = joined(doors.client, body, "measurement_body")
    seller.device = seller.made("/devices", new_device(measurement_body=seller.metering.id))["id"]
    valid_from = format_time(FIRST_DAY - 800 * DAY_MS)
    body.made(f"/devices/{seller.device}/approve", approval(valid_from=valid_from))
    seller.metering.made("/measurement-reports", report(seller.device, first=-400))
    asked = asking(seller, **period(first=-400))

    silent = seller.post("/issuances", asked)
    request = seller.made("/issuances", {**asked, "late": "meter-exchanged"})
    alone = body.post(f"/issuances/{request['id']}/approve")
    seller.metering.made(f"/issuances/{request['id']}/review", reviewing("verified"))
    issue = body.made(f"/issuances/{request['id']}/approve")

    assert told(silent) == (409, "issue-window-closed", "")
    assert seller.shown(f"/issuances/{request['id']}")["is_late"] is True
    assert told(alone) == (403, "separation-of-duties", "")
    assert issue["quantity"] == 24


# ---- inputs that are refused


def test_a_period_ends_after_it_starts_and_is_over(seller: Party) -> None:
    """Rows 18 and 20."""
    start = format_time(FIRST_DAY)

    empty = seller.post("/issuances", asking(seller, period_end=start))
    future = seller.post("/issuances", asking(seller, **period(first=61, days=2)))

    assert told(empty) == (422, "invalid-interval", "/period_end")
    assert told(future) == (422, "future-production", "")


def test_a_period_cuts_no_span_and_is_wholly_measured(seller: Party) -> None:
    """Row 42."""
    later = format_time(FIRST_DAY + HOUR_MS)

    cut = seller.post("/issuances", asking(seller, period_start=later))
    unmeasured = seller.post("/issuances", asking(seller, **period(days=2)))
    elsewhere = seller.post("/issuances", asking(seller, **period(first=5)))

    assert told(cut) == (422, "span-boundary", "")
    assert told(unmeasured) == (409, "measurement-incomplete", "")
    assert told(elsewhere) == (409, "measurement-incomplete", "")


def test_nothing_is_issued_twice(seller: Party, body: Party) -> None:
    """Row 41: overlapping a live issuance, also by a request that waited beside it."""
    first, second = (seller.made("/issuances", asking(seller))["id"] for _ in range(2))
    body.made(f"/issuances/{first}/approve")

    beside = body.post(f"/issuances/{second}/approve")
    again = seller.post("/issuances", asking(seller))

    assert told(beside) == told(again) == (409, "double-issuance", "")


def test_less_than_a_certificate_is_carried(doors: Doors, body: Party) -> None:
    """Row 43; the carry of one issuance is the beginning of the next."""
    seller = with_device(joined(doors.client, body, "generator"), body)
    for day, hour_wh in ((0, 40_000), (1, 1_010_000), (2, 34_000)):
        seller.reporter.made(
            "/measurement-reports", report(seller.device, first=day, hour_wh=hour_wh)
        )

    little = seller.post("/issuances", asking(seller))
    whole = seller.made("/issuances", asking(seller, **period(days=2)))
    carried = seller.made("/issuances", asking(seller, **period(first=2)))

    assert told(little) == (422, "below-face-value", "")
    assert (whole["quantity"], carried["quantity"]) == (25, 1)
    assert seller.shown(f"/issuances/{carried['id']}")["carried_in_wh"] == 200_000


def test_certificates_enter_an_own_account(doors: Doors, seller: Party, body: Party) -> None:
    """Row 46."""
    other = joined(doors.client, body, "buyer")

    answer = seller.post("/issuances", asking(seller, account=other.account))
    unknown = seller.post("/issuances", asking(seller, account=UNKNOWN))

    assert told(answer) == (403, "recipient-not-mandated", "/account")
    assert told(unknown) == (404, "not-found", "/account")


def test_only_what_is_approved_is_issued_to(seller: Party, body: Party) -> None:
    """Rows 39 and 40: not approved, suspended, outside its registration."""
    raw = seller.made("/devices", new_device())["id"]
    before = {"period_start": format_time(FIRST_DAY - 366 * DAY_MS)}

    unapproved = seller.post("/issuances", asking(seller, device=raw))
    outside = seller.post("/issuances", asking(seller, **before))
    body.made(f"/devices/{seller.device}/suspend", {"reason": "inspection"})
    suspended = seller.post("/issuances", asking(seller))

    assert told(unapproved) == told(suspended) == (409, "device-not-eligible", "")
    assert told(outside) == (422, "registration-boundary", "")


def test_a_device_that_owes_is_not_issued_to_until_it_has_paid(doors: Doors, body: Party) -> None:
    """Row 47: nobody asks their way around an adjustment; the next readings pay it."""
    seller = with_device(joined(doors.client, body, "generator"), body)
    issued(seller)
    first, second = officer(body), officer(body)
    start = seller.shown(f"/devices/{seller.device}/spans")["spans"][0]["start"]
    seller.reporter.made("/measurement-reports", report(seller.device, first=1))
    span_wh = seller.shown(f"/devices/{seller.device}/spans")["spans"][0]["energy_wh"]
    adjusted(first, second, adjusting(seller.device, start, span_wh - 3 * MWH))

    owing = seller.post("/issuances", asking(seller, **period(first=1)))
    seller.reporter.made("/measurement-reports", report(seller.device, first=2))
    paid = seller.made("/issuances", asking(seller, **period(first=1, days=2)))

    assert told(owing) == (409, "adjustment-outstanding", "")
    assert paid["quantity"] == 24 + 21
    assert seller.shown(f"/devices/{seller.device}")["adjustment_wh"] == 0


def test_a_quality_that_is_not_issued_on_stays_measured(seller: Party) -> None:
    """Row 27."""
    seller.reporter.made(
        "/measurement-reports", {**report(seller.device, first=1), "quality": "estimated"}
    )

    answer = seller.post("/issuances", asking(seller, **period(first=1)))

    assert told(answer) == (422, "quality-not-issuable", "")
    spans = seller.shown(f"/devices/{seller.device}/spans")["spans"]
    assert {span["quality"] for span in spans} == {"measured", "estimated"}


def test_readings_come_from_the_devices_measurement_body(
    doors: Doors, seller: Party, body: Party
) -> None:
    """Row 28."""
    other = joined(doors.client, body, "measurement_body")

    itself = seller.post("/measurement-reports", report(seller.device, first=1))
    stranger = other.post("/measurement-reports", report(seller.device, first=1))

    assert told(itself) == (403, "reporter-not-authorised", "")
    assert told(stranger) == (404, "not-found", "/device")


def test_what_is_issued_is_never_edited(seller: Party, body: Party) -> None:
    """Row 71 (R10): there is no way to write, and later versions leave it as it was."""
    request = seller.made("/issuances", asking(seller))["id"]
    body.made(f"/issuances/{request}/approve")
    before = seller.shown(f"/issuances/{request}")

    answers = [
        seller.send(method, f"/issuances/{request}", {"device": UNKNOWN})
        for method in ("PATCH", "PUT", "DELETE")
    ]

    assert {told(answer) for answer in answers} == {(405, "method-not-allowed", "")}
    assert seller.shown(f"/issuances/{request}") == before


def test_only_a_registrant_asks_and_submits_and_withdraws(
    doors: Doors, seller: Party, body: Party
) -> None:
    other = joined(doors.client, body, "generator")
    asked = seller.made("/issuances", asking(seller))["id"]

    answers = [
        other.post("/issuances", asking(seller, account=other.account)),
        other.post(f"/issuances/{asked}/submit"),
        other.post(f"/issuances/{asked}/withdraw"),
    ]

    assert [told(answer)[:2] for answer in answers] == [(404, "not-found")] * 3


def test_self_consumption_is_retired_as_it_is_issued(doors: Doors, body: Party) -> None:
    seller = joined(doors.client, body, "generator")
    with_device(seller, body, dissemination="self_consumption")

    issuance = issued(seller)

    held = seller.shown(f"/accounts/{seller.account}/holdings")["holdings"]
    assert [(row["state"], row["quantity"]) for row in held] == [("retired", 24)]
    (retirement,) = seller.shown("/retirements")["retirements"]
    assert retirement["items"] == [{"issuance": issuance, "first": 1, "last": 24}]


def test_shares_of_a_fuel_split_make_up_the_whole_and_each_source_has_its_own(
    doors: Doors, body: Party
) -> None:
    """Row 30; REGISTRY 2.12."""
    seller = joined(doors.client, body, "generator")
    seller.metering = joined(doors.client, body, "measurement_body")
    thermal = {"energy_source": "F01010000", "technology": "T050000"}
    fossil = {"energy_source": "F02010100", "technology": "T050000"}
    whole = with_device(seller, body, automatic=False, kind="multi_fuel", **thermal).device
    gsrn = seller.shown(f"/devices/{whole}")["gsrn"]
    wood, coal = (
        with_device(seller, body, automatic=False, part_of=whole, gsrn=gsrn, **source).device
        for source in (thermal, fossil)
    )
    seller.metering.made("/measurement-reports", report(whole))

    def declared(*shares: int) -> TestResponse:
        named = zip((wood, coal), shares, strict=True)
        said = [{"device": device, "share_bp": share_bp} for device, share_bp in named]
        assert seller.metering is not None
        return seller.metering.post(
            "/fuel-declarations", {"device": whole, **period(), "shares": said}
        )

    short, over = declared(2_500, 7_499), declared(2_500, 7_501)
    right = declared(2_500, 7_500)
    more = seller.metering.post("/measurement-reports", report(wood, hour_wh=250_001))
    seller.metering.made("/measurement-reports", report(wood, hour_wh=250_000))
    issue = seller.made("/issuances", asking(seller, device=wood))["id"]
    approved = body.made(f"/issuances/{issue}/approve")

    assert told(short) == told(over) == (422, "fuel-split-not-100", "/shares")
    assert right.status_code == 201, right.json
    assert told(more) == (422, "fuel-split-not-100", "/spans/0/energy_wh")
    assert approved["quantity"] == 6
    for device in (whole, coal):
        refused = seller.post("/issuances", asking(seller, device=device))
        assert told(refused) == (422, "source-not-eligible", "")
