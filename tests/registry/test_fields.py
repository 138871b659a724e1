"""Fields: what is malformed is refused where it is wrong, and nothing malformed is recorded."""

import json
from dataclasses import replace
from typing import Any

import pytest
from builders import (
    GENESIS,
    HASH,
    ISSUED,
    RETIRE,
    TRANSFER,
    WITHDRAW,
    accept,
    acceptable,
    admit,
    approve_device,
    day,
    day_span,
    finding,
    measure,
    register,
    uid,
)
from hypothesis import given
from hypothesis import strategies as st
from malformed import malformed, put, samples, walk

from app.ledger.encoding import INTEGER_MAX, decode, encode
from app.ledger.times import TIME_MAX_MS
from app.registry.errors import RefusalError
from app.registry.fields import members_of
from app.registry.measurements import DeclaredGap
from app.registry.operation import Operation
from app.registry.operations import OPERATIONS, parse_operation
from app.registry.operations.issue import Issue
from app.registry.ranges import Range

CASES = list(malformed())
ISSUE = acceptable()["issue"]

SHAPE_CODES = {
    "invalid-coordinates",
    "invalid-country",
    "invalid-device-data",
    "invalid-domain",
    "invalid-field",
    "invalid-gsrn",
    "invalid-id",
    "invalid-number-range",
    "invalid-quantity",
    "invalid-timestamp",
    "missing-field",
    "personal-data-not-allowed",
    "quantity-not-positive",
    "subdivision-country-mismatch",
    "too-many-ranges",
    "unknown-code",
    "unknown-field",
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=40)
    | st.sampled_from([ISSUED, HASH, "2025-01-01T00:00:00.000Z", "2025-01-01", "buyer", "DK"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


def refused(value: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(RefusalError) as caught:
        parse_operation(value)
    return caught.value.code, caught.value.pointer


def read(value: dict[str, Any]) -> Operation | str:
    try:
        return parse_operation(value)
    except RefusalError as refusal:
        return refusal.code


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.type)
def test_an_operation_is_what_its_leaf_says(sample: Operation) -> None:
    plain = sample.plain()

    parsed = parse_operation(decode(encode(plain)))

    assert parsed == sample
    assert parsed.plain() == plain
    assert plain["type"] == sample.type


def test_samples_show_every_member_of_every_operation() -> None:
    shown = {(sample.type, name) for sample in samples() for name in sample.plain()}

    assert shown == {
        (verb, name)
        for verb, operation in OPERATIONS.items()
        for name in ("type", *(member.name for member in members_of(operation)))
    }


def test_what_is_malformed_is_refused_at_its_pointer() -> None:
    wrong = [
        (case, found)
        for case in CASES
        if (found := refused(case.plain)) != (case.code, case.pointer)
    ]

    assert len(CASES) > 2000
    assert wrong == []


def test_every_kind_of_malformation_was_tried() -> None:
    assert {case.code for case in CASES} == SHAPE_CODES - {"invalid-number-range"}


@pytest.mark.parametrize("verb", [None, 1, "", "Transfer", "mint", ["transfer"], {}])
def test_an_unknown_type_is_refused(verb: object) -> None:
    assert refused({**TRANSFER.plain(), "type": verb}) == ("unknown-operation", "/type")
    assert refused({}) == ("unknown-operation", "/type")


def test_members_are_judged_in_their_order_and_unknown_ones_last() -> None:
    plain = TRANSFER.plain()
    all_wrong = {**plain, "z": 1, "a": 1, "id": 1, "to": 1, "quantity": 0, "items": 0}
    seen = []

    for name in ("id", "to", "items", "quantity", "a", "z"):
        seen.append(refused(all_wrong)[1])
        all_wrong.pop(name)
        if name in {"id", "to"}:
            all_wrong[name] = plain[name]

    assert seen == ["/id", "/to", "/items", "/quantity", "/a", "/z"]
    assert parse_operation({**all_wrong, "items": plain["items"]}) == TRANSFER


@pytest.mark.parametrize(("first", "last"), [(2, 1), (INTEGER_MAX, 1)])
def test_a_range_that_ends_before_it_starts_is_refused(first: int, last: int) -> None:
    items = [{"issuance": ISSUED, "first": 1, "last": 1}]
    items.append({"issuance": ISSUED, "first": first, "last": last})

    assert refused({**TRANSFER.plain(), "items": items}) == (
        "invalid-number-range",
        "/items/1/last",
    )


@pytest.mark.parametrize("value", [[], "x", 1, None])
def test_a_nested_object_that_is_none_is_refused(value: object) -> None:
    assert refused({**GENESIS.plain(), "domains": [value]}) == ("invalid-field", "/domains/0")
    assert refused({**TRANSFER.plain(), "items": [value]}) == ("invalid-field", "/items/0")


def test_the_largest_and_the_smallest_values_are_read() -> None:
    largest = put(acceptable()["measure"].plain(), "/spans/0/energy_wh", INTEGER_MAX)
    smallest = put(largest, "/spans/1/energy_wh", 0)
    earliest = put(smallest, "/gaps/0/start", "1970-01-01T00:00:00.000Z")
    latest = put(earliest, "/gaps/0/end", "9999-12-31T23:59:59.999Z")

    parsed = parse_operation(latest)

    assert parsed.plain() == latest


@given(data=st.data())
def test_whatever_stands_in_a_leaf_is_refused_or_read_exactly(data: st.DataObject) -> None:
    plain = data.draw(st.sampled_from(samples())).plain()
    for _ in range(data.draw(st.integers(1, 2))):
        pointer = data.draw(st.sampled_from([pointer for pointer, _ in walk(plain)]))
        plain = put(plain, pointer, data.draw(json_values))

    found = read(plain)

    if isinstance(found, Operation):
        assert json.dumps(found.plain(), sort_keys=True) == json.dumps(plain, sort_keys=True)
    else:
        assert found in SHAPE_CODES


@given(value=st.dictionaries(st.text(max_size=8), json_values), verb=st.sampled_from([*OPERATIONS]))
def test_whatever_object_is_sent_is_refused_and_nothing_else_happens(
    value: dict[str, Any], verb: str
) -> None:
    with pytest.raises(RefusalError):
        parse_operation({**value, "type": verb})


UNSPEAKABLE: list[tuple[Operation, str, str]] = [
    (replace(TRANSFER, id=TRANSFER.id.upper()), "invalid-id", "/id"),
    (replace(TRANSFER, origin="two words"), "invalid-field", "/origin"),
    (replace(TRANSFER, items=(Range(ISSUED, 0, 1),)), "quantity-not-positive", "/items/0/first"),
    (replace(TRANSFER, items=(Range(ISSUED, 1, 2**53),)), "invalid-quantity", "/items/0/last"),
    (replace(TRANSFER, items=(Range(ISSUED, 2, 1),)), "invalid-number-range", "/items/0/last"),
    (replace(TRANSFER, items=(Range("x", 1, 2),)), "invalid-id", "/items/0/issuance"),
    (replace(TRANSFER, items=(Range(ISSUED, True, 2),)), "invalid-quantity", "/items/0/first"),
    (replace(TRANSFER, items=(Range(ISSUED, 1, 1),) * 151), "too-many-ranges", "/items"),
    (replace(TRANSFER, items=()), "invalid-field", "/items"),
    (replace(RETIRE, quantity=0), "quantity-not-positive", "/quantity"),
    (replace(RETIRE, quantity=True), "invalid-quantity", "/quantity"),
    (replace(RETIRE, period_start=-1), "invalid-timestamp", "/period_start"),
    (replace(RETIRE, period_end=TIME_MAX_MS + 1), "invalid-timestamp", "/period_end"),
    (replace(RETIRE, period_end=True), "invalid-timestamp", "/period_end"),
    (replace(RETIRE, country="UKR"), "invalid-country", "/country"),
    (replace(RETIRE, usage="own-use"), "invalid-field", "/usage"),
    (replace(admit(uid("x"), "buyer"), roles=("operator",)), "invalid-field", "/roles/0"),
    (replace(register(uid("x"), "1"), gsrn="1"), "invalid-gsrn", "/gsrn"),
    (
        replace(register(uid("x"), "571313180400013469"), commissioned_on="2025-02-30"),
        "invalid-timestamp",
        "/commissioned_on",
    ),
    (measure(replace(day_span(0), energy_wh=-1)), "invalid-quantity", "/spans/0/energy_wh"),
    (measure(replace(day_span(0), count=0)), "quantity-not-positive", "/spans/0/count"),
    (
        measure(day_span(0), gaps=[DeclaredGap(start=day(1), end=-5, reason="x")]),
        "invalid-timestamp",
        "/gaps/0/end",
    ),
    (
        measure(day_span(0), findings=[finding(day(0)), replace(finding(day(0)), code="X")]),
        "invalid-field",
        "/findings/1/code",
    ),
    (accept(day(0), -1), "invalid-timestamp", "/spans/1"),
    (replace(GENESIS, domains=()), "invalid-field", "/domains"),
]


@pytest.mark.parametrize(("operation", "code", "pointer"), UNSPEAKABLE)
def test_nothing_malformed_can_be_recorded(operation: Operation, code: str, pointer: str) -> None:
    with pytest.raises(RefusalError) as caught:
        operation.plain()

    assert (caught.value.code, caught.value.pointer) == (code, pointer)


@pytest.mark.parametrize(
    ("sample", "attribute", "wrong", "code"),
    [
        (TRANSFER, "items", [Range(ISSUED, 1, 3)], "invalid-field"),
        (TRANSFER, "to", None, "missing-field"),
        (RETIRE, "quantity", 1.0, "invalid-quantity"),
        (RETIRE, "period_start", 1.0, "invalid-timestamp"),
        (approve_device(uid("x")), "automatic_wh", 1.0, "invalid-quantity"),
        (WITHDRAW, "compensates", 1, "invalid-field"),
        (GENESIS, "authority_set", [], "invalid-field"),
        (ISSUE, "spans", [0], "invalid-field"),
    ],
)
def test_a_value_of_the_wrong_type_in_memory_cannot_be_recorded(
    sample: Operation, attribute: str, wrong: object, code: str
) -> None:
    broken = parse_operation(sample.plain())
    object.__setattr__(broken, attribute, wrong)

    with pytest.raises(RefusalError) as caught:
        broken.plain()

    assert (caught.value.code, caught.value.pointer) == (code, f"/{attribute}")


def test_absent_members_are_left_out_of_the_leaf() -> None:
    by_name, by_quantity = TRANSFER.plain(), replace(TRANSFER, items=None, quantity=3).plain()

    assert "quantity" not in by_name
    assert "items" not in by_quantity
    assert by_name["from"] == TRANSFER.from_


@pytest.mark.parametrize(
    ("sample", "member"),
    [
        (TRANSFER, "items"),
        (TRANSFER, "quantity"),
        (RETIRE, "items"),
        (RETIRE, "quantity"),
        (acceptable()["measure"], "gaps"),
        (acceptable()["measure"], "findings"),
        (WITHDRAW, "person"),
    ],
)
def test_an_optional_member_may_be_absent_but_not_null(sample: Operation, member: str) -> None:
    absent = {name: value for name, value in sample.plain().items() if name != member}

    assert getattr(parse_operation(absent), member) is None
    assert refused({**absent, member: None})[1] == f"/{member}"


def test_an_issue_of_400_spans_can_be_recorded_and_one_of_401_cannot() -> None:
    assert isinstance(ISSUE, Issue)
    longest = replace(ISSUE, spans=tuple(day(number) for number in range(400)))

    assert parse_operation(longest.plain()) == longest
    with pytest.raises(RefusalError, match="1 to 400"):
        replace(longest, spans=(*longest.spans, day(400))).plain()


def test_a_member_whose_name_a_pointer_must_escape_is_named_rightly() -> None:
    with pytest.raises(RefusalError) as caught:
        parse_operation({**RETIRE.plain(), "a/b~c": 1})

    assert (caught.value.code, caught.value.pointer) == ("unknown-field", "/a~1b~0c")
