"""Access: who is calling, in which roles and with which key; what no view declares, nobody may."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from app.http.context import context
from app.http.problems import ProblemError
from app.registry.errors import RefusalError
from app.registry.organisations import ADMITTED_ROLES, AUDITOR, ISSUING_BODY, OPERATOR
from app.services.credentials import READ, SCOPES, Key

PUBLIC = "public"
"""Instead of roles: anybody, without a key."""
ANY_KEY = "any key"
"""Instead of roles: whoever shows a valid key, also before being admitted."""

ROLES = frozenset({*ADMITTED_ROLES, ISSUING_BODY, OPERATOR})
EVERY_ROLE = tuple(sorted(ROLES))
"""Whoever is admitted, in whatever role."""
SUPERVISORS = frozenset({AUDITOR, ISSUING_BODY})
"""Who sees what every party holds and does (REGISTRY Part C)."""

_DECLARED = "access"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="eac"'}
View = TypeVar("View", bound=Callable[..., Any])


class AccessError(Exception):
    """A view that does not say who may call it."""


@dataclass(frozen=True, slots=True)
class Access:
    """Which roles may call a view, and the scope that their key must have."""

    roles: frozenset[str]
    scope: str


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation whose key was shown, its roles, and the key."""

    organisation: str
    roles: frozenset[str]
    key: Key

    @property
    def sees_all(self) -> bool:
        """Whether holdings and operations of every party are visible."""
        return not self.roles.isdisjoint(SUPERVISORS)

    @property
    def viewer(self) -> str | None:
        """The organisation that lists are filtered for; None where everything is visible."""
        return None if self.sees_all else self.organisation

    def has_scope(self, scope: str) -> bool:
        """Say whether the key reaches as far as a scope."""
        return SCOPES.index(self.key.scope) >= SCOPES.index(scope)


def allow(*roles: str, scope: str = READ) -> Callable[[View], View]:
    """Declare which roles may call a view, and with which scope of key. Raises AccessError.

    `PUBLIC` alone is everybody, `ANY_KEY` alone is everybody with a valid key.
    """
    if scope not in SCOPES or not _are_roles(roles):
        raise AccessError(f"no such roles or scope: {roles} {scope}")

    def declare(view: View) -> View:
        setattr(view, _DECLARED, Access(frozenset(roles), scope))
        return view

    return declare


def install(app: Flask) -> None:
    """Let nobody in who is not declared."""
    app.before_request(_guard)


def must_be_declared(app: Flask) -> None:
    """Refuse an application with a view that declares nothing. Raises AccessError."""
    for rule in app.url_map.iter_rules():
        if declared(app, rule.endpoint) is None:
            raise AccessError(f"{rule.rule} does not say who may call it")


def declared(app: Flask, endpoint: str) -> Access | None:
    """Return what an endpoint's view declares."""
    found: Access | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return found


def caller() -> Caller:
    """Return who calls, in a view that is not public."""
    found: Caller = g.caller
    return found


def must_be_allowed(who: Caller, roles: frozenset[str] | tuple[str, ...], *, scope: str) -> None:
    """Refuse a caller without any of the roles, or whose key does not reach (R62)."""
    if ANY_KEY not in roles and who.roles.isdisjoint(roles):
        raise RefusalError(
            "forbidden-role", f"needs the role {' or '.join(sorted(roles))}", rule="R62"
        )
    if not who.has_scope(scope):
        raise RefusalError("forbidden-role", f"needs a key of the scope {scope}", rule="R62")


def _are_roles(roles: tuple[str, ...]) -> bool:
    return bool(roles) and (set(roles) in ({PUBLIC}, {ANY_KEY}) or ROLES.issuperset(roles))


def _guard() -> None:
    if request.endpoint is None:
        return
    access = declared(current_app, request.endpoint) or Access(frozenset(), READ)
    if PUBLIC in access.roles:
        return
    g.caller = who = _identify()
    must_be_allowed(who, access.roles, scope=access.scope)


def _identify() -> Caller:
    """Return who calls. Raises ProblemError unauthenticated, the same for every reason."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = context().keys.identify_with_roles(text) if scheme.lower() == "bearer" else None
    if found is None:
        raise ProblemError("unauthenticated", "Show a valid API key.", headers=_CHALLENGE)
    key, roles = found
    return Caller(key.organisation, roles, key)
