"""Layouts that come with the program, one file each."""

from functools import cache
from importlib.resources import files

from app.layouts.layout import Layout
from app.layouts.parsing import parse_layout

SHIPPED = (
    "ausgrid-prosumer",
    "energy-csv",
    "nz-generation-long",
    "nz-generation-wide",
    "nz-grid-export",
    "steel-kr-quarter-hourly",
)


@cache
def shipped(*, name: str) -> Layout:
    """Return one of the layouts that come with the program. Raises KeyError for no such name."""
    return parse_layout(text=shipped_text(name=name))


def shipped_text(*, name: str) -> str:
    """Return the text of a layout as it lies in its file. Raises KeyError for no such name."""
    if name not in SHIPPED:
        raise KeyError(name)
    return (files(__package__) / f"{name}.json").read_text(encoding="utf-8")
