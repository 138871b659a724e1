"""Transfer: change the holder of named ranges, or of a quantity of the oldest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id, Quantity
from app.registry.holdings import asked_reads, check_asked, resolve
from app.registry.operation import ACCOUNT, ORGANISATION, SENDER, Operation, Read
from app.registry.ranges import ACTIVE, ITEMS, Range
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Operation):
    """By the holder: at once between own accounts, or to one that has whitelisted the sender."""

    type: ClassVar[str] = "transfer"

    from_: Id
    to: Id
    items: Annotated[tuple[Range, ...], ITEMS] | None = None
    quantity: Quantity | None = None

    def reads(self) -> Iterator[Read]:
        """Yield both accounts, their whitelist entry, and what is to be moved."""
        yield Read(ORGANISATION, self.by)
        yield Read(ACCOUNT, self.from_)
        yield Read(ACCOUNT, self.to)
        yield Read(SENDER, (self.to, self.from_))
        yield from asked_reads(
            account=self.from_, items=self.items, quantity=self.quantity, is_transfer=True
        )

    def decide(self, state: State, at: At) -> Change:
        """Move what the holder may move, all or nothing (R26 to R28, R31)."""
        check_asked(self.items, self.quantity)
        state.actor(self.by).must_be_verified(at.time_ms)
        source = state.account(self.from_, pointer="/from")
        if source.organisation != self.by:
            raise RefusalError(
                "not-holder", "the account is another's", rule="R26", pointer="/from"
            )
        self._check_target(state, at)
        moves = resolve(
            state,
            account=source,
            items=self.items,
            quantity=self.quantity,
            to_account=self.to,
            to_state=ACTIVE,
            must_be_open=lambda issuance: issuance.must_be_transferable(at.time_ms),
        )
        return Change(moves=moves)

    def _check_target(self, state: State, at: At) -> None:
        if self.to == self.from_:
            raise RefusalError(
                "invalid-target-account",
                "an account is not its own target",
                rule="R27",
                pointer="/to",
            )
        target = state.account(self.to, pointer="/to")
        state.actor(target.organisation).must_be_verified(at.time_ms, pointer="/to")
        is_own = target.organisation == self.by
        if not is_own and not state.is_sender_allowed(self.to, self.from_):
            raise RefusalError(
                "not-whitelisted", "the receiver has not whitelisted it", rule="R27", pointer="/to"
            )
