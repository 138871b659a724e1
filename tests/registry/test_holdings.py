"""What leaves an account, for every verb that takes: named ranges, or the oldest first."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import (
    BUYER_ACCOUNT,
    CLOSED,
    DAY_MS,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    JANUARY,
    NOW,
    OFFER,
    RETIRE,
    TRANSFER,
    UNKNOWN,
    Book,
    holding,
    parties_book,
    refusal,
    uid,
)

from app.registry.errors import RefusalError
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.ranges import Range
from app.registry.windows import Windows

Asked = Transfer | TransferOffer | Retire
Ask = Callable[..., Asked]

A, B, C = sorted(uid(name) for name in "abc")
OWN = (GENERATOR_ACCOUNT, "active")
ALIEN = (BUYER_ACCOUNT, "active")


def transfer(*items: Range, quantity: int | None = None) -> Transfer:
    return replace(TRANSFER, items=items or None, quantity=quantity)


def retire(*items: Range, quantity: int | None = None) -> Retire:
    return replace(RETIRE, items=items or None, quantity=quantity)


def offer(*items: Range, quantity: int | None = None) -> TransferOffer:
    return replace(OFFER, items=items or None, quantity=quantity)


def told(book: Book, operation: Asked) -> tuple[str, str, str, str]:
    """Return all that who asks is told of a refusal."""
    with pytest.raises(RefusalError) as refused:
        operation.decide(book.state, book.at)
    found = refused.value
    return found.code, found.pointer, found.rule, found.detail


every_verb = pytest.mark.parametrize("ask", [transfer, offer, retire])


def taken(book: Book, operation: Asked) -> list[tuple[str, int, int]]:
    moves = operation.decide(book.state, book.at).moves
    return [(move.issuance, move.first, move.last) for move in moves]


@every_verb
def test_either_items_or_a_quantity_is_asked_for(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (10, *OWN))

    neither = refusal(book, ask())
    twofold = refusal(book, ask(Range(A, 1, 1), quantity=1))

    assert neither == twofold == ("ambiguous-quantity", "/items", "")


@every_verb
@pytest.mark.parametrize(
    ("first", "second"),
    [((1, 5), (5, 6)), ((5, 6), (1, 5)), ((1, 9), (3, 4)), ((2, 2), (2, 2))],
)
def test_items_that_overlap_are_refused(
    ask: Ask, first: tuple[int, int], second: tuple[int, int]
) -> None:
    book = parties_book()
    holding(book, A, (10, *OWN))

    refused = refusal(book, ask(Range(A, *first), Range(B, 1, 1), Range(A, *second)))

    assert refused == ("duplicate-item", "/items", "")


@every_verb
def test_items_side_by_side_and_the_same_ordinals_of_two_issuances_do_not_overlap(
    ask: Ask,
) -> None:
    book = parties_book()
    holding(book, A, (10, *OWN))
    holding(book, B, (10, *OWN))

    moves = taken(book, ask(Range(B, 1, 5), Range(A, 6, 7), Range(A, 3, 5)))

    assert moves == [(A, 3, 7), (B, 1, 5)]


@every_verb
@pytest.mark.parametrize("size", [1, 2, 9, 10])
def test_any_part_of_a_bundle_can_be_named_at_its_start_or_its_end(ask: Ask, size: int) -> None:
    book = parties_book()
    holding(book, A, (10, *OWN))

    assert taken(book, ask(Range(A, 1, size))) == [(A, 1, size)]
    assert taken(book, ask(Range(A, 11 - size, 10))) == [(A, 11 - size, 10)]
    assert taken(book, ask(quantity=size)) == [(A, 1, size)]


@every_verb
def test_an_item_may_run_over_several_bundles_of_the_holder(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), (3, *OWN), (3, *OWN))

    assert taken(book, ask(Range(A, 2, 9))) == [(A, 2, 9)]


@every_verb
@pytest.mark.parametrize("last", [11, 2**53 - 1])
def test_ordinals_that_an_issuance_does_not_have_are_refused(ask: Ask, last: int) -> None:
    book = parties_book()
    holding(book, A, (10, *OWN))

    refused = refusal(book, ask(Range(A, 1, 1), Range(A, 10, last)))

    assert refused == ("invalid-number-range", "/items/1/last", "R18")


@every_verb
def test_an_unknown_issuance_is_refused(ask: Ask) -> None:
    assert refusal(parties_book(), ask(Range(UNKNOWN, 1, 1)))[0] == "not-found"


@every_verb
def test_the_pointer_names_the_item_whose_issuance_is_unknown(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (10, *OWN))

    refused = refusal(book, ask(Range(A, 1, 1), Range(UNKNOWN, 1, 1)))

    assert refused == ("not-found", "/items/1/issuance", "")


@every_verb
@pytest.mark.parametrize(("first", "last"), [(3, 4), (4, 5), (6, 7), (4, 7), (5, 6)], ids=str)
def test_what_the_account_does_not_wholly_hold_is_refused(ask: Ask, first: int, last: int) -> None:
    book = parties_book()
    holding(book, A, (3, *OWN), (3, *ALIEN), (3, *OWN))

    refused = refusal(book, ask(Range(A, 1, 1), Range(A, first, last)))

    assert refused == ("not-holder", "/items/1", "R26")


@every_verb
def test_another_own_account_is_another_holder(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (3, *OWN), (3, GENERATOR_OTHER_ACCOUNT, "active"))
    holding(book, B, (3, GENERATOR_OTHER_ACCOUNT, "active"), (1, *OWN))

    assert refusal(book, ask(Range(A, 4, 4))) == ("not-holder", "/items/0", "R26")
    assert refusal(book, ask(Range(B, 3, 4))) == ("not-holder", "/items/0", "R26")
    assert refusal(book, ask(Range(B, 3, 3))) == ("not-found", "/items/0/issuance", "")


@every_verb
@pytest.mark.parametrize(
    ("first", "last"), [(1, 1), (1, 9), (4, 6), (7, 9), (9, 10), (10, 10), (1, 2**53 - 1)], ids=str
)
def test_of_an_issuance_of_another_nothing_can_be_learnt(ask: Ask, first: int, last: int) -> None:
    book = parties_book()
    holding(
        book, A, (3, *ALIEN), (3, BUYER_ACCOUNT, "retired"), (3, GENERATOR_OTHER_ACCOUNT, "offered")
    )
    unknown = told(book, ask(Range(UNKNOWN, first, last)))

    assert told(book, ask(Range(A, first, last))) == unknown
    assert unknown[:2] == ("not-found", "/items/0/issuance")


@every_verb
@pytest.mark.parametrize("elsewhere", [(1, 1), (1, 4), (7, 9), (9, 12), (10, 99)], ids=str)
def test_holding_a_part_of_an_issuance_tells_nothing_of_the_rest(
    ask: Ask, elsewhere: tuple[int, int]
) -> None:
    book = parties_book()
    holding(book, A, (2, *ALIEN), (2, BUYER_ACCOUNT, "retired"), (2, *OWN), (3, *ALIEN))
    unknown = told(book, ask(Range(UNKNOWN, *elsewhere)))

    assert told(book, ask(Range(A, *elsewhere))) == unknown


@every_verb
@pytest.mark.parametrize(("first", "last"), [(2, 4), (3, 5), (4, 5), (4, 6), (4, 99)], ids=str)
def test_what_is_beyond_a_held_part_is_not_held_whatever_it_is(
    ask: Ask, first: int, last: int
) -> None:
    book = parties_book()
    holding(book, A, (2, BUYER_ACCOUNT, "locked"), (2, GENERATOR_ACCOUNT, "retired"), (1, *ALIEN))
    book.state.add(replace(book.state.issuance(A), account=BUYER_ACCOUNT))

    assert refusal(book, ask(Range(A, first, last))) == ("not-holder", "/items/0", "R26")


@every_verb
def test_who_received_an_issuance_goes_on_knowing_it(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (3, *ALIEN))
    book.state.add(replace(book.state.issuance(A), account=GENERATOR_ACCOUNT))

    assert refusal(book, ask(Range(A, 1, 3))) == ("not-holder", "/items/0", "R26")
    assert refusal(book, ask(Range(A, 3, 4))) == ("invalid-number-range", "/items/0/last", "R18")


@every_verb
def test_what_is_retired_is_refused(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (3, *OWN), (3, GENERATOR_ACCOUNT, "retired"))

    refused = refusal(book, ask(Range(A, 1, 1), Range(A, 3, 4)))

    assert refused == ("already-retired", "/items/1", "R45")


@every_verb
@pytest.mark.parametrize(
    ("state", "code", "rule"),
    [
        ("locked", "bundle-locked", "R37"),
        *((state, "invalid-state-transition", "R28") for state in ("reserved", "offered")),
        *((state, "invalid-state-transition", "R28") for state in ("expired", "withdrawn")),
    ],
)
def test_what_is_neither_active_nor_retired_is_refused_and_not_counted(
    ask: Ask, state: str, code: str, rule: str
) -> None:
    book = parties_book()
    holding(book, A, (3, *OWN), (3, GENERATOR_ACCOUNT, state))

    assert refusal(book, ask(Range(A, 3, 4))) == (code, "/items/0", rule)
    assert refusal(book, ask(quantity=4))[0] == "insufficient-balance"


@every_verb
def test_a_quantity_is_taken_from_the_oldest_production_first(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), age=(JANUARY + DAY_MS, 1))
    holding(book, B, (4, *OWN), age=(JANUARY, 9))

    assert taken(book, ask(quantity=4)) == [(B, 1, 4)]
    assert taken(book, ask(quantity=5)) == [(A, 1, 1), (B, 1, 4)]


@every_verb
def test_of_one_age_what_was_issued_first_is_taken_first(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), age=(JANUARY, 9))
    holding(book, B, (4, *OWN), age=(JANUARY, 1))
    holding(book, C, (4, *OWN), age=(JANUARY, 10))

    assert taken(book, ask(quantity=3)) == [(B, 1, 3)]
    assert taken(book, ask(quantity=6)) == [(A, 1, 2), (B, 1, 4)]
    assert taken(book, ask(quantity=9)) == [(A, 1, 4), (B, 1, 4), (C, 1, 1)]


@every_verb
def test_of_one_issuance_the_lowest_ordinals_are_taken_first(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (2, *ALIEN), (3, *OWN), (1, *ALIEN), (12, *OWN), (1, *ALIEN), (2, *OWN))

    assert taken(book, ask(quantity=2)) == [(A, 3, 4)]
    assert taken(book, ask(quantity=4)) == [(A, 3, 5), (A, 7, 7)]
    assert taken(book, ask(quantity=16)) == [(A, 3, 5), (A, 7, 18), (A, 20, 20)]


@every_verb
def test_all_that_is_held_can_be_taken_and_not_one_more(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), (5, *ALIEN))
    holding(book, B, (6, *OWN))

    assert taken(book, ask(quantity=10)) == [(A, 1, 4), (B, 1, 6)]
    assert refusal(book, ask(quantity=11)) == ("insufficient-balance", "/quantity", "R31")
    with pytest.raises(RefusalError, match="holds 10 that may be moved"):
        ask(quantity=11).decide(book.state, book.at)


@every_verb
def test_an_account_that_holds_nothing_gives_nothing(ask: Ask) -> None:
    assert refusal(parties_book(), ask(quantity=1))[0] == "insufficient-balance"


@every_verb
def test_150_ranges_may_leave_and_not_one_more(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, *[(1, *owner) for _ in range(151) for owner in (OWN, ALIEN)])

    assert len(taken(book, ask(quantity=150))) == 150
    assert refusal(book, ask(quantity=151)) == ("too-many-ranges", "", "")


@every_verb
def test_151_ranges_that_are_named_are_refused_even_before_they_are_written_down(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, *[(1, *owner) for _ in range(151) for owner in (OWN, ALIEN)])
    items = [Range(A, first, first) for first in range(1, 303, 2)]

    assert len(taken(book, ask(*items[1:]))) == 150
    assert refusal(book, ask(*items)) == ("too-many-ranges", "", "")


@every_verb
def test_the_151st_range_is_refused_before_it_is_known_whether_there_is_enough(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, *[(1, *owner) for _ in range(150) for owner in (OWN, ALIEN)])

    assert refusal(book, ask(quantity=151))[0] == "insufficient-balance"
    holding(book, B, (1, *OWN), age=(JANUARY + DAY_MS, 1))
    assert refusal(book, ask(quantity=152)) == ("too-many-ranges", "", "")


@every_verb
def test_150_ranges_of_several_issuances_may_leave_and_not_one_more(ask: Ask) -> None:
    book = parties_book()
    for number in range(151):
        holding(book, uid(f"one of many {number}"), (2, *OWN), age=(JANUARY, number))

    assert len(taken(book, ask(quantity=300))) == 150
    assert refusal(book, ask(quantity=301)) == ("too-many-ranges", "", "")


@every_verb
def test_bundles_side_by_side_leave_as_one_range(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, *[(1, *OWN)] * 200)

    assert taken(book, ask(quantity=151)) == [(A, 1, 151)]


@every_verb
def test_nothing_is_taken_in_part(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), (1, *ALIEN))
    holding(book, B, (4, *OWN), windows=CLOSED)
    before = list(book.state.bundles)

    refusal(book, ask(quantity=5))
    refusal(book, ask(Range(A, 1, 4), Range(A, 5, 5)))
    refusal(book, ask(Range(A, 1, 4), Range(B, 1, 1)))

    assert list(book.state.bundles) == before
    assert not book.state.settle(book.height).opened


@pytest.mark.parametrize(
    ("ask", "code", "until"),
    [
        (transfer, "transfer-window-closed", "transfer_until"),
        (retire, "certificate-expired", "retire_until"),
    ],
)
def test_a_window_is_open_before_its_instant_and_closed_at_it(
    ask: Ask, code: str, until: str
) -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), windows=CLOSED)

    refused = refusal(book, ask(Range(A, 1, 1)))
    book.time_ms -= 1

    assert refused == (code, "", "R28")
    assert getattr(book.state.issuance(A), until) == NOW
    assert taken(book, ask(Range(A, 1, 1))) == taken(book, ask(quantity=1)) == [(A, 1, 1)]


def test_each_verb_minds_its_own_window_only() -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), windows=Windows(NOW, NOW + 1))
    holding(book, B, (4, *OWN), windows=Windows(NOW + 1, NOW))

    assert refusal(book, transfer(Range(A, 1, 1)))[0] == "transfer-window-closed"
    assert refusal(book, retire(Range(B, 1, 1)))[0] == "certificate-expired"
    assert taken(book, retire(Range(A, 1, 1))) == [(A, 1, 1)]
    assert taken(book, transfer(Range(B, 1, 1))) == [(B, 1, 1)]


@pytest.mark.parametrize(
    ("ask", "closed"),
    [
        (transfer, Windows(NOW, NOW + 1)),
        (retire, Windows(NOW, NOW)),
    ],
)
def test_a_quantity_skips_what_has_a_closed_window(ask: Ask, closed: Windows) -> None:
    book = parties_book()
    holding(book, A, (4, *OWN), windows=closed)
    holding(book, B, (4, *OWN), age=(JANUARY + DAY_MS, 1))

    assert taken(book, ask(quantity=4)) == [(B, 1, 4)]
    assert refusal(book, ask(quantity=5)) == ("insufficient-balance", "/quantity", "R31")
    with pytest.raises(RefusalError, match="holds 4 that may be moved"):
        ask(quantity=5).decide(book.state, book.at)


@every_verb
def test_items_are_judged_one_by_one_and_each_in_this_order(ask: Ask) -> None:
    book = parties_book()
    holding(book, A, (1, *ALIEN), (1, *OWN), windows=CLOSED)
    book.state.add(replace(book.state.issuance(A), account=GENERATOR_ACCOUNT))
    holding(book, B, (1, *OWN), (1, GENERATOR_ACCOUNT, "retired"), (1, *ALIEN))
    holding(book, C, (1, *ALIEN), windows=CLOSED)
    last = Range(B, 3, 4)

    steps = [
        ask(Range(UNKNOWN, 1, 1), Range(A, 1, 3), last),
        ask(Range(C, 1, 1), Range(A, 1, 3), last),
        ask(Range(A, 1, 3), last),
        ask(Range(A, 1, 2), last),
        ask(Range(A, 2, 2), last),
        ask(Range(B, 1, 1), last),
        ask(Range(B, 1, 2), Range(B, 3, 3)),
        ask(Range(B, 2, 3), Range(B, 1, 1)),
        ask(Range(B, 1, 1), Range(B, 3, 3)),
    ]

    assert [refusal(book, step)[1:] for step in steps] == [
        ("/items/0/issuance", ""),
        ("/items/0/issuance", ""),
        ("/items/0/last", "R18"),
        ("/items/0", "R26"),
        ("", "R28"),
        ("/items/1/last", "R18"),
        ("/items/0", "R45"),
        ("/items/0", "R26"),
        ("/items/1", "R26"),
    ]


@pytest.mark.parametrize(
    ("first", "last", "is_known"),
    [
        (1, 1, True),
        (1, 4, True),
        (2, 3, True),
        (1, 5, False),
        (4, 7, False),
        (5, 5, False),
        (5, 6, False),
        (5, 7, False),
        (6, 7, True),
        (7, 99, True),
        (1, 99, False),
        (10, 10, True),
        (11, 12, True),
    ],
)
def test_a_range_is_known_where_every_bundle_that_overlaps_it_is(
    first: int, last: int, *, is_known: bool
) -> None:
    whole, partial = parties_book(), parties_book()
    holding(whole, A, (2, *OWN), (2, *ALIEN), (1, *OWN), (2, *ALIEN), (3, *OWN))
    partial.state.add(whole.state.issuance(A))
    for bundle in whole.state.bundles:
        if bundle.first != 5:
            partial.state.bundles.add(bundle)

    assert partial.state.covers(Range(A, first, last)) is is_known
    assert whole.state.covers(Range(A, first, last))


def test_a_range_of_an_unknown_issuance_is_not_known() -> None:
    whole, partial = parties_book(), parties_book()
    holding(whole, A, (2, *OWN))

    for bundle in whole.state.bundles:
        partial.state.bundles.add(bundle)

    assert not partial.state.covers(Range(A, 1, 2))
    assert not partial.state.covers(Range(B, 1, 1))


def test_an_issuance_whose_last_certificates_are_unknown_is_not_known() -> None:
    whole, partial = parties_book(), parties_book()
    holding(whole, A, (2, *OWN), (2, *ALIEN))

    partial.state.add(whole.state.issuance(A))
    assert not partial.state.covers(Range(A, 1, 1))
    partial.state.bundles.add(next(iter(whole.state.bundles)))

    assert partial.state.covers(Range(A, 1, 2))
    assert not partial.state.covers(Range(A, 1, 3))
    assert not partial.state.covers(Range(A, 2, 99))
