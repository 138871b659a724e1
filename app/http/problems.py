"""Problems: the one table from refusals to HTTP, and their RFC 9457 answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from logging import getLogger
from typing import Any, Self

from flask import Flask, Response, g, jsonify
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
    Kind.STALE: HTTPStatus.PRECONDITION_FAILED,
    Kind.HELD: HTTPStatus.LOCKED,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}

DOOR_PROBLEMS: dict[str, tuple[HTTPStatus, str]] = {
    "bad-request": (HTTPStatus.BAD_REQUEST, "Request cannot be read"),
    "malformed-json": (HTTPStatus.BAD_REQUEST, "Body is not one JSON value"),
    "malformed-csv": (HTTPStatus.BAD_REQUEST, "Body is not the CSV that is asked for"),
    "idempotency-key-required": (HTTPStatus.BAD_REQUEST, "Idempotency-Key missing or malformed"),
    "precondition-required": (HTTPStatus.PRECONDITION_REQUIRED, "If-Match missing or malformed"),
    "invalid-query": (HTTPStatus.BAD_REQUEST, "Query parameters cannot be read"),
    "unauthenticated": (HTTPStatus.UNAUTHORIZED, "No valid key"),
    "not-found": (HTTPStatus.NOT_FOUND, "Not found"),
    "method-not-allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed"),
    "too-many-items": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too many operations in one request"),
    "payload-too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Body too large"),
    "unsupported-media-type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content type not supported"),
    "invalid-range": (HTTPStatus.UNPROCESSABLE_ENTITY, "Not a range of heights"),
    "range-too-long": (HTTPStatus.UNPROCESSABLE_ENTITY, "Too many blocks in one call"),
    "rate-limited": (HTTPStatus.TOO_MANY_REQUESTS, "Too many calls"),
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


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a body: a code of REFUSALS and the member it is about."""

    code: str
    detail: str
    rule: str = ""
    pointer: str = ""

    @classmethod
    def of(cls, refusal: RefusalError) -> Self:
        """Return what a rule complains of."""
        return cls(refusal.code, refusal.detail, refusal.rule, refusal.pointer)

    @property
    def plain(self) -> dict[str, str]:
        """The complaint as a problem lists it."""
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class InvalidBodyError(Exception):
    """A body with members that cannot be meant; all of them are told at once, in order."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        """Take what is wrong; the first gives the problem its code."""
        self.complaints = complaints
        super().__init__(", ".join(item.code for item in complaints))


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
    app.register_error_handler(InvalidBodyError, _answer_invalid)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def status_of(code: str) -> HTTPStatus:
    """Return the HTTP status of any public code."""
    return DOOR_PROBLEMS[code][0] if code in DOOR_PROBLEMS else STATUSES[REFUSALS[code][0]]


def refusal_body(refusal: RefusalError) -> dict[str, Any]:
    """Return the RFC 9457 members of a refusal."""
    complaints = [Complaint.of(refusal)] if refusal.pointer else []
    return _body(
        STATUSES[refusal.kind],
        refusal.code,
        refusal.title,
        refusal.detail,
        _about(refusal.rule, complaints),
    )


def _about(rule: str, complaints: Iterable[Complaint]) -> dict[str, Any]:
    errors = [item.plain for item in complaints]
    return ({"rule": rule} if rule else {}) | ({"errors": errors} if errors else {})


def _answer_refusal(refusal: RefusalError) -> Response:
    _note(refusal.code, refusal.rule, refusal.pointer)
    return _answer(refusal_body(refusal))


def _answer_invalid(error: InvalidBodyError) -> Response:
    first = error.complaints[0]
    kind, title = REFUSALS[first.code]
    _note(first.code, first.rule, first.pointer)
    members = _about(first.rule, error.complaints)
    return _answer(_body(STATUSES[kind], first.code, title, first.detail, members))


def _answer_problem(problem: ProblemError) -> Response:
    _note(problem.code)
    members = {"errors": list(problem.errors)} if problem.errors else {}
    answer = _answer(_body(problem.status, problem.code, problem.title, problem.detail, members))
    answer.headers.update(problem.headers)
    return answer


def _answer_http(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug raise; of their headers Allow is kept."""
    if error.code is None or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _answer_unexpected(error)
    code = _OF_STATUS.get(HTTPStatus(error.code), "bad-request")
    answer = _answer_problem(ProblemError(code, HTTPStatus(error.code).description or error.name))
    allow = dict(error.get_headers()).get("Allow")
    if allow is not None:
        answer.headers["Allow"] = allow
    return answer


def _answer_unavailable(error: Exception) -> Response:
    _logger.error("request %s: no database", request_id(), exc_info=error)
    return _answer_problem(ProblemError("database-unavailable", "Try again in a moment."))


def _answer_unexpected(error: Exception) -> Response:
    _logger.error("request %s failed", request_id(), exc_info=error)
    detail = "It was recorded under the id of this request."
    return _answer_problem(ProblemError("internal-error", detail))


def _note(code: str, rule: str = "", pointer: str = "") -> None:
    """Keep what was refused, for the trail, the log and the metrics of this request."""
    g.refused = Complaint(code, "", rule, pointer)


def _body(
    status: HTTPStatus, code: str, title: str, detail: str, members: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "type": f"/problems/{code}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "instance": f"urn:request:{request_id()}",
        **members,
    }


def _answer(body: Mapping[str, Any]) -> Response:
    answer = jsonify(body)
    answer.status_code = body["status"]
    answer.mimetype = MEDIA_TYPE
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer
