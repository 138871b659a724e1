"""Integrity: a range names what was altered, a replay runs to its end and names rows."""

import sys
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from sqlalchemy import text

from app.factory import Registry
from app.registry.errors import RefusalError
from app.registry.operations.account_open import AccountOpen
from app.services import integrity
from app.services.integrity import check_range, run_replay
from app.storage import tables
from app.storage.replays import ReplayRows
from tests.api.doors import Doors, alter, flip
from tests.scenario import ORIGIN, accept, account, market, new_id, organisation


def found(registry: Registry, first: int = 0, last: int | None = None) -> set[tuple[str, str]]:
    with registry.storage.log() as log:
        report = check_range(log, first, log.head.height if last is None else last)
    return {(item.code, item.where) for item in report.findings}


def leaf_of(registry: Registry, index: int) -> bytes:
    with registry.storage.log() as log:
        return next(iter(log.range(index, index + 1)))


def checkpoint_of(registry: Registry, height: int) -> str:
    with registry.storage.log() as log:
        block = log.block(height)
        assert block is not None
        return block.checkpoint


@pytest.fixture
def trading(registry: Registry) -> Registry:
    market(registry)
    return registry


@pytest.fixture
def long_log(registry: Registry) -> Registry:
    """A log of more than one full tile."""
    owner = organisation(registry, "buyer")
    for _ in range(3):
        accept(
            registry,
            *(
                AccountOpen(
                    id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner
                )
                for _ in range(100)
            ),
        )
    return registry


def test_every_range_of_a_sound_log_is_sound(trading: Registry) -> None:
    with trading.storage.log() as log:
        newest = log.head.height

    ranges = [(first, last) for first in range(newest + 1) for last in range(first, newest + 1)]

    assert {item: found(trading, *item) for item in ranges} == {item: set() for item in ranges}


def test_a_range_behind_a_full_tile_is_sound(long_log: Registry) -> None:
    assert found(long_log) == set()
    assert found(long_log, 3, 4) == set()
    assert found(long_log, 4, 4) == set()


def test_a_flipped_byte_in_a_leaf_is_named_by_its_block(trading: Registry) -> None:
    with trading.storage.log() as log:
        block = log.block(3)
        assert block is not None
    leaf = leaf_of(trading, block.first)
    altered = leaf.replace(b'"origin":"r', b'"origin":"s', 1)
    alter(trading, tables.leaves, {"leaf": altered}, index=block.first)

    assert {("header-broken", "height 3"), ("root-differs", "height 3")} == found(trading)
    assert found(trading, 0, 2) == set()
    assert found(trading, 5) == {("root-differs", "height 4")}


def test_a_flipped_byte_under_a_full_tile_is_named_by_its_leaf(long_log: Registry) -> None:
    alter(long_log, tables.leaves, {"leaf": flip(leaf_of(long_log, 50), 100)}, index=50)

    named = found(long_log)

    assert ("leaf-altered", "leaf 50") in named
    assert {where for _, where in named} <= {"leaf 50", "height 2"}


def test_a_leaf_that_cannot_be_read_is_named(trading: Registry) -> None:
    alter(trading, tables.leaves, {"leaf": b"\x00"}, index=2)

    assert ("leaf-unreadable", "leaf 2") in found(trading)


def test_a_flipped_byte_in_a_tile_is_named_and_the_leaf_is_believed(long_log: Registry) -> None:
    with long_log.storage.database.engine.connect() as connection:
        hashes = connection.scalar(text("SELECT hashes FROM tiles"))
    assert hashes is not None
    alter(long_log, tables.tiles, {"hashes": flip(bytes(hashes), 32 * 60)}, level=0, number=0)

    assert ("tile-differs", "leaf 60") in found(long_log, 0, 2)


def test_a_flipped_header_is_named(trading: Registry) -> None:
    with trading.storage.log() as log:
        block = log.block(3)
        assert block is not None
    data = leaf_of(trading, block.size - 1)
    altered = data.replace(b'"height":3', b'"height":4')
    alter(trading, tables.leaves, {"leaf": altered}, index=block.size - 1)

    assert ("header-broken", "height 3") in found(trading)


def test_a_header_that_cannot_be_read_breaks_its_block_only(trading: Registry) -> None:
    with trading.storage.log() as log:
        block = log.block(3)
        assert block is not None
    alter(trading, tables.leaves, {"leaf": b"\x00"}, index=block.size - 1)

    named = found(trading)

    assert {where for _, where in named} == {f"leaf {block.size - 1}", "height 3"}
    assert ("header-broken", "height 3") in found(trading, 4)


def test_a_flipped_block_hash_is_named(trading: Registry) -> None:
    with trading.storage.log() as log:
        block = log.block(3)
        assert block is not None
    digits = "0" if block.hash[0] != "0" else "1"
    alter(trading, tables.blocks, {"hash": digits + block.hash[1:]}, height=3)

    assert found(trading) == {("table-differs", "height 3")}


@pytest.mark.parametrize("column", ["first", "count", "time_ms", "leader"])
def test_an_altered_row_is_named(trading: Registry, column: str) -> None:
    value: object = "somebody" if column == "leader" else 10**15
    alter(trading, tables.blocks, {column: value}, height=3)

    assert ("table-differs", "height 3") in found(trading)


def test_a_missing_block_is_named(trading: Registry) -> None:
    with trading.storage.database.engine.begin() as connection:
        connection.execute(tables.blocks.delete().where(tables.blocks.c.height == 3))

    assert found(trading) == {("seal-missing", "height 3")}


def test_missing_leaves_are_named(trading: Registry) -> None:
    with trading.storage.log() as log:
        block = log.block(3)
        assert block is not None
    with trading.storage.database.engine.begin() as connection:
        connection.execute(tables.leaves.delete().where(tables.leaves.c.index == block.first))

    assert ("leaf-altered", "height 3") in found(trading)


def test_a_flipped_byte_in_a_checkpoint_is_named(trading: Registry) -> None:
    origin, size, root, *rest = checkpoint_of(trading, 3).split("\n")
    other = ("A" if root[5] != "A" else "B").join((root[:5], root[6:]))
    alter(trading, tables.blocks, {"checkpoint": "\n".join((origin, size, other, *rest))}, height=3)

    named = found(trading)

    assert {where for _, where in named} == {"height 3"}
    assert {"log-signature-invalid", "cosignature-invalid", "quorum-missing", "root-differs"} <= {
        code for code, _ in named
    }


def test_another_size_in_a_checkpoint_is_named(trading: Registry) -> None:
    alter(trading, tables.blocks, {"checkpoint": checkpoint_of(trading, 2)}, height=3)

    assert found(trading) == {("checkpoint-differs", "height 3")}


def test_a_checkpoint_that_cannot_be_read_is_named(trading: Registry) -> None:
    alter(trading, tables.blocks, {"checkpoint": "nothing"}, height=3)

    assert found(trading) == {("checkpoint-unreadable", "height 3")}
    assert ("root-differs", "height 3") in found(trading, 4)


def test_a_flipped_byte_in_a_cosignature_is_named(trading: Registry) -> None:
    lines = checkpoint_of(trading, 3).split("\n")
    line = lines[-2]
    lines[-2] = line[:-10] + ("A" if line[-10] != "A" else "B") + line[-9:]
    alter(trading, tables.blocks, {"checkpoint": "\n".join(lines)}, height=3)

    assert found(trading) == {("cosignature-invalid", "height 3")}


def test_too_few_cosignatures_are_no_quorum(trading: Registry) -> None:
    lines = checkpoint_of(trading, 3).split("\n")
    alter(trading, tables.blocks, {"checkpoint": "\n".join([*lines[:-4], ""])}, height=3)

    assert found(trading) == {("quorum-missing", "height 3")}


@pytest.mark.parametrize("column", ["header_hash", "edge", "size"])
def test_an_altered_head_is_named(trading: Registry, column: str) -> None:
    with trading.storage.log() as log:
        head = log.head
    values: dict[str, object] = {
        "header_hash": "0" * 64,
        "edge": flip(b"".join(head.edge), 3),
        "size": head.size,
    }
    alter(trading, tables.head, {column: values[column]}, id=1)

    assert found(trading) == (set() if column == "size" else {("table-differs", "head")})


def test_a_genesis_that_names_no_keys_is_named(trading: Registry) -> None:
    alter(trading, tables.leaves, {"leaf": b"{}"}, index=0)

    assert found(trading) == {("genesis-invalid", "leaf 0")}


@pytest.mark.parametrize("heights", [(-1, 0), (1, 0), (0, 10**6)])
def test_heights_outside_the_log_are_no_range(trading: Registry, heights: tuple[int, int]) -> None:
    with trading.storage.log() as log, pytest.raises(IndexError):
        check_range(log, *heights)


def test_the_door_answers_a_range(doors: Doors) -> None:
    account(doors.registry, organisation(doors.registry, "buyer"))

    answer = doors.client.get("/v1/integrity?from=1&to=3").get_json()

    assert answer == {"ok": True, "from": 1, "to": 3, "operations": 3, "findings": []}


def test_the_door_tells_findings(doors: Doors) -> None:
    alter(doors.registry, tables.blocks, {"hash": "0" * 64}, height=1)

    answer = doors.client.get("/v1/integrity").get_json()

    assert answer["ok"] is False
    assert answer["findings"] == [
        {
            "code": "table-differs",
            "where": "height 1",
            "detail": "the block's hash is not its header's",
        }
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=3&to=2", "invalid-range"),
        ("from=0&to=4000", "invalid-range"),
        ("from=4000", "invalid-range"),
    ],
)
def test_the_door_refuses_what_is_no_range(doors: Doors, query: str, code: str) -> None:
    answer = doors.client.get(f"/v1/integrity?{query}")

    assert (answer.status_code, answer.get_json()["type"]) == (422, f"/problems/{code}")


def test_the_door_refuses_more_than_its_most(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.integrity.RANGE_BLOCKS_MAX", 2)

    long = doors.client.get("/v1/integrity?from=0&to=2")
    short = doors.client.get("/v1/integrity?from=0")

    assert (long.status_code, long.get_json()["type"]) == (422, "/problems/range-too-long")
    assert (short.status_code, short.get_json()["to"]) == (200, 1)


def ask(doors: Doors, role: str = "auditor") -> str:
    client = doors.app.test_client()
    answer = client.post("/v1/integrity/replays", headers=doors.header(role))
    assert answer.status_code == 202
    location: str = answer.headers["Location"]
    return location


def test_a_replay_runs_to_its_end(doors: Doors) -> None:
    market(doors.registry)
    location = ask(doors)
    running = doors.client.get(location, headers=doors.header("auditor")).get_json()

    run_replay(
        doors.registry.storage, ReplayRows(doors.registry.storage.database), doors.started[0]
    )
    finished = doors.client.get(location, headers=doors.header("operator")).get_json()

    assert (running["state"], running["finished_at"], running["report"]) == ("running", None, None)
    assert finished["state"] == "finished"
    assert finished["finished_at"] >= finished["asked_at"]
    assert finished["report"]["ok"] is True
    assert finished["report"]["verdict"] == "self-consistent, not anchored"
    assert finished["report"]["certificates"] == {"active": 24}


def test_a_replay_names_an_altered_row(doors: Doors) -> None:
    made = market(doors.registry)
    alter(doors.registry, tables.issuances, {"quantity": 25}, id=made.issuance)
    location = ask(doors)

    run_replay(
        doors.registry.storage, ReplayRows(doors.registry.storage.database), doors.started[0]
    )

    report = doors.client.get(location, headers=doors.header("auditor")).get_json()["report"]
    assert report["ok"] is False
    assert [(item["code"], item["where"]) for item in report["findings"]] == [
        ("table-differs", "table issuance")
    ]
    assert made.issuance in report["findings"][0]["detail"]


def test_who_asks_while_one_runs_joins_it(doors: Doors) -> None:
    first = ask(doors, "auditor")

    assert ask(doors, "operator") == first
    assert len(doors.started) == 1


def test_many_who_ask_at_once_get_one(doors: Doors) -> None:
    with ThreadPoolExecutor(8) as pool:
        locations = set(pool.map(lambda _: ask(doors), range(8)))

    assert (len(locations), len(doors.started)) == (1, 1)


def test_who_asks_when_it_has_finished_starts_another(doors: Doors) -> None:
    first = ask(doors)
    run_replay(
        doors.registry.storage, ReplayRows(doors.registry.storage.database), doors.started[0]
    )

    assert ask(doors) != first
    assert len(doors.started) == 2


def test_a_replay_that_never_finished_is_given_up_after_an_hour(doors: Doors) -> None:
    first = ask(doors)
    alter(doors.registry, tables.replays, {"asked_at": 1}, id=doors.started[0])

    assert ask(doors) != first


def test_no_replay_runs_that_nobody_asked_for(registry: Registry) -> None:
    with pytest.raises(RefusalError, match="not-found"):
        run_replay(registry.storage, ReplayRows(registry.storage.database), new_id())


def test_the_process_is_given_its_id_and_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    start = integrity.ReplayProcess()

    start("some-id")

    (process,) = start._started  # noqa: SLF001 - what was started is not public
    assert process.args == ["/bin/true", "-m", "app.cli", "replay", "some-id"]
    assert process.wait(10) == 0
    start("other-id")
    assert len(start._started) == 1  # noqa: SLF001
    start._started[0].wait(10)  # noqa: SLF001


def test_a_report_is_kept_as_json(doors: Doors) -> None:
    ask(doors)
    rows = ReplayRows(doors.registry.storage.database)

    report = run_replay(doors.registry.storage, rows, doors.started[0])

    kept = rows.find(doors.started[0])
    assert kept is not None
    assert orjson.loads(kept[2] or "") == report.plain
