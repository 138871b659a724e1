"""Approve a registration: from when until when it is in force, and what is issued automatically."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, ClassVar

from app.registry.devices import (
    APPROVED,
    REGISTERED,
    SUBMITTED,
    SUSPENDED,
    VERIFIED,
    Registration,
    approved_of,
    latest_date,
)
from app.registry.domains import DomainSettings
from app.registry.errors import RefusalError
from app.registry.fields import ID, EnergyWh, Id, Instant, listed, whole
from app.registry.operation import DEVICE, NEAR, ORGANISATION, Operation, Read
from app.registry.places import COARSE_BELOW_W, is_near_duplicate
from app.registry.state import At, Change, State
from app.registry.windows import add_months


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceApprove(Operation):
    """By the issuing body; the version before ends where this one begins (R73).

    Requests up to `automatic_wh` are issued at once, for an independently metered device alone;
    `reviewed` names devices of that size at that place that were looked at (R14).
    """

    type: ClassVar[str] = "device.approve"

    device: Id
    number: Annotated[int, whole(least=1)]
    valid_from: Instant
    valid_until: Instant
    automatic_wh: EnergyWh
    reviewed: Annotated[tuple[str, ...], listed(ID, most=100)] | None = None

    def reads(self) -> Iterable[Read]:
        """Return the issuing body, the device with its versions, and what stands about it."""
        return (
            Read(ORGANISATION, self.by),
            Read(DEVICE, self.device),
            Read(NEAR, self.device),
        )

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - windows may lie in the past
        """Put a version in force once, for a time after commissioning (R3, R8, R14, R73, R75)."""
        state.must_be_issuing_body(self.by)
        device = state.device(self.device)
        device.must_be_in(REGISTERED, APPROVED, SUSPENDED)
        found = state.registration(self.device, self.number)
        found.must_be_under_review(SUBMITTED, VERIFIED)
        settings = state.domain(device.domain).settings
        self._check_persons(found, settings)
        self._check_time(found, settings)
        before = self._before(state)
        self._check_order(found, before)
        found.must_be_independent(self.automatic_wh)
        if device.part_of is None:
            self._check_near(state, found)
        cut = before and replace(before, valid_until=min(before.valid_until, self.valid_from))
        return Change(
            puts=(
                *((cut,) if cut else ()),
                replace(
                    found,
                    state=APPROVED,
                    valid_from=self.valid_from,
                    valid_until=self.valid_until,
                ),
                replace(
                    device,
                    organisation=found.organisation,
                    state=APPROVED if device.state == REGISTERED else device.state,
                    automatic_wh=self.automatic_wh,
                    version=device.version + 1,
                ),
            )
        )

    def _check_persons(self, found: Registration, settings: DomainSettings) -> None:
        """Refuse who verified it, and one person alone above the threshold (R8).

        Where one of the two did not say who, nobody can tell that they are two.
        """
        is_other = self.person is not None and found.verifier not in (self.by, self.person)
        if found.verifier and not is_other:
            raise RefusalError("separation-of-duties", "another one verified it", rule="R8")
        if found.capacity_w >= settings.second_person_w and not found.verifier:
            raise RefusalError(
                "separation-of-duties",
                f"from {settings.second_person_w} W on somebody else verifies it first",
                rule="R8",
            )

    def _check_time(self, found: Registration, settings: DomainSettings) -> None:
        if self.valid_until <= self.valid_from:
            raise RefusalError(
                "invalid-interval", "it ends before it starts", rule="R7", pointer="/valid_until"
            )
        if self.valid_until > years_after(self.valid_from, settings.registration_years):
            raise RefusalError(
                "invalid-interval",
                f"at most {settings.registration_years} years",
                rule="R3",
                pointer="/valid_until",
            )
        if latest_date(self.valid_from) < found.commissioned_on:
            raise RefusalError(
                "outside-operation-period",
                "it starts before the device was commissioned",
                pointer="/valid_from",
            )

    def _before(self, state: State) -> Registration | None:
        """Return the version in force until then, if there is one."""
        approved = approved_of(state.registrations(self.device))
        return approved[-1] if approved else None

    def _check_order(self, found: Registration, before: Registration | None) -> None:
        """Refuse versions that would overlap backwards, and a change of registrant with a gap."""
        if not found.is_taken:
            raise RefusalError(
                "invalid-state-transition", "the new registrant has not taken it", rule="R75"
            )
        if before is None:
            return
        if self.valid_from <= before.valid_from:
            raise RefusalError(
                "registration-boundary",
                "it begins after the version before did",
                rule="R73",
                pointer="/valid_from",
            )
        if found.organisation != before.organisation and self.valid_from != found.valid_from:
            raise RefusalError(
                "registration-boundary",
                "a change of registrant begins when both said",
                rule="R75",
                pointer="/valid_from",
            )
        if self.valid_from > before.valid_until and found.organisation != before.organisation:
            raise RefusalError(
                "registration-boundary",
                "a change of registrant leaves no gap",
                rule="R75",
                pointer="/valid_from",
            )

    def _check_near(self, state: State, found: Registration) -> None:
        """Refuse a device where another of its size stands, unless that was looked at (R14)."""
        if found.latitude is None or found.longitude is None or found.capacity_w < COARSE_BELOW_W:
            return
        for other in state.versions.about(found.latitude):
            is_known = other.device == found.device or other.device in (self.reviewed or ())
            if is_known or other.latitude is None or other.longitude is None:
                continue
            if state.device(other.device).part_of is not None:
                continue
            if is_near_duplicate(
                (found.latitude, found.longitude),
                found.capacity_w,
                (other.latitude, other.longitude),
                other.capacity_w,
            ):
                raise RefusalError(
                    "near-duplicate",
                    f"device {other.device} stands there; name it as reviewed",
                    rule="R14",
                    pointer="/reviewed",
                )


def years_after(time_ms: int, years: int) -> int:
    """Return the same UTC time of day so many calendar years later, in milliseconds."""
    begun = datetime.fromtimestamp(time_ms // 1000, UTC).date()
    days = (add_months(begun, 12 * years) - begun).days
    return time_ms + days * 86_400_000
