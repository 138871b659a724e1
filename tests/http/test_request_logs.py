"""Log lines: what an operator needs to know of a request, and nothing that was sent in it."""

import logging
from io import BytesIO
from typing import Any

import orjson
import pytest
import structlog
from flask import Flask

from app import logs
from app.http.answered import METHODS
from tests.http.callers import BEARER, KEYS, SECRET, TEXT

NAME = "Anneliese Brandt-Okafor"
SENT = {
    "secret": SECRET,
    "scheme": "Bearer",
    "idempotency key": "order-4711-of-spring",
    "name": NAME,
    "query": "beneficiary-in-a-query",
    "path": "thing-in-a-path",
    "cookie": "session-in-a-cookie",
    "agent": "agent-of-the-caller",
    "address": "192.0.2.77",
}
HEADERS = {
    "Authorization": BEARER,
    "Idempotency-Key": SENT["idempotency key"],
    "Cookie": f"session={SENT['cookie']}",
    "User-Agent": SENT["agent"],
    "X-Forwarded-For": SENT["address"],
}


def lines(written: BytesIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in written.getvalue().splitlines()]


def ask(door: Flask, rule: str, *, method: str = "POST", **more: str) -> None:
    url = f"/v1/{rule}/{SENT['path']}?for={SENT['query']}"
    body = {"name": NAME, "account": "mine"}
    door.test_client().open(url, method=method, json=body, headers={**HEADERS, **more})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("things", {"status": 200, "code": None, "level": "info"}),
        ("refusing", {"status": 422, "code": "invalid-range", "level": "info"}),
        ("crashing", {"status": 500, "code": "internal-error", "level": "error"}),
    ],
)
def test_a_request_is_one_line_that_tells_its_rule_and_its_answer(
    door: Flask, written: BytesIO, rule: str, said: dict[str, object]
) -> None:
    ask(door, rule, **{"X-Request-Id": "r-1"})

    (line,) = (line for line in lines(written) if line["event"] == "request")
    assert line.pop("at").endswith("+00:00")
    assert line.pop("duration_us") >= 0
    assert line == {
        **said,
        "event": "request",
        "request_id": "r-1",
        "method": "POST",
        "route": f"/v1/{rule}/<name>",
        "organisation": KEYS[BEARER].organisation,
        "key": "0123456789abcdef",
    }


@pytest.mark.parametrize("rule", ["things", "refusing", "crashing", "nowhere"])
def test_nothing_that_was_sent_is_written(door: Flask, written: BytesIO, rule: str) -> None:
    logging.getLogger().setLevel(logging.DEBUG)

    ask(door, rule)

    text = written.getvalue().decode()
    assert '"event":"request"' in text
    assert [kind for kind, sent in SENT.items() if sent.lower() in text.lower()] == []


def test_a_key_that_is_not_valid_is_not_told(door: Flask, written: BytesIO) -> None:
    ask(door, "things", Authorization=f"{BEARER[:-1]}!")

    (line,) = lines(written)
    assert (line["status"], line["code"]) == (401, "unauthenticated")
    assert (line["organisation"], line["key"]) == (None, None)
    assert SECRET[:-1] not in written.getvalue().decode()


def test_a_key_sent_as_a_request_id_is_cut_to_its_prefix(door: Flask, written: BytesIO) -> None:
    ask(door, "crashing", **{"X-Request-Id": TEXT})

    assert SECRET not in written.getvalue().decode()
    assert lines(written)[-1]["request_id"] == "eac_0123456789abcdef_..."


def test_paths_and_methods_that_are_not_ours_are_not_told(door: Flask, written: BytesIO) -> None:
    client = door.test_client()

    client.open(f"/{NAME}", method="GET")
    client.open("/v1/things/x", method="ANNELIESE")

    assert [(line["method"], line["route"]) for line in lines(written)] == [
        ("GET", "other"),
        ("other", "other"),
    ]
    assert "ANNELIESE" not in METHODS


def test_a_crash_tells_types_codes_and_places_of_every_error_that_led_to_it(
    door: Flask, written: BytesIO
) -> None:
    ask(door, "crashing")

    crash = next(line for line in lines(written) if "exception" in line)
    types = [error["type"] for error in crash["exception"]]
    assert types == ["sqlalchemy.exc.IntegrityError", "builtins.KeyError"]
    assert crash["exception"][0]["frames"][-1].endswith(" crash")
    assert crash["level"] == "error"


def test_what_fails_after_the_view_is_a_line_too(door: Flask, written: BytesIO) -> None:
    @door.after_request
    def fail(_: object) -> None:
        raise ValueError(NAME)  # type: ignore[return-value,unused-ignore]

    ask(door, "things")

    assert [line["status"] for line in lines(written) if line["event"] == "request"] == [500]
    assert NAME not in written.getvalue().decode()
    assert SENT["path"] not in written.getvalue().decode()


class DatabaseDownError(Exception):
    """An error with the code that a database gave it."""

    sqlstate = "57P01"


def test_an_error_of_a_database_tells_its_code(written: BytesIO) -> None:
    error = DatabaseDownError(NAME)

    logging.getLogger("app.storage").error("no database for %s", "request r-9", exc_info=error)

    (line,) = lines(written)
    assert (line["event"], line["logger"]) == ("no database for request r-9", "app.storage")
    assert line["exception"][0]["code"] == "57P01"
    assert NAME not in written.getvalue().decode()


def test_of_other_programs_only_what_stands_in_them_is_written(written: BytesIO) -> None:
    logging.getLogger("webserver").warning("GET %s", f"/accounts?name={NAME}")
    logging.getLogger("webserver").error("it failed\nTraceback: %s", NAME)
    logging.getLogger("webserver").info("chatter")

    assert [line["event"] for line in lines(written)] == ["GET %s", "it failed"]


def test_other_programs_cannot_flood_a_line(written: BytesIO) -> None:
    logging.getLogger("webserver").error("x" * 10_000)  # noqa: G004, RUF100 - no format

    (line,) = lines(written)
    assert len(line["event"]) == logs.FOREIGN_MAX


def test_errors_that_lead_to_one_another_without_end_are_cut(written: BytesIO) -> None:
    error: Exception = ValueError()
    for _ in range(50):
        following = RuntimeError()
        following.__cause__ = error
        error = following

    logging.getLogger("app.x").error("deep", exc_info=error)

    (line,) = lines(written)
    assert len(line["exception"]) == logs.EXCEPTIONS_MAX


class Full(BytesIO):
    """A stream that takes nothing any more."""

    def write(self, _: object, /) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.usefixtures("written")
def test_a_full_disk_refuses_no_request(door: Flask) -> None:
    logs.configure(Full())

    answers = [
        door.test_client().post(f"/v1/{rule}/x").status_code for rule in ("things", "crashing")
    ]

    assert answers == [200, 500]


def test_a_process_that_asked_for_no_lines_writes_none(
    door: Flask, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not structlog.is_configured()

    ask(door, "things")

    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")
