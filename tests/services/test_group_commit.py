"""Group commit: who waits at the same time is recorded together, in fair turn, and told once."""

import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from random import Random
from threading import Semaphore, get_ident
from time import monotonic, sleep
from traceback import extract_tb
from typing import Any

import pytest

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.registry.errors import RefusalError
from app.registry.operations.account_open import AccountOpen
from app.services.group import TURN_OPERATIONS, GroupCommit
from app.services.record import GROUP_OPERATIONS_MAX, Accepted, Asked, Outcome
from tests.scenario import ORIGIN, new_id, organisation
from tests.services.seams import committing, recorder_over

WAIT_S = 60
"""Ends a test that would hang; nothing is measured."""
BULK = 10_000


class Given:
    """Answers what it is given and notes it, by group; may be held, and told to fail."""

    def __init__(self, *, is_held: bool = False) -> None:
        self.groups: list[list[str]] = []
        self.threads: list[int] = []
        self.fails: dict[int, BaseException] = {}
        self.is_held = is_held
        self._begun = Semaphore(0)
        self._may_end = Semaphore(0)

    def __call__(self, group: list[Asked]) -> list[Outcome]:
        height = len(self.groups)
        self.groups.append([item.operation.id for item in group])
        self.threads.append(get_ident())
        self._begun.release()
        if self.is_held:
            assert self._may_end.acquire(timeout=WAIT_S)
        if height in self.fails:
            raise self.fails[height]
        return [Accepted(item.operation.id, index, height, b"") for index, item in enumerate(group)]

    def await_group(self) -> None:
        """Wait until the next group is under way."""
        assert self._begun.acquire(timeout=WAIT_S)

    def end_group(self) -> None:
        """Let the group that is under way end, and no other."""
        self._may_end.release()

    def end_all(self) -> None:
        """Hold no group any more."""
        self.is_held = False
        self._may_end.release()


class Desk:
    """A group commit, and threads that ask it."""

    def __init__(self, pool: ThreadPoolExecutor, record: Given, **limits: int) -> None:
        self.observed: list[tuple[int, int]] = []
        self._pool = pool
        self._commit = GroupCommit(
            record, observe=lambda *numbers: self.observed.append(numbers), **limits
        )

    def ask(
        self, names: Sequence[str], organisation: str = "one", *, waits: int | None = None
    ) -> Future[list[Outcome]]:
        """Ask in a thread of its own; return once as many operations wait as is said."""
        answer = self._pool.submit(
            self._commit.submit, [asked(name) for name in names], organisation=organisation
        )
        if waits is not None:
            until(lambda: self.waits == waits)
        return answer

    @property
    def waits(self) -> int:
        """How many operations wait for a group."""
        return self._commit._turns.operations  # noqa: SLF001 - nothing else tells who sleeps


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as made:
        yield made


@contextmanager
def switching_often() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def until(is_so: Callable[[], bool]) -> None:
    began = monotonic()
    while not is_so():
        assert monotonic() - began < WAIT_S
        sleep(0.001)


def asked(name: str) -> Asked:
    return Asked(AccountOpen(id=name, origin=ORIGIN, by="", account="", organisation=""))


def named(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{at}" for at in range(count)]


def ids(answer: Future[list[Outcome]]) -> list[str]:
    """Return which operations were accepted, in the order of the answer."""
    outcomes = answer.result(WAIT_S)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    return [outcome.id for outcome in outcomes if isinstance(outcome, Accepted)]


def of(prefix: str, group: Sequence[str]) -> list[str]:
    return [name for name in group if name.startswith(prefix)]


def test_an_empty_request_is_answered_without_a_group(pool: ThreadPoolExecutor) -> None:
    record = Given()

    answer = Desk(pool, record).ask([])

    assert answer.result(WAIT_S) == []
    assert record.groups == []


def test_an_empty_request_does_not_wait_for_the_group_that_is_under_way(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record)
    first = desk.ask(["a"])
    record.await_group()

    answer = desk.ask([])

    assert answer.result(WAIT_S) == []
    assert not first.done()
    record.end_all()


def test_who_comes_alone_is_a_group_alone(pool: ThreadPoolExecutor) -> None:
    record = Given()
    desk = Desk(pool, record)

    answers = [ids(desk.ask([name])) for name in "abc"]

    assert answers == record.groups == [["a"], ["b"], ["c"]]


def test_who_comes_while_a_group_is_under_way_is_recorded_together(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record)
    first = desk.ask(["first"])
    record.await_group()

    later = [desk.ask([name], name, waits=at) for at, name in enumerate("abcdef", 1)]
    record.end_all()

    assert ids(first) == ["first"]
    assert [ids(answer) for answer in later] == [[name] for name in "abcdef"]
    assert record.groups == [["first"], list("abcdef")]
    assert desk.observed == [(1, 0), (6, 0)]


def test_who_is_answered_leads_no_longer_and_another_does(pool: ThreadPoolExecutor) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record)
    first = desk.ask(["first"])
    record.await_group()
    second = desk.ask(["second"], waits=1)

    record.end_group()
    record.await_group()

    assert ids(first) == ["first"]
    assert not second.done()
    assert record.threads[0] != record.threads[1]
    record.end_all()
    assert ids(second) == ["second"]


def test_a_request_that_is_larger_than_a_group_is_answered_whole_and_in_order(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given()
    asked_for = named("a", 2 * GROUP_OPERATIONS_MAX + 7)

    answer = Desk(pool, record).ask(asked_for)

    assert ids(answer) == asked_for
    assert [len(group) for group in record.groups] == [1_000, 1_000, 7]
    assert [name for group in record.groups for name in group] == asked_for


def test_large_requests_share_each_group_and_each_keeps_its_order(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record)
    first = desk.ask(["first"])
    record.await_group()

    answers = {
        name: desk.ask(named(name, 1_500), name, waits=1_500 * (at + 1))
        for at, name in enumerate("abc")
    }
    record.end_all()

    assert {name: ids(answer) for name, answer in answers.items()} == {
        name: named(name, 1_500) for name in "abc"
    }
    assert ids(first) == ["first"]
    for group in record.groups[1:4]:
        shares = [len(of(name, group)) for name in "abc"]
        assert sum(shares) == GROUP_OPERATIONS_MAX
        assert max(shares) - min(shares) <= TURN_OPERATIONS
    for name in "abc":
        everything = [item for group in record.groups for item in of(name, group)]
        assert everything == named(name, 1_500)


@pytest.mark.parametrize("whose", ["another", "the same"])
def test_a_single_request_is_in_the_next_group_however_much_a_bulk_request_asks(
    whose: str, pool: ThreadPoolExecutor
) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record)
    bulk = desk.ask(named("bulk", BULK), "the same")
    record.await_group()
    record.end_group()
    record.await_group()

    left = desk.waits
    single = desk.ask(["single"], whose, waits=left + 1)
    record.end_group()
    record.await_group()
    record.end_group()

    assert ids(single) == ["single"]
    assert "single" in record.groups[2]
    assert not bulk.done()
    record.end_all()
    assert ids(bulk) == named("bulk", BULK)


def test_many_requests_of_one_organisation_get_no_more_than_one_of_another(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record)
    first = desk.ask(["first"])
    record.await_group()

    many = [desk.ask(named(f"m{at}-", 200), "many", waits=200 * (at + 1)) for at in range(10)]
    one = desk.ask(named("one", 1_000), "one", waits=3_000)
    record.end_all()

    assert [len(ids(answer)) for answer in (first, *many, one)] == [1, *[200] * 10, 1_000]
    shares = [(len(of("m", group)), len(of("one", group))) for group in record.groups[1:]]
    assert shares == [(500, 500), (500, 500), (1_000, 0)]


def test_requests_of_one_organisation_take_turns(pool: ThreadPoolExecutor) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record)
    first = desk.ask(["first"])
    record.await_group()

    answers = [desk.ask(named(name, 800), waits=800 * (at + 1)) for at, name in enumerate("ab")]
    record.end_all()

    assert [len(ids(answer)) for answer in (first, *answers)] == [1, 800, 800]
    assert [(len(of("a", group)), len(of("b", group))) for group in record.groups[1:]] == [
        (500, 500),
        (300, 300),
    ]


def test_a_full_queue_tells_callers_to_come_back(pool: ThreadPoolExecutor) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record, waiting_max=200)
    first = desk.ask(named("first", 200))
    record.await_group()
    waiting = desk.ask(named("a", 150), waits=150)

    refused = [desk.ask(named("b", 51)), desk.ask(named("c", 60), "another")]

    for answer in refused:
        with pytest.raises(RefusalError, match="busy"):
            answer.result(WAIT_S)
    fitting = desk.ask(named("d", 50), waits=200)
    record.end_all()
    assert [len(ids(answer)) for answer in (first, waiting, fitting)] == [200, 150, 50]
    assert len(ids(desk.ask(named("b", 51)))) == 51
    everything = [name for group in record.groups for name in group]
    assert (len(of("b", everything)), of("c", everything)) == (51, [])


def test_nobody_fills_the_queue_for_the_others(pool: ThreadPoolExecutor) -> None:
    record = Given(is_held=True)
    desk = Desk(pool, record, waiting_max=200)
    first = desk.ask(named("first", 200))
    record.await_group()
    filling = desk.ask(named("a", 200), waits=200)

    with pytest.raises(RefusalError, match="busy"):
        desk.ask(["a200"]).result(WAIT_S)
    taken = desk.ask(named("b", TURN_OPERATIONS - 1), "another", waits=249)
    last = desk.ask(["c"], "another", waits=250)
    with pytest.raises(RefusalError, match="busy"):
        desk.ask(["d"], "another").result(WAIT_S)

    record.end_all()
    assert [len(ids(answer)) for answer in (first, filling, taken, last)] == [200, 200, 49, 1]


FAILURES = [
    RefusalError("busy", "another writer holds the database"),
    RefusalError("outcome-unknown", "the database did not say"),
    sqlite3.OperationalError("disk I/O error"),
    MemoryError(),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda item: type(item).__name__)
def test_a_failure_reaches_all_of_its_group_and_nobody_else(
    failure: Exception, pool: ThreadPoolExecutor
) -> None:
    record = Given(is_held=True)
    record.fails = {1: failure}
    desk = Desk(pool, record)
    first = desk.ask(["first"])
    record.await_group()

    failing = [desk.ask([name], name, waits=at) for at, name in enumerate("abc", 1)]
    record.end_group()
    record.await_group()
    later = [desk.ask([name], name, waits=at) for at, name in enumerate("de", 1)]
    record.end_all()

    assert ids(first) == ["first"]
    assert [answer.exception(WAIT_S) for answer in failing] == [failure] * 3
    assert [ids(answer) for answer in later] == [["d"], ["e"]]
    assert record.groups == [["first"], ["a", "b", "c"], ["d", "e"]]


def test_of_a_request_that_failed_nothing_more_is_recorded(pool: ThreadPoolExecutor) -> None:
    record = Given(is_held=True)
    record.fails = {1: RefusalError("busy", "not now")}
    desk = Desk(pool, record)
    bulk = desk.ask(named("bulk", BULK))
    record.await_group()
    beside = desk.ask(named("b", 800), "another", waits=9_800)

    record.end_group()
    record.await_group()
    until(lambda: desk.waits == 8_800)
    later = desk.ask(["later"], "later", waits=8_801)
    record.end_all()

    for answer in (bulk, beside):
        with pytest.raises(RefusalError, match="busy"):
            answer.result(WAIT_S)
    assert ids(later) == ["later"]
    assert record.groups[2:] == [["later"]]
    assert desk.waits == 0
    assert ids(desk.ask(["again"])) == ["again"]


def test_who_leads_a_group_of_others_that_fails_goes_on(pool: ThreadPoolExecutor) -> None:
    record = Given(is_held=True)
    record.fails = {2: RefusalError("busy", "not now")}
    desk = Desk(pool, record)
    leading = desk.ask(named("lead", 1_100), "leading")
    record.await_group()

    others = [
        desk.ask(named(f"o{at}-", 50), f"other {at}", waits=100 + 50 * (at + 1)) for at in range(40)
    ]
    record.end_all()

    assert ids(leading) == named("lead", 1_100)
    assert of("lead", record.groups[2]) == []
    assert Counter(answer.exception(WAIT_S) is None for answer in others) == {True: 20, False: 20}
    assert len(set(record.threads[:4])) == 1


def test_an_observer_that_fails_stops_its_group_and_not_the_queue(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given()
    failures = [OSError("no space for metrics")]

    def observe(_: int, __: int) -> None:
        if failures:
            raise failures.pop()

    commit = GroupCommit(record, observe=observe)
    first = pool.submit(commit.submit, [asked("a")], organisation="one")
    with pytest.raises(OSError, match="no space"):
        first.result(WAIT_S)
    second = pool.submit(commit.submit, [asked("b")], organisation="one")

    assert ids(second) == ["b"]
    assert record.groups == [["b"]]


def test_who_is_told_of_a_failure_does_not_see_where_the_others_were(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given(is_held=True)
    failure = sqlite3.OperationalError("disk I/O error")
    record.fails = {1: failure}
    desk = Desk(pool, record)
    desk.ask(["first"])
    record.await_group()
    waiting = [desk.ask([name], waits=at) for at, name in enumerate(named("a", 50), 1)]

    record.end_all()

    assert [answer.exception(WAIT_S) for answer in waiting] == [failure] * 50
    frames = [frame.name for frame in extract_tb(failure.__traceback__)]
    assert "__call__" in frames
    assert len(frames) < 50


def test_no_caller_is_forgotten_when_very_many_come_and_go(pool: ThreadPoolExecutor) -> None:
    record = Given()
    commit = GroupCommit(record, observe=lambda _, __: None)

    def ask_often(caller: int) -> int:
        sizes = Random(caller)  # noqa: S311 - how many to ask for is no secret
        count = 0
        for turn in range(100):
            names = named(f"{caller}/{turn}/", sizes.choice((1, 1, 1, 2, 70)))
            outcomes = commit.submit(
                [asked(name) for name in names], organisation=f"organisation {caller % 7}"
            )
            assert [getattr(outcome, "id", None) for outcome in outcomes] == names
            count += len(names)
        return count

    with switching_often():
        answers = [pool.submit(ask_often, caller) for caller in range(64)]
        counts = [answer.result(WAIT_S) for answer in answers]

    everything = [name for group in record.groups for name in group]
    assert len(everything) == len(set(everything)) == sum(counts)
    assert max(map(len, record.groups)) <= GROUP_OPERATIONS_MAX


def test_failures_among_very_many_callers_reach_each_of_them_once(
    pool: ThreadPoolExecutor,
) -> None:
    record = Given()
    record.fails = {height: RefusalError("busy", str(height)) for height in range(0, 40_000, 3)}
    commit = GroupCommit(record, observe=lambda _, __: None)

    def ask_often(caller: int) -> list[tuple[str, str | None]]:
        told: list[tuple[str, str | None]] = []
        for turn in range(200):
            name = f"{caller}/{turn}"
            try:
                commit.submit([asked(name)], organisation=str(caller % 5))
            except RefusalError as refusal:
                told.append((name, refusal.detail))
            else:
                told.append((name, None))
        return told

    with switching_often():
        answers = [pool.submit(ask_often, caller) for caller in range(64)]
        told = dict(item for answer in answers for item in answer.result(WAIT_S))

    assert told == {
        name: str(height) if height in record.fails else None
        for height, group in enumerate(record.groups)
        for name in group
    }


def opening(owner: str) -> Asked:
    return Asked(
        AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)
    )


def must_be_sound(registry: Registry) -> None:
    with registry.storage.log() as log:
        assert audit(log, anchor=Anchor(), tables=log).findings == []


def test_a_registry_records_who_waits_in_few_blocks_and_answers_each_its_own(
    registry: Registry, pool: ThreadPoolExecutor
) -> None:
    owner = organisation(registry, "buyer")
    commit = GroupCommit(registry.record, observe=lambda _, __: None)
    shared = opening(owner)
    stranger = opening(new_id())

    def ask(request: list[Asked]) -> list[Outcome]:
        return commit.submit(request, organisation=owner)

    requests = [[opening(owner), shared, stranger] for _ in range(32)]
    answers = [answer.result(WAIT_S) for answer in [pool.submit(ask, item) for item in requests]]

    own = [outcomes[0] for outcomes in answers]
    assert [item.id for item in own if isinstance(item, Accepted)] == [
        request[0].operation.id for request in requests
    ]
    again = [item for _, item, _ in answers if isinstance(item, Accepted)]
    assert sorted(item.is_repeated for item in again) == [False] + [True] * 31
    assert len({(item.index, item.height, item.leaf) for item in again}) == 1
    refused = [item.code for *_, item in answers if isinstance(item, RefusalError)]
    assert refused == ["unknown-organisation"] * 32
    assert len({item.height for item in own if isinstance(item, Accepted)}) < 32
    must_be_sound(registry)


def test_callers_whose_commit_failed_are_all_told_and_the_next_are_recorded(
    registry: Registry, pool: ThreadPoolExecutor
) -> None:
    owner = organisation(registry, "buyer")
    failures = [RefusalError("outcome-unknown", "the database did not say"), sqlite3.Error("gone")]

    def fail_twice(driver: Any) -> None:  # noqa: ANN401 - DB-API
        if failures:
            raise failures.pop(0)
        driver.commit()

    recorder = recorder_over(registry, committing(fail_twice))
    commit = GroupCommit(recorder.record, observe=lambda _, __: None)
    requests = [[opening(owner)] for _ in range(40)]

    def ask(request: list[Asked]) -> bool:
        while True:
            with suppress(RefusalError):
                (outcome,) = commit.submit(request, organisation=owner)
                return isinstance(outcome, Accepted)

    answers = [pool.submit(ask, request) for request in requests]

    assert all(answer.result(WAIT_S) for answer in answers)
    assert failures == []
    must_be_sound(registry)
