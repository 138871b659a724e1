"""Problems: the one table from refusals to HTTP, and their RFC 9457 answers."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from logging import getLogger
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from app.http.request_id import request_id
from app.registry.errors import REFUSALS, Kind, RefusalError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

STATUSES: dict[Kind, HTTPStatus] = {
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.UNKNOWN: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.HELD: HTTPStatus.LOCKED,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}

DOOR_PROBLEMS: dict[str, tuple[HTTPStatus, str]] = {
    "bad-request": (HTTPStatus.BAD_REQUEST, "Request cannot be read"),
    "invalid-query": (HTTPStatus.BAD_REQUEST, "Query parameters cannot be read"),
    "unauthenticated": (HTTPStatus.UNAUTHORIZED, "No valid key"),
    "not-found": (HTTPStatus.NOT_FOUND, "Not found"),
    "method-not-allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed"),
    "payload-too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Body too large"),
    "unsupported-media-type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content type not supported"),
    "invalid-range": (HTTPStatus.UNPROCESSABLE_ENTITY, "Not a range of heights"),
    "range-too-long": (HTTPStatus.UNPROCESSABLE_ENTITY, "Too many blocks in one call"),
    "internal-error": (HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here"),
    "database-unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "Database cannot be read"),
}
"""What only a door refuses; what the rules refuse stands in `app.registry.errors`."""

_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "payload-too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
}
_logger = getLogger(__name__)


class ProblemError(Exception):
    """A no of the door itself, by a code of DOOR_PROBLEMS."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take code, what happened, the members it is about and headers to answer with."""
        self.status, self.title = DOOR_PROBLEMS[code]
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        super().__init__(f"{code}: {detail}")


def install(app: Flask, *, unavailable: tuple[type[Exception], ...]) -> None:
    """Answer every failure as a problem; `unavailable` says that the database cannot be read."""
    for error in unavailable:
        app.register_error_handler(error, _answer_unavailable)
    app.register_error_handler(ProblemError, _answer_problem)
    app.register_error_handler(RefusalError, _answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def status_of(code: str) -> HTTPStatus:
    """Return the HTTP status of any public code."""
    return DOOR_PROBLEMS[code][0] if code in DOOR_PROBLEMS else STATUSES[REFUSALS[code][0]]


def _answer_refusal(refusal: RefusalError) -> Response:
    members: dict[str, Any] = {"rule": refusal.rule} if refusal.rule else {}
    if refusal.pointer:
        error = {"pointer": refusal.pointer, "code": refusal.code, "detail": refusal.detail}
        members["errors"] = [error]
    return _answer(STATUSES[refusal.kind], refusal.code, refusal.title, refusal.detail, members)


def _answer_problem(problem: ProblemError) -> Response:
    members = {"errors": list(problem.errors)} if problem.errors else {}
    answer = _answer(problem.status, problem.code, problem.title, problem.detail, members)
    answer.headers.update(problem.headers)
    return answer


def _answer_http(error: HTTPException) -> Response:
    """Answer what Flask, Werkzeug and webargs raise; of their headers Allow is kept."""
    data = getattr(error, "data", None) or {}
    if "query" in data.get("messages", {}):
        return _answer_problem(_query_problem(data["messages"]["query"]))
    if error.code is None or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _answer_unexpected(error)
    code = _OF_STATUS.get(HTTPStatus(error.code), "bad-request")
    answer = _answer_problem(ProblemError(code, HTTPStatus(error.code).description or error.name))
    allow = dict(error.get_headers()).get("Allow")
    if allow is not None:
        answer.headers["Allow"] = allow
    return answer


def _query_problem(messages: Mapping[str, Sequence[str]]) -> ProblemError:
    errors = [
        {"in": "query", "pointer": f"/{name}", "code": "invalid-query", "detail": detail}
        for name, details in messages.items()
        for detail in details
    ]
    return ProblemError("invalid-query", "A parameter is unknown or malformed.", errors=errors)


def _answer_unavailable(error: Exception) -> Response:
    _logger.error("request %s: no database", request_id(), exc_info=error)
    return _answer_problem(ProblemError("database-unavailable", "Try again in a moment."))


def _answer_unexpected(error: Exception) -> Response:
    _logger.error("request %s failed", request_id(), exc_info=error)
    detail = "It was recorded under the id of this request."
    return _answer_problem(ProblemError("internal-error", detail))


def _answer(
    status: HTTPStatus, code: str, title: str, detail: str, members: Mapping[str, Any]
) -> Response:
    body = {
        "type": f"/problems/{code}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "instance": f"urn:request:{request_id()}",
        **members,
    }
    answer = jsonify(body)
    answer.status_code = status
    answer.mimetype = MEDIA_TYPE
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer
