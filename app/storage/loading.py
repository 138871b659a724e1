"""Bulk loading of what a group of operations reads into a State, in a round of statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    FromClause,
    Select,
    and_,
    select,
)

from app.registry.accounts import Account, Sender
from app.registry.devices import Device, Registration
from app.registry.domains import Domain, Registry
from app.registry.fuels import FuelShares
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.offers import Offer
from app.registry.operation import (
    ABOUT,
    ACCOUNT,
    DEVICE,
    DOMAIN,
    ENDORSEMENT,
    ERASURE,
    FUELS,
    GSRN,
    HELD_RANGE,
    ISSUANCE,
    ISSUED,
    NEAR,
    OFFER,
    ORGANISATION,
    PERIOD,
    PERSON,
    QUANTITY,
    RANGE,
    REQUEST,
    RETIREMENT,
    SENDER,
    Read,
)
from app.registry.organisations import Endorsement, Erasure, Organisation, Person
from app.registry.ranges import Bundle
from app.registry.retirements import Retirement
from app.registry.state import State
from app.storage import paths, range_paths
from app.storage.dialects import Parameters, Way
from app.storage.oldest import oldest, quantities
from app.storage.rows import BUNDLE_COLUMNS, MAPPINGS
from app.storage.tables import (
    accounts,
    devices,
    domains,
    endorsements,
    erasures,
    issuances,
    offers,
    organisations,
    persons,
    registrations,
    registries,
    requests,
    retirements,
    senders,
)

NEED_DOMAINS = frozenset((DOMAIN, DEVICE, PERIOD, REQUEST, ISSUED))
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
        self._by_key = self._parties() | self._devices() | self._certificates()
        self._oldest = {
            is_transfer: Load(way.compile(oldest(way, until)), _take_bundle_with_issuance)
            for is_transfer, until in (
                (True, issuances.c.transfer_until),
                (False, issuances.c.retire_until),
            )
        }
        self._neighbours = Load(way.compile(range_paths.covering(way)), _take_bundle)

    def _parties(self) -> dict[str, tuple[Load, ...]]:
        """Return what loads parties and their accounts."""
        return {
            ORGANISATION: (self._by_id(Organisation, organisations.c.id),),
            PERSON: (self._by_id(Person, persons.c.id),),
            ENDORSEMENT: (self._by_id(Endorsement, endorsements.c.id),),
            ERASURE: (self._by_id(Erasure, erasures.c.record),),
            ACCOUNT: (
                self._by_id(Account, accounts.c.id),
                self._entities(
                    Organisation, paths.owners_of(self._way, accounts.c.id, accounts.c.id)
                ),
            ),
            SENDER: (self._senders(),),
        }

    def _devices(self) -> dict[str, tuple[Load, ...]]:
        """Return what loads devices and what was measured of them."""
        return {
            DEVICE: (
                self._by_id(Device, devices.c.id),
                self._by_id(Registration, registrations.c.device),
            ),
            GSRN: (self._by_id(Device, devices.c.gsrn),),
            NEAR: (
                self._entities(Registration, paths.registrations_near(self._way)),
                self._entities(
                    Device, paths.devices_of_versions(paths.registrations_near(self._way))
                ),
            ),
            ABOUT: (
                self._entities(Registration, paths.registrations_about(self._way)),
                self._entities(
                    Device, paths.devices_of_versions(paths.registrations_about(self._way))
                ),
            ),
            FUELS: (self._entities(FuelShares, paths.fuel_shares_of(self._way)),),
            PERIOD: (self._spans(paths.named_periods(self._way)),),
        }

    def _certificates(self) -> dict[str, tuple[Load, ...]]:
        """Return what loads requests, issuances and who holds what."""
        return {
            ISSUANCE: (self._by_id(Issuance, issuances.c.id),),
            RETIREMENT: (self._by_id(Retirement, retirements.c.id),),
            REQUEST: (
                self._by_id(Request, requests.c.issuance),
                *self._made_of(requests.c.issuance),
            ),
            ISSUED: (self._by_id(Issuance, issuances.c.id), *self._made_of(issuances.c.id)),
            OFFER: (
                self._by_id(Offer, offers.c.id),
                *self._accounts_of(offers.c.id, offers.c.from_account),
                *self._accounts_of(offers.c.id, offers.c.to_account),
                self._offered(),
            ),
            RANGE: self._ranges(),
            HELD_RANGE: (*self._ranges(), *self._holders()),
        }

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

    def _made_of(self, key: Any) -> tuple[Load, ...]:  # noqa: ANN401 - a column
        """Load device, account and timeline of the named requests or issuances."""
        table = key.table
        return (
            self._entities(Device, paths.devices_of(self._way, key, table.c.device)),
            self._entities(Registration, paths.registrations_of(self._way, key, table.c.device)),
            *self._accounts_of(key, table.c.account),
            self._spans(paths.periods_of(self._way, key)),
        )

    def _accounts_of(self, key: Any, account: Any) -> tuple[Load, ...]:  # noqa: ANN401 - columns
        """Load the accounts that a column of the named rows leads to, and whose they are."""
        return (
            self._entities(Account, paths.accounts_of(self._way, key, account)),
            self._entities(Organisation, paths.owners_of(self._way, key, account)),
        )

    def _holders(self) -> tuple[Load, ...]:
        """Load who holds part of the named ranges."""
        held, owners = range_paths.holders(self._way)
        return self._entities(Account, held), self._entities(Organisation, owners)

    def _offered(self) -> Load:
        """Load the open bundles that an offer holds, with their issuances."""
        statement = range_paths.offered(self._way)
        return Load(self._way.compile(statement), _take_bundle_with_issuance)

    def _spans(self, named: FromClause) -> Load:
        """Load the timeline of devices' periods with its neighbours on both sides."""
        return self._entities(Span, paths.spans_about(named))

    def _ranges(self) -> tuple[Load, ...]:
        """Load the open bundles that overlap a range or lie beside it, and their issuances."""
        named = Load(self._way.compile(range_paths.ranges(self._way)), _take_bundle)
        return named, self._entities(Issuance, range_paths.issuances_of_ranges(self._way))


def _take_bundle(state: State, row: Sequence[Any]) -> None:
    state.bundles.add(Bundle._make(row))


def _take_bundle_with_issuance(state: State, row: Sequence[Any]) -> None:
    state.bundles.add(Bundle._make(row[: len(BUNDLE_COLUMNS)]))
    state.add(MAPPINGS[Issuance].from_row(row[len(BUNDLE_COLUMNS) :]))
