"""Review a request: somebody verifies it before it is approved, or it is referred back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id, Slug, text
from app.registry.issuances import REFERRED, SUBMITTED, VERIFIED, Request
from app.registry.operation import ORGANISATION, REQUEST, Operation, Read, actor_of
from app.registry.state import At, Change, State

OUTCOMES = (REFERRED, VERIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueReview(Operation):
    """Verified by the issuing body or the measurement body, referred by the issuing body (B.2)."""

    type: ClassVar[str] = "issue.review"

    issuance: Id
    outcome: Annotated[str, text("|".join(OUTCOMES))]
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return the request, with its device and account."""
        return (Read(ORGANISATION, self.by), Read(REQUEST, self.issuance))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Say what was found of a request that waits (R8)."""
        state.actor(self.by).must_not_be_suspended()
        request = state.find(Request, self.issuance, pointer="/issuance")
        self._check_party(state, request)
        request.must_be(SUBMITTED, VERIFIED)
        verifier = actor_of(self) if self.outcome == VERIFIED else ""
        return Change(puts=(replace(request, state=self.outcome, verifier=verifier),))

    def _check_party(self, state: State, request: Request) -> None:
        """Refuse anybody but those two; to others the request is not there."""
        if self.by == state.registry.issuing_body:
            return
        registration = state.requested_registration(request)
        if registration.measurement_body != self.by:
            raise RefusalError("not-found", "no such request", pointer="/issuance")
        if registration.is_self_reporting or self.outcome == REFERRED:
            raise RefusalError(
                "separation-of-duties", "an independent measurement body verifies", rule="R8"
            )
