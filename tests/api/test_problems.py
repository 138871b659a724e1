"""Problems: each kind of no has its status, its members, and gives nothing away."""

import logging
from http import HTTPStatus
from importlib.resources import files
from re import MULTILINE, findall, sub

import pytest
from flask import Flask, abort
from sqlalchemy import text as statement

from app.http import problems, request_id
from app.http.json import OrjsonProvider
from app.http.limits import BODY_BYTES_MAX
from app.registry.errors import REFUSALS, Kind, RefusalError
from app.storage.kept_tables import credentials
from app.storage.log_tables import blocks
from tests.api.doors import Doors

UNKNOWN = "00000000-0000-4000-8000-000000000000"
BAD_QUERIES = [
    "/v1/blocks?cursor=abc",
    "/v1/blocks?cursor=-1",
    "/v1/blocks?cursor=1_0",
    "/v1/blocks?cursor=+1",
    "/v1/blocks?cursor=01",
    "/v1/blocks?cursor=1.0",
    "/v1/blocks?cursor=%D9%A1",
    "/v1/blocks?cursor=9007199254740992",
    "/v1/blocks?cursor=",
    "/v1/blocks?limit=0",
    "/v1/blocks?limit=201",
    "/v1/blocks?page=1",
    "/v1/integrity?from=-1",
    "/v1/integrity?to=-1",
    "/v1/integrity?from=0&to=1&deep=1",
    "/v1/health?verbose=1",
    "/v1/health?a=1&a=2",
    "/v1/blocks?limit=1&limit=2",
    "/v1/blocks?limit=",
    "/v1/blocks?limit=1e2",
    "/v1/blocks?limit=50.0",
    "/v1/blocks?limit=%31%00",
    "/v1/blocks?limit=%00",
]
BAD_QUERIES_OF_LISTS = [
    "accounts?cursor=1",
    "accounts?cursor=00000000-0000-4000-8000-00000000000A",
    "accounts?cursor=00000000-0000-4000-8000-000000000000%0A",
    "accounts?organisation=x",
    "devices?cursor=%00",
    "devices?domain=%00",
    "devices?domain=nz",
    "devices?energy_source=%25",
    "devices?energy_source=F1_",
    "devices?gsrn=%D9%A1",
    "devices?state=APPROVED",
    "devices?technology=T030000000",
    "devices?sort=id",
    "bundles?cursor=x",
    "bundles?cursor=1.2.3.4.5",
    "bundles?state=lost",
    "bundles?state=%00",
    "bundles?production_from=2026-02-30T00:00:00.000Z",
    "bundles?production_from=2026-02-01T24:00:00.000Z",
    "bundles?production_to=2026-02-01",
    "bundles?transferable_on=2026-02-01T00:00:00.000%2B00:00",
    "issuances?cursor=0",
    "issuances?state=%00",
    "issuances?device=%00",
    "transfers?cursor=-1",
    "transfers?cursor=99999999999999999",
    "retirements?cursor=x",
    "retirements?beneficiary=%00",
    "retirements?beneficiary=%27%20OR%201=1",
    "measurement-reports?cursor=x",
    "measurement-reports?limit=0",
    "operations?type=%00",
    "operations?type=mint",
    "operations?cursor=1.5",
    "organisations?cursor=x",
    "applications?state=%00",
    "applications?state=open",
    "applications?cursor=x",
    "keys?cursor=%00",
    "keys?cursor=g000000000000000",
    "refusals?cursor=%00",
    "refusals?limit=201",
    "blocks/1/operations?cursor=x",
    "accounts/00000000-0000-4000-8000-000000000000?a=1",
    "accounts/00000000-0000-4000-8000-000000000000/holdings?group=a",
    "accounts/00000000-0000-4000-8000-000000000000/whitelist?cursor=x",
    "devices/00000000-0000-4000-8000-000000000000/spans?cursor=x",
    "operations/00000000-0000-4000-8000-000000000000/receipt.json?a=1",
]
"""Also those that would be refused for what they name, had it been read."""
NOT_FOUND = [
    "/",
    "/v1",
    "/v1/blocks/-1",
    "/v1/blocks/x",
    "/v1/blocks/99999999999999999999999",
    "/v1/blocks/12345",
    "/v1/blocks/12345/operations",
    "/v1/integrity/replays/1",
    "//v1/health",
    "/v1//health",
    "/v1/health/",
    "/v1/accounts/1",
    "/v1/accounts/00000000-0000-4000-8000-000000000000",
    "/v1/accounts/00000000-0000-4000-8000-000000000000%00",
    "/v1/devices/{00000000-0000-4000-8000-000000000000}",
    "/v1/problems",
]


def test_bad_queries_are_refused_by_name(doors: Doors) -> None:
    for url in BAD_QUERIES:
        answer = doors.client.get(url)

        assert (url, answer.status_code) == (url, 400)
        assert answer.get_json()["type"] == "/problems/invalid-query"
        assert answer.get_json()["errors"][0]["pointer"].startswith("/")


def test_bad_queries_of_lists_are_refused_by_name(doors: Doors) -> None:
    for url in BAD_QUERIES_OF_LISTS:
        answer = doors.client.get(f"/v1/{url}", headers=doors.header("issuing_body"))

        assert (url, answer.status_code) == (url, 400)
        assert answer.get_json()["type"] == "/problems/invalid-query"
        (error,) = answer.get_json()["errors"]
        assert error["in"] == "query"
        assert error["pointer"][1:] in url


def test_a_key_that_cannot_be_is_not_found(doors: Doors) -> None:
    for prefix in ("000000000000000%00", "000000000000000g", "0" * 16):
        headers = {**doors.header("operator"), "Idempotency-Key": "revoke"}

        answer = doors.client.delete(f"/v1/keys/{prefix}", headers=headers)

        assert (prefix, answer.status_code) == (prefix, 404)


def test_what_is_not_there_is_not_found(doors: Doors) -> None:
    for url in NOT_FOUND:
        answer = doors.client.get(url, headers=doors.header("auditor"))

        assert (url, answer.status_code) == (url, 404)
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_wrong_method_is_told_which_are_right(doors: Doors, method: str) -> None:
    answer = doors.client.open("/v1/blocks", method=method)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    assert answer.get_json()["type"] == "/problems/method-not-allowed"


def test_every_path_tells_every_wrong_method_which_are_right(doors: Doors) -> None:
    allowed: dict[str, set[str]] = {}
    for rule in doors.app.url_map.iter_rules():
        allowed.setdefault(rule.rule, set()).update(rule.methods or ())

    for path, methods in allowed.items():
        url = sub("<int[^>]*>", "1", sub("<uuid[^>]*>", UNKNOWN, path))
        url = sub(r"<string\(length=(\d+)\)[^>]*>", lambda found: "0" * int(found[1]), url)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - methods:
            answer = doors.client.open(url, method=method, headers=doors.header("operator"))

            assert (method, path, answer.status_code) == (method, path, 405)
            assert set(answer.headers["Allow"].split(", ")) == methods
            assert answer.content_type == "application/problem+json"


def test_a_large_body_is_refused_unread(doors: Doors) -> None:
    answer = doors.client.post(
        "/v1/integrity/replays",
        data=b"x" * (BODY_BYTES_MAX + 1),
        headers=doors.header("auditor"),
    )

    assert (answer.status_code, doors.started) == (413, [])


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("abc-1.2_3", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("a b", False),
        ("a/b", False),
        ("", False),
    ],
)
def test_a_request_has_the_callers_id_or_a_new_one(
    doors: Doors, given: str, *, is_kept: bool
) -> None:
    answer = doors.client.get("/v1/nowhere", headers={"X-Request-Id": given})

    found = answer.headers["X-Request-Id"]
    assert (found == given) is is_kept
    assert answer.get_json()["instance"] == f"urn:request:{found}"


def test_every_answer_is_protected_and_names_no_server(doors: Doors) -> None:
    for url in ("/v1/health", "/v1/nowhere", "/v1/blocks?x=1"):
        headers = doors.client.get(url).headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Server" not in headers


@pytest.fixture
def failing() -> Flask:
    """An application whose views fail in every way."""
    app = Flask("failing", static_folder=None)
    app.json = OrjsonProvider(app)
    request_id.install(app)
    problems.install(app, unavailable=(ConnectionError,))

    @app.get("/refused/<code>")
    def refuse(code: str) -> str:
        raise RefusalError(code, "for this reason", rule="R1", pointer="/items/0")

    @app.get("/aborted/<int:status>")
    def fail(status: int) -> str:
        abort(status)

    @app.get("/broken")
    def break_() -> str:
        raise ValueError("SELECT secret FROM vault")

    @app.get("/unreachable")
    def unreach() -> str:
        raise ConnectionError("postgresql://user:password@host")

    return app


def test_every_refusal_has_its_status_and_members(failing: Flask) -> None:
    expected = {
        Kind.INVALID: 422,
        Kind.FORBIDDEN: 403,
        Kind.UNKNOWN: 404,
        Kind.CONFLICT: 409,
        Kind.STALE: 412,
        Kind.HELD: 423,
        Kind.UNAVAILABLE: 503,
    }

    for code, (kind, title) in REFUSALS.items():
        answer = failing.test_client().get(f"/refused/{code}", headers={"X-Request-Id": "r1"})

        assert answer.status_code == expected[kind]
        assert ("Retry-After" in answer.headers) is (kind is Kind.UNAVAILABLE)
        assert answer.get_json() == {
            "type": f"/problems/{code}",
            "title": title,
            "status": expected[kind],
            "detail": "for this reason",
            "instance": "urn:request:r1",
            "rule": "R1",
            "errors": [{"pointer": "/items/0", "code": code, "detail": "for this reason"}],
        }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad-request"),
        (404, "not-found"),
        (413, "payload-too-large"),
        (415, "unsupported-media-type"),
        (500, "internal-error"),
    ],
)
def test_what_flask_refuses_is_a_problem_too(failing: Flask, status: int, code: str) -> None:
    answer = failing.test_client().get(f"/aborted/{status}")

    assert (answer.status_code, answer.get_json()["type"]) == (status, f"/problems/{code}")


def test_a_failure_is_logged_with_its_request_and_tells_nothing(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = failing.test_client().get("/broken", headers={"X-Request-Id": "r2"})

    assert answer.status_code == 500
    assert b"secret" not in answer.data
    assert "r2" in caplog.text
    assert "SELECT secret" in caplog.text


def test_an_unreachable_database_is_not_now(failing: Flask) -> None:
    answer = failing.test_client().get("/unreachable")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "password" not in answer.text


def test_no_two_tables_know_one_code_with_two_statuses() -> None:
    both = problems.DOOR_PROBLEMS.keys() & REFUSALS.keys()

    assert {code: problems.DOOR_PROBLEMS[code][0] for code in both} == {
        "not-found": HTTPStatus.NOT_FOUND
    }


def test_no_secret_stands_in_any_log_line(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = doors.keys["auditor"]
    secret = key.split("_", 2)[2]

    for text in (key, key[:-1] + "!", key.upper()):
        header = {"Authorization": f"Bearer {text}"}
        doors.client.post("/v1/integrity/replays", headers=header)
        doors.client.get("/v1/integrity/replays/nothing", headers=header)

    assert secret.lower() not in caplog.text.lower()


def test_a_database_that_is_away_is_not_now_and_told_of_to_nobody(
    doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    with doors.registry.storage.database.engine.begin() as connection:
        for table in (credentials, blocks):
            connection.execute(statement(f"ALTER TABLE {table.name} RENAME TO away_{table.name}"))

    answers = [
        doors.client.get("/v1/blocks", headers={"X-Request-Id": "r3"}),
        doors.client.post("/v1/accounts", headers=doors.header("buyer")),
        doors.client.get("/v1/accounts", headers=doors.header("auditor")),
    ]

    for answer in answers:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json is not None
        assert answer.json["type"] == "/problems/database-unavailable"
        for word in ("blocks", "credentials", "select", "sql", "error", "psycopg", "app/"):
            assert word not in answer.text.lower().replace("/problems/", "")
    assert "r3" in caplog.text


def test_the_page_lists_every_code_with_its_status_and_title_and_no_other() -> None:
    page = files("app").joinpath("web/docs/problems.md").read_text(encoding="utf-8")
    rows = findall(r"^\| `([a-z0-9-]+)` \| (\d+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$", page, MULTILINE)

    told = {code: (int(status), title) for code, status, title in rows}

    titles = {code: title for code, (_, title) in REFUSALS.items()}
    titles |= {code: title for code, (_, title) in problems.DOOR_PROBLEMS.items()}
    assert told == {code: (problems.status_of(code), title) for code, title in titles.items()}
    assert len(rows) == len(told)


def test_the_page_names_no_code_that_there_is_not() -> None:
    page = files("app").joinpath("web/docs/problems.md").read_text(encoding="utf-8")
    order = page[page.index("## The order of refusals") : page.index("## Of the door")]

    named = set(findall(r"`([a-z]+(?:-[a-z]+)+)`", order))

    assert named <= {*REFUSALS, *problems.DOOR_PROBLEMS}
