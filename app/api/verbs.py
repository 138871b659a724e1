"""Verbs: what a caller may ask to have recorded, each read and made into an operation one way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import g

from app.http.access import Caller, caller, must_be_allowed
from app.http.context import context
from app.http.idempotency import idempotency_key, operation_id
from app.registry.errors import RefusalError
from app.services.credentials import WRITE
from app.services.record import Accepted, Asked
from app.services.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, under which operation id, and what of the registry an operation has to name."""

    organisation: str
    id: str
    origin: str
    issuing_body: str
    vault: Vault

    @property
    def common(self) -> dict[str, Any]:
        """The members that every operation has."""
        return {"id": self.id, "origin": self.origin, "by": self.organisation}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """An operation type, who may ask for it, the class of its body, and how it is made of one.

    The id of what an operation makes is the operation's own: an account, device, issuance,
    transfer or retirement is found by the id of the operation that made it.
    """

    name: str
    may: tuple[str, ...]
    body: type[Any]
    make: Callable[[Asking, Any], Asked]
    scope: str = WRITE

    def must_be_allowed(self, who: Caller) -> None:
        """Refuse a caller who may not ask for it."""
        must_be_allowed(who, self.may, scope=self.scope)


def asking(key: str) -> Asking:
    """Return who asks, for an operation under an idempotency key."""
    opened = context()
    organisation = caller().organisation
    return Asking(
        organisation=organisation,
        id=operation_id(organisation, key),
        origin=opened.origin,
        issuing_body=opened.issuing_body,
        vault=opened.vault,
    )


def ask(verb: Verb, members: dict[str, Any]) -> Accepted:
    """Have one operation recorded under the request's idempotency key. Raises RefusalError."""
    asks = asking(idempotency_key())
    g.asked = asks.id, verb.name
    return record_one(verb.make(asks, verb.body(**members)))


def record_one(asked: Asked) -> Accepted:
    """Return where an operation was recorded. Raises RefusalError."""
    (outcome,) = context().group.submit([asked], organisation=caller().organisation)
    if isinstance(outcome, RefusalError):
        raise outcome
    return outcome


def table(*verbs: Verb) -> dict[str, Verb]:
    """Return verbs by type."""
    return {verb.name: verb for verb in verbs}
