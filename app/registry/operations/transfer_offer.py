"""Offer a transfer: set named ranges, or a quantity of the oldest, aside for another account."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id, Quantity
from app.registry.holdings import asked_reads, check_asked, resolve
from app.registry.offers import OPEN, Offer
from app.registry.operation import ACCOUNT, OFFER, ORGANISATION, Operation, Read
from app.registry.ranges import ITEMS, OFFERED, Range
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOffer(Operation):
    """By the holder, to any other account: nothing is whitelisted, the receiver decides (R27)."""

    type: ClassVar[str] = "transfer.offer"

    offer: Id
    from_: Id
    to: Id
    items: Annotated[tuple[Range, ...], ITEMS] | None = None
    quantity: Quantity | None = None

    def reads(self) -> Iterator[Read]:
        """Yield both accounts, the id of the offer, and what is to be offered."""
        yield Read(ORGANISATION, self.by)
        yield Read(ACCOUNT, self.from_)
        yield Read(ACCOUNT, self.to)
        yield Read(OFFER, self.offer)
        yield from asked_reads(
            account=self.from_, items=self.items, quantity=self.quantity, is_transfer=True
        )

    def decide(self, state: State, at: At) -> Change:
        """Freeze what the holder may transfer until the offer ends, all or nothing (R29)."""
        check_asked(self.items, self.quantity)
        state.actor(self.by).must_be_verified(at.time_ms)
        source = state.account(self.from_, pointer="/from")
        if source.organisation != self.by:
            raise RefusalError(
                "not-holder", "the account is another's", rule="R26", pointer="/from"
            )
        if self.to == self.from_:
            raise RefusalError(
                "invalid-target-account",
                "an account is not its own target",
                rule="R27",
                pointer="/to",
            )
        target = state.account(self.to, pointer="/to")
        state.actor(target.organisation).must_be_verified(at.time_ms, pointer="/to")
        if state.has(Offer, self.offer):
            raise RefusalError("id-in-use", "offered already", pointer="/offer")
        moves = resolve(
            state,
            account=source,
            items=self.items,
            quantity=self.quantity,
            to_account=self.from_,
            to_state=OFFERED,
            must_be_open=lambda issuance: issuance.must_be_transferable(at.time_ms),
            offer=self.offer,
        )
        quantity = sum(move.last - move.first + 1 for move in moves)
        offer = Offer(self.offer, self.from_, self.to, quantity, OPEN, at.index)
        return Change(puts=(offer,), moves=moves)
