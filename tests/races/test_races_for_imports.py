"""Many processes import what is the same or overlaps: each watt-hour is measured once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, pairwise
from typing import Any

import pytest

from app.factory import open_registry
from app.registry.measurements import Span
from app.settings import Settings
from tests.races.importers import Import, import_at_once
from tests.services.imports import (
    BOTH_WAYS,
    UTC_HOURS,
    audited,
    device_of,
    hourly_lines,
    lines,
    metering_body,
    meters,
    reports_on_log,
    stored,
)

pytestmark = pytest.mark.race

CREW = 3


def netted_file() -> bytes:
    """Return hours of months that give little and draw more, so that deficits are carried on."""
    rows = (
        f"A,{register},2024-{month:02}-{day:02}T{hour:02}:00:00Z,{value}"
        for register in ("A-", "A+")
        for month in range(1, 9)
        for day in range(1, 29)
        for hour in range(3)
        for value in [(hour + day) % 7 if register == "A-" else (hour * day) % 5]
    )
    return lines(*rows, header="meter,register,at,Wh")


def measured_once(settings: Settings, device: str) -> list[Span]:
    """Return a device's spans, in a log in which nothing may be wrong."""
    with open_registry(settings) as registry:
        audited(registry)
        ids, line = reports_on_log(registry), stored(registry, device)
    assert len(set(ids)) == len(ids)
    assert all(before.end <= after.start for before, after in pairwise(line))
    return line


def test_one_file_imported_by_many_at_once_is_measured_once(settings: Settings) -> None:
    with open_registry(settings) as registry:
        body = metering_body(registry)
        device = device_of(registry, body)
    task = Import(
        settings=settings,
        data=netted_file(),
        layout=BOTH_WAYS.name,
        devices={("A", "A-"): device, ("A", "A+"): device},
        by=body,
    )

    answers = import_at_once(*[task] * CREW)

    spans = measured_once(settings, device)
    told = [answer["devices"][device] for answer in answers]
    assert [item["refused"] for item in told] == [[]] * CREW
    whole = max(told, key=lambda item: int(item["operations"]))
    assert sum(span.energy_wh for span in spans) == whole["energy_wh"] > 0
    assert len([span for span in spans if not span.gap]) == whole["spans"]
    assert {sum(given(item)) for item in told} == {whole["given_wh"]}


def given(told: Mapping[str, Any]) -> Iterator[int]:
    """Yield what was given, as far as it was reported or found measured already."""
    yield told["given_wh"]
    yield from (left["given_wh"] for left in told["left_out"].values())


def test_files_that_overlap_imported_at_once_leave_each_interval_to_one(
    settings: Settings,
) -> None:
    with open_registry(settings) as registry:
        body = metering_body(registry)
        device = device_of(registry, body)
    days = [hourly_lines("A", *range(24), day=f"2024-03-{day:02}") for day in range(1, 11)]
    whole, half = lines(*chain.from_iterable(days)), lines(*chain.from_iterable(days[:5]))
    task = Import(
        settings=settings, data=whole, layout=UTC_HOURS.name, devices=meters(A=device), by=body
    )

    answers = import_at_once(task, replace(task, data=half), task)

    spans = measured_once(settings, device)
    measured_wh = sum(span.energy_wh for span in spans)
    assert measured_wh in {5 * sum(range(24)), 10 * sum(range(24))}
    codes = {
        refused["code"] for answer in answers for refused in answer["devices"][device]["refused"]
    }
    assert codes <= {"measurement-overlap"}
