"""Who may do what: every operation, asked for by every kind of party."""

from dataclasses import replace

import pytest
from builders import (
    AUDITOR,
    BUYER,
    GENERATOR,
    ISSUING_BODY,
    OPERATOR,
    RIVAL,
    STRANGER,
    acceptable,
    book_for,
    ready_book,
    refusal,
)

from app.registry.errors import REFUSALS, Kind
from app.registry.operations import OPERATIONS
from app.registry.operations.account_open import AccountOpen

PARTIES = {
    "generator": GENERATOR,
    "another generator": RIVAL,
    "buyer": BUYER,
    "auditor": AUDITOR,
    "issuing body": ISSUING_BODY,
    "operator": OPERATOR,
    "stranger": STRANGER,
}
MAY = ""
ROLE, HOLDER, REGISTRANT = "forbidden-role", "not-holder", "not-registrant"
NOBODY = "unknown-organisation"
HIDDEN = "not-found"

# In the order of PARTIES. The device and the account in question are the generator's, which has
# offered something to the other generator and recalls it.
ALLOWED: dict[str, tuple[str, ...]] = {
    "organisation.admit": (ROLE, ROLE, ROLE, ROLE, MAY, ROLE, NOBODY),
    "account.open": (MAY, MAY, MAY, ROLE, ROLE, ROLE, NOBODY),
    "account.whitelist": (MAY, HOLDER, HOLDER, HOLDER, HOLDER, HOLDER, NOBODY),
    "device.register": (MAY, MAY, ROLE, ROLE, ROLE, ROLE, NOBODY),
    "device.approve": (ROLE, ROLE, ROLE, ROLE, MAY, ROLE, NOBODY),
    "device.automate": (ROLE, ROLE, ROLE, ROLE, MAY, ROLE, NOBODY),
    "measure": (MAY, *[REGISTRANT] * 5, NOBODY),
    "measure.accept": (ROLE, ROLE, ROLE, ROLE, MAY, ROLE, NOBODY),
    "issue.request": (MAY, *[REGISTRANT] * 5, NOBODY),
    "issue.approve": (ROLE, ROLE, ROLE, ROLE, MAY, ROLE, NOBODY),
    "issue.reject": (ROLE, ROLE, ROLE, ROLE, MAY, ROLE, NOBODY),
    "issue.withdraw": (MAY, *[REGISTRANT] * 5, NOBODY),
    "issue": (ROLE, ROLE, ROLE, ROLE, MAY, ROLE, NOBODY),
    "transfer": (MAY, HOLDER, HOLDER, HOLDER, HOLDER, HOLDER, NOBODY),
    "transfer.offer": (MAY, HOLDER, HOLDER, HOLDER, HOLDER, HOLDER, NOBODY),
    "transfer.accept": (HIDDEN, MAY, HIDDEN, HIDDEN, HIDDEN, HIDDEN, NOBODY),
    "transfer.close": (MAY, HOLDER, HIDDEN, HIDDEN, HIDDEN, HIDDEN, NOBODY),
    "retire": (MAY, HOLDER, HOLDER, HOLDER, HOLDER, HOLDER, NOBODY),
}


def test_every_operation_but_genesis_has_its_line() -> None:
    assert {"genesis", *ALLOWED} == set(OPERATIONS)
    assert {len(line) for line in ALLOWED.values()} == {len(PARTIES)}


@pytest.mark.parametrize(
    ("verb", "party", "expected"),
    [
        (verb, party, expected)
        for verb, line in ALLOWED.items()
        for party, expected in zip(PARTIES, line, strict=True)
    ],
)
def test_an_operation_is_for_those_who_may(verb: str, party: str, expected: str) -> None:
    book = book_for(verb)
    asked = replace(acceptable()[verb], by=PARTIES[party])
    if isinstance(asked, AccountOpen):
        asked = replace(asked, organisation=asked.by)

    if expected:
        assert refusal(book, asked)[0] == expected
        assert (REFUSALS[expected][0] is Kind.FORBIDDEN) == (expected != HIDDEN)
    else:
        change = asked.decide(book.state, book.at)
        assert change.puts or change.moves


@pytest.mark.parametrize("party", PARTIES)
def test_nobody_begins_a_registry_again(party: str) -> None:
    again = replace(acceptable()["genesis"], by=PARTIES[party])

    assert refusal(ready_book(), again)[0] == "already-initialised"
