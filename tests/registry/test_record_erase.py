"""Erase a record: by issuing body or operator, once; nothing else changes."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    HASH,
    ISSUING_BODY,
    OPERATOR,
    OTHER_HASH,
    STRANGER,
    decide_and_apply,
    erase,
    parties_book,
    refusal,
)

from app.registry.organisations import Erasure, Organisation, Person


@pytest.mark.parametrize("by", [ISSUING_BODY, OPERATOR])
def test_a_record_is_erased_and_its_commitments_stay(by: str) -> None:
    book = parties_book()
    before = [*book.state.all(Organisation), *book.state.all(Person)]

    rows = decide_and_apply(book, erase(HASH, by=by))

    assert rows.puts == (Erasure(HASH),)
    assert [*book.state.all(Organisation), *book.state.all(Person)] == before


def test_each_record_is_erased_by_itself() -> None:
    book = parties_book()
    decide_and_apply(book, erase(HASH))

    assert decide_and_apply(book, erase(OTHER_HASH)).puts == (Erasure(OTHER_HASH),)


def test_refusals_are_raised_in_this_order() -> None:
    book = parties_book()
    decide_and_apply(book, erase(HASH))
    worst = erase(HASH, by=STRANGER)
    admitted = replace(worst, by=BUYER)
    by_issuing_body = replace(worst, by=ISSUING_BODY)

    steps = [worst, admitted, by_issuing_body]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R70"),
        ("invalid-state-transition", "/record", "R70"),
    ]
