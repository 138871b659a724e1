"""Code lists: which codes there are, which source fits which technology, and on which days."""

import csv
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib.resources import files
from re import fullmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.codes.lists import CODE, EECS_1, IREC_1, MRETS_1, CodeLists, code_lists
from app.registry.errors import RefusalError

LISTS = code_lists(EECS_1)
IREC = code_lists(IREC_1)
MRETS = code_lists(MRETS_1)
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


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((CODES / name).read_text(encoding="utf-8").splitlines()))


def family(name: str) -> str:
    """Return what an I-REC name says that a source or technology is."""
    if name.startswith(("PV ", "Solar")):
        return "solar"
    if name in {"Wind", "Onshore", "Offshore"}:
        return "wind"
    is_hydro = name.startswith(("Hydro-electric", "Dam", "Run of river", "Pumped Hydro"))
    return "hydro" if is_hydro else "other"


def found(source: str, technology: str, lists: CodeLists = LISTS) -> tuple[str, str, str] | None:
    try:
        lists.check(source=source, technology=technology)
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


def test_no_two_versions_are_the_same() -> None:
    assert LISTS.sources.isdisjoint(IREC.sources | MRETS.sources)
    assert IREC.sources.isdisjoint(MRETS.sources)


@pytest.mark.parametrize("version", [EECS_1, IREC_1, MRETS_1])
def test_every_code_of_every_version_has_the_common_form(version: str) -> None:
    lists = code_lists(version)

    for code in lists.sources | lists.technologies | set(lists.aliases):
        assert CODE.parse(code, "/energy_source") == code


@pytest.mark.parametrize("code", ["", "F", "f01", "1F", "F01040100X", "F01 ", "F0104-100", 7, None])
def test_what_has_not_the_common_form_is_no_code(code: object) -> None:
    with pytest.raises(RefusalError) as caught:
        CODE.parse(code, "/energy_source")

    assert (caught.value.code, caught.value.pointer) == ("unknown-code", "/energy_source")


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


def test_the_misprint_of_shallow_geothermal_heat_is_taken_for_what_was_meant() -> None:
    source = LISTS.canonical("F02040203")

    assert source == "F01040203"
    assert LISTS.is_renewable("F02040203")
    assert found(source, "T050000") is None
    assert found("F02040203", "T050000") == ("unknown-code", "/energy_source", "R77")


@pytest.mark.parametrize("lists", [LISTS, IREC, MRETS], ids=["eecs", "irec", "mrets"])
def test_a_code_of_a_list_is_canonical(lists: CodeLists) -> None:
    assert all(lists.canonical(source) == source for source in lists.sources)
    assert set(lists.aliases).isdisjoint(lists.sources)
    assert set(lists.aliases.values()) <= lists.sources


def test_a_source_of_eecs_is_renewable_where_its_first_level_says_so() -> None:
    for row in table("eecs_energy_source_codes.csv"):
        assert LISTS.is_renewable(row["code"]) is (row["level1"] == "Renewable"), row


def test_every_source_of_irec_is_renewable_by_its_name() -> None:
    renewable = ("Solar", "Wind", "Hydro", "Marine", "Biomass", "Biogas", "Renewable", "Co-fired")
    names = [row["name"] for row in table("irec_codes.csv") if row["code"].startswith("ES")]

    assert all(name.startswith(renewable) for name in names)
    assert all(IREC.is_renewable(source) for source in IREC.sources)


def test_a_fuel_type_of_mrets_is_renewable_where_its_flag_says_so() -> None:
    for row in table("mrets_fuel_types.csv"):
        assert MRETS.is_renewable(row["code"]) is (row["renewable"] == "true"), row
    assert MRETS.is_renewable("WND")
    assert not MRETS.is_renewable("CO1")


@pytest.mark.parametrize("lists", [LISTS, IREC, MRETS], ids=["eecs", "irec", "mrets"])
def test_what_is_not_on_the_list_is_not_renewable(lists: CodeLists) -> None:
    assert not lists.is_renewable("F01999999")
    assert not lists.is_renewable("TC110")


def test_irec_has_every_source_and_technology_of_its_file() -> None:
    every = codes("irec_codes.csv")

    assert (len(IREC.sources), len(IREC.technologies)) == (38, 30)
    assert IREC.sources | IREC.technologies == set(every)
    assert len(every) == 68
    assert all(fullmatch("ES[0-9]{3}", code) for code in IREC.sources)
    assert all(fullmatch("TC[0-9]{3}", code) for code in IREC.technologies)


def test_irec_pairs_solar_wind_and_hydro_and_leaves_the_others_to_each_other() -> None:
    names = {row["code"]: row["name"] for row in table("irec_codes.csv")}
    mismatch = ("source-technology-mismatch", "/technology", "R9")

    for source in IREC.sources:
        for technology in IREC.technologies:
            pair = family(names[source]), family(names[technology])
            expected = None if pair[0] == pair[1] else mismatch
            assert found(source, technology, IREC) == expected, (source, technology)


@pytest.mark.parametrize(
    ("source", "technology", "fits_together"),
    [
        ("ES100", "TC110", True),
        ("ES100", "TC150", True),
        ("ES200", "TC220", True),
        ("ES300", "TC330", True),
        ("ES410", "TC410", True),
        ("ES990", "TC492", True),
        ("ES100", "TC210", False),
        ("ES200", "TC310", False),
        ("ES300", "TC410", False),
        ("ES410", "TC320", False),
        ("ES990", "TC150", False),
    ],
)
def test_irec_pairs_of_every_day(source: str, technology: str, *, fits_together: bool) -> None:
    assert (found(source, technology, IREC) is None) is fits_together


def test_irec_does_not_take_the_codes_of_eecs() -> None:
    assert found("F01050100", "TC210", IREC) == ("unknown-code", "/energy_source", "R77")
    assert found("ES200", "T020001", IREC) == ("unknown-code", "/technology", "R77")
    assert found("TC210", "ES200", IREC) == ("unknown-code", "/energy_source", "R77")


def test_the_technology_of_an_mrets_fuel_type_is_its_own_code() -> None:
    fuels = codes("mrets_fuel_types.csv")

    assert len(fuels) == 59
    assert MRETS.sources == MRETS.technologies == set(fuels)
    for source in fuels:
        for technology in fuels:
            assert (found(source, technology, MRETS) is None) is (source == technology)


def test_an_mrets_fuel_type_has_no_other_technology() -> None:
    mismatch = ("source-technology-mismatch", "/technology", "R9")

    assert found("WND", "WD2", MRETS) == mismatch
    assert found("WND", "NONE", MRETS) == ("unknown-code", "/technology", "R77")
    assert found("XXX", "XXX", MRETS) == ("unknown-code", "/energy_source", "R77")


@pytest.mark.parametrize("lists", [LISTS, IREC, MRETS], ids=["eecs", "irec", "mrets"])
def test_a_first_version_holds_on_every_day_that_a_log_can_write(lists: CodeLists) -> None:
    assert lists.valid_until is None

    for source in lists.sources:
        lists.check_date("1970-01-01", source=source)
        lists.check_date("9999-12-31", source=source)


def dated(produced_on: str, source: str) -> tuple[str, str, str] | None:
    """Return how a version of the year 2024 refuses a source on a day."""
    lists = replace(LISTS, valid_from="2024-01-01", valid_until="2025-01-01")
    try:
        lists.check_date(produced_on, source=source, pointer="/source")
    except RefusalError as refused:
        return refused.code, refused.pointer, refused.rule
    return None


@pytest.mark.parametrize("produced_on", ["2024-01-01", "2024-06-30", "2024-12-31"])
def test_a_version_holds_from_its_first_day_until_before_its_end(produced_on: str) -> None:
    assert dated(produced_on, "F01040100") is None
    assert dated(produced_on, "F01999999") == ("unknown-code", "/source", "R77")


@pytest.mark.parametrize("produced_on", ["1999-12-31", "2023-12-31", "2025-01-01", "2031-02-03"])
def test_production_on_another_day_has_no_codes_of_that_version(produced_on: str) -> None:
    assert dated(produced_on, "F01040100") == ("unknown-code", "/source", "R77")
