"""Versioned code lists: energy sources, technologies, and which of them fit together (R9, R77).

A list that has been used is never edited: a later one is another version, and the earlier one
gets an end. The sources of these lists state no day of release, so the first version of each
holds from the first day that a log can write, without an end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from re import Pattern
from re import compile as pattern

from app.registry.codes.tables import rows
from app.registry.errors import RefusalError
from app.registry.fields import text

EECS_1 = "eecs-1"
"""EECS Fact Sheet 5: `F` and eight digits, with `T` and six for electricity."""

IREC_1 = "irec-1"
"""I-REC(E): `ES` sources and `TC` technologies."""

MRETS_1 = "mrets-1"
"""M-RETS fuel types, which name source and technology at once."""

CODE = text("[A-Z][A-Z0-9]{1,8}", code="unknown-code")
"""The form that the codes of every list have."""

_FIRST_DAY = "1970-01-01"
_EECS_FITTING = (
    "F01040100 T01....",
    "F010501.. T02....",
    "F010502.. T03....",
    "F010502.. T04....",
    "(?:F00000000|F010[0-4]....|F010500..|F02......) T05....",
    "F03...... T06....",
    "F........ T07....",
)
_IREC_FITTING = ("ES100 TC1..", "ES200 TC2..", "ES300 TC3..", "ES[4-9].. TC[4-9]..")
_MRETS_FITTING = (r"(.+) \1",)


@dataclass(frozen=True, slots=True, eq=False)
class CodeLists:
    """One version of the lists, for production from `valid_from` until before `valid_until`.

    Both are dates as text; without `valid_until` there is no end. `fitting` matches a source, a
    space and a technology that can use it; `aliases` leads from a misprint to what was meant.
    """

    sources: frozenset[str]
    technologies: frozenset[str]
    renewables: frozenset[str]
    fitting: Pattern[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    valid_from: str = _FIRST_DAY
    valid_until: str | None = None

    def canonical(self, source: str) -> str:
        """Return the code under which a source is kept; `check` takes no other."""
        return self.aliases.get(source, source)

    def is_renewable(self, source: str) -> bool:
        """Say whether a source of this version is renewable; what is not on the list is not."""
        return self.canonical(source) in self.renewables

    def fits(self, source: str, technology: str) -> bool:
        """Say whether a technology can use a source."""
        return self.fitting.fullmatch(f"{source} {technology}") is not None

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
        if not self.fits(source, technology):
            raise RefusalError(
                "source-technology-mismatch",
                "this technology does not use this source",
                rule="R9",
                pointer="/technology",
            )

    def check_date(self, produced_on: str, *, source: str, pointer: str = "") -> None:
        """Refuse a source that is not listed on the date of production, such as 2026-11-22."""
        is_over = self.valid_until is not None and produced_on >= self.valid_until
        if source not in self.sources or produced_on < self.valid_from or is_over:
            raise RefusalError(
                "unknown-code",
                "not a source code on the day of production",
                rule="R77",
                pointer=pointer,
            )


def code_lists(version: str, *, pointer: str = "") -> CodeLists:
    """Return the lists of a version. Raises RefusalError for an unknown version."""
    if version not in _VERSIONS:
        raise RefusalError(
            "unknown-code", "no such version of the code lists", rule="R77", pointer=pointer
        )
    return _VERSIONS[version]()


@cache
def _eecs_1() -> CodeLists:
    """Renewable is level 1 `01`; the Fact Sheet misprints shallow geothermal heat once."""
    sources = _codes("eecs_energy_source_codes.csv")
    return CodeLists(
        sources=sources,
        technologies=_codes("eecs_technology_codes.csv"),
        renewables=_starting(sources, "F01"),
        fitting=_any_of(_EECS_FITTING),
        aliases={"F02040203": "F01040203"},
    )


@cache
def _irec_1() -> CodeLists:
    """Every source is renewable: co-firing has codes for its renewable fraction alone.

    Solar, wind and hydro have the pairs of the published table. Its other pairs look like
    placeholders (marine is paired with steam turbines), so any other source goes with any
    technology that is not one of solar, wind or hydro.
    """
    codes = _codes("irec_codes.csv")
    return CodeLists(
        sources=_starting(codes, "ES"),
        technologies=_starting(codes, "TC"),
        renewables=_starting(codes, "ES"),
        fitting=_any_of(_IREC_FITTING),
    )


@cache
def _mrets_1() -> CodeLists:
    """M-RETS has no technology codes: the technology is the fuel type's own code again.

    A word for "none" would stand one letter beside NON, the fuel type that is not listed.
    """
    fuels = rows("mrets_fuel_types.csv")
    codes = frozenset(fuel["code"] for fuel in fuels)
    return CodeLists(
        sources=codes,
        technologies=codes,
        renewables=frozenset(fuel["code"] for fuel in fuels if fuel["renewable"] == "true"),
        fitting=_any_of(_MRETS_FITTING),
    )


_VERSIONS: Mapping[str, Callable[[], CodeLists]] = {
    EECS_1: _eecs_1,
    IREC_1: _irec_1,
    MRETS_1: _mrets_1,
}
VERSIONS = tuple(_VERSIONS)
"""Every version that a domain may name."""


def _codes(name: str) -> frozenset[str]:
    return frozenset(row["code"] for row in rows(name))


def _starting(codes: frozenset[str], prefix: str) -> frozenset[str]:
    return frozenset(code for code in codes if code.startswith(prefix))


def _any_of(fitting: tuple[str, ...]) -> Pattern[str]:
    return pattern("|".join(fitting))
