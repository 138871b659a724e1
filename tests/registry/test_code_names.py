"""Names of codes: every code of every version has one, and no two sources have the same."""

import pytest

from app.registry.codes.lists import EECS_1, VERSIONS, code_lists
from app.registry.codes.names import names_of


@pytest.mark.parametrize("version", VERSIONS)
def test_every_code_of_a_version_has_a_name(version: str) -> None:
    lists, names = code_lists(version), names_of(version)

    assert names.keys() == lists.sources | lists.technologies
    assert all(name == name.strip() and name for name in names.values())


def test_a_name_of_several_levels_ends_where_nothing_more_is_specified() -> None:
    names = names_of(EECS_1)

    assert names["F00000000"] == "Unspecified"
    assert names["F01000000"] == "Renewable"
    assert names["F01010101"] == "Renewable, Solid, Municipal waste, Biogenic"
    assert names["T010100"] == "Solar, Photovoltaic"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_fits_is_what_a_check_lets_pass(version: str) -> None:
    lists = code_lists(version)

    pairs = [
        (source, technology)
        for source in lists.sources
        for technology in lists.technologies
        if lists.fits(source, technology)
    ]

    assert pairs
    for source, technology in pairs:
        lists.check(source=source, technology=technology)
