"""What was found a moment ago: bounded in number and in age, for what is asked at every request."""

from collections.abc import Callable
from threading import Lock
from time import monotonic_ns
from typing import Generic, TypeVar

ITEMS_MAX = 1_024

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by name, each until its own deadline; the oldest make room.

    Past half of its time a value is withheld from one caller, who looks it up anew while the
    others go on with it: else all of them would look it up at the same moment.
    """

    def __init__(
        self,
        *,
        keep_ns: int,
        most: int = ITEMS_MAX,
        steady_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Take how long a value is good, how many are kept, and a clock that never steps."""
        self._keep_ns = keep_ns
        self._most = most
        self._steady_ns = steady_ns
        self._lock = Lock()
        self._items: dict[bytes, tuple[T, int]] = {}
        self._renewed: dict[bytes, int] = {}

    def deadline_ns(self) -> int:
        """Return until when something is good that is looked up from now on."""
        return self._steady_ns() + self._keep_ns

    def get(self, name: bytes) -> T | None:
        """Return what was put under a name and is still good, but to one who is to renew it."""
        value, until_ns = self._items.get(name, (None, 0))
        left_ns = until_ns - self._steady_ns()
        if left_ns <= 0 or (left_ns < self._keep_ns // 2 and self._is_first(name, until_ns)):
            return None
        return value

    def _is_first(self, name: bytes, until_ns: int) -> bool:
        """Say whether nobody renews this value yet."""
        with self._lock:
            is_first = self._renewed.get(name) != until_ns
            self._renewed[name] = until_ns
        return is_first

    def put(self, name: bytes, value: T, *, until_ns: int) -> None:
        """Remember a value until the deadline that was asked for before it was looked up."""
        with self._lock:
            self._items.pop(name, None)
            while len(self._items) >= self._most:
                oldest = next(iter(self._items))
                del self._items[oldest]
                self._renewed.pop(oldest, None)
            self._items[name] = value, until_ns

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._items.clear()
            self._renewed.clear()
