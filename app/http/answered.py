"""Answered: what is told of every request once it has its answer, without what was sent in it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter_ns

from flask import Flask, Response, g, request

from app.http.request_id import request_id

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER = "other"
"""Instead of a method or a path that this registry does not know: a caller can write anything."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One request: its rule, its answer, how long it took, and whose valid key it showed."""

    request_id: str
    method: str
    route: str
    status: int
    code: str | None
    duration_us: int
    organisation: str | None
    key: str | None


Tell = Callable[[Answered], None]


def install(app: Flask, *tell: Tell) -> None:
    """Tell of every request, also where its view or what prepares its answer fails.

    To be installed before everything else that acts around requests.
    """

    def tell_all(_: BaseException | None) -> None:
        answered = _answered()
        for each in tell:
            each(answered)

    app.before_request(_note_start)
    app.after_request(_note_status)
    app.teardown_request(tell_all)


def _note_start() -> None:
    g.started_ns = perf_counter_ns()


def _note_status(answer: Response) -> Response:
    g.status = answer.status_code
    return answer


def _answered() -> Answered:
    now_ns = perf_counter_ns()
    known = vars(g._get_current_object())  # noqa: SLF001 - one look-up for all
    caller, refused, rule = known.get("caller"), known.get("refused"), request.url_rule
    return Answered(
        request_id=request_id(),
        method=request.method if request.method in METHODS else OTHER,
        route=rule.rule if rule else OTHER,
        status=known.get("status", HTTPStatus.INTERNAL_SERVER_ERROR.value),
        code=refused.code if refused else None,
        duration_us=(now_ns - known.get("started_ns", now_ns)) // 1000,
        organisation=caller.organisation if caller else None,
        key=caller.key.prefix if caller else None,
    )
