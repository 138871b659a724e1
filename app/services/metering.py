"""Metering: what must be known of a device before its readings can become spans."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo

import orjson

from app.registry.devices import APPROVED
from app.registry.domains import DomainSettings
from app.registry.fields import parse_members
from app.services.netting import Balance

Stretch = tuple[int, int]
"""[start, end) in UTC milliseconds."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a device in force in [valid_from, valid_until), UTC milliseconds.

    Power in W, place in micro-degrees.
    """

    valid_from: int
    valid_until: int
    capacity_w: int
    energy_source: str
    measurement_body: str
    latitude: int | None
    longitude: int | None

    def covers(self, start: int, end: int) -> bool:
        """Say whether it is in force throughout a stretch of time."""
        return self.valid_from <= start and end <= self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """A device whose readings are reported, with the settings of its domain."""

    device: str
    settings: DomainSettings
    versions: tuple[Version, ...]
    balance: Balance = field(default_factory=Balance)
    measured: tuple[Stretch, ...] = ()

    @classmethod
    def of(
        cls,
        device: Mapping[str, Any],
        registrations: Iterable[Mapping[str, Any]],
        measured: Iterable[Stretch] = (),
    ) -> Self:
        """Return it from its rows: the device with the settings of its domain, its versions.

        `measured` is where its time is measured or a gap already, as far as that is asked.
        """
        return cls(
            device=device["id"],
            settings=parse_members(DomainSettings, orjson.loads(device["settings"])),
            versions=tuple(_version(row) for row in registrations if row["state"] == APPROVED),
            balance=Balance(device["deficit_wh"], device["adjustment_wh"]),
            measured=tuple(measured),
        )

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its domain, whose days are its spans."""
        return ZoneInfo(self.settings.timezone)

    def version_at(self, start: int, end: int) -> Version | None:
        """Return the version in force throughout a stretch of time."""
        return next((item for item in self.versions if item.covers(start, end)), None)


def _version(row: Mapping[str, Any]) -> Version:
    return Version(
        row["valid_from"],
        row["valid_until"],
        row["capacity_w"],
        row["energy_source"],
        row["measurement_body"],
        row["latitude"],
        row["longitude"],
    )
