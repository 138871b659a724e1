"""Countries, subdivisions and VAT numbers: what another country's is, is refused with a hint."""

import csv
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from re import fullmatch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.eu import vat
from stdnum.gb import vat as british_vat

from app.registry.codes.countries import check_country, check_subdivision, is_country
from app.registry.codes.vat import check_vat
from app.registry.errors import RefusalError

OTHER_DIGITS = {ord("0") + digit: 0x0660 + digit for digit in range(10)}

VAT_NUMBERS = {
    "AT": ["ATU13585627"],
    "BE": ["BE0403019261"],
    "BG": ["BG175074752", "BG7523169263"],
    "CY": ["CY10259033P"],
    "CZ": ["CZ25123891", "CZ7103192745"],
    "DE": ["DE136695976"],
    "DK": ["DK13585628"],
    "EE": ["EE100931558"],
    "ES": ["ESB58378431", "ES54362315K", "ESX2482300W", "ESA13585625", "ESJ99216582"],
    "FI": ["FI20774740"],
    "FR": ["FR40303265045", "FRK7399859412", "FR4Z123456782"],
    "GB": ["XI980780684", "XI242338087388", "XIGD001", "XIHA501"],
    "GR": ["EL094259216", "EL023456780"],
    "HR": ["HR33392005961"],
    "HU": ["HU12892312"],
    "IE": ["IE6433435F", "IE6433435OA", "IE8D79739I"],
    "IT": ["IT00743110157"],
    "LT": ["LT119511515", "LT100001919017"],
    "LU": ["LU15027442"],
    "LV": ["LV40003521600", "LV16117519997"],
    "MT": ["MT11679112"],
    "NL": ["NL004495445B01"],
    "PL": ["PL8567346215"],
    "PT": ["PT501964843"],
    "RO": ["RO18547290", "RO185472"],
    "SE": ["SE123456789701"],
    "SI": ["SI50223054"],
    "SK": ["SK2022749619"],
}
EVERY_VAT_NUMBER = [(country, value) for country, all_ in VAT_NUMBERS.items() for value in all_]


def refusal(check: Callable[[], object]) -> tuple[str, str, str]:
    """Return code, pointer and detail of the refusal that a check raises."""
    with pytest.raises(RefusalError) as caught:
        check()
    return caught.value.code, caught.value.pointer, caught.value.detail


def oracle_codes() -> set[str]:
    """Return the codes that the time-zone database takes from ISO 3166-1."""
    text = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    return {line[:2] for line in text.splitlines() if not line.startswith("#")}


def test_the_table_has_every_country_once_in_order_and_by_name() -> None:
    text = (files("app.registry.codes") / "iso-3166-1.csv").read_text(encoding="utf-8")
    found = list(csv.DictReader(text.splitlines()))
    codes = [row["code"] for row in found]

    assert len(codes) == 249
    assert codes == sorted(set(codes))
    assert set(codes) == oracle_codes()
    assert len({row["name"] for row in found}) == 249
    assert all(row["name"].strip() == row["name"] != "" for row in found)


def test_exactly_the_countries_are_taken() -> None:
    letters = [chr(letter) for letter in range(ord("A"), ord("Z") + 1)]

    taken = {one + two for one in letters for two in letters if is_country(one + two)}

    assert taken == oracle_codes()


@pytest.mark.parametrize("code", ["NZ", "DK", "GB", "GR", "DE", "TW", "SS"])
def test_a_country_is_returned_as_it_is(code: str) -> None:
    assert check_country(code, "/country") == code


@pytest.mark.parametrize(
    ("code", "hint"), [("UK", "is GB"), ("EL", "is GR"), ("XK", "user-assigned")]
)
def test_what_others_use_is_refused_with_a_hint(code: str, hint: str) -> None:
    found, pointer, detail = refusal(lambda: check_country(code, "/beneficiary/country"))

    assert (found, pointer) == ("invalid-country", "/beneficiary/country")
    assert hint in detail


@pytest.mark.parametrize(
    "value", ["", "nz", "Nz", "NZL", "N", "ZZ", "EU", "XI", "NZ ", "NZ\n", "ÅX", 64, None, ["NZ"]]
)
def test_what_is_no_country_is_refused(value: object) -> None:
    found, pointer, detail = refusal(lambda: check_country(value, "/country"))

    assert (found, pointer) == ("invalid-country", "/country")
    assert "NZ" in detail or detail == "not a text"


@pytest.mark.parametrize(
    "value", ["DE-BY", "FR-75", "DK-82", "US-CA", "CA-QC", "NO-46", "ES-MD", "GB-ENG", "AT-9"]
)
def test_a_subdivision_of_its_country_is_returned_as_it_is(value: str) -> None:
    assert check_subdivision(value, value[:2], "/subdivision") == value


@pytest.mark.parametrize(("value", "country"), [("DE-BY", "AT"), ("US-CA", "CA"), ("FR-75", "GF")])
def test_a_subdivision_of_another_country_is_refused(value: str, country: str) -> None:
    found, pointer, detail = refusal(lambda: check_subdivision(value, country, "/subdivision"))

    assert (found, pointer) == ("subdivision-country-mismatch", "/subdivision")
    assert country in detail


@pytest.mark.parametrize(
    "value",
    ["", "DE", "DE-", "DEBY", "DE-ABCD", "de-by", "DE-by", "DE_BY", "DE-BY\n", "DE-٣", 1, None],
)
def test_what_has_not_the_form_of_a_subdivision_is_refused(value: object) -> None:
    found, pointer, detail = refusal(lambda: check_subdivision(value, "DE", "/subdivision"))

    assert (found, pointer) == ("subdivision-country-mismatch", "/subdivision")
    assert "like DE-BY" in detail


def test_every_member_state_has_an_example() -> None:
    prefixes = {value[:2] for _, value in EVERY_VAT_NUMBER}

    assert {prefix.lower().replace("el", "gr") for prefix in prefixes} == vat.MEMBER_STATES


@pytest.mark.parametrize(("country", "value"), EVERY_VAT_NUMBER)
def test_a_vat_number_that_the_oracle_takes_is_taken(country: str, value: str) -> None:
    assert vat.is_valid(value)
    assert check_vat(value, country, "/vat") == value


@pytest.mark.parametrize("number", ["980780684", "242338087388", "GD001", "HA500"])
def test_a_british_vat_number_is_taken(number: str) -> None:
    assert british_vat.is_valid(number)
    assert check_vat(f"GB{number}", "GB", "/vat") == f"GB{number}"


@pytest.mark.parametrize(("country", "value"), EVERY_VAT_NUMBER)
def test_a_vat_number_is_of_one_country(country: str, value: str) -> None:
    for other in VAT_NUMBERS.keys() - {country}:
        found, pointer, detail = refusal(partial(check_vat, value, other, "/vat"))

        assert (found, pointer) == ("invalid-vat-number", "/vat")
        assert f"of {other}" in detail


@pytest.mark.parametrize(("country", "value"), EVERY_VAT_NUMBER)
def test_a_vat_number_of_another_form_is_refused(country: str, value: str) -> None:
    prefix, number = value[:2], value[2:]
    forms = [
        prefix,
        f"{prefix}0",
        f"{value}{'0' * 12}",
        f"{value}\n",
        f"{prefix} {number}",
        f"{prefix}{number[:-1]}-",
        value.translate(OTHER_DIGITS),
    ]

    for wrong in forms:
        found = refusal(partial(check_vat, wrong, country, "/vat"))

        assert found == ("invalid-vat-number", "/vat", f"not of the form of {prefix}")


@pytest.mark.parametrize(
    ("country", "value"),
    [
        ("AT", "AT13585627"),
        ("BE", "BE2403019261"),
        ("CY", "CY102590331"),
        ("ES", "ES543623151"),
        ("FR", "FRO1303265045"),
        ("GB", "XIGX001"),
        ("IE", "IE64334351"),
        ("LT", "LT1195115151"),
        ("NL", "NL004495445C01"),
        ("SE", "SE1234567897"),
    ],
)
def test_a_form_is_the_countrys_own(country: str, value: str) -> None:
    found = refusal(lambda: check_vat(value, country, "/vat"))

    assert found == ("invalid-vat-number", "/vat", f"not of the form of {value[:2]}")


@pytest.mark.parametrize(
    ("value", "country", "hint"),
    [
        ("GR094259216", "GR", "begins with EL"),
        ("094259216", "GR", "begins with EL"),
        ("EL094259216", "EL", "EL has none"),
        ("XI980780684", "IE", "begins with IE"),
        ("DE136695976", "GB", "begins with GB or XI"),
        ("de136695976", "DE", "begins with DE"),
        ("NZ123456789", "NZ", "NZ has none"),
        ("", "NO", "NO has none"),
        ("", "DE", "begins with DE"),
    ],
)
def test_a_wrong_prefix_is_refused_with_a_hint(value: str, country: str, hint: str) -> None:
    found, pointer, detail = refusal(lambda: check_vat(value, country, "/vat"))

    assert (found, pointer) == ("invalid-vat-number", "/vat")
    assert hint in detail


@pytest.mark.parametrize("value", [None, 136695976, True, ["DE136695976"]])
def test_a_vat_number_is_a_text(value: object) -> None:
    found = refusal(lambda: check_vat(value, "DE", "/vat"))

    assert found == ("invalid-vat-number", "/vat", "not a text")


@given(number=st.text(max_size=14))
def test_no_text_but_nine_digits_follows_de(number: str) -> None:
    assume(not fullmatch("[0-9]{9}", number))

    found = refusal(lambda: check_vat(f"DE{number}", "DE", "/vat"))

    assert found == ("invalid-vat-number", "/vat", "not of the form of DE")
