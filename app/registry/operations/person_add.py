"""Add a person: somebody who acts for an organisation, by a random id and a commitment."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Hash, Id
from app.registry.operation import ORGANISATION, PERSON, Operation, Read
from app.registry.organisations import Person
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdd(Operation):
    """By the organisation; `record` commits to name and contact, which lie in the vault (8.4)."""

    type: ClassVar[str] = "person.add"

    member: Id
    record: Hash

    def reads(self) -> Iterable[Read]:
        """Return the organisation and the new person's id."""
        return (Read(ORGANISATION, self.by), Read(PERSON, self.member))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Add somebody once."""
        state.actor(self.by).must_not_be_suspended()
        if state.has(Person, self.member):
            raise RefusalError("id-in-use", "added already", pointer="/member")
        return Change(puts=(Person(self.member, self.by, self.record, is_active=True),))
