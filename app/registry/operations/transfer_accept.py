"""Accept an offer: exactly the ranges that were set aside enter the receiving account."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id
from app.registry.offers import ACCEPTED, Offer
from app.registry.operation import OFFER, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAccept(Operation):
    """By the receiver; to anybody else the offer is not there."""

    type: ClassVar[str] = "transfer.accept"

    offer: Id

    def reads(self) -> Iterable[Read]:
        """Return the offer, with its accounts and what it holds."""
        return (Read(ORGANISATION, self.by), Read(OFFER, self.offer))

    def decide(self, state: State, at: At) -> Change:
        """Take all of an open offer whose transfer windows are still open (R28, R29, R39)."""
        state.actor(self.by).must_be_verified(at.time_ms)
        offer = state.find(Offer, self.offer, pointer="/offer")
        if state.account(offer.to_account).organisation != self.by:
            raise RefusalError("not-found", "no such offer", pointer="/offer")
        offer.must_be_open()
        sender = state.account(offer.from_account).organisation
        state.actor(sender).must_be_verified(at.time_ms, pointer="/offer")
        moves = offer.moves(state, to_account=offer.to_account)
        for move in moves:
            state.issuance(move.issuance).must_be_transferable(at.time_ms)
        return Change(puts=(replace(offer, state=ACCEPTED),), moves=moves)
