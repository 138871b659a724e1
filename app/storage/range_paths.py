"""Range paths: statements that lead from named ranges and offers to bundles and who holds them."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, select

from app.storage.dialects import Way
from app.storage.oldest import ONE
from app.storage.rows import BUNDLE_COLUMNS
from app.storage.tables import accounts, bundles, issuances, organisations


def ranges(way: Way) -> Select[Any]:
    """Select the open bundles that overlap a range or lie beside it."""
    keys = _named(way)
    matches = and_(
        bundles.c.issuance == keys.c.issuance,
        bundles.c.to_height.is_(None),
        bundles.c.first >= _first_of(keys.c.issuance, keys.c.first - ONE),
        bundles.c.first <= keys.c.last + ONE,
    )
    return select(*BUNDLE_COLUMNS).join(keys, matches).distinct()


def issuances_of_ranges(way: Way) -> Select[Any]:
    """Select the issuances of ranges."""
    named = select(_named(way).c.issuance).distinct().subquery("named")
    return select(issuances).join(named, named.c.issuance == issuances.c.id)


def covering(way: Way) -> Select[Any]:
    """Select the open bundle that covers an ordinal."""
    keys = way.keys(bundles.c.issuance, bundles.c.first)
    matches = and_(
        bundles.c.issuance == keys.c.issuance,
        bundles.c.to_height.is_(None),
        bundles.c.first == _first_of(keys.c.issuance, keys.c.first),
    )
    return select(*BUNDLE_COLUMNS).join(keys, matches).distinct()


def offered(way: Way) -> Select[Any]:
    """Select the open bundles that an offer holds, with their issuances."""
    keys = way.keys(bundles.c.offer)
    matches = and_(
        bundles.c.offer == keys.c.offer,
        bundles.c.offer.is_not(None),
        bundles.c.to_height.is_(None),
    )
    return (
        select(*BUNDLE_COLUMNS, *issuances.c)
        .join(keys, matches)
        .join(issuances, issuances.c.id == bundles.c.issuance)
    )


def holders(way: Way) -> tuple[Select[Any], Select[Any]]:
    """Select accounts that hold part of named ranges, and their organisations."""
    keys = _named(way)
    matches = and_(
        bundles.c.issuance == keys.c.issuance,
        bundles.c.to_height.is_(None),
        bundles.c.first >= _first_of(keys.c.issuance, keys.c.first),
        bundles.c.first <= keys.c.last,
    )
    held = select(bundles.c.account).join(keys, matches).subquery("held")
    named = accounts.c.id.in_(select(held.c.account))
    owning = select(accounts.c.organisation).where(named)
    return (
        select(accounts).where(named),
        select(organisations).where(organisations.c.id.in_(owning)),
    )


def _named(way: Way) -> FromClause:
    return way.keys(bundles.c.issuance, bundles.c.first, bundles.c.last)


def _first_of(issuance: ColumnElement[Any], ordinal: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return where the open bundle begins that covers an ordinal; 1 for the ordinal before."""
    inner = bundles.alias("inner_bundles")
    found = (
        select(func.max(inner.c.first))
        .where(inner.c.issuance == issuance, inner.c.to_height.is_(None), inner.c.first <= ordinal)
        .scalar_subquery()
    )
    return func.coalesce(found, ONE)
