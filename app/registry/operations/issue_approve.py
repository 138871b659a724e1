"""Approve a request: the issuing body has its certificates issued."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id
from app.registry.issuances import (
    APPROVED,
    SUBMITTED,
    VERIFIED,
    Plan,
    Request,
    plan,
)
from app.registry.issuing import check_follows, needs_second_person, retirement_id
from app.registry.operation import ORGANISATION, REQUEST, RETIREMENT, Operation, Read
from app.registry.state import At, Change, Follow, State


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueApprove(Operation):
    """By the issuing body, which is never the registrant, nor alone above a threshold (R8)."""

    type: ClassVar[str] = "issue.approve"
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
        """Approve a request that waits and can still be issued."""
        state.must_be_issuing_body(self.by)
        request = state.find(Request, self.issuance, pointer="/issuance")
        request.must_be(SUBMITTED, VERIFIED)
        planned = plan(state, request, time_ms=at.time_ms)
        self._check_persons(state, request, planned)
        check_follows(state, request, self)
        return Change(
            puts=(replace(request, state=APPROVED),), follows=(Follow("issue", self.issuance),)
        )

    def _check_persons(self, state: State, request: Request, planned: Plan) -> None:
        """Refuse who verified it, and one person alone for much energy or a late issue (R8).

        Where one of the issuing body did not say who, nobody can tell that they are two; the
        measurement body is another party.
        """
        is_named = self.person is not None and request.verifier not in (self.by, self.person)
        is_other = is_named or request.verifier == planned.registration.measurement_body
        if request.verifier and not is_other:
            raise RefusalError("separation-of-duties", "another one verified it", rule="R8")
        settings = state.domain(state.device(request.device).domain).settings
        is_needed = needs_second_person(settings, planned, is_late=request.is_late)
        if is_needed and not request.verifier:
            raise RefusalError(
                "separation-of-duties",
                f"somebody else verifies it first: late, or from {settings.second_person_wh} Wh on",
                rule="R11" if request.is_late else "R8",
            )
