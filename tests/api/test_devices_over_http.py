"""Devices over HTTP: described, reviewed, revised, suspended, handed over, and what is refused."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from app.ledger.times import format_time, parse_time
from app.registry.operation import content_digest
from app.registry.operations.endorse import Endorse
from app.registry.operations.measure_adjust import MeasureAdjust
from app.registry.operations.person_add import PersonAdd
from tests.api.doors import Doors
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
from tests.scenario import DAY_MS, FIRST_DAY, HOUR_MS, MWH, ORIGIN, accept, new_id

UNKNOWN = "00000000-0000-4000-8000-000000000000"
AUCKLAND = {"latitude": "-36.848461", "longitude": "174.763336"}
Told = tuple[int, str, str]


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


@pytest.fixture
def party(doors: Doors, body: Party) -> Party:
    """A generator whose devices a measurement body may report on."""
    found = joined(doors.client, body, "generator")
    found.metering = joined(doors.client, body, "measurement_body")
    return found


def told(answer: TestResponse) -> Told:
    """Return status, code and the first pointer of a refusal."""
    assert answer.json is not None
    pointer = answer.json.get("errors", [{"pointer": ""}])[0]["pointer"]
    return answer.status_code, code(answer), pointer


def registered(party: Party, **more: object) -> str:
    found: str = party.made("/devices", new_device(**more))["id"]
    return found


def device(party: Party, body: Party, **more: object) -> str:
    """Register a device and have it approved; nothing is issued at once."""
    return with_device(party, body, automatic=False, **more).device


def description(**more: object) -> dict[str, object]:
    """Return what `new_device` says that may be said anew."""
    said = new_device(**more)
    return {name: said[name] for name in said if name not in {"domain", "gsrn"}}


def tagged(
    party: Party, method: str, path: str, said: object, *, version: int, key: str | None = None
) -> TestResponse:
    return party.send(method, path, said, key=key, headers={"If-Match": f'"{version}"'})


def revise(party: Party, device: str, *, version: int, **more: object) -> TestResponse:
    return tagged(party, "PUT", f"/devices/{device}", description(**more), version=version)


def review(body: Party, device: str, outcome: str, *, number: int = 1) -> TestResponse:
    said = {"outcome": outcome, "reason": "inspected"}
    return body.post(f"/devices/{device}/registrations/{number}/review", said)


def versions(party: Party, device: str) -> list[tuple[int, str]]:
    found = party.shown(f"/devices/{device}/registrations")["registrations"]
    return [(row["number"], row["state"]) for row in found]


# ---- what is shown


def test_the_attribute_document_says_all_that_certificates_carry(party: Party, body: Party) -> None:
    assert party.metering is not None
    said = {
        "capacity_w": 2_500_000,
        "support": "investment",
        "support_scheme": "Solar Faster",
        "subdivision": "NZ-AUK",
        "measurement_body": party.metering.id,
    }

    made = party.made("/devices", new_device(**said, **AUCKLAND))

    shown = party.shown(f"/devices/{made['id']}")
    assert shown["described"] == {
        "capacity_w": 2_500_000,
        "code_lists": "eecs-1",
        "commissioned_on": "2001-02-03",
        "coordinates": {**AUCKLAND, "system": "WGS84"},
        "country": "NZ",
        "dissemination": "grid",
        "domain": "NZ",
        "energy_carrier": "electricity",
        "energy_source": "F01050200",
        "gsrn": made["gsrn"],
        "kind": "production",
        "name": "Hydro Station",
        "place": "Wānaka",
        "self_reporting": False,
        "subdivision": "NZ-AUK",
        "support": "investment",
        "support_scheme": "Solar Faster",
        "technology": "T030000",
    }
    assert {name: shown[name] for name in AUCKLAND} == AUCKLAND
    assert shown["measurement_body"] == party.metering.id
    assert (shown["state"], shown["review"], shown["number"]) == ("registered", "submitted", 1)
    assert body.shown(f"/devices/{made['id']}") == shown


def test_who_reports_itself_is_flagged_whether_it_says_so_or_not(party: Party) -> None:
    implied = registered(party)
    said = registered(party, measurement_body=party.id)

    documents = [party.shown(f"/devices/{found}")["described"] for found in (implied, said)]

    assert [document["self_reporting"] for document in documents] == [True, True]


def test_certificates_keep_the_document_that_was_in_force(party: Party, body: Party) -> None:
    party.device = device(party, body, name="Old Name")
    before = party.shown(f"/devices/{party.device}")["attributes"]
    reporter = party.reporter
    reporter.made("/measurement-reports", report(party.device))
    asked = {"device": party.device, "account": party.account, **period()}
    issuance = party.made("/issuances", asked)["id"]
    body.made(f"/issuances/{issuance}/approve")
    assert reporter.id

    revise(party, party.device, version=2, name="New Name", measurement_body=reporter.id)

    assert party.shown(f"/devices/{party.device}")["described"]["name"] == "New Name"
    assert party.shown(f"/issuances/{issuance}")["attributes"] == before


def test_a_misprinted_source_is_kept_as_what_it_means(party: Party) -> None:
    heat = {"energy_source": "F02040203", "technology": "T050000"}

    found = party.shown(f"/devices/{registered(party, **heat)}")

    assert found["energy_source"] == found["described"]["energy_source"] == "F01040203"


PLACES = {
    "-36.848461": "-36.848461",
    "-36.80": "-36.8",
    "-36": "-36",
    "-0.5": "-0.5",
    "00.000001": "0.000001",
}


def test_coordinates_are_decimal_degrees_as_text(party: Party) -> None:
    shown = {
        asked: party.shown(f"/devices/{registered(party, latitude=asked, longitude='174.7')}")
        for asked in PLACES
    }

    assert {asked: row["latitude"] for asked, row in shown.items()} == PLACES
    assert {row["longitude"] for row in shown.values()} == {"174.7"}
    leaf = party.shown(f"/operations/{shown['-36.80']['id']}")
    assert "-36800000" in orjson.dumps(leaf).decode()


# ---- Part D: what a registration is refused for

NO_REGISTRATIONS: list[tuple[dict[str, object], Told]] = [
    ({"gsrn": "94290000100000001"}, (422, "invalid-gsrn", "/gsrn")),
    ({"gsrn": "942900001000000010"}, (422, "invalid-gsrn", "/gsrn")),
    ({"gsrn": "٩42900001000000017"}, (422, "invalid-gsrn", "/gsrn")),
    ({"subdivision": "AU-NSW"}, (422, "subdivision-country-mismatch", "/subdivision")),
    ({"subdivision": "nz-auk"}, (422, "subdivision-country-mismatch", "/subdivision")),
    ({"latitude": "0", "longitude": "0"}, (422, "invalid-coordinates", "/latitude")),
    ({"latitude": "174.7", "longitude": "-36.8"}, (422, "invalid-coordinates", "/latitude")),
    ({"latitude": "90.000001", "longitude": "1"}, (422, "invalid-coordinates", "/latitude")),
    ({"latitude": "-36.8", "longitude": "180.1"}, (422, "invalid-coordinates", "/longitude")),
    ({"latitude": "-36.8484611", "longitude": "1"}, (422, "invalid-coordinates", "/latitude")),
    ({"latitude": "36.8S", "longitude": "1"}, (422, "invalid-coordinates", "/latitude")),
    ({"latitude": -36.8, "longitude": "1"}, (422, "invalid-coordinates", "/latitude")),
    ({"latitude": "-36.8"}, (422, "invalid-coordinates", "/longitude")),
    ({"capacity_w": 49_999, **AUCKLAND}, (422, "invalid-coordinates", "/latitude")),
    ({"energy_source": "F99999999"}, (422, "unknown-code", "/energy_source")),
    ({"energy_source": "ES100"}, (422, "unknown-code", "/energy_source")),
    ({"technology": "T999999"}, (422, "unknown-code", "/technology")),
    ({"technology": "T010000"}, (422, "source-technology-mismatch", "/technology")),
    ({"capacity_w": 0}, (422, "invalid-device-data", "/capacity_w")),
    ({"commissioned_on": "2999-01-01"}, (422, "invalid-device-data", "/commissioned_on")),
    ({"kind": "storage"}, (422, "invalid-device-data", "/storage_wh")),
    ({"storage_wh": 1}, (422, "invalid-device-data", "/storage_wh")),
    ({"measurement_body": UNKNOWN}, (404, "not-found", "/measurement_body")),
    ({"domain": "XX"}, (404, "not-found", "/domain")),
    ({"part_of": UNKNOWN}, (404, "not-found", "/part_of")),
    ({"name": "\u202e"}, (422, "invalid-text", "/name")),
]
"""Part D rows 31 and 34 to 38, and their like."""


def test_a_device_that_cannot_be_is_not_registered(party: Party) -> None:
    found = [
        (change, told(party.post("/devices", new_device(**change))))
        for change, _ in NO_REGISTRATIONS
    ]

    assert found == NO_REGISTRATIONS
    assert party.shown("/devices")["devices"] == []


def test_a_source_that_the_domain_does_not_certify_is_refused(party: Party) -> None:
    coal = {"energy_source": "F02010100", "technology": "T050000"}

    answer = party.post("/devices", new_device(**coal))

    assert told(answer) == (422, "source-not-eligible", "/energy_source")


def test_a_number_is_one_device(doors: Doors, party: Party, body: Party) -> None:
    taken = new_device()
    party.made("/devices", taken)
    other = joined(doors.client, body, "generator")

    answers = [who.post("/devices", new_device(gsrn=taken["gsrn"])) for who in (party, other)]

    assert [told(answer) for answer in answers] == [(409, "device-already-registered", "/gsrn")] * 2


def test_a_measurement_body_is_one(party: Party, body: Party, doors: Doors) -> None:
    other = joined(doors.client, body, "generator")

    answer = party.post("/devices", new_device(measurement_body=other.id))

    assert told(answer) == (403, "forbidden-role", "/measurement_body")


def test_near_its_like_a_device_is_approved_once_that_was_looked_at(
    party: Party, body: Party
) -> None:
    beside = {**AUCKLAND, "latitude": "-36.848661", "capacity_w": 10_400_000}
    first = device(party, body, **AUCKLAND)
    second = registered(party, **beside)

    refused = body.post(f"/devices/{second}/approve", approval())
    looked_at = body.post(f"/devices/{second}/approve", approval(reviewed=[first]))

    assert told(refused) == (409, "near-duplicate", "/reviewed")
    assert refused.json is not None
    assert refused.json["rule"] == "R14"
    assert looked_at.status_code == 200


# ---- review and approval


def test_a_registration_goes_from_hand_to_hand_until_it_is_approved(
    party: Party, body: Party
) -> None:
    found = registered(party)
    review(body, found, "referred")
    revise(party, found, version=2, capacity_w=9_000_000)
    review(body, found, "rejected", number=2)
    revise(party, found, version=4, capacity_w=9_500_000)

    body.made(f"/devices/{found}/approve", approval(number=3))

    assert versions(party, found) == [(1, "superseded"), (2, "superseded"), (3, "approved")]
    assert party.shown(f"/devices/{found}")["state"] == "approved"


def test_a_review_says_what_was_found(party: Party, body: Party) -> None:
    found = registered(party)

    answer = review(body, found, "referred")

    assert answer.json is not None
    assert (answer.status_code, answer.json["state"], answer.json["number"]) == (200, "referred", 1)
    assert answer.headers["Location"] == f"/v1/devices/{found}/registrations"
    assert told(review(body, found, "verified")) == (409, "invalid-state-transition", "")
    assert told(review(body, found, "verified", number=2)) == (404, "not-found", "/number")


def test_who_verified_a_device_does_not_approve_it(party: Party, body: Party) -> None:
    found = registered(party)
    review(body, found, "verified")

    answer = body.post(f"/devices/{found}/approve", approval())

    assert told(answer) == (403, "separation-of-duties", "")


def test_a_large_device_is_verified_first(party: Party, body: Party) -> None:
    found = registered(party, capacity_w=100_000_000)

    answer = body.post(f"/devices/{found}/approve", approval())

    assert told(answer) == (403, "separation-of-duties", "")


NO_APPROVALS: list[tuple[dict[str, object], Told]] = [
    (
        {"valid_from": "2001-02-01T00:00:00.000Z", "valid_until": "2002-01-01T00:00:00.000Z"},
        (422, "outside-operation-period", "/valid_from"),
    ),
    (
        {"valid_from": "2020-01-01T00:00:00.000Z", "valid_until": "2025-01-01T00:00:00.001Z"},
        (422, "invalid-interval", "/valid_until"),
    ),
    (
        {"valid_from": "2020-01-01T00:00:00.000Z", "valid_until": "2020-01-01T00:00:00.000Z"},
        (422, "invalid-interval", "/valid_until"),
    ),
    ({"automatic_wh": 1}, (403, "separation-of-duties", "/automatic_wh")),
    ({"number": 2}, (404, "not-found", "/number")),
    ({"number": 0}, (422, "quantity-not-positive", "/number")),
]
"""Row 21: nothing before the commissioning; five years; nobody automates its own readings."""


def test_an_approval_that_cannot_be_is_refused(party: Party, body: Party) -> None:
    found = registered(party)

    answers = [
        (change, told(body.post(f"/devices/{found}/approve", {**approval(), **change})))
        for change, _ in NO_APPROVALS
    ]

    assert answers == NO_APPROVALS


# ---- revisions


def test_an_edit_waits_while_the_version_before_stays_in_force(party: Party, body: Party) -> None:
    found = device(party, body)

    answer = revise(party, found, version=2, name="New Name", measurement_body=party.reporter.id)

    assert answer.json is not None
    assert (answer.status_code, answer.json["version"]) == (200, 3)
    assert party.get(f"/devices/{found}").headers["ETag"] == '"3"'
    assert versions(party, found) == [(1, "approved"), (2, "submitted")]
    party.reporter.made("/measurement-reports", report(found))


def test_an_approved_edit_is_in_force_from_then_on(party: Party, body: Party) -> None:
    found = device(party, body)
    more = {
        "capacity_w": 12_000_000,
        "repowering": {"on": "2026-01-01", "added_w": 2_000_000},
        "measurement_body": party.reporter.id,
    }
    revise(party, found, version=2, **more)
    begins = format_time(FIRST_DAY + 2 * DAY_MS)

    body.made(f"/devices/{found}/approve", approval(number=2, valid_from=begins))

    first, second = party.shown(f"/devices/{found}/registrations")["registrations"]
    assert (first["valid_until"], second["valid_from"]) == (begins, begins)
    assert second["described"]["repowering"] == {"on": "2026-01-01", "added_w": 2_000_000}
    over = report(found, days=3)
    answer = party.reporter.post("/measurement-reports", over)
    assert told(answer) == (422, "registration-boundary", "")


FROZEN: list[tuple[dict[str, object], Told]] = [
    (
        {"energy_source": "F01040100", "technology": "T010000"},
        (409, "immutable-attribute", "/energy_source"),
    ),
    ({"storage_wh": 1}, (409, "immutable-attribute", "/storage_wh")),
    ({"capacity_w": 11_000_000}, (409, "immutable-attribute", "/capacity_w")),
    ({"commissioned_on": "2001-02-04"}, (409, "immutable-attribute", "/commissioned_on")),
    ({"gsrn": "942900001000000017"}, (422, "unknown-field", "/gsrn")),
    ({"domain": "NZ"}, (422, "unknown-field", "/domain")),
    ({"kind": "storage"}, (422, "unknown-field", "/kind")),
    ({"version": 2}, (422, "unknown-field", "/version")),
    ({"technology": "T010000"}, (422, "source-technology-mismatch", "/technology")),
    ({"measurement_body": UNKNOWN}, (404, "not-found", "/measurement_body")),
]
"""Row 71, and what an edit is refused for as a registration is."""


def test_what_a_device_is_does_not_change(party: Party, body: Party) -> None:
    found = device(party, body)

    answers = [
        (
            change,
            told(tagged(party, "PUT", f"/devices/{found}", {**description(), **change}, version=2)),
        )
        for change, _ in FROZEN
    ]

    assert answers == FROZEN
    assert versions(party, found) == [(1, "approved")]


def test_a_correction_names_its_case(party: Party, body: Party) -> None:
    found = device(party, body)

    answer = revise(
        party, found, version=2, capacity_w=9_999_999, correction="case-17", name="Hydro Station"
    )

    assert answer.status_code == 200
    assert party.shown(f"/devices/{found}")["capacity_w"] == 9_999_999


CONDITIONAL: dict[str, Callable[[Party, str], tuple[str, str, dict[str, object]]]] = {
    "an edit": lambda _, found: ("PUT", f"/devices/{found}", description()),
    "a hand-over": lambda party, found: (
        "POST",
        f"/devices/{found}/hand-over",
        {"to": party.reporter.id, "effective_from": format_time(FIRST_DAY)},
    ),
}


@pytest.mark.parametrize("name", CONDITIONAL)
def test_nobody_changes_a_version_that_was_not_seen(party: Party, body: Party, name: str) -> None:
    found = device(party, body)
    method, path, said = CONDITIONAL[name](party, found)

    unseen = party.send(method, path, said)
    stale = tagged(party, method, path, said, version=1)
    ahead = tagged(party, method, path, said, version=3)

    assert told(unseen) == (428, "precondition-required", "")
    assert [told(answer) for answer in (stale, ahead)] == [(412, "stale-version", "/version")] * 2
    assert versions(party, found) == [(1, "approved")]


def test_an_edit_is_answered_again(party: Party, body: Party) -> None:
    found, said = device(party, body), description()
    path = f"/devices/{found}"

    first = tagged(party, "PUT", path, said, version=2, key="edit")
    again = tagged(party, "PUT", path, said, version=2, key="edit")
    other = tagged(party, "PUT", path, {**said, "name": "Other"}, version=2, key="edit")

    assert (first.status_code, again.data) == (200, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert told(other)[:2] == (422, "idempotency-key-reused")


# ---- states


def test_nothing_is_issued_for_a_suspended_device_until_it_goes_on(
    party: Party, body: Party
) -> None:
    party.device = device(party, body)
    reason = {"reason": "inspection"}
    body.made(f"/devices/{party.device}/suspend", reason)
    party.reporter.made("/measurement-reports", report(party.device))
    asked = {"device": party.device, "account": party.account, **period()}

    refused = party.post("/issuances", asked)
    body.made(f"/devices/{party.device}/resume", reason)

    assert told(refused) == (409, "device-not-eligible", "")
    assert party.made("/issuances", asked)["state"] == "submitted"


def test_only_what_is_approved_is_suspended_and_only_that_resumed(
    party: Party, body: Party
) -> None:
    found, reason = registered(party), {"reason": "inspection"}

    answers = [body.post(f"/devices/{found}/{verb}", reason) for verb in ("suspend", "resume")]

    assert [told(answer) for answer in answers] == [(409, "device-not-eligible", "")] * 2


def test_a_device_that_is_not_approved_is_not_measured_or_issued_to(party: Party) -> None:
    party.metering = None
    found = registered(party)
    asked = {"device": found, "account": party.account, **period()}

    answers = [party.post("/measurement-reports", report(found)), party.post("/issuances", asked)]

    assert [told(answer) for answer in answers] == [(409, "device-not-eligible", "")] * 2


def test_a_deregistered_device_is_over(party: Party, body: Party) -> None:
    found = device(party, body)
    ended = {"ended_at": format_time(FIRST_DAY + DAY_MS), "reason": "dismantled"}

    body.made(f"/devices/{found}/deregister", ended)

    shown = party.shown(f"/devices/{found}")
    assert (shown["state"], shown["valid_until"]) == ("deregistered", ended["ended_at"])
    answers = [
        party.reporter.post("/measurement-reports", report(found, first=2)),
        body.post(f"/devices/{found}/deregister", ended),
        revise(party, found, version=3),
    ]
    assert [told(answer) for answer in answers] == [(409, "device-not-eligible", "")] * 3


def owing(doors: Doors, party: Party) -> None:
    """Book one MWh too much of the party's first issued span, by two persons."""
    (span, *_) = party.shown(f"/devices/{party.device}/spans")["spans"]
    common = {"origin": ORIGIN, "by": doors.registry.issuing_body}
    persons = [
        PersonAdd(id=new_id(), person=None, member=new_id(), record="0" * 63 + digit, **common)
        for digit in "12"
    ]
    first, second = (person.member for person in persons)
    word = new_id()
    adjusted = MeasureAdjust(
        id=new_id(),
        person=first,
        adjustment=new_id(),
        device=party.device,
        start=parse_time(span["start"]),
        energy_wh=span["energy_wh"] - MWH,
        reason="meter-fault",
        endorsement=word,
        **common,
    )
    endorsed = Endorse(
        id=new_id(), person=second, endorsement=word, digest=content_digest(adjusted), **common
    )
    accept(doors.registry, *persons, endorsed, adjusted)


def test_a_device_that_owes_energy_is_not_deregistered(
    doors: Doors, party: Party, body: Party
) -> None:
    party = with_device(party, body)
    issued(party)
    owing(doors, party)
    ended = {"ended_at": format_time(FIRST_DAY + 40 * DAY_MS), "reason": "dismantled"}

    answer = body.post(f"/devices/{party.device}/deregister", ended)

    assert told(answer) == (409, "adjustment-outstanding", "")
    assert party.shown(f"/devices/{party.device}")["adjustment_wh"] == MWH


def test_another_than_the_measurement_body_does_not_report(party: Party, body: Party) -> None:
    found = device(party, body)

    answer = party.post("/measurement-reports", report(found))

    assert told(answer) == (403, "reporter-not-authorised", "")


def test_a_store_is_registered_and_has_no_certificates(party: Party, body: Party) -> None:
    party.device = device(party, body, kind="storage", storage_wh=40 * MWH)
    party.reporter.made("/measurement-reports", report(party.device))
    asked = {"device": party.device, "account": party.account, **period()}

    answer = party.post("/issuances", asked)

    assert told(answer)[:2] == (422, "source-not-eligible")


# ---- handovers


@pytest.fixture
def heir(doors: Doors, body: Party) -> Party:
    """Another generator."""
    return joined(doors.client, body, "generator")


CHANGE = FIRST_DAY + 2 * DAY_MS


def handing(heir: Party, *, at: int = CHANGE) -> dict[str, object]:
    return {"to": heir.id, "effective_from": format_time(at)}


def handed_over(party: Party, body: Party, heir: Party) -> str:
    """Have a device pass to its heir at CHANGE; return it."""
    found = device(party, body)
    tagged(party, "POST", f"/devices/{found}/hand-over", handing(heir), version=2)
    heir.made(f"/devices/{found}/registrations/2/take-over")
    begins = approval(number=2, valid_from=format_time(CHANGE))
    body.made(f"/devices/{found}/approve", begins)
    return found


def test_a_device_passes_from_hand_to_hand_without_a_gap(
    party: Party, body: Party, heir: Party
) -> None:
    found = handed_over(party, body, heir)
    reporter = party.reporter
    reporter.made("/measurement-reports", report(found, days=2))
    reporter.made("/measurement-reports", report(found, first=2, days=2))

    asked = {
        (who.id, first): who.post(
            "/issuances",
            {"device": found, "account": who.account, **period(first=first, days=2)},
        ).status_code
        for who in (party, heir)
        for first in (0, 2)
    }

    assert asked == {
        (party.id, 0): 201,
        (party.id, 2): 403,
        (heir.id, 0): 403,
        (heir.id, 2): 201,
    }


def test_each_registrant_sees_what_was_measured_in_its_own_time(
    party: Party, body: Party, heir: Party
) -> None:
    found = handed_over(party, body, heir)
    party.reporter.made("/measurement-reports", report(found, days=2))
    party.reporter.made("/measurement-reports", report(found, first=2, days=2))

    def starts(who: Party) -> list[str]:
        return [span["start"] for span in who.shown(f"/devices/{found}/spans")["spans"]]

    everything = starts(body)
    assert everything == starts(party.reporter)
    assert starts(party) == [at for at in everything if at < format_time(CHANGE)]
    assert starts(heir) == [at for at in everything if at >= format_time(CHANGE)]
    assert (versions(party, found), versions(heir, found)) == (
        [(1, "approved")],
        [(2, "approved")],
    )


def test_a_hand_over_is_taken_and_approved_before_it_counts(
    party: Party, body: Party, heir: Party
) -> None:
    found = device(party, body)
    made = tagged(party, "POST", f"/devices/{found}/hand-over", handing(heir), version=2)
    begins = approval(number=2, valid_from=format_time(CHANGE))

    early = body.post(f"/devices/{found}/approve", begins)
    taken = heir.post(f"/devices/{found}/registrations/2/take-over")
    again = heir.post(f"/devices/{found}/registrations/2/take-over")

    assert made.json is not None
    assert (made.status_code, made.json["version"]) == (201, 3)
    assert told(early) == (409, "invalid-state-transition", "")
    assert (taken.status_code, told(again)) == (200, (409, "invalid-state-transition", ""))
    later = approval(number=2, valid_from=format_time(CHANGE + DAY_MS))
    gap = body.post(f"/devices/{found}/approve", later)
    assert told(gap) == (422, "registration-boundary", "/valid_from")


def test_a_hand_over_that_cannot_be_is_refused(
    doors: Doors, party: Party, body: Party, heir: Party
) -> None:
    found = device(party, body)
    buyer = joined(doors.client, body, "buyer")
    outside = FIRST_DAY + 366 * DAY_MS
    tried: list[tuple[dict[str, object], Told]] = [
        (handing(party), (403, "recipient-not-mandated", "/to")),
        (handing(buyer), (403, "recipient-not-mandated", "/to")),
        ({**handing(heir), "to": UNKNOWN}, (404, "not-found", "/to")),
        (handing(heir, at=outside), (422, "registration-boundary", "/effective_from")),
    ]

    answers = [
        (said, told(tagged(party, "POST", f"/devices/{found}/hand-over", said, version=2)))
        for said, _ in tried
    ]

    assert answers == tried


def test_what_belongs_to_others_is_not_there(party: Party, body: Party, heir: Party) -> None:
    found = device(party, body)

    def tries(target: str) -> list[tuple[int, Any]]:
        answers = [
            revise(heir, target, version=2),
            tagged(heir, "POST", f"/devices/{target}/hand-over", handing(party), version=2),
            heir.post(f"/devices/{target}/registrations/1/take-over"),
            heir.post("/devices", new_device(part_of=target)),
            heir.get(f"/devices/{target}"),
            heir.get(f"/devices/{target}/registrations"),
            heir.get(f"/devices/{target}/meters"),
        ]
        return [(answer.status_code, {**answer.get_json(), "instance": ""}) for answer in answers]

    assert tries(found) == tries(UNKNOWN)
    assert {status for status, _ in tries(found)} == {404}


# ---- multi-fuel


SOURCES = {"wood": "F01010000", "coal": "F02010100"}


def boiler(party: Party, body: Party) -> tuple[str, dict[str, str]]:
    """Register a device of two sources and have both approved; return it and its parts."""
    burner = {"technology": "T050000", "measurement_body": party.reporter.id}
    number = new_device()["gsrn"]
    whole = registered(party, kind="multi_fuel", gsrn=number, energy_source="F00000000", **burner)
    parts = {
        name: registered(party, part_of=whole, gsrn=number, energy_source=source, **burner)
        for name, source in SOURCES.items()
    }
    for found in (whole, *parts.values()):
        body.made(f"/devices/{found}/approve", approval())
    return whole, parts


def shared(whole: str, parts: dict[str, str], wood_bp: int, coal_bp: int) -> dict[str, object]:
    shares = zip(parts.values(), (wood_bp, coal_bp), strict=True)
    return {
        "device": whole,
        **period(),
        "shares": [{"device": part, "share_bp": share_bp} for part, share_bp in shares],
    }


def test_what_is_declared_is_listed_and_sources_are_found_by_their_device(
    party: Party, body: Party
) -> None:
    whole, parts = boiler(party, body)
    declared = party.reporter.made("/fuel-declarations", shared(whole, parts, 7_500, 2_500))

    listed = party.shown("/fuel-declarations")["fuel_declarations"]

    assert listed == [{name: declared[name] for name in listed[0]}]
    found = party.shown(f"/devices?part_of={whole}")["devices"]
    assert [row["id"] for row in found] == sorted(parts.values())


def test_a_share_becomes_certificates_of_its_source_if_that_is_certified(
    party: Party, body: Party
) -> None:
    whole, parts = boiler(party, body)
    reporter = party.reporter
    reporter.made("/measurement-reports", report(whole))
    reporter.made("/fuel-declarations", shared(whole, parts, 7_500, 2_500))
    reporter.made(f"/devices/{whole}/apportion", period())

    asked = {"account": party.account, **period()}
    wood = party.made("/issuances", {"device": parts["wood"], **asked})
    coal = party.post("/issuances", {"device": parts["coal"], **asked})

    assert body.made(f"/issuances/{wood['id']}/approve")["quantity"] == 18
    assert told(coal)[:2] == (422, "source-not-eligible")


def test_the_declarations_of_others_are_not_listed(party: Party, body: Party, heir: Party) -> None:
    whole, parts = boiler(party, body)
    party.reporter.made("/fuel-declarations", shared(whole, parts, 7_500, 2_500))

    assert heir.shown("/fuel-declarations") == {"fuel_declarations": [], "next": None}
    assert heir.shown(f"/fuel-declarations?device={whole}")["fuel_declarations"] == []
    assert len(body.shown(f"/fuel-declarations?device={whole}")["fuel_declarations"]) == 1
    assert len(party.reporter.shown("/fuel-declarations")["fuel_declarations"]) == 1


def test_declarations_are_listed_page_by_page(party: Party, body: Party) -> None:
    whole, parts = boiler(party, body)
    for first in range(3):
        declared = {**shared(whole, parts, 5_000, 5_000), **period(first=first)}
        party.reporter.made("/fuel-declarations", declared)

    one = party.shown("/fuel-declarations?limit=2")
    two = party.shown(f"/fuel-declarations?limit=2&cursor={one['next']}")

    starts = [row["period_start"] for row in one["fuel_declarations"] + two["fuel_declarations"]]
    assert starts == [period(first=first)["period_start"] for first in range(3)]
    assert two["next"] is None
    assert told(party.get("/fuel-declarations?cursor=x"))[:2] == (400, "invalid-query")


def test_shares_make_up_the_whole_once_and_are_declared_by_the_measurement_body(
    doors: Doors, party: Party, body: Party
) -> None:
    whole, parts = boiler(party, body)
    reporter = party.reporter
    other = joined(doors.client, body, "measurement_body")
    right = shared(whole, parts, 7_500, 2_500)
    stranger = shared(whole, {**parts, "coal": device(party, body)}, 7_500, 2_500)
    unknown = shared(whole, {**parts, "coal": UNKNOWN}, 7_500, 2_500)
    twice = shared(whole, {**parts, "coal": parts["wood"]}, 7_500, 2_500)
    ahead = {**right, "period_end": format_time(FIRST_DAY + 100 * DAY_MS)}
    tried: list[tuple[Party, dict[str, object], Told]] = [
        (reporter, shared(whole, parts, 7_500, 2_499), (422, "fuel-split-not-100", "/shares")),
        (reporter, stranger, (404, "not-found", "/shares/1/device")),
        (reporter, unknown, (404, "not-found", "/shares/1/device")),
        (reporter, twice, (422, "duplicate-item", "/shares")),
        (reporter, ahead, (422, "future-production", "")),
        (reporter, {**right, "device": parts["wood"]}, (422, "invalid-device-data", "/device")),
        (other, right, (404, "not-found", "/device")),
        (party, right, (403, "forbidden-role", "")),
    ]

    answers = [(who, said, told(who.post("/fuel-declarations", said))) for who, said, _ in tried]

    assert answers == tried
    reporter.made("/fuel-declarations", right)
    again = reporter.post("/fuel-declarations", right)
    assert told(again) == (409, "measurement-overlap", "")


def test_a_multi_fuel_device_as_a_whole_has_no_certificates(party: Party, body: Party) -> None:
    whole, _ = boiler(party, body)
    party.reporter.made("/measurement-reports", report(whole))
    asked = {"device": whole, "account": party.account, **period()}

    assert told(party.post("/issuances", asked))[:2] == (422, "source-not-eligible")


# ---- in bulk


def test_a_device_lives_its_whole_life_in_bulk(party: Party, body: Party, heir: Party) -> None:
    found = registered(party, measurement_body=party.reporter.id)
    given = {"device": found}
    asked: list[tuple[Party, str, dict[str, object]]] = [
        (body, "device.review", {"number": 1, "outcome": "referred", "reason": "unclear"}),
        (party, "device.revise", {"version": 2, **description()}),
        (body, "device.approve", approval(number=2)),
        (body, "device.suspend", {"suspended": True, "reason": "inspection"}),
        (body, "device.suspend", {"suspended": False, "reason": "inspected"}),
        (party, "device.hand_over", {"version": 6, **handing(heir)}),
        (heir, "device.take_over", {"number": 3}),
        (body, "device.automate", {"version": 7, "automatic_wh": 0}),
        (
            body,
            "device.deregister",
            {"ended_at": format_time(FIRST_DAY + HOUR_MS), "reason": "dismantled"},
        ),
    ]

    outcomes = [
        who.made("/operations", [{"type": verb, **given, **said}])["outcomes"][0]
        for who, verb, said in asked
    ]

    assert [outcome["status"] for outcome in outcomes] == [201] * len(asked), outcomes
    assert body.shown(f"/devices/{found}")["state"] == "deregistered"


def test_fuels_are_declared_in_bulk(party: Party, body: Party) -> None:
    whole, parts = boiler(party, body)
    item = {"type": "fuel.declare", **shared(whole, parts, 6_000, 4_000)}

    (outcome,) = party.reporter.made("/operations", [item])["outcomes"]

    assert outcome["status"] == 201


# ---- code lists and domains


def test_code_lists_are_public(doors: Doors) -> None:
    anybody = Party(doors.client, "")

    listed = anybody.shown("/code-lists")["code_lists"]
    eecs = anybody.shown("/code-lists/eecs-1")

    assert [row["version"] for row in listed] == ["eecs-1", "irec-1", "mrets-1"]
    sources = {row["code"]: row for row in eecs["energy_sources"]}
    technologies = {row["code"]: row for row in eecs["technologies"]}
    assert (len(sources), len(technologies)) == (listed[0]["sources"], listed[0]["technologies"])
    assert sources["F01040100"] == {
        "code": "F01040100",
        "name": "Renewable, Heating and cooling, Solar",
        "is_renewable": True,
    }
    assert technologies["T010000"]["energy_sources"] == ["F01040100"]
    assert eecs["aliases"] == {"F02040203": "F01040203"}
    assert told(anybody.get("/code-lists/eecs-2")) == (404, "not-found", "")


@pytest.mark.parametrize("version", ["irec-1", "mrets-1"])
def test_every_code_has_a_name_and_every_technology_a_source(doors: Doors, version: str) -> None:
    shown = Party(doors.client, "").shown(f"/code-lists/{version}")

    assert all(row["name"] for row in (*shown["energy_sources"], *shown["technologies"]))
    assert all(row["energy_sources"] for row in shown["technologies"])


def test_a_domain_shows_all_that_its_genesis_fixed(doors: Doors) -> None:
    (shown,) = Party(doors.client, "").shown("/domains")["domains"]

    assert shown == {
        "code": "NZ",
        "scheme": "go",
        "country": "NZ",
        "timezone": "Pacific/Auckland",
        "face_value_wh": MWH,
        "transfer_months": 60,
        "retire_months": 66,
        "retire_deadline": None,
        "issuer_prefix": "942900000",
        "code_lists": "eecs-1",
        "sources": ["F01"],
        "interval_s_most": 90_000,
        "issue_windows": [{"days": 365}],
        "qualities": ["corrected", "measured"],
        "self_consumption": "issue_and_retire",
        "registration_years": 5,
        "second_person_w": 100_000_000,
        "second_person_wh": 100_000_000_000,
        "issued": 0,
    }
