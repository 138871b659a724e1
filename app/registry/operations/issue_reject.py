"""Reject a request: the issuing body will not issue it, and says why on the record."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.fields import Id, Slug
from app.registry.issuances import REFERRED, REJECTED, SUBMITTED, VERIFIED, Request
from app.registry.operation import ORGANISATION, REQUEST, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueReject(Operation):
    """By the issuing body; the same period may be requested anew under another id."""

    type: ClassVar[str] = "issue.reject"

    issuance: Id
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return the request, with its device and account."""
        return (Read(ORGANISATION, self.by), Read(REQUEST, self.issuance))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Reject a request that waits, whether it could be issued or not (R8)."""
        state.must_be_issuing_body(self.by)
        request = state.find(Request, self.issuance, pointer="/issuance")
        request.must_be(SUBMITTED, VERIFIED, REFERRED)
        return Change(puts=(replace(request, state=REJECTED),))
