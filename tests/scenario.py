"""Builders of what tests need in a registry: parties, devices, measured days, certificates.

Each records through `registry.record`, returns ids, and raises the refusal where there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from time import time_ns
from uuid import uuid4

from app.audit.identity import LogIdentity
from app.factory import Registry, make_recorder
from app.registry.codes.check_digits import gs1_check_digit
from app.registry.domains import Registry as Founded
from app.registry.errors import RefusalError
from app.registry.measurements import Interval
from app.registry.operation import Operation, content_digest
from app.registry.operations.account_open import AccountOpen
from app.registry.operations.account_whitelist import AccountWhitelist
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.endorse import Endorse
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.measure_accept import MeasureAccept
from app.registry.operations.measure_adjust import MeasureAdjust
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.registry.operations.person_add import PersonAdd
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_accept import TransferAccept
from app.registry.operations.transfer_close import TransferClose
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.operations.withdraw import Withdraw
from app.registry.presets import domain_of
from app.registry.ranges import Range
from app.services.documents import documented
from app.services.founding import Founding, found, make_keys
from app.services.measure import Day, corrected, measured
from app.services.record import Accepted, Asked
from app.settings import Settings
from app.storage.storage import Storage

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MWH = 1_000_000
CAPACITY_W = 10 * MWH
"""Ten MW: a device that can give 240 certificates a day."""
FIRST_DAY = (time_ns() // 1_000_000 // DAY_MS - 60) * DAY_MS
"""The UTC day sixty days ago: everything measured from here on is over and can be issued."""
KYC_UNTIL = FIRST_DAY + 730 * DAY_MS
PLENTY_WH = 10**12
"""A million certificates: more than any test asks for at once."""

ORIGIN = "registry.test/eac"
AUTHORITIES = tuple(f"{name}.authority.test" for name in ("north", "east", "south", "west"))
DOMAIN = domain_of(
    {
        "scheme": "go",
        "code": "NZ",
        "country": "NZ",
        "timezone": "Pacific/Auckland",
        "transfer_months": 60,
        "retire_months": 66,
        "issuer_prefix": "942900000",
    }
)
FOUNDING = Founding(origin=ORIGIN, engine="poa", authorities=AUTHORITIES, domains=(DOMAIN,))

ATTRIBUTES = {"name": "Hydro Station", "place": "Wānaka"}
"""What the document says by which every device of these is described."""

_GSRN_NUMBERS = count(1)


def founded(settings: Settings, storage: Storage, founding: Founding = FOUNDING) -> Accepted:
    """Found a registry in a prepared database: keys, four authorities, one domain."""
    sealer = make_keys(settings.keys, founding)
    return found(make_recorder(settings, storage, sealer), sealer, founding)


def new_id() -> str:
    return str(uuid4())


def accept(registry: Registry, *asked: Operation | Asked) -> list[Accepted]:
    """Record a group of which nothing may be refused. Raises the first RefusalError."""
    group = [item if isinstance(item, Asked) else Asked(item) for item in asked]
    accepted = []
    for outcome in registry.record(group):
        if isinstance(outcome, RefusalError):
            raise outcome
        accepted.append(outcome)
    return accepted


def founded_as(registry: Registry) -> Founded:
    """Return what genesis fixed: origin, operator, issuing body."""
    with registry.storage.log() as log:
        found: Founded = next(iter(log.entities(Founded)))
        return found


def identity(registry: Registry) -> LogIdentity:
    return registry.identity


def operator(registry: Registry) -> str:
    return founded_as(registry).operator


def issuing_body(registry: Registry) -> str:
    return founded_as(registry).issuing_body


def organisation(registry: Registry, *roles: str, name: str = "Somebody Ltd") -> str:
    """Admit an organisation in roles such as "generator"; return its id."""
    record, attachments = registry.vault.commit({"name": name})
    admitted = OrganisationAdmit(
        id=new_id(),
        origin=ORIGIN,
        by=issuing_body(registry),
        organisation=new_id(),
        roles=tuple(sorted(roles)),
        country="NZ",
        record=record,
        kyc_until=KYC_UNTIL,
    )
    accept(registry, Asked(admitted, attachments))
    return admitted.organisation


def person(registry: Registry, employer: str) -> str:
    """Add somebody who acts for an organisation; return the id."""
    record, attachments = registry.vault.commit({"name": "Somebody"})
    added = PersonAdd(id=new_id(), origin=ORIGIN, by=employer, member=new_id(), record=record)
    accept(registry, Asked(added, attachments))
    return added.member


def account(registry: Registry, owner: str) -> str:
    """Open an account of an organisation; return its id."""
    opened = AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)
    accept(registry, opened)
    return opened.account


def whitelisted(registry: Registry, *, receiver: str, owner: str, sender: str) -> None:
    """Let transfers from the sender's account enter the receiver's, which its owner asks for."""
    accept(
        registry,
        AccountWhitelist(
            id=new_id(), origin=ORIGIN, by=owner, account=receiver, sender=sender, allowed=True
        ),
    )


def gsrn(number: int) -> str:
    """Return a valid GSRN."""
    body = f"942900001{number:08d}"
    return body + gs1_check_digit(body)


def registering(
    registrant: str, *, capacity_w: int = CAPACITY_W, measurement_body: str | None = None
) -> DeviceRegister:
    """Return the registration of a hydro station.

    Its registrant reports its own readings, unless a measurement body is named.
    """
    attributes, _ = documented(ATTRIBUTES)
    return DeviceRegister(
        id=new_id(),
        origin=ORIGIN,
        by=registrant,
        device=new_id(),
        domain=DOMAIN.code,
        gsrn=gsrn(next(_GSRN_NUMBERS)),
        energy_source="F01050200",
        technology="T030000",
        capacity_w=capacity_w,
        commissioned_on="2001-02-03",
        attributes=attributes,
        kind="production",
        support="none",
        dissemination="grid",
        measurement_body=measurement_body or registrant,
    )


def registered_device(
    registry: Registry,
    registrant: str,
    *,
    capacity_w: int = CAPACITY_W,
    measurement_body: str | None = None,
) -> str:
    """Register a hydro station that nobody has approved; return its id."""
    registered = registering(registrant, capacity_w=capacity_w, measurement_body=measurement_body)
    _, attachments = documented(ATTRIBUTES)
    accept(registry, Asked(registered, attachments))
    return registered.device


def approving(registry: Registry, device: str, *, automatic_wh: int = 0) -> DeviceApprove:
    """Return the approval of a device's first version around FIRST_DAY."""
    return DeviceApprove(
        id=new_id(),
        origin=ORIGIN,
        by=issuing_body(registry),
        device=device,
        number=1,
        valid_from=FIRST_DAY - 365 * DAY_MS,
        valid_until=FIRST_DAY + 365 * DAY_MS,
        automatic_wh=automatic_wh,
    )


def approved_device(
    registry: Registry,
    registrant: str,
    *,
    automatic_wh: int = 0,
    capacity_w: int = CAPACITY_W,
    measurement_body: str | None = None,
) -> str:
    """Register a device and have it approved around FIRST_DAY; return its id."""
    device = registered_device(
        registry, registrant, capacity_w=capacity_w, measurement_body=measurement_body
    )
    accept(registry, approving(registry, device, automatic_wh=automatic_wh))
    return device


def automatic_device(
    registry: Registry, registrant: str, *, capacity_w: int = CAPACITY_W
) -> tuple[str, str]:
    """Approve a device whose requests are issued at once; return its id and who reports on it."""
    body = organisation(registry, "measurement_body", name="Metering Ltd")
    device = approved_device(
        registry,
        registrant,
        automatic_wh=PLENTY_WH,
        capacity_w=capacity_w,
        measurement_body=body,
    )
    return device, body


def hourly(start: int, energies_wh: Sequence[int]) -> Day:
    """Return a day of hourly readings."""
    intervals = [
        Interval(start + at * HOUR_MS, start + (at + 1) * HOUR_MS, energy_wh)
        for at, energy_wh in enumerate(energies_wh)
    ]
    return Day(start, start + len(energies_wh) * HOUR_MS, intervals)


def measuring(
    reporter: str,
    device: str,
    *,
    first: int = 0,
    days: int = 1,
    hour_wh: int = MWH,
    capacity_w: int = CAPACITY_W,
) -> Asked:
    """Return the operation that reports whole days, counted from FIRST_DAY, of even hours."""
    starts = (FIRST_DAY + at * DAY_MS for at in range(first, first + days))
    return measured(
        id=new_id(),
        origin=ORIGIN,
        by=reporter,
        device=device,
        capacity_w=capacity_w,
        days=[hourly(start, [hour_wh] * 24) for start in starts],
    )


def correcting(
    reporter: str,
    device: str,
    *,
    first: int = 0,
    hour_wh: int = MWH,
    capacity_w: int = CAPACITY_W,
) -> Asked:
    """Return the operation that reports one whole day anew."""
    return corrected(
        id=new_id(),
        origin=ORIGIN,
        by=reporter,
        device=device,
        capacity_w=capacity_w,
        days=[hourly(FIRST_DAY + first * DAY_MS, [hour_wh] * 24)],
        reason="meter-replaced",
    )


def passing(registry: Registry, device: str, *days: int) -> MeasureAccept:
    """Return the issuing body's acceptance of days with a finding or correction."""
    return MeasureAccept(
        id=new_id(),
        origin=ORIGIN,
        by=issuing_body(registry),
        device=device,
        spans=tuple(FIRST_DAY + at * DAY_MS for at in days),
        reason="meter-confirmed",
    )


def requesting(
    registrant: str, device: str, account: str, *, first: int = 0, days: int = 1
) -> IssueRequest:
    """Return the request to issue whole days, counted from FIRST_DAY."""
    return IssueRequest(
        id=new_id(),
        origin=ORIGIN,
        by=registrant,
        issuance=new_id(),
        device=device,
        account=account,
        period_start=FIRST_DAY + first * DAY_MS,
        period_end=FIRST_DAY + (first + days) * DAY_MS,
    )


def issued(
    registry: Registry,
    registrant: str,
    device: str,
    account: str,
    *,
    first: int = 0,
    days: int = 1,
    hour_wh: int = MWH,
) -> str:
    """Measure days, request and approve their issuance; return its id: 24 certificates a day."""
    report = measuring(
        registrant, device, first=first, days=days, hour_wh=hour_wh, capacity_w=hour_wh * 10
    )
    accept(registry, report)
    request = requesting(registrant, device, account, first=first, days=days)
    accept(registry, request)
    accept(
        registry,
        IssueApprove(
            id=new_id(), origin=ORIGIN, by=issuing_body(registry), issuance=request.issuance
        ),
    )
    return request.issuance


@dataclass(frozen=True, kw_only=True)
class Officers:
    """Two persons of the issuing body."""

    body: str
    first: str
    second: str


def officers(registry: Registry) -> Officers:
    """Add two persons to the issuing body."""
    body = issuing_body(registry)
    return Officers(body=body, first=person(registry, body), second=person(registry, body))


def endorsing(
    operation: Withdraw | MeasureAdjust, *, by: str, person: str | None, endorsement: str
) -> Endorse:
    """Return somebody's word for the content of an operation."""
    return Endorse(
        id=new_id(),
        origin=ORIGIN,
        by=by,
        person=person,
        endorsement=endorsement,
        digest=content_digest(operation),
    )


def withdrawing(
    known: Officers, *items: Range, compensates: bool = False
) -> tuple[Endorse, Withdraw]:
    """Return the second officer's word for a withdrawal, and the withdrawal by the first."""
    operation = Withdraw(
        id=new_id(),
        origin=ORIGIN,
        by=known.body,
        person=known.first,
        withdrawal=new_id(),
        items=items,
        reason="meter-fault",
        case="case-7",
        compensates=compensates,
        endorsement=new_id(),
    )
    return _seconded(known, operation), operation


def adjusting(
    known: Officers, device: str, *, first: int = 0, energy_wh: int
) -> tuple[Endorse, MeasureAdjust]:
    """Return the second officer's word for what is right of an issued day, and its booking."""
    operation = MeasureAdjust(
        id=new_id(),
        origin=ORIGIN,
        by=known.body,
        person=known.first,
        adjustment=new_id(),
        device=device,
        start=FIRST_DAY + first * DAY_MS,
        energy_wh=energy_wh,
        reason="wrong-multiplier",
        endorsement=new_id(),
    )
    return _seconded(known, operation), operation


def _seconded(known: Officers, operation: Withdraw | MeasureAdjust) -> Endorse:
    return endorsing(
        operation, by=known.body, person=known.second, endorsement=operation.endorsement
    )


def consented(
    operation: Withdraw, *, by: str, person: str | None = None
) -> tuple[Endorse, Withdraw]:
    """Return a holder's word for a withdrawal, and the withdrawal that names it."""
    consent = endorsing(operation, by=by, person=person, endorsement=new_id())
    return consent, replace(operation, consents=(*(operation.consents or ()), consent.endorsement))


def transferring(owner: str, *, source: str, to: str, quantity: int) -> Transfer:
    """Return a transfer of the oldest certificates."""
    return Transfer(
        id=new_id(), origin=ORIGIN, by=owner, from_=source, to=to, items=None, quantity=quantity
    )


def offering(
    owner: str, *, source: str, to: str, quantity: int | None = None, items: Sequence[Range] = ()
) -> TransferOffer:
    """Return an offer of the oldest certificates, or of those that are named."""
    return TransferOffer(
        id=new_id(),
        origin=ORIGIN,
        by=owner,
        offer=new_id(),
        from_=source,
        to=to,
        items=tuple(items) or None,
        quantity=quantity,
    )


def accepting(receiver: str, offer: str) -> TransferAccept:
    """Return the acceptance of an offer."""
    return TransferAccept(id=new_id(), origin=ORIGIN, by=receiver, offer=offer)


def closing(by: str, offer: str, *, why: str) -> TransferClose:
    """Return the end of an offer: "recalled" by its sender, "rejected" by its receiver."""
    return TransferClose(id=new_id(), origin=ORIGIN, by=by, offer=offer, why=why)


@dataclass(frozen=True, kw_only=True)
class Market:
    """A generator with a device and certificates, and a buyer whose account takes them."""

    generator: str
    generator_account: str
    buyer: str
    buyer_account: str
    device: str
    issuance: str
    quantity: int


def market(registry: Registry, *, days: int = 1, hour_wh: int = MWH) -> Market:
    """Return a small market: a device's certificates of some days, held by its generator."""
    generator = organisation(registry, "generator", name="Generator Ltd")
    buyer = organisation(registry, "buyer", name="Buyer Ltd")
    generator_account = account(registry, generator)
    buyer_account = account(registry, buyer)
    whitelisted(registry, receiver=buyer_account, owner=buyer, sender=generator_account)
    device = approved_device(registry, generator, capacity_w=hour_wh * 10)
    issuance = issued(registry, generator, device, generator_account, days=days, hour_wh=hour_wh)
    return Market(
        generator=generator,
        generator_account=generator_account,
        buyer=buyer,
        buyer_account=buyer_account,
        device=device,
        issuance=issuance,
        quantity=24 * days * (hour_wh // MWH),
    )
