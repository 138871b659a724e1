"""A small sound registry with something of everything: what the audit's tests start from."""

from dataclasses import dataclass, replace

from app.factory import Registry
from app.registry.fuels import FuelShare
from app.registry.measurements import DeclaredGap
from app.registry.operations.fuel_declare import FuelDeclare
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_review import IssueReview
from app.registry.operations.record_erase import RecordErase
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.ranges import Range
from app.services.documents import documented
from app.services.measure import measured
from app.services.record import Asked
from tests.scenario import (
    ATTRIBUTES,
    CAPACITY_W,
    DAY_MS,
    FIRST_DAY,
    MWH,
    ORIGIN,
    PLENTY_WH,
    Market,
    Officers,
    accept,
    accepting,
    adjusting,
    approving,
    automatic_device,
    closing,
    correcting,
    hourly,
    market,
    measuring,
    new_id,
    offering,
    officers,
    passing,
    registering,
    requesting,
    transferring,
    withdrawing,
)

READING_WH = 1_000_001
OVER_CAPACITY_WH = CAPACITY_W + 1


@dataclass(frozen=True, kw_only=True)
class Story:
    """Ids of what happened: one issuance approved by hand, another at once, over a gap.

    Then one that was verified first, one that its registrant has consumed, one withdrawn in part,
    and a boiler with its parts of wood and coal.
    """

    market: Market
    automatic_device: str
    automatic_issuance: str
    retirement: str
    officers: Officers
    verified_issuance: str
    own_issuance: str
    withdrawal: str
    parts: tuple[str, str, str]


def tell(registry: Registry) -> Story:
    """Record a story: issues, a gap, a finding, transfers of all kinds, retirements, mistakes."""
    made = market(registry)
    device, body = automatic_device(registry, made.generator)
    _measure_with_gap_and_finding(registry, body, device)
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
    known = officers(registry)
    return Story(
        market=made,
        automatic_device=device,
        automatic_issuance=request.issuance,
        retirement=retirement,
        officers=known,
        verified_issuance=_verify(registry, made, known),
        own_issuance=_consume(registry, made, body),
        parts=burn(registry, made.generator, body),
        withdrawal=_withdraw(registry, made, known),
    )


def _verify(registry: Registry, made: Market, known: Officers) -> str:
    """Have a request verified by one officer and approved by another; return the issuance."""
    request = requesting(made.generator, made.device, made.generator_account, first=1)
    review = IssueReview(
        id=new_id(),
        origin=ORIGIN,
        by=known.body,
        person=known.first,
        issuance=request.issuance,
        outcome="verified",
        reason="readings-compared",
    )
    approval = IssueApprove(
        id=new_id(), origin=ORIGIN, by=known.body, person=known.second, issuance=request.issuance
    )
    accept(registry, measuring(made.generator, made.device, first=1), request)
    accept(registry, review)
    accept(registry, approval)
    return request.issuance


def _consume(registry: Registry, made: Market, body: str) -> str:
    """Issue, and retire at once, what the generator has consumed; return the issuance."""
    described = replace(
        registering(made.generator, measurement_body=body),
        dissemination="self_consumption",
        latitude=-40_700_000,
        longitude=175_600_000,
        subdivision="NZ-WGN",
    )
    _, attachments = documented(ATTRIBUTES)
    accept(registry, Asked(described, attachments))
    accept(registry, approving(registry, described.device, automatic_wh=PLENTY_WH))
    accept(registry, measuring(body, described.device))
    request = requesting(made.generator, described.device, made.generator_account)
    accept(registry, request)
    return request.issuance


def _withdraw(registry: Registry, made: Market, known: Officers) -> str:
    """Correct a day, issue it, withdraw half of it, book the rest, and erase a record."""
    accept(registry, measuring(made.generator, made.device, first=2))
    correction = correcting(made.generator, made.device, first=2, hour_wh=MWH // 2)
    accept(registry, correction, passing(registry, made.device, 2))
    request = requesting(made.generator, made.device, made.generator_account, first=2)
    approval = IssueApprove(id=new_id(), origin=ORIGIN, by=known.body, issuance=request.issuance)
    accept(registry, request)
    accept(registry, approval)
    endorsement, withdrawal = withdrawing(known, Range(request.issuance, 1, 6))
    accept(registry, endorsement, withdrawal)
    accept(registry, *adjusting(known, made.device, first=2, energy_wh=11 * MWH))
    erasure = RecordErase(
        id=new_id(), origin=ORIGIN, by=known.body, record="ab" * 32, reason="asked-for"
    )
    accept(registry, erasure)
    return withdrawal.withdrawal


def burn(registry: Registry, generator: str, body: str) -> tuple[str, str, str]:
    """Measure a boiler of two fuels and its share of wood; return the boiler and its parts."""
    boiler = replace(
        registering(generator, measurement_body=body),
        kind="multi_fuel",
        energy_source="F01010000",
        technology="T050000",
    )
    wood, coal = (
        replace(boiler, id=new_id(), device=new_id(), kind="production", part_of=boiler.device)
        for _ in range(2)
    )
    coal = replace(coal, energy_source="F02010100")
    accept(registry, boiler, wood, coal)
    whole, *parts = (item.device for item in (boiler, wood, coal))
    accept(registry, *(approving(registry, device) for device in (whole, *parts)))
    shares = zip(parts, (6_000, 4_000), strict=True)
    declared = FuelDeclare(
        id=new_id(),
        origin=ORIGIN,
        by=body,
        device=whole,
        period_start=FIRST_DAY,
        period_end=FIRST_DAY + DAY_MS,
        shares=tuple(FuelShare(device=device, share_bp=share) for device, share in shares),
    )
    part = measured(
        id=new_id(),
        origin=ORIGIN,
        by=body,
        device=parts[0],
        capacity_w=CAPACITY_W,
        days=[hourly(FIRST_DAY, [MWH * 6 // 10] * 24)],
        part_of=whole,
    )
    accept(registry, declared, measuring(body, whole))
    accept(registry, part)
    return whole, parts[0], parts[1]


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


def _measure_with_gap_and_finding(registry: Registry, body: str, device: str) -> None:
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
            by=body,
            device=device,
            capacity_w=CAPACITY_W,
            days=days,
            gaps=[gap],
        ),
    )
    accept(registry, passing(registry, device, 2))
