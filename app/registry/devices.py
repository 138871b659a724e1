"""Devices: what produces, under which registration, and what it carries to its next issue."""

from dataclasses import dataclass

from app.ledger.times import TIME_MAX_MS, format_time
from app.registry.errors import RefusalError

REGISTERED = "registered"
APPROVED = "approved"

FARTHEST_ZONE_MS = 14 * 3_600_000


def latest_date(time_ms: int) -> str:
    """Return the date that an instant has in the zone farthest ahead of UTC."""
    return format_time(min(time_ms + FARTHEST_ZONE_MS, TIME_MAX_MS))[:10]


@dataclass(frozen=True, slots=True)
class Device:
    """A metered production device; power in W, instants in UTC milliseconds, a date as text.

    `attributes` is the hash of its attribute document; `carried_wh` the energy that is issued
    but not yet a whole certificate (R5); valid_from and valid_until are 0 before approval;
    `version` counts what was decided of it, not what it was issued for (R78).
    """

    id: str
    organisation: str
    domain: str
    gsrn: str
    energy_source: str
    technology: str
    capacity_w: int
    commissioned_on: str
    attributes: str
    state: str
    valid_from: int
    valid_until: int
    is_automatic: bool
    carried_wh: int
    version: int

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id

    def must_belong_to(self, organisation: str) -> None:
        """Refuse anyone but the registrant."""
        if self.organisation != organisation:
            raise RefusalError("not-registrant", "the device has another registrant", rule="R26")

    def must_be_valid(self, period_start: int, period_end: int) -> None:
        """Refuse a period that its approved registration does not cover (R3)."""
        if self.state != APPROVED:
            raise RefusalError("device-not-eligible", "the device is not approved", rule="R3")
        if not self.valid_from <= period_start < period_end <= self.valid_until:
            raise RefusalError(
                "registration-boundary", "the registration does not cover the period", rule="R3"
            )
