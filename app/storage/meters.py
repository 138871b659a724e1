"""Meters as rows: a series of a layout, and the device that it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select

from app.storage.engines import Database
from app.storage.tables import devices, meters

Named = tuple[str, str]
"""Layout and series."""

_KEPT = meters.c
_AT_ONCE = 500
"""Series in one question."""


class MeterTable:
    """The meters in a database."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database
        way = database.way
        self._insert = f"{way.compile(insert(meters))} ON CONFLICT DO NOTHING"
        named = (_KEPT.layout == bindparam("named"), _KEPT.series == bindparam("labels"))
        self._device = way.compile(select(_KEPT.device).where(*named))
        self._delete = way.compile(delete(meters).where(*named))
        owner: BindParameter[str] = bindparam("owner")
        self._lock = way.compile(
            select(devices.c.id).where(devices.c.id == owner).with_for_update()
        )
        self._of = way.compile(select(_KEPT.layout, _KEPT.series).where(_KEPT.device == owner))

    def find(self, *, layout: str, series: Sequence[str]) -> dict[str, str]:
        """Return the devices of those series that are known, by series."""
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for first in range(0, len(series), _AT_ONCE):
                asked = series[first : first + _AT_ONCE]
                query = select(_KEPT.series, _KEPT.device).where(
                    _KEPT.layout == layout, _KEPT.series.in_(asked)
                )
                found |= {row.series: row.device for row in connection.execute(query)}
        return found

    def of(self, device: str) -> list[Named]:
        """Return layout and series of every meter of a device."""
        query = select(_KEPT.layout, _KEPT.series).where(_KEPT.device == device)
        with self._database.reading() as connection:
            return [(row.layout, row.series) for row in connection.execute(query)]

    def add(self, *, device: str, meters: Sequence[Named]) -> list[Named]:
        """Keep meters of a device, all or none; return those that are another device's."""
        with self._database.writing() as driver:
            taken = self._add(driver, device, meters)
            if not taken:
                driver.commit()
        return taken

    def replace(self, *, device: str, meters: Sequence[Named]) -> list[Named]:
        """Keep these meters of a device and no others, or change nothing, as `add` does.

        One at a time for each device; what is new comes first and in order, so that two devices
        that take each other's series at once do not wait for one another.
        """
        with self._database.writing() as driver:
            driver.execute(self._lock, {"owner": device})
            taken = self._add(driver, device, meters)
            if not taken:
                kept = driver.execute(self._of, {"owner": device}).fetchall()
                for layout, series in set(map(tuple, kept)) - set(meters):
                    driver.execute(self._delete, {"named": layout, "labels": series})
                driver.commit()
        return taken

    def _add(self, driver: Any, device: str, named: Sequence[Named]) -> list[Named]:  # noqa: ANN401 - DB-API
        """Insert what is not there yet; return what is another device's."""
        return [meter for meter in sorted(named) if not self._insert_one(driver, device, meter)]

    def _insert_one(self, driver: Any, device: str, meter: Named) -> bool:  # noqa: ANN401 - DB-API
        """Say whether a meter is the device's, now or before."""
        layout, series = meter
        row = {"layout": layout, "series": series, "device": device}
        if driver.execute(self._insert, row).rowcount:
            return True
        found = driver.execute(self._device, {"named": layout, "labels": series}).fetchone()
        return found is not None and found[0] == device
