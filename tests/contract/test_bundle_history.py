"""History: nothing is deleted, so that holdings at any block are a query."""

from collections import Counter

from app.factory import Registry
from app.registry.operations.transfer import Transfer
from app.registry.ranges import Bundle, Range
from tests.scenario import ORIGIN, accept, account, market, new_id, transferring


def history(registry: Registry) -> list[tuple[Bundle, int | None]]:
    with registry.storage.log() as log:
        return list(log.bundles())


def holdings(rows: list[tuple[Bundle, int | None]], height: int) -> dict[str, int]:
    """Return how many certificates each account held when a block was closed."""
    held: Counter[str] = Counter()
    for bundle, to_height in rows:
        if bundle.from_height <= height and (to_height is None or height < to_height):
            held[bundle.account] += bundle.quantity
    return dict(held)


def test_holdings_at_any_block_are_what_they_were(registry: Registry) -> None:
    made = market(registry)
    to_buyer = {"source": made.generator_account, "to": made.buyer_account}

    heights = [
        accept(registry, transferring(made.generator, quantity=quantity, **to_buyer))[0].height
        for quantity in (1, 10, 13)
    ]

    rows = history(registry)
    generator, buyer = made.generator_account, made.buyer_account
    assert holdings(rows, heights[0] - 1) == {generator: 24}
    assert holdings(rows, heights[0]) == {generator: 23, buyer: 1}
    assert holdings(rows, heights[1]) == {generator: 13, buyer: 11}
    assert holdings(rows, heights[2]) == {buyer: 24}
    assert holdings(rows, heights[0] - 2) == {}


def test_a_bundle_that_did_not_change_keeps_its_height(registry: Registry) -> None:
    made = market(registry, days=2)
    own = account(registry, made.generator)
    source = made.generator_account

    def move(first: int, last: int) -> int:
        items = (Range(made.issuance, first, last),)
        transfer = Transfer(
            id=new_id(), origin=ORIGIN, by=made.generator, from_=source, to=own, items=items
        )
        return accept(registry, transfer)[0].height

    first_height, second_height = move(1, 4), move(20, 30)

    open_rows = {
        (bundle.first, bundle.last): bundle.from_height
        for bundle, to_height in history(registry)
        if to_height is None
    }
    assert open_rows == {
        (1, 4): first_height,
        (5, 19): second_height,
        (20, 30): second_height,
        (31, 48): second_height,
    }


def test_neighbours_that_agree_are_one_row(registry: Registry) -> None:
    made = market(registry)
    to_buyer = {"source": made.generator_account, "to": made.buyer_account}

    accept(registry, transferring(made.generator, quantity=5, **to_buyer))
    accept(registry, transferring(made.generator, quantity=5, **to_buyer))

    open_rows = [bundle for bundle, to_height in history(registry) if to_height is None]
    assert sorted((item.first, item.last) for item in open_rows) == [(1, 10), (11, 24)]


def test_what_goes_and_comes_back_in_one_group_leaves_no_row(registry: Registry) -> None:
    made = market(registry)
    own = account(registry, made.generator)
    before = history(registry)

    accept(
        registry,
        transferring(made.generator, source=made.generator_account, to=own, quantity=9),
        transferring(made.generator, source=own, to=made.generator_account, quantity=9),
    )

    assert sorted(history(registry)) == sorted(before)
