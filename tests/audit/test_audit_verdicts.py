"""What an audit says of a log in which nothing is wrong, and what it refuses to look at."""

from pathlib import Path

import pytest

from app.audit.findings import FINDINGS, Finding, Report
from app.audit.sources import Folder, NotALogError
from app.audit.walk import Anchor, audit, read_trusted
from app.ledger.notes import Checkpoint, NoteError
from app.storage.storage import Storage
from tests.audit.forging import Export, Sound


def test_nothing_is_found_in_a_sound_log_and_all_of_it_is_counted(sound: Sound) -> None:
    report = audit(Folder(sound.folder), anchor=Anchor())

    headers = len(sound.blocks())
    assert report.plain == {
        "ok": True,
        "anchored": False,
        "verdict": "self-consistent, not anchored",
        "origin": "registry.test/eac",
        "genesis": sound.genesis,
        "size": len(sound.leaves),
        "height": headers - 1,
        "root": read_trusted((sound.folder / "checkpoint").read_text()).root.hex(),
        "operations": len(sound.leaves) - headers,
        "issued": 141,
        "certificates": {"active": 81, "offered": 4, "retired": 50, "withdrawn": 6},
        "replayed": True,
        "findings": [],
    }


def test_a_log_without_an_anchor_is_no_more_than_self_consistent(sound: Sound) -> None:
    report = audit(Folder(sound.folder), anchor=Anchor())

    assert (report.is_sound, report.anchored) == (True, False)
    assert report.verdict == "self-consistent, not anchored"


def test_a_log_with_the_genesis_that_the_auditor_knows_is_sound(sound: Sound) -> None:
    report = audit(Folder(sound.folder), anchor=Anchor(genesis=sound.genesis))

    assert (report.is_sound, report.anchored, report.verdict) == (True, True, "sound")


def test_a_verdict_counts_findings_whether_anchored_or_not(export: Export) -> None:
    export.flip("policy/0", 0)

    reports = [export.audit(), export.audit(Anchor(genesis=export.sound.genesis))]

    assert [report.verdict for report in reports] == ["1 findings", "1 findings"]
    assert [report.plain["ok"] for report in reports] == [False, False]
    assert reports[0].plain["findings"] == [
        {
            "code": "policy-differs",
            "where": "policy/0",
            "detail": "not the policy of the set in force",
        }
    ]


def test_progress_goes_over_every_leaf_in_order(sound: Sound) -> None:
    seen: list[tuple[int, int]] = []

    audit(
        Folder(sound.folder),
        anchor=Anchor(),
        progress=lambda walked, size: seen.append((walked, size)),
    )

    size = len(sound.leaves)
    assert seen == [(walked, size) for walked in range(1, size + 1)]


@pytest.mark.parametrize("given", ["nothing", "checkpoint alone", "entries alone"])
def test_a_folder_without_an_export_is_no_log(given: str, tmp_path: Path) -> None:
    if given == "checkpoint alone":
        (tmp_path / "checkpoint").write_text("log\n")
    if given == "entries alone":
        (tmp_path / "tile" / "entries").mkdir(parents=True)

    with pytest.raises(NotALogError, match="holds no export"):
        Folder(tmp_path)


def test_an_export_without_any_entry_is_no_log(export: Export) -> None:
    export.only("tile/entries/000.p/*").unlink()

    with pytest.raises(NotALogError, match="empty"):
        export.audit()


def test_a_database_before_genesis_is_no_log(database_url: str) -> None:
    storage = Storage.of(database_url)
    storage.prepare()

    with storage.log() as log, pytest.raises(NotALogError, match="empty"):
        audit(log, anchor=Anchor(), tables=log)

    storage.close()


def test_every_finding_has_a_code_that_is_listed() -> None:
    report = Report()

    with pytest.raises(KeyError, match="no-such-code"):
        report.add("no-such-code", "leaf 0", "what was seen")
    report.add("leaf-altered", "leaf 0", "what was seen")

    assert report.findings == [Finding("leaf-altered", "leaf 0", "what was seen")]
    assert all(code == code.lower() and meaning for code, meaning in FINDINGS.items())


def test_a_kept_checkpoint_is_read_with_and_without_its_signatures(sound: Sound) -> None:
    note = (sound.folder / "checkpoint").read_text()
    text = note.partition("\n\n")[0] + "\n"

    kept = read_trusted(note)

    assert kept == read_trusted(text) == Checkpoint(kept.origin, len(sound.leaves), kept.root)


@pytest.mark.parametrize("text", ["", "a\nb\n", "registry.test/eac\n1\nnot base64\n", "\n\n"])
def test_what_is_no_checkpoint_cannot_be_trusted(text: str) -> None:
    with pytest.raises(NoteError):
        read_trusted(text)
