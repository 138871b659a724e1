"""Near devices, recorded: whatever a process knows already, the log says what a replay says."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.factory import Registry, open_registry
from app.registry.errors import RefusalError
from app.registry.operation import Operation
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.device_revise import DeviceRevise
from app.services.record import Accepted, Asked
from tests.scenario import (
    CAPACITY_W,
    DAY_MS,
    DOMAIN,
    FIRST_DAY,
    accept,
    gsrn,
    issuing_body,
    new_id,
    organisation,
)

Place = tuple[int, int]
THERE: Place = (-16_800_000, 180_000_000)
BESIDE: Place = (-16_800_000, -179_999_900)
"""Some ten metres off, across the antimeridian."""
ELSEWHERE: Place = (-41_000_000, 175_000_000)


def registering(registry: Registry, number: int, place: Place) -> DeviceRegister:
    registrant = organisation(registry, "generator")
    return DeviceRegister(
        id=new_id(),
        origin=registry.identity.origin,
        by=registrant,
        device=new_id(),
        domain=DOMAIN.code,
        gsrn=gsrn(900_000 + number),
        energy_source="F01050200",
        technology="T030000",
        capacity_w=CAPACITY_W,
        commissioned_on="2001-02-03",
        attributes="ab" * 32,
        kind="production",
        support="none",
        dissemination="grid",
        measurement_body=registrant,
        latitude=place[0],
        longitude=place[1],
    )


def moving(registered: DeviceRegister, place: Place) -> DeviceRevise:
    return DeviceRevise(
        id=new_id(),
        origin=registered.origin,
        by=registered.by,
        device=registered.device,
        version=1,
        energy_source=registered.energy_source,
        technology=registered.technology,
        capacity_w=registered.capacity_w,
        commissioned_on=registered.commissioned_on,
        attributes=registered.attributes,
        support=registered.support,
        dissemination=registered.dissemination,
        measurement_body=registered.measurement_body,
        latitude=place[0],
        longitude=place[1],
    )


def approving(registry: Registry, registered: DeviceRegister, *, number: int = 1) -> DeviceApprove:
    return DeviceApprove(
        id=new_id(),
        origin=registered.origin,
        by=issuing_body(registry),
        device=registered.device,
        number=number,
        valid_from=FIRST_DAY,
        valid_until=FIRST_DAY + 365 * DAY_MS,
        automatic_wh=0,
    )


def codes(registry: Registry, *operations: Operation) -> list[str]:
    """Record a group; return the code of each refusal, and nothing for what was accepted."""
    outcomes = registry.record([Asked(operation) for operation in operations])
    return ["" if isinstance(found, Accepted) else _code(found) for found in outcomes]


def _code(refusal: RefusalError) -> str:
    return refusal.code


@pytest.fixture
def other(registry: Registry) -> Iterator[Registry]:
    """The same registry, open in another process, that knows nothing yet of what stands THERE."""
    accept(registry, registering(registry, 1, THERE))
    with open_registry(registry.settings) as opened:
        yield opened


def test_a_device_that_is_described_and_approved_in_one_group_is_compared(
    other: Registry,
) -> None:
    beside = registering(other, 2, BESIDE)

    found = codes(other, beside, approving(other, beside))

    assert found == ["", "near-duplicate"]


@pytest.mark.parametrize("is_one_group", [True, False])
def test_a_device_that_moves_is_compared_where_it_stands_then(
    other: Registry, *, is_one_group: bool
) -> None:
    elsewhere = registering(other, 4, ELSEWHERE)
    accept(other, elsewhere)
    accept(other, replace(approving(other, elsewhere), valid_until=FIRST_DAY + DAY_MS))
    moved = replace(moving(elsewhere, BESIDE), version=2)
    anew = replace(approving(other, elsewhere, number=2), valid_from=FIRST_DAY + DAY_MS)

    if is_one_group:
        found = codes(other, moved, anew)
    else:
        found = [*codes(other, moved), *codes(other, anew)]

    assert found == ["", "near-duplicate"]


def test_where_nothing_stands_near_a_device_is_described_and_approved_in_one_group(
    other: Registry,
) -> None:
    far = registering(other, 6, ELSEWHERE)

    assert codes(other, far, approving(other, far)) == ["", ""]
