"""Request issuance: the registrant asks for a period's certificates."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id, Instant
from app.registry.issuances import APPROVED, PENDING, Request, plan
from app.registry.operation import (
    ACCOUNT,
    DEVICE,
    ORGANISATION,
    PERIOD,
    REQUEST,
    Operation,
    Period,
    Read,
)
from app.registry.state import At, Change, Follow, State


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest(Operation):
    """By the registrant, into an account of its own; issued at once where that is automatic."""

    type: ClassVar[str] = "issue.request"
    brings: ClassVar[tuple[str, ...]] = ("issue",)

    issuance: Id
    device: Id
    account: Id
    period_start: Instant
    period_end: Instant

    def reads(self) -> Iterable[Read]:
        """Return device, account, the id of the issuance, and the period's timeline."""
        return (
            Read(ORGANISATION, self.by),
            Read(DEVICE, self.device),
            Read(ACCOUNT, self.account),
            Read(REQUEST, self.issuance),
            Read(PERIOD, Period(self.device, self.period_start, self.period_end)),
        )

    def decide(self, state: State, at: At) -> Change:
        """Take the request if it could be issued now; nothing is issued twice (R1 to R8)."""
        state.actor(self.by)
        device = state.device(self.device)
        device.must_belong_to(self.by)
        account = state.account(self.account, pointer="/account")
        if account.organisation != self.by:
            raise RefusalError(
                "recipient-not-mandated", "the account is another's", pointer="/account"
            )
        if self.period_end <= self.period_start:
            raise RefusalError(
                "invalid-interval", "it ends before it starts", rule="R7", pointer="/period_end"
            )
        if state.has(Request, self.issuance):
            raise RefusalError("id-in-use", "requested already", pointer="/issuance")
        request = Request(
            issuance=self.issuance,
            device=self.device,
            account=self.account,
            period_start=self.period_start,
            period_end=self.period_end,
            state=APPROVED if device.is_automatic else PENDING,
        )
        plan(state, request, time_ms=at.time_ms)
        follows = (Follow("issue", self.issuance),) if device.is_automatic else ()
        return Change(puts=(request,), follows=follows)
