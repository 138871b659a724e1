"""Conservation: whatever is measured, corrected, issued and taken back, nothing comes from nothing.

A small machine asks for anything in any order; what the rules refuse changes nothing. After each
step the certificates that are alive, with what is carried, are no more than what the meters say.
"""

from dataclasses import replace

from builders import (
    DEVICE,
    FACE_VALUE_WH,
    WITHDRAW,
    accept,
    adjust,
    approve,
    correct,
    day,
    day_span,
    decide_and_apply,
    devices_book,
    endorse,
    issue_days,
    measure,
    request,
    uid,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.registry.devices import Device
from app.registry.errors import RefusalError
from app.registry.issuances import Issuance
from app.registry.measurements import Netting, Span
from app.registry.operation import Operation
from app.registry.ranges import Range

DAYS = 6
ENERGIES_WH = st.sampled_from((0, 300_000, 700_000, 1_700_000, 2_500_000, 3_000_000))
DRAWN_WH = st.sampled_from((0, 0, 400_000))
NUMBERS = st.integers(0, DAYS - 1)


class Conservation(RuleBasedStateMachine):
    """One device: measured, corrected, issued, withdrawn, adjusted, and issued anew."""

    def __init__(self) -> None:
        super().__init__()
        self.book = devices_book()
        self.asked = 0
        self.measured = 2
        self.lost_wh = 0
        decide_and_apply(self.book, measure(day_span(0, 2_700_000), day_span(1, 2_700_000)))
        for number in range(2):
            issue_days(self.book, uid(f"issuance {number}"), number, number)

    def ask(self, operation: Operation) -> bool:
        """Decide an operation; say whether it was accepted."""
        try:
            decide_and_apply(self.book, operation)
        except RefusalError:
            return False
        return True

    def name(self) -> str:
        """Return an id that was not used before."""
        self.asked += 1
        return uid(f"asked {self.asked}")

    @property
    def device(self) -> Device:
        return self.book.state.device(DEVICE)

    def netted(
        self, number: int, gross_wh: int, drawn_wh: int, *, deficit_wh: int, owed_wh: int
    ) -> Netting:
        """Return how a day's gross energy pays what is outstanding."""
        left_wh = gross_wh - drawn_wh - deficit_wh
        return Netting(
            start=day(number),
            gross_wh=gross_wh,
            deducted_wh=drawn_wh,
            adjusted_wh=min(max(left_wh, 0), max(owed_wh, 0)),
            deficit_in_wh=deficit_wh,
            deficit_out_wh=max(-left_wh, 0),
        )

    @rule(gross_wh=ENERGIES_WH, drawn_wh=DRAWN_WH)
    def measure_the_next_day(self, gross_wh: int, drawn_wh: int) -> None:
        entry = self.netted(
            self.measured,
            gross_wh,
            drawn_wh,
            deficit_wh=self.device.deficit_wh,
            owed_wh=self.device.adjustment_wh,
        )
        report = measure(day_span(self.measured, entry.energy_wh))
        if self.measured < DAYS and self.ask(replace(report, id=self.name(), netting=(entry,))):
            self.measured += 1

    @rule(number=NUMBERS, gross_wh=ENERGIES_WH, drawn_wh=DRAWN_WH, pays=st.booleans())
    def correct_a_day(self, number: int, gross_wh: int, drawn_wh: int, *, pays: bool) -> None:
        if number >= self.measured:
            return
        before = self.book.state.find(Span, (DEVICE, day(number)))
        owed_wh = self.device.adjustment_wh + before.netted_wh
        entry = self.netted(
            number,
            gross_wh,
            drawn_wh if pays else 0,
            deficit_wh=0,
            owed_wh=owed_wh if pays else 0,
        )
        corrected = correct(day_span(number, entry.energy_wh))
        self.ask(replace(corrected, id=self.name(), netting=(entry,) if pays else None))

    @rule(number=NUMBERS)
    def accept_a_day(self, number: int) -> None:
        self.ask(replace(accept(day(number)), id=self.name()))

    @rule(place=NUMBERS, days=st.integers(1, 2))
    def issue_some_days(self, place: int, days: int) -> None:
        spans = self.book.state.timeline(DEVICE)
        free = [number for number, span in enumerate(spans) if span.issuance is None]
        if free:
            first, issuance = free[place % len(free)], self.name()
            if self.ask(request(issuance, first, first + days - 1)):
                assert self.ask(approve(issuance))

    @rule(
        place=st.integers(0, 20),
        part=st.tuples(st.integers(0, 9), st.integers(0, 9)),
        compensates=st.booleans(),
    )
    def withdraw_some(self, place: int, part: tuple[int, int], *, compensates: bool) -> None:
        known = list(self.book.state.all(Issuance))
        if not known:
            return
        issuance = known[place % len(known)]
        first, last = sorted(min(1 + at, issuance.quantity) for at in part)
        self.withdraw(Range(issuance.id, first, last), compensates=compensates)

    @rule(place=st.integers(0, 20))
    def withdraw_all_that_is_left(self, place: int) -> None:
        known = list(self.book.state.all(Issuance))
        if not known:
            return
        left = [
            Range(*bundle[:3])
            for bundle in self.book.state.bundles.of_issuance(known[place % len(known)].id)
            if bundle.state == "active"
        ]
        if left:
            self.withdraw(*left, compensates=False)

    def withdraw(self, *items: Range, compensates: bool) -> None:
        operation = replace(
            WITHDRAW,
            id=self.name(),
            withdrawal=self.name(),
            items=items,
            compensates=compensates,
            endorsement=self.name(),
        )
        word = endorse(operation, endorsement=operation.endorsement)
        self.ask(replace(word, id=self.name()))
        owed_wh = self.device.adjustment_wh
        if self.ask(operation) and compensates:
            quantity = sum(item.last - item.first + 1 for item in items)
            paid_wh = owed_wh - self.device.adjustment_wh
            self.lost_wh += quantity * FACE_VALUE_WH - paid_wh

    @rule(number=NUMBERS, energy_wh=ENERGIES_WH)
    def adjust_a_day(self, number: int, energy_wh: int) -> None:
        operation = replace(adjust(day(number), energy_wh), id=self.name(), endorsement=self.name())
        word = endorse(operation, endorsement=operation.endorsement)
        self.ask(replace(word, id=self.name()))
        self.ask(operation)

    def alive(self) -> int:
        return sum(
            bundle.quantity for bundle in self.book.state.bundles if bundle.state == "active"
        )

    @invariant()
    def nothing_comes_from_nothing(self) -> None:
        spans = self.book.state.timeline(DEVICE)
        right_wh = sum(span.energy_wh + span.netted_wh - span.owed_wh for span in spans)
        owed_wh = max(self.device.adjustment_wh, 0) + self.device.deficit_wh
        alive_wh = self.alive() * FACE_VALUE_WH + self.device.carried_wh
        assert alive_wh <= right_wh + owed_wh

    @invariant()
    def every_watt_hour_is_somewhere(self) -> None:
        state, device = self.book.state, self.device
        spans = state.timeline(DEVICE)
        issued_wh = sum(span.energy_wh - span.owed_wh for span in spans if span.issuance)
        settled_wh = sum(span.netted_wh for span in spans)
        withdrawn = sum(
            issuance.withdrawn
            for issuance in state.all(Issuance)
            if issuance.withdrawn < issuance.quantity
        )
        certified_wh = (self.alive() + withdrawn) * FACE_VALUE_WH
        assert certified_wh + device.carried_wh + self.lost_wh == (
            issued_wh + device.adjustment_wh + settled_wh + device.deficit_wh
        )

    @invariant()
    def no_span_is_in_two_issuances_that_live(self) -> None:
        for issuance in self.book.state.all(Issuance):
            if issuance.withdrawn == issuance.quantity:
                continue
            period = (issuance.period_start, issuance.period_end)
            spans = self.book.state.spans_within(DEVICE, *period)
            assert {span.issuance for span in spans} == {issuance.id}

    @invariant()
    def every_span_that_is_issued_is_so_by_an_issuance_that_lives(self) -> None:
        for span in self.book.state.timeline(DEVICE):
            if span.issuance is not None:
                issuance = self.book.state.issuance(span.issuance)
                assert issuance.withdrawn < issuance.quantity
                assert span.is_accepted

    @invariant()
    def numbers_are_used_once(self) -> None:
        reached = 0
        for issuance in self.book.state.all(Issuance):
            first = int(issuance.number_first[9:])
            assert first == reached + 1
            reached += issuance.quantity
        assert self.book.state.domain("DK").issued == reached

    @invariant()
    def ranges_make_up_their_issuances(self) -> None:
        for issuance in self.book.state.all(Issuance):
            ranges = self.book.state.bundles.of_issuance(issuance.id)
            assert sum(bundle.quantity for bundle in ranges) == issuance.quantity
            withdrawn = sum(item.quantity for item in ranges if item.state == "withdrawn")
            assert issuance.withdrawn <= withdrawn


Conservation.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestConservation = Conservation.TestCase
