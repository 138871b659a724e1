"""Issuances: what a request would issue, computed from spans, carry and face value."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ledger.encoding import INTEGER_MAX
from app.registry.errors import RefusalError
from app.registry.measurements import Span
from app.registry.windows import nominal_end

if TYPE_CHECKING:
    from app.registry.state import State

SPANS_MAX = 400
PENDING = "pending"
APPROVED = "approved"
ISSUED = "issued"
REJECTED = "rejected"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Request:
    """A registrant's request to issue for a device and period, by the id of its issuance."""

    issuance: str
    device: str
    account: str
    period_start: int
    period_end: int
    state: str

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.issuance

    def must_be_pending(self) -> None:
        """Refuse to decide it twice."""
        if self.state != PENDING:
            raise RefusalError("request-already-decided", f"it is {self.state}")


@dataclass(frozen=True, slots=True)
class Issuance:
    """Certificates 1 to quantity of a device and period; frozen (R10). Its leaf is at `index`."""

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
    """Return what the request would issue now. Raises RefusalError (R1 to R4, R11)."""
    device = state.device(request.device)
    device.must_be_valid(request.period_start, request.period_end)
    if request.period_end > time_ms:
        raise RefusalError("future-production", "the period is not over", rule="R7")
    timeline = state.spans_within(request.device, request.period_start, request.period_end)
    _check_coverage(timeline, request)
    _check_spans(timeline)
    energy_wh = sum(span.energy_wh for span in timeline)
    if energy_wh > INTEGER_MAX:
        raise RefusalError("invalid-quantity", "more energy than one issuance can state")
    settings = state.domain(device.domain).settings
    if nominal_end(request.period_end, settings.retire_months) <= time_ms:
        raise RefusalError("issue-window-closed", "it could not be retired any more", rule="R11")
    face_value_wh = settings.face_value_wh
    quantity, carried_out_wh = divmod(energy_wh + device.carried_wh, face_value_wh)
    if not quantity:
        raise RefusalError(
            "below-face-value", f"{energy_wh} Wh and the carry are not one certificate", rule="R4"
        )
    return Plan(tuple(timeline), energy_wh, device.carried_wh, quantity, carried_out_wh)


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


def _check_spans(spans: list[Span]) -> None:
    if any(span.issuance is not None for span in spans):
        raise RefusalError("double-issuance", "a span of the period is issued", rule="R1")
    if not all(span.is_accepted for span in spans):
        raise RefusalError("finding-open", "the issuing body has not accepted a span", rule="R6")
    if len(spans) > SPANS_MAX:
        raise RefusalError("too-many-spans", f"at most {SPANS_MAX} spans an issuance")
