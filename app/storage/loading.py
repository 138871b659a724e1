"""Bulk loading of what a group of operations reads into a State, in a round of statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    func,
    select,
)

from app.registry.accounts import Account, Sender
from app.registry.devices import Device
from app.registry.domains import Domain, Registry
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.offers import Offer
from app.registry.operation import (
    ACCOUNT,
    DEVICE,
    DOMAIN,
    GSRN,
    ISSUANCE,
    OFFER,
    ORGANISATION,
    PERIOD,
    QUANTITY,
    RANGE,
    REQUEST,
    RETIREMENT,
    SENDER,
    Read,
)
from app.registry.organisations import Organisation
from app.registry.ranges import Bundle
from app.registry.retirements import Retirement
from app.registry.state import State
from app.storage.dialects import Parameters, Way
from app.storage.oldest import ONE, oldest, quantities
from app.storage.rows import BUNDLE_COLUMNS, MAPPINGS
from app.storage.tables import (
    accounts,
    bundles,
    devices,
    domains,
    issuances,
    offers,
    organisations,
    registries,
    requests,
    retirements,
    senders,
    spans,
)

NEED_DOMAINS = frozenset((DOMAIN, DEVICE, PERIOD, REQUEST))
"""Reads whose rules look at a domain's settings: all domains are loaded, there are few."""

Take = Callable[[State, Any], None]
Rows = Iterable[Sequence[Any]]


class Load(NamedTuple):
    """A statement, compiled, and what to do with each of its rows."""

    sql: str
    take: Take


Question = tuple[Load, Parameters]
"""A load and the keys to bind."""


class Loader:
    """The statements that load a State, compiled once for a database."""

    def __init__(self, way: Way) -> None:
        """Compile for the database's way."""
        self._way = way
        self._registry: Registry | None = None
        self._registries = self._entities(Registry, select(registries))
        self._domains = self._entities(Domain, select(domains))
        self._by_key: dict[str, tuple[Load, ...]] = {
            ORGANISATION: (self._by_id(Organisation, organisations.c.id),),
            ACCOUNT: (self._by_id(Account, accounts.c.id),),
            SENDER: (self._senders(),),
            DEVICE: (self._by_id(Device, devices.c.id),),
            GSRN: (self._by_id(Device, devices.c.gsrn),),
            ISSUANCE: (self._by_id(Issuance, issuances.c.id),),
            RETIREMENT: (self._by_id(Retirement, retirements.c.id),),
            PERIOD: (self._periods(),),
            REQUEST: (
                self._by_id(Request, requests.c.issuance),
                self._requested_devices(),
                self._accounts_of(requests.c.issuance, requests.c.account),
                self._requested_spans(),
            ),
            OFFER: (
                self._by_id(Offer, offers.c.id),
                self._accounts_of(offers.c.id, offers.c.from_account),
                self._accounts_of(offers.c.id, offers.c.to_account),
                self._offered(),
            ),
            RANGE: (self._ranges(), self._issuances_of_ranges()),
        }
        self._oldest = {
            is_transfer: Load(way.compile(oldest(way, until)), _take_bundle_with_issuance)
            for is_transfer, until in (
                (True, issuances.c.transfer_until),
                (False, issuances.c.retire_until),
            )
        }
        self._neighbours = Load(way.compile(self._covering()), _take_bundle)

    def ask(self, reads: Iterable[Read]) -> list[Question]:
        """Return the questions that load what the reads name; quantities come in a later round."""
        keys: dict[str, set[Any]] = defaultdict(set)
        for read in reads:
            keys[read.kind].add(read.key)
        questions: list[Question] = [] if self._registry else [(self._registries, {})]
        if keys.keys() & NEED_DOMAINS:
            questions.append((self._domains, {}))
        for kind in keys.keys() & self._by_key.keys():
            rows = [tuple(key) if isinstance(key, tuple) else (key,) for key in keys[kind]]
            questions += [(load, self._way.bind(rows)) for load in self._by_key[kind]]
        return questions

    def ask_oldest(self, reads: Iterable[Read], *, time_ms: int) -> list[Question]:
        """Return the questions for the oldest bundles that quantities will take."""
        wanted = [read.key for read in reads if read.kind == QUANTITY]
        return [
            (self._oldest[is_transfer], parameters)
            for is_transfer, parameters in quantities(self._way, wanted, time_ms)
        ]

    def ask_neighbours(self, state: State) -> list[Question]:
        """Return the question for the bundles beside what changed, which may merge with it."""
        unknown = state.unknown_neighbours()
        return [(self._neighbours, self._way.bind(unknown))] if unknown else []

    def take(self, state: State, questions: Sequence[Question], answers: Iterable[Rows]) -> None:
        """Take the rows that answer the questions into a State."""
        for (load, _), rows in zip(questions, answers, strict=True):
            for row in rows:
                load.take(state, row)
        if self._registry:
            state.add(self._registry)
        elif state.has_genesis:
            self._registry = state.registry

    def _entities(self, kind: type[Any], statement: Select[Any]) -> Load:
        from_row = MAPPINGS[kind].from_row
        return Load(self._way.compile(statement), lambda state, row: state.add(from_row(row)))

    def _by_id(self, kind: type[Any], key: Any) -> Load:  # noqa: ANN401 - a column
        keys = self._way.keys(key)
        table = MAPPINGS[kind].table
        statement = select(table).join(keys, keys.c[key.name] == key)
        return self._entities(kind, statement)

    def _senders(self) -> Load:
        keys = self._way.keys(senders.c.account, senders.c.sender)
        matches = and_(keys.c.account == senders.c.account, keys.c.sender == senders.c.sender)
        return self._entities(Sender, select(senders).join(keys, matches))

    def _periods(self) -> Load:
        start, end = spans.c.start.label("start"), spans.c.end.label("end")
        keys = self._way.keys(spans.c.device, start, end)  # type: ignore[arg-type]
        return self._spans(keys, keys.c.device, keys.c.start, keys.c.end)

    def _requested_spans(self) -> Load:
        keys = self._way.keys(requests.c.issuance)
        named = (
            select(requests).join(keys, keys.c.issuance == requests.c.issuance).subquery("named")
        )
        return self._spans(named, named.c.device, named.c.period_start, named.c.period_end)

    def _requested_devices(self) -> Load:
        keys = self._way.keys(requests.c.issuance)
        statement = (
            select(devices)
            .join(requests, requests.c.device == devices.c.id)
            .join(keys, keys.c.issuance == requests.c.issuance)
        )
        return self._entities(Device, statement)

    def _accounts_of(self, key: Any, account: Any) -> Load:  # noqa: ANN401 - columns
        """Load the accounts that a column of the named rows leads to."""
        keys = self._way.keys(key)
        statement = (
            select(accounts)
            .join(key.table, account == accounts.c.id)
            .join(keys, keys.c[key.name] == key)
        )
        return self._entities(Account, statement)

    def _offered(self) -> Load:
        """Load the open bundles that an offer holds, with their issuances."""
        keys = self._way.keys(bundles.c.offer)
        matches = and_(
            bundles.c.offer == keys.c.offer,
            bundles.c.offer.is_not(None),
            bundles.c.to_height.is_(None),
        )
        statement = (
            select(*BUNDLE_COLUMNS, *issuances.c)
            .join(keys, matches)
            .join(issuances, issuances.c.id == bundles.c.issuance)
        )
        return Load(self._way.compile(statement), _take_bundle_with_issuance)

    def _spans(
        self,
        keys: FromClause,
        device: ColumnElement[Any],
        start: ColumnElement[Any],
        end: ColumnElement[Any],
    ) -> Load:
        """Load the timeline of a period with its neighbours on both sides."""
        beside = spans.alias("beside")
        before = (
            select(func.max(beside.c.start))
            .where(beside.c.device == device, beside.c.start < start)
            .scalar_subquery()
        )
        after = (
            select(func.min(beside.c.start))
            .where(beside.c.device == device, beside.c.start >= end)
            .scalar_subquery()
        )
        matches = and_(
            spans.c.device == device,
            spans.c.start >= func.coalesce(before, start),
            spans.c.start <= func.coalesce(after, end),
        )
        return self._entities(Span, select(spans).join(keys, matches))

    def _ranges(self) -> Load:
        """Load the open bundles that overlap a range or lie beside it."""
        keys = self._way.keys(bundles.c.issuance, bundles.c.first, bundles.c.last)
        matches = and_(
            bundles.c.issuance == keys.c.issuance,
            bundles.c.to_height.is_(None),
            bundles.c.first >= _first_of(keys.c.issuance, keys.c.first - ONE),
            bundles.c.first <= keys.c.last + ONE,
        )
        return Load(
            self._way.compile(select(*BUNDLE_COLUMNS).join(keys, matches).distinct()),
            _take_bundle,
        )

    def _issuances_of_ranges(self) -> Load:
        keys = self._way.keys(bundles.c.issuance, bundles.c.first, bundles.c.last)
        named = select(keys.c.issuance).distinct().subquery("named")
        statement = select(issuances).join(named, named.c.issuance == issuances.c.id)
        return self._entities(Issuance, statement)

    def _covering(self) -> Select[Any]:
        """Select the open bundle that covers an ordinal."""
        keys = self._way.keys(bundles.c.issuance, bundles.c.first)
        matches = and_(
            bundles.c.issuance == keys.c.issuance,
            bundles.c.to_height.is_(None),
            bundles.c.first == _first_of(keys.c.issuance, keys.c.first),
        )
        return select(*BUNDLE_COLUMNS).join(keys, matches).distinct()


def _first_of(issuance: ColumnElement[Any], ordinal: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return where the open bundle begins that covers an ordinal; 1 for the ordinal before."""
    inner = bundles.alias("inner_bundles")
    found = (
        select(func.max(inner.c.first))
        .where(inner.c.issuance == issuance, inner.c.to_height.is_(None), inner.c.first <= ordinal)
        .scalar_subquery()
    )
    return func.coalesce(found, ONE)


def _take_bundle(state: State, row: Sequence[Any]) -> None:
    state.bundles.add(Bundle._make(row))


def _take_bundle_with_issuance(state: State, row: Sequence[Any]) -> None:
    state.bundles.add(Bundle._make(row[: len(BUNDLE_COLUMNS)]))
    state.add(MAPPINGS[Issuance].from_row(row[len(BUNDLE_COLUMNS) :]))
