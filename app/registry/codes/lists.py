"""Versioned code lists: energy sources, technologies, and which of them fit together (R9)."""

from csv import DictReader
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from re import Pattern
from re import compile as pattern

from app.registry.errors import RefusalError

EECS_1 = "eecs-1"
"""EECS Fact Sheet 5 codes as first shipped; a later list is another version, never an edit."""

_FILES = {EECS_1: ("eecs_energy_source_codes.csv", "eecs_technology_codes.csv")}
_FITTING: tuple[tuple[str, Pattern[str]], ...] = (
    ("T01", pattern("F01040100")),
    ("T02", pattern("F010501..")),
    ("T03", pattern("F010502..")),
    ("T04", pattern("F010502..")),
    ("T05", pattern("F00000000|F010[0-4]....|F010500..|F02......")),
    ("T06", pattern("F03......")),
    ("T07", pattern("F........")),
)


@dataclass(frozen=True, slots=True)
class CodeLists:
    """One version of the lists."""

    sources: frozenset[str]
    technologies: frozenset[str]

    def check(self, *, source: str, technology: str) -> None:
        """Refuse unknown codes and a source that its technology cannot use."""
        if source not in self.sources:
            raise RefusalError(
                "unknown-code", "not a source code", rule="R77", pointer="/energy_source"
            )
        if technology not in self.technologies:
            raise RefusalError(
                "unknown-code", "not a technology code", rule="R77", pointer="/technology"
            )
        fits = any(
            technology.startswith(prefix) and sources.fullmatch(source)
            for prefix, sources in _FITTING
        )
        if not fits:
            raise RefusalError(
                "source-technology-mismatch",
                "this technology does not use this source",
                rule="R9",
                pointer="/technology",
            )


def code_lists(version: str, *, pointer: str = "") -> CodeLists:
    """Return the lists of a version. Raises RefusalError for an unknown version."""
    if version not in _FILES:
        raise RefusalError(
            "unknown-code", "no such version of the code lists", rule="R77", pointer=pointer
        )
    return _read(version)


@cache
def _read(version: str) -> CodeLists:
    sources, technologies = _FILES[version]
    return CodeLists(_codes(sources), _codes(technologies))


def _codes(name: str) -> frozenset[str]:
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return frozenset(row["code"] for row in DictReader(lines))
