"""What an operation is: what it reads, and what it decides or refuses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID, uuid5

from app.registry.errors import RefusalError
from app.registry.fields import Id, Origin, parse_members, plain_members
from app.registry.state import At, Change, State


class Read(NamedTuple):
    """Something an operation needs loaded: a kind of the list below and what it names."""

    kind: str
    key: Any


ORGANISATION = "organisation"
DOMAIN = "domain"
ACCOUNT = "account"
SENDER = "sender"
DEVICE = "device"
GSRN = "gsrn"
PERIOD = "period"
REQUEST = "request"
ISSUANCE = "issuance"
RETIREMENT = "retirement"
OFFER = "offer"
RANGE = "range"
QUANTITY = "quantity"


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

    Subclasses add their own members, say what they read, and decide.
    """

    type: ClassVar[str]
    is_derived: ClassVar[bool] = False
    """Whether it only ever follows from another operation."""
    brings: ClassVar[tuple[str, ...]] = ()
    """Types of the operations that may follow from it."""

    id: Id
    origin: Origin
    by: Id

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
    return (operation.id, *(follow_id(operation.id, verb) for verb in operation.brings))


def follow_id(cause: str, type: str) -> str:
    """Return the id of an operation that follows from another: UUIDv5 (RFC 9562 5.5)."""
    return str(uuid5(UUID(cause), type))


def must_be_new(state: State, operation: Operation, *, origin: str) -> None:
    """Refuse an id that is recorded and an operation meant for another log (R32)."""
    if operation.origin != origin:
        raise RefusalError("wrong-origin", "meant for another registry", pointer="/origin")
    if operation.id in state.recorded:
        raise RefusalError("idempotency-key-reused", "the id is recorded", pointer="/id")
