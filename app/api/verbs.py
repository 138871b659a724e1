"""Verbs: what a caller may ask to have recorded, each read and made into an operation one way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import g

from app.http.access import Caller, caller, must_be_allowed
from app.http.context import context
from app.http.idempotency import idempotency_key, operation_id
from app.registry.errors import RefusalError
from app.reporting.records import find_leaves
from app.services.credentials import WRITE
from app.services.record import Accepted, Asked, Outcome
from app.services.repeating import as_first_asked
from app.services.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, under which operation id, and what of the registry an operation has to name.

    `person` is whose key was shown, where it is a person's.
    """

    organisation: str
    id: str
    origin: str
    issuing_body: str
    vault: Vault
    person: str | None = None

    @property
    def common(self) -> dict[str, Any]:
        """The members that every operation has."""
        return {
            "id": self.id,
            "origin": self.origin,
            "by": self.organisation,
            "person": self.person,
        }


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
    opened, who = context(), caller()
    organisation = who.organisation
    return Asking(
        organisation=organisation,
        id=operation_id(organisation, key),
        origin=opened.origin,
        issuing_body=opened.issuing_body,
        vault=opened.vault,
        person=who.key.person,
    )


def ask(verb: Verb, members: dict[str, Any]) -> Accepted:
    """Have one operation recorded under the request's idempotency key. Raises RefusalError."""
    asks = asking(idempotency_key())
    g.asked = asks.id, verb.name
    return record_one(verb.make(asks, verb.body(**members)))


def record_one(asked: Asked) -> Accepted:
    """Return where an operation was recorded. Raises RefusalError."""
    (outcome,) = record_all([asked])
    if isinstance(outcome, RefusalError):
        raise outcome
    return outcome


def record_all(asked: Sequence[Asked]) -> list[Outcome]:
    """Return an outcome for each operation, in order; all that is recorded goes through here.

    A record is salted anew each time it is asked for: what repeats an operation that commits to
    one is asked again with the first commitment, so that it gets the first answer.
    """
    opened, organisation = context(), caller().organisation
    outcomes = opened.group.submit(asked, organisation=organisation)
    again = as_first_asked(
        asked,
        outcomes,
        vault=opened.vault,
        leaves_of=partial(find_leaves, opened.storage),
        records_of=opened.onboarding.records_of,
    )
    repeated = opened.group.submit(list(again.values()), organisation=organisation)
    for at, outcome in zip(again, repeated, strict=True):
        outcomes[at] = outcome
    return outcomes


def table(*verbs: Verb) -> dict[str, Verb]:
    """Return verbs by type."""
    return {verb.name: verb for verb in verbs}
