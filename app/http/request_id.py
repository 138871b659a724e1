"""Request ids: by which a caller and our log speak of the same request."""

from random import getrandbits
from re import compile as pattern

from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
_TOKEN = pattern(r"[A-Za-z0-9._-]{1,64}")


def install(app: Flask) -> None:
    """Give every request its id and every answer the header."""
    app.after_request(_answer_with_id)


def request_id() -> str:
    """Return this request's id: the caller's where it is a plain token, else a new one."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _TOKEN.fullmatch(given) else _new()
    found: str = g.request_id
    return found


def _new() -> str:
    """Return an id that names a request and guards nothing, without asking the system for it."""
    return f"{getrandbits(128):032x}"


def _answer_with_id(answer: Response) -> Response:
    answer.headers[HEADER] = request_id()
    return answer
