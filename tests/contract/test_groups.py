"""Groups of operations on both databases: what shares a block, what is refused, what repeats."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.ledger.leaves import HeaderLeaf, OperationLeaf, parse_leaf
from app.registry.errors import RefusalError
from app.registry.operation import Operation
from app.registry.operations import parse_operation
from app.registry.operations.account_open import AccountOpen
from app.registry.operations.retire import Retire
from app.registry.state import follow_id
from app.services.record import GROUP_OPERATIONS_MAX, Accepted, Asked, Outcome
from tests.scenario import (
    DAY_MS,
    FIRST_DAY,
    ORIGIN,
    Market,
    accept,
    account,
    approved_device,
    automatic_device,
    market,
    measuring,
    new_id,
    organisation,
    requesting,
    transferring,
)


def opening(owner: str) -> AccountOpen:
    return AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)


def retiring(made: Market, *, quantity: int) -> Retire:
    return Retire(
        id=new_id(),
        origin=ORIGIN,
        by=made.generator,
        retirement=new_id(),
        account=made.generator_account,
        usage="own_use",
        beneficiary="0" * 64,
        country="NZ",
        period_start=FIRST_DAY,
        period_end=FIRST_DAY + DAY_MS,
        items=None,
        quantity=quantity,
    )


def record(registry: Registry, operations: Sequence[Operation]) -> list[Outcome]:
    return registry.record([Asked(item) for item in operations])


def codes(outcomes: Sequence[Outcome]) -> list[str]:
    """Return "accepted", "repeated" or the refusal's code for each."""
    found = []
    for outcome in outcomes:
        if isinstance(outcome, RefusalError):
            found.append(outcome.code)
        else:
            found.append("repeated" if outcome.is_repeated else "accepted")
    return found


def accepted(outcome: Outcome) -> Accepted:
    assert isinstance(outcome, Accepted)
    return outcome


def log_size(registry: Registry) -> int:
    with registry.storage.log() as log:
        return log.size()


def must_be_sound(registry: Registry) -> None:
    with registry.storage.log() as log:
        assert audit(log, anchor=Anchor(), tables=log).findings == []


def test_a_group_makes_one_block_in_order(registry: Registry) -> None:
    owner = organisation(registry, "buyer")
    before = log_size(registry)

    outcomes = [accepted(item) for item in record(registry, [opening(owner) for _ in range(5)])]

    assert [item.index for item in outcomes] == list(range(before, before + 5))
    assert len({item.height for item in outcomes}) == 1
    assert log_size(registry) == before + 6
    must_be_sound(registry)


def test_no_operations_make_no_block(registry: Registry) -> None:
    before = log_size(registry)

    assert registry.record([]) == []

    assert log_size(registry) == before


def test_a_group_of_refusals_makes_no_block(registry: Registry) -> None:
    nobody = new_id()
    before = log_size(registry)

    outcomes = record(registry, [opening(nobody), opening(nobody)])

    assert codes(outcomes) == ["unknown-organisation"] * 2
    assert log_size(registry) == before


def test_a_refused_operation_leaves_the_others(registry: Registry) -> None:
    made = market(registry)
    to_buyer = {"source": made.generator_account, "to": made.buyer_account}
    asked = [
        transferring(made.generator, quantity=10, **to_buyer),
        transferring(made.generator, quantity=15, **to_buyer),
        transferring(made.buyer, quantity=1, **to_buyer),
        transferring(made.generator, quantity=14, **to_buyer),
    ]

    outcomes = record(registry, asked)

    assert codes(outcomes) == ["accepted", "insufficient-balance", "not-holder", "accepted"]
    assert accepted(outcomes[3]).index == accepted(outcomes[0]).index + 1
    must_be_sound(registry)


def test_a_malformed_operation_leaves_the_others(registry: Registry) -> None:
    owner = organisation(registry, "buyer")
    malformed = replace(opening(owner), account="not an id")
    asked = [opening(owner), malformed, opening(owner)]

    outcomes = record(registry, asked)

    assert codes(outcomes) == ["accepted", "invalid-id", "accepted"]
    must_be_sound(registry)


def test_each_operation_sees_what_the_ones_before_it_did(registry: Registry) -> None:
    made = market(registry)
    there = transferring(
        made.generator, source=made.generator_account, to=made.buyer_account, quantity=24
    )
    own = opening(made.buyer)
    onwards = transferring(made.buyer, source=made.buyer_account, to=own.account, quantity=24)

    outcomes = record(registry, [retiring(made, quantity=25), there, own, onwards])

    assert codes(outcomes) == ["insufficient-balance", "accepted", "accepted", "accepted"]
    must_be_sound(registry)


def test_an_accepted_answer_is_given_again_from_the_log(registry: Registry) -> None:
    made = market(registry)
    asked = retiring(made, quantity=7)
    (first,) = accept(registry, asked)
    accept(registry, retiring(made, quantity=17))
    before = log_size(registry)

    (again,) = accept(registry, asked)

    assert again == replace(first, is_repeated=True)
    assert log_size(registry) == before


def test_one_operation_twice_in_a_group_is_recorded_once(registry: Registry) -> None:
    made = market(registry)
    asked = retiring(made, quantity=24)

    first, second = (accepted(item) for item in record(registry, [asked, asked]))

    assert second == replace(first, is_repeated=True)
    must_be_sound(registry)


@pytest.mark.parametrize("is_one_group", [True, False])
def test_other_content_under_a_recorded_id_is_refused(
    registry: Registry, *, is_one_group: bool
) -> None:
    made = market(registry)
    asked = retiring(made, quantity=7)
    other = replace(asked, quantity=8)

    if is_one_group:
        _, outcome = record(registry, [asked, other])
    else:
        accept(registry, asked)
        (outcome,) = record(registry, [other])

    assert codes([outcome]) == ["idempotency-key-reused"]
    must_be_sound(registry)


def test_another_type_under_a_recorded_id_is_refused(registry: Registry) -> None:
    made = market(registry)
    asked = retiring(made, quantity=7)
    accept(registry, asked)

    outcomes = record(registry, [replace(opening(made.buyer), id=asked.id)])

    assert codes(outcomes) == ["idempotency-key-reused"]


def test_a_refusal_is_not_kept_and_is_decided_anew(registry: Registry) -> None:
    made = market(registry)
    back = transferring(made.buyer, source=made.buyer_account, to=new_id(), quantity=5)
    own = replace(opening(made.buyer), account=back.to)

    before = record(registry, [back])
    accept(
        registry,
        own,
        transferring(
            made.generator, source=made.generator_account, to=made.buyer_account, quantity=5
        ),
    )
    after = record(registry, [back])

    assert (codes(before), codes(after)) == (["not-found"], ["accepted"])


def test_another_registrys_operation_is_refused(registry: Registry) -> None:
    owner = organisation(registry, "buyer")

    outcomes = record(registry, [replace(opening(owner), origin="registry.other/eac")])

    assert codes(outcomes) == ["wrong-origin"]


def test_what_only_follows_cannot_be_asked_for(registry: Registry) -> None:
    made = market(registry)
    with registry.storage.log() as log:
        leaves = [parse_leaf(leaf) for leaf in log.leaves()]
    (issue,) = (
        leaf.operation
        for leaf in leaves
        if isinstance(leaf, OperationLeaf) and leaf.operation["type"] == "issue"
    )
    from_log = {**issue, "id": new_id()}

    outcomes = record(registry, [parse_operation(from_log)])

    assert codes(outcomes) == ["unknown-operation"]
    assert made.issuance == issue["issuance"]


def automatic_request(registry: Registry) -> tuple[str, Operation]:
    """Return a generator and a request of its that is issued at once."""
    generator = organisation(registry, "generator")
    device, body = automatic_device(registry, generator)
    accept(registry, measuring(body, device))
    return generator, requesting(generator, device, account(registry, generator))


def test_what_follows_stands_behind_its_cause_in_the_same_block(registry: Registry) -> None:
    generator, request = automatic_request(registry)

    first, second, third = (
        accepted(item)
        for item in record(registry, [opening(generator), request, opening(generator)])
    )

    with registry.storage.log() as log:
        cause, issue = map(parse_leaf, log.range(second.index, second.index + 2))
    assert isinstance(cause, OperationLeaf)
    assert isinstance(issue, OperationLeaf)
    assert (issue.operation["type"], issue.cause) == ("issue", request.id)
    assert issue.operation["id"] == follow_id(request.id, "issue")
    assert (second.index - first.index, third.index - second.index) == (1, 2)
    assert first.height == second.height == third.height
    must_be_sound(registry)


def test_what_follows_can_be_used_in_the_same_group(registry: Registry) -> None:
    generator, request = automatic_request(registry)
    own = opening(generator)
    asked = [
        own,
        request,
        transferring(
            generator, source=getattr(request, "account", ""), to=own.account, quantity=24
        ),
    ]

    outcomes = record(registry, asked)

    assert codes(outcomes) == ["accepted"] * 3
    must_be_sound(registry)


def test_an_answer_names_what_followed_now_and_whenever_it_is_asked_for_again(
    registry: Registry,
) -> None:
    generator, request = automatic_request(registry)

    first, twin, alone = map(accepted, record(registry, [request, request, opening(generator)]))
    (again,) = map(accepted, record(registry, [request]))

    (issue,) = first.follows
    assert (issue.id, issue.index) == (follow_id(request.id, "issue"), first.index + 1)
    assert (issue.height, issue.is_repeated, issue.follows) == (first.height, False, ())
    repeated = (replace(issue, is_repeated=True),)
    assert twin == again == replace(first, is_repeated=True, follows=repeated)
    assert alone.follows == ()


def test_who_took_the_id_of_what_never_followed_did_not_follow(registry: Registry) -> None:
    made = market(registry)
    accept(registry, measuring(made.generator, made.device, first=1))
    request = requesting(made.generator, made.device, made.generator_account, first=1)
    squatter = replace(opening(made.generator), id=follow_id(request.id, "issue"))
    (first, _) = accept(registry, request, squatter)

    (again,) = accept(registry, request)

    assert first.follows == again.follows == ()


def test_a_repeated_cause_brings_about_nothing_new(registry: Registry) -> None:
    _, request = automatic_request(registry)
    accept(registry, request)
    before = log_size(registry)

    outcomes = record(registry, [request])

    assert codes(outcomes) == ["repeated"]
    assert log_size(registry) == before


@pytest.mark.parametrize("is_one_group", [True, False])
def test_a_taken_id_of_what_follows_refuses_its_cause_and_nothing_else(
    registry: Registry, *, is_one_group: bool
) -> None:
    generator, request = automatic_request(registry)
    squatter = replace(opening(generator), id=follow_id(request.id, "issue"))
    bystander = opening(generator)

    if is_one_group:
        outcomes = record(registry, [squatter, bystander, request])
    else:
        accept(registry, squatter)
        outcomes = [None, *record(registry, [bystander, request])]  # type: ignore[list-item]

    assert codes(outcomes[1:2]) == ["accepted"]
    assert isinstance(outcomes[2], RefusalError)
    must_be_sound(registry)


def test_a_thousand_operations_make_a_block_and_the_rest_the_next(registry: Registry) -> None:
    owner = organisation(registry, "buyer")

    outcomes = accept(registry, *(opening(owner) for _ in range(GROUP_OPERATIONS_MAX + 1)))

    heights = [item.height for item in outcomes]
    assert heights == [heights[0]] * GROUP_OPERATIONS_MAX + [heights[0] + 1]
    with registry.storage.log() as log:
        counts = [block.count for block in log.blocks(after=heights[0] - 1, limit=2)]
        newest = parse_leaf(next(iter(log.range(log.size() - 1, log.size()))))
    assert counts == [GROUP_OPERATIONS_MAX, 1]
    assert isinstance(newest, HeaderLeaf)
    must_be_sound(registry)


def test_what_has_no_room_with_its_follow_up_goes_into_the_next_block(
    registry: Registry,
) -> None:
    generator, request = automatic_request(registry)
    fill = [opening(generator) for _ in range(GROUP_OPERATIONS_MAX - 1)]

    outcomes = accept(registry, *fill, request, opening(generator))

    *first, requested, last = (item.height for item in outcomes)
    assert set(first) == {requested - 1}
    assert last == requested
    with registry.storage.log() as log:
        counts = [block.count for block in log.blocks(after=requested - 2, limit=2)]
    assert counts == [GROUP_OPERATIONS_MAX - 1, 3]
    must_be_sound(registry)


def test_refused_operations_take_no_room_in_a_block(registry: Registry) -> None:
    owner, nobody = organisation(registry, "buyer"), new_id()
    asked = [opening(nobody) for _ in range(GROUP_OPERATIONS_MAX)] + [opening(owner)]

    outcomes = record(registry, asked)

    assert codes(outcomes) == ["unknown-organisation"] * GROUP_OPERATIONS_MAX + ["accepted"]
    must_be_sound(registry)


def test_nothing_is_kept_beside_what_was_refused(registry: Registry) -> None:
    generator = organisation(registry, "generator")
    device = approved_device(registry, generator)
    asked = measuring(generator, device)
    stranger = organisation(registry, "generator")
    refused = Asked(replace(asked.operation, id=new_id(), by=stranger), asked.attachments)

    outcomes = registry.record([refused])

    assert codes(outcomes) == ["reporter-not-authorised"]
    with registry.storage.log() as log:
        assert list(log.readings(device)) == []
    assert codes(registry.record([refused, asked])) == ["reporter-not-authorised", "accepted"]
    with registry.storage.log() as log:
        assert len(list(log.readings(device))) == 1
