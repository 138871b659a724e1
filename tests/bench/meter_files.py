"""How many readings a second are read, imported and issued: a real year of 43 units.

Run by hand: `python -m tests.bench.meter_files`. What is imported is decided, chained, sealed by
four authorities and durable; the readings lie beside the log.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.table import Table

from app.application import create_app
from app.factory import establish, first_keys
from app.settings import Settings
from tests.api.parties import Party
from tests.bench.spine import postgresql
from tests.journeys.real_year import (
    FOUNDING,
    LAYOUT,
    PERIOD,
    READINGS,
    YEAR,
    command,
    energies,
    fleet,
)


def figures(settings: Settings, folder: Path) -> dict[str, float]:
    """Return the seconds that each step took."""
    seconds: dict[str, float] = {}
    establish(settings, FOUNDING)
    began = perf_counter()
    checked = command(settings, "measurements", "check", str(YEAR), "--layout", LAYOUT)
    seconds["check"] = perf_counter() - began
    app = create_app(settings=settings)
    client = app.test_client()
    issuing_body = Party(client, first_keys(settings)["issuing body"])
    devices = folder / "devices.csv"
    generator, metering = fleet(client, issuing_body, checked, energies()[1], devices)
    options = ("--layout", LAYOUT, "--by", metering.id, "--devices", str(devices))
    began = perf_counter()
    command(settings, "measurements", "import", str(YEAR), *options)
    seconds["check and import"] = perf_counter() - began
    began = perf_counter()
    generator.made("/issuances/month", {"account": generator.account, **PERIOD})
    seconds["issue"] = perf_counter() - began
    app.extensions["eac-context"].close()
    return seconds


def main() -> None:
    """Print the table."""
    table = Table(title=f"{READINGS:,} half-hours of 43 units", title_justify="left")
    for column in ("database", "step", "seconds", "readings/s"):
        table.add_column(column, justify="right")
    with TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        for name, database_url in (("SQLite", ""), ("PostgreSQL", url)):
            home = Path(folder) / name
            home.mkdir()
            settings = Settings.of(home=home / "home", database_url=database_url)
            for step, taken in figures(settings, home).items():
                table.add_row(name, step, f"{taken:.1f}", f"{READINGS / taken:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
