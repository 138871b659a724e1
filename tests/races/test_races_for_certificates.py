"""Many processes want the same certificates: nobody gets what another has."""

from collections import Counter
from collections.abc import Sequence

import pytest

from app.audit.findings import Report
from app.audit.walk import Anchor, audit
from app.factory import Registry, open_registry
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.ranges import Range
from app.services.record import Accepted
from app.settings import Settings
from tests.races.crew import SIZE, Answer, Crew
from tests.scenario import (
    DAY_MS,
    FIRST_DAY,
    ORIGIN,
    Market,
    account,
    market,
    new_id,
    transferring,
)

pytestmark = pytest.mark.race


def made_market(settings: Settings, *, days: int = 1) -> Market:
    with open_registry(settings) as registry:
        return market(registry, days=days)


def retiring(
    made: Market, *, items: tuple[Range, ...] | None = None, quantity: int | None = None
) -> Retire:
    return Retire(
        id=new_id(),
        origin=ORIGIN,
        by=made.generator,
        retirement=new_id(),
        account=made.generator_account,
        usage="disclosure",
        beneficiary="0" * 64,
        country="NZ",
        period_start=FIRST_DAY,
        period_end=FIRST_DAY + DAY_MS,
        items=items,
        quantity=quantity,
    )


def moving(made: Market, *items: Range) -> Transfer:
    return Transfer(
        id=new_id(),
        origin=ORIGIN,
        by=made.generator,
        from_=made.generator_account,
        to=made.buyer_account,
        items=items,
    )


def to_buyer(made: Market, *, quantity: int) -> Transfer:
    return transferring(
        made.generator, source=made.generator_account, to=made.buyer_account, quantity=quantity
    )


def audited(settings: Settings) -> Report:
    """Return the report on the whole database, in which nothing may be wrong."""
    with open_registry(settings) as registry, registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
    assert report.findings == []
    assert sum(report.certificates.values()) == report.issued
    return report


def held(settings: Settings) -> Counter[str]:
    """Return how many active certificates each account holds."""
    found: Counter[str] = Counter()
    with open_registry(settings) as registry, registry.storage.log() as log:
        for bundle, to_height in log.bundles():
            if to_height is None and bundle.state == "active":
                found[bundle.account] += bundle.quantity
    return found


def counted(answers: Sequence[Sequence[Answer]]) -> Counter[str]:
    """Count accepted answers, and refusals by their codes."""
    return Counter(
        "accepted" if isinstance(answer, Accepted) else answer
        for of_process in answers
        for answer in of_process
    )


def test_no_more_is_retired_than_a_bundle_holds(crew: Crew, settings: Settings) -> None:
    made = made_market(settings)
    asked = [[retiring(made, quantity=2) for _ in range(5)] for _ in range(SIZE)]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 12, "insufficient-balance": SIZE * 5 - 12}
    assert audited(settings).certificates == {"retired": 24}


def test_quantities_that_do_not_divide_leave_what_nobody_could_take(
    crew: Crew, settings: Settings
) -> None:
    made = made_market(settings)
    asked = [[retiring(made, quantity=7), retiring(made, quantity=5)] for _ in range(SIZE)]

    answers = crew.race(settings, *asked)

    retired = sum(
        operation.quantity or 0
        for operations, of_process in zip(asked, answers, strict=True)
        for operation, answer in zip(operations, of_process, strict=True)
        if isinstance(answer, Accepted)
    )
    found = audited(settings).certificates
    assert found["retired"] == retired
    assert found.get("active", 0) == 24 - retired < 5


def test_named_parts_of_one_bundle_are_all_retired_once(crew: Crew, settings: Settings) -> None:
    made = made_market(settings)
    singles = [Range(made.issuance, ordinal, ordinal) for ordinal in range(1, 25)]
    asked = [[retiring(made, items=(item,)) for item in singles[at::2]] for at in (0, 1, 0, 1)]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 24, "already-retired": 24}
    assert audited(settings).certificates == {"retired": 24}


def test_one_range_goes_to_exactly_one(crew: Crew, settings: Settings) -> None:
    made = made_market(settings)
    whole = Range(made.issuance, 1, 24)
    asked = (
        [moving(made, whole)],
        [retiring(made, items=(whole,))],
        [moving(made, whole)],
        [retiring(made, items=(whole,))],
    )

    answers = crew.race(settings, *asked)

    found = counted(answers)
    assert found["accepted"] == 1
    assert found["not-holder"] + found["already-retired"] == SIZE - 1
    is_moved = any(isinstance(answers[at][0], Accepted) for at in (0, 2))
    assert audited(settings).certificates == {"active" if is_moved else "retired": 24}
    assert held(settings) == ({made.buyer_account: 24} if is_moved else {})


def test_ranges_that_overlap_are_taken_whole_or_not_at_all(crew: Crew, settings: Settings) -> None:
    made = made_market(settings)
    asked = [
        [moving(made, Range(made.issuance, first, first + 9), Range(made.issuance, 24, 24))]
        for first in (1, 5, 9, 13)
    ]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 1, "not-holder": SIZE - 1}
    audited(settings)
    assert held(settings) == {made.buyer_account: 11, made.generator_account: 13}


def test_transfers_and_retirements_by_quantity_never_take_more_than_there_is(
    crew: Crew, settings: Settings
) -> None:
    made = made_market(settings)
    asked = (
        [to_buyer(made, quantity=3) for _ in range(4)],
        [retiring(made, quantity=3) for _ in range(4)],
        [to_buyer(made, quantity=3) for _ in range(4)],
        [retiring(made, quantity=3) for _ in range(4)],
    )

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 8, "insufficient-balance": 8}
    transfers = counted([answers[0], answers[2]])["accepted"]
    audited(settings)
    assert held(settings) == Counter({made.buyer_account: 3 * transfers})


def own_accounts(settings: Settings, made: Market) -> list[str]:
    with open_registry(settings) as registry:
        return [account(registry, made.generator) for _ in range(SIZE)]


def test_own_accounts_pass_certificates_round_without_losing_any(
    crew: Crew, settings: Settings
) -> None:
    made = made_market(settings)
    accounts = own_accounts(settings, made)
    spread = [
        transferring(made.generator, source=made.generator_account, to=to, quantity=6)
        for to in accounts
    ]
    asked = [
        [
            spread[at],
            *(
                transferring(made.generator, source=accounts[at], to=to, quantity=2)
                for to in accounts
                if to != accounts[at]
            ),
        ]
        for at in range(SIZE)
    ]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": SIZE * SIZE}
    audited(settings)
    found = held(settings)
    assert found.total() == 24
    assert found == Counter(dict.fromkeys(accounts, 6))


def test_a_group_and_single_writers_do_not_mix(crew: Crew, settings: Settings) -> None:
    made = made_market(settings, days=10)
    group = [to_buyer(made, quantity=1) for _ in range(100)]
    singles = [[retiring(made, quantity=1) for _ in range(10)] for _ in range(SIZE - 1)]

    answers = crew.race_group_against_singles(settings, group, *singles)

    assert counted(answers) == {"accepted": 100 + 10 * (SIZE - 1)}
    of_group = [answer for answer in answers[0] if isinstance(answer, Accepted)]
    assert [item.index for item in of_group] == list(
        range(of_group[0].index, of_group[0].index + 100)
    )
    assert {item.height for item in of_group} == {of_group[0].height}
    assert audited(settings).certificates == {"active": 210, "retired": 30}
    assert held(settings) == {made.buyer_account: 100, made.generator_account: 110}


def test_groups_that_want_the_same_take_it_once(crew: Crew, settings: Settings) -> None:
    made = made_market(settings)
    asked = [[retiring(made, quantity=1) for _ in range(20)] for _ in range(SIZE)]

    answers = crew.race(settings, *asked, alone=False)

    assert counted(answers) == {"accepted": 24, "insufficient-balance": 20 * SIZE - 24}
    assert audited(settings).certificates == {"retired": 24}


def test_the_mark_of_many_writers_is_not_ahead_of_their_log(
    crew: Crew, settings: Settings, registry: Registry
) -> None:
    made = market(registry)
    asked = [[retiring(made, quantity=1) for _ in range(5)] for _ in range(SIZE)]

    crew.race(settings, *asked)

    with registry.storage.log() as log:
        mark = registry.mark.read()
        assert mark is not None
        assert mark[0] <= log.size()
        registry.mark.check(log, registry.mark.read())
