"""Canonical bytes: what the narrow profile takes and refuses, and the oracle it agrees with."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ledger.encoding import (
    DEPTH_MAX,
    INTEGER_MAX,
    EncodingError,
    Value,
    decode,
    decode_document,
    encode,
    encode_document,
)

Json: TypeAlias = str | int | bool | list["Json"] | dict[str, "Json"]

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,7}", fullmatch=True)
INTEGERS = st.integers(-INTEGER_MAX, INTEGER_MAX)
PLAIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
UNICODE = st.text(st.characters(exclude_categories=["Cs"]))

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def arrays(levels: int) -> Value:
    return [arrays(levels - 1)] if levels > 1 else []


def objects(levels: int) -> Value:
    return {"a": objects(levels - 1)} if levels > 1 else {}


def values(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    """Every value of the profile, down to its greatest depth."""
    level: st.SearchStrategy[Json] = st.booleans() | INTEGERS | texts
    for _ in range(DEPTH_MAX):
        lists = st.lists(level, max_size=3)
        level = level | lists | st.dictionaries(KEYS, level, max_size=3)
    return level


def spelt_by_oracle(value: Json) -> bytes:
    return rfc8785.dumps(cast("Any", value))


@patient
@given(values(PLAIN))
def test_every_value_of_the_profile_is_spelt_as_rfc_8785_spells_it(value: Json) -> None:
    data = encode(value)

    assert data == spelt_by_oracle(value)
    assert encode_document(value) == data
    assert decode(data) == value


@patient
@given(values(UNICODE))
def test_every_document_in_any_script_is_spelt_as_rfc_8785_spells_it(value: Json) -> None:
    data = encode_document(value)

    assert data == spelt_by_oracle(value)
    assert decode_document(data) == value


@patient
@given(values(PLAIN), st.sampled_from([(",", ":"), (", ", ": ")]), st.sampled_from([0, 1]))
def test_of_all_spellings_of_a_value_only_the_canonical_one_is_read(
    value: Json, separators: tuple[str, str], order: int
) -> None:
    data = json.dumps(value, separators=separators, sort_keys=bool(order)).encode()
    is_canonical = data == spelt_by_oracle(value)

    try:
        decode(data)
        is_read = True
    except EncodingError:
        is_read = False

    assert is_read == is_canonical


@patient
@given(st.text())
def test_a_leaf_takes_exactly_the_printable_characters_of_ascii(text: str) -> None:
    is_plain = all(" " <= character <= "~" for character in text)

    try:
        is_taken = encode(text) == spelt_by_oracle(text)
    except EncodingError:
        is_taken = False

    assert is_taken == is_plain


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, 0x80, 0xA0, 0xE9, 0x2028, 0x1F602])
def test_a_leaf_refuses_control_characters_and_everything_beyond_ascii(code: int) -> None:
    with pytest.raises(EncodingError, match="a character outside the profile"):
        encode([chr(code)])


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, 0x80, 0x2028, 0xFEFF, 0xFFFF, 0x10FFFF])
def test_a_document_takes_control_characters_and_the_rarest_ones(code: int) -> None:
    document: Json = {"name": f"a{chr(code)}b"}

    data = encode_document(document)

    assert data == spelt_by_oracle(document)
    assert decode_document(data) == document


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_half_a_surrogate_pair_is_no_text_of_any_document(code: int) -> None:
    with pytest.raises(EncodingError, match="a character outside the profile"):
        encode_document({"name": f"a{chr(code)}b"})


def test_the_greatest_integers_are_taken_and_the_next_are_refused() -> None:
    assert encode([2**53 - 1, 1 - 2**53]) == b"[9007199254740991,-9007199254740991]"
    for value in (2**53, -(2**53), 2**64, 10**40):
        with pytest.raises(EncodingError, match="more than 53 bits"):
            encode([value])


@pytest.mark.parametrize("encoder", [encode, encode_document])
@pytest.mark.parametrize("nested", [arrays, objects])
def test_six_levels_are_taken_and_a_seventh_is_refused(
    encoder: Callable[[Value], bytes], nested: Callable[[int], Value]
) -> None:
    assert decode(encoder(nested(6))) == nested(6)
    with pytest.raises(EncodingError, match="deeper than 6"):
        encoder(nested(7))


def test_a_plain_value_inside_the_sixth_level_is_no_seventh_level() -> None:
    value: Value = {"a": {"b": {"c": {"d": {"e": {"f": "plain"}}}}}}

    data = encode(value)

    assert data == b'{"a":{"b":{"c":{"d":{"e":{"f":"plain"}}}}}}'


@pytest.mark.parametrize("key", ["", "A", "aB", "1", "_a", "a-b", "a b", "é", "a\n", "\u0660"])
def test_a_key_outside_the_profile_is_refused_in_leaves_and_documents(key: str) -> None:
    with pytest.raises(EncodingError, match="a key outside the profile"):
        encode({key: 1})
    with pytest.raises(EncodingError, match="a key outside the profile"):
        encode_document({key: 1})


@pytest.mark.parametrize("value", [1.0, float("nan"), None, b"bytes", {1, 2}, object()])
def test_what_json_or_the_profile_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(EncodingError, match="has no canonical form"):
        encode(cast("Value", [value]))


def test_keys_that_are_not_text_are_refused() -> None:
    with pytest.raises(EncodingError, match="a key outside the profile"):
        encode(cast("Value", {1: 1}))


def test_tuples_are_arrays() -> None:
    value = ({"b": 1, "a": 2}, ())

    data = encode(value)

    assert data == b'[{"a":2,"b":1},[]]'


ODD = {
    "a key given twice": b'{"a":1,"a":1}',
    "a key given twice with other values": b'{"a":1,"a":2}',
    "a key given twice in two spellings": b'{"a":1,"\\u0061":1}',
    "unsorted keys": b'{"b":1,"a":1}',
    "a space": b'{"a": 1}',
    "a space around it": b' {"a":1}',
    "a final line feed": b'{"a":1}\n',
    "an escape that is not needed": b'["\\u0041"]',
    "an escaped solidus": b'["\\/"]',
    "an escaped quote by number": b'["\\u0022"]',
    "minus zero": b"[-0]",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_decode_refuses_odd_spellings(data: bytes) -> None:
    with pytest.raises(EncodingError, match="not canonical"):
        decode(data)


OUTSIDE = {
    "a float": (b"[1.5]", "a float has no"),
    "a whole number with a fraction": (b"[1.0]", "a float has no"),
    "a whole number with an exponent": (b"[1e2]", "a float has no"),
    "null": (b'{"a":null}', "a NoneType has no"),
    "arrays of depth seven": (b"[[[[[[[]]]]]]]", "deeper than 6"),
    "objects of depth seven": (b'{"a":' * 6 + b"{}" + b"}" * 6, "deeper than 6"),
    "2^53": (b"[9007199254740992]", "more than 53 bits"),
    "-2^53": (b"[-9007199254740992]", "more than 53 bits"),
    "2^64 - 1": (b"[18446744073709551615]", "more than 53 bits"),
    "2^64": (b"[18446744073709551616]", "a float has no"),
    "forty digits": (b"[%d]" % 10**39, "a float has no"),
    "an escaped control character": (b'["\\n"]', "a character outside"),
    "delete": (b'["\x7f"]', "a character outside"),
    "a letter beyond ASCII": (b'["\xc3\xa9"]', "a character outside"),
    "a key in upper case": (b'{"A":1}', "a key outside"),
}


@pytest.mark.parametrize(("data", "reason"), OUTSIDE.values(), ids=OUTSIDE)
def test_decode_refuses_what_lies_outside_the_profile(data: bytes, reason: str) -> None:
    with pytest.raises(EncodingError, match=reason):
        decode(data)


BROKEN = {
    "nothing": b"",
    "half an object": b'{"a":1',
    "two values": b"1 2",
    "a bare control character": b'["\n"]',
    "broken UTF-8": b'["\xc3"]',
    "half a surrogate pair": b'["\\ud800"]',
    "a leading zero": b"[01]",
    "a byte order mark": b"\xef\xbb\xbf1",
    "not a number": b"[NaN]",
    "a comma too many": b"[1,]",
    "brackets without end": b"[" * 16_384,
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_decode_refuses_what_is_not_json(data: bytes) -> None:
    with pytest.raises(EncodingError, match="not JSON"):
        decode(data)


def test_a_document_may_name_a_place_that_a_leaf_may_not() -> None:
    data = '{"place":"Hāwera"}'.encode()

    document = decode_document(data)

    assert document == {"place": "Hāwera"}
    with pytest.raises(EncodingError, match="a character outside the profile"):
        decode(data)


def test_decode_document_refuses_odd_spellings_too() -> None:
    with pytest.raises(EncodingError, match="not canonical"):
        decode_document(b'["\\u00e9"]')
