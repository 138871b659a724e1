"""Bodies: read whole before a view begins, by so many at once that slow senders leave room.

A server hands us a request when its head is there; waiting for the body holds a thread for as
long as the sender likes. Who has shown no valid key where one is needed is refused before this.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from flask import Flask, g, request

from app.http.limits import BODY_BYTES_MAX
from app.http.problems import ProblemError
from app.registry.errors import RefusalError

BODIES_AWAITED_MAX = 64
"""How many bodies are awaited at once; `eac serve` has this many threads on top of its own."""
BODIES_AWAITED_OF_ONE_MAX = 32
"""How many of them may be of one organisation."""
ROOM_S = 1
"""How long a request waits for room among them: bodies that are there already are read at once."""


class AwaitedBodies:
    """Who is being waited for."""

    def __init__(
        self,
        *,
        most: int = BODIES_AWAITED_MAX,
        most_of_one: int = BODIES_AWAITED_OF_ONE_MAX,
        room_s: float = ROOM_S,
    ) -> None:
        """Take how many may be awaited, how many of one organisation, and how long for room."""
        self._most = most
        self._most_of_one = most_of_one
        self._room_s = room_s
        self._room = Condition()
        self._awaited: Counter[str] = Counter()
        self._total = 0
        self._waiting = 0

    @contextmanager
    def awaiting(self, organisation: str) -> Iterator[None]:
        """Count one for as long as it lasts. Raises RefusalError busy."""
        self._enter(organisation)
        try:
            yield
        finally:
            self._leave(organisation)

    def _enter(self, organisation: str) -> None:
        with self._room:
            if not self._has_room(organisation):
                self._wait(organisation)
            self._awaited[organisation] += 1
            self._total += 1

    def _wait(self, organisation: str) -> None:
        """Wait a moment for room, behind the lock. Raises RefusalError busy."""
        self._waiting += 1
        try:
            if not self._room.wait_for(lambda: self._has_room(organisation), self._room_s):
                raise RefusalError("busy", "too many bodies are still being sent")
        finally:
            self._waiting -= 1

    def _has_room(self, organisation: str) -> bool:
        return self._total < self._most and self._awaited[organisation] < self._most_of_one

    def _leave(self, organisation: str) -> None:
        with self._room:
            self._total -= 1
            self._awaited[organisation] -= 1
            if not self._awaited[organisation]:
                del self._awaited[organisation]
            if self._waiting:
                self._room.notify_all()

    def read(self) -> None:
        """Read this request's body, which is kept for whoever asks for it next.

        Raises ProblemError for one without an announced length that is too long, and for one that
        ends before its length: Werkzeug would hand on the beginning as if it were the whole.
        """
        length = request.content_length
        if not (length or "Transfer-Encoding" in request.headers):
            return
        caller = g.get("caller")
        with self.awaiting(caller.organisation if caller else ""):
            body = request.get_data()
        if length is None and len(body) >= BODY_BYTES_MAX:
            raise ProblemError("payload-too-large", f"less than {BODY_BYTES_MAX} bytes in chunks")
        if length is not None and len(body) < length:
            raise ProblemError("bad-request", "The body ended early.")


def install(app: Flask) -> None:
    """Read bodies, after everything that refuses a request by its head."""
    app.before_request(AwaitedBodies().read)
