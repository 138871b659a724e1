"""Door: a group of resources; one decorator says path, roles, query, answer and problems."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Flask
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]  # ships no types
from marshmallow import RAISE, Schema

from app.api.problem_schema import PROBLEM
from app.http import problems
from app.http.access import PUBLIC, allow
from app.http.request_id import HEADER as REQUEST_ID

View = TypeVar("View", bound=Callable[..., Any])

_ANYWHERE = ("invalid-query", "method-not-allowed", "payload-too-large", "internal-error")
_GUARDED = ("unauthenticated", "forbidden-role")
_NOT_NOW = ("database-unavailable",)
_HEADERS = {
    HTTPStatus.METHOD_NOT_ALLOWED: ("Allow", "The methods that this path knows."),
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", "The scheme: Bearer."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After", "When to try again, in seconds."),
}
_REQUEST_ID = {"description": "The id of this request.", "schema": {"type": "string"}}
_BEARER = {"type": "http", "scheme": "bearer", "description": "An API key: eac_<prefix>_<secret>."}


class NoQuery(Schema):
    """No query parameter is known."""


class Documents(Api):  # type: ignore[misc]  # its base is untyped
    """The OpenAPI document; problems are documented by each door, not by a default."""

    DEFAULT_ERROR_RESPONSE_NAME = None


class Door:
    """A blueprint whose views cannot be registered without saying who may call them."""

    def __init__(self, name: str, description: str) -> None:
        """Take its name in the document."""
        self.blueprint: Any = Blueprint(name, __name__, url_prefix="/v1", description=description)

    def view(
        self,
        rule: str,
        *,
        may: Sequence[str],
        answer: type[Schema],
        query: type[Schema] = NoQuery,
        method: str = "GET",
        status: HTTPStatus = HTTPStatus.OK,
        refuses: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Callable[[View], View]:
        """Register a view; query parameters come as keyword arguments, unknown ones are refused."""
        codes = (*_ANYWHERE, *_NOT_NOW, *refuses, *(() if PUBLIC in may else _GUARDED))
        document = {
            "responses": _problems(codes),
            "security": [] if PUBLIC in may else [{"key": []}],
        }

        def register(view: View) -> View:
            answered = self.blueprint.response(status, answer, headers=_documented(headers or {}))
            read = self.blueprint.arguments(
                query, location="query", as_kwargs=True, unknown=RAISE, error_status_code=400
            )
            wrapped = self.blueprint.doc(**document)(read(answered(view)))
            self.blueprint.route(rule, methods=[method])(allow(*may)(wrapped))
            return view

        return register


def install(app: Flask, doors: Sequence[Door], *, title: str, description: str) -> None:
    """Register doors, and the document that describes them."""
    app.config.update(API_TITLE=title, API_VERSION="1", OPENAPI_VERSION="3.1.0")
    documents: Any = Documents(app, spec_kwargs={"info": {"description": description}})
    documents.spec.components.security_scheme("key", _BEARER)
    for door in doors:
        documents.register_blueprint(door.blueprint)


def _problems(codes: Sequence[str]) -> dict[str, Any]:
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


def _documented(headers: Mapping[str, str]) -> dict[str, Any]:
    named = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
    }
    return {REQUEST_ID: _REQUEST_ID, **named}
