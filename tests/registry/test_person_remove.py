"""Remove a person: an own one, once; what was done before stays on record."""

from dataclasses import replace

from builders import (
    CLERK,
    GENERATOR,
    HASH,
    ISSUING_BODY,
    RIVAL,
    SECOND_OFFICER,
    STRANGER,
    UNKNOWN,
    WITHDRAW,
    decide_and_apply,
    endorsed_book,
    parties_book,
    refusal,
    remove_person,
    review_organisation,
)

from app.registry.organisations import Person


def test_a_person_who_is_removed_stays_known_and_is_not_active() -> None:
    book = parties_book()

    rows = decide_and_apply(book, remove_person(CLERK, GENERATOR))

    assert rows.puts == (Person(CLERK, GENERATOR, HASH, is_active=False),)


def test_a_suspended_organisation_may_still_part_with_somebody() -> None:
    book = parties_book()
    decide_and_apply(book, review_organisation(GENERATOR, suspended=True))

    assert decide_and_apply(book, remove_person(CLERK, GENERATOR)).puts


def test_the_word_of_who_was_removed_afterwards_still_counts() -> None:
    book = endorsed_book(WITHDRAW)
    decide_and_apply(book, remove_person(SECOND_OFFICER, ISSUING_BODY))

    assert decide_and_apply(book, WITHDRAW).puts


def test_refusals_are_raised_in_this_order() -> None:
    book = parties_book()
    decide_and_apply(book, remove_person(CLERK, GENERATOR))
    worst = replace(remove_person(UNKNOWN, GENERATOR), by=STRANGER)
    admitted = replace(worst, by=RIVAL)
    known = replace(admitted, member=CLERK)
    own = replace(known, by=GENERATOR)

    steps = [worst, admitted, known, own]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("not-found", "/member", ""),
        ("not-found", "/member", ""),
        ("invalid-state-transition", "/member", "R62"),
    ]
