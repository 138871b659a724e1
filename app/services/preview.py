"""Preview: what an operation would do now, decided from what stands and never recorded."""

from collections.abc import Iterable
from typing import Any, Protocol

from app.registry.issuances import Request, is_automatic, plan
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

    Raises the RefusalError that the request itself would meet.
    """
    state, time_ms = storage.look(operation.reads())
    change = operation.decide(state, At(time_ms, NOWHERE, NOWHERE))
    (request,) = (put for put in change.puts if isinstance(put, Request))
    planned = plan(state, request, time_ms=time_ms)
    device = state.device(operation.device)
    domain = state.domain(device.domain)
    windows = calendar(domain, operation.period_end)
    return {
        "energy_wh": planned.energy_wh,
        "carried_in_wh": planned.carried_in_wh,
        "carried_out_wh": planned.carried_out_wh,
        "face_value_wh": domain.settings.face_value_wh,
        "quantity": planned.quantity,
        "transfer_until": windows.transfer_until,
        "retire_until": windows.retire_until,
        "is_automatic": is_automatic(device, planned, is_late=request.is_late),
    }
