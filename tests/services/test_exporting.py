"""Exporting: a folder that outlives us, replaced as a whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.audit.sources import Folder
from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.services.export import ExportError, export
from tests.scenario import accept, market, organisation, transferring


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def exported(registry: Registry, folder: Path) -> int:
    with registry.storage.log() as log:
        return export(log, folder)


class BreakingLog:
    """A log that breaks off when its blocks are read; all else is the real one's."""

    def __init__(self, log: Any) -> None:  # noqa: ANN401 - stands for any log
        self._log = log

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a log has
        return getattr(self._log, name)

    def blocks(self, **_: int) -> Iterator[object]:
        raise OSError("no space left on device")


def test_an_export_is_the_whole_log_and_sound_by_itself(registry: Registry, tmp_path: Path) -> None:
    made = market(registry, days=3)
    accept(
        registry,
        transferring(
            made.generator, source=made.generator_account, to=made.buyer_account, quantity=30
        ),
    )

    size = exported(registry, tmp_path / "export")

    report = audit(Folder(tmp_path / "export"), anchor=Anchor())
    with registry.storage.log() as log:
        assert list(Folder(tmp_path / "export").leaves()) == list(log.leaves())
        assert (size, report.root) == (log.size(), log.head.frontier.root().hex())
    assert report.findings == []
    assert report.is_replayed


def test_both_databases_and_a_second_run_give_the_same_files(
    embedded: Registry, tmp_path: Path
) -> None:
    market(embedded)

    for name in ("first", "second"):
        exported(embedded, tmp_path / name)

    assert files(tmp_path / "first") == files(tmp_path / "second")


def test_what_belongs_beside_the_log_is_exported_too(embedded: Registry, tmp_path: Path) -> None:
    made = market(embedded, days=2)

    exported(embedded, tmp_path / "export")

    found = files(tmp_path / "export")
    assert found[f"readings/{made.device}.jsonl"].count(b"\n") == 2
    assert sum(name.startswith("attributes/") for name in found) == 1
    assert "schema/transfer.1.json" in found
    assert "policy/0" in found


def test_progress_is_told_up_to_the_end(embedded: Registry, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    with embedded.storage.log() as log:
        size = export(log, tmp_path / "export", progress=lambda done, of: told.append((done, of)))

    assert told[-1] == (size, size)


def test_an_export_is_readable_by_others(embedded: Registry, tmp_path: Path) -> None:
    exported(embedded, tmp_path / "deep" / "down" / "export")

    assert (tmp_path / "deep" / "down" / "export").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["thesis.txt", ".hidden", "tile"])
def test_a_folder_that_holds_something_else_is_left_alone(
    embedded: Registry, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / name).write_text("mine")

    with pytest.raises(ExportError):
        exported(embedded, folder)

    assert files(folder) == {name: b"mine"}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".export")] == []


def test_a_file_called_checkpoint_does_not_make_an_export(
    embedded: Registry, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "checkpoint").write_text("model_checkpoint_path: 'weights'")
    (folder / "weights").write_text("mine")

    with pytest.raises(ExportError):
        exported(embedded, folder)

    assert (folder / "weights").read_text() == "mine"


def test_a_file_takes_no_export(embedded: Registry, tmp_path: Path) -> None:
    (tmp_path / "export").write_text("mine")

    with pytest.raises(ExportError):
        exported(embedded, tmp_path / "export")


def test_an_empty_folder_takes_an_export(embedded: Registry, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()

    exported(embedded, tmp_path / "export")

    assert audit(Folder(tmp_path / "export"), anchor=Anchor()).is_sound


def test_an_earlier_export_is_replaced_as_a_whole(embedded: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    exported(embedded, folder)
    old = files(folder)
    market(embedded)

    size = exported(embedded, folder)

    new = files(folder)
    partial = "tile/entries/000.p/2"
    assert partial in old
    assert partial not in new
    assert Folder(folder).size() == size
    assert [path.name for path in tmp_path.glob(".export*")] == []


def test_an_export_that_breaks_off_leaves_the_earlier_one(
    embedded: Registry, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    exported(embedded, folder)
    before = files(folder)
    organisation(embedded, "buyer")

    with embedded.storage.log() as log, pytest.raises(OSError, match="no space"):
        export(BreakingLog(log), folder)  # type: ignore[arg-type]

    assert files(folder) == before
    assert list(tmp_path.glob(".export*")) == []


def test_an_export_that_is_interrupted_leaves_nothing(embedded: Registry, tmp_path: Path) -> None:
    def interrupt(done: int, of: int) -> None:
        raise KeyboardInterrupt(done, of)

    with embedded.storage.log() as log, pytest.raises(KeyboardInterrupt):
        export(log, tmp_path / "export", progress=interrupt)

    assert not (tmp_path / "export").exists()
    assert list(tmp_path.glob(".export*")) == []
