"""State: what the rules read and change, in plain memory; whole in an audit, partial in a group."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from uuid import UUID, uuid5

from app.registry.accounts import Account, Sender
from app.registry.devices import Device, Registration, in_force
from app.registry.domains import Domain, Registry
from app.registry.errors import RefusalError
from app.registry.fuels import FuelShares
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.offers import Offer
from app.registry.organisations import Endorsement, Erasure, Organisation, Person
from app.registry.ranges import ACTIVE, FRESH, Bundle, Bundles, Move, Range
from app.registry.retirements import Retirement
from app.registry.versions import Versions

Entity: TypeAlias = (
    Registry
    | Domain
    | Organisation
    | Person
    | Endorsement
    | Erasure
    | Account
    | Sender
    | Device
    | Registration
    | FuelShares
    | Span
    | Request
    | Issuance
    | Offer
    | Retirement
)
ENTITIES: tuple[type[Any], ...] = (
    Registry,
    Domain,
    Organisation,
    Person,
    Endorsement,
    Erasure,
    Account,
    Sender,
    Device,
    Registration,
    FuelShares,
    Span,
    Request,
    Issuance,
    Offer,
    Retirement,
)
E_ = TypeVar("E_")


@dataclass(frozen=True, slots=True)
class At:
    """Where an operation stands: block time in UTC milliseconds, height, leaf index."""

    time_ms: int
    height: int
    index: int


def follow_id(cause: str, type: str) -> str:
    """Return the id of an operation that follows from another: UUIDv5 (RFC 9562 5.5)."""
    return str(uuid5(UUID(cause), type))


@dataclass(frozen=True, slots=True)
class Follow:
    """An operation that must come next in the same group because of another (its cause).

    `members` is all that it says, where the rules alone determine it.
    """

    type: str
    subject: str
    members: Mapping[str, Any] | None = None

    def plain(self, cause: str, *, origin: str) -> dict[str, Any]:
        """Return the operation as it stands in its leaf, where the rules alone determine it."""
        id_ = follow_id(cause, self.type)
        return {"type": self.type, "id": id_, "origin": origin, **(self.members or {})}


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation does to State: values put, ranges moved, operations that follow."""

    puts: Sequence[Entity] = ()
    moves: Sequence[Move] = ()
    follows: Sequence[Follow] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What a block changed: entities as they are now, bundles closed and opened at its height."""

    puts: tuple[Entity, ...]
    closed: tuple[Bundle, ...]
    opened: tuple[Bundle, ...]


class State:
    """Everything the rules may look at. Only `apply` changes it; `add` takes in what rows hold."""

    def __init__(self) -> None:
        """Begin before genesis."""
        self._tables: dict[type[Any], dict[Any, Any]] = {kind: {} for kind in ENTITIES}
        self._timelines: dict[str, list[int]] = {}
        self._changed: dict[tuple[type[Any], Any], Entity] = {}
        self._gsrns: dict[str, str] = {}
        self.versions = Versions()
        self.bundles = Bundles()
        self.recorded: set[str] = set()

    def add(self, entity: Entity) -> None:
        """Take in a value that rows hold."""
        self._tables[type(entity)][entity.key] = entity
        if type(entity) is Span:
            self._index_span(entity)
        elif type(entity) is Registration:
            self.versions.add(entity)
        elif type(entity) is Device and entity.part_of is None:
            self._gsrns[entity.gsrn] = entity.id

    def apply(self, change: Change, at: At) -> None:
        """Make what was decided true."""
        for entity in change.puts:
            if type(entity) is Issuance and not self.has(Issuance, entity.id):
                self._open_bundle(entity, at)
            self.add(entity)
            self._changed[type(entity), entity.key] = entity
        for move in change.moves:
            self.bundles.move(move)

    def covers(self, wanted: Range) -> bool:
        """Say whether an issuance and every bundle that overlaps a range of it are known."""
        if not self.has(Issuance, wanted.issuance):
            return False
        reached = wanted.first - 1
        for bundle in self.bundles.covering(wanted):
            if bundle.first > reached + 1:
                return False
            reached = bundle.last
        return reached >= min(wanted.last, self.issuance(wanted.issuance).quantity)

    def unknown_neighbours(self) -> list[tuple[str, int]]:
        """Return the (issuance, ordinal) that must be loaded before the block is settled."""
        return self.bundles.unknown_neighbours(lambda issuance: self.issuance(issuance).quantity)

    def settle(self, height: int) -> Rows:
        """Close a block: return what it changed, once each."""
        closed, opened = self.bundles.settle(height)
        puts = tuple(self._changed.values())
        self._changed.clear()
        return Rows(puts, tuple(closed), tuple(opened))

    def all(self, kind: type[E_]) -> Iterator[E_]:
        """Yield every known value of a kind."""
        yield from self._tables[kind].values()

    def has(self, kind: type[Any], key: object) -> bool:
        """Say whether a value is known."""
        return key in self._tables[kind]

    def find(self, kind: type[E_], key: object, *, pointer: str = "") -> E_:
        """Return a value. Raises RefusalError not-found."""
        found: E_ | None = self._tables[kind].get(key)
        if found is None:
            name = kind.__name__.lower()
            raise RefusalError("not-found", f"no such {name}", pointer=pointer)
        return found

    @property
    def registry(self) -> Registry:
        """What genesis fixed. Raises RefusalError not-found before genesis."""
        for registry in self._tables[Registry].values():
            found: Registry = registry
            return found
        raise RefusalError("not-found", "the registry has no genesis")

    @property
    def has_genesis(self) -> bool:
        """Say whether genesis is recorded."""
        return bool(self._tables[Registry])

    def actor(self, organisation: str) -> Organisation:
        """Return the organisation that acts. Raises RefusalError where it is not admitted."""
        found: Organisation | None = self._tables[Organisation].get(organisation)
        if found is None:
            raise RefusalError("unknown-organisation", "the organisation is not admitted")
        return found

    def must_be_issuing_body(self, organisation: str) -> None:
        """Refuse anyone but the issuing body."""
        if organisation != self.registry.issuing_body:
            self.actor(organisation)
            raise RefusalError("forbidden-role", "only the issuing body may", rule="R8")

    def account(self, key: str, *, pointer: str = "") -> Account:
        """Return an account. Raises RefusalError."""
        return self.find(Account, key, pointer=pointer)

    def device(self, key: str) -> Device:
        """Return a device. Raises RefusalError."""
        return self.find(Device, key, pointer="/device")

    def domain(self, key: str) -> Domain:
        """Return a domain. Raises RefusalError."""
        return self.find(Domain, key, pointer="/domain")

    def issuance(self, key: str) -> Issuance:
        """Return an issuance. Raises RefusalError."""
        return self.find(Issuance, key, pointer="/issuance")

    def has_gsrn(self, gsrn: str) -> bool:
        """Say whether a device of that number is registered (R14)."""
        return gsrn in self._gsrns

    def registrations(self, device: str) -> list[Registration]:
        """Return the versions of a device's description, in order."""
        return self.versions.of_device(device)

    def registration(self, device: str, number: int) -> Registration:
        """Return a version. Raises RefusalError."""
        return self.find(Registration, (device, number), pointer="/number")

    def requested_registration(self, request: Request) -> Registration:
        """Return the version in force in a request's period. Raises RefusalError."""
        versions = self.registrations(request.device)
        return in_force(versions, request.period_start, request.period_end)

    def fuel_shares(self, device: str, start: int, end: int) -> list[FuelShares]:
        """Return what is declared of a multi-fuel device's inputs within [start, end)."""
        return [
            shares
            for shares in self._tables[FuelShares].values()
            if shares.device == device and shares.start < end and start < shares.end
        ]

    def is_sender_allowed(self, account: str, sender: str) -> bool:
        """Say whether an account takes transfers from a sender at once (R27)."""
        entry: Sender | None = self._tables[Sender].get((account, sender))
        return entry is not None and entry.is_allowed

    def spans_within(self, device: str, start: int, end: int) -> list[Span]:
        """Return a device's spans and gaps that overlap [start, end), in order."""
        starts = self._timelines.get(device, [])
        begin = max(bisect_right(starts, start) - 1, 0)
        spans = [self._span(device, at) for at in starts[begin : bisect_left(starts, end)]]
        return [span for span in spans if span.end > start]

    def timeline(self, device: str) -> list[Span]:
        """Return all of a device's spans and gaps, in order."""
        return [self._span(device, start) for start in self._timelines.get(device, [])]

    def span_before(self, device: str, start: int) -> Span | None:
        """Return the last span or gap that begins before an instant."""
        starts = self._timelines.get(device, [])
        at = bisect_left(starts, start)
        return self._span(device, starts[at - 1]) if at else None

    def span_after(self, device: str, start: int) -> Span | None:
        """Return the first span or gap that begins at an instant or later."""
        starts = self._timelines.get(device, [])
        at = bisect_left(starts, start)
        return self._span(device, starts[at]) if at < len(starts) else None

    def _span(self, device: str, start: int) -> Span:
        span: Span = self._tables[Span][device, start]
        return span

    def _index_span(self, span: Span) -> None:
        starts = self._timelines.setdefault(span.device, [])
        at = bisect_left(starts, span.start)
        if at == len(starts) or starts[at] != span.start:
            starts.insert(at, span.start)

    def _open_bundle(self, issuance: Issuance, at: At) -> None:
        self.bundles.open(
            Bundle(
                issuance=issuance.id,
                first=1,
                last=issuance.quantity,
                account=issuance.account,
                state=ACTIVE,
                from_height=FRESH,
                period_start=issuance.period_start,
                issued_index=at.index,
            )
        )
