"""The clock guard: time that runs ahead would expire certificates for good, so writing stops."""

from time import monotonic_ns

from app.registry.errors import RefusalError


class ClockGuard:
    """Compares how far the wall clock and the monotonic clock went since the last block."""

    def __init__(self, *, leap_max_s: int) -> None:
        """Take how many seconds they may differ."""
        self._leap_max_ms = leap_max_s * 1000
        self._last: tuple[int, int] | None = None

    def check(self, time_ms: int) -> None:
        """Refuse a clock that leapt, UTC milliseconds. Raises RefusalError clock-leapt."""
        now_ms = monotonic_ns() // 1_000_000
        if self._last is not None:
            leap_ms = (time_ms - self._last[0]) - (now_ms - self._last[1])
            if abs(leap_ms) > self._leap_max_ms:
                raise RefusalError("clock-leapt", f"by {leap_ms} ms since the last block")
        self._last = (time_ms, now_ms)
