"""Bodies: read whole before a view begins, by so many at once that slow senders leave room.

A server hands us a request when its head is there; waiting for the body holds a thread for as
long as the sender likes. Who has shown no valid key where one is needed is refused before this.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from flask import Flask, g, request

from app.registry.errors import RefusalError

BODIES_AWAITED_MAX = 192
"""How many bodies are awaited at once; `eac serve` has this many threads on top of its own."""
BODIES_AWAITED_OF_ONE_MAX = 64
"""How many of them may be of one organisation."""


class AwaitedBodies:
    """Who is being waited for."""

    def __init__(
        self, *, most: int = BODIES_AWAITED_MAX, most_of_one: int = BODIES_AWAITED_OF_ONE_MAX
    ) -> None:
        """Take how many may be awaited at once, and how many of one organisation."""
        self._most = most
        self._most_of_one = most_of_one
        self._lock = Lock()
        self._awaited: Counter[str] = Counter()

    @contextmanager
    def awaiting(self, organisation: str) -> Iterator[None]:
        """Count one for as long as it lasts. Raises RefusalError busy."""
        with self._lock:
            if (
                self._awaited[organisation] >= self._most_of_one
                or self._awaited.total() >= self._most
            ):
                raise RefusalError("busy", "too many bodies are still being sent")
            self._awaited[organisation] += 1
        try:
            yield
        finally:
            with self._lock:
                self._awaited[organisation] -= 1
                self._awaited += Counter()

    def read(self) -> None:
        """Read this request's body, which is kept for whoever asks for it next."""
        if not (request.content_length or "HTTP_TRANSFER_ENCODING" in request.environ):
            return
        caller = g.get("caller")
        with self.awaiting(caller.organisation if caller else ""):
            request.get_data()


def install(app: Flask) -> None:
    """Read bodies, after everything that refuses a request by its head."""
    app.before_request(AwaitedBodies().read)
