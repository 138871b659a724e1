"""Organisations: who may act, in which roles."""

from dataclasses import dataclass

from app.registry.errors import RefusalError

GENERATOR = "generator"
BUYER = "buyer"
AUDITOR = "auditor"
OPERATOR = "operator"
ISSUING_BODY = "issuing_body"

ADMITTED_ROLES = (AUDITOR, BUYER, GENERATOR)
"""Roles that the issuing body may admit; operator and issuing body come from genesis alone."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party of the registry; its name lives in the vault behind `record`."""

    id: str
    roles: tuple[str, ...]
    country: str
    record: str

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id

    def must_be(self, *roles: str) -> None:
        """Refuse to act in a role that was not admitted (R26, R60)."""
        if not set(roles) & set(self.roles):
            raise RefusalError("forbidden-role", f"needs the role {' or '.join(roles)}", rule="R62")
