"""Repeating: operations that commit to a record, known again whatever their salt.

A repeated request says the same of somebody, under another salt. What it says is compared with the
record that the first one sealed; where that is erased, nothing is left to compare, and the first
answer is given again to whoever asks under its key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.ledger.encoding import decode
from app.registry.errors import RefusalError
from app.registry.fields import Member, members_of
from app.services.record import Asked, Outcome
from app.services.vault import Vault

LeavesOf = Callable[[Sequence[str]], Mapping[str, bytes]]
"""From ids of operations to the leaves of those that are recorded."""
RecordsOf = Callable[[Sequence[str]], Mapping[str, Mapping[str, Any]]]
"""From commitments to the records that are still sealed under them."""


def as_first_asked(
    asked: Sequence[Asked],
    outcomes: Sequence[Outcome],
    *,
    vault: Vault,
    leaves_of: LeavesOf,
    records_of: RecordsOf,
) -> dict[int, Asked]:
    """Return, by position, what was refused for its salt alone, with the salt of the first time.

    Nothing is kept beside these: it is, or was erased.
    """
    salted = [at for at, outcome in enumerate(outcomes) if _is_salted(asked[at], outcome)]
    if not salted:
        return {}
    leaves = leaves_of([asked[at].operation.id for at in salted])
    found = {at: _first(asked[at], leaves) for at in salted}
    firsts = {at: first for at, first in found.items() if first is not None}
    records = records_of(list(firsts.values()))
    return {
        at: _with_commitment(asked[at], first)
        for at, first in firsts.items()
        if records.get(first) in (None, _record(asked[at], vault))
    }


def _is_salted(asked: Asked, outcome: Outcome) -> bool:
    is_other = isinstance(outcome, RefusalError) and outcome.code == "idempotency-key-reused"
    return is_other and bool(asked.attachments.vault)


def _committing(asked: Asked) -> Member:
    """Return the member that commits to the one record which is kept beside an operation."""
    ((commitment, _),) = asked.attachments.vault
    return next(
        member
        for member in members_of(type(asked.operation))
        if getattr(asked.operation, member.attribute) == commitment
    )


def _first(asked: Asked, leaves: Mapping[str, bytes]) -> str | None:
    """Return the commitment that stands on the log; None where nothing or another verb does."""
    leaf = leaves.get(asked.operation.id)
    recorded = {} if leaf is None else decode(leaf)["operation"]
    if recorded.get("type") != asked.operation.type:
        return None
    commitment: str = recorded[_committing(asked).name]
    return commitment


def _record(asked: Asked, vault: Vault) -> dict[str, Any]:
    ((commitment, sealed),) = asked.attachments.vault
    return vault.open(commitment, sealed)[1]


def _with_commitment(asked: Asked, commitment: str) -> Asked:
    changed: dict[str, Any] = {_committing(asked).attribute: commitment}
    return Asked(replace(asked.operation, **changed))
