"""A State that is loaded with what a group reads decides exactly like one replayed from the log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.registry.errors import RefusalError
from app.registry.offers import Offer
from app.registry.operation import Operation
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_review import IssueReview
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.ranges import Bundle, Range
from app.registry.state import State
from app.services.record import Asked
from tests.contract.twin import Twin, decided, opened_twice
from tests.databases import Backend
from tests.scenario import (
    DAY_MS,
    FIRST_DAY,
    MWH,
    ORIGIN,
    accept,
    accepting,
    account,
    approved_device,
    approving,
    closing,
    issued,
    measuring,
    new_id,
    offering,
    officers,
    organisation,
    registered_device,
    requesting,
    transferring,
    whitelisted,
)

LONG_AGO = -1830
"""Days from FIRST_DAY: what was produced then can still be retired, but not transferred."""
ISSUED = 6 + 12 + 7 + 24


class Wish(NamedTuple):
    """One operation to be: its accounts by number, and either a share of them or named parts.

    With an ending it is about an offer, by its place, where there is one.
    """

    source: int
    target: int
    percent: int
    parts: list[tuple[int, int, int]]
    is_elsewhere: bool
    is_offer: bool
    ending: str


WISHES = st.builds(
    Wish,
    source=st.integers(0, 2),
    target=st.integers(0, 2),
    percent=st.integers(0, 105),
    parts=st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 99), st.integers(0, 99)), max_size=3
    ),
    is_elsewhere=st.sampled_from([False] * 7 + [True]),
    is_offer=st.sampled_from([False, False, True]),
    ending=st.sampled_from(["", "", "", "accepted", "recalled", "rejected"]),
)
GROUPS = st.lists(
    st.tuples(st.integers(0, 1), st.lists(WISHES, min_size=1, max_size=7)), min_size=1, max_size=8
)
"""Groups, each with who records it: what one writer keeps in memory, the other may change."""


@dataclass(frozen=True)
class Holders:
    """A generator with two accounts and a buyer with one; each may send to each."""

    generator: str
    buyer: str
    accounts: tuple[str, str, str]

    def owner(self, account: str) -> str:
        return self.buyer if account == self.accounts[2] else self.generator


def holders(registry: Registry) -> Holders:
    """Make holders of certificates of two devices, some of them too old to be transferred."""
    generator, buyer = organisation(registry, "generator"), organisation(registry, "buyer")
    first, second = account(registry, generator), account(registry, generator)
    bought = account(registry, buyer)
    whitelisted(registry, receiver=bought, owner=buyer, sender=first)
    whitelisted(registry, receiver=bought, owner=buyer, sender=second)
    whitelisted(registry, receiver=first, owner=generator, sender=bought)
    old, young = long_approved(registry, generator), approved_device(registry, generator)
    issued_long_ago(registry, generator, old, first)
    issued(registry, generator, young, first, first=1, hour_wh=MWH // 2)
    issued(registry, generator, young, second, first=2, hour_wh=MWH // 3)
    issued(registry, generator, young, first, first=0)
    accept(registry, transferring(generator, source=first, to=bought, quantity=10))
    return Holders(generator, buyer, (first, second, bought))


def issued_long_ago(registry: Registry, registrant: str, device: str, account: str) -> None:
    """Issue six certificates of a day so long ago that two persons decide on it."""
    known = officers(registry)
    report = measuring(registrant, device, first=LONG_AGO, hour_wh=MWH // 4)
    late = replace(requesting(registrant, device, account, first=LONG_AGO), late="found-again")
    body = {"origin": ORIGIN, "by": known.body, "issuance": late.issuance}
    review = IssueReview(
        **body, id=new_id(), person=known.first, outcome="verified", reason="looked-at"
    )
    accept(registry, report, late, review)
    accept(registry, IssueApprove(**body, id=new_id(), person=known.second))


def long_approved(registry: Registry, registrant: str) -> str:
    """Return a device whose registration has lapsed by now."""
    device = registered_device(registry, registrant)
    begun = FIRST_DAY + (LONG_AGO - 10) * DAY_MS
    lapsed = replace(
        approving(registry, device), valid_from=begun, valid_until=begun + 1_800 * DAY_MS
    )
    accept(registry, lapsed)
    return device


def operations_of(wishes: Sequence[Wish], held: Holders, state: State) -> Iterator[Operation]:
    """Yield a group's operations: by quantity, or by parts of what is held before the group."""
    offers = [(offer.id, offer.from_account, offer.to_account) for offer in state.all(Offer)]
    for wish in wishes:
        if wish.ending and offers:
            yield ending(held, *offers[wish.percent % len(offers)], why=wish.ending)
            continue
        asked = taking(wish, held, state)
        if isinstance(asked, TransferOffer):
            offers.append((asked.offer, asked.from_, asked.to))
        yield asked


def ending(held: Holders, offer: str, source: str, target: str, *, why: str) -> Operation:
    """Return what ends an offer, by whose it is to end it so."""
    if why == "accepted":
        return accepting(held.owner(target), offer)
    by = held.owner(source if why == "recalled" else target)
    return closing(by, offer, why=why)


def taking(wish: Wish, held: Holders, state: State) -> Operation:
    source, target = held.accounts[wish.source], held.accounts[wish.target]
    is_offer = wish.is_offer
    if not wish.parts:
        balance = sum(bundle.quantity for bundle in state.bundles.oldest(source))
        quantity = balance * wish.percent // 100 + 1
        return moving(held, source, target, items=None, quantity=quantity, is_offer=is_offer)
    bundles = sorted(state.bundles, key=lambda bundle: bundle[:2])
    chosen = {place % len(bundles): ends for place, *ends in wish.parts}
    items = tuple(part(bundles[place], *ends) for place, ends in chosen.items())
    if not wish.is_elsewhere:
        source = bundles[next(iter(chosen))].account
    return moving(held, source, target, items=items, quantity=None, is_offer=is_offer)


def moving(
    held: Holders,
    source: str,
    target: str,
    *,
    items: tuple[Range, ...] | None,
    quantity: int | None,
    is_offer: bool = False,
) -> Operation:
    """Return a transfer or offer, or where an account is its own target, a retirement."""
    by = held.owner(source)
    if is_offer and source != target:
        return offering(by, source=source, to=target, items=items or (), quantity=quantity)
    if source != target:
        return Transfer(
            id=new_id(),
            origin=ORIGIN,
            by=by,
            from_=source,
            to=target,
            items=items,
            quantity=quantity,
        )
    return Retire(
        id=new_id(),
        origin=ORIGIN,
        by=by,
        retirement=new_id(),
        account=source,
        usage="disclosure",
        beneficiary="0" * 64,
        country="NZ",
        period_start=FIRST_DAY,
        period_end=FIRST_DAY + DAY_MS,
        items=items,
        quantity=quantity,
    )


def part(bundle: Bundle, *ends: int) -> Range:
    """Return the part of a bundle between two ends, in hundredths of it."""
    ordinals = sorted(bundle.first + bundle.quantity * end // 100 for end in ends)
    return Range(bundle.issuance, *ordinals)


def rows_at(rows: Sequence[tuple[Bundle, int | None]], height: int) -> set[Bundle]:
    """Return the bundles that history rows give for a height."""
    return {
        bundle
        for bundle, to_height in rows
        if bundle.from_height <= height and (to_height is None or height < to_height)
    }


def test_whoever_records_a_group_decides_it_like_a_whole_state(
    backend: Backend, tmp_path: Path
) -> None:
    homes = (tmp_path / str(number) for number in count())

    @settings(
        max_examples=8,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    @given(groups=GROUPS)
    def holds(groups: list[tuple[int, list[Wish]]]) -> None:
        with opened_twice(backend, next(homes)) as writers:
            registry = writers[0]
            held, twin = holders(registry), Twin(registry)
            twin.catch_up()
            for writer, wishes in groups:
                asked = list(operations_of(wishes, held, twin.state))
                expected = twin.decide(asked)

                outcomes = writers[writer].record([Asked(item) for item in asked])

                assert [decided(item) for item in outcomes] == expected
                twin.catch_up()
            with registry.storage.log() as log:
                report = audit(log, anchor=Anchor(), tables=log)
                rows = list(log.bundles())
            assert report.findings == []
            assert report.issued == sum(report.certificates.values()) == ISSUED
            for height, bundles in twin.held.items():
                assert rows_at(rows, height) == bundles

    holds()


def single_bundles(registry: Registry, made: Holders, *, most: int) -> str:
    """Move every second certificate of some days away; return the account of what is left."""
    generator = made.generator
    device = approved_device(registry, generator)
    left, taken = account(registry, generator), account(registry, generator)
    issuance = issued(registry, generator, device, left, days=-(-2 * most // 24))
    odd = [Range(issuance, ordinal, ordinal) for ordinal in range(1, 2 * most, 2)]
    for start in range(0, len(odd), 50):
        items = odd[start : start + 50]
        accept(registry, moving(made, left, taken, items=tuple(items), quantity=None))
    return left


@pytest.mark.parametrize("quantity", [60, 151, 152, 160, 161])
def test_more_bundles_than_one_operation_may_move_are_refused_by_that_name(
    registry: Registry, quantity: int
) -> None:
    held = holders(registry)
    left = single_bundles(registry, held, most=160)
    twin = Twin(registry)
    asked = moving(held, left, held.accounts[0], items=None, quantity=quantity)
    expected = twin.decide([asked])

    outcomes = registry.record([Asked(asked)])

    assert [decided(item) for item in outcomes] == expected


def test_a_loaded_state_holds_what_one_group_takes_in_several_operations(
    registry: Registry,
) -> None:
    held = holders(registry)
    left = single_bundles(registry, held, most=100)
    asked = [moving(held, left, left, items=None, quantity=33) for _ in range(4)]
    expected = Twin(registry).decide(asked)

    outcomes = registry.record([Asked(item) for item in asked])

    assert [decided(item) for item in outcomes] == expected
    assert isinstance(outcomes[3], RefusalError)
