"""Whitelist a sender: the receiver says from which account it takes transfers at once."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    BUYER_ACCOUNT,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    ISSUING_BODY,
    RIVAL_ACCOUNT,
    STRANGER,
    UNKNOWN,
    decide_and_apply,
    parties_book,
    refusal,
    whitelist,
)

from app.registry.accounts import Sender


def test_an_account_takes_transfers_from_whom_it_has_whitelisted() -> None:
    book = parties_book()

    rows = decide_and_apply(book, whitelist(BUYER_ACCOUNT, RIVAL_ACCOUNT, by=BUYER))

    assert rows.puts == (Sender(BUYER_ACCOUNT, RIVAL_ACCOUNT, is_allowed=True),)
    assert book.state.is_sender_allowed(BUYER_ACCOUNT, RIVAL_ACCOUNT)


def test_a_whitelist_entry_counts_in_one_direction_and_for_one_pair() -> None:
    state = parties_book().state

    assert state.is_sender_allowed(BUYER_ACCOUNT, GENERATOR_ACCOUNT)
    assert not state.is_sender_allowed(GENERATOR_ACCOUNT, BUYER_ACCOUNT)
    assert not state.is_sender_allowed(BUYER_ACCOUNT, GENERATOR_OTHER_ACCOUNT)


def test_a_sender_can_be_taken_off_and_put_on_again() -> None:
    book = parties_book()
    seen = []

    for allowed in (False, True):
        entry = whitelist(BUYER_ACCOUNT, GENERATOR_ACCOUNT, by=BUYER, allowed=allowed)
        decide_and_apply(book, entry)
        seen.append(book.state.is_sender_allowed(BUYER_ACCOUNT, GENERATOR_ACCOUNT))

    assert seen == [False, True]


def test_one_of_two_own_accounts_may_be_whitelisted_by_the_other() -> None:
    book = parties_book()

    decide_and_apply(book, whitelist(GENERATOR_OTHER_ACCOUNT, GENERATOR_ACCOUNT, by=GENERATOR))

    assert book.state.is_sender_allowed(GENERATOR_OTHER_ACCOUNT, GENERATOR_ACCOUNT)


@pytest.mark.parametrize(
    ("account", "sender", "expected"),
    [
        (UNKNOWN, RIVAL_ACCOUNT, ("not-found", "/account", "")),
        (GENERATOR_ACCOUNT, RIVAL_ACCOUNT, ("not-holder", "/account", "R26")),
        (BUYER_ACCOUNT, UNKNOWN, ("not-found", "/sender", "")),
        (BUYER_ACCOUNT, BUYER_ACCOUNT, ("invalid-target-account", "/sender", "")),
    ],
    ids=["unknown account", "another's account", "unknown sender", "itself"],
)
def test_what_cannot_be_whitelisted_is_refused(
    account: str, sender: str, expected: tuple[str, str, str]
) -> None:
    refused = refusal(parties_book(), whitelist(account, sender, by=BUYER))

    assert refused == expected


def test_refusals_are_raised_in_this_order() -> None:
    book = parties_book()
    worst = whitelist(UNKNOWN, UNKNOWN, by=STRANGER)
    admitted = replace(worst, by=ISSUING_BODY)
    known = replace(admitted, account=BUYER_ACCOUNT)
    own = replace(known, by=BUYER)
    itself = replace(own, sender=BUYER_ACCOUNT)

    steps = [worst, admitted, known, own, itself]

    assert [refusal(book, step)[:2] for step in steps] == [
        ("unknown-organisation", ""),
        ("not-found", "/account"),
        ("not-holder", "/account"),
        ("not-found", "/sender"),
        ("invalid-target-account", "/sender"),
    ]
