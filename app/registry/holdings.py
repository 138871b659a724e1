"""What leaves an account: named ranges, or a quantity of the oldest, as rows of change."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from app.registry.accounts import Account
from app.registry.errors import RefusalError
from app.registry.issuances import Issuance
from app.registry.operation import QUANTITY, RANGE, Read, Wanted
from app.registry.ranges import (
    ACTIVE,
    LOCKED,
    RANGES_MAX,
    RETIRED,
    Bundle,
    Move,
    Range,
    longest_runs,
)
from app.registry.state import State

MustBeOpen = Callable[[Issuance], None]
"""Raises RefusalError where the issuance's window for the move has closed."""


def asked_reads(
    *, account: str, items: Sequence[Range] | None, quantity: int | None, is_transfer: bool
) -> Iterator[Read]:
    """Yield the named ranges, and how much leaves the account in all."""
    for item in items or ():
        yield Read(RANGE, item)
    total = sum(item.last - item.first + 1 for item in items or ()) + (quantity or 0)
    yield Read(QUANTITY, Wanted(account, is_transfer, is_named=quantity is None, quantity=total))


def check_asked(items: Sequence[Range] | None, quantity: int | None) -> None:
    """Refuse both or neither of items and quantity, and items that overlap."""
    if (items is None) == (quantity is None):
        raise RefusalError("ambiguous-quantity", "either items or a quantity", pointer="/items")
    ordered = sorted(items or ())
    for before, after in itertools.pairwise(ordered):
        if before.issuance == after.issuance and after.first <= before.last:
            raise RefusalError("duplicate-item", "two items overlap", pointer="/items")


def resolve(
    state: State,
    *,
    account: Account,
    items: Sequence[Range] | None,
    quantity: int | None,
    to_account: str,
    to_state: str,
    must_be_open: MustBeOpen,
    offer: str | None = None,
) -> tuple[Move, ...]:
    """Return the rows of change that take items or a quantity out of an account (R26, R28, R31).

    A quantity takes active bundles whose window is open, oldest production first, then in order
    of issue, then by ordinal; `offer` is the one that holds them afterwards. Raises RefusalError;
    nothing is taken in part.
    """
    if items is not None:
        taken = _named(state, account, items, must_be_open)
    else:
        taken = _oldest(state, account, quantity or 0, must_be_open)
    moves = longest_runs(
        Move(*part, account.id, ACTIVE, to_account, to_state, offer) for part in taken
    )
    if len(moves) > RANGES_MAX:
        raise _too_many()
    return moves


def _too_many() -> RefusalError:
    return RefusalError("too-many-ranges", f"it would move more than {RANGES_MAX} ranges")


def _named(
    state: State, account: Account, items: Sequence[Range], must_be_open: MustBeOpen
) -> list[Range]:
    for at, item in enumerate(items):
        pointer = f"/items/{at}"
        bundles = state.bundles.covering(item)
        issuance = _held(state, account, item, bundles, pointer)
        for bundle in bundles:
            _check_takeable(bundle, pointer)
        must_be_open(issuance)
    return list(items)


def _held(
    state: State, account: Account, item: Range, bundles: Sequence[Bundle], pointer: str
) -> Issuance:
    """Return the issuance of certificates that the account holds, before anything else is said.

    Nobody learns who holds what, or how many there are: an account that neither received the
    issuance nor holds any of the item is told what it is told of an unknown one (R26).
    """
    issuance = state.issuance(item.issuance) if state.has(Issuance, item.issuance) else None
    is_receiver = issuance is not None and issuance.account == account.id
    holders = {bundle.account for bundle in bundles}
    if issuance is None or not (is_receiver or account.id in holders):
        raise RefusalError(
            "not-found",
            "no such issuance, or the account holds none of it there",
            pointer=f"{pointer}/issuance",
        )
    if is_receiver and item.last > issuance.quantity:
        raise RefusalError(
            "invalid-number-range",
            f"the issuance has {issuance.quantity} certificates",
            rule="R18",
            pointer=f"{pointer}/last",
        )
    if item.last > issuance.quantity or holders != {account.id}:
        raise RefusalError(
            "not-holder", "the account does not hold all of it", rule="R26", pointer=pointer
        )
    return issuance


def _check_takeable(bundle: Bundle, pointer: str) -> None:
    if bundle.state == RETIRED:
        raise RefusalError("already-retired", "part of it is retired", rule="R45", pointer=pointer)
    if bundle.state == LOCKED:
        raise RefusalError("bundle-locked", "part of it is locked", rule="R37", pointer=pointer)
    if bundle.state != ACTIVE:
        raise RefusalError(
            "invalid-state-transition", "part of it is not active", rule="R28", pointer=pointer
        )


def _oldest(state: State, account: Account, quantity: int, must_be_open: MustBeOpen) -> list[Range]:
    taken: list[Range] = []
    missing, runs = quantity, 0
    for bundle in state.bundles.oldest(account.id):
        if not _is_open(state.issuance(bundle.issuance), must_be_open):
            continue
        part = min(bundle.quantity, missing)
        found = Range(bundle.issuance, bundle.first, bundle.first + part - 1)
        is_same_run = bool(taken) and taken[-1] == found._replace(
            first=taken[-1].first, last=found.first - 1
        )
        runs += not is_same_run
        if runs > RANGES_MAX:
            raise _too_many()
        taken.append(found)
        missing -= part
        if not missing:
            return taken
    raise RefusalError(
        "insufficient-balance",
        f"the account holds {quantity - missing} that may be moved",
        rule="R31",
        pointer="/quantity",
    )


def _is_open(issuance: Issuance, must_be_open: MustBeOpen) -> bool:
    try:
        must_be_open(issuance)
    except RefusalError:
        return False
    return True
