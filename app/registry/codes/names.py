"""Names of codes, for people to read; no rule looks at them."""

from functools import cache

from app.registry.codes.lists import EECS_1, IREC_1, MRETS_1
from app.registry.codes.tables import rows

_LEVELS = ("level1", "level2", "level3", "level4")
_UNSPECIFIED = "Unspecified"
_TABLES = {
    EECS_1: ("eecs_energy_source_codes.csv", "eecs_technology_codes.csv"),
    IREC_1: ("irec_codes.csv",),
    MRETS_1: ("mrets_fuel_types.csv",),
}


@cache
def names_of(version: str) -> dict[str, str]:
    """Return what each code of a version of the lists is called."""
    return {row["code"]: _name(row) for table in _TABLES[version] for row in rows(table)}


def _name(row: dict[str, str]) -> str:
    """Return a code's name; one of several levels is told down to the last that is specified."""
    if "name" in row:
        return row["name"]
    levels = [row[level] for level in _LEVELS if row.get(level)]
    told = [level for level in levels if level != _UNSPECIFIED]
    return ", ".join(told) or _UNSPECIFIED
