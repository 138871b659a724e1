"""A State as a group sees it: loaded with what its operations say they read, and nothing else.

This is a database for these tests, without one: rows as the last block left them, and the three
rounds of loading that the house describes. It shares no code with `app.storage`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from app.registry.accounts import Account, Sender
from app.registry.devices import Device
from app.registry.domains import Domain, Registry
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.offers import Offer
from app.registry.operation import Operation, Period, Read, Wanted
from app.registry.organisations import Organisation
from app.registry.ranges import Bundle, Range
from app.registry.retirements import Retirement
from app.registry.state import ENTITIES, State

BY_KEY: dict[str, type[Any]] = {
    "organisation": Organisation,
    "domain": Domain,
    "account": Account,
    "sender": Sender,
    "device": Device,
    "request": Request,
    "issuance": Issuance,
    "retirement": Retirement,
    "offer": Offer,
}


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
        reads = [read for operation in operations for read in operation.reads()]
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
        if read.kind == "gsrn":
            self._add(state, *(d for d in self.entities[Device].values() if d.gsrn == read.key))
        elif read.kind == "period":
            self._load_period(state, read.key)
        elif read.kind == "range" and state.covers(read.key):
            pass
        elif read.kind == "range":
            self._load_range(state, read.key)
            self._add(state, self.entities[Issuance].get(read.key.issuance))
        elif read.kind != "quantity":
            found = self.entities[BY_KEY[read.kind]].get(read.key)
            self._add(state, found)
            if type(found) is Request:
                device = self.entities[Device][found.device]
                self._add(state, device, self.entities[Domain][device.domain])
                self._add(state, self.entities[Account][found.account])
                self._load_period(state, Period(found.device, found.period_start, found.period_end))
            elif type(found) is Offer:
                self._load_offer(state, found)
            elif type(found) is Device:
                self._add(state, self.entities[Domain][found.domain])

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
        accounts = self.entities[Account]
        self._add(state, accounts[offer.from_account], accounts[offer.to_account])
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
