"""Recording: registers the view of a verb; every write goes through here or the bulk door."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from flask import Response, request
from marshmallow import Schema

from app.api.answers import RECORDED_HEADERS, recorded_headers
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.members import BodySchema, Reader, body_schema, json_body
from app.api.verbs import Verb, ask
from app.http.conditions import expected_version
from app.http.idempotency import idempotency_key
from app.http.problems import Complaint, InvalidBodyError
from app.registry.fields import escaped, members_of
from app.services.record import Accepted

_IF_MATCH = (
    {
        "in": "header",
        "name": "If-Match",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[1-9][0-9]*"$'},
        "description": "The ETag of what is edited, as it was seen (R78).",
    },
)
_EVERY = (*WRITES, *BODIES, "invalid-field", "not-found")
_CONDITIONS = ("precondition-required", "stale-version")

Show = Callable[[Accepted], dict[str, Any]]
View = Callable[..., Any]


def recording(  # noqa: PLR0913 - what a write says of itself stands in one place
    door: Door,
    rule: str,
    *,
    name: str,
    about: str,
    verb: Verb,
    answer: type[Schema],
    show: Show,
    location: str,
    method: str = "POST",
    status: HTTPStatus = HTTPStatus.CREATED,
    within: Sequence[str] = (),
    fixed: Mapping[str, Any] | None = None,
    refuses: Sequence[str] = (),
    readers: Mapping[str, Reader] | None = None,
    is_exact: bool = False,
    is_conditional: bool = False,
) -> None:
    """Register the view that asks for a verb.

    `within` names the members that the path gives, `fixed` what the route itself means; `readers`
    read bodies of other media types. `location` is a path with names in braces of what `show`
    gives, the answer itself where `is_exact`; `is_conditional` takes `version` from If-Match (R78).
    """
    plain = _view(verb, show, location, status, fixed or {}, is_conditional=is_conditional)
    view = _exactly(plain) if is_exact else plain
    view.__name__, view.__doc__ = name, about
    door.view(
        rule,
        may=verb.may,
        scope=verb.scope,
        answer=answer,
        body=_schema(verb, (*within, *(fixed or {})), readers or {}, is_conditional=is_conditional),
        method=method,
        status=status,
        refuses=(*_EVERY, *refuses, *(_CONDITIONS if is_conditional else ())),
        headers=RECORDED_HEADERS,
        parameters=idempotent(*(_IF_MATCH if is_conditional else ())),
    )(view)


def _schema(
    verb: Verb, bound: Sequence[str], readers: Mapping[str, Reader], *, is_conditional: bool
) -> type[BodySchema] | None:
    """Return the schema of what a body has to say; None where nothing is left to say."""
    given = (*bound, "version") if is_conditional else bound
    if all(member.name in given for member in members_of(verb.body)):
        return None
    schema = body_schema(verb.body, given)
    if readers:
        schema.readers = readers
    return schema


def _view(
    verb: Verb,
    show: Show,
    location: str,
    status: HTTPStatus,
    fixed: Mapping[str, Any],
    *,
    is_conditional: bool,
) -> View:
    def view(
        *bodies: dict[str, Any], **path: UUID | int
    ) -> tuple[dict[str, Any], int, dict[str, str]]:
        members = bodies[0] if bodies else must_be_bare()
        members |= {part: _plain(value) for part, value in path.items()} | dict(fixed)
        if is_conditional:
            idempotency_key()  # told before what If-Match says
            members["version"] = expected_version()
        accepted = ask(verb, members)
        shown = show(accepted)
        return shown, status, recorded_headers(accepted, location.format(**shown))

    return view


def _plain(value: UUID | int) -> str | int:
    return value if isinstance(value, int) else str(value)


def _exactly(view: View) -> View:
    """Return a view whose answer is written as it is, without being read through its schema."""

    def answer(*bodies: dict[str, Any], **path: UUID | int) -> Response:
        shown, status, headers = view(*bodies, **path)
        return Response(orjson.dumps(shown), status, headers, mimetype="application/json")

    return answer


def must_be_bare() -> dict[str, Any]:
    """Refuse members where none is known; an empty body or `{}` is right. Raises problems."""
    if not request.get_data(cache=True):
        return {}
    body = json_body(request)
    if not isinstance(body, dict):
        raise InvalidBodyError([Complaint("invalid-field", "not an object")])
    if body:
        raise InvalidBodyError(
            [
                Complaint("unknown-field", "no member is known here", "R79", f"/{escaped(name)}")
                for name in sorted(body)
            ]
        )
    return {}
