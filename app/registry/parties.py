"""Parties: the organisations that an operation concerns, which may see it in the log."""

from collections.abc import Iterator

from app.registry.accounts import Account, Sender
from app.registry.devices import APPROVED, Device, Registration
from app.registry.errors import RefusalError
from app.registry.fuels import FuelShares
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.offers import Offer
from app.registry.operation import Operation
from app.registry.organisations import Endorsement, Organisation, Person
from app.registry.retirements import Retirement
from app.registry.state import Change, Entity, State


def parties_of(state: State, operation: Operation, change: Change) -> tuple[str, ...]:
    """Return, in order, who asked and whose accounts, devices and requests are concerned.

    To be called before the change is applied. Issuing body and operator are parties of what they
    ask for themselves, and of genesis.
    """
    found = {operation.by}
    accounts: set[str] = set()
    times: set[tuple[str, int, int]] = set()
    for entity in change.puts:
        if isinstance(entity, Organisation):
            found.add(entity.id)
        elif isinstance(entity, Account | Device | Person | Endorsement):
            found.add(entity.organisation)
        elif isinstance(entity, Registration):
            found |= {entity.organisation, entity.measurement_body}
            if state.has(Device, entity.device):
                found.add(state.device(entity.device).organisation)
        elif isinstance(entity, Span | FuelShares):
            times.add((entity.device, entity.start, entity.end))
        accounts.update(_accounts_of(entity))
    for move in change.moves:
        accounts |= {move.from_account, move.to_account}
    try:
        found |= {state.account(account).organisation for account in accounts}
        found |= {party for time in times for party in _parties_of(state, *time)}
    except RefusalError as refusal:
        raise AssertionError(f"{operation.type} does not read whom it concerns") from refusal
    return tuple(sorted(found))


def _parties_of(state: State, device: str, start: int, end: int) -> set[str]:
    """Return whose a device is at a time, and who measures it then (R75)."""
    newest = state.device(device).organisation
    found = {
        party
        for item in state.registrations(device)
        if item.state == APPROVED and item.valid_from < end and start < item.valid_until
        for party in (item.organisation, item.measurement_body)
    }
    return found or {newest}


def _accounts_of(entity: Entity) -> Iterator[str]:
    if isinstance(entity, Request | Issuance | Retirement):
        yield entity.account
    elif isinstance(entity, Offer):
        yield from (entity.from_account, entity.to_account)
    elif isinstance(entity, Sender):
        yield from (entity.account, entity.sender)
