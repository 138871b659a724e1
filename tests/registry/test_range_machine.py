"""Whatever is moved in whatever order: ranges stay whole, and rows do not depend on the loading.

Four registries run side by side: a whole State; for each block, a State that is loaded with what
the group reads; one that is kept from block to block and loaded with what is new to it; and a list
of every single certificate with its owner and the offer that holds it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from builders import (
    BUYER,
    BUYER_ACCOUNT,
    DAY_MS,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    ISSUING_BODY,
    JANUARY,
    OFFER,
    RETIRE,
    TRANSFER,
    Book,
    accept_offer,
    close_offer,
    decide_and_apply,
    parties_book,
    uid,
    whitelist,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from partial_state import Shelf

from app.registry.errors import RefusalError
from app.registry.issuances import Issuance
from app.registry.offers import Offer
from app.registry.operation import Operation, Read
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_accept import TransferAccept
from app.registry.operations.transfer_close import TransferClose
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.parties import parties_of
from app.registry.ranges import Bundle, Move, Range
from app.registry.retirements import Retirement
from app.registry.state import At, Change, State

OWNERS = {
    GENERATOR_ACCOUNT: GENERATOR,
    GENERATOR_OTHER_ACCOUNT: GENERATOR,
    BUYER_ACCOUNT: BUYER,
}
Owner = tuple[str, str, str | None]
"""An account, a state, and an offer."""
Taking = Transfer | TransferOffer | Retire
Ending = TransferAccept | TransferClose
Outcome = Change | tuple[str, str, str]

accounts = st.sampled_from(list(OWNERS))
quantities = st.integers(1, 12)
picks = st.tuples(st.integers(0, 19), st.integers(0, 99), st.integers(0, 99))
"""A place in a list, and two ends in hundredths of what is found there."""
ISSUANCES_MAX = 8


@dataclass(frozen=True)
class Step:
    """One operation of a group, or an issuance, and where it stands."""

    at: At
    done: Operation | Issuance


@dataclass
class Certificates:
    """Every certificate by itself: the slow truth."""

    issuances: dict[str, Issuance] = field(default_factory=dict)
    owners: dict[str, list[Owner]] = field(default_factory=dict)
    offers: dict[str, TransferOffer] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)

    def issue(self, issuance: Issuance) -> None:
        self.issuances[issuance.id] = issuance
        self.owners[issuance.id] = [(issuance.account, "active", None)] * issuance.quantity

    def rows(self) -> Iterator[tuple[str, int, int, Owner]]:
        """Yield the longest runs of one owner."""
        for issuance, owners in self.owners.items():
            numbered = enumerate(owners, start=1)
            for owner, run in groupby(numbered, key=lambda pair: pair[1]):
                ordinals = [ordinal for ordinal, _ in run]
                yield issuance, ordinals[0], ordinals[-1], owner

    def decide(self, asked: Taking | Ending, time_ms: int) -> set[tuple[str, int]] | str:
        """Return the certificates that are to move, or the code of the refusal."""
        if isinstance(asked, Ending):
            return self._end(asked, time_ms)
        owner = (asked.account if isinstance(asked, Retire) else asked.from_, "active", None)
        if asked.items is None:
            return self._oldest(asked, owner, time_ms)
        named = [
            (item.issuance, n) for item in asked.items for n in range(item.first, item.last + 1)
        ]
        if len(set(named)) < len(named):
            return "duplicate-item"
        codes = (self._refused_item(asked, item, owner, time_ms) for item in asked.items)
        return next(filter(None, codes), set(named))

    def _refused_item(self, asked: Taking, item: Range, owner: Owner, time_ms: int) -> str:
        named = self.owners[item.issuance][item.first - 1 : item.last]
        is_receiver = self.issuances[item.issuance].account == owner[0]
        is_beyond = item.last > self.issuances[item.issuance].quantity
        if not is_receiver and all(found[0] != owner[0] for found in named):
            return "not-found"
        if is_beyond or any(found[0] != owner[0] for found in named):
            return "invalid-number-range" if is_beyond and is_receiver else "not-holder"
        for ordinal in range(item.first, item.last + 1):
            found = self.owners[item.issuance][ordinal - 1]
            if found != owner:
                return "already-retired" if found[1] == "retired" else "invalid-state-transition"
        if time_ms >= self._until(asked, item.issuance):
            is_retirement = isinstance(asked, Retire)
            return "certificate-expired" if is_retirement else "transfer-window-closed"
        return ""

    def _end(self, asked: Ending, time_ms: int) -> set[tuple[str, int]] | str:
        if asked.offer in self.decided:
            return "offer-already-decided"
        held = {
            (issuance, ordinal)
            for issuance, owners in self.owners.items()
            for ordinal, found in enumerate(owners, start=1)
            if found[2] == asked.offer
        }
        is_accepted = isinstance(asked, TransferAccept)
        if is_accepted and any(time_ms >= self._until(asked, issuance) for issuance, _ in held):
            return "transfer-window-closed"
        return held

    def _oldest(self, asked: Taking, owner: Owner, time_ms: int) -> set[tuple[str, int]] | str:
        held = [
            (issuance, ordinal)
            for issuance in sorted(self.owners, key=self._age)
            for ordinal, found in enumerate(self.owners[issuance], start=1)
            if found == owner and time_ms < self._until(asked, issuance)
        ]
        quantity = asked.quantity or 0
        return set(held[:quantity]) if len(held) >= quantity else "insufficient-balance"

    def _age(self, issuance: str) -> tuple[int, int]:
        return self.issuances[issuance].period_start, self.issuances[issuance].index

    def _until(self, asked: Taking | Ending, issuance: str) -> int:
        found = self.issuances[issuance]
        return found.retire_until if isinstance(asked, Retire) else found.transfer_until

    def take(self, asked: Taking | Ending, moves: tuple[Move, ...]) -> None:
        """Take in what was accepted."""
        if isinstance(asked, TransferOffer):
            self.offers[asked.offer] = asked
        elif isinstance(asked, Ending):
            self.decided.add(asked.offer)
        self._move(moves)

    def _move(self, moves: tuple[Move, ...]) -> None:
        for move in moves:
            for ordinal in range(move.first, move.last + 1):
                assert self.owners[move.issuance][ordinal - 1][:2] == (
                    move.from_account,
                    move.from_state,
                )
                self.owners[move.issuance][ordinal - 1] = (
                    move.to_account,
                    move.to_state,
                    move.offer,
                )


def outcome(state: State, operation: Operation, at: At) -> Outcome:
    try:
        change = operation.decide(state, at)
    except RefusalError as refused:
        return refused.code, refused.pointer, refused.detail
    assert set(parties_of(state, operation, change)) <= {*OWNERS.values(), operation.by}
    state.apply(change, at)
    return change


class Registries(RuleBasedStateMachine):
    """Groups of moves, each closed as a block."""

    @initialize(quantities=st.lists(quantities, min_size=3, max_size=3))
    def begin(self, quantities: list[int]) -> None:
        self.book: Book = parties_book()
        for receiver, by in OWNERS.items():
            for sender in OWNERS:
                if sender != receiver:
                    decide_and_apply(self.book, whitelist(receiver, sender, by=by))
        self.certificates = Certificates()
        self.kept = State()
        self.known: set[Read] = set()
        self.count = 0
        self.begin_block()
        for account, quantity in zip(OWNERS, quantities, strict=True):
            self.issue(account=account, quantity=quantity, days=1, closing=(3, 2))

    def begin_block(self) -> None:
        self.book.height += 1
        self.shelf = Shelf(self.book.state)
        self.steps: list[Step] = []
        self.outcomes: list[Outcome] = []

    def name(self, kind: str) -> str:
        self.count += 1
        return uid(f"{kind} {self.count}")

    @precondition(lambda self: len(self.certificates.issuances) < ISSUANCES_MAX)
    @rule(
        account=accounts,
        quantity=quantities,
        days=st.integers(0, 2),
        closing=st.tuples(st.integers(0, 5), st.integers(0, 3)),
    )
    def issue(self, account: str, quantity: int, days: int, closing: tuple[int, int]) -> None:
        transfer_until = self.book.time_ms + closing[0] * DAY_MS
        issuance = Issuance(
            id=self.name("issuance"),
            device=uid("device"),
            domain="DK",
            account=account,
            period_start=JANUARY + days * DAY_MS,
            period_end=JANUARY + 3 * DAY_MS,
            energy_wh=quantity,
            carried_in_wh=0,
            carried_out_wh=0,
            face_value_wh=1,
            quantity=quantity,
            number_first="0" * 30,
            transfer_until=transfer_until,
            retire_until=transfer_until + closing[1] * DAY_MS,
            code_lists="eecs-1",
            attributes="",
            index=self.book.index,
            registration=1,
        )
        self.book.state.apply(Change(puts=(issuance,)), self.book.at)
        self.certificates.issue(issuance)
        self.steps.append(Step(self.book.at, issuance))
        self.book.index += 1

    @rule(account=accounts, to=accounts, percent=st.integers(1, 104), is_offer=st.booleans())
    def move_a_quantity(self, account: str, to: str, percent: int, *, is_offer: bool) -> None:
        held = sum(bundle.quantity for bundle in self.book.state.bundles.oldest(account))
        self.move(account, to, quantity=held * percent // 100 + 1, is_offer=is_offer)

    @rule(to=accounts, picked=st.lists(picks, min_size=1, max_size=3), is_offer=st.booleans())
    def move_parts_of_bundles(
        self, to: str, picked: list[tuple[int, int, int]], *, is_offer: bool
    ) -> None:
        rows = [row for row in self.certificates.rows() if row[3][1] == "active"]
        rows = [row for row in rows if row[3] == rows[picked[0][0] % len(rows)][3]]
        if rows:
            places = {place % len(rows): ends for place, *ends in picked}
            items = [part(*rows[place][:3], *ends) for place, ends in places.items()]
            self.move(rows[0][3][0], to, items=tuple(items), is_offer=is_offer)

    @precondition(lambda self: self.certificates.offers)
    @rule(
        place=st.integers(0, 19),
        ending=st.sampled_from(["accepted", "recalled", "rejected", "aborted"]),
    )
    def end_an_offer(self, place: int, ending: str) -> None:
        offers = list(self.certificates.offers.values())
        offer = offers[place % len(offers)]
        receiver = OWNERS[offer.to]
        if ending == "accepted":
            self.ask(accept_offer(offer.offer, by=receiver))
        else:
            by = {"recalled": offer.by, "rejected": receiver, "aborted": ISSUING_BODY}[ending]
            self.ask(close_offer(ending, offer.offer, by=by))

    @rule(account=accounts, to=accounts, picked=st.lists(picks, min_size=1, max_size=3))
    def move_whatever_is_named(
        self, account: str, to: str, picked: list[tuple[int, int, int]]
    ) -> None:
        issuances = list(self.certificates.issuances.values())
        asked = [(issuances[place % len(issuances)], ends) for place, *ends in picked]
        items = [part(found.id, 1, found.quantity + 1, *ends) for found, ends in asked]
        self.move(account, to, items=tuple(items))

    @rule()
    def send_back_what_was_moved_last(self) -> None:
        accepted = [found for found in self.outcomes if isinstance(found, Change)]
        if accepted:
            moves = accepted[-1].moves
            items = tuple(Range(move.issuance, move.first, move.last) for move in moves)
            self.move(moves[0].to_account, moves[0].from_account, items=items)

    def move(
        self,
        account: str,
        to: str,
        *,
        items: tuple[Range, ...] | None = None,
        quantity: int | None = None,
        is_offer: bool = False,
    ) -> None:
        """Ask for a transfer or offer, or where the account is its own target, a retirement."""
        if account == to:
            retirement = self.name("retirement")
            retire = replace(RETIRE, retirement=retirement, account=account, by=OWNERS[account])
            self.ask(replace(retire, items=items, quantity=quantity))
        elif is_offer:
            offer = replace(OFFER, offer=self.name("offer"), from_=account, to=to)
            self.ask(replace(offer, by=OWNERS[account], items=items, quantity=quantity))
        else:
            transfer = replace(TRANSFER, from_=account, to=to, by=OWNERS[account])
            self.ask(replace(transfer, items=items, quantity=quantity))

    def ask(self, asked: Taking | Ending) -> None:
        expected = self.certificates.decide(asked, self.book.time_ms)

        found = outcome(self.book.state, asked, self.book.at)

        if isinstance(found, Change):
            moved = [
                (move.issuance, ordinal)
                for move in found.moves
                for ordinal in range(move.first, move.last + 1)
            ]
            assert sorted(moved) == sorted(expected)
            self.certificates.take(asked, tuple(found.moves))
        else:
            assert found[0] == expected
        self.steps.append(Step(self.book.at, asked))
        self.outcomes.append(found)
        self.book.index += 1

    @precondition(lambda self: self.steps)
    @rule(days=st.sampled_from([0, 0, 0, 1, 2]))
    def close_the_block(self, days: int) -> None:
        asked = [step.done for step in self.steps if isinstance(step.done, Operation)]
        loaded = [
            self.shelf.load(asked, time_ms=self.book.time_ms),
            self.shelf.load(asked, time_ms=self.book.time_ms, into=self.kept, known=self.known),
        ]
        for state in loaded:
            self.replay(state)
            self.shelf.load_neighbours(state)
            assert not state.unknown_neighbours()
        rows = self.book.state.settle(self.book.height)
        assert [state.settle(self.book.height) for state in loaded] == [rows, rows]

        before = set(self.shelf.bundles)
        after = set(self.book.state.bundles)
        assert sorted(rows.closed) == sorted(before - after)
        assert sorted(rows.opened) == sorted(after - before)
        assert list(rows.opened) == sorted(rows.opened, key=lambda row: row[:2])
        assert all(row.from_height == self.book.height for row in rows.opened)
        assert sorted(plain(bundle) for bundle in after) == sorted(self.certificates.rows())
        self.book.time_ms += days * DAY_MS
        self.begin_block()

    def replay(self, state: State) -> None:
        """Decide the group once more, and get the same answers."""
        outcomes = []
        for step in self.steps:
            if isinstance(step.done, Issuance):
                state.apply(Change(puts=(step.done,)), step.at)
            else:
                outcomes.append(outcome(state, step.done, step.at))
        assert outcomes == self.outcomes

    @invariant()
    def bundles_are_disjoint_and_complete(self) -> None:
        for issuance in self.certificates.issuances.values():
            bundles = self.book.state.bundles.of_issuance(issuance.id)
            ordinals = [n for b in bundles for n in range(b.first, b.last + 1)]
            assert ordinals == list(range(1, issuance.quantity + 1))

    @invariant()
    def what_was_issued_is_held_or_retired_by_what_is_on_record(self) -> None:
        state = self.book.state
        retired = sum(b.quantity for b in state.bundles if b.state == "retired")
        active = sum(b.quantity for account in OWNERS for b in state.bundles.oldest(account))
        issued = sum(issuance.quantity for issuance in self.certificates.issuances.values())
        assert retired == sum(retirement.quantity for retirement in state.all(Retirement))
        offered = sum(b.quantity for b in state.bundles if b.state == "offered")
        open_offers = [offer for offer in state.all(Offer) if offer.state == "open"]
        assert offered == sum(offer.quantity for offer in open_offers)
        assert active + offered + retired == issued

    def teardown(self) -> None:
        if self.steps:
            self.close_the_block(days=0)


def part(issuance: str, first: int, last: int, *ends: int) -> Range:
    """Return the part of a range between two ends, in hundredths of it."""
    ordinals = sorted(first + (last - first + 1) * end // 100 for end in ends)
    return Range(issuance, *ordinals)


def plain(bundle: Bundle) -> tuple[str, int, int, Owner]:
    owner = (bundle.account, bundle.state, bundle.offer)
    return bundle.issuance, bundle.first, bundle.last, owner


def test_ranges_stay_whole_and_rows_do_not_depend_on_what_else_was_loaded() -> None:
    run_state_machine_as_test(
        Registries,
        settings=settings(max_examples=100, stateful_step_count=30, deadline=None),
    )
