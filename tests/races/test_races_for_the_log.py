"""Many processes ask for what there can be only once: one leaf, one device, one day, one issue."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.audit.walk import Anchor, audit
from app.factory import open_registry
from app.registry.devices import Device
from app.registry.issuances import Issuance
from app.registry.measurements import Span
from app.registry.operations.account_open import AccountOpen
from app.services.record import Accepted
from app.settings import Settings
from tests.races.crew import SIZE, Answer, Crew
from tests.scenario import (
    ORIGIN,
    accept,
    account,
    approved_device,
    automatic_device,
    gsrn,
    measuring,
    new_id,
    organisation,
    registering,
    requesting,
)

pytestmark = pytest.mark.race

GSRN = gsrn(77_777_777)


def must_be_sound(settings: Settings) -> None:
    with open_registry(settings) as registry, registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
    assert report.findings == []
    assert sum(report.certificates.values()) == report.issued


def counted(answers: Sequence[Sequence[Answer]]) -> Counter[str]:
    """Count new and repeated answers, and refusals by their codes."""
    found: Counter[str] = Counter()
    for answer in (item for of_process in answers for item in of_process):
        if isinstance(answer, Accepted):
            found["repeated" if answer.is_repeated else "accepted"] += 1
        else:
            found[answer] += 1
    return found


def test_one_operation_asked_by_all_is_one_leaf(crew: Crew, settings: Settings) -> None:
    with open_registry(settings) as registry:
        owner = organisation(registry, "buyer")
    asked = AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)

    answers = crew.race(settings, *([asked] for _ in range(SIZE)))

    assert counted(answers) == {"accepted": 1, "repeated": SIZE - 1}
    places = {
        (answer.index, answer.height, answer.leaf)
        for (answer,) in answers
        if isinstance(answer, Accepted)
    }
    assert len(places) == 1
    must_be_sound(settings)


def test_one_id_with_other_contents_is_recorded_once(crew: Crew, settings: Settings) -> None:
    with open_registry(settings) as registry:
        owner = organisation(registry, "buyer")
    asked = AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)

    answers = crew.race(settings, *([replace(asked, account=new_id())] for _ in range(SIZE)))

    assert counted(answers) == {"accepted": 1, "idempotency-key-reused": SIZE - 1}
    must_be_sound(settings)


def test_one_period_of_a_device_is_issued_once(crew: Crew, settings: Settings) -> None:
    with open_registry(settings) as registry:
        generator = organisation(registry, "generator")
        own = account(registry, generator)
        device, body = automatic_device(registry, generator)
        accept(registry, measuring(body, device, days=3))
    asked = [
        [requesting(generator, device, own, first=at) for at in order]
        for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1))
    ]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 3, "double-issuance": 3 * (SIZE - 1)}
    with open_registry(settings) as registry, registry.storage.log() as log:
        issuances = sorted(log.entities(Issuance), key=lambda item: item.index)
    assert [item.quantity for item in issuances] == [24] * 3
    assert [int(item.number_first) - int(issuances[0].number_first) for item in issuances] == [
        0,
        24,
        48,
    ]
    must_be_sound(settings)


def test_periods_that_overlap_are_issued_once(crew: Crew, settings: Settings) -> None:
    with open_registry(settings) as registry:
        generator = organisation(registry, "generator")
        own = account(registry, generator)
        device, body = automatic_device(registry, generator)
        accept(registry, measuring(body, device, days=3))
    asked = [[requesting(generator, device, own, first=first, days=2)] for first in (0, 1, 0, 1)]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 1, "double-issuance": SIZE - 1}
    must_be_sound(settings)


def test_one_gsrn_is_registered_once(crew: Crew, settings: Settings) -> None:
    with open_registry(settings) as registry:
        generator = organisation(registry, "generator")
    asked = replace(registering(generator), gsrn=GSRN)

    answers = crew.race(
        settings, *([replace(asked, id=new_id(), device=new_id())] for _ in range(SIZE))
    )

    assert counted(answers) == {"accepted": 1, "device-already-registered": SIZE - 1}
    with open_registry(settings) as registry, registry.storage.log() as log:
        assert [item.gsrn for item in log.entities(Device)] == [GSRN]
    must_be_sound(settings)


def test_one_day_is_measured_once(crew: Crew, settings: Settings) -> None:
    with open_registry(settings) as registry:
        generator = organisation(registry, "generator")
        device = approved_device(registry, generator)
    asked = [
        [measuring(generator, device, hour_wh=hour_wh)] for hour_wh in range(1_000, 1_000 + SIZE)
    ]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 1, "measurement-overlap": SIZE - 1}
    (winner,) = (at for at, (item,) in enumerate(answers) if isinstance(item, Accepted))
    with open_registry(settings) as registry, registry.storage.log() as log:
        (span,) = log.entities(Span)
        readings = list(log.readings(device))
    assert span.energy_wh == 24 * (1_000 + winner)
    assert len(readings) == 1
    must_be_sound(settings)


def test_writers_of_different_things_all_get_through(crew: Crew, settings: Settings) -> None:
    with open_registry(settings) as registry:
        owners = [organisation(registry, "buyer") for _ in range(SIZE)]
    asked = [
        [
            AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)
            for _ in range(10)
        ]
        for owner in owners
    ]

    answers = crew.race(settings, *asked)

    assert counted(answers) == {"accepted": 10 * SIZE}
    heights = [item.height for of in answers for item in of if isinstance(item, Accepted)]
    assert len(set(heights)) == 10 * SIZE
    assert max(heights) - min(heights) == 10 * SIZE - 1
    must_be_sound(settings)


def test_a_new_registry_is_opened_by_all_at_once(crew: Crew, settings: Settings) -> None:
    assert not (settings.keys / "vault.key").exists()

    answers = crew.race(settings, *([] for _ in range(SIZE)))

    assert answers == [[]] * SIZE
