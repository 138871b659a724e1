"""Parties over HTTP: persons and their keys, reviews, endorsements, and what nobody can be."""

from collections.abc import Callable
from time import time_ns
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.ledger.times import format_time, parse_time
from app.services.credentials import ApiKeys
from app.storage.credentials import CredentialRows
from tests.api.doors import Doors
from tests.api.parties import (
    Party,
    applying,
    code,
    issued,
    joined,
    new_device,
    period,
    retiring,
    with_device,
)
from tests.scenario import new_id

DAY_MS = 86_400_000
ADA = {"name": "Ada Quill-Brandt", "contact": "ada@quill.example"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
LEI = "529900T8BM49AURSDO55"
LAPSED = "2001-01-01T00:00:00.000Z"


def now_ms() -> int:
    return time_ns() // 1_000_000


def body_of(doors: Doors) -> Party:
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


def party(doors: Doors, role: str) -> Party:
    return Party(doors.client, doors.keys[role])


def added(of: Party, **more: object) -> str:
    """Add somebody; return the person's id."""
    found: str = of.made("/persons", {**ADA, **more})["id"]
    return found


def acting(of: Party, person: str, *, scope: str = "administer") -> Party:
    """Return the same organisation behind a person's key."""
    key = of.made("/keys", {"scope": scope, "person": person})["key"]
    return Party(of.client, key, of.id, of.account, of.device, of.metering)


def operation(of: Party, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = of.shown(f"/operations/{id_}")["operation"]
    return found


def reviewed(body: Party, organisation: str, **more: object) -> Any:  # noqa: ANN401 - JSON
    until = format_time(now_ms() + 365 * DAY_MS)
    asked = {"kyc_until": until, "suspended": False, "reason": "yearly-review", **more}
    return body.made(f"/organisations/{organisation}/review", asked)


def told(answer: TestResponse) -> tuple[int, str, str | None]:
    """Return status, slug and first pointer of a problem."""
    problem: Any = answer.json
    errors = problem.get("errors", ())
    return answer.status_code, code(answer), errors[0]["pointer"] if errors else None


def holding(doors: Doors) -> Party:
    """Return a generator with a day's certificates."""
    body = body_of(doors)
    found = with_device(joined(doors.client, body, "generator"), body)
    found.device = issued(found)
    return found


def item(issuance: str, first: int, last: int) -> dict[str, object]:
    return {"issuance": issuance, "first": first, "last": last}


# persons


@pytest.mark.parametrize(
    "role", ["generator", "buyer", "measurement_body", "auditor", "issuing_body", "operator"]
)
def test_every_organisation_adds_persons_of_its_own(doors: Doors, role: str) -> None:
    answer = party(doors, role).post("/persons", ADA)

    found = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/persons/{found['id']}"
    assert (found["state"], found["record"], found["erased"]) == ("active", ADA, False)
    assert found["id"] == found["operation"]["id"]
    shown = party(doors, role).shown(f"/persons/{found['id']}")
    assert shown == {name: value for name, value in found.items() if name != "operation"}


def test_a_name_stays_off_the_log_and_is_read_by_its_own_and_the_issuing_body(
    doors: Doors,
) -> None:
    person = added(party(doors, "generator"))
    path = f"/persons/{person}"

    shown = {role: party(doors, role).get(path) for role in doors.keys}

    assert {role: answer.status_code for role, answer in shown.items()} == {
        "generator": 200,
        "issuing_body": 200,
        "auditor": 200,
        "buyer": 404,
        "measurement_body": 404,
        "operator": 404,
    }
    assert shown["issuing_body"].get_json()["record"] == ADA
    assert shown["auditor"].get_json()["record"] is None
    with doors.registry.storage.log() as log:
        leaves = b"\n".join(log.leaves())
    assert person.encode() in leaves
    assert not any(text.encode() in leaves for text in ADA.values())


def test_persons_are_listed_by_organisation_removed_ones_too(doors: Doors) -> None:
    body, generator = body_of(doors), party(doors, "generator")
    own = sorted(added(generator, name=f"Number {at}") for at in range(3))
    added(party(doors, "buyer"))
    generator.made(f"/persons/{own[1]}/remove")

    listed = generator.shown("/persons")["persons"]
    organisation = listed[0]["organisation"]

    assert [(row["id"], row["state"]) for row in listed] == [
        (own[0], "active"),
        (own[1], "removed"),
        (own[2], "active"),
    ]
    assert body.shown(f"/persons?organisation={organisation}")["persons"] == listed
    assert len(body.shown("/persons")["persons"]) == 4


def test_a_person_added_again_under_the_same_key_is_the_one_that_stands(doors: Doors) -> None:
    generator, key = party(doors, "generator"), str(uuid4())

    first = generator.post("/persons", ADA, key=key)
    again = generator.post("/persons", ADA, key=key)
    other = generator.post("/persons", {**ADA, "name": "Another"}, key=key)

    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, code(other)) == (422, "idempotency-key-reused")
    assert len(generator.shown("/persons")["persons"]) == 1


def test_a_person_is_removed_once_and_by_the_own_organisation_alone(doors: Doors) -> None:
    generator = party(doors, "generator")
    path = f"/persons/{added(generator)}/remove"

    stranger = party(doors, "buyer").post(path)
    first = generator.post(path, key="first")

    assert told(stranger) == (404, "not-found", "/member")
    assert (first.status_code, first.get_json()["state"]) == (200, "removed")
    assert generator.post(path, key="first").get_json() == first.get_json()
    assert told(generator.post(path)) == (409, "invalid-state-transition", "/member")


def test_an_applicant_has_no_persons_yet(doors: Doors) -> None:
    applied = Party(doors.client, "").made("/organisations", applying())

    assert code(Party(doors.client, applied["key"]).post("/persons", ADA)) == "forbidden-role"


# keys of persons


def test_what_is_asked_with_the_key_of_a_person_stands_in_that_name(doors: Doors) -> None:
    generator = party(doors, "generator")
    person = added(generator)
    ada = acting(generator, person)

    by_person = ada.made("/accounts")["id"]
    by_nobody = generator.made("/accounts")["id"]
    (in_bulk,) = ada.made("/operations", [{"type": "account.open"}])["outcomes"]

    assert operation(generator, by_person)["person"] == person
    assert operation(generator, in_bulk["id"])["person"] == person
    assert "person" not in operation(generator, by_nobody)


def test_an_admission_names_the_person_who_decided(doors: Doors) -> None:
    body = body_of(doors)
    officer = added(body)
    applied = Party(doors.client, "").made("/organisations", applying())

    decided = acting(body, officer).made(f"/organisations/{applied['id']}/admit")

    assert operation(body, decided["operation"]["id"])["person"] == officer


def test_a_key_of_a_person_says_so_and_its_successor_is_the_persons(doors: Doors) -> None:
    generator = party(doors, "generator")
    person = added(generator)

    made = generator.made("/keys", {"scope": "write", "person": person}, key="one")
    again = generator.made("/keys", {"scope": "write", "person": person}, key="one")
    rotated = generator.made(f"/keys/{made['prefix']}/rotate", {})
    plain = generator.made("/keys", {"scope": "write"})

    assert (made["person"], again["person"], rotated["person"]) == (person, person, person)
    assert plain["person"] is None
    listed = {row["prefix"]: row["person"] for row in generator.shown("/keys")["keys"]}
    assert listed[rotated["prefix"]] == person
    other = generator.post("/keys", {"scope": "write"}, key="one")
    assert code(other) == "idempotency-key-reused"


def test_a_key_is_for_an_active_person_of_the_own_organisation(doors: Doors) -> None:
    generator = party(doors, "generator")
    removed = added(generator)
    generator.made(f"/persons/{removed}/remove")
    others = added(party(doors, "buyer"))

    answers = [
        generator.post("/keys", {"scope": "read", "person": person})
        for person in (removed, others, UNKNOWN)
    ]

    assert [told(answer) for answer in answers] == [(404, "not-found", "/person")] * 3
    malformed = generator.post("/keys", {"scope": "read", "person": "Ada"})
    assert told(malformed) == (422, "invalid-id", "/person")


def test_the_key_of_who_is_removed_is_none_from_then_on(doors: Doors) -> None:
    generator = party(doors, "generator")
    person = added(generator)
    ada, other = acting(generator, person), acting(generator, added(generator))
    ada.made("/accounts")

    generator.made(f"/persons/{person}/remove")

    assert (ada.get("/accounts").status_code, code(ada.post("/accounts"))) == (
        401,
        "unauthenticated",
    )
    assert other.post("/accounts").status_code == 201
    assert generator.post("/accounts").status_code == 201


def test_another_process_refuses_the_key_of_who_is_removed_within_its_second(
    doors: Doors,
) -> None:
    generator = party(doors, "generator")
    person, steady = added(generator), [0]
    ada = acting(generator, person)
    elsewhere = ApiKeys(
        CredentialRows(doors.registry.storage.database), steady_ns=lambda: steady[0]
    )
    assert elsewhere.identify(ada.key) is not None

    generator.made(f"/persons/{person}/remove")

    assert elsewhere.identify(ada.key) is not None
    steady[0] = 1_000_000_000
    assert elsewhere.identify(ada.key) is None


# reviews


def test_an_organisation_shows_until_when_it_is_verified_and_a_review_states_it_anew(
    doors: Doors,
) -> None:
    body = body_of(doors)
    buyer = joined(doors.client, body, "buyer")
    until = format_time(now_ms() + 30 * DAY_MS)

    answer = reviewed(body, buyer.id, kyc_until=until, suspended=True)

    assert (answer["id"], answer["kyc_until"], answer["suspended"]) == (buyer.id, until, True)
    for reader in (buyer, body, party(doors, "auditor")):
        shown = reader.shown(f"/organisations/{buyer.id}")
        assert (shown["kyc_until"], shown["suspended"]) == (until, True)
    reviewed(body, buyer.id, kyc_until=until)
    assert buyer.shown(f"/organisations/{buyer.id}")["suspended"] is False


@pytest.mark.parametrize("role", ["operator", "issuing_body"])
def test_operator_and_issuing_body_come_from_genesis_and_are_not_reviewed(
    doors: Doors, role: str
) -> None:
    body = body_of(doors)
    who = getattr(doors.registry, role)

    asked = {"kyc_until": LAPSED, "suspended": True, "reason": "coup"}
    answer = body.post(f"/organisations/{who}/review", asked)

    assert told(answer) == (403, "separation-of-duties", "/organisation")
    shown = body.shown(f"/organisations/{who}")
    assert (shown["kyc_until"], shown["suspended"]) == (None, False)


def test_who_is_not_admitted_is_not_reviewed(doors: Doors) -> None:
    applied = Party(doors.client, "").made("/organisations", applying())

    asked = {"kyc_until": LAPSED, "suspended": False, "reason": "early"}
    answer = body_of(doors).post(f"/organisations/{applied['id']}/review", asked)

    assert told(answer) == (404, "not-found", "/organisation")
    shown = Party(doors.client, applied["key"]).shown(f"/organisations/{applied['id']}")
    assert (shown["kyc_until"], shown["suspended"]) == (None, False)


def test_part_d_58_a_lapsed_verification_stops_transfers_and_registrations_but_no_retirement(
    doors: Doors,
) -> None:
    generator, body = holding(doors), body_of(doors)
    to = joined(doors.client, body, "buyer").account
    other = generator.made("/accounts")["id"]
    reviewed(body, generator.id, kyc_until=LAPSED)

    offered = {"from": generator.account, "to": to, "quantity": 1}
    answers = [
        generator.post("/transfers/offer", offered),
        generator.post("/transfers", {**offered, "to": other}),
        generator.post("/devices", new_device()),
    ]

    assert [(answer.status_code, code(answer)) for answer in answers] == [
        (403, "kyc-not-valid")
    ] * 3
    retired = generator.post("/retirements", retiring(generator.account, quantity=1))
    assert retired.status_code == 201
    reviewed(body, generator.id)
    assert generator.post("/transfers/offer", offered).status_code == 201


def test_part_d_58_nothing_goes_to_who_is_not_verified_any_more(doors: Doors) -> None:
    generator, body = holding(doors), body_of(doors)
    buyer = joined(doors.client, body, "buyer")
    reviewed(body, buyer.id, kyc_until=LAPSED)

    offered = {"from": generator.account, "to": buyer.account, "quantity": 1}
    answer = generator.post("/transfers/offer", offered)

    assert told(answer) == (403, "kyc-not-valid", "/to")


def test_part_d_58_who_is_suspended_does_not_even_retire(doors: Doors) -> None:
    generator, body = holding(doors), body_of(doors)
    reviewed(body, generator.id, suspended=True)

    answers = [
        generator.post("/retirements", retiring(generator.account, quantity=1)),
        generator.post("/persons", ADA),
        generator.post("/devices", new_device()),
    ]

    assert [(answer.status_code, code(answer)) for answer in answers] == [
        (423, "organisation-suspended")
    ] * 3


# admission


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({}, {730, 731}),
        ({"risk_class": "normal"}, {730, 731}),
        ({"risk_class": "low"}, {1095, 1096}),
        ({"risk_class": "high"}, {365, 366}),
    ],
    ids=str,
)
def test_an_admission_says_how_long_the_identity_counts_as_verified(
    doors: Doors, said: dict[str, object], days: set[int]
) -> None:
    body = body_of(doors)
    applied = Party(doors.client, "").made("/organisations", applying())["id"]

    admitted = body.made(f"/organisations/{applied}/admit", said, key="one")
    again = body.made(f"/organisations/{applied}/admit", said, key="one")

    until_ms = parse_time(admitted["kyc_until"])
    assert round((until_ms - now_ms()) / DAY_MS) in days
    assert again == admitted
    assert body.shown(f"/organisations/{applied}")["kyc_until"] == admitted["kyc_until"]


def test_an_admission_may_name_the_day_itself(doors: Doors) -> None:
    body, until = body_of(doors), format_time(now_ms() + DAY_MS)
    applied = Party(doors.client, "").made("/organisations", applying())["id"]

    admitted = body.made(f"/organisations/{applied}/admit", {"kyc_until": until})

    assert admitted["kyc_until"] == until


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"risk_class": "none"}, (422, "invalid-field", "/risk_class")),
        (
            {"risk_class": "low", "kyc_until": "2100-01-01T00:00:00.000Z"},
            (422, "invalid-field", "/risk_class"),
        ),
        ({"kyc_until": LAPSED}, (422, "invalid-interval", "/kyc_until")),
        ({"kyc_until": "tomorrow"}, (422, "invalid-timestamp", "/kyc_until")),
        ({"roles": ["generator"]}, (422, "unknown-field", "/roles")),
        ([], (422, "invalid-field", "")),
    ],
    ids=str,
)
def test_an_admission_that_cannot_be_admits_nobody(
    doors: Doors, said: object, problem: tuple[int, str, str]
) -> None:
    body = body_of(doors)
    applied = Party(doors.client, "").made("/organisations", applying())["id"]

    answer = body.post(f"/organisations/{applied}/admit", said)

    assert told(answer) == problem
    assert body.shown(f"/organisations/{applied}")["state"] == "pending"
    assert body.post(f"/organisations/{applied}/admit").status_code == 200


# what an applicant may be


@pytest.mark.parametrize(
    "roles",
    [
        ["measurement_body"],
        ["generator", "measurement_body"],
        ["buyer", "generator", "measurement_body"],
        ["auditor"],
    ],
    ids=str,
)
def test_a_measurement_body_may_stand_beside_others(doors: Doors, roles: list[str]) -> None:
    found = joined(doors.client, body_of(doors), *roles)

    assert found.shown(f"/organisations/{found.id}")["roles"] == roles


@pytest.mark.parametrize("other", ["measurement_body", "buyer", "generator"])
def test_an_auditor_is_nothing_besides(doors: Doors, other: str) -> None:
    answer = Party(doors.client, "").post("/organisations", applying(roles=["auditor", other]))

    assert told(answer) == (403, "separation-of-duties", "/roles")


def test_what_an_applicant_says_of_itself_is_kept_and_shown_to_it(doors: Doors) -> None:
    said = {
        "name": "Ada Quill-Brandt",
        "registration_number": "HRB 4711",
        "lei": LEI,
        "vat_number": "DE136695976",
        "gln": "4000001000005",
        "eic": "22XWATTPLUS----G",
        "is_person": True,
    }
    applied = Party(doors.client, "").made("/organisations", applying(country="DE", **said))

    shown = Party(doors.client, applied["key"]).shown(f"/organisations/{applied['id']}")

    assert shown["record"] == said


@pytest.mark.parametrize(
    ("member", "value", "slug"),
    [
        ("lei", LEI[:-1] + "6", "invalid-lei"),
        ("lei", LEI[:-1], "invalid-lei"),
        ("gln", "4000001000006", "invalid-gln"),
        ("gln", "40000010000\u0660\u0665", "invalid-gln"),
        ("eic", "22XWATTPLUS----H", "invalid-eic"),
    ],
)
def test_part_d_33_a_wrong_check_character_is_refused(
    doors: Doors, member: str, value: str, slug: str
) -> None:
    answer = Party(doors.client, "").post("/organisations", applying(**{member: value}))

    assert told(answer) == (422, slug, f"/{member}")


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("NZ", "DE136695976"),
        ("DE", "ATU13585627"),
        ("DE", "136695976"),
        ("DE", "DE13669597"),
        ("GR", "GR123456789"),
        ("DE", "DE 136695976"),
    ],
)
def test_part_d_87_a_vat_number_is_of_the_applicants_own_country_and_form(
    doors: Doors, country: str, number: str
) -> None:
    asked = applying(country=country, vat_number=number)

    answer = Party(doors.client, "").post("/organisations", asked)

    assert told(answer) == (422, "invalid-vat-number", "/vat_number")
    assert body_of(doors).shown("/applications")["organisations"] == []


def test_part_d_88_an_organisation_takes_part_once_and_strangers_are_told_no_more(
    doors: Doors,
) -> None:
    body, public = body_of(doors), Party(doors.client, "")
    asked = applying(name="Hidden Dam Ltd", registration_number="NZBN 4711", contact="a@b.example")
    first = public.made("/organisations", asked)
    body.made(f"/organisations/{first['id']}/admit")

    answer = public.post("/organisations", applying(registration_number="nzbn-4711"))

    assert told(answer) == (409, "organisation-exists", "/registration_number")
    assert not any(
        text in answer.text for text in (first["id"], "Hidden Dam", "a@b.example", "4711")
    )
    abroad = applying(registration_number="NZBN 4711", country="DK")
    assert public.post("/organisations", abroad).status_code == 201


def test_part_d_88_of_two_applications_with_one_number_one_is_admitted(doors: Doors) -> None:
    body, public = body_of(doors), Party(doors.client, "")
    one, other = (
        public.made("/organisations", applying(name=name, registration_number="4711"))["id"]
        for name in ("One", "Other")
    )
    body.made(f"/organisations/{one}/admit")

    answer = body.post(f"/organisations/{other}/admit")

    assert (answer.status_code, code(answer)) == (409, "organisation-exists")
    rejected = body.made(f"/organisations/{other}/reject", {"reason": "exists-already"})
    assert rejected["state"] == "rejected"


@pytest.mark.parametrize(
    "text",
    [
        "line\nbreak",
        "nul\x00",
        "evil\u202egnp",
        "zero\u200bwidth",
        "Wa\u0304naka",
        " space around ",
        "",
        "x" * 201,
    ],
    ids=ascii,
)
def test_part_d_89_text_that_cannot_be_shown_safely_is_refused(doors: Doors, text: str) -> None:
    applied = Party(doors.client, "").post("/organisations", applying(name=text))
    person = party(doors, "generator").post("/persons", {"name": "Ada", "contact": text})

    assert told(applied) == (422, "invalid-text", "/name")
    assert told(person) == (422, "invalid-text", "/contact")


@pytest.mark.parametrize(
    "reason", ["Ada Quill-Brandt has left", "ada@quill.example", "late\n", "too late"]
)
def test_part_d_86_free_text_and_addresses_do_not_get_onto_the_log(
    doors: Doors, reason: str
) -> None:
    body = body_of(doors)
    buyer = joined(doors.client, body, "buyer")
    review = {"kyc_until": LAPSED, "suspended": True, "reason": reason}
    pending = Party(doors.client, "").made("/organisations", applying())["id"]
    size = body.shown("/health")["size"]

    answers = [
        body.post(f"/organisations/{buyer.id}/review", review),
        body.post(f"/organisations/{pending}/reject", {"reason": reason}),
        body.post("/erasures", {"record": "0" * 64, "reason": reason}),
    ]

    assert [told(answer) for answer in answers] == [
        (422, "personal-data-not-allowed", "/reason")
    ] * 3
    assert {answer.get_json()["rule"] for answer in answers[:1]} == {"R70"}
    assert body.shown("/health")["size"] == size


# endorsements


def withdrawal(issuance: str, **more: object) -> dict[str, object]:
    return {
        "type": "withdraw",
        "withdrawal": new_id(),
        "items": [item(issuance, 1, 3)],
        "reason": "meter-error",
        "case": "case-17",
        "compensates": False,
        **more,
    }


def body_without_type(asked: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in asked.items() if name != "type"}


@pytest.fixture
def officers(doors: Doors) -> tuple[Party, Party]:
    """Two persons of the issuing body."""
    body = body_of(doors)
    one, other = (acting(body, added(body, name=name)) for name in ("One", "Other"))
    return one, other


def test_an_endorsement_is_somebodys_word_for_one_content(
    doors: Doors, officers: tuple[Party, Party]
) -> None:
    one, _ = officers
    asked = withdrawal(new_id())

    answer = one.post("/endorsements", {"operation": asked}, key="word")
    again = one.post("/endorsements", {"operation": dict(reversed(asked.items()))}, key="word")
    other = one.made("/endorsements", {"operation": {**asked, "case": "case-18"}})

    found = answer.get_json()
    assert answer.status_code == 201
    assert again.get_json() == found
    assert other["digest"] != found["digest"]
    assert found["organisation"] == doors.registry.issuing_body
    assert found["person"] is not None
    plain = {name: value for name, value in found.items() if name != "operation"}
    assert one.shown(f"/endorsements/{found['id']}") == plain
    assert plain in one.shown("/endorsements")["endorsements"]


def test_what_two_persons_of_the_issuing_body_want_is_withdrawn(
    doors: Doors, officers: tuple[Party, Party]
) -> None:
    one, other = officers
    generator = holding(doors)
    asked = withdrawal(generator.device)
    word = other.made("/endorsements", {"operation": asked})["id"]

    done = one.post("/withdrawals", {**body_without_type(asked), "endorsement": word})

    assert done.status_code == 201, done.get_json()
    held = generator.shown(f"/accounts/{generator.account}/holdings")["holdings"]
    assert {row["state"]: row["quantity"] for row in held} == {"active": 21, "withdrawn": 3}


Words = Callable[[Doors, Party, Party, dict[str, object]], str]


def word_of(who: Party, asked: dict[str, object]) -> str:
    found: str = who.made("/endorsements", {"operation": asked})["id"]
    return found


@pytest.mark.parametrize(
    "words",
    [
        lambda _, one, __, asked: word_of(one, asked),
        lambda doors, _, __, asked: word_of(body_of(doors), asked),
        lambda doors, _, __, asked: word_of(party(doors, "auditor"), asked),
        lambda _, __, other, asked: word_of(other, {**asked, "reason": "another-reason"}),
    ],
    ids=["one's own", "of nobody in particular", "another party's", "for something else"],
)
def test_no_other_word_is_a_second_persons(
    doors: Doors, officers: tuple[Party, Party], words: Words
) -> None:
    one, other = officers
    generator = holding(doors)
    asked = withdrawal(generator.device)
    word = words(doors, one, other, asked)

    answer = one.post("/withdrawals", {**body_without_type(asked), "endorsement": word})

    assert told(answer) == (403, "withdrawal-not-authorised", "/endorsement")


def test_who_holds_them_by_now_consents_by_an_endorsement(
    doors: Doors, officers: tuple[Party, Party]
) -> None:
    one, other = officers
    generator = holding(doors)
    buyer = joined(doors.client, body_of(doors), "buyer")
    buyer.send("PUT", f"/accounts/{buyer.account}/whitelist/{generator.account}")
    moving = {"from": generator.account, "to": buyer.account}
    generator.made("/transfers", {**moving, "items": [item(generator.device, 1, 3)]})
    asked = withdrawal(generator.device)
    members = {**body_without_type(asked), "endorsement": word_of(other, asked)}

    refused = one.post("/withdrawals", members)
    consent = word_of(buyer, asked)
    done = one.post("/withdrawals", {**members, "consents": [consent]})

    assert told(refused) == (403, "withdrawal-not-authorised", "/consents")
    assert done.status_code == 201, done.get_json()


def test_endorsements_are_seen_by_their_own_and_by_supervisors(doors: Doors) -> None:
    buyer = party(doors, "buyer")
    word = word_of(buyer, withdrawal(new_id()))
    path = f"/endorsements/{word}"

    statuses = {role: party(doors, role).get(path).status_code for role in doors.keys}

    assert statuses == {
        "buyer": 200,
        "issuing_body": 200,
        "auditor": 200,
        "generator": 404,
        "measurement_body": 404,
        "operator": 404,
    }
    assert party(doors, "generator").shown("/endorsements")["endorsements"] == []


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"type": "unheard"}, (422, "unknown-operation", "/operation/type")),
        ({}, (422, "unknown-operation", "/operation/type")),
        ({"type": ["withdraw"]}, (422, "unknown-operation", "/operation/type")),
        ({"type": "withdraw"}, (422, "missing-field", "/operation/withdrawal")),
        (
            {**withdrawal(UNKNOWN), "note": "x"},
            (422, "unknown-field", "/operation/note"),
        ),
        (
            {**withdrawal(UNKNOWN, withdrawal=UNKNOWN), "case": "Ada said so"},
            (422, "personal-data-not-allowed", "/operation/case"),
        ),
        ({"type": "account.open", "id": "x"}, (422, "invalid-id", "/operation/id")),
    ],
    ids=["unheard", "no type", "odd type", "missing", "unknown", "free text", "odd id"],
)
def test_what_cannot_be_asked_cannot_be_endorsed(
    doors: Doors, asked: dict[str, object], problem: tuple[int, str, str]
) -> None:
    answer = party(doors, "buyer").post("/endorsements", {"operation": asked})

    assert told(answer) == problem


def test_what_seals_a_record_anew_each_time_cannot_be_endorsed(doors: Doors) -> None:
    buyer = joined(doors.client, body_of(doors), "buyer")
    asked = {"type": "retire", **retiring(buyer.account, quantity=1)}

    answer = buyer.post("/endorsements", {"operation": asked})

    assert told(answer) == (422, "unknown-operation", "/operation/type")


def test_what_the_verb_itself_refuses_is_told_of_where_it_stands(doors: Doors) -> None:
    generator = party(doors, "generator")

    asked = {"type": "issue.request", "device": UNKNOWN, "account": UNKNOWN, **period()}
    answer = generator.post("/endorsements", {"operation": asked})

    assert told(answer) == (404, "not-found", "/operation/device")
