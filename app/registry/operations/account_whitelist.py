"""Whitelist a sender, so that its transfers enter an account at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app.registry.accounts import Sender
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id
from app.registry.operation import ACCOUNT, ORGANISATION, SENDER, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWhitelist(Operation):
    """By the receiver; `sender` is the account from which transfers come."""

    type: ClassVar[str] = "account.whitelist"

    account: Id
    sender: Id
    allowed: Flag

    def reads(self) -> Iterable[Read]:
        """Return both accounts and what is said of them so far."""
        return (
            Read(ORGANISATION, self.by),
            Read(ACCOUNT, self.account),
            Read(ACCOUNT, self.sender),
            Read(SENDER, (self.account, self.sender)),
        )

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Set it for an own account and another one (R27)."""
        state.actor(self.by)
        account = state.account(self.account, pointer="/account")
        if account.organisation != self.by:
            raise RefusalError(
                "not-holder", "the account is another's", rule="R26", pointer="/account"
            )
        state.account(self.sender, pointer="/sender")
        if self.sender == self.account:
            raise RefusalError(
                "invalid-target-account", "an account is not its own sender", pointer="/sender"
            )
        return Change(puts=(Sender(self.account, self.sender, self.allowed),))
