"""Corrections over HTTP: readings reported anew, adjustments, and certificates taken back."""

from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.ledger.times import format_time
from tests.api.doors import Doors
from tests.api.officers import adjusted, adjusting, named, officer, withdrawing, withdrawn, word
from tests.api.parties import Party, code, issued, joined, period, report, retiring, with_device
from tests.scenario import DAY_MS, FIRST_DAY, HOUR_MS, MWH

UNKNOWN = "00000000-0000-4000-8000-000000000000"
Told = tuple[int, str, str]


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


@pytest.fixture
def first(body: Party) -> Party:
    """An officer of the issuing body."""
    return officer(body, "Mere")


@pytest.fixture
def second(body: Party) -> Party:
    """Another one."""
    return officer(body, "Tama")


@pytest.fixture
def seller(doors: Doors, body: Party) -> Party:
    """A generator to which is issued at once, of what a measurement body reports."""
    return with_device(joined(doors.client, body, "generator"), body)


def told(answer: TestResponse) -> Told:
    """Return status, code and the first pointer of a refusal."""
    assert answer.json is not None
    pointer = answer.json.get("errors", [{"pointer": ""}])[0]["pointer"]
    return answer.status_code, code(answer), pointer


def spans(party: Party) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = party.shown(f"/devices/{party.device}/spans")["spans"]
    return found


def owed(party: Party) -> int:
    found: int = party.shown(f"/devices/{party.device}")["adjustment_wh"]
    return found


def corrected(party: Party, *, key: str | None = None, **more: Any) -> TestResponse:  # noqa: ANN401 - JSON
    said = {name: value for name, value in report(party.device, **more).items() if name != "device"}
    path = f"/devices/{party.device}/corrections"
    return party.reporter.post(path, {**said, "reason": "meter-read-anew"}, key=key)


def asking(party: Party, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"device": party.device, "account": party.account, **period(**more)}


# ---- readings reported anew


def test_corrected_spans_are_issued_once_they_are_accepted(seller: Party, body: Party) -> None:
    seller.reporter.made("/measurement-reports", report(seller.device))
    roots = [span["root"] for span in spans(seller)]

    answer = corrected(seller, hour_wh=2 * MWH)
    early = seller.post("/issuances", asking(seller))
    made: Any = answer.json
    accepted = body.made(f"/measurement-reports/{made['id']}/accept", {"reason": "seen"})
    issue = seller.made("/issuances", asking(seller))

    assert (answer.status_code, made["type"], made["energy_wh"]) == (
        201,
        "measure.correct",
        48 * MWH,
    )
    assert answer.headers["Location"] == f"/v1/measurement-reports/{made['id']}"
    assert told(early) == (409, "finding-open", "")
    assert accepted["spans"] == [span["start"] for span in spans(seller)]
    assert issue["quantity"] == 48
    assert {span["quality"] for span in spans(seller)} == {"corrected"}
    assert not set(roots) & {span["root"] for span in spans(seller)}
    types = [row["type"] for row in seller.shown("/measurement-reports")["reports"]]
    assert types == ["measure", "measure.correct"]


def test_a_gap_is_filled_by_a_correction(seller: Party, body: Party) -> None:
    gap = {
        "start": format_time(FIRST_DAY + 23 * HOUR_MS),
        "end": format_time(FIRST_DAY + DAY_MS),
        "reason": "meter-fault",
    }
    day = report(seller.device)
    readings: Any = day["intervals"]
    seller.reporter.made("/measurement-reports", {**day, "intervals": readings[:-1], "gaps": [gap]})

    made = seller.reporter.made(
        f"/devices/{seller.device}/corrections",
        {"intervals": readings[-1:], "reason": "meter-read-anew", "quality": "substituted"},
    )
    body.made(f"/measurement-reports/{made['id']}/accept", {"reason": "seen"})

    (last,) = spans(seller)[-1:]
    assert (last["gap"], last["energy_wh"], last["quality"]) == ("", MWH, "substituted")
    refused = seller.post("/issuances", asking(seller))
    assert told(refused) == (422, "quality-not-issuable", "")


def test_a_span_is_corrected_whole(seller: Party) -> None:
    seller.reporter.made("/measurement-reports", report(seller.device))
    readings: Any = report(seller.device)["intervals"]
    path = f"/devices/{seller.device}/corrections"

    answers = [
        seller.reporter.post(path, {"intervals": part, "reason": "again"})
        for part in (readings[1:], readings[:-1], readings[:5] + readings[6:], readings[::-1])
    ]
    beyond = corrected(seller, days=2)
    nowhere = corrected(seller, first=5)

    assert {told(answer)[:2] for answer in answers} == {(422, "measurement-gap")}
    assert told(beyond)[:2] == told(nowhere)[:2] == (422, "span-boundary")
    assert told(nowhere)[2] == "/intervals/0"


def test_what_is_issued_is_not_corrected(seller: Party) -> None:
    issued(seller)

    answer = corrected(seller)

    assert told(answer) == (409, "double-issuance", "/spans/0")


def test_only_the_measurement_body_corrects(doors: Doors, seller: Party, body: Party) -> None:
    seller.reporter.made("/measurement-reports", report(seller.device))
    other = joined(doors.client, body, "measurement_body")
    path = f"/devices/{seller.device}/corrections"
    said = {"intervals": report(seller.device)["intervals"], "reason": "again"}

    assert told(seller.post(path, said)) == (403, "reporter-not-authorised", "")
    assert told(other.post(path, said)) == (404, "not-found", "/device")
    assert told(body.post(path, said))[:2] == (403, "forbidden-role")


def test_a_correction_is_answered_again_as_the_first_time(seller: Party, body: Party) -> None:
    seller.reporter.made("/measurement-reports", report(seller.device))
    answer = corrected(seller, key="fix", hour_wh=5)
    made: Any = answer.json
    body.made(f"/measurement-reports/{made['id']}/accept", {"reason": "seen"})
    corrected(seller, hour_wh=6)

    again = corrected(seller, key="fix", hour_wh=5)
    altered = corrected(seller, key="fix", hour_wh=7)

    assert (again.status_code, again.data) == (201, answer.data)
    assert told(altered)[:2] == (422, "idempotency-key-reused")


def test_what_was_drawn_is_deducted_and_what_was_settled_is_settled_anew(seller: Party) -> None:
    """Of 5 drawn in the second day 3 are covered by the third, also by what is reported anew."""
    days = [report(seller.device, first=at, hour_wh=0) for at in range(3)]
    for day, given_wh, drawn_wh in zip(days, (0, 2, 9), (0, 5, 0), strict=True):
        intervals: Any = day["intervals"]
        intervals[5] |= {"energy_wh": given_wh, "drawn_wh": drawn_wh}
        seller.reporter.made("/measurement-reports", day)
    before = [span["energy_wh"] for span in spans(seller)]
    intervals = days[2]["intervals"]
    intervals[5]["energy_wh"] = 8
    path = f"/devices/{seller.device}/corrections"

    for reason in ("again", "once-more"):
        seller.reporter.made(path, {"intervals": intervals, "reason": reason})

    assert sum(before) == 6
    assert sum(span["energy_wh"] for span in spans(seller)) == 5
    assert seller.shown(f"/devices/{seller.device}")["deficit_wh"] == 0
    assert owed(seller) == 0


def test_what_a_correction_does_not_cover_is_owed(seller: Party) -> None:
    seller.reporter.made("/measurement-reports", report(seller.device, hour_wh=1))
    day: Any = report(seller.device, hour_wh=1)
    day["intervals"][-1]["drawn_wh"] = 7

    answer = seller.reporter.post(
        f"/devices/{seller.device}/corrections",
        {"intervals": day["intervals"], "reason": "pump"},
        key="pump",
    )
    again = seller.reporter.post(
        f"/devices/{seller.device}/corrections",
        {"intervals": day["intervals"], "reason": "pump"},
        key="pump",
    )

    assert answer.status_code == 201, answer.json
    assert owed(seller) == 6
    assert again.data == answer.data


def test_a_report_is_answered_again_whatever_was_netted_since(seller: Party) -> None:
    def drawing(first: int, given_wh: int, drawn_wh: int) -> dict[str, Any]:
        day: dict[str, Any] = report(seller.device, first=first, hour_wh=0)
        day["intervals"][0] |= {"energy_wh": given_wh, "drawn_wh": drawn_wh}
        return day

    first = seller.reporter.post("/measurement-reports", drawing(0, 1, 4), key="first")
    second = seller.reporter.post("/measurement-reports", drawing(1, 5, 1), key="second")

    again = [
        seller.reporter.post("/measurement-reports", drawing(0, 1, 4), key="first"),
        seller.reporter.post("/measurement-reports", drawing(1, 5, 1), key="second"),
    ]

    assert [answer.data for answer in again] == [first.data, second.data]
    assert [span["energy_wh"] for span in spans(seller)] in ([0, 0, 1, 0], [0, 0, 0, 1])


# ---- withdrawals


def test_certificates_are_withdrawn_with_a_second_persons_word(
    seller: Party, first: Party, second: Party
) -> None:
    issuance = issued(seller)
    asked = withdrawing(named(issuance, 3, 5))

    answer = withdrawn(first, second, asked)

    assert answer["quantity"] == 3
    assert answer["items"] == asked["items"]
    assert answer["withdrawal"] == asked["withdrawal"]
    held = seller.shown(f"/accounts/{seller.account}/holdings")["holdings"]
    assert [(row["state"], row["quantity"]) for row in held] == [("active", 21), ("withdrawn", 3)]
    assert seller.shown(f"/issuances/{issuance}")["withdrawn"] == 3
    for party in (seller, first):
        listed = party.shown("/withdrawals")["withdrawals"]
        assert [row["id"] for row in listed] == [answer["id"]]
        assert party.shown(f"/withdrawals/{answer['id']}") == listed[0]


def test_nobody_withdraws_alone(seller: Party, body: Party, first: Party, second: Party) -> None:
    """Row 69: no second person, the same person, no person, or a word for something else."""
    issuance = issued(seller)
    asked = withdrawing(named(issuance, 1, 1))
    own, nameless = word(first, "withdraw", asked), word(body, "withdraw", asked)
    other = word(second, "withdraw", {**asked, "reason": "other"})
    right = word(second, "withdraw", asked)

    answers = [
        first.post("/withdrawals", {**asked, "endorsement": own}),
        first.post("/withdrawals", {**asked, "endorsement": nameless}),
        body.post("/withdrawals", {**asked, "endorsement": right}),
        first.post("/withdrawals", {**asked, "endorsement": other}),
    ]
    unknown = first.post("/withdrawals", {**asked, "endorsement": UNKNOWN})

    refused = (403, "withdrawal-not-authorised", "/endorsement")
    assert [told(answer) for answer in answers] == [refused] * 4
    assert told(unknown) == (404, "not-found", "/endorsement")
    assert told(seller.post("/withdrawals", {**asked, "endorsement": right}))[:2] == (
        403,
        "forbidden-role",
    )


@pytest.mark.parametrize("member", ["reason", "case", "endorsement", "withdrawal"])
def test_a_withdrawal_says_why_and_on_whose_word(seller: Party, first: Party, member: str) -> None:
    """Row 69."""
    asked = {**withdrawing(named(issued(seller), 1, 1)), "endorsement": UNKNOWN}

    answer = first.post("/withdrawals", {name: asked[name] for name in asked if name != member})

    assert told(answer) == (422, "missing-field", f"/{member}")


def test_who_holds_them_by_now_has_to_consent(
    doors: Doors, seller: Party, body: Party, first: Party, second: Party
) -> None:
    """Row 69."""
    issuance = issued(seller)
    buyer = joined(doors.client, body, "buyer")
    buyer.send("PUT", f"/accounts/{buyer.account}/whitelist/{seller.account}")
    items = [named(issuance, 1, 4)]
    seller.made("/transfers", {"from": seller.account, "to": buyer.account, "items": items})
    asked = withdrawing(named(issuance, 3, 6))
    endorsement = word(second, "withdraw", asked)

    alone = first.post("/withdrawals", {**asked, "endorsement": endorsement})
    unasked = word(seller, "withdraw", asked)
    others = first.post(
        "/withdrawals", {**asked, "endorsement": endorsement, "consents": [unasked]}
    )
    together = withdrawn(first, second, asked, buyer)

    assert told(alone) == told(others) == (403, "withdrawal-not-authorised", "/consents")
    assert together["quantity"] == 4
    for party in (seller, buyer):
        assert [row["id"] for row in party.shown("/withdrawals")["withdrawals"]] == [together["id"]]


def test_what_has_ended_is_not_withdrawn(seller: Party, first: Party, second: Party) -> None:
    """Row 70."""
    issuance = issued(seller)
    seller.made("/retirements", retiring(seller.account, items=[named(issuance, 2, 2)]))
    asked = withdrawing(named(issuance, 1, 1), named(issuance, 2, 3))

    answer = first.post("/withdrawals", {**asked, "endorsement": word(second, "withdraw", asked)})
    alone = withdrawing(named(issuance, 1, 1))
    withdrawn(first, second, alone)
    again = {**alone, "withdrawal": str(uuid4())}
    twice = first.post("/withdrawals", {**again, "endorsement": word(second, "withdraw", again)})

    assert told(answer) == (409, "withdrawal-not-possible", "/items/1")
    assert told(twice) == (409, "withdrawal-not-possible", "/items/0")


def test_an_offer_is_aborted_before_it_is_withdrawn(
    doors: Doors, seller: Party, body: Party, first: Party, second: Party
) -> None:
    issuance = issued(seller)
    buyer = joined(doors.client, body, "buyer")
    offer = seller.made(
        "/transfers/offer", {"from": seller.account, "to": buyer.account, "quantity": 5}
    )
    asked = withdrawing(named(issuance, 1, 24))

    early = first.post("/withdrawals", {**asked, "endorsement": word(second, "withdraw", asked)})
    by_others = [party.post(f"/transfers/{offer['id']}/abort") for party in (seller, buyer)]
    recalled = body.post(f"/transfers/{offer['id']}/recall")
    aborted = body.made(f"/transfers/{offer['id']}/abort")
    again = body.post(f"/transfers/{offer['id']}/abort")
    withdrawn(first, second, asked)

    assert told(early) == (409, "invalid-state-transition", "/items/0")
    assert {told(answer)[:2] for answer in (*by_others, recalled)} == {(403, "forbidden-role")}
    assert (aborted["state"], aborted["quantity"]) == ("aborted", 5)
    assert told(again) == (409, "offer-already-decided", "/offer")
    assert buyer.shown(f"/transfers/{offer['id']}")["state"] == "aborted"


def test_numbers_of_a_withdrawal_are_ranges_of_the_issuance(
    seller: Party, first: Party, second: Party
) -> None:
    """Rows 13 and 14, and beyond the issuance."""
    issuance = issued(seller)

    def sent(item: dict[str, Any]) -> Told:
        return told(first.post("/withdrawals", {**withdrawing(item), "endorsement": UNKNOWN}))

    assert sent({**named(issuance, 1, 1), "first": 0})[:2] == (422, "quantity-not-positive")
    assert sent({**named(issuance, 1, 1), "first": -1})[:2] == (422, "quantity-not-positive")
    for wrong in (1.5, "1", True, 2**53):
        assert sent({**named(issuance, 1, 1), "last": wrong}) == (
            422,
            "invalid-quantity",
            "/items/0/last",
        )
    beyond = withdrawing(named(issuance, 24, 25))
    answer = first.post("/withdrawals", {**beyond, "endorsement": word(second, "withdraw", beyond)})
    assert told(answer) == (422, "invalid-number-range", "/items/0/last")
    twice = withdrawing(named(issuance, 1, 2), named(issuance, 2, 3))
    answer = first.post("/withdrawals", {**twice, "endorsement": word(second, "withdraw", twice)})
    assert told(answer) == (422, "duplicate-item", "/items")


def test_what_was_wholly_withdrawn_is_corrected_and_issued_anew(
    seller: Party, body: Party, first: Party, second: Party
) -> None:
    issuance = issued(seller)
    before = seller.shown(f"/issuances/{issuance}")
    withdrawn(first, second, withdrawing(named(issuance, 1, 24)))

    made: Any = corrected(seller, hour_wh=2 * MWH).json
    body.made(f"/measurement-reports/{made['id']}/accept", {"reason": "seen"})
    anew = seller.made("/issuances", asking(seller))

    assert anew["quantity"] == 48
    assert int(anew["number_first"]) == int(before["number_last"]) + 1
    assert {span["issuance"] for span in spans(seller)} == {anew["id"]}


def test_a_withdrawal_may_be_asked_for_in_bulk(seller: Party, first: Party, second: Party) -> None:
    asked = withdrawing(named(issued(seller), 1, 2))
    said = {"type": "withdraw", **asked, "endorsement": word(second, "withdraw", asked)}

    (outcome,) = first.made("/operations", [said])["outcomes"]

    assert outcome["status"] == 201
    assert first.shown(f"/withdrawals/{outcome['id']}")["quantity"] == 2


# ---- adjustments


def test_what_cannot_be_withdrawn_is_booked(
    doors: Doors, seller: Party, body: Party, first: Party, second: Party
) -> None:
    issued(seller)
    span = spans(seller)[0]
    asked = adjusting(seller.device, span["start"], span["energy_wh"] - 7)

    answer = adjusted(first, second, asked)

    assert {name: answer[name] for name in asked} == asked
    assert owed(seller) == 7
    assert spans(seller)[0]["owed_wh"] == 7
    for party in (seller, seller.reporter, first):
        listed = party.shown("/adjustments")["adjustments"]
        assert [row["id"] for row in listed] == [answer["id"]]
        assert party.shown(f"/adjustments/{answer['id']}") == listed[0]
    stranger = joined(doors.client, body, "generator")
    assert stranger.shown("/adjustments")["adjustments"] == []
    assert stranger.get(f"/adjustments/{answer['id']}").status_code == 404


def test_an_adjustment_is_of_an_issued_span_and_changes_something(
    seller: Party, first: Party, second: Party
) -> None:
    issued(seller)
    seller.reporter.made("/measurement-reports", report(seller.device, first=1))
    issued_span, unissued = spans(seller)[0], spans(seller)[-1]

    def sent(start: str, energy_wh: int) -> Told:
        asked = adjusting(seller.device, start, energy_wh)
        endorsement = word(second, "measure.adjust", asked)
        return told(first.post("/adjustments", {**asked, "endorsement": endorsement}))

    same = sent(issued_span["start"], issued_span["energy_wh"])
    early = sent(unissued["start"], 0)
    nowhere = sent(format_time(FIRST_DAY + 1), 0)

    assert same == (422, "invalid-quantity", "/energy_wh")
    assert early == (409, "not-issued", "/start")
    assert nowhere == (404, "not-found", "/start")


def test_nobody_adjusts_alone(seller: Party, body: Party, first: Party, second: Party) -> None:
    """Row 45."""
    issued(seller)
    asked = adjusting(seller.device, spans(seller)[0]["start"], 0)
    own, right = word(first, "measure.adjust", asked), word(second, "measure.adjust", asked)

    answers = [
        first.post("/adjustments", {**asked, "endorsement": own}),
        body.post("/adjustments", {**asked, "endorsement": right}),
        first.post("/adjustments", {**asked, "energy_wh": 1, "endorsement": right}),
    ]

    assert {told(answer) for answer in answers} == {(403, "separation-of-duties", "/endorsement")}


def test_withdrawn_certificates_may_pay_what_is_owed(
    seller: Party, first: Party, second: Party
) -> None:
    issuance = issued(seller)
    span = spans(seller)[0]
    asked = withdrawing(named(issuance, 1, 2), compensates=True)
    early = first.post("/withdrawals", {**asked, "endorsement": word(second, "withdraw", asked)})
    adjusted(first, second, adjusting(seller.device, span["start"], span["energy_wh"] - 3 * MWH))

    withdrawn(first, second, asked)

    assert told(early) == (409, "withdrawal-not-possible", "/compensates")
    assert owed(seller) == MWH
    assert {span["issuance"] for span in spans(seller)} == {issuance}


def test_no_resource_of_one_kind_is_found_as_another(
    seller: Party, first: Party, second: Party
) -> None:
    answer = withdrawn(first, second, withdrawing(named(issued(seller), 1, 1)))

    assert first.get(f"/adjustments/{answer['id']}").status_code == 404
    assert first.get(f"/measurement-reports/{answer['id']}").status_code == 404
    assert first.get(f"/withdrawals/{UNKNOWN}").status_code == 404
