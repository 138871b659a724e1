"""Meters: which series of which layout of meter files is which device; one series is one device."""

from collections.abc import Sequence
from re import compile as pattern
from typing import Protocol, TypeAlias

import orjson

from app.layouts.shipped import SHIPPED, shipped
from app.registry.errors import RefusalError

LAYOUT = "[a-z0-9][a-z0-9-]{0,63}"
SERIES_MAX = 400
"""Characters of a series' labels as a JSON array."""

Series: TypeAlias = tuple[str, ...]
"""The labels of a series in the order of its layout; none where a whole file is one series."""

Meter: TypeAlias = tuple[str, Series]
"""A layout and a series of it."""

_LAYOUT = pattern(LAYOUT)


class MeterRows(Protocol):
    """Where meters are kept; a series is the text of a JSON array."""

    def find(self, *, layout: str, series: Sequence[str]) -> dict[str, str]:
        """Return the devices of those series that are known, by series."""

    def of(self, device: str) -> list[tuple[str, str]]:
        """Return layout and series of every meter of a device."""

    def add(self, *, device: str, meters: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Keep meters of a device, all or none; return those that are another device's."""

    def replace(self, *, device: str, meters: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Keep these meters of a device and no others, or change nothing, as `add` does."""


class Meters:
    """Knows which device a series of a meter file is."""

    def __init__(self, rows: MeterRows) -> None:
        """Take where they are kept."""
        self._rows = rows

    def devices(self, *, layout: str, series: Sequence[Series]) -> dict[Series, str]:
        """Return the devices of those series that are known, by series."""
        found = self._rows.find(layout=layout, series=[_text(item) for item in series])
        return {item: found[_text(item)] for item in series if _text(item) in found}

    def of(self, *, device: str) -> list[Meter]:
        """Return every meter of a device, in order of layouts and series."""
        kept = self._rows.of(device)
        return sorted((layout, tuple(orjson.loads(series))) for layout, series in kept)

    def name(self, *, layout: str, series: Series, device: str) -> None:
        """Say that a series is a device, which it may be already.

        Raises RefusalError: invalid-field, id-in-use where it is another device.
        """
        self._check(layout, series, "")
        if self._rows.add(device=device, meters=[(layout, _text(series))]):
            raise _taken("/series")

    def replace(self, *, device: str, meters: Sequence[Meter]) -> None:
        """Say which series are a device, and that no others are.

        Raises RefusalError: invalid-field, duplicate-item, id-in-use where one is another device.
        """
        for number, (layout, series) in enumerate(meters):
            self._check(layout, series, f"/meters/{number}")
        asked = [(layout, _text(series)) for layout, series in meters]
        if len(set(asked)) < len(asked):
            raise RefusalError("duplicate-item", "a series is named twice", pointer="/meters")
        taken = self._rows.replace(device=device, meters=asked)
        if taken:
            raise _taken(f"/meters/{min(map(asked.index, taken))}/series")

    def _check(self, layout: str, series: Series, pointer: str) -> None:
        """Refuse what no file of that layout can have."""
        if not _LAYOUT.fullmatch(layout):
            raise RefusalError("invalid-field", "not a layout's name", pointer=f"{pointer}/layout")
        here = f"{pointer}/series"
        if not all(label.isprintable() for label in series):
            raise RefusalError("invalid-text", "labels that can be seen", pointer=here)
        if layout in SHIPPED and len(series) != len(shipped(name=layout).series):
            named = ", ".join(shipped(name=layout).series) or "no label"
            raise RefusalError("invalid-field", f"{layout} has {named}", pointer=here)
        if len(_text(series)) > SERIES_MAX:
            raise RefusalError(
                "invalid-field", f"at most {SERIES_MAX} characters in all", pointer=here
            )


def _text(series: Series) -> str:
    return orjson.dumps(list(series)).decode()


def _taken(pointer: str) -> RefusalError:
    return RefusalError("id-in-use", "the series is another device", pointer=pointer)
