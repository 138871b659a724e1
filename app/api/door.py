"""Door: a group of resources; one decorator says path, roles, query, body, answer and problems."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Flask
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]  # ships no types
from marshmallow import Schema

from app.api.members import StrictParser, documented
from app.api.problem_schema import PROBLEM
from app.http import problems
from app.http.access import PUBLIC, allow
from app.http.idempotency import HEADER as IDEMPOTENCY_KEY
from app.http.idempotency import KEY_MAX
from app.http.request_id import HEADER as REQUEST_ID
from app.services.credentials import READ

View = TypeVar("View", bound=Callable[..., Any])

_ANYWHERE = (
    "invalid-query",
    "bad-request",
    "method-not-allowed",
    "payload-too-large",
    "rate-limited",
    "internal-error",
)
_GUARDED = ("unauthenticated", "forbidden-role")
_NOT_NOW = ("database-unavailable",)
WRITES = (
    "idempotency-key-required",
    "idempotency-key-reused",
    "busy",
    "clock-leapt",
    "outcome-unknown",
)
"""What every write may be refused for, whatever it asks."""
BODIES = ("malformed-json", "unsupported-media-type", "unknown-field", "missing-field")
"""What every body may be refused for."""

_HEADERS = {
    HTTPStatus.METHOD_NOT_ALLOWED: ("Allow", "The methods that this path knows."),
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", "The scheme: Bearer."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After", "When to try again, in seconds."),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", "When to try again, in seconds."),
}
_REQUEST_ID = {"description": "The id of this request.", "schema": {"type": "string"}}
_BEARER = {"type": "http", "scheme": "bearer", "description": "An API key: eac_<prefix>_<secret>."}
_KEY_PARAMETER = {
    "in": "header",
    "name": IDEMPOTENCY_KEY,
    "required": True,
    "schema": {"type": "string", "pattern": f"^[!-~]{{1,{KEY_MAX}}}$"},
    "description": "Yours, new for each write; the same again gives the same answer.",
    "example": "0d7a3c5e-order-17",
}


class NoQuery(Schema):
    """No query parameter is known."""


class Documents(Api):  # type: ignore[misc]  # its base is untyped
    """The OpenAPI document; problems are documented by each door, not by a default."""

    DEFAULT_ERROR_RESPONSE_NAME = None


class _Blueprint(Blueprint):  # type: ignore[misc]  # its base is untyped
    """A blueprint that reads strictly."""

    ARGUMENTS_PARSER = StrictParser()


class Door:
    """A blueprint whose views cannot be registered without saying who may call them."""

    def __init__(self, name: str, description: str) -> None:
        """Take its name in the document."""
        self.blueprint: Any = _Blueprint(name, __name__, url_prefix="/v1", description=description)

    def view(  # noqa: PLR0913 - what a view says of itself stands in one place
        self,
        rule: str,
        *,
        may: Sequence[str],
        answer: type[Schema],
        query: type[Schema] = NoQuery,
        body: type[Schema] | None = None,
        method: str = "GET",
        scope: str = READ,
        status: HTTPStatus = HTTPStatus.OK,
        refuses: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        parameters: Sequence[Mapping[str, Any]] = (),
        takes: Mapping[str, Any] | None = None,
        gives: Mapping[str, Any] | None = None,
        media_type: str | None = None,
    ) -> Callable[[View], View]:
        """Register a view; the query comes as keyword arguments, the body as the first argument.

        Where a view reads its body itself, `takes` says by media type what is documented; `gives`
        says by status what else it answers.
        """
        refused = problem_responses(_codes(refuses, is_public=PUBLIC in may))
        document = {
            "responses": refused | _said(gives or {}),
            "security": [] if PUBLIC in may else [{"key": []}],
            **({"parameters": list(parameters)} if parameters else {}),
            **_bodies(body, takes),
        }

        def register(view: View) -> View:
            answered = self.blueprint.response(
                status, answer, headers=_documented(headers or {}), content_type=media_type
            )(view)
            told = self.blueprint.doc(**document)(self._reading(answered, query, body))
            self.blueprint.route(rule, methods=[method])(allow(*may, scope=scope)(told))
            return view

        return register

    def _reading(self, view: View, query: type[Schema], body: type[Schema] | None) -> View:
        """Return the view behind what reads its query and, first of all its arguments, its body."""
        if body is not None:
            is_required = not getattr(body, "is_optional", False)
            view = self.blueprint.arguments(body, location="json", required=is_required)(view)
        read: View = self.blueprint.arguments(query, location="query", as_kwargs=True)(view)
        return read


def _codes(refuses: Sequence[str], *, is_public: bool) -> list[str]:
    """Return, each once, what a view may refuse and what every view may."""
    guarded = () if is_public else _GUARDED
    return list(dict.fromkeys((*_ANYWHERE, *_NOT_NOW, *refuses, *guarded)))


def _bodies(body: type[Schema] | None, takes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the documentation of bodies that no schema gives."""
    if takes is not None:
        return {"requestBody": {"required": True, "content": dict(takes)}}
    others = getattr(body, "readers", None) or {}
    content = {name: {"schema": {"type": "string"}} for name in others}
    return {"requestBody": {"content": content}} if content else {}


def idempotent(*more: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the header parameters of a write: its Idempotency-Key, and what it has besides."""
    return [_KEY_PARAMETER, *more]


def install(app: Flask, doors: Sequence[Door], *, title: str, description: str) -> None:
    """Register doors, and the document that describes them."""
    app.config.update(API_TITLE=title, API_VERSION="1", OPENAPI_VERSION="3.1.0")
    documents: Any = Documents(app, spec_kwargs={"info": {"description": description}})
    documents.ma_plugin.converter.add_attribute_function(_of_member)
    documents.spec.components.security_scheme("key", _BEARER)
    for door in doors:
        documents.register_blueprint(door.blueprint)


def _of_member(_: object, field: Any, **__: object) -> dict[str, Any]:  # noqa: ANN401 - apispec's
    return documented(field)


def problem_responses(codes: Sequence[str]) -> dict[str, Any]:
    """Return the documentation of problems, by status."""
    by_status: dict[HTTPStatus, list[str]] = {}
    for code in codes:
        by_status.setdefault(problems.status_of(code), []).append(code)
    return {
        str(int(status)): {
            "description": f"{status.phrase}: {', '.join(found)}.",
            "content": {problems.MEDIA_TYPE: {"schema": PROBLEM}},
            "headers": _documented(dict([_HEADERS[status]] if status in _HEADERS else [])),
        }
        for status, found in by_status.items()
    }


def _said(gives: Mapping[str, Any]) -> dict[str, Any]:
    return {status: {"headers": _documented({}), **said} for status, said in gives.items()}


def _documented(headers: Mapping[str, str]) -> dict[str, Any]:
    named = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
    }
    return {REQUEST_ID: _REQUEST_ID, **named}
