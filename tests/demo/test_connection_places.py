"""Connection points as they were named in the bundled month."""

import pytest

from app.demo.bundle import BundleError
from app.demo.places import Place, places_in_use, read_places


def row(description: str, start: str, end: str) -> dict[str, str]:
    return {
        "POC code": "ARA2201",
        "Network participant": "MRPL",
        "Description": description,
        "Start date": start,
        "End date": end,
    }


@pytest.mark.parametrize(
    ("start", "end", "is_in_use"),
    [
        ("2008-05-01", "", True),
        ("2024-04-01", "2024-04-30", True),
        ("2024-04-02", "", False),
        ("2008-05-01", "2024-04-29", False),
    ],
)
def test_a_place_counts_when_it_was_in_use_all_month(
    start: str, end: str, *, is_in_use: bool
) -> None:
    places = places_in_use(table=[row("Aratiatia", start, end)])

    assert (("ARA2201", "MRPL") in places) == is_in_use


def test_a_later_name_does_not_replace_the_one_of_the_month() -> None:
    table = [row("Old", "2008-05-01", "2025-03-31"), row("New", "2025-04-01", "")]

    assert places_in_use(table=table) == {("ARA2201", "MRPL"): Place("ARA2201", "Old")}


def test_two_names_at_once_are_our_mistake() -> None:
    table = [row("One", "2008-05-01", ""), row("Two", "2009-05-01", "")]

    with pytest.raises(BundleError, match="two places"):
        places_in_use(table=table)


def test_a_row_closed_since_the_month_is_found() -> None:
    assert read_places()["TNG0111", "WNST"] == Place("TNG0111", "TANGIWAI")
