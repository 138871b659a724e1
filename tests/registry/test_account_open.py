"""Open an account: a generator's or buyer's own, once."""

from dataclasses import replace

import pytest
from builders import (
    AUDITOR,
    BUYER,
    BUYER_ACCOUNT,
    GENERATOR,
    ISSUING_BODY,
    METERING,
    OPERATOR,
    RIVAL,
    STRANGER,
    decide_and_apply,
    open_account,
    parties_book,
    refusal,
    uid,
)

from app.registry.accounts import Account

NEW = uid("new account")


@pytest.mark.parametrize("organisation", [GENERATOR, BUYER, RIVAL])
def test_generators_and_buyers_open_accounts_of_their_own(organisation: str) -> None:
    book = parties_book()

    rows = decide_and_apply(book, open_account(NEW, organisation))

    assert rows.puts == (Account(NEW, organisation),)
    assert book.state.account(NEW).organisation == organisation


@pytest.mark.parametrize("organisation", [AUDITOR, ISSUING_BODY, METERING, OPERATOR])
def test_who_may_not_trade_opens_no_account(organisation: str) -> None:
    refused = refusal(parties_book(), open_account(NEW, organisation))

    assert refused == ("forbidden-role", "", "R62")


def test_nobody_opens_an_account_for_another() -> None:
    for_another = replace(open_account(NEW, GENERATOR), organisation=BUYER)

    refused = refusal(parties_book(), for_another)

    assert refused == ("recipient-not-mandated", "/organisation", "")


@pytest.mark.parametrize("organisation", [BUYER, GENERATOR])
def test_an_account_is_not_opened_twice(organisation: str) -> None:
    refused = refusal(parties_book(), open_account(BUYER_ACCOUNT, organisation))

    assert refused == ("id-in-use", "/account", "")


def test_refusals_are_raised_in_this_order() -> None:
    book = parties_book()
    worst = replace(open_account(BUYER_ACCOUNT, STRANGER), organisation=BUYER)
    admitted = replace(worst, by=AUDITOR)
    trading = replace(worst, by=GENERATOR)
    own = replace(trading, organisation=GENERATOR)

    steps = [worst, admitted, trading, own]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "forbidden-role",
        "recipient-not-mandated",
        "id-in-use",
    ]
