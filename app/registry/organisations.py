"""Organisations and their persons: who may act, in which roles, and who seconds whom."""

from dataclasses import dataclass

from app.registry.errors import RefusalError

GENERATOR = "generator"
BUYER = "buyer"
AUDITOR = "auditor"
MEASUREMENT_BODY = "measurement_body"
OPERATOR = "operator"
ISSUING_BODY = "issuing_body"

ADMITTED_ROLES = (AUDITOR, BUYER, GENERATOR, MEASUREMENT_BODY)
"""Roles that the issuing body may admit; operator and issuing body come from genesis alone."""

FOR_EVER = 0
"""The `kyc_until` of operator and issuing body, whom nobody admits."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party of the registry; its name lives in the vault behind `record`.

    `kyc_until` is when the verification of its identity lapses, UTC milliseconds (8.2).
    """

    id: str
    roles: tuple[str, ...]
    country: str
    record: str
    kyc_until: int = FOR_EVER
    is_suspended: bool = False

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id

    def must_be(self, *roles: str) -> None:
        """Refuse to act in a role that was not admitted (R26, R60)."""
        if not set(roles) & set(self.roles):
            raise RefusalError("forbidden-role", f"needs the role {' or '.join(roles)}", rule="R62")

    def must_not_be_suspended(self, *, pointer: str = "") -> None:
        """Refuse what a suspended organisation may not do or receive."""
        if self.is_suspended:
            raise RefusalError(
                "organisation-suspended", "the issuing body has suspended it", pointer=pointer
            )

    def must_be_verified(self, time_ms: int, *, pointer: str = "") -> None:
        """Refuse who is suspended, or whose identity is not verified at that time (R30)."""
        self.must_not_be_suspended(pointer=pointer)
        if self.kyc_until != FOR_EVER and time_ms >= self.kyc_until:
            raise RefusalError(
                "kyc-not-valid", "its verification has lapsed", rule="R30", pointer=pointer
            )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts for an organisation, by a random id; the name lies behind `record`."""

    id: str
    organisation: str
    record: str
    is_active: bool

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id


@dataclass(frozen=True, slots=True)
class Endorsement:
    """Somebody's word for an operation that another will ask for, by the hash of its content."""

    id: str
    organisation: str
    person: str | None
    digest: str

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id


@dataclass(frozen=True, slots=True)
class Erasure:
    """A record of the vault that was erased: nothing but its commitment is left."""

    record: str

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.record
