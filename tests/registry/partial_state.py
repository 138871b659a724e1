"""A State as a group sees it: loaded with what its operations say they read, and nothing else.

This is a database for these tests, without one: rows as the last block left them, and the three
rounds of loading that the house describes. It shares no code with `app.storage`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from app.registry.accounts import Account, Sender
from app.registry.devices import Device, Registration
from app.registry.domains import Domain, Registry
from app.registry.fuels import FuelShares
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.offers import Offer
from app.registry.operation import Operation, Period, Read, Wanted, all_reads
from app.registry.organisations import Endorsement, Erasure, Organisation, Person
from app.registry.ranges import Bundle, Range
from app.registry.retirements import Retirement
from app.registry.state import ENTITIES, State

BY_KEY: dict[str, type[Any]] = {
    "organisation": Organisation,
    "person": Person,
    "endorsement": Endorsement,
    "erasure": Erasure,
    "domain": Domain,
    "account": Account,
    "sender": Sender,
    "device": Device,
    "request": Request,
    "issuance": Issuance,
    "issued": Issuance,
    "retirement": Retirement,
    "offer": Offer,
}

NEAR_UDEG = 500
"""Micro-degrees: more than 50 m."""


class Shelf:
    """Rows as the last block left them."""

    def __init__(self, state: State) -> None:
        self.entities = {kind: {item.key: item for item in state.all(kind)} for kind in ENTITIES}
        self.bundles = sorted(state.bundles)

    def load(
        self,
        operations: Iterable[Operation],
        *,
        time_ms: int,
        into: State | None = None,
        known: set[Read] | None = None,
    ) -> State:
        """Return a State with what the operations read, or add it to one kept from before.

        What is `known` there from earlier groups is not loaded again.
        """
        state = into or State()
        known = set() if known is None else known
        for registry in self.entities[Registry].values():
            state.add(registry)
        reads = [read for operation in operations for read in all_reads(operation)]
        for read in reads:
            if read not in known:
                self._load_read(state, read)
        known.update(reads)
        wanted = [read.key for read in reads if read.kind == "quantity"]
        self._load_oldest(state, wanted, time_ms)
        return state

    def load_neighbours(self, state: State) -> None:
        """Add the bundles beside what a group changed."""
        for issuance, ordinal in state.unknown_neighbours():
            self._load_range(state, Range(issuance, ordinal, ordinal))

    def _load_read(self, state: State, read: Read) -> None:
        loads: dict[str, Callable[[State, Any], None]] = {
            "gsrn": self._load_gsrn,
            "fuels": self._load_fuels,
            "near": self._load_near,
            "about": self._load_about,
            "period": self._load_period,
            "range": self._load_named,
            "held_range": self._load_held,
        }
        if read.kind in loads:
            loads[read.kind](state, read.key)
        elif read.kind != "quantity":
            self._load_entity(state, self.entities[BY_KEY[read.kind]].get(read.key), read.kind)

    def _load_gsrn(self, state: State, gsrn: str) -> None:
        self._add(state, *(item for item in self.entities[Device].values() if item.gsrn == gsrn))

    def _load_fuels(self, state: State, device: str) -> None:
        shares = self.entities[FuelShares].values()
        self._add(state, *(item for item in shares if item.device == device))

    def _load_named(self, state: State, wanted: Range) -> None:
        if not state.covers(wanted):
            self._load_range(state, wanted)
            self._add(state, self.entities[Issuance].get(wanted.issuance))

    def _load_held(self, state: State, wanted: Range) -> None:
        """Add a range with who holds part of it."""
        self._load_named(state, wanted)
        for bundle in self.bundles:
            is_beside = bundle.last < wanted.first or wanted.last < bundle.first
            if bundle.issuance == wanted.issuance and not is_beside:
                self._load_account(state, bundle.account)

    def _load_entity(self, state: State, found: Any, kind: str) -> None:  # noqa: ANN401 - any entity
        """Add what a key names, with what its rules look at besides."""
        self._add(state, found)
        if type(found) is Request or (type(found) is Issuance and kind == "issued"):
            self._load_device(state, found.device)
            self._load_account(state, found.account)
            self._load_period(state, Period(found.device, found.period_start, found.period_end))
        elif type(found) is Offer:
            self._load_offer(state, found)
        elif type(found) is Account:
            self._load_account(state, found.id)
        elif type(found) is Device:
            self._load_device(state, found.id)

    def _load_device(self, state: State, key: str) -> None:
        """Add a device with its domain and every version of its description."""
        device = self.entities[Device][key]
        versions = self.entities[Registration].values()
        self._add(state, device, self.entities[Domain][device.domain])
        self._add(state, *(item for item in versions if item.device == key))

    def _load_account(self, state: State, key: str) -> None:
        """Add an account and whose it is."""
        account = self.entities[Account][key]
        self._add(state, account, self.entities[Organisation][account.organisation])

    def _load_near(self, state: State, device: str) -> None:
        """Add what stands about a device, as it is registered."""
        for item in self.entities[Registration].values():
            if item.device == device and item.latitude is not None:
                self._load_about(state, item.latitude)

    def _load_about(self, state: State, latitude: int) -> None:
        """Add the versions that stand about a latitude, with their devices."""
        for item in self.entities[Registration].values():
            if item.latitude is not None and abs(item.latitude - latitude) <= NEAR_UDEG:
                self._add(state, item, self.entities[Device][item.device])

    def _add(self, state: State, *entities: Any) -> None:  # noqa: ANN401 - entities of any kind
        for entity in entities:
            if entity is not None:
                state.add(entity)

    def _load_period(self, state: State, period: Period) -> None:
        """Add the spans of a period and its neighbours on both sides."""
        spans = [span for span in self.entities[Span].values() if span.device == period.device]
        before = [span for span in spans if span.start < period.start]
        after = [span for span in spans if span.start >= period.end]
        within = [span for span in spans if period.start <= span.start < period.end]
        self._add(state, *within)
        self._add(
            state, max(before, key=_start, default=None), min(after, key=_start, default=None)
        )

    def _load_offer(self, state: State, offer: Offer) -> None:
        """Add an offer's accounts, and the bundles that it holds with their issuances."""
        self._load_account(state, offer.from_account)
        self._load_account(state, offer.to_account)
        for bundle in self.bundles:
            if bundle.offer == offer.id:
                self._add(state, self.entities[Issuance][bundle.issuance])
                state.bundles.add(bundle)

    def _load_range(self, state: State, wanted: Range) -> None:
        for bundle in self.bundles:
            is_beside = bundle.last < wanted.first or wanted.last < bundle.first
            if bundle.issuance == wanted.issuance and not is_beside:
                state.bundles.add(bundle)

    def _load_oldest(self, state: State, wanted: Sequence[Wanted], time_ms: int) -> None:
        """Add each account's oldest bundles, window open, up to all that leaves it."""
        for account, is_transfer in {(w.account, w.is_transfer) for w in wanted if not w.is_named}:
            missing = sum(item.quantity for item in wanted if item.account == account)
            held = [b for b in self.bundles if b.account == account and b.state == "active"]
            for bundle in sorted(held, key=_age):
                issuance = self.entities[Issuance][bundle.issuance]
                until = issuance.transfer_until if is_transfer else issuance.retire_until
                if missing > 0 and time_ms < until:
                    self._add(state, issuance)
                    state.bundles.add(bundle)
                    missing -= bundle.last - bundle.first + 1


def _start(span: Span) -> int:
    return span.start


def _age(bundle: Bundle) -> tuple[int, int, int]:
    return bundle.period_start, bundle.issued_index, bundle.first
