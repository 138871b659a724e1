"""The tables that are kept here as CSV files."""

from csv import DictReader
from importlib.resources import files


def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the lines of a table by their headings."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return tuple(DictReader(lines))
