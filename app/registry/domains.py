"""A domain's settings, and what genesis fixes for the whole registry."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from app.registry.fields import (
    Country,
    EnergyWh,
    Hash,
    Id,
    Origin,
    listed,
    nested,
    text,
    whole,
)
from app.registry.measurements import QUALITIES

SEQUENCE_DIGITS = 21

GO, IREC, REC, GRANULAR = SCHEMES = ("go", "irec", "rec", "granular")

NO_ISSUE = "no_issue"
ISSUE_AND_RETIRE = "issue_and_retire"
ISSUE_FREELY = "issue_freely"
SELF_CONSUMPTION = (NO_ISSUE, ISSUE_AND_RETIRE, ISSUE_FREELY)

_MONTHS = whole(least=1, most=1200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A day of a later year by which certificates are retired at the latest (2.2)."""

    years: Annotated[int, whole(least=1, most=50)]
    month: Annotated[int, whole(least=1, most=12)]
    day: Annotated[int, whole(least=1, most=31)]

    def after(self, year: int) -> date:
        """Return that day so many years later, clamped to the last day of its month."""
        later = year + self.years
        return date(later, self.month, min(self.day, monthrange(later, self.month)[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueWindow:
    """How many days after production issuance is asked for, for devices up to a capacity (R11)."""

    days: Annotated[int, whole(least=1, most=36_600)]
    capacity_w_most: Annotated[int, whole(least=1)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSettings:
    """A region of authority as genesis describes it; windows in calendar months of its zone.

    Without months nothing expires. `interval_s_most` is the longest reading; two persons decide
    from `second_person_w` and `second_person_wh` on.
    """

    code: Annotated[str, text("[A-Z][A-Z0-9-]{1,15}", code="invalid-domain")]
    scheme: Annotated[str, text("|".join(SCHEMES), code="invalid-domain")]
    country: Country
    timezone: Annotated[str, text("[A-Za-z0-9_+/-]{1,64}", code="invalid-domain")]
    face_value_wh: Annotated[int, whole(least=1)]
    transfer_months: Annotated[int, _MONTHS] | None = None
    retire_months: Annotated[int, _MONTHS] | None = None
    retire_deadline: Annotated[Deadline, nested(Deadline)] | None = None
    issuer_prefix: Annotated[str, text("[0-9]{9}", code="invalid-domain")]
    code_lists: Annotated[str, text("[a-z0-9.-]{1,32}", code="unknown-code")]
    sources: Annotated[
        tuple[str, ...], listed(text("[A-Z][A-Z0-9]{1,8}", code="unknown-code"), most=64)
    ]
    interval_s_most: Annotated[int, whole(least=60, most=90_000)]
    issue_windows: Annotated[tuple[IssueWindow, ...], listed(nested(IssueWindow), most=8)]
    qualities: Annotated[tuple[str, ...], listed(text("|".join(QUALITIES)), most=len(QUALITIES))]
    self_consumption: Annotated[str, text("|".join(SELF_CONSUMPTION), code="invalid-domain")]
    registration_years: Annotated[int, whole(least=1, most=50)]
    second_person_w: EnergyWh
    second_person_wh: EnergyWh

    @property
    def is_granular(self) -> bool:
        """Whether every certificate has one interval of an hour at most (R7)."""
        return self.scheme == GRANULAR

    def issue_days(self, capacity_w: int) -> int:
        """Return for how many days after production a device's issuance may be asked for."""
        for window in self.issue_windows:
            if window.capacity_w_most is None or capacity_w <= window.capacity_w_most:
                return window.days
        return 0


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
