"""Admit an organisation: the issuing body's decision that a party may act, in which roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Country, Hash, Id, Instant, listed, text
from app.registry.operation import ORGANISATION, Operation, Read
from app.registry.organisations import ADMITTED_ROLES, AUDITOR, Organisation
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationAdmit(Operation):
    """By the issuing body; `record` commits to what the vault knows of the organisation.

    `kyc_until` is when its identity must have been verified again.
    """

    type: ClassVar[str] = "organisation.admit"

    organisation: Id
    roles: Annotated[
        tuple[str, ...], listed(text("|".join(ADMITTED_ROLES)), most=len(ADMITTED_ROLES))
    ]
    country: Country
    record: Hash
    kyc_until: Instant

    def reads(self) -> Iterable[Read]:
        """Return the acting and the new organisation."""
        return (Read(ORGANISATION, self.by), Read(ORGANISATION, self.organisation))

    def decide(self, state: State, at: At) -> Change:
        """Admit it once; an auditor is nothing besides (R60)."""
        state.must_be_issuing_body(self.by)
        if tuple(sorted(set(self.roles))) != self.roles:
            raise RefusalError("invalid-field", "roles are sorted and named once", pointer="/roles")
        if AUDITOR in self.roles and len(self.roles) > 1:
            raise RefusalError(
                "separation-of-duties", "an auditor trades nothing", rule="R60", pointer="/roles"
            )
        if state.has(Organisation, self.organisation):
            raise RefusalError("id-in-use", "it is admitted already", pointer="/organisation")
        if self.kyc_until <= at.time_ms:
            raise RefusalError(
                "invalid-interval", "it has lapsed already", rule="R30", pointer="/kyc_until"
            )
        admitted = Organisation(
            self.organisation, self.roles, self.country, self.record, self.kyc_until
        )
        return Change(puts=(admitted,))
