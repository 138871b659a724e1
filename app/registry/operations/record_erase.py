"""Erase a record: what the vault held of somebody is deleted, and only the commitment is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Hash, Slug
from app.registry.operation import ERASURE, ORGANISATION, Operation, Read
from app.registry.organisations import Erasure
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordErase(Operation):
    """By the issuing body or the operator; the chain stays as it is (8.4, GDPR Art. 17)."""

    type: ClassVar[str] = "record.erase"

    record: Hash
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return who asks and whether it was erased before."""
        return (Read(ORGANISATION, self.by), Read(ERASURE, self.record))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Erase it once."""
        state.actor(self.by)
        if self.by not in (state.registry.issuing_body, state.registry.operator):
            raise RefusalError("forbidden-role", "issuing body or operator may", rule="R70")
        if state.has(Erasure, self.record):
            raise RefusalError(
                "invalid-state-transition", "erased already", rule="R70", pointer="/record"
            )
        return Change(puts=(Erasure(self.record),))
