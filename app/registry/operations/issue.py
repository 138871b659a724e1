"""Issue: create a device's certificates for a period; always follows from a request or approval."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Self

from app.registry.devices import Device
from app.registry.domains import Domain
from app.registry.errors import RefusalError
from app.registry.fields import (
    INSTANT,
    EnergyWh,
    Hash,
    Id,
    Instant,
    Quantity,
    listed,
    text,
)
from app.registry.issuances import (
    APPROVED,
    ISSUED,
    SPANS_MAX,
    Issuance,
    Plan,
    Request,
    plan,
)
from app.registry.operation import ORGANISATION, REQUEST, Operation, Read, follow_id
from app.registry.state import At, Change, State
from app.registry.windows import Calendar, Windows, is_plausible


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(Operation):
    """By the issuing body; ordinal k has the number number_first + k - 1.

    Windows, attributes and code lists are frozen here (R10), so that nothing later needs a
    time-zone database or the device's present registration.
    """

    type: ClassVar[str] = "issue"
    is_derived: ClassVar[bool] = True

    issuance: Id
    device: Id
    account: Id
    spans: Annotated[tuple[int, ...], listed(INSTANT, most=SPANS_MAX)]
    period_start: Instant
    period_end: Instant
    energy_wh: EnergyWh
    carried_in_wh: EnergyWh
    carried_out_wh: EnergyWh
    face_value_wh: Quantity
    quantity: Quantity
    number_first: Annotated[str, text("[0-9]{30}")]
    transfer_until: Instant
    retire_until: Instant
    code_lists: Annotated[str, text("[a-z0-9.-]{1,32}")]
    attributes: Hash

    @classmethod
    def compose(
        cls, state: State, *, issuance: str, cause: str, at: At, calendar: Calendar
    ) -> Self:
        """Return the operation that an approved request asks for. Raises RefusalError."""
        request = state.find(Request, issuance, pointer="/issuance")
        domain = state.domain(state.device(request.device).domain)
        return cls._of(
            state,
            id=follow_id(cause, cls.type),
            request=request,
            planned=plan(state, request, time_ms=at.time_ms),
            windows=calendar(domain, request.period_end),
        )

    @classmethod
    def _of(
        cls, state: State, *, id: str, request: Request, planned: Plan, windows: Windows
    ) -> Self:
        registry = state.registry
        device = state.device(request.device)
        domain = state.domain(device.domain)
        return cls(
            id=id,
            origin=registry.origin,
            by=registry.issuing_body,
            issuance=request.issuance,
            device=request.device,
            account=request.account,
            spans=tuple(span.start for span in planned.spans),
            period_start=request.period_start,
            period_end=request.period_end,
            energy_wh=planned.energy_wh,
            carried_in_wh=planned.carried_in_wh,
            carried_out_wh=planned.carried_out_wh,
            face_value_wh=domain.settings.face_value_wh,
            quantity=planned.quantity,
            number_first=domain.next_number,
            transfer_until=windows.transfer_until,
            retire_until=windows.retire_until,
            code_lists=domain.settings.code_lists,
            attributes=device.attributes,
        )

    def reads(self) -> Iterable[Read]:
        """Return the request, with its device and the period's timeline."""
        return (Read(ORGANISATION, self.by), Read(REQUEST, self.issuance))

    def decide(self, state: State, at: At) -> Change:
        """Issue exactly what the rules compute for the approved request (R1 to R5, R17, R23)."""
        state.must_be_issuing_body(self.by)
        request = state.find(Request, self.issuance, pointer="/issuance")
        if request.state != APPROVED:
            raise RefusalError("request-already-decided", f"it is {request.state}")
        device = state.device(request.device)
        domain = state.domain(device.domain)
        planned = plan(state, request, time_ms=at.time_ms)
        windows = Windows(self.transfer_until, self.retire_until)
        expected = self._of(state, id=self.id, request=request, planned=planned, windows=windows)
        if self != expected:
            raise RefusalError("issuance-mismatch", "not what the rules compute", rule="R4")
        if not is_plausible(domain.settings, self.period_end, windows):
            raise RefusalError("issuance-mismatch", "windows not the domain's", rule="R39")
        return self._change(request, device, domain, planned, at)

    def _change(
        self, request: Request, device: Device, domain: Domain, planned: Plan, at: At
    ) -> Change:
        spans = (replace(span, issuance=self.issuance) for span in planned.timeline)
        issuance = Issuance(
            id=self.issuance,
            device=self.device,
            domain=device.domain,
            account=self.account,
            period_start=self.period_start,
            period_end=self.period_end,
            energy_wh=self.energy_wh,
            carried_in_wh=self.carried_in_wh,
            carried_out_wh=self.carried_out_wh,
            face_value_wh=self.face_value_wh,
            quantity=self.quantity,
            number_first=self.number_first,
            transfer_until=self.transfer_until,
            retire_until=self.retire_until,
            code_lists=self.code_lists,
            attributes=self.attributes,
            index=at.index,
        )
        return Change(
            puts=(
                issuance,
                replace(request, state=ISSUED),
                replace(device, carried_wh=self.carried_out_wh),
                replace(domain, issued=domain.issued + self.quantity),
                *spans,
            )
        )
