"""Conditions: entity tags, so that nobody overwrites what they did not see."""

from re import compile as pattern

from flask import request

from app.http.problems import ProblemError

_TAG = pattern(r'"([1-9][0-9]{0,14})"')


def entity_tag(version: int) -> str:
    """Return the strong entity tag of a version (RFC 9110 8.8.3)."""
    return f'"{version}"'


def expected_version() -> int:
    """Return the version that the request wants to replace. Raises ProblemError (R78)."""
    found = _TAG.fullmatch(request.headers.get("If-Match", ""))
    if found is None:
        raise ProblemError(
            "precondition-required", "Send the ETag that you saw as If-Match; * is not taken."
        )
    return int(found[1])


def is_unchanged(version: int) -> bool:
    """Say whether the caller holds this version already (RFC 9110 13.1.2)."""
    return request.if_none_match.contains_weak(str(version))
