"""Withdraw a request: the registrant takes back what nobody has decided."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id
from app.registry.issuances import DRAFT, REFERRED, SUBMITTED, VERIFIED, WITHDRAWN, Request
from app.registry.operation import ORGANISATION, REQUEST, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueWithdraw(Operation):
    """By the registrant; the same period may be requested anew under another id."""

    type: ClassVar[str] = "issue.withdraw"

    issuance: Id

    def reads(self) -> Iterable[Read]:
        """Return the request, with its device and account."""
        return (Read(ORGANISATION, self.by), Read(REQUEST, self.issuance))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Withdraw an own request that waits, whether it could be issued or not (R26)."""
        state.actor(self.by)
        request = state.find(Request, self.issuance, pointer="/issuance")
        if state.account(request.account).organisation != self.by:
            raise RefusalError("not-registrant", "another registrant asked for it", rule="R26")
        request.must_be(DRAFT, SUBMITTED, VERIFIED, REFERRED)
        return Change(puts=(replace(request, state=WITHDRAWN),))
