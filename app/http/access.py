"""Access: who is calling, and in which roles; what no view declares, nobody may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from app.http.context import context
from app.http.problems import ProblemError
from app.registry.errors import RefusalError
from app.registry.organisations import ADMITTED_ROLES, ISSUING_BODY, OPERATOR

PUBLIC = "public"
"""Instead of roles: anybody, without a key."""

ROLES = frozenset({*ADMITTED_ROLES, ISSUING_BODY, OPERATOR})
_DECLARED = "allowed_roles"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="eac"'}
View = TypeVar("View", bound=Callable[..., Any])


class AccessError(Exception):
    """A view that does not say who may call it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation whose key was shown, and its roles."""

    organisation: str
    roles: frozenset[str]


def allow(*roles: str) -> Callable[[View], View]:
    """Declare which roles may call a view; `PUBLIC` alone is everybody. Raises AccessError."""
    if not roles or (set(roles) != {PUBLIC} and not ROLES.issuperset(roles)):
        raise AccessError(f"no such roles: {roles}")

    def declare(view: View) -> View:
        setattr(view, _DECLARED, frozenset(roles))
        return view

    return declare


def install(app: Flask) -> None:
    """Let nobody in who is not declared."""
    app.before_request(_guard)


def must_be_declared(app: Flask) -> None:
    """Refuse an application with a view that declares nothing. Raises AccessError."""
    for rule in app.url_map.iter_rules():
        if allowed_roles(app, rule.endpoint) is None:
            raise AccessError(f"{rule.rule} does not say who may call it")


def allowed_roles(app: Flask, endpoint: str) -> frozenset[str] | None:
    """Return what an endpoint's view declares."""
    found: frozenset[str] | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return found


def _guard() -> None:
    if request.endpoint is None:
        return
    allowed = allowed_roles(current_app, request.endpoint) or frozenset()
    if PUBLIC in allowed:
        return
    g.caller = caller = _identify()
    if not caller.roles & allowed:
        raise RefusalError(
            "forbidden-role", f"needs the role {' or '.join(sorted(allowed))}", rule="R62"
        )


def _identify() -> Caller:
    """Return who calls. Raises ProblemError unauthenticated, the same for every reason."""
    keys = context().keys
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    organisation = keys.authenticate(text) if scheme.lower() == "bearer" else None
    if organisation is None:
        raise ProblemError("unauthenticated", "Show a valid API key.", headers=_CHALLENGE)
    return Caller(organisation, keys.roles(organisation))
