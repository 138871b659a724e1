"""Recording when clocks leap and commits say nothing: never twice, never lost, never a lie."""

import sqlite3
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.registry.errors import RefusalError
from app.registry.operations.account_open import AccountOpen
from app.services.record import Accepted, Asked, Recorder
from app.storage.engines import Database
from tests.databases import Backend
from tests.scenario import ORIGIN, accept, new_id, organisation
from tests.services.seams import WallClock, committing, recorder_over

LEAP_MS = 301_000


def opening(owner: str) -> AccountOpen:
    return AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)


def recorded(recorder: Recorder, operation: AccountOpen) -> Accepted:
    (outcome,) = recorder.record([Asked(operation)])
    assert isinstance(outcome, Accepted)
    return outcome


def log_size(registry: Registry) -> int:
    with registry.storage.log() as log:
        return log.size()


def must_be_sound(registry: Registry) -> None:
    with registry.storage.log() as log:
        assert audit(log, anchor=Anchor(), tables=log).findings == []


@pytest.mark.parametrize("offset_ms", [LEAP_MS, LEAP_MS + 10**9])
def test_nothing_is_recorded_once_the_clock_has_leapt_ahead(
    embedded: Registry, offset_ms: int
) -> None:
    owner = organisation(embedded, "buyer")
    clock = WallClock()
    recorder = recorder_over(embedded, clock)
    recorded(recorder, opening(owner))
    before = log_size(embedded)

    clock.offset_ms = offset_ms
    for _ in range(2):
        with pytest.raises(RefusalError, match="clock-leapt"):
            recorder.record([Asked(opening(owner))])

    assert log_size(embedded) == before
    clock.offset_ms = 0
    recorded(recorder, opening(owner))


def test_a_small_step_of_the_clock_is_taken(embedded: Registry) -> None:
    owner = organisation(embedded, "buyer")
    clock = WallClock()
    recorder = recorder_over(embedded, clock)
    recorded(recorder, opening(owner))

    clock.offset_ms = 200_000

    assert recorded(recorder, opening(owner)).index > 0


def test_block_times_never_decrease_when_the_clock_steps_back(embedded: Registry) -> None:
    owner = organisation(embedded, "buyer")
    clock = WallClock()
    recorder = recorder_over(embedded, clock)

    for offset_ms in (0, -60_000, -120_000, 0):
        clock.offset_ms = offset_ms
        recorded(recorder, opening(owner))

    with embedded.storage.log() as log:
        times = [block.time_ms for block in log.blocks(after=-1, limit=100)]
    assert times == sorted(times)
    must_be_sound(embedded)


def test_a_clock_that_is_behind_the_log_and_goes_evenly_has_not_leapt(
    embedded: Registry,
) -> None:
    owner = organisation(embedded, "buyer")
    clock = WallClock()
    clock.offset_ms = -3_600_000
    recorder = recorder_over(embedded, clock, leap_max_s=1)
    recorded(recorder, opening(owner))
    until = monotonic() + 1.1

    while monotonic() < until:
        sleep(0.05)

    recorded(recorder, opening(owner))


def driver_error(backend: Backend) -> Exception:
    if backend.name == "sqlite":
        return sqlite3.OperationalError("disk I/O error")
    return psycopg.OperationalError("server closed the connection unexpectedly")


def unreachable(backend: Backend) -> Database:
    if backend.name == "sqlite":
        return Database("sqlite:////nowhere/at/all.db")
    return Database("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2")


def after_committing(error: Exception) -> Callable[[Any], None]:
    def commit(driver: Any) -> None:  # noqa: ANN401 - DB-API
        driver.commit()
        raise error

    return commit


def instead_of_committing(error: Exception) -> Callable[[Any], None]:
    def commit(driver: Any) -> None:  # noqa: ANN401, ARG001 - DB-API
        raise error

    return commit


def with_the_connection(commit: Callable[[Any], None]) -> Callable[[Any], None]:
    """Lose the connection as well, as a server that goes away does."""

    def lose(driver: Any) -> None:  # noqa: ANN401 - DB-API
        try:
            commit(driver)
        finally:
            driver.close()

    return lose


def test_a_commit_that_was_made_counts_whatever_the_driver_says(
    registry: Registry, backend: Backend
) -> None:
    owner = organisation(registry, "buyer")
    faulty = recorder_over(registry, committing(after_committing(driver_error(backend))))
    asked = opening(owner)

    outcome = recorded(faulty, asked)

    (again,) = accept(registry, asked)
    assert (again.index, again.is_repeated) == (outcome.index, True)
    must_be_sound(registry)


def test_a_commit_that_was_not_made_is_refused_as_busy_and_can_be_repeated(
    registry: Registry, backend: Backend
) -> None:
    owner = organisation(registry, "buyer")
    faulty = recorder_over(registry, committing(instead_of_committing(driver_error(backend))))
    asked = opening(owner)
    before = log_size(registry)

    with pytest.raises(RefusalError, match="busy"):
        faulty.record([Asked(asked)])

    assert log_size(registry) == before
    (again,) = accept(registry, asked)
    assert not again.is_repeated
    must_be_sound(registry)


@pytest.mark.parametrize("is_committed", [True, False])
def test_an_outcome_that_nobody_can_tell_is_said_to_be_unknown(
    registry: Registry, backend: Backend, *, is_committed: bool
) -> None:
    owner = organisation(registry, "buyer")
    commit = after_committing if is_committed else instead_of_committing
    faulty = recorder_over(
        registry,
        committing(commit(driver_error(backend)), asked_later=unreachable(backend)),
    )
    asked = opening(owner)

    with pytest.raises(RefusalError, match="outcome-unknown"):
        faulty.record([Asked(asked)])

    (again,) = accept(registry, asked)
    assert again.is_repeated is is_committed
    must_be_sound(registry)


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_lost_connection_does_not_hide_what_became_of_the_commit(
    registry: Registry, backend: Backend, *, is_committed: bool
) -> None:
    owner = organisation(registry, "buyer")
    commit = after_committing if is_committed else instead_of_committing
    faulty = recorder_over(registry, committing(with_the_connection(commit(driver_error(backend)))))
    asked = opening(owner)

    if is_committed:
        assert not recorded(faulty, asked).is_repeated
    else:
        with pytest.raises(RefusalError, match="busy"):
            faulty.record([Asked(asked)])

    (again,) = accept(registry, asked)
    assert again.is_repeated is is_committed


def test_a_recorder_says_how_far_it_has_sealed(embedded: Registry) -> None:
    owner = organisation(embedded, "buyer")
    sealed = embedded.recorder.last_sealed

    with embedded.storage.log() as log:
        head = log.head

    assert owner
    assert sealed is not None
    assert (sealed.size, sealed.root) == (head.size, head.frontier.root())
