"""How the demo's parties join: admitted, with accounts, whitelists, and persons who decide."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.demo.parties import (
    COUNTRY,
    DEMO_AUDITOR,
    DEMO_METERING,
    OFFICERS,
    SUPPLIERS,
    Party,
    demo_id,
)
from app.registry.attachments import Attachments
from app.registry.operations.account_open import AccountOpen
from app.registry.operations.account_whitelist import AccountWhitelist
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.registry.operations.person_add import PersonAdd
from app.services.record import Asked
from app.services.vault import Vault

KYC_UNTIL = 4_102_444_800_000
"""2100-01-01T00:00:00Z: the demo's parties are made up, and so is their verification."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Builds the operations by which everybody joins one registry."""

    origin: str
    issuing_body: str
    vault: Vault
    generators: Mapping[str, Party]

    def parties(self) -> Iterator[Asked]:
        """Admit everybody, open an account for each who holds, whitelist the generators."""
        holders = (*self.generators.values(), *SUPPLIERS)
        for party in (*holders, DEMO_METERING, DEMO_AUDITOR):
            yield self._admit(party)
        for officer in OFFICERS:
            yield self._officer(officer)
        for party in holders:
            yield Asked(
                AccountOpen(
                    id=demo_id(AccountOpen.type, party.code),
                    origin=self.origin,
                    by=party.id,
                    account=party.account,
                    organisation=party.id,
                ),
            )
        for supplier in SUPPLIERS:
            for generator in self.generators.values():
                yield Asked(
                    AccountWhitelist(
                        id=demo_id(AccountWhitelist.type, f"{supplier.code}/{generator.code}"),
                        origin=self.origin,
                        by=supplier.id,
                        account=supplier.account,
                        sender=generator.account,
                        allowed=True,
                    ),
                )

    def _admit(self, party: Party) -> Asked:
        commitment, kept = committed(self.vault, f"organisation/{party.code}", {"name": party.name})
        return Asked(
            OrganisationAdmit(
                id=demo_id(OrganisationAdmit.type, party.code),
                origin=self.origin,
                by=self.issuing_body,
                organisation=party.id,
                roles=(party.role,),
                country=COUNTRY,
                record=commitment,
                kyc_until=KYC_UNTIL,
            ),
            kept,
        )

    def _officer(self, person: str) -> Asked:
        commitment, kept = committed(self.vault, f"person/{person}", {"name": "Made up"})
        return Asked(
            PersonAdd(
                id=demo_id(PersonAdd.type, person),
                origin=self.origin,
                by=self.issuing_body,
                member=person,
                record=commitment,
            ),
            kept,
        )


def committed(vault: Vault, label: str, record: dict[str, Any]) -> tuple[str, Attachments]:
    """Return a commitment that is the same each time, and its sealed row."""
    return vault.commit(record, salt=vault.derive_salt(label))
