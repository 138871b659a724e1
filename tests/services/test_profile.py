"""Profiles: certificates follow production time, exactly to the Wh, however they are split."""

from hypothesis import given
from hypothesis import strategies as st

from app.registry.measurements import Interval
from app.services.profile import Slice, carried, own, profile

HOUR_MS = 3_600_000
FACES = st.integers(1, 50)
ENERGIES = st.lists(st.integers(0, 120), min_size=1, max_size=40)


def hourly(energies: list[int], *, first: int = 0) -> list[Interval]:
    return [
        Interval((first + at) * HOUR_MS, (first + at + 1) * HOUR_MS, energy_wh)
        for at, energy_wh in enumerate(energies)
    ]


def of(slices: list[Slice], face_value_wh: int, first: int, last: int) -> list[Slice]:
    return list(profile(slices, first=first, last=last, face_value_wh=face_value_wh))


def merged(parts: list[Slice]) -> list[Slice]:
    """Return slices with those of one reading, one behind the other, as one."""
    found: list[Slice] = []
    for part in parts:
        if found and found[-1][:2] == part[:2] and found[-1].is_carried == part.is_carried:
            part = part._replace(energy_wh=part.energy_wh + found.pop().energy_wh)  # noqa: PLW2901
        found.append(part)
    return found


def test_carried_energy_comes_first_and_is_flagged() -> None:
    """REGISTRY A.6: 700,000 Wh of December, then January; F is 1,000,000 Wh."""
    december = hourly([600_000, 400_000, 300_000])
    january = hourly([250_000, 3_150_250], first=100)
    slices = [*carried(december, 700_000), *own(january)]

    first, last = of(slices, 1_000_000, 1, 1), of(slices, 1_000_000, 4, 4)

    assert first == [
        Slice(HOUR_MS, 2 * HOUR_MS, 400_000, is_carried=True),
        Slice(2 * HOUR_MS, 3 * HOUR_MS, 300_000, is_carried=True),
        Slice(100 * HOUR_MS, 101 * HOUR_MS, 250_000, is_carried=False),
        Slice(101 * HOUR_MS, 102 * HOUR_MS, 50_000, is_carried=False),
    ]
    assert last == [Slice(101 * HOUR_MS, 102 * HOUR_MS, 1_000_000, is_carried=False)]


def test_an_hour_without_energy_is_in_no_profile() -> None:
    slices = list(own(hourly([0, 10, 0, 10])))

    assert [item.start for item in of(slices, 10, 1, 2)] == [HOUR_MS, 3 * HOUR_MS]


def test_a_reading_that_ends_with_a_certificate_is_in_one_of_them_only() -> None:
    slices = list(own(hourly([10, 10])))

    assert of(slices, 10, 1, 1) == slices[:1]
    assert of(slices, 10, 2, 2) == slices[1:]


@given(energies=ENERGIES, face_value_wh=FACES, data=st.data())
def test_the_profiles_of_any_split_add_up_to_the_whole(
    energies: list[int], face_value_wh: int, data: st.DataObject
) -> None:
    slices = list(own(hourly(energies)))
    quantity = sum(energies) // face_value_wh
    cuts = data.draw(st.sets(st.integers(1, max(quantity, 1))))
    ends = [*sorted(cut for cut in cuts if cut < quantity), quantity] if quantity else []
    begins = [1, *(end + 1 for end in ends[:-1])]

    pieces = [of(slices, face_value_wh, *pair) for pair in zip(begins, ends, strict=False)]

    for piece, first, last in zip(pieces, begins, ends, strict=False):
        assert sum(item.energy_wh for item in piece) == (last - first + 1) * face_value_wh
    whole = of(slices, face_value_wh, 1, quantity) if quantity else []
    assert merged([item for piece in pieces for item in piece]) == whole


@given(energies=ENERGIES, face_value_wh=FACES)
def test_what_one_issuance_leaves_over_the_next_begins_with(
    energies: list[int], face_value_wh: int
) -> None:
    readings = hourly(energies)
    quantity, left_wh = divmod(sum(energies), face_value_wh)
    issued = of(list(own(readings)), face_value_wh, 1, quantity) if quantity else []

    passed_on = carried(readings, left_wh)

    together = merged([item._replace(is_carried=False) for item in (*issued, *passed_on)])
    assert together == [item for item in own(readings) if item.energy_wh]
    assert all(item.is_carried for item in passed_on)
