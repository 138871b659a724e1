"""Ids made here: UUIDv7 (RFC 9562 5.7), which sort by when they were made."""

from collections.abc import Callable
from os import urandom
from threading import Lock
from time import time_ns
from uuid import UUID

RANDOM_BITS = 74
STEP_BYTES = 4
NS_IN_MS = 1_000_000
_LOW_BITS = 62
_LOW = (1 << _LOW_BITS) - 1
_VERSION = 7 << 76
_VARIANT = 0b10 << 62


class Ids:
    """Makes ids that only grow within a process, also when its clock steps back.

    Within one millisecond the random part is counted on by a random step (RFC 9562 6.2, method
    2), so that processes which were forked from one another do not meet.
    """

    def __init__(
        self,
        *,
        clock_ns: Callable[[], int] = time_ns,
        random: Callable[[int], bytes] = urandom,
    ) -> None:
        """Take clock and randomness."""
        self._clock_ns = clock_ns
        self._random = random
        self._lock = Lock()
        self._last = 0

    def new(self) -> str:
        """Return an id that is greater than all before."""
        with self._lock:
            self._last = last = self._next()
        high, low = last >> _LOW_BITS, last & _LOW
        time_ms, middle = high >> 12, high & 0xFFF
        return str(UUID(int=time_ms << 80 | _VERSION | middle << 64 | _VARIANT | low))

    def _next(self) -> int:
        """Return milliseconds and random part as one number."""
        now_ms = self._clock_ns() // NS_IN_MS
        if now_ms > self._last >> RANDOM_BITS:
            return now_ms << RANDOM_BITS | self._drawn(10) >> (80 - RANDOM_BITS)
        return self._last + 1 + self._drawn(STEP_BYTES)

    def _drawn(self, size: int) -> int:
        return int.from_bytes(self._random(size))


_IDS = Ids()


def new_id() -> str:
    """Return a new UUIDv7, greater than all that this process made before."""
    return _IDS.new()
