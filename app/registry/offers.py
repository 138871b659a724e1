"""Offers: certificates that a holder has set aside until another account takes them or not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.registry.errors import RefusalError
from app.registry.ranges import ACTIVE, OFFERED, Move, longest_runs

if TYPE_CHECKING:
    from app.registry.state import State

OPEN = "open"
ACCEPTED = "accepted"
REJECTED = "rejected"
RECALLED = "recalled"
ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Offer:
    """How many certificates are offered from where to where; its leaf is at `index`.

    Its ranges are the bundles that name it, and the `change` of that leaf.
    """

    id: str
    from_account: str
    to_account: str
    quantity: int
    state: str
    index: int

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id

    def must_be_open(self) -> None:
        """Refuse to decide it twice."""
        if self.state != OPEN:
            raise RefusalError(
                "offer-already-decided", f"it is {self.state}", rule="R29", pointer="/offer"
            )

    def moves(self, state: "State", *, to_account: str) -> tuple[Move, ...]:
        """Return the rows of change that give exactly its ranges to an account, active again."""
        return longest_runs(
            Move(*bundle[:3], bundle.account, OFFERED, to_account, ACTIVE)
            for bundle in state.bundles.of_offer(self.id)
        )
