"""Many processes correct, adjust, issue and withdraw the same at once: each thing happens once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from app.audit.findings import Report
from app.audit.walk import Anchor, audit
from app.factory import open_registry
from app.registry.devices import Device
from app.registry.issuances import Issuance
from app.registry.measurements import Span
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.withdraw import Withdraw
from app.registry.ranges import Range
from app.services.record import Accepted
from app.settings import Settings
from tests.races.crew import SIZE, Answer, Crew
from tests.scenario import (
    DAY_MS,
    FIRST_DAY,
    MWH,
    ORIGIN,
    Market,
    Officers,
    accept,
    adjusting,
    correcting,
    market,
    measuring,
    new_id,
    officers,
    passing,
    requesting,
    withdrawing,
)

pytestmark = pytest.mark.race

WHOLE = (1, 24)


@dataclass(frozen=True)
class Scene:
    """A market whose second day is measured and not issued, and two officers."""

    made: Market
    known: Officers


@pytest.fixture
def scene(settings: Settings) -> Scene:
    with open_registry(settings) as registry:
        made = market(registry)
        accept(registry, measuring(made.generator, made.device, first=1))
        return Scene(made, officers(registry))


def counted(answers: Sequence[Sequence[Answer]]) -> Counter[str]:
    return Counter(
        "accepted" if isinstance(answer, Accepted) else answer
        for of_process in answers
        for answer in of_process
    )


def audited(settings: Settings) -> Report:
    """Audit log and tables; nothing may be wrong with either."""
    with open_registry(settings) as registry, registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
    assert report.findings == []
    return report


def rows(settings: Settings) -> tuple[Device, list[Span], list[Issuance]]:
    with open_registry(settings) as registry, registry.storage.log() as log:
        (device,) = log.entities(Device)
        spans = sorted(log.entities(Span), key=lambda span: span.start)
        return device, spans, list(log.entities(Issuance))


def seconded(
    settings: Settings, scene: Scene, *parts: tuple[int, int], compensates: bool = False
) -> list[Withdraw]:
    """Return withdrawals of parts of the issuance, each endorsed beforehand."""
    found = []
    with open_registry(settings) as registry:
        for part in parts:
            items = Range(scene.made.issuance, *part)
            word, operation = withdrawing(scene.known, items, compensates=compensates)
            accept(registry, word)
            found.append(operation)
    return found


def moving(made: Market, first: int, last: int) -> Transfer:
    return Transfer(
        id=new_id(),
        origin=ORIGIN,
        by=made.generator,
        from_=made.generator_account,
        to=made.buyer_account,
        items=(Range(made.issuance, first, last),),
    )


def retiring(made: Market, first: int, last: int) -> Retire:
    return Retire(
        id=new_id(),
        origin=ORIGIN,
        by=made.generator,
        retirement=new_id(),
        account=made.generator_account,
        usage="disclosure",
        beneficiary="ab" * 32,
        country="NZ",
        period_start=FIRST_DAY,
        period_end=FIRST_DAY + DAY_MS,
        items=(Range(made.issuance, first, last),),
    )


def test_one_period_is_measured_once(crew: Crew, settings: Settings, scene: Scene) -> None:
    made = scene.made
    asked = [
        [
            measuring(made.generator, made.device, first=day, hour_wh=(1 + at) * MWH // 4)
            for day in order
        ]
        for at, order in enumerate(((2, 3), (2, 3), (3, 2), (3, 2)))
    ]

    answers = crew.race(settings, *asked)

    found = counted(answers)
    gaps = found["measurement-gap"]
    assert found["accepted"] + found["measurement-overlap"] + gaps == 2 * SIZE
    assert 1 <= found["accepted"] <= 2
    audited(settings)
    assert len(rows(settings)[1]) == 2 + found["accepted"]


def test_of_many_corrections_of_one_span_the_last_stands(
    crew: Crew, settings: Settings, scene: Scene
) -> None:
    made = scene.made
    asked = [
        [correcting(made.generator, made.device, first=1, hour_wh=hour_wh * 1_000)]
        for hour_wh in range(1, SIZE + 1)
    ]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": SIZE}
    audited(settings)
    newest = max(range(SIZE), key=lambda at: index_of(answers[at][0]))
    assert rows(settings)[1][1].energy_wh == 24_000 * (newest + 1)


def index_of(answer: Answer) -> int:
    assert isinstance(answer, Accepted)
    return answer.index


def test_a_span_is_corrected_or_issued(crew: Crew, settings: Settings, scene: Scene) -> None:
    made = scene.made
    request = requesting(made.generator, made.device, made.generator_account, first=1)
    with open_registry(settings) as registry:
        accept(registry, request)
    approvals = [
        IssueApprove(id=new_id(), origin=ORIGIN, by=scene.known.body, issuance=request.issuance)
        for _ in range(2)
    ]
    corrections = [
        correcting(made.generator, made.device, first=1, hour_wh=MWH // 2) for _ in range(2)
    ]

    answers = crew.race(settings, *([item] for item in approvals), *([x] for x in corrections))

    approved, corrected = counted(answers[:2]), counted(answers[2:])
    issued = audited(settings).issued
    if approved["accepted"]:
        assert issued == 48
        assert approved == {"accepted": 1, "request-already-decided": 1}
        assert corrected == {"double-issuance": 2}
    else:
        assert issued == 24
        assert approved == {"finding-open": 2}
        assert corrected == {"accepted": 2}


def test_two_persons_approve_one_request_once(crew: Crew, settings: Settings, scene: Scene) -> None:
    made, known = scene.made, scene.known
    request = requesting(made.generator, made.device, made.generator_account, first=1)
    with open_registry(settings) as registry:
        accept(registry, request)
    approval = IssueApprove(
        id=new_id(), origin=ORIGIN, by=known.body, person=known.first, issuance=request.issuance
    )
    asked = [
        [replace(approval, id=new_id(), person=person)]
        for person in (known.first, known.second, known.first, known.second)
    ]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 1, "request-already-decided": SIZE - 1}
    assert audited(settings).issued == 48
    assert len(rows(settings)[2]) == 2


def test_certificates_are_withdrawn_or_transferred(
    crew: Crew, settings: Settings, scene: Scene
) -> None:
    made = scene.made
    first, second = seconded(settings, scene, (1, 12), (13, 24))

    answers = crew.race(
        settings,
        [first, second],
        [moving(made, 1, 12), moving(made, 13, 24)],
        [replace(second, id=new_id()), replace(first, id=new_id())],
        [moving(made, 13, 24), moving(made, 1, 12)],
    )

    withdrawn = counted([answers[0], answers[2]])["accepted"]
    moved = counted([answers[1], answers[3]])["accepted"]
    assert withdrawn + moved == 2
    found = audited(settings).certificates
    assert found.get("withdrawn", 0) == 12 * withdrawn
    assert found.get("active", 0) == 12 * moved
    device, spans, (issuance,) = rows(settings)
    assert issuance.withdrawn == 12 * withdrawn
    assert (spans[0].issuance is None) == (withdrawn == 2)
    assert device.adjustment_wh == 0


def test_certificates_are_withdrawn_or_retired(
    crew: Crew, settings: Settings, scene: Scene
) -> None:
    made = scene.made
    (whole,) = seconded(settings, scene, WHOLE)

    answers = crew.race(
        settings,
        [whole],
        [retiring(made, *WHOLE)],
        [replace(whole, id=new_id())],
        [retiring(made, *WHOLE)],
    )

    withdrawn = counted([answers[0], answers[2]])["accepted"]
    retired = counted([answers[1], answers[3]])["accepted"]
    assert withdrawn + retired == 1
    assert audited(settings).certificates == {"withdrawn" if withdrawn else "retired": 24}
    assert (rows(settings)[1][0].issuance is None) == bool(withdrawn)


def test_one_day_is_adjusted_once_however_many_say_the_same(
    crew: Crew, settings: Settings, scene: Scene
) -> None:
    device = scene.made.device
    pairs = [adjusting(scene.known, device, energy_wh=20 * MWH) for _ in range(SIZE)]
    with open_registry(settings) as registry:
        accept(registry, *(word for word, _ in pairs))

    answers = crew.race(settings, *([operation] for _, operation in pairs))

    assert counted(answers) == {"accepted": 1, "invalid-quantity": SIZE - 1}
    audited(settings)
    found, spans, _ = rows(settings)
    assert (found.adjustment_wh, spans[0].owed_wh) == (4 * MWH, 4 * MWH)


def test_of_several_words_on_one_day_what_is_owed_is_the_last(
    crew: Crew, settings: Settings, scene: Scene
) -> None:
    device = scene.made.device
    pairs = [adjusting(scene.known, device, energy_wh=at * MWH) for at in range(SIZE)]
    with open_registry(settings) as registry:
        accept(registry, *(word for word, _ in pairs))

    answers = crew.race(settings, *([operation] for _, operation in pairs))

    assert counted(answers) == {"accepted": SIZE}
    audited(settings)
    newest = max(range(SIZE), key=lambda at: index_of(answers[at][0]))
    found, spans, _ = rows(settings)
    assert found.adjustment_wh == spans[0].owed_wh == (24 - newest) * MWH


def test_what_is_owed_is_paid_once(crew: Crew, settings: Settings, scene: Scene) -> None:
    word, operation = adjusting(scene.known, scene.made.device, energy_wh=22 * MWH)
    with open_registry(settings) as registry:
        accept(registry, word, operation)
    parts = [(first, first + 1) for first in (1, 3, 5, 7)]
    paying = seconded(settings, scene, *parts, compensates=True)

    answers = crew.race(settings, *([item] for item in paying))

    assert counted(answers) == {"accepted": 1, "withdrawal-not-possible": SIZE - 1}
    assert audited(settings).certificates == {"active": 22, "withdrawn": 2}
    device, _, (issuance,) = rows(settings)
    assert (device.adjustment_wh, issuance.withdrawn) == (0, 0)


def test_a_correction_is_accepted_once(crew: Crew, settings: Settings, scene: Scene) -> None:
    made = scene.made
    with open_registry(settings) as registry:
        accept(registry, correcting(made.generator, made.device, first=1, hour_wh=MWH // 2))
        asked = [[passing(registry, made.device, 1)] for _ in range(SIZE)]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 1, "no-open-finding": SIZE - 1}
    audited(settings)
