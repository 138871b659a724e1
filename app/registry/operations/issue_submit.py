"""Submit a request: a draft, or one that was referred back or rejected, is to be looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.fields import Id
from app.registry.issuances import (
    APPROVED,
    DRAFT,
    REFERRED,
    REJECTED,
    SUBMITTED,
    Request,
    is_automatic,
    plan,
)
from app.registry.issuing import check_follows, retirement_id
from app.registry.operation import ORGANISATION, REQUEST, RETIREMENT, Operation, Read
from app.registry.state import At, Change, Follow, State


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSubmit(Operation):
    """By the registrant; once somebody has looked at it, it is never issued automatically.

    Who verified it before verified something else.
    """

    type: ClassVar[str] = "issue.submit"
    brings: ClassVar[tuple[str, ...]] = ("issue", "issue/retire")

    issuance: Id

    def reads(self) -> Iterable[Read]:
        """Return the request, with its device and the period's timeline."""
        return (
            Read(ORGANISATION, self.by),
            Read(REQUEST, self.issuance),
            Read(RETIREMENT, retirement_id(self)),
        )

    def decide(self, state: State, at: At) -> Change:
        """Submit it if it could be issued now (B.2)."""
        state.actor(self.by).must_be_verified(at.time_ms)
        request = state.find(Request, self.issuance, pointer="/issuance")
        state.requested_registration(request).must_belong_to(self.by)
        request.must_be(DRAFT, REFERRED, REJECTED)
        planned = plan(state, request, time_ms=at.time_ms)
        is_fresh = request.state == DRAFT
        device = state.device(request.device)
        if not (is_fresh and is_automatic(device, planned, is_late=request.is_late)):
            return Change(puts=(replace(request, state=SUBMITTED, verifier=""),))
        check_follows(state, request, self)
        return Change(
            puts=(replace(request, state=APPROVED),), follows=(Follow("issue", self.issuance),)
        )
