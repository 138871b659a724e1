"""Joining: what applicants say of themselves, and what the issuing body says to it."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from app.registry import fields as kinds
from app.registry.codes.identifiers import EIC, GLN, LEI
from app.registry.codes.vat import check_vat
from app.registry.errors import RefusalError
from app.registry.fields import Country, Flag, Instant, Slug, listed
from app.registry.names import NAME
from app.registry.organisations import ADMITTED_ROLES
from app.services.applications import NORMAL, REVIEW_MONTHS, Application

_ROLE = kinds.text("|".join(ADMITTED_ROLES))
_VAT_NUMBER = kinds.text("[A-Z]{2}[0-9A-Z+*]{2,13}", code="invalid-vat-number")
_RISK_CLASS = kinds.text("|".join(REVIEW_MONTHS))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplication:
    """An organisation that wants to take part; its names are kept sealed beside the log."""

    name: Annotated[str, NAME, "Its registered name."]
    country: Annotated[Country, "Where it is registered."]
    roles: Annotated[
        tuple[str, ...],
        listed(_ROLE, most=len(ADMITTED_ROLES)),
        "What it wants to be: generator, buyer, measurement_body; or auditor alone (R60).",
    ]
    registration_number: Annotated[str, NAME, "Its number in the commercial register."] | None = (
        None
    )
    contact: Annotated[str, NAME, "How to reach it."] | None = None
    lei: Annotated[str, LEI, "Its Legal Entity Identifier (ISO 17442)."] | None = None
    vat_number: (
        Annotated[str, _VAT_NUMBER, "Its VAT number, of its country, with the prefix."] | None
    ) = None
    gln: Annotated[str, GLN, "Its Global Location Number."] | None = None
    eic: Annotated[str, EIC, "Its Energy Identification Code."] | None = None
    is_person: Annotated[Flag, "Whether it is a natural person, such as a sole trader."] = False

    def check(self) -> None:
        """Refuse a VAT number of another country than its own (REGISTRY Part D 87)."""
        if self.vat_number is not None:
            check_vat(self.vat_number, self.country, "/vat_number")

    @property
    def record(self) -> dict[str, Any]:
        """What the vault keeps."""
        described = {**asdict(self), "is_person": self.is_person or None}
        public = ("country", "roles")
        return {
            name: value
            for name, value in described.items()
            if value is not None and name not in public
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Until when the applicant's identity counts as verified, or how risky it is (8.2)."""

    kyc_until: Annotated[Instant, "Until then; or `risk_class`."] | None = None
    risk_class: (
        Annotated[str, _RISK_CLASS, "Of risk: 36, 24 (normal, the default) or 12 months."] | None
    ) = None

    def until(self, application: Application) -> int:
        """Return it, the same each time it is asked. Raises RefusalError where both are said."""
        if self.kyc_until is None:
            return application.verified_until(self.risk_class or NORMAL)
        if self.risk_class is not None:
            raise RefusalError(
                "invalid-field", "kyc_until or risk_class", rule="R30", pointer="/risk_class"
            )
        return self.kyc_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an applicant is not admitted."""

    reason: Annotated[Slug, "Why, as a word."]
