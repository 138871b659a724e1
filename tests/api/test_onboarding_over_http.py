"""Joining over HTTP: who applies, what the key may before admission, and who reads the names."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import logs
from app.services.applications import Onboarding
from app.storage.applications import ApplicationRows
from app.storage.schema import metadata
from tests.api.doors import Doors
from tests.api.parties import Party, applying, code, joined
from tests.scenario import new_id

PERSON = {
    "name": "Anahera Quill-Brandt",
    "registration_number": "SOLE-TRADER-4711",
    "contact": "anahera@quill.example",
}
SIZE = 4
WAIT_S = 60


def nobody(doors: Doors) -> Party:
    return Party(doors.client, "")


def issuing_body(doors: Doors) -> Party:
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


def applied(doors: Doors, **more: object) -> Party:
    answer = nobody(doors).made("/organisations", applying(**{**PERSON, **more}))
    return Party(doors.client, answer["key"], answer["id"])


def admissions(doors: Doors, organisation: str) -> list[dict[str, Any]]:
    found = issuing_body(doors).get("/operations?type=organisation.admit&limit=200").get_json()
    return [row for row in found["operations"] if row["operation"]["organisation"] == organisation]


def state(doors: Doors, organisation: str) -> str:
    shown: str = issuing_body(doors).get(f"/organisations/{organisation}").get_json()["state"]
    return shown


def test_anybody_may_apply_and_is_shown_a_key_that_has_no_role_yet(doors: Doors) -> None:
    answer = nobody(doors).post("/organisations", applying(**PERSON, roles=["generator"]))

    found = answer.get_json()
    party = Party(doors.client, found["key"], found["id"])
    assert (answer.status_code, found["state"]) == (201, "pending")
    assert answer.headers["Location"] == f"/v1/organisations/{party.id}"
    shown = party.get(f"/organisations/{party.id}").get_json()
    assert (shown["state"], shown["roles"], shown["record"]) == ("pending", ["generator"], PERSON)
    assert code(party.post("/accounts")) == "forbidden-role"
    assert code(party.post("/issuances/preview", {})) == "forbidden-role"
    assert party.get("/organisations").get_json()["organisations"] == []
    assert code(party.get("/applications")) == "forbidden-role"
    assert code(party.post(f"/organisations/{party.id}/admit")) == "forbidden-role"
    assert code(party.post("/operations", [{"type": "account.open"}])) == "forbidden-role"


def test_the_same_application_again_is_the_one_that_stands_without_its_key(doors: Doors) -> None:
    asked = applying(**PERSON)

    first = nobody(doors).post("/organisations", asked, key="mine")
    again = nobody(doors).post("/organisations", asked, key="mine")
    reordered = nobody(doors).post("/organisations", dict(reversed(asked.items())), key="mine")

    assert first.get_json()["key"].startswith("eac_")
    assert "Idempotency-Replayed" not in first.headers
    for repeated in (again, reordered):
        assert repeated.get_json() == {**first.get_json(), "key": None}
        assert repeated.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    "other", [{"name": "Another"}, {"country": "DK"}, {"roles": ["generator"]}, {"contact": "x"}]
)
def test_strangers_who_choose_the_same_key_do_not_meet(
    doors: Doors, other: dict[str, object]
) -> None:
    asked = applying(**PERSON)

    one = nobody(doors).made("/organisations", asked, key="1")
    stranger = nobody(doors).made("/organisations", {**asked, **other}, key="1")
    elsewhere = nobody(doors).made("/organisations", asked, key="2")

    assert len({one["id"], stranger["id"], elsewhere["id"]}) == 3
    assert len({one["key"], stranger["key"], elsewhere["key"]}) == 3
    assert None not in {one["key"], stranger["key"], elsewhere["key"]}
    party = Party(doors.client, stranger["key"], stranger["id"])
    assert code(party.get(f"/organisations/{one['id']}")) == "not-found"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"roles": ["operator"]}, "invalid-field"),
        ({"roles": ["issuing_body"]}, "invalid-field"),
        ({"roles": []}, "invalid-field"),
        ({"roles": ["buyer", "buyer"]}, "invalid-field"),
        ({"roles": ["auditor", "buyer"]}, "separation-of-duties"),
        ({"country": "UK"}, "invalid-country"),
        ({"name": ""}, "invalid-text"),
        ({"name": "evil\u202egnp"}, "invalid-text"),
        ({"id": "00000000-0000-4000-8000-000000000000"}, "unknown-field"),
        ({"state": "admitted"}, "unknown-field"),
    ],
    ids=str,
)
def test_what_nobody_can_be_is_not_kept(doors: Doors, wrong: dict[str, object], told: str) -> None:
    answer = nobody(doors).post("/organisations", applying(**{**PERSON, **wrong}))

    assert code(answer) == told
    assert answer.status_code in {403, 422}
    assert issuing_body(doors).get("/applications").get_json()["organisations"] == []


def test_an_application_names_an_idempotency_key(doors: Doors) -> None:
    answer = doors.client.post("/v1/organisations", json=applying(**PERSON))

    assert code(answer) == "idempotency-key-required"


def test_from_admission_on_the_key_has_its_roles_at_once(doors: Doors) -> None:
    party = applied(doors, roles=["buyer", "generator"])
    assert code(party.post("/accounts")) == "forbidden-role"

    answer = issuing_body(doors).post(f"/organisations/{party.id}/admit")

    assert (answer.status_code, answer.get_json()["state"]) == (200, "admitted")
    assert party.post("/accounts").status_code == 201
    shown = party.get(f"/organisations/{party.id}").get_json()
    assert (shown["state"], shown["roles"]) == ("admitted", ["buyer", "generator"])
    (found,) = admissions(doors, party.id)
    assert found["id"] == answer.get_json()["operation"]["id"]


def test_an_admission_is_repeated_under_its_key_and_refused_under_another(doors: Doors) -> None:
    party, body = applied(doors), issuing_body(doors)
    path = f"/organisations/{party.id}/admit"

    first = body.post(path, key="first")
    again = body.post(path, key="first")
    other = body.post(path, key="other")

    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, code(other)) == (409, "id-in-use")
    assert len(admissions(doors, party.id)) == 1


def test_a_key_of_one_admission_admits_nobody_else(doors: Doors) -> None:
    one, other = applied(doors), applied(doors, registration_number="SOLE-TRADER-4712")
    body = issuing_body(doors)

    body.made(f"/organisations/{one.id}/admit", key="same")
    answer = body.post(f"/organisations/{other.id}/admit", key="same")

    assert code(answer) == "idempotency-key-reused"
    assert code(other.post("/accounts")) == "forbidden-role"
    assert state(doors, other.id) == "pending"
    assert body.post(f"/organisations/{other.id}/admit").status_code == 200


def test_a_rejection_is_final_and_leaves_nothing_on_the_log(doors: Doors) -> None:
    party, body = applied(doors), issuing_body(doors)
    before = body.get("/health").get_json()["size"]
    path = f"/organisations/{party.id}/reject"

    first = body.post(path, {"reason": "no-such-company"})
    again = body.post(path, {"reason": "no-such-company"})

    assert first.status_code == 200
    assert again.get_json() == first.get_json()
    assert code(body.post(path, {"reason": "other"})) == "request-already-decided"
    assert code(body.post(f"/organisations/{party.id}/admit")) == "request-already-decided"
    assert body.get("/health").get_json()["size"] == before
    shown = party.get(f"/organisations/{party.id}").get_json()
    assert (shown["state"], shown["reason"]) == ("rejected", "no-such-company")
    assert code(party.post("/accounts")) == "forbidden-role"
    assert code(party.post("/keys", {"scope": "read"})) == "unknown-organisation"


def test_who_was_rejected_and_applies_again_in_the_same_words_is_shown_no_key(
    doors: Doors,
) -> None:
    asked, public = applying(**PERSON), nobody(doors)
    first = public.made("/organisations", asked, key="mine")
    issuing_body(doors).made(f"/organisations/{first['id']}/reject", {"reason": "unknown"})

    again = public.made("/organisations", asked, key="mine")

    assert again == {"id": first["id"], "state": "rejected", "key": None}


def test_who_is_admitted_is_not_rejected_any_more(doors: Doors) -> None:
    party, body = applied(doors), issuing_body(doors)
    body.made(f"/organisations/{party.id}/admit")

    answer = body.post(f"/organisations/{party.id}/reject", {"reason": "too-late"})

    assert (answer.status_code, code(answer)) == (409, "request-already-decided")
    assert party.post("/accounts").status_code == 201


def at_once(doors: Doors, acts: list[Callable[[Party], TestResponse]]) -> list[TestResponse]:
    """Have the issuing body do several things at the same moment."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[Party], TestResponse]) -> TestResponse:
        party = Party(doors.app.test_client(), doors.keys["issuing_body"])
        barrier.wait(WAIT_S)
        return act(party)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.race
def test_of_admissions_at_once_one_stands_on_the_log(doors: Doors) -> None:
    party = applied(doors)

    answers = at_once(doors, [lambda each: each.post(f"/organisations/{party.id}/admit")] * SIZE)

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * (SIZE - 1)
    assert len(admissions(doors, party.id)) == 1


@pytest.mark.race
def test_an_admission_repeated_at_once_is_one(doors: Doors) -> None:
    party = applied(doors)

    answers = at_once(
        doors, [lambda each: each.post(f"/organisations/{party.id}/admit", key="one")] * SIZE
    )

    assert [answer.status_code for answer in answers] == [200] * SIZE
    assert len({answer.text for answer in answers}) == 1
    assert len(admissions(doors, party.id)) == 1


@pytest.mark.race
def test_of_an_admission_and_a_rejection_at_once_one_comes_through(doors: Doors) -> None:
    party = applied(doors)
    path = f"/organisations/{party.id}"

    admitted, rejected = at_once(
        doors,
        [
            lambda each: each.post(f"{path}/admit"),
            lambda each: each.post(f"{path}/reject", {"reason": "unknown"}),
        ],
    )

    assert sorted([admitted.status_code, rejected.status_code]) == [200, 409]
    is_admitted = admitted.status_code == 200
    assert state(doors, party.id) == ("admitted" if is_admitted else "rejected")
    assert len(admissions(doors, party.id)) == is_admitted
    assert party.post("/accounts").status_code == (201 if is_admitted else 403)


@pytest.mark.race
def test_of_an_application_sent_at_once_one_answer_has_the_key(doors: Doors) -> None:
    asked = applying(**PERSON)

    answers = at_once(
        doors,
        [lambda each: Party(each.client, "").post("/organisations", asked, key="one")] * SIZE,
    )

    assert [answer.status_code for answer in answers] == [201] * SIZE
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert sorted(answer.get_json()["key"] is None for answer in answers) == [False] + [True] * (
        SIZE - 1
    )


def test_an_admission_that_was_cut_off_gives_no_role_and_is_completed_when_repeated(
    doors: Doors,
) -> None:
    registry, body = doors.registry, issuing_body(doors)
    party = applied(doors)
    onboarding = Onboarding(ApplicationRows(registry.storage.database), registry.vault)
    onboarding.decide(party.id, state="admitted", reason=None)

    assert state(doors, party.id) == "pending"
    assert code(party.post("/accounts")) == "forbidden-role"
    rejected = body.post(f"/organisations/{party.id}/reject", {"reason": "unknown"})
    assert code(rejected) == "request-already-decided"
    assert body.post(f"/organisations/{party.id}/admit").status_code == 200

    assert state(doors, party.id) == "admitted"
    assert party.post("/accounts").status_code == 201


@pytest.mark.parametrize("verb", ["admit", "reject"])
def test_who_has_not_applied_is_neither_admitted_nor_rejected(doors: Doors, verb: str) -> None:
    body = {"reason": "unknown"} if verb == "reject" else {}
    known = joined(doors.client, issuing_body(doors), "buyer")
    operator = doors.registry.operator

    for organisation in (new_id(), operator, doors.registry.issuing_body):
        answer = issuing_body(doors).post(f"/organisations/{organisation}/{verb}", body)
        assert (answer.status_code, code(answer)) == (404, "not-found")
    assert known.get(f"/organisations/{known.id}").get_json()["state"] == "admitted"


@pytest.mark.parametrize("is_admitted", [False, True], ids=["pending", "admitted"])
def test_names_are_read_by_their_own_and_by_the_issuing_body_alone(
    doors: Doors, *, is_admitted: bool
) -> None:
    party, body = applied(doors), issuing_body(doors)
    rival = nobody(doors).made("/organisations", applying(name="Rival"))
    other = Party(doors.client, rival["key"], rival["id"])
    if is_admitted:
        body.made(f"/organisations/{party.id}/admit")
        body.made(f"/organisations/{other.id}/admit")
    roles = {role: Party(doors.client, key) for role, key in doors.keys.items()}
    path = f"/organisations/{party.id}"

    shown = {role: each.get(path) for role, each in {**roles, "other": other}.items()}
    lists = [
        each.get(listed)
        for role, each in {**roles, "other": other}.items()
        for listed in ("/organisations", "/applications", "/operations", path)
        if role != "issuing_body"
    ]

    assert party.get(path).get_json()["record"] == PERSON
    assert shown["issuing_body"].get_json()["record"] == PERSON
    assert {role for role, answer in shown.items() if answer.status_code == 200} == {
        "issuing_body",
        *(["auditor"] if is_admitted else []),
    }
    assert not any(
        text in answer.text
        for answer in [*lists, *(one for role, one in shown.items() if role != "issuing_body")]
        for text in PERSON.values()
    )
    if is_admitted:
        assert shown["auditor"].get_json()["record"] is None


def test_applications_are_listed_by_state_for_the_issuing_body(doors: Doors) -> None:
    body = issuing_body(doors)
    parties = [applied(doors, name=f"Number {at}") for at in range(5)]
    body.made(f"/organisations/{parties[0].id}/admit")
    body.made(f"/organisations/{parties[1].id}/reject", {"reason": "unknown"})

    def listed(query: str) -> set[str]:
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            answer = body.get(f"/applications?limit=2{query}{more}").get_json()
            found += [row["id"] for row in answer["organisations"]]
            cursor = answer["next"]
        assert len(set(found)) == len(found)
        return set(found)

    assert listed("&state=pending") == {party.id for party in parties[2:]}
    assert listed("&state=admitted") == {parties[0].id}
    assert listed("&state=rejected") == {parties[1].id}
    assert listed("") == {party.id for party in parties}


def test_nothing_personal_is_on_the_log_in_a_table_or_in_a_line(doors: Doors) -> None:
    stream = BytesIO()
    structlog.configure(
        processors=[lambda _, __, event: logs.render(event)],
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    try:
        party = applied(doors)
        issuing_body(doors).made(f"/organisations/{party.id}/admit")
        rejected = applied(
            doors, name=PERSON["name"] + " again", registration_number="SOLE-TRADER-4712"
        )
        issuing_body(doors).made(f"/organisations/{rejected.id}/reject", {"reason": "unknown"})
        nobody(doors).post("/organisations", {**applying(**PERSON), "country": "UK"})
    finally:
        structlog.reset_defaults()

    with doors.registry.storage.log() as log:
        leaves = b"\n".join(log.leaves())
    with doors.registry.storage.database.engine.connect() as connection:
        tables = {
            table.name: repr(connection.execute(select(table)).all())
            for table in metadata.sorted_tables
        }
    written = stream.getvalue()
    assert party.id.encode() in leaves
    assert rejected.id.encode() not in leaves
    assert b"/v1/organisations" in written
    for text in (*PERSON.values(), party.key[21:], rejected.key[21:]):
        assert text.encode() not in leaves
        assert text.encode() not in written
        assert [name for name, rows in tables.items() if text in rows] == []
