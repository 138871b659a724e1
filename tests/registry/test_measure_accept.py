"""Accept findings: the issuing body lets named spans be issued."""

from dataclasses import replace

import pytest
from builders import (
    AUTOMATIC_DEVICE,
    DEVICE,
    ISSUING_BODY,
    OPERATOR,
    STRANGER,
    UNKNOWN,
    Book,
    accept,
    day,
    day_gap,
    day_span,
    decide_and_apply,
    devices_book,
    finding,
    measure,
    refusal,
    request,
    uid,
)

from app.registry.measurements import Span


def book_with_findings() -> Book:
    """Return a registry in which days 0 and 2 have findings; day 1 has none, day 3 is a gap."""
    book = devices_book()
    days = [day_span(number) for number in range(3)]
    findings = [finding(day(0)), finding(day(2))]
    decide_and_apply(book, measure(*days, gaps=[day_gap(3, 3)], findings=findings))
    return book


def test_accepted_spans_are_as_they_were_but_accepted() -> None:
    book = book_with_findings()
    before = [book.state.find(Span, (DEVICE, day(number))) for number in (2, 0)]

    rows = decide_and_apply(book, accept(day(2), day(0)))

    assert rows.puts == tuple(replace(span, is_accepted=True) for span in before)
    assert all(span.is_accepted for span in book.state.spans_within(DEVICE, day(0), day(4)))
    assert len(book.state.spans_within(DEVICE, day(0), day(4))) == 4


def test_a_period_is_issued_once_all_its_findings_are_accepted() -> None:
    book = book_with_findings()
    asked = request(uid("three days"), 0, 2)

    assert refusal(book, asked) == ("finding-open", "", "R6")
    decide_and_apply(book, accept(day(0)))
    assert refusal(book, asked) == ("finding-open", "", "R6")
    decide_and_apply(book, accept(day(2)))
    assert decide_and_apply(book, asked).puts


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([day(0), day(0)], ("duplicate-item", "/spans", "")),
        ([day(0), day(0) + 1], ("not-found", "/spans/1", "")),
        ([day(4)], ("not-found", "/spans/0", "")),
        ([day(0), day(2), day(1)], ("no-open-finding", "/spans/2", "")),
        ([day(3)], ("no-open-finding", "/spans/0", "")),
    ],
    ids=["named twice", "not a start", "not measured", "no finding", "a gap"],
)
def test_what_has_no_open_finding_is_refused(
    starts: list[int], expected: tuple[str, str, str]
) -> None:
    assert refusal(book_with_findings(), accept(*starts)) == expected


def test_a_finding_is_accepted_once() -> None:
    book = book_with_findings()
    decide_and_apply(book, accept(day(0)))

    assert refusal(book, accept(day(0))) == ("no-open-finding", "/spans/0", "")


def test_a_span_is_looked_for_on_its_own_device() -> None:
    refused = refusal(book_with_findings(), accept(day(0), device=AUTOMATIC_DEVICE))

    assert refused == ("not-found", "/spans/0", "")


def test_refusals_are_raised_in_this_order() -> None:
    book = book_with_findings()
    worst = replace(accept(day(9), day(1), day(1), device=UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=OPERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    known = replace(by_issuing_body, device=DEVICE)
    once = replace(known, spans=(day(9), day(1)))
    measured = replace(known, spans=(day(1),))

    steps = [worst, admitted, by_issuing_body, known, once, measured]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "forbidden-role",
        "not-found",
        "duplicate-item",
        "not-found",
        "no-open-finding",
    ]
    assert refusal(book, by_issuing_body)[1] == "/device"
    assert refusal(book, once)[1] == "/spans/0"
