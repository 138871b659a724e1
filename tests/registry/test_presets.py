"""Presets: what domains of each scheme usually have, and what is said otherwise."""

from typing import Any

import pytest

from app.registry.codes.lists import code_lists
from app.registry.domains import DomainSettings, IssueWindow
from app.registry.errors import RefusalError
from app.registry.presets import PRESETS, domain_of

SAID = {"code": "XY", "country": "DK", "timezone": "UTC", "issuer_prefix": "123456789"}


def preset(scheme: str) -> DomainSettings:
    return domain_of({**SAID, "scheme": scheme})


def refused(members: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(RefusalError) as caught:
        domain_of(members)
    return caught.value.code, caught.value.pointer


def test_a_go_domain_counts_megawatt_hours_for_twelve_and_eighteen_months() -> None:
    found = preset("go")

    assert (found.face_value_wh, found.transfer_months, found.retire_months) == (10**6, 12, 18)
    assert (found.code_lists, found.sources) == ("eecs-1", ("F01",))
    assert found.self_consumption == "issue_and_retire"
    assert found.issue_windows == (IssueWindow(days=365),)
    assert not found.is_granular


def test_in_an_i_rec_domain_nothing_expires() -> None:
    found = preset("irec")

    assert (found.transfer_months, found.retire_months, found.retire_deadline) == (None, None, None)
    assert (found.code_lists, found.sources) == ("irec-1", ("ES",))
    assert found.self_consumption == "issue_freely"


def test_in_a_rec_domain_large_devices_have_two_months_to_ask() -> None:
    found = preset("rec")

    assert [found.issue_days(capacity_w) for capacity_w in (150_000, 150_001)] == [365, 62]
    assert found.code_lists == "mrets-1"
    assert (found.transfer_months, found.retire_months) == (None, None)
    assert found.self_consumption == "no_issue"


def test_a_granular_domain_counts_watt_hours_in_intervals_of_an_hour_at_most() -> None:
    found = preset("granular")

    assert (found.face_value_wh, found.interval_s_most) == (1, 3600)
    assert (found.transfer_months, found.retire_months) == (12, 18)
    assert found.is_granular


@pytest.mark.parametrize("scheme", PRESETS)
def test_every_scheme_has_five_years_two_persons_for_much_and_measured_readings(
    scheme: str,
) -> None:
    found = preset(scheme)

    assert found.scheme == scheme
    assert found.registration_years == 5
    assert (found.second_person_w, found.second_person_wh) == (10**8, 10**11)
    assert found.qualities == ("corrected", "measured")


@pytest.mark.parametrize("scheme", PRESETS)
def test_the_sources_of_every_preset_are_renewable_ones_of_its_code_lists(scheme: str) -> None:
    found = preset(scheme)
    lists = code_lists(found.code_lists)

    certified = {source for source in lists.sources if source.startswith(found.sources)}

    assert certified
    assert all(lists.is_renewable(source) for source in certified)
    assert all(any(code.startswith(prefix) for code in certified) for prefix in found.sources)


def test_what_is_said_takes_the_place_of_what_is_usual() -> None:
    found = domain_of(
        {
            **SAID,
            "scheme": "go",
            "transfer_months": 18,
            "retire_deadline": {"years": 2, "month": 3, "day": 31},
            "qualities": ["measured"],
        }
    )

    assert (found.transfer_months, found.retire_months) == (18, 18)
    assert found.retire_deadline is not None
    assert found.qualities == ("measured",)


def test_a_window_that_is_null_is_lifted() -> None:
    found = domain_of({**SAID, "scheme": "go", "transfer_months": None, "retire_months": None})

    assert (found.transfer_months, found.retire_months) == (None, None)


@pytest.mark.parametrize("scheme", [None, "", "GO", "eecs", 1, ["go"]])
def test_a_scheme_that_is_not_known_is_refused(scheme: object) -> None:
    assert refused({**SAID, "scheme": scheme}) == ("invalid-domain", "/scheme")
    assert refused(SAID) == ("invalid-domain", "/scheme")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"transfer_month": 12}, ("unknown-field", "/transfer_month")),
        ({"face_value_wh": None}, ("missing-field", "/face_value_wh")),
        ({"code": None}, ("missing-field", "/code")),
        ({"self_consumption": "never"}, ("invalid-domain", "/self_consumption")),
        ({"transfer_months": 0}, ("quantity-not-positive", "/transfer_months")),
        ({"issue_windows": []}, ("invalid-field", "/issue_windows")),
        ({"issue_windows": [{"day": 1}]}, ("missing-field", "/issue_windows/0/days")),
        ({"country": "UK"}, ("invalid-country", "/country")),
        (
            {"retire_deadline": {"years": 2, "month": 3, "day": 32}},
            ("invalid-quantity", "/retire_deadline/day"),
        ),
    ],
)
def test_what_a_domain_cannot_have_is_refused(
    members: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refused({**SAID, "scheme": "go", **members}) == expected


def test_a_preset_is_not_changed_by_what_is_made_of_it() -> None:
    before = {scheme: dict(members) for scheme, members in PRESETS.items()}

    domain_of({**SAID, "scheme": "go", "sources": ["F02"], "transfer_months": None})

    assert {scheme: dict(members) for scheme, members in PRESETS.items()} == before
    assert preset("go").sources == ("F01",)
