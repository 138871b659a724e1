"""Name connection points, as the table of network supply points had them in the bundled month."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.demo.bundle import FIRST_DAY, LAST_DAY, BundleError, Table, read_table


@dataclass(frozen=True, slots=True)
class Place:
    """A connection point and its name."""

    point: str
    description: str


def read_places() -> dict[tuple[str, str], Place]:
    """Return the bundled places in use all month, by point and network."""
    return places_in_use(table=read_table(name="poc_nsp_table.csv"))


def places_in_use(*, table: Table) -> dict[tuple[str, str], Place]:
    """Return the places of a table in use all month. Raises BundleError where two have one key."""
    places: dict[tuple[str, str], Place] = {}
    for row in table:
        if not _is_in_use(row):
            continue
        key = (row["POC code"], row["Network participant"])
        if key in places:
            raise BundleError(f"two places are {key}")
        places[key] = Place(key[0], row["Description"])
    return places


def _is_in_use(row: Mapping[str, str]) -> bool:
    if row["Start date"] > FIRST_DAY.isoformat():
        return False
    return not row["End date"] or row["End date"] >= LAST_DAY.isoformat()
