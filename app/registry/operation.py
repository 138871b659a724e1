"""What an operation is: what it reads, and what it decides or refuses."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple, Self

from app.ledger.encoding import encode
from app.registry.errors import RefusalError
from app.registry.fields import Id, Origin, parse_members, plain_members
from app.registry.organisations import Person
from app.registry.state import At, Change, State, follow_id


class Read(NamedTuple):
    """Something an operation needs loaded: a kind of the list below and what it names."""

    kind: str
    key: Any


ORGANISATION = "organisation"
PERSON = "person"
ENDORSEMENT = "endorsement"
ERASURE = "erasure"
DOMAIN = "domain"
ACCOUNT = "account"
SENDER = "sender"
DEVICE = "device"
GSRN = "gsrn"
PERIOD = "period"
NEAR = "near"
ABOUT = "about"
FUELS = "fuels"
ISSUED = "issued"
REQUEST = "request"
ISSUANCE = "issuance"
RETIREMENT = "retirement"
OFFER = "offer"
RANGE = "range"
HELD_RANGE = "held_range"
QUANTITY = "quantity"


ASKING = frozenset(("id", "person", "endorsement", "consents"))
"""Members that say how an operation was asked, not what it does."""


class Period(NamedTuple):
    """A device and [start, end): its spans there with the neighbours on both sides."""

    device: str
    start: int
    end: int


class Wanted(NamedTuple):
    """How much leaves an account; where not named, it is resolved from the oldest bundles."""

    account: str
    is_transfer: bool
    is_named: bool
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a party asks, as the log records it; `by` is on whose right it rests.

    `person` is who of `by` asked, where that is told.

    Subclasses add their own members, say what they read, and decide.
    """

    type: ClassVar[str]
    is_derived: ClassVar[bool] = False
    """Whether it only ever follows from another operation."""
    brings: ClassVar[tuple[str, ...]] = ()
    """Types of the operations that may follow from it; `a/b` is a b that follows from its a."""

    id: Id
    origin: Origin
    by: Id
    person: Id | None = None

    def plain(self) -> dict[str, Any]:
        """Return the operation as it stands in its leaf. Raises RefusalError where malformed."""
        return {"type": self.type, **plain_members(self)}

    @classmethod
    def parse(cls, value: dict[str, Any]) -> Self:
        """Read the operation from a leaf; `type` has led here. Raises RefusalError."""
        return parse_members(cls, {name: item for name, item in value.items() if name != "type"})

    def reads(self) -> Iterable[Read]:
        """Return what must be in State before `decide`."""
        raise NotImplementedError

    def decide(self, state: State, at: At) -> Change:
        """Return what it changes, or raise RefusalError; State itself is not touched."""
        raise NotImplementedError


def claimed_ids(operation: Operation) -> tuple[str, ...]:
    """Return the ids that an operation takes: its own, and those of what may follow from it."""
    return (
        operation.id,
        *(reduce(follow_id, path.split("/"), operation.id) for path in operation.brings),
    )


def all_reads(operation: Operation) -> Iterable[Read]:
    """Return what must be in State before an operation is looked at: its reads, and who asks."""
    if operation.person is None:
        return operation.reads()
    return (*operation.reads(), Read(PERSON, operation.person))


def must_be_admissible(state: State, operation: Operation, *, origin: str) -> None:
    """Refuse an id that is recorded, another log's operation, and who does not act for `by`."""
    if operation.origin != origin:
        raise RefusalError("wrong-origin", "meant for another registry", pointer="/origin")
    if operation.id in state.recorded:
        raise RefusalError("idempotency-key-reused", "the id is recorded", pointer="/id")
    if operation.person is not None:
        person = state.find(Person, operation.person, pointer="/person")
        if person.organisation != operation.by or not person.is_active:
            raise RefusalError(
                "forbidden-role", "the person does not act for it", rule="R62", pointer="/person"
            )


def content_digest(operation: Operation) -> str:
    """Return the hash by which somebody endorses an operation that another asks for.

    Hex SHA-256 of its canonical members but for those that tell the asking apart: id, person,
    endorsement, consents. Raises RefusalError where it is malformed.
    """
    plain = operation.plain()
    content = {name: value for name, value in plain.items() if name not in ASKING}
    return sha256(encode(content)).hexdigest()


def actor_of(operation: Operation) -> str:
    """Return who asked, as closely as it is told: the person, or the organisation."""
    return operation.person or operation.by
