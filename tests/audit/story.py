"""A small sound registry with something of everything: what the audit's tests start from."""

from dataclasses import dataclass

from app.factory import Registry
from app.registry.measurements import DeclaredGap
from app.registry.operations.measure_accept import MeasureAccept
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.ranges import Range
from app.services.measure import measured
from tests.scenario import (
    CAPACITY_W,
    DAY_MS,
    FIRST_DAY,
    ORIGIN,
    Market,
    accept,
    accepting,
    approved_device,
    closing,
    hourly,
    issuing_body,
    market,
    new_id,
    offering,
    requesting,
    transferring,
)

READING_WH = 1_000_001
OVER_CAPACITY_WH = CAPACITY_W + 1


@dataclass(frozen=True, kw_only=True)
class Story:
    """Ids of what happened: one issuance approved by hand, another at once, over a gap."""

    market: Market
    automatic_device: str
    automatic_issuance: str
    retirement: str


def tell(registry: Registry) -> Story:
    """Record a story: issues, a gap, a finding, transfers of all kinds, a retirement."""
    made = market(registry)
    device = approved_device(registry, made.generator, automatic=True)
    _measure_with_gap_and_finding(registry, made, device)
    request = requesting(made.generator, device, made.generator_account, days=3)
    accept(registry, request)
    accept(
        registry,
        transferring(
            made.generator, source=made.generator_account, to=made.buyer_account, quantity=30
        ),
        Transfer(
            id=new_id(),
            origin=ORIGIN,
            by=made.generator,
            from_=made.generator_account,
            to=made.buyer_account,
            items=(Range(request.issuance, 20, 22),),
            quantity=None,
        ),
    )
    retirement = new_id()
    accept(registry, retiring(made, retirement=retirement, quantity=26))
    _offer(registry, made)
    return Story(
        market=made,
        automatic_device=device,
        automatic_issuance=request.issuance,
        retirement=retirement,
    )


def _offer(registry: Registry, made: Market) -> None:
    """Offer three times: one is accepted, one recalled, and one stays open."""
    accepted, recalled, left = (
        offering(
            made.generator,
            source=made.generator_account,
            to=made.buyer_account,
            quantity=quantity,
        )
        for quantity in (5, 3, 4)
    )
    accept(registry, accepted, recalled)
    accept(registry, accepting(made.buyer, accepted.offer), left)
    accept(registry, closing(made.generator, recalled.offer, why="recalled"))


def retiring(made: Market, *, retirement: str, quantity: int) -> Retire:
    """Return a retirement of the buyer's oldest certificates."""
    return Retire(
        id=new_id(),
        origin=ORIGIN,
        by=made.buyer,
        retirement=retirement,
        account=made.buyer_account,
        usage="disclosure",
        beneficiary="ab" * 32,
        country="NZ",
        period_start=FIRST_DAY,
        period_end=FIRST_DAY + DAY_MS,
        quantity=quantity,
    )


def _measure_with_gap_and_finding(registry: Registry, made: Market, device: str) -> None:
    """Report a day, a missing day, and a day of which one hour is over the capacity."""
    last = FIRST_DAY + 2 * DAY_MS
    days = [
        hourly(FIRST_DAY, [READING_WH] * 24),
        hourly(last, [OVER_CAPACITY_WH] + [READING_WH] * 23),
    ]
    gap = DeclaredGap(start=FIRST_DAY + DAY_MS, end=last, reason="not-in-source")
    accept(
        registry,
        measured(
            id=new_id(),
            origin=ORIGIN,
            by=made.generator,
            device=device,
            capacity_w=CAPACITY_W,
            days=days,
            gaps=[gap],
        ),
    )
    accept(
        registry,
        MeasureAccept(
            id=new_id(),
            origin=ORIGIN,
            by=issuing_body(registry),
            device=device,
            spans=(last,),
            reason="meter-confirmed",
        ),
    )
