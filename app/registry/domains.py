"""A domain's settings, and what genesis fixes for the whole registry."""

from dataclasses import dataclass
from typing import Annotated, Any

from app.registry.fields import Country, Hash, Id, Origin, listed, text, whole

SEQUENCE_DIGITS = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSettings:
    """A region of authority as genesis describes it; windows in calendar months of its zone."""

    code: Annotated[str, text("[A-Z][A-Z0-9-]{1,15}", code="invalid-domain")]
    country: Country
    timezone: Annotated[str, text("[A-Za-z0-9_+/-]{1,64}", code="invalid-domain")]
    face_value_wh: Annotated[int, whole(least=1)]
    transfer_months: Annotated[int, whole(least=1, most=1200)]
    retire_months: Annotated[int, whole(least=1, most=1200)]
    issuer_prefix: Annotated[str, text("[0-9]{9}", code="invalid-domain")]
    code_lists: Annotated[str, text("[a-z0-9.-]{1,32}", code="unknown-code")]
    sources: Annotated[tuple[str, ...], listed(text("F[0-9]{2,8}", code="unknown-code"), most=16)]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain and how many certificates its issuing body has numbered so far."""

    settings: DomainSettings
    issued: int

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.settings.code

    @property
    def next_number(self) -> str:
        """The 30-digit number of the next certificate; numbers are never reused (R17)."""
        return f"{self.settings.issuer_prefix}{self.issued + 1:0{SEQUENCE_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class Registry:
    """What genesis fixes: who operates, who issues, and under which keys and authorities."""

    origin: Origin
    operator: Id
    issuing_body: Id
    log_vkey: str
    authority_set: dict[str, Any]
    rules: int
    schemas: Hash

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.origin
