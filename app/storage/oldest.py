"""The oldest bundles of an account, as far as a group's quantities reach."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    true,
)

from app.registry.operation import Wanted
from app.registry.ranges import ACTIVE, RANGES_MAX
from app.storage.dialects import Parameters, Way
from app.storage.rows import BUNDLE_COLUMNS
from app.storage.tables import bundles, issuances

_AMOUNTS = (Column("wanted", BigInteger), Column("most", BigInteger))
ONE: ColumnElement[int] = literal_column("1", BigInteger)
"""Written into the statement: a bound 1 would be one more parameter to name."""


def oldest(way: Way, until: ColumnElement[Any]) -> Select[Any]:
    """Select the oldest active bundles, window open, of accounts until quantities are reached.

    Of all accounts at once where a database can; else of the one that is bound.
    """
    if not way.has_laterals:
        held = _held(until, bindparam("account"), bindparam("most")).subquery("held")
        return _reached(held, held, bindparam("wanted"))
    keys = way.keys(bundles.c.account, *_AMOUNTS)
    of_each = _held(until, keys.c.account, keys.c.most).lateral("held")
    return _reached(of_each, keys.join(of_each, true()), keys.c.wanted)


def _held(
    until: ColumnElement[Any], account: ColumnElement[Any], most: ColumnElement[Any]
) -> Select[Any]:
    """Select an account's bundles by age, each with how many certificates come before it."""
    quantity = bundles.c.last - bundles.c.first + ONE
    order = (bundles.c.period_start, bundles.c.issued_index, bundles.c.first)
    before = func.sum(quantity).over(order_by=order, rows=(None, 0)) - quantity
    return (
        select(*BUNDLE_COLUMNS, before.label("before"))
        .join(issuances, issuances.c.id == bundles.c.issuance)
        .where(
            bundles.c.account == account,
            bundles.c.state == literal_column(f"'{ACTIVE}'"),
            bundles.c.to_height.is_(None),
            until > bindparam("time_ms"),
        )
        .order_by(*order)
        .limit(most)
        .offset(literal_column("0"))
    )


def _reached(held: FromClause, among: FromClause, wanted: ColumnElement[Any]) -> Select[Any]:
    """Select of held bundles, with their issuances, those that begin before the wanted quantity."""
    columns = [held.c[column.name] for column in BUNDLE_COLUMNS]
    return (
        select(*columns, *issuances.c)
        .select_from(among.join(issuances, issuances.c.id == held.c.issuance))
        .where(held.c.before < wanted)
    )


def quantities(way: Way, wanted: list[Wanted], time_ms: int) -> Iterator[tuple[bool, Parameters]]:
    """Yield how much leaves the accounts whose oldest are asked for, in this group.

    Every bundle holds a certificate, so as many bundles as certificates are enough.
    """
    totals: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for item in wanted:
        totals[item.account] += item.quantity
        counts[item.account] += 1
    for is_transfer in (True, False):
        accounts = {
            item.account for item in wanted if not item.is_named and item.is_transfer is is_transfer
        }
        rows = [
            (account, totals[account], min((RANGES_MAX + 1) * counts[account], totals[account]))
            for account in sorted(accounts)
        ]
        if rows and way.has_laterals:
            yield is_transfer, {"time_ms": time_ms, **way.bind(rows)}
        elif rows:
            for account, total, most in rows:
                bound = {"account": account, "wanted": total, "most": most}
                yield is_transfer, {"time_ms": time_ms, **bound}
