"""Issuances: requests as they stand, with what was issued."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import accounts, issuances, requests

_FROM_ISSUANCE = (
    "domain",
    "energy_wh",
    "carried_in_wh",
    "carried_out_wh",
    "face_value_wh",
    "quantity",
    "number_first",
    "transfer_until",
    "retire_until",
    "code_lists",
    "attributes",
    "registration",
    "withdrawn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceFilter:
    """Which issuances."""

    account: str | None = None
    device: str | None = None
    state: str | None = None


def list_issuances(
    storage: Storage, *, viewer: str | None, only: IssuanceFilter, cursor: str | None, limit: int
) -> list[Row]:
    """Return requested and made issuances by id."""
    query = _issuances(viewer).limit(limit)
    for column, value in (
        (requests.c.account, only.account),
        (requests.c.device, only.device),
        (requests.c.state, only.state),
    ):
        if value is not None:
            query = query.where(column == value)
    return fetch(storage, after(query, [requests.c.issuance], cursor and [cursor]))


def find_issuance(storage: Storage, issuance: str, *, viewer: str | None) -> Row | None:
    """Return an issuance that the viewer may see."""
    return fetch_one(storage, _issuances(viewer).where(requests.c.issuance == issuance))


def _issuances(viewer: str | None) -> Select[Any]:
    made = [issuances.c[name] for name in _FROM_ISSUANCE]
    query = select(requests.c.issuance.label("id"), *_requested(), *made).outerjoin(
        issuances, issuances.c.id == requests.c.issuance
    )
    if viewer is None:
        return query
    own = select(accounts.c.id).where(accounts.c.organisation == viewer)
    return query.where(requests.c.account.in_(own))


def _requested() -> list[Any]:
    return [column for column in requests.columns if column.name != "issuance"]
