"""Issuances: what a request would issue, computed from spans, carry and face value."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ledger.encoding import INTEGER_MAX
from app.ledger.times import format_time
from app.registry.codes.lists import code_lists
from app.registry.devices import APPROVED as DEVICE_APPROVED
from app.registry.devices import PRODUCTION, SELF_CONSUMPTION, Device, Registration, in_force
from app.registry.domains import NO_ISSUE, DomainSettings
from app.registry.errors import RefusalError
from app.registry.measurements import Span
from app.registry.windows import is_retirable

if TYPE_CHECKING:
    from app.registry.state import State

SPANS_MAX = 400
DAY_MS = 86_400_000
PERIOD_MS_MOST = 24 * 31 * DAY_MS
"""As long as a consumption may be: what its registrant has consumed is retired for it (R43)."""
GRANULAR_MS_MOST = 3_600_000
GRANULAR_MS_LEAST = 60_000

DRAFT = "draft"
SUBMITTED = "submitted"
VERIFIED = "verified"
REFERRED = "referred"
APPROVED = "approved"
ISSUED = "issued"
REJECTED = "rejected"
WITHDRAWN = "withdrawn"
REQUEST_STATES = (DRAFT, SUBMITTED, VERIFIED, REFERRED, APPROVED, ISSUED, REJECTED, WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Request:
    """A registrant's request to issue for a device and period, by the id of its issuance.

    `verifier` is the person or organisation that verified it; `is_late` says that it was asked
    for after the issue window, with a reason (R11).
    """

    issuance: str
    device: str
    account: str
    period_start: int
    period_end: int
    state: str
    verifier: str = ""
    is_late: bool = False

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.issuance

    def must_be(self, *states: str) -> None:
        """Refuse to decide it from another state (B.2)."""
        if self.state not in states:
            raise RefusalError("request-already-decided", f"it is {self.state}")


@dataclass(frozen=True, slots=True)
class Issuance:
    """Certificates 1 to quantity of a device and period; frozen (R10). Its leaf is at `index`.

    `registration` is the version of the device that was in force; `withdrawn` counts how many of
    them were taken back, but for those that paid for others (R36).
    """

    id: str
    device: str
    domain: str
    account: str
    period_start: int
    period_end: int
    energy_wh: int
    carried_in_wh: int
    carried_out_wh: int
    face_value_wh: int
    quantity: int
    number_first: str
    transfer_until: int
    retire_until: int
    code_lists: str
    attributes: str
    index: int
    registration: int
    withdrawn: int = 0

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id

    def must_be_transferable(self, time_ms: int) -> None:
        """Refuse once its transfer window has closed; nothing extends it (R28, R39)."""
        if time_ms >= self.transfer_until:
            raise RefusalError(
                "transfer-window-closed",
                "it could be transferred until its window closed",
                rule="R28",
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request gives: its timeline of spans and gaps, floor((net + carry) / face value)."""

    registration: Registration
    timeline: tuple[Span, ...]
    energy_wh: int
    carried_in_wh: int
    quantity: int
    carried_out_wh: int

    @property
    def spans(self) -> tuple[Span, ...]:
        """The measured spans, in order."""
        return tuple(span for span in self.timeline if not span.gap)


def plan(state: "State", request: Request, *, time_ms: int) -> Plan:
    """Return what the request would issue now. Raises RefusalError (R1 to R4, R11 to R13)."""
    device = state.device(request.device)
    device.must_be_in(DEVICE_APPROVED)
    period = (request.period_start, request.period_end)
    registration = in_force(state.registrations(device.id), *period)
    settings = state.domain(device.domain).settings
    _check_issuable(device, registration, settings)
    _check_period(request, registration, settings, time_ms)
    timeline = state.spans_within(device.id, *period)
    _check_coverage(timeline, request)
    _check_spans(timeline, settings)
    energy_wh = sum(span.energy_wh for span in timeline)
    if energy_wh > INTEGER_MAX:
        raise RefusalError("invalid-quantity", "more energy than one issuance can state")
    quantity, carried_out_wh = divmod(energy_wh + device.carried_wh, settings.face_value_wh)
    if not quantity:
        raise RefusalError(
            "below-face-value", f"{energy_wh} Wh and the carry are not one certificate", rule="R4"
        )
    return Plan(
        registration, tuple(timeline), energy_wh, device.carried_wh, quantity, carried_out_wh
    )


def is_automatic(device: Device, planned: Plan, *, is_late: bool) -> bool:
    """Say whether a request is issued at once, by the issuing body's standing rule (R8).

    Only where an independent body metered it and it is no more than the rule allows; an open
    finding stops any issue.
    """
    is_independent = not planned.registration.is_self_reporting
    return is_independent and not is_late and planned.energy_wh <= device.automatic_wh


def _check_issuable(device: Device, registration: Registration, settings: DomainSettings) -> None:
    """Refuse what is no renewable production of its own, and a device that owes (R9, R12, R36)."""
    if device.kind != PRODUCTION:
        raise RefusalError(
            "source-not-eligible", f"a {device.kind} device has no certificates", rule="R12"
        )
    if not registration.energy_source.startswith(settings.sources):
        raise RefusalError(
            "source-not-eligible",
            f"{settings.code} certifies {', '.join(settings.sources)}",
            rule="R9",
        )
    is_own_use = registration.dissemination == SELF_CONSUMPTION
    if is_own_use and settings.self_consumption == NO_ISSUE:
        raise RefusalError(
            "self-consumption-not-issued", f"{settings.code} does not certify it", rule="R13"
        )
    if device.adjustment_wh > 0:
        raise RefusalError(
            "adjustment-outstanding",
            f"{device.adjustment_wh} Wh were issued too much; the next readings pay them",
            rule="R36",
        )


def _check_period(
    request: Request, registration: Registration, settings: DomainSettings, time_ms: int
) -> None:
    """Refuse a period that is not over, too old, or too long."""
    start, end = request.period_start, request.period_end
    if end > time_ms:
        raise RefusalError("future-production", "the period is not over", rule="R7")
    if end - start > PERIOD_MS_MOST:
        raise RefusalError("invalid-interval", "24 months at most", rule="R43")
    if settings.is_granular and not GRANULAR_MS_LEAST <= end - start <= GRANULAR_MS_MOST:
        raise RefusalError(
            "interval-granularity", "a minute at least and an hour at most", rule="R7"
        )
    code_lists(settings.code_lists).check_date(
        format_time(end - 1)[:10], source=registration.energy_source
    )
    is_late = time_ms >= end + settings.issue_days(registration.capacity_w) * DAY_MS
    if is_late and not request.is_late:
        raise RefusalError(
            "issue-window-closed", "say why it is late; two persons decide", rule="R11"
        )
    if not is_retirable(settings, end, time_ms=time_ms):
        raise RefusalError("issue-window-closed", "it could not be retired any more", rule="R11")


def _check_coverage(timeline: list[Span], request: Request) -> None:
    """Refuse a period that cuts a span or is not wholly measured or declared missing (R1, R3)."""
    reached = request.period_start
    for span in timeline:
        if span.start < request.period_start or span.end > request.period_end:
            raise RefusalError("span-boundary", "the period cuts a span", rule="R1")
        if span.start != reached:
            break
        reached = span.end
    if reached != request.period_end:
        raise RefusalError(
            "measurement-incomplete", "the period is not wholly measured or declared", rule="R2"
        )


def _check_spans(spans: list[Span], settings: DomainSettings) -> None:
    if any(span.issuance is not None for span in spans):
        raise RefusalError("double-issuance", "a span of the period is issued", rule="R1")
    if not all(span.is_accepted for span in spans):
        raise RefusalError("finding-open", "the issuing body has not accepted a span", rule="R6")
    for span in spans:
        if not span.gap and span.quality not in settings.qualities:
            raise RefusalError(
                "quality-not-issuable", f"a span is {span.quality}, not measured", rule="R2"
            )
    if len(spans) > SPANS_MAX:
        raise RefusalError("too-many-spans", f"at most {SPANS_MAX} spans an issuance")
