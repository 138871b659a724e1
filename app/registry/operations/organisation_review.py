"""Review an organisation: until when its identity counts as verified, and whether it may act."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id, Instant, Slug
from app.registry.operation import ORGANISATION, Operation, Read
from app.registry.organisations import FOR_EVER, Organisation
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationReview(Operation):
    """By the issuing body; a `kyc_until` that is past lets the verification lapse at once."""

    type: ClassVar[str] = "organisation.review"

    organisation: Id
    kyc_until: Instant
    suspended: Flag
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return the issuing body and the organisation."""
        return (Read(ORGANISATION, self.by), Read(ORGANISATION, self.organisation))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - it may lapse in the past
        """State anew what the review found of who was admitted (8.2, R30)."""
        state.must_be_issuing_body(self.by)
        found = state.find(Organisation, self.organisation, pointer="/organisation")
        if found.kyc_until == FOR_EVER:
            raise RefusalError(
                "separation-of-duties",
                "operator and issuing body come from genesis",
                rule="R60",
                pointer="/organisation",
            )
        reviewed = replace(found, kyc_until=self.kyc_until, is_suspended=self.suspended)
        return Change(puts=(reviewed,))
