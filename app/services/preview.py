"""Preview: what an operation would do now, decided from what stands and never recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from app.registry.issuances import Plan, Request, is_automatic, plan
from app.registry.issuing import needs_second_person
from app.registry.measurements import Span
from app.registry.operation import Read
from app.registry.operations.issue_request import IssueRequest
from app.registry.state import At, State
from app.registry.windows import Calendar

NOWHERE = -1


class Glance(Protocol):
    """A registry's database, as far as one look at it goes."""

    def look(self, reads: Iterable[Read]) -> tuple[State, int]:
        """Return what the reads name as it stands, and the time, UTC milliseconds."""


def preview_issuance(
    storage: Glance, operation: IssueRequest, *, calendar: Calendar
) -> dict[str, Any]:
    """Return what a request would issue now: energy and carry in Wh, quantity, windows.

    Spans whose findings are open are named, and counted as if they were accepted. Raises the
    RefusalError that the request itself would meet then.
    """
    state, time_ms = storage.look(operation.reads())
    waiting = _waiting(state, operation)
    for span in waiting:
        state.add(replace(span, is_accepted=True))
    change = operation.decide(state, At(time_ms, NOWHERE, NOWHERE))
    (request,) = (put for put in change.puts if isinstance(put, Request))
    planned = plan(state, request, time_ms=time_ms)
    domain = state.domain(state.device(operation.device).domain)
    windows = calendar(domain, operation.period_end)
    return {
        "energy_wh": planned.energy_wh,
        "carried_in_wh": planned.carried_in_wh,
        "carried_out_wh": planned.carried_out_wh,
        "face_value_wh": domain.settings.face_value_wh,
        "quantity": planned.quantity,
        "transfer_until": windows.transfer_until,
        "retire_until": windows.retire_until,
        **_deciding(state, request, planned, waiting),
    }


def _waiting(state: State, operation: IssueRequest) -> list[Span]:
    spans = state.spans_within(operation.device, operation.period_start, operation.period_end)
    return [span for span in spans if not span.is_accepted]


def _deciding(
    state: State, request: Request, planned: Plan, waiting: Sequence[Span]
) -> dict[str, Any]:
    """Return who would have to look at the request before it is issued."""
    device = state.device(request.device)
    settings = state.domain(device.domain).settings
    is_late = request.is_late
    at_once = is_automatic(device, planned, is_late=is_late) and not waiting
    is_much = needs_second_person(settings, planned, is_late=is_late)
    return {
        "findings": [
            {"start": span.start, "end": span.end, "energy_wh": span.energy_wh} for span in waiting
        ],
        "is_automatic": at_once,
        "needs_second_person": is_much and not at_once,
    }
