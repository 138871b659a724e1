"""Admit an organisation: by the issuing body, once, and an auditor is nothing besides."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    GENERATOR,
    HASH,
    ISSUING_BODY,
    KYC_UNTIL,
    NOW,
    OPERATOR,
    STRANGER,
    admit,
    decide_and_apply,
    genesis_book,
    parties_book,
    refusal,
)

from app.registry.organisations import Organisation


@pytest.mark.parametrize(
    "roles",
    [
        ("auditor",),
        ("buyer",),
        ("generator",),
        ("buyer", "generator"),
        ("measurement_body",),
        ("buyer", "generator", "measurement_body"),
    ],
    ids=str,
)
def test_an_organisation_is_admitted_in_its_roles(roles: tuple[str, ...]) -> None:
    book = genesis_book()

    rows = decide_and_apply(book, replace(admit(STRANGER, *roles), country="SE"))

    assert rows.puts == (Organisation(STRANGER, roles, "SE", HASH, KYC_UNTIL, is_suspended=False),)
    assert book.state.actor(STRANGER).roles == roles


@pytest.mark.parametrize("roles", [("generator", "buyer"), ("buyer", "buyer")], ids=str)
def test_roles_out_of_order_or_named_twice_are_refused(roles: tuple[str, ...]) -> None:
    refused = refusal(genesis_book(), admit(STRANGER, *roles))

    assert refused == ("invalid-field", "/roles", "")


@pytest.mark.parametrize(
    "roles",
    [
        ("auditor", "buyer"),
        ("auditor", "generator"),
        ("auditor", "measurement_body"),
        ("auditor", "buyer", "generator"),
    ],
)
def test_an_auditor_with_another_role_is_refused(roles: tuple[str, ...]) -> None:
    refused = refusal(genesis_book(), admit(STRANGER, *roles))

    assert refused == ("separation-of-duties", "/roles", "R60")


@pytest.mark.parametrize("known", [OPERATOR, ISSUING_BODY, GENERATOR])
def test_an_organisation_is_not_admitted_twice(known: str) -> None:
    refused = refusal(parties_book(), admit(known, "buyer"))

    assert refused == ("id-in-use", "/organisation", "")


def test_an_organisation_is_admitted_until_its_verification_lapses_and_that_lies_ahead() -> None:
    book = genesis_book()
    lapsed = replace(admit(STRANGER, "buyer"), kyc_until=NOW)

    assert refusal(book, lapsed) == ("invalid-interval", "/kyc_until", "R30")
    decide_and_apply(book, replace(lapsed, kyc_until=NOW + 1))
    assert book.state.actor(STRANGER).kyc_until == NOW + 1


def test_refusals_are_raised_in_this_order() -> None:
    book = parties_book()
    worst = replace(admit(BUYER, "generator", "auditor"), by=STRANGER, kyc_until=0)
    admitted = replace(worst, by=OPERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    sorted_roles = replace(by_issuing_body, roles=("auditor", "generator"))
    one_duty = replace(sorted_roles, roles=("auditor",))
    new = replace(one_duty, organisation=STRANGER)

    steps = [worst, admitted, by_issuing_body, sorted_roles, one_duty, new]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("invalid-field", "/roles", ""),
        ("separation-of-duties", "/roles", "R60"),
        ("id-in-use", "/organisation", ""),
        ("invalid-interval", "/kyc_until", "R30"),
    ]
