"""Request issuance: the registrant asks for a period's certificates."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app.registry.devices import in_force
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id, Instant, Slug
from app.registry.issuances import (
    APPROVED,
    DRAFT,
    SUBMITTED,
    Request,
    is_automatic,
    plan,
)
from app.registry.issuing import check_follows, retirement_id
from app.registry.operation import (
    ACCOUNT,
    DEVICE,
    ORGANISATION,
    PERIOD,
    REQUEST,
    RETIREMENT,
    Operation,
    Period,
    Read,
)
from app.registry.state import At, Change, Follow, State


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest(Operation):
    """By the registrant of that time, into an own account; at once where that is the rule.

    `late` says why it is asked for after the issue window; a `draft` is not looked at before it
    is submitted.
    """

    type: ClassVar[str] = "issue.request"
    brings: ClassVar[tuple[str, ...]] = ("issue", "issue/retire")

    issuance: Id
    device: Id
    account: Id
    period_start: Instant
    period_end: Instant
    late: Slug | None = None
    draft: Flag | None = None

    def reads(self) -> Iterable[Read]:
        """Return device, account, the id of the issuance, and the period's timeline."""
        return (
            Read(ORGANISATION, self.by),
            Read(DEVICE, self.device),
            Read(ACCOUNT, self.account),
            Read(REQUEST, self.issuance),
            Read(RETIREMENT, retirement_id(self)),
            Read(PERIOD, Period(self.device, self.period_start, self.period_end)),
        )

    def decide(self, state: State, at: At) -> Change:
        """Take the request if it could be issued now; nothing is issued twice (R1 to R8, R30)."""
        state.actor(self.by).must_be_verified(at.time_ms)
        device = state.device(self.device)
        if self.period_end <= self.period_start:
            raise RefusalError(
                "invalid-interval", "it ends before it starts", rule="R7", pointer="/period_end"
            )
        registration = in_force(state.registrations(device.id), self.period_start, self.period_end)
        registration.must_belong_to(self.by)
        account = state.account(self.account, pointer="/account")
        if account.organisation != self.by:
            raise RefusalError(
                "recipient-not-mandated", "the account is another's", pointer="/account"
            )
        if state.has(Request, self.issuance):
            raise RefusalError("id-in-use", "requested already", pointer="/issuance")
        if self.draft:
            return Change(puts=(self._request(DRAFT),))
        planned = plan(state, self._request(SUBMITTED), time_ms=at.time_ms)
        if not is_automatic(device, planned, is_late=self.late is not None):
            return Change(puts=(self._request(SUBMITTED),))
        check_follows(state, self._request(APPROVED), self)
        return Change(puts=(self._request(APPROVED),), follows=(Follow("issue", self.issuance),))

    def _request(self, stands: str) -> Request:
        return Request(
            issuance=self.issuance,
            device=self.device,
            account=self.account,
            period_start=self.period_start,
            period_end=self.period_end,
            state=stands,
            is_late=self.late is not None,
        )
