"""Retire: end certificates for good, in favour of a beneficiary's consumption."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Country, Hash, Id, Instant, Quantity, text
from app.registry.holdings import asked_reads, check_asked, resolve
from app.registry.issuances import Issuance
from app.registry.operation import ACCOUNT, ORGANISATION, RETIREMENT, Operation, Read
from app.registry.ranges import ITEMS, RETIRED, Move, Range
from app.registry.retirements import OWN_CONSUMPTION, Retirement
from app.registry.state import At, Change, State

USAGES = ("compliance", "disclosure", "own_use", OWN_CONSUMPTION)
PERIOD_MAX_MS = 24 * 31 * 86_400_000
AHEAD_MAX_MS = 366 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire(Operation):
    """By the holder; the beneficiary is a salted commitment, never a name."""

    type: ClassVar[str] = "retire"

    retirement: Id
    account: Id
    usage: Annotated[str, text("|".join(USAGES))]
    beneficiary: Hash
    country: Country
    period_start: Instant
    period_end: Instant
    items: Annotated[tuple[Range, ...], ITEMS] | None = None
    quantity: Quantity | None = None

    def reads(self) -> Iterator[Read]:
        """Yield the account and what is to be retired."""
        yield Read(ORGANISATION, self.by)
        yield Read(ACCOUNT, self.account)
        yield Read(RETIREMENT, self.retirement)
        yield from asked_reads(
            account=self.account, items=self.items, quantity=self.quantity, is_transfer=False
        )

    def decide(self, state: State, at: At) -> Change:
        """Retire what the holder holds, all or nothing, for a period of consumption (R42, R43)."""
        check_asked(self.items, self.quantity)
        state.actor(self.by).must_not_be_suspended()
        account = state.account(self.account, pointer="/account")
        if account.organisation != self.by:
            raise RefusalError(
                "not-holder", "the account is another's", rule="R26", pointer="/account"
            )
        if state.has(Retirement, self.retirement):
            raise RefusalError("id-in-use", "retired already", pointer="/retirement")
        self._check_period(at)
        moves = resolve(
            state,
            account=account,
            items=self.items,
            quantity=self.quantity,
            to_account=self.account,
            to_state=RETIRED,
            must_be_open=lambda issuance: _must_be_retirable(issuance, at),
        )
        return Change(puts=(self._retirement(moves, at),), moves=moves)

    def _retirement(self, moves: tuple[Move, ...], at: At) -> Retirement:
        return Retirement(
            id=self.retirement,
            account=self.account,
            usage=self.usage,
            beneficiary=self.beneficiary,
            country=self.country,
            period_start=self.period_start,
            period_end=self.period_end,
            quantity=sum(move.last - move.first + 1 for move in moves),
            index=at.index,
        )

    def _check_period(self, at: At) -> None:
        length_ms = self.period_end - self.period_start
        if not 0 < length_ms <= PERIOD_MAX_MS or self.period_end > at.time_ms + AHEAD_MAX_MS:
            raise RefusalError(
                "invalid-consumption-period",
                "24 months at most, not more than a year ahead",
                rule="R43",
                pointer="/period_end",
            )


def _must_be_retirable(issuance: Issuance, at: At) -> None:
    if at.time_ms >= issuance.retire_until:
        raise RefusalError("certificate-expired", "its window has closed", rule="R28")
