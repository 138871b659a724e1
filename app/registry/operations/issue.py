"""Issue: create a device's certificates for a period; always follows from a request or approval."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Self

from app.ledger.times import format_time
from app.registry.devices import SELF_CONSUMPTION
from app.registry.domains import ISSUE_AND_RETIRE, Domain
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
from app.registry.operation import ORGANISATION, REQUEST, Operation, Read
from app.registry.retirements import OWN_CONSUMPTION
from app.registry.state import At, Change, Follow, State, follow_id
from app.registry.windows import Calendar, Windows, is_plausible

RETIRE = "retire"


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
        domain = state.domain(state.device(request.device).domain)
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
            attributes=planned.registration.attributes,
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
        return self._change(state, request, planned, at)

    def _change(self, state: State, request: Request, planned: Plan, at: At) -> Change:
        device = state.device(self.device)
        domain = state.domain(device.domain)
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
            registration=planned.registration.number,
        )
        return Change(
            puts=(
                issuance,
                replace(request, state=ISSUED),
                replace(device, carried_wh=self.carried_out_wh, last_issuance=self.issuance),
                replace(domain, issued=domain.issued + self.quantity),
                *spans,
            ),
            follows=self._follows(state, planned, domain),
        )

    def _follows(self, state: State, planned: Plan, domain: Domain) -> tuple[Follow, ...]:
        """Return the retirement of what its own registrant has consumed (R13, 2.12)."""
        is_own_use = planned.registration.dissemination == SELF_CONSUMPTION
        if not is_own_use or domain.settings.self_consumption != ISSUE_AND_RETIRE:
            return ()
        consumer = state.actor(state.account(self.account).organisation)
        members = {
            "by": consumer.id,
            "retirement": follow_id(self.id, RETIRE),
            "account": self.account,
            "usage": OWN_CONSUMPTION,
            "beneficiary": consumer.record,
            "country": domain.settings.country,
            "period_start": format_time(self.period_start),
            "period_end": format_time(self.period_end),
            "items": [{"issuance": self.issuance, "first": 1, "last": self.quantity}],
        }
        return (Follow(RETIRE, self.issuance, members),)
