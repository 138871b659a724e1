"""Revise a device: describe it anew; the version in force stays so until this one is approved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.devices import (
    APPROVED,
    REGISTERED,
    SUPERSEDED,
    SUSPENDED,
    UNDER_REVIEW,
    Registration,
    approved_of,
)
from app.registry.errors import RefusalError
from app.registry.fields import Date, Id, Slug, nested, whole
from app.registry.operation import DEVICE, ORGANISATION, Read
from app.registry.registrations import Described
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Repowering:
    """When capacity was added, and how much (R74)."""

    on: Date
    added_w: Annotated[int, whole(least=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRevise(Described):
    """By the registrant, of the version of the device that it has seen.

    Capacity changes by a repowering, or with the commissioning date by a correction whose case is
    named (R74); source and number never change.
    """

    type: ClassVar[str] = "device.revise"

    device: Id
    version: Annotated[int, whole(least=1)]
    repowering: Annotated[Repowering, nested(Repowering)] | None = None
    correction: Slug | None = None

    def reads(self) -> Iterator[Read]:
        """Yield registrant, measurement body and the device with its versions."""
        yield Read(ORGANISATION, self.by)
        yield Read(ORGANISATION, self.measurement_body)
        yield Read(DEVICE, self.device)
        yield from self.place_reads()

    def decide(self, state: State, at: At) -> Change:
        """Put a new version under review in place of one that was (R10, R73, R74, R78)."""
        state.actor(self.by).must_be_verified(at.time_ms)
        device = state.device(self.device)
        device.must_belong_to(self.by)
        device.must_be_at(self.version)
        device.must_be_in(REGISTERED, APPROVED, SUSPENDED)
        source = self.check_description(state, at, domain=device.domain)
        versions = state.registrations(self.device)
        newest = versions[-1]
        self._check_frozen(newest, source)
        for approved in approved_of(versions)[-1:]:
            self._check_capacity(approved)
        revised = self.registration(device=self.device, number=newest.number + 1, source=source)
        replaced = (replace(newest, state=SUPERSEDED),) if newest.state in UNDER_REVIEW else ()
        return Change(puts=(*replaced, revised, replace(device, version=device.version + 1)))

    def _check_frozen(self, newest: Registration, source: str) -> None:
        """Refuse another source or another store: that would be another device."""
        if source != newest.energy_source:
            raise RefusalError(
                "immutable-attribute",
                "another source is another device",
                rule="R74",
                pointer="/energy_source",
            )
        if (self.storage_wh or 0) != newest.storage_wh:
            raise RefusalError(
                "immutable-attribute",
                "another store is another device",
                rule="R74",
                pointer="/storage_wh",
            )

    def _check_capacity(self, before: Registration) -> None:
        """Refuse another capacity or first day that nothing explains (R74)."""
        if self.correction is not None:
            return
        if self.commissioned_on != before.commissioned_on:
            raise RefusalError(
                "immutable-attribute",
                "only a correction changes it",
                rule="R74",
                pointer="/commissioned_on",
            )
        added_w = self.repowering.added_w if self.repowering is not None else 0
        if self.capacity_w != before.capacity_w + added_w:
            raise RefusalError(
                "immutable-attribute",
                "only a repowering or a correction changes it",
                rule="R74",
                pointer="/capacity_w",
            )
