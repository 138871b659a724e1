"""Genesis: once, at leaf 0, by an operator that issues nothing."""

from dataclasses import replace

import pytest
from builders import (
    GENESIS,
    ISSUING_BODY,
    OPERATOR,
    ORIGIN,
    SETTINGS,
    Book,
    decide_and_apply,
    genesis_book,
    refusal,
    two_domains,
)

from app.ledger.times import TIME_MAX_MS
from app.registry.domains import Domain, DomainSettings, Registry
from app.registry.errors import RefusalError
from app.registry.organisations import FOR_EVER, Organisation
from app.registry.state import State

OTHER = two_domains().domains[1]


def test_genesis_says_who_operates_and_who_issues_under_which_keys() -> None:
    registry = genesis_book().state.registry

    assert registry == Registry(
        origin=ORIGIN,
        operator=OPERATOR,
        issuing_body=ISSUING_BODY,
        log_vkey=GENESIS.log_vkey,
        authority_set=GENESIS.authority_set,
        rules=1,
        schemas=GENESIS.schemas,
    )


def test_genesis_admits_operator_and_issuing_body_and_nobody_else() -> None:
    book = genesis_book()

    assert list(book.state.all(Organisation)) == [
        Organisation(OPERATOR, ("operator",), "DK", "0" * 64, FOR_EVER),
        Organisation(ISSUING_BODY, ("issuing_body",), "DK", "0" * 64, FOR_EVER),
    ]


def test_who_comes_from_genesis_is_verified_for_ever() -> None:
    for organisation in genesis_book().state.all(Organisation):
        organisation.must_be_verified(TIME_MAX_MS)


def test_genesis_sets_every_domain_and_numbers_start_at_one_behind_its_prefix() -> None:
    book = genesis_book(two_domains())

    assert list(book.state.all(Domain)) == [Domain(SETTINGS, 0), Domain(OTHER, 0)]
    assert book.state.domain("NO").next_number == "700000001" + "000000000000000000001"


def test_before_genesis_there_is_no_registry() -> None:
    state = State()

    with pytest.raises(RefusalError, match="no genesis"):
        _ = state.registry

    assert not state.has_genesis
    assert genesis_book().state.has_genesis


def test_a_second_genesis_is_refused() -> None:
    book = genesis_book()
    book.index = 0

    assert refusal(book, GENESIS) == ("already-initialised", "", "")


def test_genesis_is_refused_anywhere_but_at_leaf_0() -> None:
    assert refusal(Book(index=1), GENESIS) == ("already-initialised", "", "")


def test_rules_that_this_program_does_not_know_are_refused() -> None:
    assert refusal(Book(), replace(GENESIS, rules=2)) == ("invalid-field", "/rules", "")


def test_an_operator_that_issues_is_refused() -> None:
    one_party = replace(GENESIS, issuing_body=OPERATOR)

    assert refusal(Book(), one_party) == ("separation-of-duties", "/by", "R60")


@pytest.mark.parametrize(
    "second",
    [replace(OTHER, code="DK"), replace(OTHER, issuer_prefix=SETTINGS.issuer_prefix)],
    ids=["one code twice", "one prefix twice"],
)
def test_two_domains_of_one_code_or_prefix_are_refused(second: DomainSettings) -> None:
    genesis = replace(GENESIS, domains=(SETTINGS, second))

    assert refusal(Book(), genesis) == ("invalid-domain", "/domains", "R17")


@pytest.mark.parametrize("at", [0, 1])
def test_a_domain_in_which_retiring_ends_before_transferring_is_refused(at: int) -> None:
    domains = [SETTINGS, OTHER]
    domains[at] = replace(domains[at], transfer_months=12, retire_months=11)

    refused = refusal(Book(), replace(GENESIS, domains=tuple(domains)))

    assert refused == ("invalid-domain", f"/domains/{at}/retire_months", "")


@pytest.mark.parametrize(
    ("transfer_months", "retire_months", "may"),
    [(None, None, True), (12, None, True), (None, 18, False), (18, 18, True), (19, 18, False)],
)
def test_what_never_ends_ends_after_everything_else(
    transfer_months: int | None, retire_months: int | None, *, may: bool
) -> None:
    settings = replace(SETTINGS, transfer_months=transfer_months, retire_months=retire_months)
    genesis = replace(GENESIS, domains=(settings,))

    if may:
        assert genesis_book(genesis).state.domain("DK").settings == settings
    else:
        assert refusal(Book(), genesis) == ("invalid-domain", "/domains/0/retire_months", "")


def test_retiring_and_transferring_may_end_together() -> None:
    together = replace(SETTINGS, transfer_months=18, retire_months=18)

    book = genesis_book(replace(GENESIS, domains=(together,)))

    assert book.state.domain("DK").settings == together


def test_refusals_are_raised_in_this_order() -> None:
    short = replace(SETTINGS, retire_months=1)
    worst = replace(GENESIS, rules=2, issuing_body=OPERATOR, domains=(short, short))
    known_rules = replace(worst, rules=1)
    two_parties = replace(known_rules, issuing_body=ISSUING_BODY)
    one_domain = replace(two_parties, domains=(replace(short, code_lists="eecs-2"),))
    known_codes = replace(two_parties, domains=(short,))

    steps = [worst, known_rules, two_parties, one_domain, known_codes]

    assert refusal(Book(index=1), worst)[0] == "already-initialised"
    assert [(*refusal(Book(), step)[::2],) for step in steps] == [
        ("invalid-field", ""),
        ("separation-of-duties", "R60"),
        ("invalid-domain", "R17"),
        ("unknown-code", "R77"),
        ("invalid-domain", ""),
    ]
    assert decide_and_apply(Book(), replace(known_codes, domains=(SETTINGS,))).puts


@pytest.mark.parametrize("code_lists", ["eecs-1", "irec-1", "mrets-1"])
def test_a_domain_names_a_version_of_the_code_lists_that_is_known(code_lists: str) -> None:
    settings = replace(SETTINGS, code_lists=code_lists)

    book = genesis_book(replace(GENESIS, domains=(settings,)))

    assert book.state.domain("DK").settings.code_lists == code_lists


def test_a_domain_of_an_unknown_version_of_the_code_lists_is_refused() -> None:
    later = replace(GENESIS, domains=(SETTINGS, replace(OTHER, code_lists="eecs-2")))

    assert refusal(Book(), later) == ("unknown-code", "/domains/1/code_lists", "R77")
