"""A crew of client processes that call HTTP servers at the same moment, each lane on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import Event, Thread
from time import monotonic_ns
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import orjson

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

SIZE = 3
ANSWER_S = 60
"""Ends a race that would hang; nothing is measured."""
PROBLEM = "application/problem+json"
JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """One request; a write has an Idempotency-Key of its own unless it is given one."""

    method: str
    path: str
    api_key: str = ""
    body: object = None
    key: str = field(default_factory=lambda: str(uuid4()))
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        shown = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        written = {} if self.method == "GET" else {"Idempotency-Key": self.key}
        typed = {"Content-Type": JSON} if self.body is not None else {}
        return {**shown, **written, **typed, **self.more}


@dataclass(frozen=True)
class Answer:
    """What was answered; `at_ns` is when, by this machine's monotonic clock."""

    status: int
    json: Any
    headers: Mapping[str, str]
    at_ns: int = 0

    @property
    def outcome(self) -> str:
        """The word "accepted", or the status and code of a problem."""
        if self.status < 300:
            return "accepted"
        assert self.headers["content-type"] == PROBLEM, self
        assert self.json["status"] == self.status, self
        return f"{self.status} {self.json['type'].removeprefix('/problems/')}"

    @property
    def is_accepted(self) -> bool:
        return self.outcome == "accepted"

    @property
    def is_replayed(self) -> bool:
        return self.headers.get("idempotency-replayed") == "true"


@dataclass(frozen=True)
class Lane:
    """Calls to one server, one after another on one connection."""

    port: int
    calls: Sequence[Call]


@dataclass(frozen=True)
class Failure:
    """A traceback out of a process."""

    text: str


def ask(connection: HTTPConnection, call: Call) -> Answer:
    """Return the answer to one request."""
    body = None if call.body is None else orjson.dumps(call.body)
    connection.request(call.method, f"/v1{call.path}", body=body, headers=call.headers)
    answer = connection.getresponse()
    data = answer.read()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, orjson.loads(data), headers, monotonic_ns())


class HttpCrew:
    """SIZE processes behind one barrier; lanes are dealt out to them, each in its own thread."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._barrier = context.Barrier(SIZE)  # must outlive the start of those who share it
        self._members: list[tuple[BaseProcess, Connection]] = []
        for _ in range(SIZE):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, self._barrier), daemon=True)
            process.start()
            theirs.close()
            self._members.append((process, ours))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process, connection in self._members:
            connection.send(None)
            process.join(ANSWER_S)
            connection.close()

    def race(self, lanes: Sequence[Lane]) -> list[list[Answer]]:
        """Have all lanes begin at the same moment; return what each was answered."""
        for at, (_, connection) in enumerate(self._members):
            connection.send(lanes[at::SIZE])
        told = [self._receive(connection) for _, connection in self._members]
        failures = [item.text for item in told if isinstance(item, Failure)]
        if failures:
            self._barrier.reset()
            raise AssertionError("\n".join(failures))
        dealt = [item for item in told if not isinstance(item, Failure)]
        return [dealt[at % SIZE][at // SIZE] for at in range(len(lanes))]

    def _receive(self, connection: Connection) -> list[list[Answer]] | Failure:
        if not connection.poll(2 * ANSWER_S):
            raise TimeoutError("a process does not answer")
        told: list[list[Answer]] | Failure = connection.recv()
        return told


def _work(connection: Connection, barrier: Barrier) -> None:
    """Run races until told to stop."""
    while (lanes := connection.recv()) is not None:
        try:
            connection.send(_run(lanes, barrier))
        except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
            barrier.abort()
            connection.send(Failure(format_exc()))


def _run(lanes: Sequence[Lane], barrier: Barrier) -> list[list[Answer]]:
    begins = Event()
    runners = [_Runner(lane, begins) for lane in lanes]
    for runner in runners:
        runner.start()
    barrier.wait(ANSWER_S)
    begins.set()
    for runner in runners:
        runner.join()
    return [runner.answers for runner in runners if runner.must_have_ended()]


class _Runner(Thread):
    """A lane's thread, connected before the race begins."""

    def __init__(self, lane: Lane, begins: Event) -> None:
        super().__init__(daemon=True)
        self.answers: list[Answer] = []
        self._error: BaseException | None = None
        self._calls = lane.calls
        self._begins = begins
        self._connection = HTTPConnection("127.0.0.1", lane.port, timeout=ANSWER_S)
        self._connection.connect()

    def run(self) -> None:
        self._begins.wait(ANSWER_S)
        try:
            self.answers += [ask(self._connection, call) for call in self._calls]
        except BaseException as error:  # noqa: BLE001 - raised where the lane is joined
            self._error = error
        finally:
            self._connection.close()

    def must_have_ended(self) -> bool:
        """Raise what ended the lane before its time."""
        if self._error is not None:
            raise self._error
        return True
