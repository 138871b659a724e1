"""Self-consumption: not certified, certified freely, or retired for its registrant at once."""

from dataclasses import replace
from typing import Any

import pytest
from builders import (
    AUTOMATIC_DEVICE,
    DEVICE,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENESIS,
    HASH,
    ORIGIN,
    OTHER_HASH,
    RETIRE,
    SETTINGS,
    Book,
    approve,
    compose_issue,
    day,
    day_span,
    decide_and_apply,
    devices_book,
    measure,
    refusal,
    request,
    review_organisation,
    uid,
)

from app.audit.findings import Report
from app.audit.replay import Replay
from app.ledger.leaves import OperationLeaf
from app.registry.operation import Operation, claimed_ids
from app.registry.operations import parse_operation
from app.registry.operations.retire import Retire
from app.registry.ranges import Bundle, Range
from app.registry.retirements import Retirement
from app.registry.state import At, Change, follow_id

WANTED = uid("wanted")


def consuming_book(policy: str = "issue_and_retire") -> Book:
    """Return a registry in which both devices feed their registrant alone, and were measured."""
    settings = replace(SETTINGS, self_consumption=policy)
    book = devices_book(replace(GENESIS, domains=(settings,)))
    for device in (DEVICE, AUTOMATIC_DEVICE):
        registration = book.state.registration(device, 1)
        book.state.add(replace(registration, dissemination="self_consumption"))
        decide_and_apply(book, measure(day_span(0), day_span(1), device=device))
    return book


def bundles(book: Book) -> list[tuple[int, int, str, str]]:
    return [
        (bundle.first, bundle.last, bundle.account, bundle.state)
        for bundle in book.state.bundles.of_issuance(WANTED)
    ]


def test_where_it_is_not_certified_nothing_is_issued() -> None:
    refused = refusal(consuming_book("no_issue"), request(WANTED, 0, 0))

    assert refused == ("self-consumption-not-issued", "", "R13")


def test_where_it_is_certified_freely_it_is_issued_like_any_other() -> None:
    book = consuming_book("issue_freely")

    decide_and_apply(book, request(WANTED, 0, 0, device=AUTOMATIC_DEVICE))

    assert bundles(book) == [(1, 10, GENERATOR_ACCOUNT, "active")]


@pytest.mark.parametrize("is_by_hand", [False, True])
def test_it_is_retired_for_its_registrant_in_the_same_block(*, is_by_hand: bool) -> None:
    book = consuming_book()
    cause: Operation = request(WANTED, 0, 0, device=DEVICE if is_by_hand else AUTOMATIC_DEVICE)
    if is_by_hand:
        decide_and_apply(book, cause)
        cause = approve(WANTED)
    index = book.index

    rows = decide_and_apply(book, cause)

    issue = follow_id(cause.id, "issue")
    retire = follow_id(issue, "retire")
    assert claimed_ids(cause) == (cause.id, issue, retire)
    assert {issue, retire} <= book.state.recorded
    assert book.state.find(Retirement, retire) == Retirement(
        id=retire,
        account=GENERATOR_ACCOUNT,
        usage="self_consumption",
        beneficiary=HASH,
        country="DK",
        period_start=day(0),
        period_end=day(1),
        quantity=10,
        index=index + 2,
    )
    assert rows.opened == (
        Bundle(WANTED, 1, 10, GENERATOR_ACCOUNT, "retired", book.height, day(0), index + 1),
    )
    assert not rows.closed


def test_what_the_grid_takes_is_not_retired() -> None:
    book = consuming_book()
    registration = book.state.registration(AUTOMATIC_DEVICE, 1)
    book.state.add(replace(registration, dissemination="direct_line"))

    decide_and_apply(book, request(WANTED, 0, 0, device=AUTOMATIC_DEVICE))

    assert bundles(book) == [(1, 10, GENERATOR_ACCOUNT, "active")]


def test_a_retirement_that_has_the_id_to_be_stops_it() -> None:
    book = consuming_book()
    decide_and_apply(book, request(uid("first"), 0, 0))
    taken = follow_id(follow_id(approve(uid("first")).id, "issue"), "retire")
    decide_and_apply(
        book, replace(request(WANTED, 1, 1, device=AUTOMATIC_DEVICE), id=uid("to retire"))
    )
    book.state.add(
        replace(book.state.find(Retirement, next(iter(book.state.all(Retirement))).id), id=taken)
    )

    assert refusal(book, approve(uid("first"))) == ("id-in-use", "/id", "")


def test_who_is_suspended_is_not_issued_to_as_it_could_not_retire() -> None:
    book = consuming_book()
    decide_and_apply(book, request(WANTED, 0, 0))
    decide_and_apply(book, review_organisation(GENERATOR, suspended=True))

    assert refusal(book, approve(WANTED)) == ("organisation-suspended", "", "")


def test_whose_verification_has_lapsed_is_issued_to_and_retires() -> None:
    book = consuming_book()
    decide_and_apply(book, request(WANTED, 0, 0))
    decide_and_apply(book, review_organisation(GENERATOR, kyc_until=book.time_ms))

    decide_and_apply(book, approve(WANTED))

    assert bundles(book) == [(1, 10, GENERATOR_ACCOUNT, "retired")]


def replayed(book: Book, *follows: Operation) -> list[tuple[str, str]]:
    """Replay a request that is issued at once, with what is said to follow; return findings."""
    replay = Replay(origin=ORIGIN)
    replay.state = book.state
    report = Report()
    cause = None
    asked = request(WANTED, 0, 0, device=AUTOMATIC_DEVICE)
    for operation in (asked, *follows):
        at = At(book.time_ms, book.height + 1, book.index)
        change = decided(book, operation)
        leaf = OperationLeaf(
            operation=operation.plain(),
            change=tuple(move.plain for move in change.moves),
            cause=cause,
        )
        replay.take(leaf, at, report)
        cause = operation.id
        book.index += 1
    replay.close_block(book.height + 1, report)
    return [(item.code, item.where) for item in report.findings]


def decided(book: Book, operation: Operation) -> Change:
    return operation.decide(book.state, book.at)


class _Chain:
    """The issue and the retirement that follow from the request, as the rules compute them."""

    def __init__(self) -> None:
        book = consuming_book()
        asked = request(WANTED, 0, 0, device=AUTOMATIC_DEVICE)
        book.state.apply(asked.decide(book.state, book.at), book.at)
        self.issue = compose_issue(book, WANTED, cause=asked.id)
        (follow,) = self.issue.decide(book.state, book.at).follows
        found = parse_operation(follow.plain(self.issue.id, origin=ORIGIN))
        assert isinstance(found, Retire)
        self.retire = found


def test_a_replay_takes_what_the_rules_let_follow() -> None:
    chain = _Chain()

    assert replayed(consuming_book(), chain.issue, chain.retire) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"beneficiary": OTHER_HASH},
        {"usage": "disclosure"},
        {"retirement": uid("another retirement")},
        {"country": "NO"},
        {"period_end": day(2)},
        {"items": (Range(WANTED, 1, 9),)},
        {"items": None, "quantity": 10},
        {"id": uid("another id")},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_a_replay_refuses_a_forged_retirement(forged: dict[str, Any]) -> None:
    chain = _Chain()
    book = consuming_book()
    index = book.index + 2

    found = replayed(book, chain.issue, replace(chain.retire, **forged))

    assert found == [("follow-missing", f"leaf {index}")]


def test_a_replay_misses_a_retirement_that_is_not_there() -> None:
    chain = _Chain()
    book = consuming_book()
    height = book.height + 1

    assert replayed(book, chain.issue) == [("follow-missing", f"height {height}")]


def test_a_replay_misses_it_where_another_operation_comes_first() -> None:
    chain = _Chain()
    book = consuming_book()
    index = book.index + 2
    between = replace(RETIRE, items=(Range(WANTED, 1, 1),), quantity=None)

    assert replayed(book, chain.issue, between) == [("follow-missing", f"leaf {index}")]
