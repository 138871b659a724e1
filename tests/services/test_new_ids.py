"""Ids that are made here: UUIDv7, in the order in which they were made."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import time_ns
from uuid import UUID

import pytest

from app.services.ids import Ids, new_id

RFC_EXAMPLE_MS = 0x017F22E279B0
RFC_EXAMPLE = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
RFC_RANDOM = (0xCC3 << 62 | 0x18C4DC0C0C07398F) << 6


def ids_at(*times_ms: int, random: Callable[[int], bytes] = bytes) -> list[str]:
    """Return an id for each reading of a clock, with this for randomness."""
    readings = iter(times_ms)
    made = Ids(clock_ns=lambda: next(readings) * 1_000_000 + 999_999, random=random)
    return [made.new() for _ in times_ms]


def test_the_example_of_the_standard_comes_out() -> None:
    (made,) = ids_at(RFC_EXAMPLE_MS, random=RFC_RANDOM.to_bytes)

    assert made == RFC_EXAMPLE


@pytest.mark.parametrize("fill", [b"\x00", b"\xff"])
def test_version_and_variant_do_not_depend_on_what_is_drawn(fill: bytes) -> None:
    (made,) = ids_at(RFC_EXAMPLE_MS, random=lambda size: fill * size)

    assert UUID(made).version == 7
    assert UUID(made).variant == "specified in RFC 4122"
    assert UUID(made).int >> 80 == RFC_EXAMPLE_MS


def test_within_a_millisecond_they_grow() -> None:
    made = ids_at(*[RFC_EXAMPLE_MS] * 5)

    assert made == sorted(set(made))


def test_they_grow_also_where_the_clock_steps_back() -> None:
    made = ids_at(RFC_EXAMPLE_MS, RFC_EXAMPLE_MS - 5_000, RFC_EXAMPLE_MS + 1)

    assert made == sorted(set(made))
    assert UUID(made[2]).int >> 80 == RFC_EXAMPLE_MS + 1


def test_where_the_random_part_is_used_up_the_next_millisecond_is_taken() -> None:
    made = ids_at(RFC_EXAMPLE_MS, RFC_EXAMPLE_MS, random=lambda size: b"\xff" * size)

    assert made == sorted(set(made))
    assert UUID(made[1]).int >> 80 == RFC_EXAMPLE_MS + 1
    assert UUID(made[1]).version == 7


def test_threads_never_get_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_id(), range(2_000)))

    assert len(set(made)) == 2_000


def test_a_new_id_tells_when_it_was_made() -> None:
    before = time_ns() // 1_000_000

    made = new_id()

    assert UUID(made).version == 7
    assert abs((UUID(made).int >> 80) - before) < 60_000
