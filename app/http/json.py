"""JSON: written by orjson, read strictly, so that a body can be understood in one way only."""

import json
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider


class MalformedError(ValueError):
    """Bytes that are not one JSON value in UTF-8, or that name a member twice."""


class OrjsonProvider(JSONProvider):
    """Everything that Flask reads and writes as JSON."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ANN401, ARG002 - Flask's interface
        """Return JSON text."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - Flask's interface
        """Return the value of JSON text."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - Flask's interface
        """Return an answer whose body is JSON."""
        body = orjson.dumps(self._prepare_response_obj(args, kwargs))
        return Response(body, mimetype="application/json")


def read_strictly(body: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    """Return the one value of a body. Raises MalformedError (RFC 8259 2, 4, 8.1; RFC 7493 2)."""
    try:
        text = body.decode()
        value = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise MalformedError("not one JSON value in UTF-8, each member named once") from error
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("a member is named twice")
    return found


def _refuse_constant(name: str) -> None:
    raise MalformedError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse_constant)
