"""API keys over HTTP: issued, rotated and revoked by their own, and shown once only."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier
from time import time_ns

import pytest
import structlog
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import logs
from app.ledger.times import format_time
from app.storage.schema import metadata
from app.storage.tables import credentials
from tests.api.doors import Doors, alter
from tests.api.parties import Party, applying, code

SIZE = 4
WAIT_S = 60
MINUTE_MS = 60_000


def party(doors: Doors, role: str = "generator") -> Party:
    return Party(doors.client, doors.keys[role])


def prefix_of(key: str) -> str:
    return key.split("_")[1]


def issued(of: Party, **more: object) -> Party:
    """Return the same organisation behind a new key."""
    return Party(of.client, of.made("/keys", {"scope": "write", **more})["key"])


def is_good(key: Party) -> bool:
    status = key.get("/organisations").status_code
    assert status in {200, 401}
    return status == 200


def listed(of: Party) -> dict[str, dict[str, object]]:
    return {row["prefix"]: row for row in of.get("/keys?limit=200").get_json()["keys"]}


def test_a_key_is_shown_when_it_is_issued_and_works_at_once(doors: Doors) -> None:
    ends = format_time(time_ns() // 1_000_000 + MINUTE_MS)

    answer = party(doors).post("/keys", {"scope": "read", "label": "meter", "expires_at": ends})

    found = answer.get_json()
    assert answer.status_code == 201
    assert found["key"].startswith(f"eac_{found['prefix']}_")
    assert (found["scope"], found["label"], found["expires_at"]) == ("read", "meter", ends)
    assert found["revoked_at"] is None
    assert is_good(Party(doors.client, found["key"]))
    plain = {name: value for name, value in found.items() if name != "key"}
    assert listed(party(doors))[found["prefix"]] == plain


def test_asked_again_the_answer_has_everything_but_the_key(doors: Doors) -> None:
    owner, asked = party(doors), {"scope": "read", "label": "meter"}

    first = owner.post("/keys", asked, key="one")
    again = owner.post("/keys", asked, key="one")
    other = owner.post("/keys", {**asked, "scope": "administer"}, key="one")
    elsewhere = party(doors, "buyer").post("/keys", asked, key="one")

    assert again.get_json() == {**first.get_json(), "key": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (other.status_code, code(other)) == (422, "idempotency-key-reused")
    assert elsewhere.get_json()["prefix"] != first.get_json()["prefix"]
    assert elsewhere.get_json()["key"] is not None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"scope": "root"}, "invalid-field"),
        ({"scope": "READ"}, "invalid-field"),
        ({"scope": ["read", "write"]}, "invalid-field"),
        ({}, "missing-field"),
        ({"scope": "read", "label": "x" * 65}, "invalid-field"),
        ({"scope": "read", "label": "a\nb"}, "invalid-field"),
        ({"scope": "read", "organisation": "another"}, "unknown-field"),
        ({"scope": "read", "prefix": "0" * 16}, "unknown-field"),
        ({"scope": "read", "expires_at": "tomorrow"}, "invalid-timestamp"),
        ({"scope": "read", "expires_at": "2001-01-01T00:00:00.000Z"}, "invalid-interval"),
    ],
    ids=str,
)
def test_a_key_that_cannot_be_is_not_issued(
    doors: Doors, wrong: dict[str, object], told: str
) -> None:
    owner = party(doors)

    answer = owner.post("/keys", wrong)

    assert (answer.status_code, code(answer)) == (422, told)
    assert len(listed(owner)) == 1


@pytest.mark.parametrize("overlap_s", [-1, 604_801, True, 1.5, "60"])
def test_an_overlap_is_a_whole_number_of_seconds_up_to_a_week(
    doors: Doors, overlap_s: object
) -> None:
    owner = party(doors)
    path = f"/keys/{prefix_of(owner.key)}/rotate"

    assert owner.post(path, {"overlap_s": overlap_s}).status_code == 422
    assert is_good(owner)


def test_a_rotated_key_goes_on_for_the_overlap_beside_its_successor(doors: Doors) -> None:
    owner = party(doors)
    old = issued(owner, scope="read", label="meter")

    answer = owner.post(f"/keys/{prefix_of(old.key)}/rotate", {"overlap_s": 3600})

    new = Party(doors.client, answer.get_json()["key"])
    rows = listed(owner)
    assert answer.status_code == 201
    assert is_good(old)
    assert is_good(new)
    assert (answer.get_json()["scope"], answer.get_json()["label"]) == ("read", "meter")
    assert rows[prefix_of(old.key)]["revoked_at"] is not None
    assert rows[prefix_of(new.key)]["revoked_at"] is None


def test_without_an_overlap_a_rotated_key_ends_at_once(doors: Doors) -> None:
    owner = party(doors)
    old = issued(owner)
    assert is_good(old)

    new = owner.made(f"/keys/{prefix_of(old.key)}/rotate", {})

    assert not is_good(old)
    assert is_good(Party(doors.client, new["key"]))


def test_a_rotation_repeated_shows_no_key_and_a_second_one_is_refused(doors: Doors) -> None:
    owner = party(doors)
    path = f"/keys/{prefix_of(issued(owner).key)}/rotate"

    first = owner.post(path, {"overlap_s": 60}, key="one")
    again = owner.post(path, {"overlap_s": 60}, key="one")
    other = owner.post(path, {"overlap_s": 60}, key="two")

    assert again.get_json() == {**first.get_json(), "key": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, code(other)) == (409, "invalid-state-transition")
    assert len(listed(owner)) == 3


def test_a_key_may_replace_itself(doors: Doors) -> None:
    old = issued(party(doors), scope="administer")

    new = Party(doors.client, old.made(f"/keys/{prefix_of(old.key)}/rotate", {})["key"])

    assert not is_good(old)
    assert prefix_of(old.key) in listed(new)


def test_a_revoked_key_ends_at_once_and_for_good(doors: Doors) -> None:
    owner = party(doors)
    key = issued(owner)
    assert is_good(key)

    answer = owner.send("DELETE", f"/keys/{prefix_of(key.key)}")
    again = owner.send("DELETE", f"/keys/{prefix_of(key.key)}")

    assert answer.status_code == again.status_code == 200
    assert answer.get_json()["revoked_at"] is not None
    assert again.get_json() == answer.get_json()
    assert not is_good(key)
    assert code(key.post("/transfers", {})) == "unauthenticated"
    rotated = owner.post(f"/keys/{prefix_of(key.key)}/rotate", {"overlap_s": 60})
    assert (rotated.status_code, code(rotated)) == (409, "invalid-state-transition")
    assert not is_good(key)


def test_a_key_in_its_overlap_can_be_revoked_before_it_ends(doors: Doors) -> None:
    owner = party(doors)
    old = issued(owner)
    owner.made(f"/keys/{prefix_of(old.key)}/rotate", {"overlap_s": 3600})
    assert is_good(old)

    owner.send("DELETE", f"/keys/{prefix_of(old.key)}")

    assert not is_good(old)


def test_an_expired_key_is_no_key_and_has_no_successor(doors: Doors) -> None:
    owner = party(doors)
    key = issued(owner)
    assert is_good(issued(owner))

    alter(doors.registry, credentials, {"expires_at": 1}, prefix=prefix_of(key.key))

    assert not is_good(key)
    answer = owner.post(f"/keys/{prefix_of(key.key)}/rotate", {"overlap_s": 60})
    assert code(answer) == "invalid-state-transition"
    assert not is_good(key)


def test_what_is_wrong_with_a_key_is_not_told(doors: Doors) -> None:
    owner = party(doors)
    revoked, expired = issued(owner), issued(owner)
    owner.send("DELETE", f"/keys/{prefix_of(revoked.key)}")
    alter(doors.registry, credentials, {"expires_at": 1}, prefix=prefix_of(expired.key))
    wrong = Party(doors.client, owner.key[:-1] + ("A" if owner.key[-1] != "A" else "B"))
    unknown = Party(doors.client, f"eac_{'0' * 16}_{'A' * 43}")

    answers = [each.get("/keys") for each in (revoked, expired, wrong, unknown)]

    bodies = [{**answer.get_json(), "instance": ""} for answer in answers]
    assert bodies == [bodies[0]] * 4
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="eac"'}


def test_the_operator_revokes_anybodys_key(doors: Doors) -> None:
    key, operator = issued(party(doors)), party(doors, "operator")
    assert is_good(key)

    answer = operator.send("DELETE", f"/keys/{prefix_of(key.key)}")

    assert answer.status_code == 200
    assert not is_good(key)
    assert prefix_of(key.key) not in listed(operator)


@pytest.mark.parametrize("role", ["operator", "issuing_body", "auditor", "buyer"])
def test_nobody_comes_to_act_for_another_by_rotating_its_key(doors: Doors, role: str) -> None:
    key = issued(party(doors))
    before = listed(party(doors))
    path = f"/keys/{prefix_of(key.key)}/rotate"

    answer = party(doors, role).post(path, {"overlap_s": 3600})

    unknown = party(doors, role).post(f"/keys/{'0' * 16}/rotate", {"overlap_s": 3600})
    assert answer.status_code == 404
    assert {**answer.get_json(), "instance": ""} == {**unknown.get_json(), "instance": ""}
    assert listed(party(doors)) == before
    assert is_good(key)


@pytest.mark.parametrize("role", ["issuing_body", "auditor", "buyer"])
def test_nobody_but_the_operator_revokes_a_key_of_another(doors: Doors, role: str) -> None:
    key = issued(party(doors))

    answer = party(doors, role).send("DELETE", f"/keys/{prefix_of(key.key)}")

    unknown = party(doors, role).send("DELETE", f"/keys/{'0' * 16}")
    assert answer.status_code == 404
    assert {**answer.get_json(), "instance": ""} == {**unknown.get_json(), "instance": ""}
    assert is_good(key)


@pytest.mark.parametrize("prefix", ["x" * 16, "0" * 15, "0" * 17, "%00" * 16, "A" * 16, "'" * 16])
@pytest.mark.parametrize("role", ["buyer", "operator"])
def test_what_is_no_prefix_is_not_found(doors: Doors, prefix: str, role: str) -> None:
    owner = party(doors, role)

    assert owner.send("DELETE", f"/keys/{prefix}").status_code == 404
    assert owner.post(f"/keys/{prefix}/rotate", {}).status_code == 404


def test_keys_are_listed_page_by_page_and_only_to_their_own(doors: Doors) -> None:
    owner, other = party(doors), party(doors, "buyer")
    own = {prefix_of(owner.key), *(prefix_of(issued(owner).key) for _ in range(6))}
    others = {prefix_of(other.key), *(prefix_of(issued(other).key) for _ in range(6))}

    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = owner.get(f"/keys?limit=2{more}").get_json()
        found += [row["prefix"] for row in answer["keys"]]
        cursor = answer["next"]

    assert len(found) == len(set(found))
    assert set(found) == own
    beside = [owner.get(f"/keys?cursor={prefix}").get_json()["keys"] for prefix in others]
    assert {row["prefix"] for rows in beside for row in rows} <= own


def test_an_applicant_manages_its_keys_until_it_is_rejected(doors: Doors) -> None:
    made = Party(doors.client, "").made("/organisations", applying())
    applicant = Party(doors.client, made["key"], made["id"])
    assert listed(applicant).keys() == {prefix_of(applicant.key)}
    second = issued(applicant, scope="read")
    assert is_good(second)

    body = party(doors, "issuing_body")
    body.made(f"/organisations/{applicant.id}/reject", {"reason": "unknown"})

    assert code(applicant.post("/keys", {"scope": "read"})) == "unknown-organisation"
    assert applicant.send("DELETE", f"/keys/{prefix_of(second.key)}").status_code == 200
    assert not is_good(second)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/keys", {"scope": "read"}),
        ("POST", "/keys/{own}/rotate", {}),
        ("DELETE", "/keys/{own}", None),
    ],
)
def test_every_change_of_keys_names_an_idempotency_key(
    doors: Doors, method: str, path: str, body: object
) -> None:
    owner = party(doors)
    filled = path.format(own=prefix_of(owner.key))

    answer = (
        doors.client.open(
            f"/v1{filled}", method=method, json=body, headers=doors.header("generator")
        )
        if body is not None
        else doors.client.delete(f"/v1{filled}", headers=doors.header("generator"))
    )

    assert (answer.status_code, code(answer)) == (400, "idempotency-key-required")
    assert len(listed(owner)) == 1


def at_once(doors: Doors, act: Callable[[Party], TestResponse]) -> list[TestResponse]:
    """Have an organisation do the same several times at the same moment."""
    barrier = Barrier(SIZE)

    def run(_: int) -> TestResponse:
        each = Party(doors.app.test_client(), doors.keys["generator"])
        barrier.wait(WAIT_S)
        return act(each)

    with ThreadPoolExecutor(SIZE) as pool:
        return list(pool.map(run, range(SIZE)))


@pytest.mark.race
def test_a_key_asked_for_many_times_at_once_is_one_and_shown_once(doors: Doors) -> None:
    answers = at_once(doors, lambda each: each.post("/keys", {"scope": "read"}, key="one"))

    shown = [answer.get_json()["key"] for answer in answers if answer.get_json().get("key")]
    assert [answer.status_code for answer in answers] == [201] * SIZE
    assert len({answer.get_json()["prefix"] for answer in answers}) == len(shown) == 1
    assert is_good(Party(doors.client, shown[0]))


@pytest.mark.race
def test_a_rotation_repeated_at_once_is_one_and_its_key_shown_once(doors: Doors) -> None:
    path = f"/keys/{prefix_of(issued(party(doors)).key)}/rotate"

    answers = at_once(doors, lambda each: each.post(path, {"overlap_s": 60}, key="one"))

    shown = [answer.get_json()["key"] for answer in answers if answer.get_json().get("key")]
    assert [answer.status_code for answer in answers] == [201] * SIZE
    assert len({answer.get_json()["prefix"] for answer in answers}) == len(shown) == 1


@pytest.mark.race
def test_of_rotations_at_once_one_makes_the_successor(doors: Doors) -> None:
    path = f"/keys/{prefix_of(issued(party(doors)).key)}/rotate"

    answers = at_once(doors, lambda each: each.post(path, {"overlap_s": 60}))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * (SIZE - 1)
    assert len(listed(party(doors))) == 3


def test_a_secret_is_in_no_list_no_table_no_line_and_not_on_the_log(doors: Doors) -> None:
    stream = BytesIO()
    structlog.configure(
        processors=[lambda _, __, event: logs.render(event)],
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    owner = party(doors)
    try:
        key = issued(owner)
        rotated = owner.made(f"/keys/{prefix_of(key.key)}/rotate", {"overlap_s": 60})["key"]
        key.post("/transfers", {"from": key.key})
        key.get(f"/keys/{key.key}?cursor={key.key}")
        key.post("/operations", [{"type": key.key, "idempotency_key": key.key}], key=key.key)
        answers = [owner.get(path).text for path in ("/keys", "/refusals", "/operations")]
    finally:
        structlog.reset_defaults()

    with doors.registry.storage.log() as log:
        leaves = b"\n".join(log.leaves())
    with doors.registry.storage.database.engine.connect() as connection:
        tables = {
            table.name: repr(connection.execute(select(table)).all())
            for table in metadata.sorted_tables
        }
    assert prefix_of(key.key).encode() in stream.getvalue()
    for secret in (text.split("_", 2)[2] for text in (key.key, rotated, owner.key)):
        assert len(secret) == 43
        assert not any(secret in answer for answer in answers)
        assert [name for name, rows in tables.items() if secret in rows] == []
        assert secret.encode() not in stream.getvalue()
        assert secret.encode() not in leaves
