"""Who may do what: every operation, asked for by every kind of party."""

from dataclasses import replace

import pytest
from builders import (
    AUDITOR,
    BUYER,
    GENERATOR,
    ISSUING_BODY,
    METERING,
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
    "measurement body": METERING,
    "auditor": AUDITOR,
    "issuing body": ISSUING_BODY,
    "operator": OPERATOR,
    "stranger": STRANGER,
}
MAY = ""
ROLE, HOLDER, REGISTRANT = "forbidden-role", "not-holder", "not-registrant"
NOBODY = "unknown-organisation"
HIDDEN = "not-found"
REPORTER = "reporter-not-authorised"
ISSUING_BODY_ALONE = (*[ROLE] * 5, MAY, ROLE, NOBODY)

# In the order of PARTIES. The device and the account in question are the generator's, which has
# offered something to the other generator and recalls it, or handed its device to it.
ALLOWED: dict[str, tuple[str, ...]] = {
    "organisation.admit": ISSUING_BODY_ALONE,
    "organisation.review": ISSUING_BODY_ALONE,
    "person.add": (*[MAY] * 7, NOBODY),
    "person.remove": (MAY, *[HIDDEN] * 6, NOBODY),
    "endorse": (*[MAY] * 7, NOBODY),
    "record.erase": (*[ROLE] * 5, MAY, MAY, NOBODY),
    "account.open": (MAY, MAY, MAY, *[ROLE] * 4, NOBODY),
    "account.whitelist": (MAY, *[HOLDER] * 6, NOBODY),
    "device.register": (MAY, MAY, *[ROLE] * 5, NOBODY),
    "device.revise": (MAY, *[REGISTRANT] * 6, NOBODY),
    "device.review": ISSUING_BODY_ALONE,
    "device.approve": ISSUING_BODY_ALONE,
    "device.automate": ISSUING_BODY_ALONE,
    "device.suspend": ISSUING_BODY_ALONE,
    "device.hand_over": (MAY, *[REGISTRANT] * 6, NOBODY),
    "device.take_over": (HIDDEN, MAY, *[HIDDEN] * 5, NOBODY),
    "device.deregister": ISSUING_BODY_ALONE,
    "fuel.declare": (*[REPORTER] * 3, MAY, *[REPORTER] * 3, NOBODY),
    "measure": (*[REPORTER] * 3, MAY, *[REPORTER] * 3, NOBODY),
    "measure.accept": ISSUING_BODY_ALONE,
    "measure.correct": (*[REPORTER] * 3, MAY, *[REPORTER] * 3, NOBODY),
    "measure.adjust": ISSUING_BODY_ALONE,
    "issue.request": (MAY, *[REGISTRANT] * 6, NOBODY),
    "issue.submit": (MAY, *[REGISTRANT] * 6, NOBODY),
    "issue.review": (HIDDEN, HIDDEN, HIDDEN, MAY, HIDDEN, MAY, HIDDEN, NOBODY),
    "issue.approve": ISSUING_BODY_ALONE,
    "issue.reject": ISSUING_BODY_ALONE,
    "issue.withdraw": (MAY, *[REGISTRANT] * 6, NOBODY),
    "issue": ISSUING_BODY_ALONE,
    "withdraw": ISSUING_BODY_ALONE,
    "transfer": (MAY, *[HOLDER] * 6, NOBODY),
    "transfer.offer": (MAY, *[HOLDER] * 6, NOBODY),
    "transfer.accept": (HIDDEN, MAY, *[HIDDEN] * 5, NOBODY),
    "transfer.close": (MAY, HOLDER, HIDDEN, HIDDEN, HIDDEN, ROLE, HIDDEN, NOBODY),
    "retire": (MAY, *[HOLDER] * 6, NOBODY),
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
