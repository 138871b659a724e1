"""Devices and their registrations: what produces, under which version of its description."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.ledger.times import TIME_MAX_MS, format_time
from app.registry.errors import RefusalError

REGISTERED = "registered"
APPROVED = "approved"
SUSPENDED = "suspended"
DEREGISTERED = "deregistered"
DEVICE_STATES = (REGISTERED, APPROVED, SUSPENDED, DEREGISTERED)

SUBMITTED = "submitted"
VERIFIED = "verified"
REFERRED = "referred"
REJECTED = "rejected"
SUPERSEDED = "superseded"
UNDER_REVIEW = (SUBMITTED, VERIFIED, REFERRED, REJECTED)
"""States of a registration that is not approved (B.2)."""

PRODUCTION = "production"
STORAGE = "storage"
MULTI_FUEL = "multi_fuel"
KINDS = (MULTI_FUEL, PRODUCTION, STORAGE)

GRID = "grid"
SELF_CONSUMPTION = "self_consumption"
DISSEMINATIONS = ("direct_line", GRID, SELF_CONSUMPTION)
SUPPORTS = ("both", "investment", "none", "production", "unknown")

FARTHEST_ZONE_MS = 14 * 3_600_000


def latest_date(time_ms: int) -> str:
    """Return the date that an instant has in the zone farthest ahead of UTC."""
    return format_time(min(time_ms + FARTHEST_ZONE_MS, TIME_MAX_MS))[:10]


@dataclass(frozen=True, slots=True)
class Registration:
    """One version of a device's description; power in W, place in micro-degrees, dates as text.

    In force where approved, in [valid_from, valid_until). `verifier` is the person or organisation
    that verified it; `is_taken` is false until a new registrant has taken the device over.
    """

    device: str
    number: int
    organisation: str
    energy_source: str
    technology: str
    capacity_w: int
    commissioned_on: str
    attributes: str
    support: str
    dissemination: str
    measurement_body: str
    latitude: int | None
    longitude: int | None
    subdivision: str
    storage_wh: int
    state: str
    valid_from: int
    valid_until: int
    verifier: str
    is_taken: bool

    @property
    def key(self) -> tuple[str, int]:
        """What it is found by."""
        return self.device, self.number

    @property
    def is_self_reporting(self) -> bool:
        """Whether the registrant reports its own readings (R8)."""
        return self.measurement_body == self.organisation

    def must_belong_to(self, organisation: str) -> None:
        """Refuse anyone but the registrant of that time (R75)."""
        if self.organisation != organisation:
            raise RefusalError("not-registrant", "the device has another registrant", rule="R26")

    def must_be_reported_by(self, organisation: str) -> None:
        """Refuse readings from anyone but its measurement body."""
        if self.measurement_body != organisation:
            raise RefusalError(
                "reporter-not-authorised", "another measurement body reports on it", rule="R59"
            )

    def must_be_independent(self, automatic_wh: int) -> None:
        """Refuse automatic issuing for who reports its own readings (R8)."""
        if automatic_wh and self.is_self_reporting:
            raise RefusalError(
                "separation-of-duties",
                "who reports its own readings is issued to by hand",
                rule="R8",
                pointer="/automatic_wh",
            )

    def must_be_under_review(self, *states: str) -> None:
        """Refuse to decide on a version that is not in one of those states (B.2)."""
        if self.state not in states:
            raise RefusalError(
                "invalid-state-transition", f"the registration is {self.state}", rule="R73"
            )


@dataclass(frozen=True, slots=True)
class Device:
    """A metered device, whatever its registration says; energy in Wh.

    `organisation` is its newest registrant; `part_of` the multi-fuel device whose source it is;
    `automatic_wh` the most that is issued without the issuing body's look; `carried_wh` is issued
    but not yet a whole certificate (R5); `deficit_wh` was imported and is not covered yet (R12);
    `adjustment_wh` was issued too much (R36). `version` counts what was decided of it (R78).
    """

    id: str
    organisation: str
    domain: str
    gsrn: str
    kind: str
    part_of: str | None
    state: str
    automatic_wh: int
    carried_wh: int
    deficit_wh: int
    adjustment_wh: int
    last_issuance: str | None
    version: int

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id

    def must_belong_to(self, organisation: str) -> None:
        """Refuse anyone but the registrant."""
        if self.organisation != organisation:
            raise RefusalError("not-registrant", "the device has another registrant", rule="R26")

    def must_be_at(self, version: int) -> None:
        """Refuse a decision on what has changed since it was seen (R78)."""
        if self.version != version:
            raise RefusalError(
                "stale-version", f"it is at {self.version}", rule="R78", pointer="/version"
            )

    def must_be_in(self, *states: str) -> None:
        """Refuse what its state does not allow."""
        if self.state not in states:
            raise RefusalError("device-not-eligible", f"the device is {self.state}", rule="R3")


def approved_of(registrations: Sequence[Registration]) -> list[Registration]:
    """Return the versions that are approved, in their order."""
    return [item for item in registrations if item.state == APPROVED]


def in_force(registrations: Sequence[Registration], start: int, end: int) -> Registration:
    """Return the one approved version that covers [start, end). Raises RefusalError (R3)."""
    approved = approved_of(registrations)
    if not approved:
        raise RefusalError("device-not-eligible", "the device is not approved", rule="R3")
    for item in approved:
        if item.valid_from <= start < end <= item.valid_until:
            return item
    raise RefusalError("registration-boundary", "no one registration covers the period", rule="R3")
