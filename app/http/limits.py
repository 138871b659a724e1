"""Limits: a body that is too large is refused before anything else looks at the request."""

from flask import Flask, request

from app.http.problems import ProblemError

BODY_BYTES_MAX = 4 * 1024 * 1024


def install(app: Flask) -> None:
    """Refuse by the announced length, and while reading where none is announced."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.url_map.merge_slashes = False
    app.before_request(_check_route)
    app.before_request(_check_length)


def _check_route() -> None:
    """Refuse what leads nowhere before its key is looked up or its body awaited."""
    if request.routing_exception is not None:
        raise request.routing_exception


def _check_length() -> None:
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise ProblemError("payload-too-large", f"at most {BODY_BYTES_MAX} bytes")
