"""Open an account, once, before it holds anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app.registry.accounts import Account
from app.registry.errors import RefusalError
from app.registry.fields import Id
from app.registry.operation import ACCOUNT, ORGANISATION, Operation, Read
from app.registry.organisations import BUYER, GENERATOR
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpen(Operation):
    """By the organisation whose account it is."""

    type: ClassVar[str] = "account.open"

    account: Id
    organisation: Id

    def reads(self) -> Iterable[Read]:
        """Return the organisation and the account's id."""
        return (Read(ORGANISATION, self.by), Read(ACCOUNT, self.account))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Open it for a generator or buyer; issuing body and auditor hold nothing (R60)."""
        state.actor(self.by).must_be(GENERATOR, BUYER)
        if self.organisation != self.by:
            raise RefusalError(
                "recipient-not-mandated",
                "an organisation opens its own accounts",
                pointer="/organisation",
            )
        if state.has(Account, self.account):
            raise RefusalError("id-in-use", "the account is open already", pointer="/account")
        return Change(puts=(Account(self.account, self.organisation),))
