"""Withdraw certificates: the issuing body takes back what should not have been issued."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.devices import Device
from app.registry.endorsements import consenting, must_be_seconded
from app.registry.errors import RefusalError
from app.registry.fields import ID, Flag, Id, Slug, listed
from app.registry.issuances import Issuance
from app.registry.measurements import Span
from app.registry.operation import (
    ENDORSEMENT,
    HELD_RANGE,
    ISSUED,
    ORGANISATION,
    Operation,
    Read,
)
from app.registry.ranges import (
    ACTIVE,
    ITEMS,
    LOCKED,
    RANGES_MAX,
    WITHDRAWN,
    Bundle,
    Move,
    Range,
    longest_runs,
)
from app.registry.state import At, Change, State

WITHDRAWABLE = (ACTIVE, LOCKED)
OFFERED_HINT = "close the offer first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Operation):
    """By the issuing body and a second person of it, with the consent of who holds them by now.

    A wholly withdrawn issuance frees its spans, to be corrected and issued anew; `compensates`
    pays what the device owes instead, and what has paid is not issued again (R33, R34, R36).
    """

    type: ClassVar[str] = "withdraw"

    withdrawal: Id
    items: Annotated[tuple[Range, ...], ITEMS]
    reason: Slug
    case: Slug
    compensates: Flag
    endorsement: Id
    consents: Annotated[tuple[str, ...], listed(ID, most=RANGES_MAX)] | None = None

    def reads(self) -> Iterator[Read]:
        """Yield the endorsements, and the ranges with who holds them and what they were made of."""
        yield Read(ORGANISATION, self.by)
        for endorsement in (self.endorsement, *(self.consents or ())):
            yield Read(ENDORSEMENT, endorsement)
        for item in self.items:
            yield Read(HELD_RANGE, item)
        for issuance in {item.issuance for item in self.items}:
            yield Read(ISSUED, issuance)

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - no window keeps an error alive
        """Withdraw all of it or nothing."""
        state.must_be_issuing_body(self.by)
        must_be_seconded(state, self, self.endorsement, code="withdrawal-not-authorised")
        self._check_disjoint()
        taken = [part for number in range(len(self.items)) for part in self._parts(state, number)]
        self._check_consent(state, taken)
        moves = longest_runs(
            Move(*part[:3], part.account, part.state, part.account, WITHDRAWN) for part in taken
        )
        if len(moves) > RANGES_MAX:
            raise RefusalError("too-many-ranges", f"it would move more than {RANGES_MAX} ranges")
        return Change(puts=self._puts(state, taken), moves=moves)

    def _check_disjoint(self) -> None:
        for before, after in itertools.pairwise(sorted(self.items)):
            if before.issuance == after.issuance and after.first <= before.last:
                raise RefusalError("duplicate-item", "two items overlap", pointer="/items")

    def _parts(self, state: State, number: int) -> Iterator[Bundle]:
        """Yield the bundles of an item, cut to it, all of which can be withdrawn."""
        item, pointer = self.items[number], f"/items/{number}"
        issuance = state.find(Issuance, item.issuance, pointer=f"{pointer}/issuance")
        if item.last > issuance.quantity:
            raise RefusalError(
                "invalid-number-range",
                f"the issuance has {issuance.quantity} certificates",
                rule="R18",
                pointer=f"{pointer}/last",
            )
        for bundle in state.bundles.covering(item):
            if bundle.offer is not None:
                raise RefusalError(
                    "invalid-state-transition", OFFERED_HINT, rule="R33", pointer=pointer
                )
            if bundle.state not in WITHDRAWABLE:
                raise RefusalError(
                    "withdrawal-not-possible",
                    f"part of it is {bundle.state}",
                    rule="R33",
                    pointer=pointer,
                )
            first, last = max(bundle.first, item.first), min(bundle.last, item.last)
            yield bundle._replace(first=first, last=last)

    def _check_consent(self, state: State, taken: Iterable[Bundle]) -> None:
        """Refuse what its holder, who is not its registrant, has not consented to (R34)."""
        consents = consenting(state, self, self.consents or ())
        for bundle in taken:
            issuance = state.issuance(bundle.issuance)
            holder = state.account(bundle.account).organisation
            if bundle.account != issuance.account and holder not in consents:
                raise RefusalError(
                    "withdrawal-not-authorised",
                    "who holds part of it by now has not consented",
                    rule="R34",
                    pointer="/consents",
                )

    def _puts(self, state: State, taken: Sequence[Bundle]) -> tuple[Issuance | Device | Span, ...]:
        """Return what else changes: counts, freed spans, and what the devices owe and carry."""
        devices: dict[str, Device] = {}
        issuances: list[Issuance] = []
        spans: list[Span] = []
        for key in sorted({bundle.issuance for bundle in taken}):
            quantity = sum(bundle.quantity for bundle in taken if bundle.issuance == key)
            issuance = state.issuance(key)
            device = devices.get(issuance.device) or state.device(issuance.device)
            if self.compensates:
                device = _paid(device, quantity * issuance.face_value_wh)
            else:
                issuance = replace(issuance, withdrawn=issuance.withdrawn + quantity)
            if issuance.withdrawn == issuance.quantity:
                freed = _issued_on(state, issuance)
                spans += [_freed(span) for span in freed]
                device = _uncarried(device, issuance, booked_wh=sum(s.owed_wh for s in freed))
            issuances.append(issuance)
            devices[device.id] = device
        changed = (item for item in devices.values() if item != state.device(item.id))
        return (*issuances, *changed, *spans)


def _paid(device: Device, energy_wh: int) -> Device:
    """Return a device that owes less, by certificates that were withdrawn instead (R36)."""
    if device.adjustment_wh <= 0:
        raise RefusalError(
            "withdrawal-not-possible", "the device owes nothing", rule="R36", pointer="/compensates"
        )
    return replace(device, adjustment_wh=max(0, device.adjustment_wh - energy_wh))


def _issued_on(state: State, issuance: Issuance) -> list[Span]:
    within = state.spans_within(issuance.device, issuance.period_start, issuance.period_end)
    return [span for span in within if span.issuance == issuance.id]


def _freed(span: Span) -> Span:
    """Return a span that may be issued again; not before somebody has looked where it was wrong."""
    is_right = span.owed_wh == 0
    return replace(span, issuance=None, owed_wh=0, is_accepted=span.is_accepted and is_right)


def _uncarried(device: Device, issuance: Issuance, *, booked_wh: int) -> Device:
    """Return a device whose carry is as if the issuance had never been.

    What was booked on its spans is not owed any more; where later issuances have used what it
    carried out, that much is (R5, R36).
    """
    device = replace(device, adjustment_wh=device.adjustment_wh - booked_wh)
    if device.last_issuance == issuance.id:
        return replace(device, carried_wh=issuance.carried_in_wh)
    owed_wh = issuance.carried_out_wh - issuance.carried_in_wh
    return replace(device, adjustment_wh=device.adjustment_wh + owed_wh)
