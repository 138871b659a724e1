"""The clock guard: block times may run as the monotonic clock does, and not otherwise."""

from time import monotonic_ns

import pytest

from app.registry.errors import RefusalError
from app.services.clock import ClockGuard

NOW_MS = 1_795_000_000_000


def test_the_first_time_is_taken_as_it_is() -> None:
    guard = ClockGuard(leap_max_s=300)

    guard.check(NOW_MS)

    with pytest.raises(RefusalError):
        guard.check(0)


def test_time_may_pass_normally() -> None:
    guard = ClockGuard(leap_max_s=1)
    started_ms = monotonic_ns() // 1_000_000

    for _ in range(5):
        guard.check(NOW_MS + monotonic_ns() // 1_000_000 - started_ms)


@pytest.mark.parametrize("step_ms", [299_000, -299_000])
def test_a_step_within_the_limit_is_taken(step_ms: int) -> None:
    guard = ClockGuard(leap_max_s=300)
    guard.check(NOW_MS)

    guard.check(NOW_MS + step_ms)

    guard.check(NOW_MS + step_ms)


@pytest.mark.parametrize("step_ms", [302_000, -301_000, 10**12, -(10**12)])
def test_a_leap_is_refused_and_stays_refused(step_ms: int) -> None:
    guard = ClockGuard(leap_max_s=300)
    guard.check(NOW_MS)

    for _ in range(2):
        with pytest.raises(RefusalError) as caught:
            guard.check(NOW_MS + step_ms)

        assert caught.value.code == "clock-leapt"
    guard.check(NOW_MS)
