"""The high-water mark: an old backup shows, and so does a log that took another way."""

from pathlib import Path
from shutil import copytree
from time import sleep

import orjson
import pytest

from app.factory import Registry, open_registry
from app.ledger.merkle import Frontier, leaf_hash
from app.ledger.notes import Checkpoint
from app.services.high_water import WRITE_EVERY_S, BehindError, HighWaterMark, root_at
from app.settings import Settings
from tests.scenario import ORIGIN, market, organisation

ROOT = bytes(range(32))


def checkpoint(size: int, root: bytes = ROOT) -> Checkpoint:
    return Checkpoint(ORIGIN, size, root)


def test_a_mark_that_was_never_written_is_no_mark(embedded: Registry, tmp_path: Path) -> None:
    mark = HighWaterMark(tmp_path / "mark.json")

    assert mark.read() is None
    with embedded.storage.log() as log:
        mark.check(log, mark.read())
    mark.flush()
    assert mark.read() is None


def test_a_mark_is_written_at_once_and_then_at_most_once_a_second(tmp_path: Path) -> None:
    mark = HighWaterMark(tmp_path / "mark.json")

    found = []
    for size in (3, 5, 7):
        mark.note(checkpoint(size))
        found.append(mark.read())

    assert found == [(3, ROOT.hex())] * 3


def test_a_mark_is_written_again_after_a_second(tmp_path: Path) -> None:
    mark = HighWaterMark(tmp_path / "mark.json")
    mark.note(checkpoint(3))
    mark.note(checkpoint(5))

    sleep(WRITE_EVERY_S)
    mark.note(None)

    assert mark.read() == (5, ROOT.hex())


def test_flushing_writes_what_was_not_written_yet(tmp_path: Path) -> None:
    mark = HighWaterMark(tmp_path / "mark.json")
    mark.note(checkpoint(3))
    mark.note(checkpoint(5))

    mark.flush()

    assert mark.read() == (5, ROOT.hex())
    assert [path.name for path in tmp_path.iterdir()] == ["mark.json"]


def test_the_operators_word_resets_a_mark(tmp_path: Path) -> None:
    mark = HighWaterMark(tmp_path / "mark.json")
    mark.note(checkpoint(500))

    mark.reset(checkpoint(5))

    assert mark.read() == (5, ROOT.hex())


def test_a_closed_registry_has_marked_its_last_block(embedded_settings: Settings) -> None:
    with open_registry(embedded_settings) as registry:
        market(registry)
        with registry.storage.log() as log:
            head = log.head

    mark = HighWaterMark(embedded_settings.home / "high-water.json")
    assert mark.read() == (head.size, head.frontier.root().hex())
    with open_registry(embedded_settings) as registry:
        assert registry.operator


@pytest.mark.parametrize("ahead", [1, 1_000])
def test_a_database_that_is_behind_the_mark_is_refused(embedded: Registry, ahead: int) -> None:
    with embedded.storage.log() as log:
        embedded.mark.reset(checkpoint(log.size() + ahead))

        with pytest.raises(BehindError, match="eac recover"):
            embedded.mark.check(log, embedded.mark.read())


def test_another_root_at_the_marked_size_is_refused(embedded: Registry) -> None:
    market(embedded)
    with embedded.storage.log() as log:
        for size in (1, 2, log.size()):
            embedded.mark.reset(checkpoint(size))

            with pytest.raises(BehindError, match=f"another root at size {size}"):
                embedded.mark.check(log, embedded.mark.read())


def test_every_earlier_size_of_the_log_agrees_with_its_mark(embedded: Registry) -> None:
    market(embedded)
    frontier = Frontier()

    with embedded.storage.log() as log:
        for leaf in log.leaves():
            frontier.append(leaf_hash(leaf))
            embedded.mark.reset(checkpoint(frontier.size, frontier.root()))
            embedded.mark.check(log, embedded.mark.read())

            assert root_at(log, frontier.size) == frontier.root().hex()


def test_an_older_copy_of_the_database_does_not_open(
    embedded_settings: Settings, tmp_path: Path
) -> None:
    copytree(embedded_settings.home, tmp_path / "backup")
    with open_registry(embedded_settings) as registry:
        organisation(registry, "buyer")
    for old in (tmp_path / "backup").glob("registry.db*"):
        old.replace(embedded_settings.home / old.name)

    with pytest.raises(BehindError), open_registry(embedded_settings):
        pass


def test_another_history_of_the_same_length_does_not_open(
    embedded_settings: Settings, tmp_path: Path
) -> None:
    copytree(embedded_settings.home, tmp_path / "twin")
    twin = embedded_settings.at(tmp_path / "twin")
    for settings in (embedded_settings, twin):
        with open_registry(settings) as registry:
            organisation(registry, "buyer")
    (twin.home / "high-water.json").write_bytes(
        (embedded_settings.home / "high-water.json").read_bytes()
    )

    with pytest.raises(BehindError, match="another root"), open_registry(twin):
        pass


@pytest.mark.parametrize(
    "content",
    [b"", b"no JSON", b"[]", b"{}", b'{"size":3}', b'{"size":"x","root":""}', b"null"],
)
def test_a_mark_that_cannot_be_read_is_no_licence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mark.json"
    path.write_bytes(content)

    with pytest.raises(BehindError, match="cannot be read"):
        HighWaterMark(path).read()


def test_a_mark_is_told_in_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "mark.json"

    HighWaterMark(path).note(checkpoint(3))

    assert orjson.loads(path.read_bytes()) == {"size": 3, "root": ROOT.hex()}
