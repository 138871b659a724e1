"""Approve a request: the issuing body has its certificates issued."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.fields import Id
from app.registry.issuances import APPROVED, Request, plan
from app.registry.operation import ORGANISATION, REQUEST, Operation, Read
from app.registry.state import At, Change, Follow, State


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueApprove(Operation):
    """By the issuing body, which is never the registrant (R8)."""

    type: ClassVar[str] = "issue.approve"
    brings: ClassVar[tuple[str, ...]] = ("issue",)

    issuance: Id

    def reads(self) -> Iterable[Read]:
        """Return the request, with its device and the period's timeline."""
        return (Read(ORGANISATION, self.by), Read(REQUEST, self.issuance))

    def decide(self, state: State, at: At) -> Change:
        """Approve a pending request that can still be issued."""
        state.must_be_issuing_body(self.by)
        request = state.find(Request, self.issuance, pointer="/issuance")
        request.must_be_pending()
        plan(state, request, time_ms=at.time_ms)
        return Change(
            puts=(replace(request, state=APPROVED),), follows=(Follow("issue", self.issuance),)
        )
