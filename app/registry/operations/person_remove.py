"""Remove a person: from then on nothing is recorded in that person's name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id
from app.registry.operation import ORGANISATION, PERSON, Operation, Read
from app.registry.organisations import Person
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRemove(Operation):
    """By the organisation; what the person did before stays on record."""

    type: ClassVar[str] = "person.remove"

    member: Id

    def reads(self) -> Iterable[Read]:
        """Return the organisation and the person."""
        return (Read(ORGANISATION, self.by), Read(PERSON, self.member))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Remove an own person who is still active."""
        state.actor(self.by)
        found = state.find(Person, self.member, pointer="/member")
        if found.organisation != self.by:
            raise RefusalError("not-found", "no such person", pointer="/member")
        if not found.is_active:
            raise RefusalError(
                "invalid-state-transition", "removed already", rule="R62", pointer="/member"
            )
        return Change(puts=(replace(found, is_active=False),))
