"""A registry in memory: its parties, devices and spans, and one acceptable operation of each verb.

`ready_book` is a registry in the middle of its life: January's first days of one device are issued,
pending, approved, free, waiting for acceptance and not measured yet, in this order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import NAMESPACE_URL, uuid5

import pytest

from app.ledger.times import TIME_MAX_MS
from app.registry.devices import GRID
from app.registry.domains import Domain
from app.registry.errors import RefusalError
from app.registry.fuels import FuelShare
from app.registry.issuances import APPROVED, Issuance, Request
from app.registry.measurements import OVER_CAPACITY, DeclaredFinding, DeclaredGap, MeasuredSpan
from app.registry.operation import Operation, content_digest
from app.registry.operations import parse_operation
from app.registry.operations.account_open import AccountOpen
from app.registry.operations.account_whitelist import AccountWhitelist
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_automate import DeviceAutomate
from app.registry.operations.device_deregister import DeviceDeregister
from app.registry.operations.device_hand_over import DeviceHandOver
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.device_review import DeviceReview
from app.registry.operations.device_revise import DeviceRevise
from app.registry.operations.device_suspend import DeviceSuspend
from app.registry.operations.device_take_over import DeviceTakeOver
from app.registry.operations.endorse import Endorse
from app.registry.operations.fuel_declare import FuelDeclare
from app.registry.operations.genesis import Genesis
from app.registry.operations.issue import Issue
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_reject import IssueReject
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.issue_review import IssueReview
from app.registry.operations.issue_submit import IssueSubmit
from app.registry.operations.issue_withdraw import IssueWithdraw
from app.registry.operations.measure import Measure
from app.registry.operations.measure_accept import MeasureAccept
from app.registry.operations.measure_adjust import MeasureAdjust
from app.registry.operations.measure_correct import MeasureCorrect
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.registry.operations.organisation_review import OrganisationReview
from app.registry.operations.person_add import PersonAdd
from app.registry.operations.person_remove import PersonRemove
from app.registry.operations.record_erase import RecordErase
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_accept import TransferAccept
from app.registry.operations.transfer_close import TransferClose
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.operations.withdraw import Withdraw
from app.registry.presets import domain_of
from app.registry.ranges import Bundle, Range
from app.registry.state import At, Change, Rows, State
from app.registry.windows import Windows, add_months


def uid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def ms(text: str) -> int:
    instant = datetime.fromisoformat(text)
    return int(instant.replace(tzinfo=instant.tzinfo or UTC).timestamp()) * 1000


ORIGIN = "registry.example/eac"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
JANUARY = ms("2025-01-01")
NOW = ms("2025-03-01")
KYC_UNTIL = ms("2027-03-01")
HASH = "ab" * 32
OTHER_HASH = "cd" * 32
OPEN = Windows(NOW + DAY_MS, NOW + 2 * DAY_MS)
CLOSED = Windows(NOW, NOW)

OPERATOR = uid("operator")
ISSUING_BODY = uid("issuing body")
GENERATOR = uid("generator")
RIVAL = uid("another generator")
BUYER = uid("buyer")
AUDITOR = uid("auditor")
METERING = uid("measurement body")
STRANGER = uid("stranger")

OFFICER = uid("person of the issuing body")
SECOND_OFFICER = uid("another person of the issuing body")
CLERK = uid("person of the generator")
READER = uid("person of the measurement body")

GENERATOR_ACCOUNT = uid("generator's account")
GENERATOR_OTHER_ACCOUNT = uid("generator's other account")
RIVAL_ACCOUNT = uid("rival's account")
BUYER_ACCOUNT = uid("buyer's account")
UNKNOWN = uid("nothing of this id")

DEVICE = uid("wind farm")
AUTOMATIC_DEVICE = uid("solar park, issued automatically")
REGISTERED_DEVICE = uid("hydro station, not approved")
BOILER = uid("boiler of two fuels")
WOOD = uid("the wood in the boiler")
GAS = uid("the gas in the boiler")
CAPACITY_W = 1_000_000
COMMISSIONED_ON = "2020-01-01"
FACE_VALUE_WH = 1_000_000
DAY_ENERGY_WH = 10_000_000
PLENTY_WH = 10**12
GSRNS = (
    "571313180400013469",
    "571313115400167430",
    "571313115400167454",
    "123456789012345675",
    "571313180400013001",
)
HAND_OVER = ms("2025-02-01")
"""From when on the wind farm is another's, in `handed_book`."""

ISSUED = uid("issuance of 1 January")
PENDING_REQUEST = uid("issuance of 2 January")
APPROVED_REQUEST = uid("issuance of 3 January")
DRAFT_REQUEST = uid("issuance of 4 January, a draft")
ENDORSEMENT = uid("endorsement")

SETTINGS = domain_of(
    {
        "scheme": "go",
        "code": "DK",
        "country": "DK",
        "timezone": "Europe/Copenhagen",
        "issuer_prefix": "571234567",
    }
)

GENESIS = Genesis(
    id=uid("genesis"),
    origin=ORIGIN,
    by=OPERATOR,
    log_vkey="registry.example/eac+12345678+AAAA",
    rules=1,
    authority_set={"engine": "poa", "from_height": 0, "authorities": [{"weight": 1}]},
    issuing_body=ISSUING_BODY,
    domains=(SETTINGS,),
    heartbeat_s=60,
    key_delay_blocks=10,
    schemas=HASH,
)


@dataclass
class Book:
    """A State and its place on the log."""

    state: State = field(default_factory=State)
    time_ms: int = NOW
    height: int = -1
    index: int = 0

    @property
    def at(self) -> At:
        return At(self.time_ms, self.height, self.index)


def utc_calendar(domain: Domain, period_end: int) -> Windows:
    """Return windows to the end of the UTC day months after the last day of production."""
    settings = domain.settings
    last_day = datetime.fromtimestamp((period_end - 1) // 1000, UTC).date()
    transfer_until, retire_until = (
        TIME_MAX_MS if months is None else _end_of(add_months(last_day, months))
        for months in (settings.transfer_months, settings.retire_months)
    )
    deadline = settings.retire_deadline
    if deadline is not None:
        retire_until = min(retire_until, _end_of(deadline.after(last_day.year)))
    return Windows(min(transfer_until, retire_until), retire_until)


def _end_of(last: date) -> int:
    return ms((last + timedelta(days=1)).isoformat())


def decide_and_apply(book: Book, *operations: Operation) -> Rows:
    """Decide and apply one group with all that follows, close its block, return what changed."""
    book.height += 1
    for operation in operations:
        _record_all(book, operation)
    book.index += 1
    return book.state.settle(book.height)


def _record_all(book: Book, operation: Operation) -> None:
    """Record an operation and, in order, all that follows from it."""
    for follow in _record(book, operation).follows:
        if follow.members is not None:
            plain = follow.plain(operation.id, origin=ORIGIN)
            _record_all(book, parse_operation(plain))
        else:
            _record_all(book, compose_issue(book, follow.subject, cause=operation.id))


def _record(book: Book, operation: Operation) -> Change:
    change = operation.decide(book.state, book.at)
    book.state.apply(change, book.at)
    book.state.recorded.add(operation.id)
    book.index += 1
    return change


def compose_issue(book: Book, issuance: str, *, cause: str = APPROVED_REQUEST) -> Issue:
    return Issue.compose(
        book.state, issuance=issuance, cause=cause, at=book.at, calendar=utc_calendar
    )


def refusal(book: Book, operation: Operation) -> tuple[str, str, str]:
    """Return the code, pointer and rule with which an operation is refused."""
    with pytest.raises(RefusalError) as caught:
        operation.decide(book.state, book.at)
    return caught.value.code, caught.value.pointer, caught.value.rule


def admit(organisation: str, *roles: str) -> OrganisationAdmit:
    return OrganisationAdmit(
        id=uid(f"admit {organisation}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        organisation=organisation,
        roles=roles,
        country="DK",
        record=HASH,
        kyc_until=KYC_UNTIL,
    )


def review_organisation(
    organisation: str, *, kyc_until: int = KYC_UNTIL, suspended: bool = False
) -> OrganisationReview:
    return OrganisationReview(
        id=uid(f"review {organisation} {kyc_until} {suspended}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        organisation=organisation,
        kyc_until=kyc_until,
        suspended=suspended,
        reason="periodic-review",
    )


def add_person(member: str, organisation: str) -> PersonAdd:
    return PersonAdd(
        id=uid(f"add {member}"), origin=ORIGIN, by=organisation, member=member, record=HASH
    )


def remove_person(member: str, organisation: str) -> PersonRemove:
    return PersonRemove(id=uid(f"remove {member}"), origin=ORIGIN, by=organisation, member=member)


def endorse(
    operation: Operation,
    *,
    endorsement: str = ENDORSEMENT,
    by: str = ISSUING_BODY,
    person: str | None = SECOND_OFFICER,
) -> Endorse:
    """Return somebody's word for the content of an operation, by default the second officer's."""
    return Endorse(
        id=uid(f"endorse {operation.id} {endorsement} {by} {person}"),
        origin=ORIGIN,
        by=by,
        person=person,
        endorsement=endorsement,
        digest=content_digest(operation),
    )


def erase(record: str, *, by: str = ISSUING_BODY) -> RecordErase:
    return RecordErase(
        id=uid(f"erase {record} {by}"), origin=ORIGIN, by=by, record=record, reason="asked-for"
    )


def open_account(account: str, organisation: str) -> AccountOpen:
    return AccountOpen(
        id=uid(f"open {account}"),
        origin=ORIGIN,
        by=organisation,
        account=account,
        organisation=organisation,
    )


def whitelist(account: str, sender: str, *, by: str, allowed: bool = True) -> AccountWhitelist:
    return AccountWhitelist(
        id=uid(f"whitelist {account} {sender} {allowed}"),
        origin=ORIGIN,
        by=by,
        account=account,
        sender=sender,
        allowed=allowed,
    )


def register(device: str, gsrn: str) -> DeviceRegister:
    """Return the registration of a wind farm by the generator."""
    return DeviceRegister(
        id=uid(f"register {device}"),
        origin=ORIGIN,
        by=GENERATOR,
        device=device,
        domain="DK",
        gsrn=gsrn,
        energy_source="F01050100",
        technology="T020001",
        capacity_w=CAPACITY_W,
        commissioned_on=COMMISSIONED_ON,
        attributes=HASH,
        kind="production",
        support="none",
        dissemination=GRID,
        measurement_body=METERING,
    )


def revise(device: str, *, version: int) -> DeviceRevise:
    """Return a description of the wind farm that differs in its attribute document alone."""
    return DeviceRevise(
        id=uid(f"revise {device} {version}"),
        origin=ORIGIN,
        by=GENERATOR,
        device=device,
        version=version,
        energy_source="F01050100",
        technology="T020001",
        capacity_w=CAPACITY_W,
        commissioned_on=COMMISSIONED_ON,
        attributes=OTHER_HASH,
        support="none",
        dissemination=GRID,
        measurement_body=METERING,
    )


def review_device(
    device: str, outcome: str = "verified", *, number: int = 1, person: str | None = None
) -> DeviceReview:
    return DeviceReview(
        id=uid(f"review {device} {outcome} {number} {person}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        person=person,
        device=device,
        number=number,
        outcome=outcome,
        reason="inspected",
    )


def approve_device(device: str, *, automatic_wh: int = 0, number: int = 1) -> DeviceApprove:
    return DeviceApprove(
        id=uid(f"approve {device} {number}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        device=device,
        number=number,
        valid_from=JANUARY,
        valid_until=ms("2028-01-01"),
        automatic_wh=automatic_wh,
    )


def automate(device: str, *, automatic_wh: int, version: int) -> DeviceAutomate:
    return DeviceAutomate(
        id=uid(f"automate {device} {automatic_wh} {version}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        device=device,
        automatic_wh=automatic_wh,
        version=version,
    )


def suspend(device: str, *, suspended: bool = True) -> DeviceSuspend:
    return DeviceSuspend(
        id=uid(f"suspend {device} {suspended}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        device=device,
        suspended=suspended,
        reason="meter-in-doubt",
    )


def hand_over(
    device: str, *, version: int, to: str = RIVAL, effective_from: int = HAND_OVER
) -> DeviceHandOver:
    return DeviceHandOver(
        id=uid(f"hand over {device} {version} {to}"),
        origin=ORIGIN,
        by=GENERATOR,
        device=device,
        version=version,
        to=to,
        effective_from=effective_from,
    )


def take_over(device: str, *, number: int = 2, by: str = RIVAL) -> DeviceTakeOver:
    return DeviceTakeOver(
        id=uid(f"take over {device} {number} {by}"),
        origin=ORIGIN,
        by=by,
        device=device,
        number=number,
    )


def deregister(device: str, *, ended_at: int = NOW) -> DeviceDeregister:
    return DeviceDeregister(
        id=uid(f"deregister {device} {ended_at}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        device=device,
        ended_at=ended_at,
        reason="closed-down",
    )


def declare_fuels(*shares: tuple[str, int], first: int = 0, last: int = 30) -> FuelDeclare:
    """Return which basis points each source has in the boiler's days first to last, inclusive."""
    return FuelDeclare(
        id=uid(f"fuels {shares} {first} {last}"),
        origin=ORIGIN,
        by=METERING,
        device=BOILER,
        period_start=day(first),
        period_end=day(last + 1),
        shares=tuple(FuelShare(device=device, share_bp=share) for device, share in shares),
    )


def day(number: int) -> int:
    """Return the beginning of the day that many days after 1 January 2025."""
    return JANUARY + number * DAY_MS


def span(start: int, end: int, energy_wh: int = DAY_ENERGY_WH) -> MeasuredSpan:
    return MeasuredSpan(start=start, end=end, energy_wh=energy_wh, count=24, root=HASH)


def day_span(number: int, energy_wh: int = DAY_ENERGY_WH) -> MeasuredSpan:
    return span(day(number), day(number + 1), energy_wh)


def day_gap(first: int, last: int) -> DeclaredGap:
    """Return the declared gap of the days first to last, inclusive."""
    return DeclaredGap(start=day(first), end=day(last + 1), reason="meter-failure")


def finding(start: int) -> DeclaredFinding:
    return DeclaredFinding(start=start, code=OVER_CAPACITY, count=1)


def measure(
    *spans: MeasuredSpan,
    gaps: Sequence[DeclaredGap] = (),
    findings: Sequence[DeclaredFinding] = (),
    device: str = DEVICE,
) -> Measure:
    return Measure(
        id=uid(f"measure {device} {spans[0].start}"),
        origin=ORIGIN,
        by=METERING,
        device=device,
        spans=spans,
        gaps=tuple(gaps) or None,
        findings=tuple(findings) or None,
    )


def accept(*starts: int, device: str = DEVICE) -> MeasureAccept:
    return MeasureAccept(
        id=uid(f"accept {device} {starts}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        device=device,
        spans=starts,
        reason="checked-on-site",
    )


def correct(*spans: MeasuredSpan, device: str = DEVICE) -> MeasureCorrect:
    return MeasureCorrect(
        id=uid(f"correct {device} {spans[0].start} {spans[0].energy_wh}"),
        origin=ORIGIN,
        by=METERING,
        device=device,
        spans=spans,
        reason="meter-replaced",
    )


def adjust(start: int, energy_wh: int, *, device: str = DEVICE) -> MeasureAdjust:
    """Return what is right of an issued span, to be endorsed by the second officer."""
    return MeasureAdjust(
        id=uid(f"adjust {device} {start} {energy_wh}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        person=OFFICER,
        adjustment=uid(f"adjustment {device} {start} {energy_wh}"),
        device=device,
        start=start,
        energy_wh=energy_wh,
        reason="wrong-multiplier",
        endorsement=ENDORSEMENT,
    )


def request(issuance: str, first: int, last: int, *, device: str = DEVICE) -> IssueRequest:
    """Return the request for the days first to last, inclusive."""
    return IssueRequest(
        id=uid(f"request {issuance}"),
        origin=ORIGIN,
        by=GENERATOR,
        issuance=issuance,
        device=device,
        account=GENERATOR_ACCOUNT,
        period_start=day(first),
        period_end=day(last + 1),
    )


def submit(issuance: str) -> IssueSubmit:
    return IssueSubmit(id=uid(f"submit {issuance}"), origin=ORIGIN, by=GENERATOR, issuance=issuance)


def review(
    issuance: str,
    outcome: str = "verified",
    *,
    by: str = ISSUING_BODY,
    person: str | None = None,
) -> IssueReview:
    return IssueReview(
        id=uid(f"review {issuance} {outcome} {by} {person}"),
        origin=ORIGIN,
        by=by,
        person=person,
        issuance=issuance,
        outcome=outcome,
        reason="looked-at",
    )


def approve(issuance: str) -> IssueApprove:
    return IssueApprove(
        id=uid(f"approve {issuance}"), origin=ORIGIN, by=ISSUING_BODY, issuance=issuance
    )


def reject(issuance: str) -> IssueReject:
    return IssueReject(
        id=uid(f"reject {issuance}"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        issuance=issuance,
        reason="data-in-doubt",
    )


def withdraw(issuance: str) -> IssueWithdraw:
    return IssueWithdraw(
        id=uid(f"withdraw {issuance}"), origin=ORIGIN, by=GENERATOR, issuance=issuance
    )


def issue_days(
    book: Book, issuance: str, first: int, last: int, *, device: str = DEVICE
) -> Issuance:
    """Request the days first to last, have them approved, and return the issuance."""
    decide_and_apply(book, request(issuance, first, last, device=device))
    decide_and_apply(book, approve(issuance))
    return book.state.issuance(issuance)


def approved_request(issuance: str, first: int, last: int, *, device: str = DEVICE) -> Request:
    """Return what State holds between an approval and the issue that follows it."""
    return Request(issuance, device, GENERATOR_ACCOUNT, day(first), day(last + 1), APPROVED)


TRANSFER = Transfer(
    id=uid("transfer"),
    origin=ORIGIN,
    by=GENERATOR,
    from_=GENERATOR_ACCOUNT,
    to=BUYER_ACCOUNT,
    items=(Range(ISSUED, 1, 3),),
)

OFFER = TransferOffer(
    id=uid("offer"),
    origin=ORIGIN,
    by=GENERATOR,
    offer=uid("what is offered"),
    from_=GENERATOR_ACCOUNT,
    to=RIVAL_ACCOUNT,
    items=(Range(ISSUED, 1, 3),),
)

RETIRE = Retire(
    id=uid("retire"),
    origin=ORIGIN,
    by=GENERATOR,
    retirement=uid("retirement"),
    account=GENERATOR_ACCOUNT,
    usage="disclosure",
    beneficiary=HASH,
    country="DK",
    period_start=JANUARY,
    period_end=ms("2026-01-01"),
    quantity=3,
)


WITHDRAW = Withdraw(
    id=uid("withdraw certificates"),
    origin=ORIGIN,
    by=ISSUING_BODY,
    person=OFFICER,
    withdrawal=uid("withdrawal"),
    items=(Range(ISSUED, 1, 3),),
    reason="meter-fault",
    case="case-7",
    compensates=False,
    endorsement=ENDORSEMENT,
)
ADJUST = adjust(JANUARY, DAY_ENERGY_WH - FACE_VALUE_WH)


def accept_offer(offer: str = OFFER.offer, *, by: str = RIVAL) -> TransferAccept:
    return TransferAccept(id=uid(f"accept {offer} {by}"), origin=ORIGIN, by=by, offer=offer)


def close_offer(why: str, offer: str = OFFER.offer, *, by: str) -> TransferClose:
    return TransferClose(
        id=uid(f"close {offer} {why} {by}"), origin=ORIGIN, by=by, offer=offer, why=why
    )


def genesis_book(genesis: Genesis = GENESIS) -> Book:
    book = Book()
    decide_and_apply(book, genesis)
    return book


def parties_book(genesis: Genesis = GENESIS) -> Book:
    """Return a registry with its parties, their persons and accounts.

    The buyer takes from the generator.
    """
    book = genesis_book(genesis)
    decide_and_apply(
        book,
        admit(GENERATOR, "generator"),
        admit(RIVAL, "buyer", "generator"),
        admit(BUYER, "buyer"),
        admit(AUDITOR, "auditor"),
        admit(METERING, "measurement_body"),
    )
    decide_and_apply(
        book,
        open_account(GENERATOR_ACCOUNT, GENERATOR),
        open_account(GENERATOR_OTHER_ACCOUNT, GENERATOR),
        open_account(RIVAL_ACCOUNT, RIVAL),
        open_account(BUYER_ACCOUNT, BUYER),
        whitelist(BUYER_ACCOUNT, GENERATOR_ACCOUNT, by=BUYER),
        add_person(OFFICER, ISSUING_BODY),
        add_person(SECOND_OFFICER, ISSUING_BODY),
        add_person(CLERK, GENERATOR),
        add_person(READER, METERING),
    )
    return book


def devices_book(genesis: Genesis = GENESIS) -> Book:
    """Return a registry with a device, an automatic one, and one not approved; none measured."""
    book = parties_book(genesis)
    devices = (DEVICE, AUTOMATIC_DEVICE, REGISTERED_DEVICE)
    decide_and_apply(book, *map(register, devices, GSRNS))
    decide_and_apply(
        book, approve_device(DEVICE), approve_device(AUTOMATIC_DEVICE, automatic_wh=PLENTY_WH)
    )
    return book


def measured_book(*energies_wh: int) -> Book:
    """Return a registry in which the device's first days have these energies."""
    book = devices_book()
    spans = (day_span(number, energy_wh) for number, energy_wh in enumerate(energies_wh))
    decide_and_apply(book, measure(*spans))
    return book


def ready_book() -> Book:
    """Return the registry of this module's first lines."""
    book = devices_book()
    days = [day_span(number) for number in range(5)]
    decide_and_apply(book, measure(*days, findings=[finding(day(4))]))
    issue_days(book, ISSUED, 0, 0)
    decide_and_apply(book, request(PENDING_REQUEST, 1, 1))
    book.state.add(approved_request(APPROVED_REQUEST, 2, 2))
    return book


def offered_book() -> Book:
    """Return the same registry, in which the generator has offered three to its rival."""
    book = ready_book()
    decide_and_apply(book, OFFER)
    return book


def draft_book() -> Book:
    """Return the same registry, in which the generator has drafted a request."""
    book = ready_book()
    decide_and_apply(book, replace(request(DRAFT_REQUEST, 3, 3), draft=True))
    return book


def handed_book() -> Book:
    """Return the same registry, in which the generator has handed its wind farm to its rival."""
    book = ready_book()
    decide_and_apply(book, hand_over(DEVICE, version=2))
    return book


def endorsed_book(*operations: Operation) -> Book:
    """Return the same registry, in which the second officer has endorsed these."""
    book = ready_book()
    decide_and_apply(book, *map(endorse, operations))
    return book


def boiler_parts() -> tuple[DeviceRegister, ...]:
    """Return the registrations of a boiler of two fuels and of each fuel."""
    whole = replace(
        register(BOILER, GSRNS[4]),
        kind="multi_fuel",
        energy_source="F01010000",
        technology="T050000",
    )
    return (
        whole,
        *(
            replace(
                register(part, GSRNS[4]),
                part_of=BOILER,
                energy_source=source,
                technology="T050000",
            )
            for part, source in ((WOOD, "F01010000"), (GAS, "F02020000"))
        ),
    )


def fuels_book() -> Book:
    """Return a registry with a boiler of two fuels and its parts, approved; nothing is measured."""
    book = devices_book()
    decide_and_apply(book, *boiler_parts())
    decide_and_apply(book, *map(approve_device, (BOILER, WOOD, GAS)))
    return book


@cache
def acceptable() -> dict[str, Operation]:
    """Return an operation of each verb that its `book_for` accepts."""
    operations: tuple[Operation, ...] = (
        GENESIS,
        admit(STRANGER, "buyer"),
        review_organisation(BUYER),
        add_person(uid("one more person"), GENERATOR),
        remove_person(CLERK, GENERATOR),
        endorse(WITHDRAW),
        erase(HASH),
        open_account(uid("one more account"), GENERATOR),
        whitelist(GENERATOR_ACCOUNT, BUYER_ACCOUNT, by=GENERATOR),
        register(uid("one more device"), GSRNS[3]),
        revise(DEVICE, version=2),
        review_device(REGISTERED_DEVICE),
        approve_device(REGISTERED_DEVICE),
        automate(DEVICE, automatic_wh=PLENTY_WH, version=2),
        suspend(DEVICE),
        hand_over(DEVICE, version=2),
        take_over(DEVICE),
        deregister(DEVICE),
        declare_fuels((WOOD, 6_000), (GAS, 4_000)),
        measure(day_span(5), day_span(7), gaps=[day_gap(6, 6)], findings=[finding(day(7))]),
        accept(day(4)),
        correct(day_span(3, DAY_ENERGY_WH - 1)),
        ADJUST,
        request(uid("issuance of 4 January"), 3, 3),
        submit(DRAFT_REQUEST),
        review(PENDING_REQUEST),
        approve(PENDING_REQUEST),
        reject(PENDING_REQUEST),
        withdraw(PENDING_REQUEST),
        compose_issue(ready_book(), APPROVED_REQUEST),
        WITHDRAW,
        TRANSFER,
        OFFER,
        accept_offer(),
        close_offer("recalled", by=GENERATOR),
        RETIRE,
    )
    return {operation.type: operation for operation in operations}


def book_for(verb: str) -> Book:
    """Return a registry that accepts the acceptable operation of a verb."""
    made: dict[str, Callable[[], Book]] = {
        Genesis.type: Book,
        TransferAccept.type: offered_book,
        TransferClose.type: offered_book,
        IssueSubmit.type: draft_book,
        DeviceTakeOver.type: handed_book,
        FuelDeclare.type: fuels_book,
        Withdraw.type: lambda: endorsed_book(WITHDRAW),
        MeasureAdjust.type: lambda: endorsed_book(ADJUST),
    }
    return made.get(verb, ready_book)()


def two_domains() -> Genesis:
    other = replace(SETTINGS, code="NO", country="NO", issuer_prefix="700000001")
    return replace(GENESIS, domains=(SETTINGS, other))


def holding(
    book: Book,
    issuance: str,
    *pieces: tuple[int, str, str],
    age: tuple[int, int] = (JANUARY, 0),
    windows: Windows = OPEN,
) -> None:
    """Add an issuance as rows hold it: pieces of a quantity, an account and a state, in order.

    Its age is the start of its period and the index of its leaf.
    """
    period_start, index = age
    quantity = sum(piece[0] for piece in pieces)
    book.state.add(
        Issuance(
            id=issuance,
            device=DEVICE,
            domain="DK",
            account=pieces[0][1],
            period_start=period_start,
            period_end=period_start + DAY_MS,
            energy_wh=quantity,
            carried_in_wh=0,
            carried_out_wh=0,
            face_value_wh=1,
            quantity=quantity,
            number_first="1" * 30,
            transfer_until=windows.transfer_until,
            retire_until=windows.retire_until,
            code_lists="eecs-1",
            attributes=HASH,
            index=index,
            registration=1,
        )
    )
    first = 1
    for count, account, state in pieces:
        last = first + count - 1
        book.state.bundles.add(Bundle(issuance, first, last, account, state, 1, *age))
        first = last + 1
