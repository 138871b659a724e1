"""Add a person: somebody of one's own organisation, once, by an id and a commitment."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    CLERK,
    GENERATOR,
    HASH,
    ISSUING_BODY,
    METERING,
    OFFICER,
    OPERATOR,
    STRANGER,
    add_person,
    decide_and_apply,
    parties_book,
    refusal,
    remove_person,
    review_organisation,
    uid,
)

from app.registry.organisations import Person

NEW = uid("new person")


@pytest.mark.parametrize("organisation", [OPERATOR, ISSUING_BODY, GENERATOR, BUYER, METERING])
def test_every_organisation_adds_its_own_people(organisation: str) -> None:
    book = parties_book()

    rows = decide_and_apply(book, add_person(NEW, organisation))

    assert rows.puts == (Person(NEW, organisation, HASH, is_active=True),)


@pytest.mark.parametrize("known", [CLERK, OFFICER], ids=["own", "another's"])
def test_nobody_is_added_twice(known: str) -> None:
    refused = refusal(parties_book(), add_person(known, GENERATOR))

    assert refused == ("id-in-use", "/member", "")


def test_who_was_removed_is_not_added_again_under_the_same_id() -> None:
    book = parties_book()
    decide_and_apply(book, remove_person(CLERK, GENERATOR))

    assert refusal(book, add_person(CLERK, GENERATOR)) == ("id-in-use", "/member", "")


def test_refusals_are_raised_in_this_order() -> None:
    book = parties_book()
    decide_and_apply(book, review_organisation(BUYER, suspended=True))
    worst = replace(add_person(CLERK, GENERATOR), by=STRANGER)
    admitted = replace(worst, by=BUYER)
    acting = replace(worst, by=GENERATOR)

    steps = [worst, admitted, acting]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("organisation-suspended", "", ""),
        ("id-in-use", "/member", ""),
    ]
