"""Doors without a registry behind them: who calls is said by a header that only tests know."""

import logging
import sqlite3
from collections.abc import Iterator
from io import BytesIO

import pytest
import structlog
from flask import Flask, g, request
from sqlalchemy.exc import IntegrityError

from app import logs
from app.http import answered, headers, metrics, problems, request_id
from app.http.access import Caller
from app.http.json import OrjsonProvider
from app.http.logs import write_line
from app.http.problems import ProblemError
from tests.http.callers import KEYS


def identify() -> None:
    """Know the callers of the tests; refuse every other that shows anything."""
    shown = request.headers.get("Authorization")
    if shown is None:
        return
    key = KEYS.get(shown)
    if key is None:
        raise ProblemError("unauthenticated", "Show a valid API key.")
    g.caller = Caller(key.organisation, frozenset(), key)


@pytest.fixture
def door() -> Flask:
    """An application with views that answer, refuse and fail in every way."""
    app = Flask("app", static_folder=None)
    app.json = OrjsonProvider(app)
    answered.install(app, write_line, metrics.count_request)
    request_id.install(app)
    headers.install(app)
    app.before_request(identify)
    problems.install(app, unavailable=())

    @app.route("/v1/things/<name>", methods=["GET", "POST"])
    def show(name: str) -> dict[str, str]:
        return {"name": name}

    @app.post("/v1/refusing/<name>")
    def refuse(name: str) -> str:
        raise ProblemError("invalid-range", f"{name} {request.get_data(as_text=True)}")

    @app.post("/v1/crashing/<name>")
    def crash(name: str) -> str:
        try:
            return {"known": "known"}[request.get_data(as_text=True)]
        except KeyError as error:
            statement = f"INSERT INTO people (name) VALUES ('{name}')"  # noqa: S608 - nobody runs it
            parameters = {"name": name, "query": request.query_string}
            raise IntegrityError(statement, parameters, sqlite3.IntegrityError(name)) from error

    return app


@pytest.fixture
def written() -> Iterator[BytesIO]:
    """What this process writes as lines while a test runs."""
    stream = BytesIO()
    root = logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    root.handlers[:] = []
    logs.configure(stream)
    root.handlers += handlers
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = [
        item for item in root.handlers if item.formatter is None or not is_ours(item)
    ]
    root.setLevel(level)
    logging.raiseExceptions = raises
    logging.getLogger("app").setLevel(logging.NOTSET)


def is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, logs.LineFormatter)
