"""The six cases of RFC 8785, as far as the narrow profile goes, and the oracle at all six."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from app.ledger.encoding import EncodingError, decode, decode_document, encode, encode_document

VECTORS = Path(__file__).parents[1] / "vectors" / "rfc8785_jcs"
CASES = ["arrays", "french", "structures", "unicode", "values", "weird"]

# Why no case fits the profile as a whole, and how many of its parts do: in a leaf, a document.
OUTSIDE = {
    "arrays": "a key outside",
    "french": "a key outside",
    "structures": "a key outside",
    "unicode": "a key outside",
    "values": "has no canonical form",
    "weird": "a key outside",
}
PARTS = {
    "arrays": (3, 3),
    "french": (4, 4),
    "structures": (8, 8),
    "unicode": (0, 1),
    "values": (2, 3),
    "weird": (8, 9),
}


def given(case: str) -> Any:  # noqa: ANN401 - JSON is what it is
    return json.loads((VECTORS / "input" / f"{case}.json").read_bytes())


def wanted(case: str) -> bytes:
    return (VECTORS / "output" / f"{case}.json").read_bytes()


def parts(value: object) -> Iterator[object]:
    """Yield the value and everything inside it."""
    yield value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from parts(item)


def encoded_parts(case: str, encoder: Any) -> list[bytes]:  # noqa: ANN401 - one of two
    encoded = []
    for part in parts(given(case)):
        try:
            encoded.append(encoder(part))
        except EncodingError:
            continue
    return encoded


@pytest.mark.parametrize("case", CASES)
def test_the_oracle_of_our_property_tests_gives_the_published_bytes(case: str) -> None:
    published = bytes.fromhex((VECTORS / "outhex" / f"{case}.txt").read_text())

    data = rfc8785.dumps(given(case))

    assert data == wanted(case) == published


@pytest.mark.parametrize("case", CASES)
def test_a_case_outside_the_profile_is_refused_although_canonical(case: str) -> None:
    data = wanted(case)

    for read in (decode, decode_document):
        with pytest.raises(EncodingError, match=OUTSIDE[case]):
            read(data)


@pytest.mark.parametrize("case", CASES)
def test_the_parts_inside_the_profile_have_the_published_bytes(case: str) -> None:
    leaf_parts = encoded_parts(case, encode)
    document_parts = encoded_parts(case, encode_document)

    assert (len(leaf_parts), len(document_parts)) == PARTS[case]
    assert all(part in wanted(case) for part in leaf_parts + document_parts)


def test_unnormalised_text_is_kept_as_it_is() -> None:
    text = given("unicode")["Unnormalized Unicode"]

    data = encode_document(text)

    assert data == b'"A\xcc\x8a"'
    assert data in wanted("unicode")
