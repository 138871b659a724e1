"""Many processes want one lease, or seal one heartbeat: there is one holder and one block."""

from itertools import pairwise
from pathlib import Path

import pytest

from app.audit.walk import Anchor, audit
from app.factory import open_registry
from app.settings import Settings
from tests.races.lessees import (
    BEATS,
    SIZE,
    TURNS,
    Turn,
    beat,
    let_run_out,
    race,
    take_once,
    take_turns,
)
from tests.worker.lively import blocks_of, found_lively

pytestmark = pytest.mark.race


def joined(answers: list[list[Turn]]) -> list[Turn]:
    return [turn for of_process in answers for turn in of_process]


def test_a_lease_that_nobody_had_is_given_to_one(settings: Settings) -> None:
    answers = race(settings, take_once)

    assert [turn.token for turn in joined(answers)] == [1]


def test_there_is_one_holder_at_a_time_and_each_has_a_higher_token(settings: Settings) -> None:
    answers = race(settings, take_turns)

    turns = sorted(joined(answers), key=lambda turn: turn.began)
    assert [len(of_process) for of_process in answers] == [TURNS] * SIZE
    assert [turn.token for turn in turns] == list(range(1, SIZE * TURNS + 1))
    assert all(before.ended <= after.began for before, after in pairwise(turns))


def test_no_token_is_given_twice_where_leases_run_out(settings: Settings) -> None:
    answers = race(settings, let_run_out)

    tokens = [[turn.token for turn in of_process] for of_process in answers]
    assert all(of_process == sorted(of_process) for of_process in tokens)
    every = [token for of_process in tokens for token in of_process]
    assert len(set(every)) == len(every) == SIZE * TURNS


def test_one_heartbeat_is_sealed_in_a_period_however_many_seal(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.of(home=tmp_path / "home", database_url=database_url)
    found_lively(settings)

    answers = race(settings, beat)

    with open_registry(settings) as registry:
        blocks = blocks_of(registry.storage)
        with registry.storage.log() as log:
            assert audit(log, anchor=Anchor(), tables=log).findings == []
    sealed = sorted(turn.token for turn in joined(answers))
    assert sealed == [block.height for block in blocks[1:]]
    assert len(sealed) >= BEATS
    assert all(after.time_ms - before.time_ms >= 1_000 for before, after in pairwise(blocks))
