"""Eight probes that a careless registry fails: each singly, then by many at the same moment."""

from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

import pytest

from tests.api.parties import period
from tests.races.http_arena import Arena, Stall, counted, ranges_of
from tests.races.http_crew import Call
from tests.scenario import accept, automatic_device, measuring

pytest_plugins = ["tests.races.http_fixtures"]
pytestmark = pytest.mark.race


@pytest.fixture(params=[1, 6], ids=["singly", "by many"])
def many(request: pytest.FixtureRequest) -> int:
    """How many ask at the same moment."""
    count: int = request.param
    return count


@pytest.fixture
def stall(arena: Arena) -> Stall:
    """A seller with certificates 1 to 24 of an issuance, and a buyer who takes transfers."""
    return arena.stall()


def again(call: Call) -> Call:
    """Return the same request as a new one."""
    return Call(call.method, call.path, call.api_key, call.body)


def all_ask(arena: Arena, many: int, *calls: Call) -> Counter[str]:
    """Have everybody ask all of it at once; return what came of it."""
    return counted(arena.race(*([again(call) for call in calls] for _ in range(many))))


def must_be_untouched(arena: Arena, stall: Stall) -> None:
    assert arena.holdings(stall.seller) == Counter(active=24)
    arena.must_share(stall, active=24)
    arena.must_be_sound()


def test_partial_retirements_of_one_bundle_end_when_it_is_used_up(
    arena: Arena, stall: Stall, many: int
) -> None:
    retirements = [[stall.seller.retire(quantity=7)] for _ in range(many)]

    answers = arena.race(*retirements)

    fits = min(many, 3)
    expected = Counter({"accepted": fits, "409 insufficient-balance": many - fits})
    assert counted(answers) == +expected
    assert ranges_of(answers) == [(1, 7), (8, 14), (15, 21)][:fits]
    arena.must_share(stall, active=24 - 7 * fits, retired=7 * fits)
    arena.must_be_sound()


def test_a_second_issuance_run_over_one_period_issues_nothing(
    arena: Arena, stall: Stall, many: int
) -> None:
    seller = stall.seller
    device, metering = automatic_device(arena.registry, seller.id)
    accept(arena.registry, measuring(metering, device))
    run = seller.post("/issuances", {"device": device, "account": seller.account, **period()})

    found = all_ask(arena, many, run, run)

    assert found == {"accepted": 1, "409 double-issuance": 2 * many - 1}
    assert arena.holdings(seller) == Counter(active=48)
    arena.must_be_sound()


def test_nobody_moves_a_bundle_of_another(arena: Arena, stall: Stall, many: int) -> None:
    thief = arena.stall().seller
    whole, own = stall.range(1, 24), thief.account
    steal = [
        thief.move(own, whole, source=stall.seller.account),
        thief.move(own, quantity=1, source=stall.seller.account),
        thief.offer(stall.buyer.account, quantity=1, source=stall.seller.account),
    ]
    unseen = [
        thief.offer(stall.buyer.account, whole),
        thief.offer(stall.buyer.account, stall.range(1, 25)),
    ]

    found = all_ask(arena, many, *steal, *unseen)

    assert found == {"403 not-holder": 3 * many, "404 not-found": 2 * many}
    assert arena.holdings(thief) == Counter(active=24)
    must_be_untouched(arena, stall)


def test_nobody_retires_a_bundle_of_another(arena: Arena, stall: Stall, many: int) -> None:
    thief = arena.stall().seller
    steal = [
        thief.retire(stall.range(1, 24), source=stall.seller.account),
        thief.retire(quantity=1, source=stall.seller.account),
    ]
    unseen = [thief.retire(stall.range(1)), thief.retire(stall.range(1, 24))]

    found = all_ask(arena, many, *steal, *unseen)

    assert found == {"403 not-holder": 2 * many, "404 not-found": 2 * many}
    assert arena.holdings(thief) == Counter(active=24)
    must_be_untouched(arena, stall)


def test_a_split_ends_where_the_bundle_ends(arena: Arena, stall: Stall, many: int) -> None:
    seller, to = stall.seller, stall.buyer.account
    beyond = [
        seller.retire(stall.range(24, 25)),
        seller.retire(stall.range(25)),
        seller.move(to, stall.range(1, 25)),
        seller.move(to, stall.range(5, 4)),
    ]
    before = [seller.retire(stall.range(0, 1)), seller.move(to, stall.range(0, 24))]

    found = all_ask(arena, many, *beyond, *before)

    assert found == {
        "422 invalid-number-range": 4 * many,
        "422 quantity-not-positive": 2 * many,
    }
    must_be_untouched(arena, stall)
    assert arena.ask(seller.retire(stall.range(24))).is_accepted
    assert arena.ask(seller.retire(stall.range(1, 23))).is_accepted
    arena.must_share(stall, retired=24)
    arena.must_be_sound()


def test_an_unknown_holder_neither_gives_nor_receives(
    arena: Arena, stall: Stall, many: int
) -> None:
    seller, nobody = stall.seller, str(uuid4())
    calls = [
        seller.move(nobody, quantity=1),
        seller.offer(nobody, stall.range(1)),
        seller.move(stall.buyer.account, quantity=1, source=nobody),
        seller.retire(quantity=1, source=nobody),
    ]

    found = all_ask(arena, many, *calls)

    assert found == {"404 not-found": 4 * many}
    must_be_untouched(arena, stall)


def taking(stall: Stall, quantities: Sequence[object]) -> list[Call]:
    """Return every way in which a quantity leaves an account, for each quantity."""
    seller, to = stall.seller, stall.buyer.account
    return [
        call
        for quantity in quantities
        for call in (
            seller.move(to, quantity=quantity),
            seller.offer(to, quantity=quantity),
            seller.retire(quantity=quantity),
        )
    ]


def test_nothing_and_less_than_nothing_is_no_quantity(
    arena: Arena, stall: Stall, many: int
) -> None:
    numbers, others = (-1, 0, 1 - 2**53, -(2**63)), (0.5, 1.0, "1", True, 2**53, [1])

    found = all_ask(arena, many, *taking(stall, numbers), *taking(stall, others))

    assert found == {
        "422 quantity-not-positive": 3 * len(numbers) * many,
        "422 invalid-quantity": 3 * len(others) * many,
    }
    must_be_untouched(arena, stall)


def test_more_than_is_held_is_refused_whole(arena: Arena, stall: Stall, many: int) -> None:
    quantities = (25, 1_000_000, 10**12)

    found = all_ask(arena, many, *taking(stall, quantities))

    assert found == {"409 insufficient-balance": 3 * len(quantities) * many}
    must_be_untouched(arena, stall)
