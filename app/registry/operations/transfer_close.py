"""Close an offer without a transfer: it is rejected, recalled, or aborted by the issuing body."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id, text
from app.registry.offers import ABORTED, RECALLED, REJECTED, Offer
from app.registry.operation import OFFER, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferClose(Operation):
    """By the receiver as `rejected`, by the sender as `recalled`, by the issuing body as `aborted`.

    To others it is not there.
    """

    type: ClassVar[str] = "transfer.close"

    offer: Id
    why: Annotated[str, text(f"{ABORTED}|{REJECTED}|{RECALLED}")]

    def reads(self) -> Iterable[Read]:
        """Return the offer, with its accounts and what it holds."""
        return (Read(ORGANISATION, self.by), Read(OFFER, self.offer))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - windows stop nothing here
        """Give all of an open offer back to the account that it came from (R29)."""
        state.actor(self.by)
        offer = state.find(Offer, self.offer, pointer="/offer")
        self._check_party(
            issuing_body=state.registry.issuing_body,
            sender=state.account(offer.from_account).organisation,
            receiver=state.account(offer.to_account).organisation,
        )
        offer.must_be_open()
        moves = offer.moves(state, to_account=offer.from_account)
        return Change(puts=(replace(offer, state=self.why),), moves=moves)

    def _check_party(self, *, issuing_body: str, sender: str, receiver: str) -> None:
        if self.by not in (issuing_body, sender, receiver):
            raise RefusalError("not-found", "no such offer", pointer="/offer")
        if (self.why == ABORTED) != (self.by == issuing_body):
            raise RefusalError(
                "forbidden-role", "the issuing body aborts", rule="R33", pointer="/why"
            )
        if self.why == RECALLED and self.by != sender:
            raise RefusalError("not-holder", "the sender recalls", rule="R26", pointer="/why")
        if self.why == REJECTED and self.by != receiver:
            raise RefusalError("recipient-not-mandated", "the receiver rejects", pointer="/why")
