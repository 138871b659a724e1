"""Issuing: what must be sure before an operation has certificates issued in its wake."""

from app.registry.domains import DomainSettings
from app.registry.errors import RefusalError
from app.registry.issuances import Plan, Request
from app.registry.operation import Operation
from app.registry.retirements import Retirement
from app.registry.state import State, follow_id


def check_follows(state: State, request: Request, operation: Operation) -> None:
    """Refuse what could not be followed by an issue, and by a retirement of self-consumption.

    Who holds must not be suspended, and the id of such a retirement is free.
    """
    holder = state.account(request.account).organisation
    state.actor(holder).must_not_be_suspended()
    if state.has(Retirement, retirement_id(operation)):
        raise RefusalError("id-in-use", "a retirement has the id that would follow", pointer="/id")


def needs_second_person(settings: DomainSettings, planned: Plan, *, is_late: bool) -> bool:
    """Say whether somebody else verifies a request before it is approved by hand (R8, R11)."""
    return is_late or planned.energy_wh >= settings.second_person_wh


def retirement_id(operation: Operation) -> str:
    """Return the id of the retirement that follows from what an operation issues (R13)."""
    return follow_id(follow_id(operation.id, "issue"), "retire")
