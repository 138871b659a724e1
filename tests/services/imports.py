"""Imports of meter files for tests: devices in force for years, and files given as they are."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from sqlalchemy import select

from app.audit.findings import Report
from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.layouts.findings import SeriesKey
from app.layouts.layout import Layout
from app.ledger.times import parse_time
from app.registry.measurements import Span
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.measure import Measure
from app.reporting.metered import find_measured
from app.reporting.operations import list_operations
from app.services.files import Imported, check_file, digest_of, import_file, open_file, period_of
from app.services.importing import Importer, Record, Reporter
from app.services.metering import Metered, Stretch
from app.services.streams import Reading
from app.storage.tables import spans
from tests.layouts.meters import ABSENT, layout_of
from tests.scenario import ORIGIN, accept, issuing_body, new_id, organisation, registered_device

CAPACITY_W = 99_999_999
UTC_HOURS = layout_of(
    name="hours",
    time={"zone": "UTC", "interval": 3600, "stamp": "at", "form": "iso"},
    value="Wh",
    unit="Wh",
)
"""A row for each hour of each meter, in Wh."""
BOTH_WAYS = layout_of(
    name="both-ways",
    series=["meter", "register"],
    time={"zone": "UTC", "interval": 3600, "stamp": "at", "form": "iso"},
    value="Wh",
    unit="Wh",
    direction=ABSENT,
    direction_column={"column": "register", "directions": {"A+": "import", "A-": "export"}},
)
"""Two registers of a meter, one for each direction."""
LAYOUTS = {layout.name: layout for layout in (UTC_HOURS, BOTH_WAYS)}


def approve(registry: Registry, device: str, *, first: int, last: int) -> None:
    """Have a device's first version in force from one year to the end of another."""
    accept(
        registry,
        DeviceApprove(
            id=new_id(),
            origin=ORIGIN,
            by=issuing_body(registry),
            device=device,
            number=1,
            valid_from=parse_time(f"{first}-01-01T00:00:00.000Z"),
            valid_until=parse_time(f"{last + 1}-01-01T00:00:00.000Z"),
            automatic_wh=0,
        ),
    )


def metering_body(registry: Registry) -> str:
    return organisation(registry, "measurement_body", name="Metering Ltd")


def device_of(registry: Registry, body: str, *, first: int = 2023, last: int = 2027) -> str:
    """Return a device of a generator of its own, on which a body reports."""
    registrant = organisation(registry, "generator", name="Generator Ltd")
    device = registered_device(registry, registrant, capacity_w=CAPACITY_W, measurement_body=body)
    approve(registry, device, first=first, last=last)
    return device


def meters(**devices: str) -> dict[SeriesKey, str]:
    """Return devices by the one label of their series."""
    return {(label,): device for label, device in devices.items()}


def known(
    registry: Registry, devices: Mapping[SeriesKey, str], period: Stretch = (0, 0)
) -> dict[SeriesKey, Metered]:
    """Return what the registry knows of devices, and of a period that is measured already."""
    rows = find_measured(registry.storage, devices.values(), *period)
    metered = {name: Metered.of(*found) for name, found in rows.items()}
    return {series: metered[device] for series, device in devices.items()}


def imported(
    registry: Registry,
    data: bytes | Path,
    layout: Layout,
    devices: Mapping[SeriesKey, str],
    *,
    by: str,
    record: Record | None = None,
    drawn: Mapping[str, Sequence[Reading]] | None = None,
    are_negatives_flagged: bool = False,
) -> Imported:
    """Import a file as commands and doors do, by what the registry knows now."""
    stream = BytesIO(data if isinstance(data, bytes) else data.read_bytes())
    digest, tally = digest_of(stream), check_file(stream, layout)
    importer = Importer(
        record=record or registry.record,
        reporter=Reporter(origin=ORIGIN, by=by, seed=digest),
        devices=known(registry, devices, period_of(tally)),
        now_ms=registry.storage.look([])[1],
        drawn=drawn,
        are_negatives_flagged=are_negatives_flagged,
    )
    return import_file(open_file(stream, layout), importer)


def lines(*rows: str, header: str = "meter,at,Wh") -> bytes:
    return "".join(f"{row}\n" for row in (header, *rows)).encode()


def hourly_lines(meter: str, *energies: int, day: str = "2024-03-01") -> list[str]:
    """Return rows of the hours of a day."""
    return [f"{meter},{day}T{hour:02}:00:00Z,{energy}" for hour, energy in enumerate(energies)]


def stored(registry: Registry, device: str) -> list[Span]:
    """Return a device's spans and gaps as the tables have them, in order of time."""
    query = select(spans).where(spans.c.device == device).order_by(spans.c.start)
    with registry.storage.reading() as connection:
        return [Span(**row) for row in connection.execute(query).mappings()]


def reports_on_log(registry: Registry) -> list[str]:
    """Return the id of every report on the log, in order."""
    rows = list_operations(
        registry.storage, viewer=None, types=[Measure.type], cursor=None, limit=10_000
    )
    return [row["operation"] for row in rows]


def audited(registry: Registry) -> Report:
    """Return the report on the whole database, in which nothing may be wrong."""
    with registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
    assert report.findings == []
    return report
