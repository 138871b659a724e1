"""Endorse: give one's word, before it is asked for, for an operation of another person or party."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Hash, Id
from app.registry.operation import ENDORSEMENT, ORGANISATION, Operation, Read
from app.registry.organisations import Endorsement
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorse(Operation):
    """By a second person of the same organisation, or by a holder who consents (R33, R34).

    `digest` is the content's hash of the operation that is endorsed (`content_digest`).
    """

    type: ClassVar[str] = "endorse"

    endorsement: Id
    digest: Hash

    def reads(self) -> Iterable[Read]:
        """Return the organisation and the endorsement's id."""
        return (Read(ORGANISATION, self.by), Read(ENDORSEMENT, self.endorsement))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Keep the word; it holds for that content alone."""
        state.actor(self.by).must_not_be_suspended()
        if state.has(Endorsement, self.endorsement):
            raise RefusalError("id-in-use", "endorsed already", pointer="/endorsement")
        given = Endorsement(self.endorsement, self.by, self.person, self.digest)
        return Change(puts=(given,))
