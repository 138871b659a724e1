"""EECS code lists: which codes there are, and which source fits which technology."""

import csv
from fnmatch import fnmatchcase
from importlib.resources import files
from re import fullmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.codes.lists import EECS_1, code_lists
from app.registry.errors import RefusalError

LISTS = code_lists(EECS_1)
CODES = files("app.registry.codes")

# EECS Fact Sheet 5, permissible combinations for electricity; ? stands for any digit.
PERMITTED = {
    "T01????": ["F01040100"],
    "T02????": ["F010501??"],
    "T03????": ["F010502??"],
    "T04????": ["F010502??"],
    "T05????": [
        "F00000000",
        "F0100????",
        "F0101????",
        "F0102????",
        "F0103????",
        "F0104????",
        "F010500??",
        "F02??????",
    ],
    "T06????": ["F03??????"],
    "T07????": ["F????????"],
}


def codes(name: str) -> list[str]:
    text = (CODES / name).read_text(encoding="utf-8")
    return [row["code"] for row in csv.DictReader(text.splitlines())]


def fits(source: str, technology: str) -> bool:
    return any(
        fnmatchcase(technology, pattern) and any(fnmatchcase(source, one) for one in sources)
        for pattern, sources in PERMITTED.items()
    )


def found(source: str, technology: str) -> tuple[str, str, str] | None:
    try:
        LISTS.check(source=source, technology=technology)
    except RefusalError as refused:
        return refused.code, refused.pointer, refused.rule
    return None


def test_the_lists_hold_every_code_of_their_files_once() -> None:
    sources = codes("eecs_energy_source_codes.csv")
    technologies = codes("eecs_technology_codes.csv")

    assert (len(sources), len(technologies)) == (129, 132)
    assert LISTS.sources == set(sources)
    assert LISTS.technologies == set(technologies)
    assert len(LISTS.sources) == len(sources)
    assert len(LISTS.technologies) == len(technologies)


def test_every_code_has_the_form_of_its_list() -> None:
    assert all(fullmatch("F[0-9]{8}", code) for code in LISTS.sources)
    assert all(fullmatch("[TQHMG][0-9]{6}", code) for code in LISTS.technologies)


def test_a_version_is_read_once_and_stays_as_it_is() -> None:
    assert code_lists(EECS_1) is LISTS


@pytest.mark.parametrize("version", ["", "eecs-2", "EECS-1", "eecs-1 "])
def test_an_unknown_version_is_refused(version: str) -> None:
    with pytest.raises(RefusalError) as caught:
        code_lists(version)

    assert (caught.value.code, caught.value.rule) == ("unknown-code", "R77")


@pytest.mark.parametrize("technology", sorted(LISTS.technologies))
def test_exactly_the_permitted_sources_fit_a_technology(technology: str) -> None:
    mismatch = ("source-technology-mismatch", "/technology", "R9")

    for source in LISTS.sources:
        expected = None if fits(source, technology) else mismatch
        assert found(source, technology) == expected, source


@pytest.mark.parametrize(
    ("source", "technology"),
    [
        ("F01040100", "T010000"),
        ("F01050100", "T020000"),
        ("F01050200", "T030000"),
        ("F01050200", "T040000"),
        ("F01010000", "T050000"),
        ("F01030000", "T050000"),
        ("F02010400", "T050000"),
        ("F02010100", "T050000"),
        ("F02020000", "T050000"),
        ("F02030100", "T050000"),
        ("F03010100", "T060000"),
        ("F03010101", "T060000"),
        ("F04010000", "T070000"),
    ],
)
def test_codes_of_every_day_fit(source: str, technology: str) -> None:
    assert found(source, technology) is None


def test_heat_hydrogen_and_gas_are_not_made_of_anything_here() -> None:
    others = {code[0] for code in LISTS.technologies} - {"T"}

    assert others == {"Q", "H", "M", "G"}
    assert found("F01040100", "Q050000") == ("source-technology-mismatch", "/technology", "R9")


@given(source=st.from_regex("F[0-9]{8}", fullmatch=True).filter(lambda code: code.isascii()))
def test_a_source_that_is_not_listed_is_unknown_whatever_the_technology(source: str) -> None:
    unknown = ("unknown-code", "/energy_source", "R77")

    for technology in ("T050000", "T070000", "T999999"):
        assert (found(source, technology) == unknown) is (source not in LISTS.sources)


def test_a_technology_that_is_not_listed_is_unknown() -> None:
    for technology in ("T999999", "T070001", "t070000", ""):
        assert found("F01040100", technology) == ("unknown-code", "/technology", "R77")
