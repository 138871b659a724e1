"""Logs of requests: one line for each, by its rule, never by what stood in its URL or body."""

from contextlib import suppress
from http import HTTPStatus
from typing import Any

import structlog

from app.http.answered import Answered

_logger: Any = structlog.get_logger()


def write_line(answered: Answered) -> None:
    """Write a request's line, where this process writes any; a full disk refuses no request."""
    if not structlog.is_configured():
        return
    is_ours = answered.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    write = _logger.error if is_ours else _logger.info
    with suppress(OSError):
        write(
            "request",
            request_id=answered.request_id,
            method=answered.method,
            route=answered.route,
            status=answered.status,
            code=answered.code,
            duration_us=answered.duration_us,
            organisation=answered.organisation,
            key=answered.key,
        )
