"""Check digits, with python-stdnum as oracle, real numbers, and every single wrong character."""

import csv
from pathlib import Path
from re import search

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean, lei
from stdnum.eu import eic
from stdnum.iso7064 import mod_97_10

from app.registry.codes.check_digits import gs1_check_digit, is_eic, is_gln, is_gsrn, is_lei
from app.registry.codes.identifiers import EIC, GLN, GSRN, LEI
from app.registry.errors import RefusalError
from app.registry.fields import MemberKind

VECTORS = Path(__file__).parents[1] / "vectors" / "identifiers"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
EIC_TYPES = "XYZWTVA"

digits_17 = st.text(DIGITS, min_size=17, max_size=17)
digits_12 = st.text(DIGITS, min_size=12, max_size=12)
eic_bodies = st.builds(
    str.__add__,
    st.from_regex(rf"[0-9]{{2}}[{EIC_TYPES}]", fullmatch=True).filter(str.isascii),
    st.text(DIGITS + LETTERS + "-", min_size=12, max_size=12),
)
lei_bodies = st.text(DIGITS + LETTERS, min_size=18, max_size=18)


def lines(name: str) -> list[str]:
    return (VECTORS / name).read_text(encoding="ascii").splitlines()


def gsrns() -> list[dict[str, str]]:
    return list(csv.DictReader(lines("gsrn_dk.csv")))


@given(body=st.text(DIGITS, min_size=1, max_size=24))
def test_the_gs1_check_digit_is_the_oracles(body: str) -> None:
    assert gs1_check_digit(body) == ean.calc_check_digit(body)


def test_the_worked_gs1_example_has_check_digit_9() -> None:
    assert gs1_check_digit("57131318040001346") == "9"


@given(body=digits_17, last=st.sampled_from(DIGITS))
def test_a_gsrn_has_the_oracles_check_digit_and_no_other(body: str, last: str) -> None:
    assert is_gsrn(body + last) is (last == ean.calc_check_digit(body))


@given(body=digits_12, last=st.sampled_from(DIGITS))
def test_a_gln_is_valid_where_the_oracle_says_so(body: str, last: str) -> None:
    assert is_gln(body + last) is ean.is_valid(body + last)
    assert is_gln(body + ean.calc_check_digit(body))


@given(body=digits_17, at=st.integers(0, 17), by=st.integers(1, 9))
def test_one_wrong_digit_of_a_gsrn_is_found(body: str, at: int, by: int) -> None:
    gsrn = body + ean.calc_check_digit(body)
    wrong = str((int(gsrn[at]) + by) % 10)

    assert is_gsrn(gsrn)
    assert not is_gsrn(gsrn[:at] + wrong + gsrn[at + 1 :])


@given(body=eic_bodies, last=st.sampled_from(DIGITS + LETTERS + "-"))
def test_an_eic_of_right_shape_is_valid_where_the_oracle_says_so(body: str, last: str) -> None:
    assert is_eic(body + last) is eic.is_valid(body + last)
    check = eic.calc_check_digit(body)
    assert is_eic(body + check) is (check != "-")


@given(code=st.text(DIGITS + LETTERS + "-", min_size=16, max_size=16))
def test_what_the_oracle_does_not_take_for_an_eic_is_none(code: str) -> None:
    with_check = code[:15] + eic.calc_check_digit(code)
    is_shaped = code[:2].isdigit() and code[2] in EIC_TYPES and not with_check.endswith("-")

    assert is_eic(with_check) is is_shaped
    assert not is_eic(code) or eic.is_valid(code)


@given(body=eic_bodies, at=st.integers(3, 15), by=st.integers(1, 36))
def test_one_wrong_character_of_an_eic_is_found(body: str, at: int, by: int) -> None:
    alphabet = DIGITS + LETTERS + "-"
    code = body + eic.calc_check_digit(body)
    wrong = alphabet[(alphabet.index(code[at]) + by) % 37]

    assert not is_eic(code[:at] + wrong + code[at + 1 :])


@given(body=lei_bodies, last=st.text(DIGITS, min_size=2, max_size=2))
def test_a_lei_of_right_shape_is_valid_where_the_oracle_says_so(body: str, last: str) -> None:
    assert is_lei(body + last) is lei.is_valid(body + last)
    assert is_lei(body + mod_97_10.calc_check_digits(body))


@given(body=lei_bodies, at=st.integers(0, 19), by=st.integers(1, 9))
def test_one_wrong_digit_of_a_lei_is_found(body: str, at: int, by: int) -> None:
    code = body + mod_97_10.calc_check_digits(body)
    if code[at].isdigit():
        code = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]

        assert not is_lei(code)


@pytest.mark.parametrize("row", gsrns(), ids=lambda row: row["gsrn"])
def test_real_gsrns_are_told_from_the_placeholder(row: dict[str, str]) -> None:
    assert is_gsrn(row["gsrn"]) is (row["check_digit_ok"] == "true")


def test_real_numbers_are_valid() -> None:
    glns, eics, leis = lines("gln.txt"), lines("eic_valid.txt"), lines("lei_valid.txt")

    assert (len(glns), len(eics), len(leis)) == (7, 84, 100)
    assert [code for code in glns if not is_gln(code)] == []
    assert [code for code in eics if not is_eic(code)] == []
    assert [code for code in leis if not is_lei(code)] == []


@pytest.mark.parametrize(
    "code",
    [
        "10Y1001A1001A83F",
        "10YFR-RTE------C",
        "10YDK-1--------W",
        "10YGB----------A",
        "10X1001A1001A450",
        "21Z000000000163R",
        "22XWATTPLUS----G",
    ],
)
def test_published_eics_are_valid(code: str) -> None:
    assert is_eic(code)


@pytest.mark.parametrize(
    "code",
    [
        "22XWATTPLUS----X",
        "23X--130302DLGW-",
        "10y1001a1001a83f",
        "10Y1001A1001A83F ",
        "10Y1001A1001A83F\n",
        "10Y1001A1001A83",
        "10B1001A1001A83F",
        "1AY1001A1001A83F",
        "10Y1001A1001A8_F",
        "",
    ],
)
def test_what_only_looks_like_an_eic_is_none(code: str) -> None:
    assert not is_eic(code)


@pytest.mark.parametrize(
    "code", ["506700GE1G29325QX363", "7LTWFZYICNSX8D621K86", "213800KUD8LAJWSQ9D15"]
)
def test_published_leis_are_valid(code: str) -> None:
    assert is_lei(code)


@pytest.mark.parametrize(
    "code",
    [
        "213800KUD8LXJWSQ9D15",
        "213800kud8lajwsq9d15",
        "213800KUD8LAJWSQ9D1",
        "213800KUD8LAJWSQ9D15\n",
        " 213800KUD8LAJWSQ9D15",
        "213800-KUD8LAJWSQ9D15",
        "",
    ],
)
def test_what_only_looks_like_a_lei_is_none(code: str) -> None:
    assert not is_lei(code)


@pytest.mark.parametrize("code", ["571313180400013469", "571313115400167430", "123456789012345675"])
def test_published_gsrns_are_valid_in_ascii_digits_alone(code: str) -> None:
    arabic = code.translate({ord(digit): 0x0660 + int(digit) for digit in DIGITS})

    assert is_gsrn(code)
    assert arabic.isdigit()
    assert not is_gsrn(arabic)
    assert not is_gsrn(code[:17] + arabic[17])


@pytest.mark.parametrize(
    "code",
    [
        "571313180400013562",
        "571234567890123456",
        "5790001330552",
        "0571313180400013469",
        "71313180400013469",
        "571313180400013469\n",
        " 71313180400013469",
        "57131318040001346X",
        "",
    ],
)
def test_what_only_looks_like_a_gsrn_is_none(code: str) -> None:
    assert not is_gsrn(code)


@pytest.mark.parametrize("code", ["5790001330552", "8716867999938", "6291041500213"])
def test_published_glns_are_valid_and_their_neighbours_are_not(code: str) -> None:
    assert is_gln(code)
    assert not is_gln(code[1:])
    assert not is_gln("0" + code)
    assert not is_gln(code[:-1] + str((int(code[-1]) + 1) % 10))


KINDS = [
    (GSRN, "invalid-gsrn", "R14", ["571313180400013469", "123456789012345675"]),
    (GLN, "invalid-gln", "", lines("gln.txt")),
    (EIC, "invalid-eic", "", lines("eic_valid.txt")),
    (LEI, "invalid-lei", "", lines("lei_valid.txt")),
]
NAMES = ["gsrn", "gln", "eic", "lei"]


def refusal(kind: MemberKind, value: object) -> tuple[str, str, str]:
    """Return code, rule and pointer of the refusal that reading and writing agree on."""
    with pytest.raises(RefusalError) as reading:
        kind.parse(value, "/device/0")
    with pytest.raises(RefusalError) as writing:
        kind.plain(value, "/device/0")

    read, written = reading.value, writing.value
    assert (read.code, read.rule, read.detail) == (written.code, written.rule, written.detail)
    assert read.pointer == written.pointer
    return read.code, read.rule, read.pointer


@pytest.mark.parametrize(("kind", "code", "rule", "valid"), KINDS, ids=NAMES)
def test_a_member_takes_valid_identifiers_as_they_are(
    kind: MemberKind, code: str, rule: str, valid: list[str]
) -> None:
    for value in valid:
        assert kind.parse(value, f"/{code}{rule}") == value
        assert kind.plain(value, f"/{code}{rule}") == value


@pytest.mark.parametrize(("kind", "code", "rule", "valid"), KINDS, ids=NAMES)
def test_a_member_refuses_a_wrong_check_digit_with_its_own_code(
    kind: MemberKind, code: str, rule: str, valid: list[str]
) -> None:
    for value in valid[:5]:
        wrong = value[:-1] + ("1" if value[-1] == "0" else "0")

        assert refusal(kind, wrong) == (code, rule, "/device/0")


@pytest.mark.parametrize(("kind", "code", "rule", "valid"), KINDS, ids=NAMES)
def test_a_member_refuses_what_is_not_of_the_shape(
    kind: MemberKind, code: str, rule: str, valid: list[str]
) -> None:
    value = valid[0]
    arabic = value.translate({ord(digit): 0x0660 + int(digit) for digit in DIGITS})
    fullwidth = value.translate({ord(digit): 0xFF10 + int(digit) for digit in DIGITS})
    shapeless: list[object] = [
        "",
        f"{value}\n",
        f" {value}",
        value[1:],
        f"0{value}",
        arabic,
        fullwidth,
    ]

    for wrong in [*shapeless, 571313180400013469, None, True, [value]]:
        assert refusal(kind, wrong) == (code, rule, "/device/0"), wrong


@pytest.mark.parametrize(("kind", "code", "rule", "valid"), KINDS, ids=NAMES)
def test_the_schema_of_a_member_tells_the_shape(
    kind: MemberKind, code: str, rule: str, valid: list[str]
) -> None:
    pattern = kind.schema["pattern"]

    assert kind.schema["type"] == "string"
    assert all(search(pattern, value) for value in valid), (code, rule)
    assert not search(pattern, valid[0][1:])
    assert not search(pattern, f"0{valid[0]}")
